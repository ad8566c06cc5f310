"""ListChangedBlocks: what was written between two snapshots of one lineage.

A block is listed if it was written, though the bytes may be the same. The tokens are of the first
snapshot, where it holds something there, and of the second. Where that is the smaller one, what is
behind its end is left out: no token could be good for it (assumed).
"""

from contextlib import closing

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ebs import errors, finding, tokens
from emulator.services.ebs.listing import PAGE, holds_something
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
    first = request.get("StartingBlockIndex", 0)
    if "NextToken" in request:
        first = tokens.page_start(ctx, request["NextToken"], older.id, newer.id)
    expires_at = tokens.expiry(ctx)
    before = tokens.block_tokens(ctx, older.id, expires_at)
    after = tokens.block_tokens(ctx, newer.id, expires_at)
    size = request.get("MaxResults", PAGE)
    answer: ListChangedBlocksResponse = {
        "ExpiryTime": expires_at,
        "VolumeSize": newer.size_gib,
        "BlockSize": BLOCK,
    }
    blocks: list[ChangedBlock] = []
    with closing(finding.open_disk(ctx, older)) as disk:
        for index in changed.since(first):
            if index * BLOCK >= newer.size_gib << 30:
                break
            if len(blocks) == size:
                answer["NextToken"] = tokens.page_token(ctx, index, older.id, newer.id)
                break
            block: ChangedBlock = {"BlockIndex": index, "SecondBlockToken": after(index)}
            if holds_something(disk, index):
                block["FirstBlockToken"] = before(index)
            blocks.append(block)
    answer["ChangedBlocks"] = blocks
    return answer
