"""Security groups: CreateSecurityGroup, DeleteSecurityGroup, DescribeSecurityGroups.

A group that an interface has, or that a rule of another group names, stays (DependencyViolation).
The quota of groups is not kept: AWS raises it for whoever asks.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    CreateSecurityGroupRequest,
    CreateSecurityGroupResult,
    DeleteSecurityGroupRequest,
    DeleteSecurityGroupResult,
    DescribeSecurityGroupsRequest,
    DescribeSecurityGroupsResult,
    IpPermission,
)
from emulator.shapes.ec2 import SecurityGroup as SecurityGroupShape
from state.network import SecurityGroup, SecurityGroupRule
from state.store import Tx

actions = Actions()

LONGEST = 255  # characters of a name or description
CHARACTERS = "a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*"
ALLOWED = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")


class Row(NamedTuple):
    """A security group, its tags and its rules, and the names of those that these name."""

    group: SecurityGroup
    tags: Mapping[str, str]
    rules: Sequence[SecurityGroupRule]
    names: Mapping[str, str]

    def values(self, egress: bool, member: str) -> Iterator[str]:
        """Yield a member of the rules of one direction."""
        for rule in self.rules:
            if rule.is_egress is egress:
                match member:
                    case "user-id":
                        value = self.group.account_id if rule.peer_group_id else None
                    case "group-name":
                        value = self.names.get(rule.peer_group_id or "")
                    case _:
                        value = getattr(rule, member)
                if value is not None:
                    yield str(value)


MEMBERS = {
    "cidr": "cidr_ipv4",
    "from-port": "from_port",
    "group-id": "peer_group_id",
    "group-name": "group-name",
    "ipv6-cidr": "cidr_ipv6",
    "protocol": "protocol",
    "to-port": "to_port",
    "user-id": "user-id",
}
FILTERS = Filters[Row](
    {
        "description": lambda row: row.group.description,
        "group-id": lambda row: row.group.id,
        "group-name": lambda row: row.group.name,
        "owner-id": lambda row: row.group.account_id,
        "vpc-id": lambda row: row.group.vpc_id,
    },
    lambda row: row.tags,
    {
        f"{prefix}ip-permission.{name}": lambda row, egress=egress, member=member: row.values(
            egress, member
        )
        for prefix, egress in (("", False), ("egress.", True))
        for name, member in MEMBERS.items()
    }
    | {
        "egress.ip-permission.prefix-list-id": lambda row: (),
        "ip-permission.prefix-list-id": lambda row: (),
    },
)


def rows(tx: Tx, groups: Sequence[SecurityGroup], tags: Tags) -> list[Row]:
    """Return security groups with what belongs to them."""
    rules = tx.network.rules.within(*(group.id for group in groups))
    of: dict[str, list[SecurityGroupRule]] = {group.id: [] for group in groups}
    for rule in rules:
        of[rule.group_id].append(rule)
    vpcs = {group.vpc_id for group in groups}
    names = {group.id: group.name for group in tx.network.security_groups.within(*vpcs)}
    return [Row(group, tags[group.id], of[group.id], names) for group in groups]


GROUPS = Described(
    "DescribeSecurityGroups",
    "sg",
    "InvalidGroupId.Malformed",
    lambda tx: tx.network.security_groups,
    rows,
    FILTERS,
    network_errors.group_not_found,
)


@actions
def describe_security_groups(
    ctx: Context, request: DescribeSecurityGroupsRequest
) -> DescribeSecurityGroupsResult:
    """List security groups; by name only those of the default VPC."""
    named = list(request.get("GroupIds", ()))
    if names := request.get("GroupNames"):
        with world.reading(ctx) as tx:
            named += [find_named(ctx, tx, name).id for name in names]
    found, next_token = GROUPS.list(
        ctx,
        Asked(
            named,
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeSecurityGroupsResult = {"SecurityGroups": [shown(row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def create_security_group(
    ctx: Context, request: CreateSecurityGroupRequest
) -> CreateSecurityGroupResult:
    """Make a security group that lets everything out and nothing in."""
    name, description = request["GroupName"], request["Description"]
    check_text(name, "GroupName")
    check_text(description, "GroupDescription")
    if name.startswith("sg-"):
        raise network_errors.group_name_like_id(name)
    if name == "default":
        raise network_errors.group_reserved()
    tags = specified(request.get("TagSpecifications"), ("security-group",))["security-group"]
    with world.writing(ctx) as tx:
        if vpc_id := request.get("VpcId"):
            vpc = world.find_vpc(ctx, tx, vpc_id)
        elif (default := world.find_default_vpc(ctx, tx)) is not None:
            vpc = default
        else:
            raise network_errors.no_default_vpc()
        if any(group.name == name for group in tx.network.security_groups.within(vpc.id)):
            raise network_errors.group_exists(name, vpc.id)
        if request.get("DryRun"):
            raise dry_run()
        group = SecurityGroup(
            id=ctx.new_id("sg"),
            account_id=ctx.account_id,
            region=ctx.region,
            vpc_id=vpc.id,
            name=name,
            description=description,
        )
        tx.network.security_groups.add(group)
        world.add_way_out(ctx, tx, group)
        tx.tags.put(ctx.account_id, ctx.region, group.id, tags)
    result: CreateSecurityGroupResult = {"GroupId": group.id, "SecurityGroupArn": arn(group)}
    if tags:
        result["Tags"] = tag_set(tags)
    return result


@actions
def delete_security_group(
    ctx: Context, request: DeleteSecurityGroupRequest
) -> DeleteSecurityGroupResult:
    """Forget a security group that nothing needs, and its rules."""
    with world.writing(ctx) as tx:
        group = find(ctx, tx, request.get("GroupId"), request.get("GroupName"))
        if group.name == "default":
            raise network_errors.group_is_default(group.id)
        others = [g.id for g in tx.network.security_groups.within(group.vpc_id) if g.id != group.id]
        subnets = [subnet.id for subnet in tx.network.subnets.within(group.vpc_id)]
        if any(rule.peer_group_id == group.id for rule in tx.network.rules.within(*others)) or any(
            group.id in each.group_ids for each in tx.network.interfaces.within(*subnets)
        ):
            raise network_errors.group_in_use(group.id)
        if request.get("DryRun"):
            raise dry_run()
        for rule in tx.network.rules.within(group.id):
            tx.network.rules.remove(rule.id)
            tx.tags.remove(ctx.account_id, ctx.region, rule.id)
        tx.network.security_groups.remove(group.id)
        tx.tags.remove(ctx.account_id, ctx.region, group.id)
    return {"Return": True, "GroupId": group.id}


# what others need ---------------------------------------------------------------------------------


def find(ctx: Context, tx: Tx, group_id: str | None, name: str | None) -> SecurityGroup:
    """Return a security group by its id, or by its name in the default VPC; InvalidGroup.…."""
    if group_id:
        if not group_id.startswith("sg-"):
            raise network_errors.malformed("InvalidGroupId.Malformed", "sg", group_id)
        return world.find_group(ctx, tx, group_id)
    if name:
        return find_named(ctx, tx, name)
    raise network_errors.group_missing()


def find_named(ctx: Context, tx: Tx, name: str) -> SecurityGroup:
    """Return a security group of the default VPC by its name; InvalidGroup.NotFound."""
    vpc = world.find_default_vpc(ctx, tx)
    if vpc is None:
        raise network_errors.no_default_vpc_for_names()
    for group in tx.network.security_groups.within(vpc.id):
        if group.name == name:
            return group
    raise network_errors.group_name_not_found(name, vpc.id)


def check_text(text: str, name: str) -> None:
    """Refuse a name or description that no security group may have."""
    if not text.isascii():
        raise network_errors.not_ascii(text, name)
    if not ALLOWED.fullmatch(text):
        raise network_errors.characters(text[: LONGEST + 1], name, CHARACTERS)


def arn(group: SecurityGroup) -> str:
    """Return the ARN of a security group."""
    partition = regions.partition(group.region)
    return f"arn:{partition}:ec2:{group.region}:{group.account_id}:security-group/{group.id}"


def permissions(rules: Sequence[SecurityGroupRule], egress: bool) -> list[IpPermission]:
    """Return the rules of one direction as a group shows them: by protocol and ports."""
    found: dict[tuple[str, int | None, int | None], IpPermission] = {}
    for rule in rules:
        if rule.is_egress is not egress:
            continue
        key = (rule.protocol, rule.from_port, rule.to_port)
        if key not in found:
            shape: IpPermission = {"IpProtocol": rule.protocol}
            if rule.from_port is not None and rule.to_port is not None:
                shape["FromPort"], shape["ToPort"] = rule.from_port, rule.to_port
            shape |= {
                "UserIdGroupPairs": [],
                "IpRanges": [],
                "Ipv6Ranges": [],
                "PrefixListIds": [],
            }
            found[key] = shape
        said: dict[str, str] = {} if rule.description is None else {"Description": rule.description}
        if rule.cidr_ipv4 is not None:
            found[key]["IpRanges"].append({"CidrIp": rule.cidr_ipv4, **said})  # type: ignore[typeddict-item]
        elif rule.cidr_ipv6 is not None:
            found[key]["Ipv6Ranges"].append({"CidrIpv6": rule.cidr_ipv6, **said})  # type: ignore[typeddict-item]
        elif rule.peer_group_id is not None:
            found[key]["UserIdGroupPairs"].append(
                {"GroupId": rule.peer_group_id, "UserId": rule.account_id, **said}  # type: ignore[typeddict-item]
            )
    return list(found.values())


def shown(row: Row) -> SecurityGroupShape:
    """Return a security group as clients see it."""
    group = row.group
    return {
        "GroupId": group.id,
        "GroupName": group.name,
        "Description": group.description,
        "OwnerId": group.account_id,
        "VpcId": group.vpc_id,
        "SecurityGroupArn": arn(group),
        "IpPermissions": permissions(row.rules, egress=False),
        "IpPermissionsEgress": permissions(row.rules, egress=True),
        "Tags": tag_set(row.tags),
    }
