"""ListSnapshotBlocks: the blocks of a snapshot that hold something.

Blocks of zeros are left out, whether they were ever written or not. Which ones those are is seen in
the bytes: where a file has a hole there are none, and elsewhere a page of memory mostly tells.
"""

from collections.abc import Iterator
from contextlib import closing

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import finding, pages, tokens
from emulator.shapes.ebs import ListSnapshotBlocksRequest, ListSnapshotBlocksResponse
from state.disks import Disk
from state.lineage import BLOCK

actions = Actions()

GLANCE = 4096  # bytes of a block that are looked at first
ZEROS = bytes(BLOCK)


@actions
def list_snapshot_blocks(
    ctx: Context, request: ListSnapshotBlocksRequest
) -> ListSnapshotBlocksResponse:
    """List the blocks of a snapshot, with the tokens that GetSnapshotBlock takes."""
    snapshot = finding.readable(ctx, request["SnapshotId"])
    first = pages.first(ctx, request, snapshot.id)
    with closing(finding.open_disk(ctx, snapshot)) as disk:
        page, rest = pages.cut(ctx, request, filled(disk, first), snapshot.id)
    expires_at = tokens.expiry(ctx)
    token = tokens.block_tokens(ctx, snapshot.id, expires_at)
    answer: ListSnapshotBlocksResponse = {
        "Blocks": [{"BlockIndex": index, "BlockToken": token(index)} for index in page],
        "BlockSize": BLOCK,
        "ExpiryTime": expires_at,
        "VolumeSize": snapshot.size_gib,
    }
    if rest is not None:
        answer["NextToken"] = rest
    return answer


def filled(disk: Disk, first: int) -> Iterator[int]:
    """Yield the blocks that hold other than zeros, from one on, in order."""
    index = first
    for begin, end in disk.data(first * BLOCK):
        index = max(index, begin // BLOCK)
        while index * BLOCK < end:
            if holds_something(disk, index):
                yield index
            index += 1


def holds_something(disk: Disk, index: int) -> bool:
    """Tell whether a block holds other than zeros."""
    offset = index * BLOCK
    return disk.read(offset, GLANCE) != ZEROS[:GLANCE] or disk.read(offset, BLOCK) != ZEROS
