"""Internet gateways: Create…, Attach…, Detach…, Delete… and DescribeInternetGateways."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    AttachInternetGatewayRequest,
    CreateInternetGatewayRequest,
    CreateInternetGatewayResult,
    DeleteInternetGatewayRequest,
    DescribeInternetGatewaysRequest,
    DescribeInternetGatewaysResult,
    DetachInternetGatewayRequest,
)
from emulator.shapes.ec2 import InternetGateway as InternetGatewayShape
from state.network import InternetGateway
from state.store import Tx

actions = Actions()


class Row(NamedTuple):
    """An internet gateway and its tags."""

    gateway: InternetGateway
    tags: Mapping[str, str]


FILTERS = Filters[Row](
    {
        "attachment.state": lambda row: "available" if row.gateway.vpc_id else None,
        "attachment.vpc-id": lambda row: row.gateway.vpc_id,
        "internet-gateway-id": lambda row: row.gateway.id,
        "owner-id": lambda row: row.gateway.account_id,
    },
    lambda row: row.tags,
)


def rows(tx: Tx, gateways: Sequence[InternetGateway], tags: Tags) -> list[Row]:
    """Return internet gateways with their tags."""
    return [Row(gateway, tags[gateway.id]) for gateway in gateways]


GATEWAYS = Described(
    "DescribeInternetGateways",
    "igw",
    "InvalidInternetGatewayId.Malformed",
    lambda tx: tx.network.internet_gateways,
    rows,
    FILTERS,
    network_errors.gateway_not_found,
)


@actions
def describe_internet_gateways(
    ctx: Context, request: DescribeInternetGatewaysRequest
) -> DescribeInternetGatewaysResult:
    """List internet gateways."""
    found, next_token = GATEWAYS.list(
        ctx,
        Asked(
            request.get("InternetGatewayIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeInternetGatewaysResult = {"InternetGateways": [shown(*row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def create_internet_gateway(
    ctx: Context, request: CreateInternetGatewayRequest
) -> CreateInternetGatewayResult:
    """Make an internet gateway, which is attached to nothing yet."""
    tags = specified(request.get("TagSpecifications"), ("internet-gateway",))["internet-gateway"]
    if request.get("DryRun"):
        raise dry_run()
    gateway = InternetGateway(id=ctx.new_id("igw"), account_id=ctx.account_id, region=ctx.region)
    with world.writing(ctx) as tx:
        tx.network.internet_gateways.add(gateway)
        tx.tags.put(ctx.account_id, ctx.region, gateway.id, tags)
    return {"InternetGateway": shown(gateway, tags)}


@actions
def attach_internet_gateway(
    ctx: Context, request: AttachInternetGatewayRequest
) -> Mapping[str, object]:
    """Give a VPC a way out; it can have one."""
    with world.writing(ctx) as tx:
        gateway = find(ctx, tx, request["InternetGatewayId"])
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        if gateway.vpc_id is not None:
            raise network_errors.gateway_attached(gateway.id, gateway.vpc_id)
        if tx.network.internet_gateways.within(vpc.id):
            raise network_errors.vpc_has_gateway(vpc.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.internet_gateways.replace(gateway.model_copy(update={"vpc_id": vpc.id}))
    return {}


@actions
def detach_internet_gateway(
    ctx: Context, request: DetachInternetGatewayRequest
) -> Mapping[str, object]:
    """Take the way out from a VPC in which nothing has a public address."""
    with world.writing(ctx) as tx:
        gateway = find(ctx, tx, request["InternetGatewayId"])
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        if gateway.vpc_id != vpc.id:
            raise network_errors.gateway_not_attached(gateway.id, vpc.id)
        subnets = (subnet.id for subnet in tx.network.subnets.within(vpc.id))
        if any(each.public_ip for each in tx.network.interfaces.within(*subnets)):
            raise network_errors.public_addresses(vpc.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.internet_gateways.replace(gateway.model_copy(update={"vpc_id": None}))
    return {}


@actions
def delete_internet_gateway(
    ctx: Context, request: DeleteInternetGatewayRequest
) -> Mapping[str, object]:
    """Forget an internet gateway that is attached to nothing."""
    with world.writing(ctx) as tx:
        gateway = find(ctx, tx, request["InternetGatewayId"])
        if gateway.vpc_id is not None:
            raise network_errors.gateway_in_use(gateway.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.internet_gateways.remove(gateway.id)
        tx.tags.remove(ctx.account_id, ctx.region, gateway.id)
    return {}


def find(ctx: Context, tx: Tx, gateway_id: str) -> InternetGateway:
    """Return an internet gateway of the account; InvalidInternetGatewayID.NotFound."""
    gateway = tx.network.internet_gateways.get(gateway_id)
    if gateway is None or (gateway.account_id, gateway.region) != (ctx.account_id, ctx.region):
        raise network_errors.gateway_not_found(gateway_id)
    return gateway


def shown(gateway: InternetGateway, tags: Mapping[str, str]) -> InternetGatewayShape:
    """Return an internet gateway as clients see it."""
    attached = gateway.vpc_id
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": gateway.account_id,
        "Attachments": [{"State": "available", "VpcId": attached}] if attached else [],
        "Tags": tag_set(tags),
    }
