"""ListChangedBlocks: what was written between two snapshots of one lineage.

A block is listed if it was written, though the bytes may be the same. The tokens are of the first
snapshot, where it holds something there, and of the second. Where that is the smaller one, what is
behind its end is left out: no token could be good for it (assumed).
"""

from contextlib import closing
from itertools import takewhile

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding, pages, tokens
from emulator.services.ebs.listing import holds_something
from emulator.shapes.ebs import ChangedBlock, ListChangedBlocksRequest, ListChangedBlocksResponse
from state.lineage import BLOCK

actions = Actions()


@actions
def list_changed_blocks(
    ctx: Context, request: ListChangedBlocksRequest
) -> ListChangedBlocksResponse:
    """List the blocks in which two snapshots differ, with the tokens of both."""
    if "FirstSnapshotId" not in request:
        raise errors.first_snapshot_missing()
    older = finding.readable(ctx, request["FirstSnapshotId"])
    newer = finding.readable(ctx, request["SecondSnapshotId"])
    with ctx.store.read() as tx:
        changed = tx.lineage.changed(older.id, newer.id)
    if changed is None:
        raise errors.unrelated(older.id, newer.id)
    first = pages.first(ctx, request, older.id, newer.id)
    end = (newer.size_gib << 30) // BLOCK
    inside = takewhile(lambda index: index < end, changed.since(first))
    page, rest = pages.cut(ctx, request, inside, older.id, newer.id)
    with closing(finding.open_disk(ctx, older)) as disk:
        held = {index for index in page if holds_something(disk, index)}
    expires_at = tokens.expiry(ctx)
    before = tokens.block_tokens(ctx, older.id, expires_at)
    after = tokens.block_tokens(ctx, newer.id, expires_at)
    blocks: list[ChangedBlock] = []
    for index in page:
        block: ChangedBlock = {"BlockIndex": index, "SecondBlockToken": after(index)}
        if index in held:
            block["FirstBlockToken"] = before(index)
        blocks.append(block)
    answer: ListChangedBlocksResponse = {
        "BlockSize": BLOCK,
        "ChangedBlocks": blocks,
        "ExpiryTime": expires_at,
        "VolumeSize": newer.size_gib,
    }
    if rest is not None:
        answer["NextToken"] = rest
    return answer
