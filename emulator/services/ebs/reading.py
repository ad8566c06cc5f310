"""GetSnapshotBlock: 512 KiB of a snapshot, for who has the block's token.

    the snapshot's row ─► the token ─► the block and its checksum ─► answer

What is in memory is answered at once, on the event loop; a thread reads what is not, and calculates
the checksum where nobody has kept it.
"""

import asyncio
import base64
import hashlib
from contextlib import closing
from contextvars import copy_context

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding, tokens
from emulator.services.ebs.writing import SHA256
from emulator.shapes.ebs import GetSnapshotBlockRequest, GetSnapshotBlockResponse
from state.disks.checksums import checksum
from state.disks.raw import RawDisk
from state.drafts import checksums_of
from state.lineage import BLOCK
from state.snapshots import Snapshot

actions = Actions()

Block = tuple[bytes | bytearray, bytes]  # and its SHA-256


@actions
async def get_snapshot_block(
    ctx: Context, request: GetSnapshotBlockRequest
) -> GetSnapshotBlockResponse:
    """Give a block and its checksum."""
    found = block_at_once(ctx, request)
    if found is None:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(None, copy_context().run, block, ctx, request)
    data, digest = found
    return {
        "DataLength": BLOCK,
        "BlockData": data,
        "Checksum": base64.b64encode(digest).decode("ascii"),
        "ChecksumAlgorithm": SHA256,
    }


def block_at_once(ctx: Context, request: GetSnapshotBlockRequest) -> Block | None:
    """Return a block if nobody has to wait for it: neither for disks nor for calculations."""
    if not tokens.secret_is_known(ctx):
        return None
    snapshot = finding.readable_at_once(ctx, request["SnapshotId"])
    if snapshot is None or snapshot.encrypted:
        return None
    check(ctx, request, snapshot)
    index = request["BlockIndex"]
    known = ctx.blobs.path(checksums_of(snapshot.blob_id))
    digest = checksum(known, index, at_once=True)
    if digest is None:
        return None
    with closing(finding.open_disk(ctx, snapshot)) as disk:
        assert isinstance(disk, RawDisk), "one that is not encrypted"
        data = disk.read_at_once(index * BLOCK, BLOCK)
    return None if data is None else (data, digest)


def block(ctx: Context, request: GetSnapshotBlockRequest) -> Block:
    """Return a block, however long it takes."""
    snapshot = finding.readable(ctx, request["SnapshotId"])
    check(ctx, request, snapshot)
    index = request["BlockIndex"]
    with closing(finding.open_disk(ctx, snapshot)) as disk:
        data = disk.read(index * BLOCK, BLOCK)
    digest = None
    if not snapshot.encrypted:
        digest = checksum(ctx.blobs.path(checksums_of(snapshot.blob_id)), index)
    return data, digest or hashlib.sha256(data).digest()


def check(ctx: Context, request: GetSnapshotBlockRequest, snapshot: Snapshot) -> None:
    """Refuse what is not a block of the snapshot, or asked for without its token."""
    index = request["BlockIndex"]
    tokens.check_block_token(ctx, request["BlockToken"], snapshot.id, index)
    if index * BLOCK >= snapshot.size_gib << 30:
        raise errors.block_out_of_range(index)
