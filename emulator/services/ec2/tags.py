"""Tags of EC2's resources: CreateTags, DeleteTags, DescribeTags, and tags given on creation."""

from collections.abc import Collection, Iterable, Mapping

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, paging
from emulator.services.ec2.filters import Filters
from emulator.shapes.ec2 import (
    CreateTagsRequest,
    DeleteTagsRequest,
    DescribeTagsRequest,
    DescribeTagsResult,
    Tag,
    TagDescription,
    TagSpecification,
)
from state.store import TagRow, Tx

actions = Actions()

MOST_TAGS = 50  # of one resource
LONGEST_KEY = 128
LONGEST_VALUE = 256

TASK_KINDS = ("import-snapshot", "import-image", "export-image", "export-instance")

NETWORK_KINDS = frozenset(
    {
        "dhcp-options",
        "internet-gateway",
        "network-acl",
        "network-interface",
        "route-table",
        "security-group",
        "security-group-rule",
        "subnet",
        "vpc",
    }
)

FILTERS = Filters[TagRow](
    {
        "key": lambda row: row.key,
        "resource-id": lambda row: row.resource_id,
        "resource-type": lambda row: resource_type(row.resource_id),
        "value": lambda row: row.value,
    },
    # tag:KEY is the tag of that key with one of the values; tag-key is not a filter of tags
    lambda row: {row.key: row.value},
)


@actions
def create_tags(ctx: Context, request: CreateTagsRequest) -> Mapping[str, object]:
    """Add tags to resources, or give tags they have another value."""
    if not request["Tags"]:
        raise missing_parameter("Tag")
    tags = checked(request["Tags"])
    resources = list(dict.fromkeys(request["Resources"]))
    with ctx.store.begin() as tx:
        check_resources(ctx, tx, resources)
        present = tx.tags.of(resources)
        for resource_id in resources:
            check_number(present[resource_id].keys() | tags.keys())
        if request.get("DryRun"):
            raise dry_run()
        for resource_id in resources:
            tx.tags.put(ctx.account_id, ctx.region, resource_id, tags)
    return {}


@actions
def delete_tags(ctx: Context, request: DeleteTagsRequest) -> Mapping[str, object]:
    """Remove tags: those named, where a value is given only if it is theirs; or all."""
    keys: dict[str, str | None] | None = None
    if "Tags" in request:
        keys = {tag.get("Key", ""): tag.get("Value") for tag in request["Tags"]}
        for key in keys:
            check_key(key)
    resources = list(dict.fromkeys(request["Resources"]))
    with ctx.store.begin() as tx:
        check_resources(ctx, tx, resources)
        if request.get("DryRun"):
            raise dry_run()
        for resource_id in resources:
            tx.tags.remove(ctx.account_id, ctx.region, resource_id, keys)
    return {}


@actions
def describe_tags(ctx: Context, request: DescribeTagsRequest) -> DescribeTagsResult:
    """List the tags of the account's resources in the Region."""
    test = FILTERS.test(request.get("Filters"))
    page = paging.page(
        "DescribeTags",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=1000,
    )
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        rows, next_token = paging.take(
            page,
            lambda after, limit: tx.tags.list(ctx.account_id, ctx.region, after=after, limit=limit),
            test,
        )
    result: DescribeTagsResult = {"Tags": [tag_description(row) for row in rows]}
    if next_token:
        result["NextToken"] = next_token
    return result


# what other modules need -------------------------------------------------------------------------


def tag_set(tags: Mapping[str, str]) -> list[Tag]:
    """Return tags as every resource shows them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def specified(
    specifications: Iterable[TagSpecification] | None, resource_types: Collection[str]
) -> dict[str, dict[str, str]]:
    """Return the tags given on creation, by resource type; every one of resource_types is there."""
    found: dict[str, dict[str, str]] = {each: {} for each in resource_types}
    for specification in specifications or ():
        named = specification.get("ResourceType", "")
        if named not in found:
            raise errors.not_taggable(named)
        tags = checked(specification.get("Tags", []))
        for key in tags.keys() & found[named].keys():
            raise errors.duplicate_tag_key(key)
        found[named] |= tags
        check_number(found[named])
    return found


# rules -------------------------------------------------------------------------------------------


def checked(tags: Iterable[Tag]) -> dict[str, str]:
    """Return tags by key; raises for a key or value that no tag may have."""
    found: dict[str, str] = {}
    for tag in tags:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        check_key(key)
        if len(value) > LONGEST_VALUE:
            raise errors.tag_value_too_long(LONGEST_VALUE)
        if key in found:
            raise errors.duplicate_tag_key(key)
        found[key] = value
    return found


def check_key(key: str) -> None:
    """Refuse a key that no tag may have."""
    if not key:
        raise errors.tag_key_empty()
    if len(key) > LONGEST_KEY:
        raise errors.tag_key_too_long(LONGEST_KEY)
    if key.lower().startswith("aws:"):
        raise errors.tag_key_reserved(key)


def check_number(keys: Collection[str]) -> None:
    """Refuse more tags than a resource can have."""
    if len(keys) > MOST_TAGS:
        raise errors.too_many_tags()


def check_resources(ctx: Context, tx: Tx, resources: list[str]) -> None:
    """Refuse ids that name none of the account's resources in the Region."""
    if not resources:
        raise missing_parameter("ResourceId")
    kinds = {resource_id: ids.kind_of(resource_id) for resource_id in resources}
    images = [each for each, kind in kinds.items() if kind.resource_type == "image"]
    snapshots = [each for each, kind in kinds.items() if kind.resource_type == "snapshot"]
    tasks = [each for each, kind in kinds.items() if kind.resource_type.endswith("-task")]
    volumes = [each for each, kind in kinds.items() if kind.resource_type == "volume"]
    networks = [each for each, kind in kinds.items() if kind.resource_type in NETWORK_KINDS]
    key_pairs = [each for each, kind in kinds.items() if kind.resource_type == "key-pair"]
    instances = [each for each, kind in kinds.items() if kind.resource_type == "instance"]
    found: set[str] = set()
    if instances:
        rows_of_instances = tx.instances.list(ctx.account_id, ctx.region, ids=instances)
        found.update(row.value.id for row in rows_of_instances)
    if volumes:
        rows_of_volumes = tx.volumes.list(ctx.account_id, ctx.region, ids=volumes)
        found.update(row.value.id for row in rows_of_volumes)
    if networks:
        found |= tx.network.present(ctx.account_id, ctx.region, networks)
    if key_pairs:
        rows_of_pairs = tx.key_pairs.list(ctx.account_id, ctx.region, ids=key_pairs)
        found.update(row.value.id for row in rows_of_pairs)
    if images:
        rows_of_images = tx.images.list(ctx.account_id, ctx.region, ids=images)
        found.update(row.value.id for row in rows_of_images)
    if snapshots:
        rows = tx.snapshots.list(ctx.account_id, ctx.region, ids=snapshots)
        found.update(row.value.id for row in rows)
    if tasks:
        rows_of_tasks = tx.tasks.list(ctx.account_id, ctx.region, TASK_KINDS, ids=tasks)
        found.update(row.value.id for row in rows_of_tasks)
    for resource_id, kind in kinds.items():
        if resource_id not in found:
            raise kind.not_found(resource_id)


def resource_type(resource_id: str) -> str:
    """Return what kind of resource an id of ours names."""
    return ids.kind_of(resource_id).resource_type


def tag_description(row: TagRow) -> TagDescription:
    """Return a tag as DescribeTags shows it."""
    return {
        "Key": row.key,
        "ResourceId": row.resource_id,
        "ResourceType": resource_type(row.resource_id),
        "Value": row.value,
    }
