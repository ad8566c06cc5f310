"""Route tables: what is made, described, and taken away of them.

A route leads to an internet gateway; NAT gateways, peerings and the like there are none, and none
leads to an instance. What a subnet is associated with no table follows the main one of its VPC.
"""

from collections.abc import Collection, Mapping, Sequence
from ipaddress import IPv4Network
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import client_tokens, network_errors, task_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.network.vpcs import block
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    AssociateRouteTableRequest,
    AssociateRouteTableResult,
    CreateRouteRequest,
    CreateRouteResult,
    CreateRouteTableRequest,
    CreateRouteTableResult,
    DeleteRouteRequest,
    DeleteRouteTableRequest,
    DescribeRouteTablesRequest,
    DescribeRouteTablesResult,
    DisassociateRouteTableRequest,
    ReplaceRouteRequest,
    ReplaceRouteTableAssociationRequest,
    ReplaceRouteTableAssociationResult,
    RouteTableAssociation,
)
from emulator.shapes.ec2 import RouteTable as RouteTableShape
from state.network import Association, Route, RouteTable
from state.store import Tx

actions = Actions()

LONGEST_TOKEN = 64
TARGETS = (
    "CarrierGatewayId",
    "CoreNetworkArn",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "LocalGatewayId",
    "NatGatewayId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
)


class Row(NamedTuple):
    """A route table, its tags, and the gateways that are attached to its VPC."""

    table: RouteTable
    tags: Mapping[str, str]
    gateways: Collection[str]

    def state(self, route: Route) -> str:
        """Return whether a route leads anywhere."""
        return "active" if route.gateway_id in ("local", *self.gateways) else "blackhole"


FILTERS = Filters[Row](
    {
        "owner-id": lambda row: row.table.account_id,
        "route-table-id": lambda row: row.table.id,
        "vpc-id": lambda row: row.table.vpc_id,
    },
    lambda row: row.tags,
    {
        "association.gateway-id": lambda row: (),
        "association.main": lambda row: (
            true_false(each.subnet_id is None) for each in row.table.associations
        ),
        "association.route-table-association-id": lambda row: (
            each.id for each in row.table.associations
        ),
        "association.route-table-id": lambda row: [row.table.id] if row.table.associations else [],
        "association.subnet-id": lambda row: (
            each.subnet_id for each in row.table.associations if each.subnet_id
        ),
        "route.destination-cidr-block": lambda row: (
            route.destination for route in row.table.routes
        ),
        "route.destination-ipv6-cidr-block": lambda row: (),
        "route.destination-prefix-list-id": lambda row: (),
        "route.egress-only-internet-gateway-id": lambda row: (),
        "route.gateway-id": lambda row: (route.gateway_id for route in row.table.routes),
        "route.instance-id": lambda row: (),
        "route.nat-gateway-id": lambda row: (),
        "route.origin": lambda row: (route.origin for route in row.table.routes),
        "route.state": lambda row: map(row.state, row.table.routes),
        "route.transit-gateway-id": lambda row: (),
        "route.vpc-peering-connection-id": lambda row: (),
    },
)


def rows(tx: Tx, tables: Sequence[RouteTable], tags: Tags) -> list[Row]:
    """Return route tables with what belongs to them."""
    gateways = tx.network.internet_gateways.within(*{table.vpc_id for table in tables})
    return [
        Row(table, tags[table.id], [each.id for each in gateways if each.vpc_id == table.vpc_id])
        for table in tables
    ]


ROUTE_TABLES = Described(
    "DescribeRouteTables",
    "rtb",
    "InvalidRouteTableId.Malformed",
    lambda tx: tx.network.route_tables,
    rows,
    FILTERS,
    network_errors.route_table_not_found,
    largest=100,
)


@actions
def describe_route_tables(
    ctx: Context, request: DescribeRouteTablesRequest
) -> DescribeRouteTablesResult:
    """List route tables."""
    found, next_token = ROUTE_TABLES.list(
        ctx,
        Asked(
            request.get("RouteTableIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeRouteTablesResult = {"RouteTables": [shown(row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


# tables -------------------------------------------------------------------------------------------


@actions
def create_route_table(ctx: Context, request: CreateRouteTableRequest) -> CreateRouteTableResult:
    """Make a route table of a VPC, which leads through the VPC itself."""
    tags = specified(request.get("TagSpecifications"), ("route-table",))["route-table"]
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    digest = client_tokens.digest_of(request)
    with world.writing(ctx) as tx:
        vpc = world.find_vpc(ctx, tx, request["VpcId"])
        for table in tx.network.route_tables.within(vpc.id) if token else ():
            if table.client_token == token:
                if table.digest != digest:
                    raise task_errors.idempotent_parameter_mismatch()
                return made(tx, table)
        if request.get("DryRun"):
            raise dry_run()
        local = Route(destination=vpc.cidr_block, gateway_id="local", origin="CreateRouteTable")
        table = RouteTable(
            id=ctx.new_id("rtb"),
            account_id=ctx.account_id,
            region=ctx.region,
            vpc_id=vpc.id,
            routes=(local,),
            client_token=token,
            digest=digest if token else None,
        )
        tx.network.route_tables.add(table)
        tx.tags.put(ctx.account_id, ctx.region, table.id, tags)
        return made(tx, table)


def made(tx: Tx, table: RouteTable) -> CreateRouteTableResult:
    """Return the answer to whom a route table was made for."""
    (row,) = rows(tx, [table], tx.tags.of([table.id]))
    result: CreateRouteTableResult = {"RouteTable": shown(row)}
    if table.client_token:
        result["ClientToken"] = table.client_token
    return result


@actions
def delete_route_table(ctx: Context, request: DeleteRouteTableRequest) -> Mapping[str, object]:
    """Forget a route table that nothing is associated with."""
    with world.writing(ctx) as tx:
        table = find(ctx, tx, request["RouteTableId"])
        if table.associations:
            raise network_errors.route_table_in_use(table.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.route_tables.remove(table.id)
        tx.tags.remove(ctx.account_id, ctx.region, table.id)
    return {}


# associations -------------------------------------------------------------------------------------


@actions
def associate_route_table(
    ctx: Context, request: AssociateRouteTableRequest
) -> AssociateRouteTableResult:
    """Give a subnet a route table of its own."""
    if "SubnetId" not in request:
        raise network_errors.not_offered("A route table of a gateway")
    with world.writing(ctx) as tx:
        table = find(ctx, tx, request["RouteTableId"])
        subnet = world.find_subnet(ctx, tx, request["SubnetId"])
        if subnet.vpc_id != table.vpc_id:
            raise network_errors.subnet_elsewhere(table.id, subnet.id)
        tables = tx.network.route_tables.within(table.vpc_id)
        if any(each.subnet_id == subnet.id for other in tables for each in other.associations):
            raise network_errors.subnet_associated(table.id)
        if request.get("DryRun"):
            raise dry_run()
        association = Association(id=ctx.new_id("rtbassoc"), subnet_id=subnet.id)
        associate(tx, table, association)
    return {"AssociationId": association.id, "AssociationState": {"State": "associated"}}


@actions
def replace_route_table_association(
    ctx: Context, request: ReplaceRouteTableAssociationRequest
) -> ReplaceRouteTableAssociationResult:
    """Give a subnet another route table, or a VPC another main one."""
    with world.writing(ctx) as tx:
        before, association = find_association(ctx, tx, request["AssociationId"])
        table = find(ctx, tx, request["RouteTableId"])
        if table.vpc_id != before.vpc_id:
            raise network_errors.subnet_elsewhere(table.id, association.subnet_id or "")
        if request.get("DryRun"):
            raise dry_run()
        dissociate(tx, before, association)
        new = association.model_copy(update={"id": ctx.new_id("rtbassoc")})
        associate(tx, find(ctx, tx, table.id), new)
    return {"NewAssociationId": new.id, "AssociationState": {"State": "associated"}}


@actions
def disassociate_route_table(
    ctx: Context, request: DisassociateRouteTableRequest
) -> Mapping[str, object]:
    """Let a subnet follow the main route table again."""
    with world.writing(ctx) as tx:
        table, association = find_association(ctx, tx, request["AssociationId"])
        if association.subnet_id is None:
            raise network_errors.main_association(association.id)
        if request.get("DryRun"):
            raise dry_run()
        dissociate(tx, table, association)
    return {}


# routes -------------------------------------------------------------------------------------------


@actions
def create_route(ctx: Context, request: CreateRouteRequest) -> CreateRouteResult:
    """Lead traffic to an internet gateway."""
    with world.writing(ctx) as tx:
        table = find(ctx, tx, request["RouteTableId"])
        route = asked_route(ctx, tx, table, request)
        if any(each.destination == route.destination for each in table.routes):
            raise network_errors.route_exists(route.destination)
        if request.get("DryRun"):
            raise dry_run()
        put_routes(tx, table, (*table.routes, route))
    return {"Return": True}


@actions
def replace_route(ctx: Context, request: ReplaceRouteRequest) -> Mapping[str, object]:
    """Lead traffic elsewhere."""
    with world.writing(ctx) as tx:
        table = find(ctx, tx, request["RouteTableId"])
        route = asked_route(ctx, tx, table, request)
        find_route(table, route.destination)
        if request.get("DryRun"):
            raise dry_run()
        put_routes(
            tx,
            table,
            tuple(
                route if each.destination == route.destination else each for each in table.routes
            ),
        )
    return {}


@actions
def delete_route(ctx: Context, request: DeleteRouteRequest) -> Mapping[str, object]:
    """Lead traffic nowhere."""
    with world.writing(ctx) as tx:
        table = find(ctx, tx, request["RouteTableId"])
        route = find_route(table, destination(request.get("DestinationCidrBlock")))
        if route.gateway_id == "local":
            raise network_errors.local_route(route.destination, table.id)
        if request.get("DryRun"):
            raise dry_run()
        put_routes(tx, table, tuple(each for each in table.routes if each != route))
    return {}


def asked_route(
    ctx: Context, tx: Tx, table: RouteTable, request: CreateRouteRequest | ReplaceRouteRequest
) -> Route:
    """Return the route that a request names; its gateway must be attached to the table's VPC."""
    cidr = destination(request.get("DestinationCidrBlock"))
    for member in TARGETS:
        if member in request:
            raise network_errors.not_offered(f"A route with {member}")
    gateway_id = request.get("GatewayId")
    if not gateway_id:
        raise network_errors.route_target_missing()
    gateway = tx.network.internet_gateways.get(gateway_id)
    if gateway is None or (gateway.account_id, gateway.region) != (ctx.account_id, ctx.region):
        raise network_errors.route_gateway_not_found(gateway_id)
    if gateway.vpc_id != table.vpc_id:
        raise network_errors.gateway_elsewhere(table.id, gateway.id)
    vpc = world.find_vpc(ctx, tx, table.vpc_id)
    if IPv4Network(cidr).subnet_of(IPv4Network(vpc.cidr_block)):
        raise network_errors.route_inside(cidr)
    return Route(destination=cidr, gateway_id=gateway.id)


def destination(text: str | None) -> str:
    """Return where a route leads to; of IPv6 and prefix lists there are none."""
    if text is None:
        raise network_errors.not_offered("A route for anything but a block of IPv4 addresses")
    return str(block(text, "destinationCidrBlock"))


def find_route(table: RouteTable, cidr: str) -> Route:
    """Return the route to a destination; InvalidRoute.NotFound."""
    for route in table.routes:
        if route.destination == cidr:
            return route
    raise network_errors.route_not_found(cidr, table.id)


def put_routes(tx: Tx, table: RouteTable, routes: tuple[Route, ...]) -> None:
    """Give a route table other routes."""
    tx.network.route_tables.replace(table.model_copy(update={"routes": routes}))


def associate(tx: Tx, table: RouteTable, association: Association) -> None:
    """Give a route table an association."""
    changes = {"associations": (*table.associations, association)}
    tx.network.route_tables.replace(table.model_copy(update=changes))


def dissociate(tx: Tx, table: RouteTable, association: Association) -> None:
    """Take an association from a route table."""
    changes = {"associations": tuple(each for each in table.associations if each != association)}
    tx.network.route_tables.replace(table.model_copy(update=changes))


def find(ctx: Context, tx: Tx, table_id: str) -> RouteTable:
    """Return a route table of the account in the Region; InvalidRouteTableID.NotFound."""
    table = tx.network.route_tables.get(table_id)
    if table is None or (table.account_id, table.region) != (ctx.account_id, ctx.region):
        raise network_errors.route_table_not_found(table_id)
    return table


def find_association(ctx: Context, tx: Tx, association_id: str) -> tuple[RouteTable, Association]:
    """Return an association and its route table; InvalidAssociationID.NotFound."""
    for each in tx.network.route_tables.list(ctx.account_id, ctx.region):
        for association in each.value.associations:
            if association.id == association_id:
                return each.value, association
    raise network_errors.association_not_found(association_id)


# shapes -------------------------------------------------------------------------------------------


def shown(row: Row) -> RouteTableShape:
    """Return a route table as clients see it."""
    table = row.table
    return {
        "RouteTableId": table.id,
        "VpcId": table.vpc_id,
        "OwnerId": table.account_id,
        "Associations": [association_shape(table, each) for each in table.associations],
        "PropagatingVgws": [],
        "Routes": [
            {
                "DestinationCidrBlock": route.destination,
                "GatewayId": route.gateway_id,
                "Origin": route.origin,
                "State": row.state(route),
            }
            for route in table.routes
        ],
        "Tags": tag_set(row.tags),
    }


def association_shape(table: RouteTable, association: Association) -> RouteTableAssociation:
    """Return the association of a route table as clients see it."""
    shape: RouteTableAssociation = {
        "Main": association.subnet_id is None,
        "RouteTableAssociationId": association.id,
        "RouteTableId": table.id,
        "AssociationState": {"State": "associated"},
    }
    if association.subnet_id is not None:
        shape["SubnetId"] = association.subnet_id
    return shape
