"""Subnets: CreateSubnet, CreateDefaultSubnet, DeleteSubnet, ModifySubnetAttribute, DescribeSubnets.

Of the addresses of a subnet EC2 keeps five: the first four and the last.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.network.vpcs import block
from emulator.services.ec2.regions import find_zone, zones_of
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    AvailabilityZone,
    CreateDefaultSubnetRequest,
    CreateDefaultSubnetResult,
    CreateSubnetRequest,
    CreateSubnetResult,
    DeleteSubnetRequest,
    DescribeSubnetsRequest,
    DescribeSubnetsResult,
    ModifySubnetAttributeRequest,
)
from emulator.shapes.ec2 import Subnet as SubnetShape
from state.network import Subnet
from state.store import Tx

actions = Actions()

LARGEST, SMALLEST = 16, 28  # the lengths of the prefixes
KEPT = 5  # addresses of every subnet
HOSTNAME_TYPES = ("ip-name", "resource-name")


class Row(NamedTuple):
    """A subnet, its tags, and how many addresses are left."""

    subnet: Subnet
    tags: Mapping[str, str]
    free: int


FILTERS = Filters[Row](
    {
        "availability-zone": lambda row: row.subnet.zone,
        "availability-zone-id": lambda row: row.subnet.zone_id,
        "availabilityZone": lambda row: row.subnet.zone,
        "availabilityZoneId": lambda row: row.subnet.zone_id,
        "available-ip-address-count": lambda row: str(row.free),
        "cidr": lambda row: row.subnet.cidr_block,
        "cidr-block": lambda row: row.subnet.cidr_block,
        "cidrBlock": lambda row: row.subnet.cidr_block,
        "customer-owned-ipv4-pool": lambda row: None,
        "default-for-az": lambda row: true_false(row.subnet.is_default),
        "defaultForAz": lambda row: true_false(row.subnet.is_default),
        "enable-dns64": lambda row: "false",
        "enable-lni-at-device-index": lambda row: None,
        "ipv6-cidr-block-association.association-id": lambda row: None,
        "ipv6-cidr-block-association.ipv6-cidr-block": lambda row: None,
        "ipv6-cidr-block-association.state": lambda row: None,
        "ipv6-native": lambda row: "false",
        "map-customer-owned-ip-on-launch": lambda row: "false",
        "map-public-ip-on-launch": lambda row: true_false(row.subnet.public_addresses),
        "outpost-arn": lambda row: None,
        "owner-id": lambda row: row.subnet.account_id,
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda row: (
            true_false(row.subnet.name_records)
        ),
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": lambda row: (
            true_false(row.subnet.name_records_ipv6)
        ),
        "private-dns-name-options-on-launch.hostname-type": lambda row: row.subnet.hostname_type,
        "state": lambda row: "available",
        "subnet-arn": lambda row: arn(row.subnet),
        "subnet-id": lambda row: row.subnet.id,
        "vpc-id": lambda row: row.subnet.vpc_id,
    },
    lambda row: row.tags,
)


def rows(tx: Tx, subnets: Sequence[Subnet], tags: Tags) -> list[Row]:
    """Return subnets with what belongs to them."""
    interfaces = tx.network.interfaces.within(*(subnet.id for subnet in subnets))
    taken = Counter(interface.subnet_id for interface in interfaces)
    return [
        Row(
            subnet,
            tags[subnet.id],
            IPv4Network(subnet.cidr_block).num_addresses - KEPT - taken[subnet.id],
        )
        for subnet in subnets
    ]


SUBNETS = Described(
    "DescribeSubnets",
    "subnet",
    "InvalidSubnetId.Malformed",
    lambda tx: tx.network.subnets,
    rows,
    FILTERS,
    network_errors.subnet_not_found,
)


@actions
def describe_subnets(ctx: Context, request: DescribeSubnetsRequest) -> DescribeSubnetsResult:
    """List subnets."""
    found, next_token = SUBNETS.list(
        ctx,
        Asked(
            request.get("SubnetIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeSubnetsResult = {"Subnets": [shown(row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def create_subnet(ctx: Context, request: CreateSubnetRequest) -> CreateSubnetResult:
    """Make a subnet: in the zone named, or in the first (assumed)."""
    if request.get("Ipv6CidrBlock") or request.get("Ipv6Native") or request.get("Ipv6IpamPoolId"):
        raise network_errors.not_offered("IPv6")
    if "CidrBlock" not in request:
        raise missing_parameter("cidrBlock")
    cidr = block(request["CidrBlock"])
    tags = specified(request.get("TagSpecifications"), ("subnet",))["subnet"]
    zone = named_zone(
        ctx.region, request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    )
    with world.writing(ctx) as tx:
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        inside = cidr.subnet_of(IPv4Network(vpc.cidr_block))
        if not (LARGEST <= cidr.prefixlen <= SMALLEST and inside):
            raise network_errors.subnet_range(request["CidrBlock"])
        if overlapping(tx, vpc.id, cidr):
            raise network_errors.subnet_conflict(str(cidr))
        if request.get("DryRun"):
            raise dry_run()
        subnet = world.new_subnet(ctx, tx, vpc.id, str(cidr), zone)
        tx.tags.put(ctx.account_id, ctx.region, subnet.id, tags)
        (row,) = rows(tx, [subnet], {subnet.id: tags})
    return {"Subnet": shown(row)}


@actions
def create_default_subnet(
    ctx: Context, request: CreateDefaultSubnetRequest
) -> CreateDefaultSubnetResult:
    """Make the default subnet of a zone again, where there is room in the default VPC."""
    zone = named_zone(
        ctx.region, request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    )
    if request.get("Ipv6Native"):
        raise network_errors.not_offered("IPv6")
    with world.writing(ctx) as tx:
        vpc = world.find_default_vpc(ctx, tx)
        if vpc is None:
            raise network_errors.default_vpc_missing()
        for subnet in tx.network.subnets.within(vpc.id):
            if subnet.is_default and subnet.zone == zone["ZoneName"]:
                raise network_errors.default_subnet_exists(subnet.id, subnet.zone)
        if request.get("DryRun"):
            raise dry_run()
        cidr = first_free(tx, vpc.id, IPv4Network(vpc.cidr_block))
        subnet = world.new_subnet(ctx, tx, vpc.id, str(cidr), zone, is_default=True)
        (row,) = rows(tx, [subnet], {subnet.id: {}})
    return {"Subnet": shown(row)}


@actions
def delete_subnet(ctx: Context, request: DeleteSubnetRequest) -> Mapping[str, object]:
    """Forget a subnet that no network interface is in."""
    with world.writing(ctx) as tx:
        subnet = world.find_subnet(ctx, tx, request["SubnetId"])
        if tx.network.interfaces.within(subnet.id):
            raise network_errors.subnet_in_use(subnet.id)
        if request.get("DryRun"):
            raise dry_run()
        for table in tx.network.route_tables.within(subnet.vpc_id):
            kept = tuple(each for each in table.associations if each.subnet_id != subnet.id)
            if kept != table.associations:
                tx.network.route_tables.replace(table.model_copy(update={"associations": kept}))
        tx.network.subnets.remove(subnet.id)
        tx.tags.remove(ctx.account_id, ctx.region, subnet.id)
    return {}


@actions
def modify_subnet_attribute(
    ctx: Context, request: ModifySubnetAttributeRequest
) -> Mapping[str, object]:
    """Change what instances get that are started in a subnet; nothing of IPv6 or Outposts."""
    members = {
        "public_addresses": request.get("MapPublicIpOnLaunch"),
        "name_records": request.get("EnableResourceNameDnsARecordOnLaunch"),
        "name_records_ipv6": request.get("EnableResourceNameDnsAAAARecordOnLaunch"),
    }
    changes: dict[str, object] = {
        name: value["Value"] for name, value in members.items() if value and "Value" in value
    }
    if "PrivateDnsHostnameTypeOnLaunch" in request:
        named = request["PrivateDnsHostnameTypeOnLaunch"]
        if named not in HOSTNAME_TYPES:
            raise errors.invalid_value(
                named, "privateDnsHostnameTypeOnLaunch", f"Expecting one of {HOSTNAME_TYPES}."
            )
        changes["hostname_type"] = named
    if request.get("AssignIpv6AddressOnCreation", {}).get("Value"):
        raise network_errors.not_offered("IPv6")
    with world.writing(ctx) as tx:
        subnet = world.find_subnet(ctx, tx, request["SubnetId"])
        tx.network.subnets.replace(subnet.model_copy(update=changes))
    return {}


def named_zone(region: str, name: str | None, zone_id: str | None) -> AvailabilityZone:
    """Return the zone of a name or an id, the first if there is neither; InvalidParameterValue."""
    if name and zone_id:
        raise errors.not_together("availabilityZone", "availabilityZoneId")
    zones = zones_of(region)
    if not (name or zone_id):
        return zones[0]
    zone = find_zone(region, name, zone_id)
    if zone is None:
        raise network_errors.zone_not_usable(name or zone_id or "", (z["ZoneName"] for z in zones))
    return zone


def overlapping(tx: Tx, vpc_id: str, cidr: IPv4Network) -> bool:
    """Tell whether a subnet of a VPC has addresses of a block."""
    subnets = tx.network.subnets.within(vpc_id)
    return any(cidr.overlaps(IPv4Network(subnet.cidr_block)) for subnet in subnets)


def first_free(tx: Tx, vpc_id: str, cidr: IPv4Network) -> IPv4Network:
    """Return the first block of a default subnet's size that no subnet has addresses of."""
    for each in cidr.subnets(new_prefix=world.DEFAULT_PREFIX):
        if not overlapping(tx, vpc_id, each):
            return each
    raise network_errors.subnet_conflict(str(cidr))


def arn(subnet: Subnet) -> str:
    """Return the ARN of a subnet."""
    partition = regions.partition(subnet.region)
    return f"arn:{partition}:ec2:{subnet.region}:{subnet.account_id}:subnet/{subnet.id}"


def shown(row: Row) -> SubnetShape:
    """Return a subnet as clients see it."""
    subnet = row.subnet
    return {
        "SubnetId": subnet.id,
        "SubnetArn": arn(subnet),
        "OwnerId": subnet.account_id,
        "VpcId": subnet.vpc_id,
        "State": "available",
        "CidrBlock": subnet.cidr_block,
        "AvailabilityZone": subnet.zone,
        "AvailabilityZoneId": subnet.zone_id,
        "AvailableIpAddressCount": row.free,
        "DefaultForAz": subnet.is_default,
        "MapPublicIpOnLaunch": subnet.public_addresses,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": False,
        "Ipv6CidrBlockAssociationSet": [],
        "Ipv6Native": False,
        "EnableDns64": False,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.name_records,
            "EnableResourceNameDnsAAAARecord": subnet.name_records_ipv6,
        },
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_set(row.tags),
    }
