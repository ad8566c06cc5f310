"""Tags of roles and policies. Keys are told apart without regard to case, and kept as written."""

from collections.abc import Iterable, Mapping, Sequence

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.iam import errors, pages
from emulator.services.iam.finding import find_own_policy, find_policy, find_role
from emulator.shapes.iam import (
    ListPolicyTagsRequest,
    ListPolicyTagsResponse,
    ListRoleTagsRequest,
    ListRoleTagsResponse,
    Tag,
    TagPolicyRequest,
    TagRoleRequest,
    UntagPolicyRequest,
    UntagRoleRequest,
)

MOST = 50

actions = Actions()


@actions
def tag_role(ctx: Context, request: TagRoleRequest) -> dict[str, object]:
    """Give a role tags; a key that it has gets the new value."""
    new = checked(request["Tags"])
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        tx.roles.replace(role.model_copy(update={"tags": merged(role.tags, new)}))
    return {}


@actions
def untag_role(ctx: Context, request: UntagRoleRequest) -> dict[str, object]:
    """Take tags from a role; a key that it does not have is no matter."""
    with ctx.store.begin() as tx:
        role = find_role(tx, ctx, request["RoleName"])
        left = without(role.tags, request["TagKeys"])
        tx.roles.replace(role.model_copy(update={"tags": left}))
    return {}


@actions
def list_role_tags(ctx: Context, request: ListRoleTagsRequest) -> ListRoleTagsResponse:
    """List the tags of a role."""
    with ctx.store.read() as tx:
        role = find_role(tx, ctx, request["RoleName"])
    shown, rest = page_of_tags(pages.asked(request), role.tags)
    return {"Tags": shown, **rest}


@actions
def tag_policy(ctx: Context, request: TagPolicyRequest) -> dict[str, object]:
    """Give a policy tags; a key that it has gets the new value."""
    new = checked(request["Tags"])
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        tx.policies.replace(policy.model_copy(update={"tags": merged(policy.tags, new)}))
    return {}


@actions
def untag_policy(ctx: Context, request: UntagPolicyRequest) -> dict[str, object]:
    """Take tags from a policy; a key that it does not have is no matter."""
    with ctx.store.begin() as tx:
        policy = find_own_policy(tx, ctx, request["PolicyArn"])
        left = without(policy.tags, request["TagKeys"])
        tx.policies.replace(policy.model_copy(update={"tags": left}))
    return {}


@actions
def list_policy_tags(ctx: Context, request: ListPolicyTagsRequest) -> ListPolicyTagsResponse:
    """List the tags of a policy."""
    with ctx.store.read() as tx:
        policy = find_policy(tx, ctx, request["PolicyArn"])
    shown, rest = page_of_tags(pages.asked(request), policy.tags)
    return {"Tags": shown, **rest}


def page_of_tags(asked: pages.Asked, tags: Mapping[str, str]) -> tuple[list[Tag], pages.Rest]:
    """Return a page of tags in the order of their keys."""
    # By number: a Marker has no room for the longest of keys.
    numbered = enumerate(sorted(tag_list(tags), key=lambda tag: tag["Key"].lower()))
    shown, rest = pages.page(asked, numbered, lambda each: f"{each[0]:03}", "tags")
    return [tag for _, tag in shown], rest


# rules -------------------------------------------------------------------------------------------


def checked(tags: Sequence[Tag]) -> dict[str, str]:
    """Return tags by key; InvalidInput for keys that are the same, or AWS's own."""
    found = {tag["Key"]: tag["Value"] for tag in tags}
    given = [tag["Key"].lower() for tag in tags]
    if len(set(given)) < len(given):
        raise errors.same_tag_keys()
    if any(key.startswith("aws:") for key in given):
        raise errors.reserved_tag_key()
    return found


def merged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Return old tags with new ones over them; LimitExceeded."""
    tags = {**without(old, new), **new}
    if len(tags) > MOST:
        raise errors.quota("TagsPerResource", MOST)  # the quota's name is assumed
    return tags


def without(tags: Mapping[str, str], keys: Iterable[str]) -> dict[str, str]:
    """Return tags without some keys."""
    gone = {key.lower() for key in keys}
    return {key: value for key, value in tags.items() if key.lower() not in gone}


def tag_list(tags: Mapping[str, str]) -> list[Tag]:
    """Return tags as clients see them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
