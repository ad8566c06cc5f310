"""VPCs: CreateVpc, CreateDefaultVpc, DeleteVpc, DescribeVpcs and their attributes.

A VPC has one block of IPv4 addresses, and none of IPv6. The quota of five for a Region is not kept:
AWS raises it for whoever asks.
"""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    CreateDefaultVpcRequest,
    CreateDefaultVpcResult,
    CreateVpcRequest,
    CreateVpcResult,
    DeleteVpcRequest,
    DescribeVpcAttributeRequest,
    DescribeVpcAttributeResult,
    DescribeVpcsRequest,
    DescribeVpcsResult,
    ModifyVpcAttributeRequest,
)
from emulator.shapes.ec2 import Vpc as VpcShape
from state.network import Vpc
from state.store import Tx

actions = Actions()

LARGEST, SMALLEST = 16, 28  # the lengths of the prefixes
TENANCIES = ("default", "dedicated")
WITH_IPV6 = (
    "AmazonProvidedIpv6CidrBlock",
    "Ipv6CidrBlock",
    "Ipv6IpamPoolId",
    "Ipv6Pool",
)


class Row(NamedTuple):
    """A VPC and its tags."""

    vpc: Vpc
    tags: Mapping[str, str]


FILTERS = Filters[Row](
    {
        "cidr": lambda row: row.vpc.cidr_block,
        "cidr-block": lambda row: row.vpc.cidr_block,  # not in the reference; Ansible says it
        "cidr-block-association.association-id": lambda row: row.vpc.cidr_association_id,
        "cidr-block-association.cidr-block": lambda row: row.vpc.cidr_block,
        "cidr-block-association.state": lambda row: "associated",
        "dhcp-options-id": lambda row: row.vpc.dhcp_options_id,
        "ipv6-cidr-block-association.association-id": lambda row: None,
        "ipv6-cidr-block-association.ipv6-cidr-block": lambda row: None,
        "ipv6-cidr-block-association.ipv6-pool": lambda row: None,
        "ipv6-cidr-block-association.state": lambda row: None,
        "is-default": lambda row: true_false(row.vpc.is_default),
        "isDefault": lambda row: true_false(row.vpc.is_default),
        "owner-id": lambda row: row.vpc.account_id,
        "state": lambda row: "available",
        "vpc-id": lambda row: row.vpc.id,
    },
    lambda row: row.tags,
)


def rows(tx: Tx, vpcs: Sequence[Vpc], tags: Tags) -> list[Row]:
    """Return VPCs with their tags."""
    return [Row(vpc, tags[vpc.id]) for vpc in vpcs]


VPCS = Described(
    "DescribeVpcs",
    "vpc",
    "InvalidVpcId.Malformed",
    lambda tx: tx.network.vpcs,
    rows,
    FILTERS,
    network_errors.vpc_not_found,
)


@actions
def describe_vpcs(ctx: Context, request: DescribeVpcsRequest) -> DescribeVpcsResult:
    """List VPCs."""
    found, next_token = VPCS.list(
        ctx,
        Asked(
            request.get("VpcIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeVpcsResult = {"Vpcs": [shown(row.vpc, row.tags) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def create_vpc(ctx: Context, request: CreateVpcRequest) -> CreateVpcResult:
    """Make a VPC with its main route table, network ACL and default security group."""
    for member in WITH_IPV6:
        if request.get(member):
            raise network_errors.not_offered("IPv6")
    if "CidrBlock" not in request:
        raise missing_parameter("cidrBlock")
    cidr = block(request["CidrBlock"])
    if not LARGEST <= cidr.prefixlen <= SMALLEST:
        raise network_errors.vpc_range(request["CidrBlock"])
    tenancy = request.get("InstanceTenancy", "default")
    if tenancy not in TENANCIES:
        raise invalid_parameter_value("instanceTenancy", tenancy)
    tags = specified(request.get("TagSpecifications"), ("vpc",))["vpc"]
    with world.writing(ctx) as tx:
        if request.get("DryRun"):
            raise dry_run()
        vpc = world.new_vpc(ctx, tx, str(cidr), tenancy=tenancy)
        tx.tags.put(ctx.account_id, ctx.region, vpc.id, tags)
    # What is made is pending at first; a moment later, when it is described, it is available.
    return {"Vpc": {**shown(vpc, tags), "State": "pending"}}


@actions
def create_default_vpc(ctx: Context, request: CreateDefaultVpcRequest) -> CreateDefaultVpcResult:
    """Make the default VPC again, after it was deleted."""
    with world.writing(ctx) as tx:
        if world.find_default_vpc(ctx, tx):
            raise network_errors.default_vpc_exists()
        if request.get("DryRun"):
            raise dry_run()
        vpc = world.default_vpc(ctx, tx)
    return {"Vpc": {**shown(vpc, {}), "State": "pending"}}


@actions
def delete_vpc(ctx: Context, request: DeleteVpcRequest) -> Mapping[str, object]:
    """Forget a VPC that nothing of the client's is in any more.

    Its main route table, network ACL and default security group go with it.
    """
    with world.writing(ctx) as tx:
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        network = tx.network
        tables = network.route_tables.within(vpc.id)
        groups = network.security_groups.within(vpc.id)
        if (
            network.subnets.within(vpc.id)
            or network.internet_gateways.within(vpc.id)
            or any(not table.is_main for table in tables)
            or any(group.name != "default" for group in groups)
        ):
            raise network_errors.vpc_in_use(vpc.id)
        if request.get("DryRun"):
            raise dry_run()
        gone = [vpc.id]
        for rule in network.rules.within(*(group.id for group in groups)):
            network.rules.remove(rule.id)
            gone.append(rule.id)
        for group in groups:
            network.security_groups.remove(group.id)
            gone.append(group.id)
        for table in tables:
            network.route_tables.remove(table.id)
            gone.append(table.id)
        for acl in network.acls.within(vpc.id):
            network.acls.remove(acl.id)
            gone.append(acl.id)
        network.vpcs.remove(vpc.id)
        for each in gone:
            tx.tags.remove(ctx.account_id, ctx.region, each)
    return {}


@actions
def describe_vpc_attribute(
    ctx: Context, request: DescribeVpcAttributeRequest
) -> DescribeVpcAttributeResult:
    """Tell one attribute of a VPC."""
    with world.reading(ctx) as tx:
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
    if request.get("DryRun"):
        raise dry_run()
    match request["Attribute"]:
        case "enableDnsSupport":
            return {"VpcId": vpc.id, "EnableDnsSupport": {"Value": vpc.dns_support}}
        case "enableDnsHostnames":
            return {"VpcId": vpc.id, "EnableDnsHostnames": {"Value": vpc.dns_hostnames}}
        case "enableNetworkAddressUsageMetrics":
            metrics = vpc.usage_metrics
            return {"VpcId": vpc.id, "EnableNetworkAddressUsageMetrics": {"Value": metrics}}
        case other:
            raise invalid_parameter_value("attribute", other)


@actions
def modify_vpc_attribute(ctx: Context, request: ModifyVpcAttributeRequest) -> Mapping[str, object]:
    """Change attributes of a VPC."""
    members = {
        "dns_support": request.get("EnableDnsSupport"),
        "dns_hostnames": request.get("EnableDnsHostnames"),
        "usage_metrics": request.get("EnableNetworkAddressUsageMetrics"),
    }
    changes = {
        name: value["Value"] for name, value in members.items() if value and "Value" in value
    }
    with world.writing(ctx) as tx:
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        tx.network.vpcs.replace(vpc.model_copy(update=changes))
    return {}


def block(text: str, name: str = "cidrBlock") -> IPv4Network:
    """Return a block of addresses as EC2 understands it; InvalidParameterValue for none.

    So the API reference: 100.68.0.18/18 is changed to 100.68.0.0/18.
    """
    try:
        address, _, length = text.partition("/")
        return IPv4Network((address, int(length)), strict=False)
    except ValueError as error:
        raise network_errors.cidr_malformed(text, name) from error


def shown(vpc: Vpc, tags: Mapping[str, str]) -> VpcShape:
    """Return a VPC as clients see it."""
    return {
        "VpcId": vpc.id,
        "OwnerId": vpc.account_id,
        "State": "available",
        "CidrBlock": vpc.cidr_block,
        "CidrBlockAssociationSet": [
            {
                "AssociationId": vpc.cidr_association_id,
                "CidrBlock": vpc.cidr_block,
                "CidrBlockState": {"State": "associated"},
            }
        ],
        "Ipv6CidrBlockAssociationSet": [],
        "DhcpOptionsId": vpc.dhcp_options_id,
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.is_default,
        "BlockPublicAccessStates": {"InternetGatewayBlockMode": "off"},
        "Tags": tag_set(tags),
    }
