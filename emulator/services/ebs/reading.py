"""GetSnapshotBlock: 512 KiB of a snapshot, for who has the block's token.

The checksum is calculated where nobody has kept it. What takes neither that nor a disk's time is
answered in a shorter way: see prompt.py.
"""

import base64
import hashlib
from contextlib import closing

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding, tokens
from emulator.services.ebs.writing import SHA256
from emulator.shapes.ebs import GetSnapshotBlockRequest, GetSnapshotBlockResponse
from state.disks.checksums import checksum
from state.drafts import checksums_of
from state.lineage import BLOCK
from state.snapshots import Snapshot

actions = Actions()


@actions
def get_snapshot_block(ctx: Context, request: GetSnapshotBlockRequest) -> GetSnapshotBlockResponse:
    """Give a block and its checksum."""
    snapshot = finding.readable(ctx, request["SnapshotId"])
    index = request["BlockIndex"]
    check(ctx, snapshot, index, request["BlockToken"])
    with closing(finding.open_disk(ctx, snapshot)) as disk:
        data = disk.read(index * BLOCK, BLOCK)
    digest = None
    if not snapshot.encrypted:
        digest = checksum(ctx.blobs.path(checksums_of(snapshot.blob_id)), index)
    digest = digest or hashlib.sha256(data).digest()
    return {
        "DataLength": BLOCK,
        "BlockData": data,
        "Checksum": base64.b64encode(digest).decode("ascii"),
        "ChecksumAlgorithm": SHA256,
    }


def check(ctx: Context, snapshot: Snapshot, index: int, token: str) -> None:
    """Refuse what is not a block of the snapshot, or asked for without its token."""
    tokens.check_block_token(ctx, token, snapshot.id, index)
    if index * BLOCK >= snapshot.size_gib << 30:
        raise errors.block_out_of_range(index)
