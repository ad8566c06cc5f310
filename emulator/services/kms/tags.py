"""Tags of keys: TagResource, UntagResource and ListResourceTags."""

from collections.abc import Iterable, Mapping

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding, pages
from emulator.shapes.kms import (
    ListResourceTagsRequest,
    ListResourceTagsResponse,
    Tag,
    TagResourceRequest,
    UntagResourceRequest,
)

actions = Actions()

MOST = 50  # tags of a key


@actions
def tag_resource(ctx: Context, request: TagResourceRequest) -> dict[str, object]:
    """Give a key tags; one that it has already gets the new value."""
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "TagResource")
        finding.check_stays(key)
        tags = with_more(key.tags, request["Tags"])
        tx.keys.replace(key.model_copy(update={"tags": tags}))
    return {}


@actions
def untag_resource(ctx: Context, request: UntagResourceRequest) -> dict[str, object]:
    """Take tags from a key; one that it does not have is no matter."""
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "UntagResource")
        finding.check_stays(key)
        gone = set(request["TagKeys"])
        tags = {name: text for name, text in key.tags.items() if name not in gone}
        tx.keys.replace(key.model_copy(update={"tags": tags}))
    return {}


@actions
def list_resource_tags(ctx: Context, request: ListResourceTagsRequest) -> ListResourceTagsResponse:
    """Show the tags of a key."""
    limit = pages.limited(request.get("Limit"), MOST, MOST)
    after = pages.number("ListResourceTags", request.get("Marker"))
    with ctx.store.read() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "ListResourceTags")
    rows = list(enumerate(key.tags.items(), 1))[after:]
    shown, marker = pages.cut("ListResourceTags", rows, limit, lambda row: row[0])
    answer: ListResourceTagsResponse = {
        "Tags": [{"TagKey": name, "TagValue": text} for _, (name, text) in shown],
        "Truncated": marker is not None,
    }
    if marker is not None:
        answer["NextMarker"] = marker
    return answer


def with_more(tags: Mapping[str, str], more: Iterable[Tag]) -> dict[str, str]:
    """Add tags of a request; TagException, LimitExceededException."""
    added: dict[str, str] = {}
    for tag in more:
        if tag["TagKey"].lower().startswith("aws:"):
            raise errors.reserved_tag()
        if tag["TagKey"] in added:
            raise errors.tag_twice()
        added[tag["TagKey"]] = tag["TagValue"]
    together = {**tags, **added}
    if len(together) > MOST:
        raise errors.too_many_tags()
    return together
