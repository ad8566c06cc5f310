"""Pages of lists of blocks: so many of them from one on, and a token for the rest.

A token is good for the list of the same snapshots; what else says where to begin is ignored then.
"""

from collections.abc import Iterable
from itertools import islice

from emulator.context import Context
from emulator.services.ebs import tokens
from emulator.shapes.ebs import ListChangedBlocksRequest, ListSnapshotBlocksRequest

LARGEST = 10_000  # blocks, and as many where the client does not say

Request = ListChangedBlocksRequest | ListSnapshotBlocksRequest


def first(ctx: Context, request: Request, *snapshot_ids: str) -> int:
    """Return the block that a page begins with; ValidationException for another list's token."""
    if "NextToken" in request:
        return tokens.page_start(ctx, request["NextToken"], *snapshot_ids)
    return request.get("StartingBlockIndex", 0)


def cut(
    ctx: Context, request: Request, blocks: Iterable[int], *snapshot_ids: str
) -> tuple[list[int], str | None]:
    """Return the blocks of a page, of all from its first on, and the token of the next page."""
    size = request.get("MaxResults", LARGEST)
    found = list(islice(blocks, size + 1))
    if len(found) <= size:
        return found, None
    return found[:size], tokens.page_token(ctx, found[size], *snapshot_ids)
