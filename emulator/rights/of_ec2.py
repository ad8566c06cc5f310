"""What the actions of EC2, and of EBS direct, are done to.

    what looks on (Describe…, Get…, List…)     everything: EC2 has no finer rights there, but for
                                               one resource's attributes
    what names resources                       those, by the beginnings of their ids
    what makes some                            `TYPE/*` for each kind that it makes; with tags
                                               ec2:CreateTags on the same, too
    anything else                              everything
    what names a role                          iam:PassRole on it, too

Images and snapshots have no account in their ARNs.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.context import Context
from emulator.protocol import regions
from emulator.rights import of_iam
from emulator.rights.asking import Asked, Values, of_resource, of_tags
from state.store import Tx

LOOKING: Final = ("Describe", "Get", "List")
ATTRIBUTE: Final = re.compile(r"Describe[A-Za-z]+Attribute")
ID: Final = re.compile(r"(?P<prefix>[a-z]+(?:-[a-z]+)?)-(?:[0-9a-f]{8}|[0-9a-f]{17})")
WITHOUT_ACCOUNT: Final = frozenset({"image", "snapshot"})
TYPES: Final = {
    "acl": "network-acl", "ami": "image", "dopt": "dhcp-options", "eni": "network-interface",
    "export-ami": "export-image-task", "export-i": "export-instance-task", "i": "instance",
    "igw": "internet-gateway", "import-ami": "import-image-task",
    "import-snap": "import-snapshot-task", "key": "key-pair", "rtb": "route-table",
    "sg": "security-group", "sgr": "security-group-rule", "snap": "snapshot", "subnet": "subnet",
    "vol": "volume", "vpc": "vpc",
}  # fmt: skip
MADE: Final[Mapping[str, tuple[str, ...]]] = {
    "CopyImage": ("image",),
    "CopySnapshot": ("snapshot",),
    "CreateImage": ("image", "snapshot"),
    "CreateInstanceExportTask": ("export-instance-task",),
    "CreateDefaultSubnet": ("subnet",),
    "CreateDefaultVpc": ("vpc",),
    "CreateInternetGateway": ("internet-gateway",),
    "CreateKeyPair": ("key-pair",),
    "CreateNetworkInterface": ("network-interface",),
    "CreateRouteTable": ("route-table",),
    "CreateSecurityGroup": ("security-group",),
    "CreateSnapshot": ("snapshot",),
    "CreateSnapshots": ("snapshot",),
    "CreateSubnet": ("subnet",),
    "CreateVolume": ("volume",),
    "CreateVpc": ("vpc",),
    "ExportImage": ("export-image-task",),
    "ImportImage": ("image", "import-image-task", "snapshot"),
    "ImportKeyPair": ("key-pair",),
    "ImportSnapshot": ("import-snapshot-task", "snapshot"),
    "RegisterImage": ("image",),
    "RunInstances": ("instance", "network-interface", "volume"),
    "StartSnapshot": ("snapshot",),  # of EBS direct
}
OF_IDS: Final = ("Id", "Ids", "Resources")  # how the names of members end that hold ids
PAIR: Final = "KeyName"
SERVICE: Final = "vmie.amazonaws.com"


def asked_for(
    tx: Tx, ctx: Context, service: str, action: str, request: Mapping[str, Any]
) -> Iterator[Asked]:
    """Tell what a request asks for."""
    name = f"{service}:{action}"
    made = MADE.get(action, ())
    shared = {"ec2:Region": ctx.region, **of_tags(tags_of(request))}
    if action == "RunInstances" and "InstanceType" in request:
        shared["ec2:InstanceType"] = request["InstanceType"]
    if service == "ec2" and looks(action):
        yield Asked(name, context=shared)
        return
    named = list(dict.fromkeys(ids_in(request)))
    owned = tx.tags.of(named)
    region = request.get("SourceRegion") or ctx.region
    for each in named:
        known = {**shared, **of_resource(owned.get(each, {}), "ec2"), **of_instance(tx, ctx, each)}
        yield on(name, arn(ctx, type_of(each), each, region), known)
    pair = request.get(PAIR)
    if isinstance(pair, str) and "key-pair" not in made:
        yield on(name, arn(ctx, "key-pair", pair), shared)
        if not made:
            return
    for kind in made:
        new = arn(ctx, kind, last(request, kind))
        yield on(name, new, shared)
        if is_tagged(request, kind):
            yield on("ec2:CreateTags", new, {**shared, "ec2:CreateAction": action})
    if not named and not made:
        yield Asked(name, context=shared)
    if "RoleName" in request:  # for the service; the one it takes unasked needs no right (assumed)
        role, of_role = of_iam.role_of(tx, ctx, request["RoleName"])
        yield on("iam:PassRole", role, {**of_role, "iam:PassedToService": SERVICE})


def looks(action: str) -> bool:
    """Tell whether an action of EC2's looks on, at whatever there is."""
    return action.startswith(LOOKING) and not ATTRIBUTE.fullmatch(action)


def on(action: str, resource: str, context: Values) -> Asked:
    """Ask for an action on a resource that messages name."""
    return Asked(action, resource, resource, context)


def arn(ctx: Context, kind: str, name: str, region: str | None = None) -> str:
    """Spell the ARN of a resource."""
    owner = "" if kind in WITHOUT_ACCOUNT else ctx.account_id
    partition = regions.partition(ctx.region)
    return f"arn:{partition}:ec2:{region or ctx.region}:{owner}:{kind}/{name}"


def last(request: Mapping[str, Any], kind: str) -> str:
    """Return the name that a new resource is to have, if the client gives it."""
    return str(request.get(PAIR, "*")) if kind == "key-pair" else "*"


def type_of(resource_id: str) -> str:
    """Return the type of a resource by its id."""
    found = ID.fullmatch(resource_id)
    return TYPES.get(found["prefix"], found["prefix"]) if found else "*"


def ids_in(value: object, name: str = "") -> Iterator[str]:
    """Find the ids of resources in a request, wherever they stand."""
    if isinstance(value, Mapping):
        for member, inner in value.items():
            yield from ids_in(inner, member)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        for inner in value:
            yield from ids_in(inner, name)
    elif isinstance(value, str) and name.endswith(OF_IDS):
        found = ID.fullmatch(value)
        if found is not None and found["prefix"] in TYPES:
            yield value


def of_instance(tx: Tx, ctx: Context, resource_id: str) -> Values:
    """Return what conditions may ask of one of the account's instances; nothing of all else."""
    instance = tx.instances.get(resource_id) if type_of(resource_id) == "instance" else None
    if instance is None or (instance.account_id, instance.region) != (ctx.account_id, ctx.region):
        return {}
    return {
        "ec2:AvailabilityZone": instance.zone,
        "ec2:InstanceID": instance.id,
        "ec2:InstanceType": instance.instance_type,
        "ec2:MetadataHttpTokens": instance.metadata.tokens,
        "ec2:RootDeviceType": "ebs",
        "ec2:Tenancy": instance.tenancy,
    }


def is_tagged(request: Mapping[str, Any], kind: str) -> bool:
    """Tell whether a request gives tags to what it makes of a kind."""
    given = request.get("TagSpecifications") or ()
    return bool(request.get("Tags")) or any(each.get("ResourceType") == kind for each in given)


def tags_of(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the tags that a request gives."""
    tags = list(request.get("Tags") or ())
    for each in request.get("TagSpecifications") or ():
        tags += each.get("Tags") or ()
    return tags
