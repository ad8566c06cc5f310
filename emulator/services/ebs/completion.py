"""CompleteSnapshot: from then on a snapshot is what any other is.

    plain ───────► completed
    encrypted ───► pending ──► completed     its bytes are encrypted by a worker

Everything that was written is counted, and its checksums hashed in order (LINEAR), before it is
done. To complete it again changes nothing: the answer may have been lost on its way.
"""

import base64
import hashlib
from collections.abc import Iterable

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding
from emulator.shapes.ebs import CompleteSnapshotRequest, CompleteSnapshotResponse
from state.disks import journal
from state.drafts import as_of, checksums_of, journal_of
from state.layers import Layer
from state.lineage import Blocks
from state.snapshots import Snapshot
from state.store import Tx
from state.tasks import SealSnapshotWork, Task, work_of

actions = Actions()


@actions
def complete_snapshot(ctx: Context, request: CompleteSnapshotRequest) -> CompleteSnapshotResponse:
    """Complete a snapshot to which no more blocks will be written."""
    snapshot_id = request["SnapshotId"]
    snapshot, draft = finding.started(ctx, snapshot_id)
    if draft.journal_id is None and snapshot.state != "error":
        return {"Status": snapshot.state}
    if snapshot.state != "pending":
        raise errors.not_pending(snapshot_id, snapshot.state)
    path, blocks = ctx.blobs.path(journal_of(snapshot.blob_id)), ctx.blobs.path(snapshot.blob_id)
    try:
        with journal.opened(path, blocks, alone=True) as opened:
            written = checked(request, opened.written())
            opened.resize(snapshot.size_bytes)
            state = complete(ctx, snapshot_id, written)
            put_away(ctx, snapshot)
    except FileNotFoundError:  # the same request was quicker by another connection
        snapshot, draft = finding.started(ctx, snapshot_id)
        if draft.journal_id is not None:
            raise
        state = snapshot.state
    return {"Status": state}


def checked(request: CompleteSnapshotRequest, written: Iterable[tuple[int, bytes]]) -> Blocks:
    """Return the blocks that were written, if they are those that the client has sent."""
    whole = hashlib.sha256()
    indices = []
    for index, digest in written:
        indices.append(index)
        whole.update(digest)
    if len(indices) != request["ChangedBlocksCount"]:
        raise errors.count_differs(request["ChangedBlocksCount"], len(indices))
    if request.get("Checksum", "") not in ("", base64.b64encode(whole.digest()).decode("ascii")):
        raise errors.aggregate_differs()
    return Blocks.of(indices)


def complete(ctx: Context, snapshot_id: str, written: Blocks) -> str:
    """Let nobody write to a snapshot any more, if it is still pending; return its state."""
    with ctx.store.begin() as tx:
        snapshot, _, draft = finding.read(tx, snapshot_id)
        if draft is None or (state := as_of(snapshot, ctx.now()).state) != "pending":
            raise errors.not_pending(snapshot_id, snapshot.state if draft is None else state)
        kept = to_be_sealed(ctx, tx, snapshot) if snapshot.encrypted else plain(ctx, snapshot)
        tx.snapshots.replace(kept)
        tx.drafts.replace(draft.model_copy(update={"journal_id": None}))
        tx.lineage.amend(snapshot_id, written)
    return kept.state


def put_away(ctx: Context, snapshot: Snapshot) -> None:
    """Take the journal away from who would write; its checksums are of use to who reads."""
    name = journal_of(snapshot.blob_id)
    if snapshot.encrypted:
        ctx.blobs.remove(name)
    else:
        ctx.blobs.keep(ctx.blobs.path(name), checksums_of(snapshot.blob_id))


def plain(ctx: Context, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot whose blob is what was written."""
    changes = {"state": "completed", "completed_at": ctx.now(), "expires_at": None}
    return snapshot.model_copy(update=changes)


def to_be_sealed(ctx: Context, tx: Tx, snapshot: Snapshot) -> Snapshot:
    """Return a snapshot whose blob will be what was written, encrypted; ask its key now."""
    finding.check_key(ctx, tx, snapshot)
    work = Task(
        id=work_of(snapshot.id),
        account_id=snapshot.account_id,
        region=snapshot.region,
        created_at=ctx.now(),
        work=SealSnapshotWork(snapshot_id=snapshot.id),
    )
    ctx.engine.submit(tx, work)
    layer = Layer(blob_id=snapshot.blob_id, size=snapshot.size_bytes)
    changes = {
        "blob_id": ctx.blobs.new_id(),
        "layers": (layer,),
        "progress": 0,
        "expires_at": None,
    }
    return snapshot.model_copy(update=changes)
