"""PutSnapshotBlock: 512 KiB into a pending snapshot, in place.

    the block arrives ─► its SHA-256 is that of the header ─► journal, shared ─► written ─► answer

Nothing is written before the whole block is here and is what was sent. The answer comes when block
and journal are in the files: the death of the process loses neither.
"""

import asyncio
import base64
import hashlib
from contextvars import copy_context
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.context import Context
from emulator.errors import unreadable_block
from emulator.protocol.streams import RequestBody
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding
from emulator.shapes.ebs import PutSnapshotBlockRequest, PutSnapshotBlockResponse
from state.disks import journal
from state.drafts import Draft, as_of, put_off
from state.lineage import BLOCK
from state.snapshots import Snapshot

if TYPE_CHECKING:
    from state.blobs import Blobs

actions = Actions()

SHA256 = "SHA256"


@actions
async def put_snapshot_block(
    ctx: Context, request: PutSnapshotBlockRequest
) -> PutSnapshotBlockResponse:
    """Write a block."""
    if request["DataLength"] != BLOCK:
        raise errors.block_size(BLOCK)
    data = await whole(request["BlockData"])
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(
        None, copy_context().run, put, ctx, request["SnapshotId"], request["BlockIndex"], data,
        request["Checksum"], request.get("Progress"),
    )  # fmt: skip
    return {"Checksum": request["Checksum"], "ChecksumAlgorithm": SHA256}


async def whole(body: RequestBody) -> bytes:
    """Take a block from its stream."""
    if body.length is not None and body.length != BLOCK:
        raise unreadable_block()
    pieces, size = [], 0
    async for piece in body:
        size += len(piece)
        if size > BLOCK:
            raise unreadable_block()
        pieces.append(piece)
    if size != BLOCK:
        raise unreadable_block()
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def put(
    ctx: Context,
    snapshot_id: str,
    index: int,
    data: bytes | bytearray,
    checksum: str,
    progress: int | None = None,
) -> None:
    """Write a block that has come whole and has that checksum."""
    snapshot, draft = writable(ctx, snapshot_id)
    if index >= snapshot.size_bytes // BLOCK:
        raise errors.block_out_of_range(index)
    digest = hashlib.sha256(data).digest()
    if checksum != base64.b64encode(digest).decode("ascii"):
        raise errors.checksum_differs()
    assert draft.journal_id is not None
    paths = places(ctx.blobs, draft.journal_id, snapshot.blob_id)
    try:
        with journal.opened(*paths) as opened:  # from here on nobody completes it
            opened.write(index, data, digest)
    except FileNotFoundError:
        writable(ctx, snapshot_id)  # it has been completed or deleted
        raise
    note(ctx, snapshot, draft, progress, ctx.now())


@lru_cache(64)
def places(blobs: "Blobs", journal_id: str, blob_id: str) -> tuple[Path, Path]:
    """Return where a journal is, and where the blocks are that it tells of."""
    return blobs.path(journal_id), blobs.path(blob_id)


def writable(ctx: Context, snapshot_id: str) -> tuple[Snapshot, Draft]:
    """Return a snapshot that blocks may be written to."""
    snapshot, draft = finding.started(ctx, snapshot_id)
    if snapshot.state != "pending":
        raise errors.not_pending(snapshot_id, snapshot.state)
    if draft.journal_id is None:
        raise errors.done(snapshot_id)
    return snapshot, draft


def note(
    ctx: Context, snapshot: Snapshot, draft: Draft, progress: int | None, now: datetime
) -> None:
    """Keep how far the writer is, and that it has until later."""
    changes = noted(snapshot, draft, progress, now)
    if not changes:
        return
    with ctx.store.begin() as tx:
        current = tx.snapshots.get(snapshot.id)
        if current is None or as_of(current, now).state != "pending":
            return
        if changes := noted(current, draft, progress, now):
            tx.snapshots.replace(current.model_copy(update=changes))


def noted(
    snapshot: Snapshot, draft: Draft, progress: int | None, now: datetime
) -> dict[str, object]:
    """Return what is to be kept of a block that was written; mostly nothing."""
    changes: dict[str, object] = {}
    if progress is not None and progress > snapshot.progress:
        changes["progress"] = progress
    if (deadline := put_off(snapshot, draft, now)) is not None:
        changes["expires_at"] = deadline
    return changes
