"""CopySnapshot: a snapshot of one's own from what one owns or may use, here or in another Region.

    source       encrypted   the copy
    plain        no          at once; both are names of the same bytes, and either may be deleted
    encrypted    always      at once, too; the passphrase of the bytes is sealed with its own key
    plain        yes         pending, until a worker has encrypted the bytes

The request goes to the Region of the copy and names the one of the source. A copy whose source is
encrypted with a key that can't be used ends in error. Outposts and Local Zones are not served.
PresignedUrl and DestinationRegion are ignored: everything is signed.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, image_errors, kms
from emulator.services.ec2.snapshots import find_usable_snapshot
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import CopySnapshotRequest, CopySnapshotResult
from state.layers import Layer
from state.snapshots import Snapshot
from state.store import Tx
from state.tasks import SealSnapshotWork, Task, work_of

actions = Actions()

STEP = 15  # minutes, in which a copy that has to be done in time is promised
LONGEST = 48 * 60
# The user guide, "If the copy failed because of insufficient key permissions".
KEY_NOT_ACCESSIBLE = "Given key ID is not accessible"


@actions
def copy_snapshot(ctx: Context, request: CopySnapshotRequest) -> CopySnapshotResult:
    """Copy a snapshot; the copy belongs to the caller."""
    source_id = request["SourceSnapshotId"]
    ids.check_snapshot_ids([source_id])
    for place in ("DestinationOutpostArn", "DestinationAvailabilityZone"):
        if place in request:
            raise image_errors.place_not_served(place)
    if request.get("Encrypted") is False:
        raise image_errors.never_unencrypted()
    minutes = completion_minutes(
        "CompletionDurationMinutes", request.get("CompletionDurationMinutes")
    )
    tags = specified(request.get("TagSpecifications"), ("snapshot",))["snapshot"]
    with ctx.store.begin() as tx:
        key = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
        source = find_usable_snapshot(ctx, tx, request["SourceRegion"], source_id)
        if source.state != "completed":
            raise errors.snapshot_not_found(source_id)
        if request.get("DryRun"):
            raise dry_run()
        description = request.get("Description", "")
        copy = copied(ctx, tx, source, description=description, key=key, minutes=minutes)
        keep(ctx, tx, copy, tags)
    return {"SnapshotId": copy.id, "Tags": tag_set(tags)}


# what other modules need -------------------------------------------------------------------------


def copied(
    ctx: Context,
    tx: Tx,
    source: Snapshot,
    *,
    description: str,
    key: str | None,
    minutes: int | None,
) -> Snapshot:
    """Give the bytes of a snapshot another name; return the copy, of which no row tells yet.

    The copy of an encrypted snapshot is encrypted: with the key asked for, or the default one.
    """
    if key is None and source.encrypted:
        key = kms.key_arn(ctx, tx, None, encrypted=True)
    now = ctx.now()
    copy = Snapshot(
        id=ctx.new_id("snap"),
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=now,
        completed_at=now,
        size_gib=source.size_gib,
        size_bytes=source.size_bytes,
        blob_id=ctx.blobs.new_id(),
        description=description,
        encrypted=key is not None,
        kms_key_id=key,
        transfer_type="standard" if minutes is None else "time-based",
        completion_minutes=minutes,
    )
    changes: dict[str, object] = {}
    blob_id = copy.blob_id
    if source.sealed is not None and key is not None:
        sealed = kms.resealed(ctx, tx, source, key, copy.id)
        if sealed is None:
            failed = {"state": "error", "message": KEY_NOT_ACCESSIBLE, "completed_at": None}
            return copy.model_copy(update=failed)
        changes = {"sealed": sealed}
    elif key is not None:
        layer = Layer(blob_id=ctx.blobs.new_id(), size=source.size_bytes)
        blob_id = layer.blob_id
        changes = {"state": "pending", "completed_at": None, "layers": (layer,)}
    ctx.blobs.link(source.blob_id, blob_id)
    return copy.model_copy(update=changes)


def keep(ctx: Context, tx: Tx, copy: Snapshot, tags: Mapping[str, str]) -> None:
    """Keep a new copy, and have its bytes encrypted if they are yet to be."""
    tx.snapshots.add(copy)
    tx.tags.put(ctx.account_id, ctx.region, copy.id, tags)
    if copy.state == "pending":
        task = Task(
            id=work_of(copy.id),
            account_id=copy.account_id,
            region=copy.region,
            created_at=copy.created_at,
            work=SealSnapshotWork(snapshot_id=copy.id),
        )
        ctx.engine.submit(tx, task)


def completion_minutes(name: str, minutes: int | None) -> int | None:
    """Return in what time a copy is to be done; InvalidParameterValue for another than is sold."""
    if minutes is not None and (minutes % STEP or not STEP <= minutes <= LONGEST):
        raise errors.invalid_value(
            minutes, name, f"Expecting a multiple of {STEP} from {STEP} to {LONGEST}."
        )
    return minutes
