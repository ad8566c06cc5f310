"""GetSnapshotBlock: 512 KiB of a snapshot, for who has the block's token."""

import base64
import hashlib
from contextlib import closing

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding, tokens
from emulator.services.ebs.writing import SHA256
from emulator.shapes.ebs import GetSnapshotBlockRequest, GetSnapshotBlockResponse
from state.lineage import BLOCK

actions = Actions()


@actions
def get_snapshot_block(ctx: Context, request: GetSnapshotBlockRequest) -> GetSnapshotBlockResponse:
    """Give a block and its checksum."""
    index = request["BlockIndex"]
    snapshot = finding.readable(ctx, request["SnapshotId"])
    tokens.check_block_token(ctx, request["BlockToken"], snapshot.id, index)
    if index * BLOCK >= snapshot.size_gib << 30:
        raise errors.block_out_of_range(index)
    with closing(finding.open_disk(ctx, snapshot)) as disk:
        data = disk.read(index * BLOCK, BLOCK)
    checksum = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
    return {
        "DataLength": BLOCK,
        "BlockData": data,
        "Checksum": checksum,
        "ChecksumAlgorithm": SHA256,
    }
