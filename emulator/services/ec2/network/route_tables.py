"""Route tables: DescribeRouteTables."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ec2 import network_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    DescribeRouteTablesRequest,
    DescribeRouteTablesResult,
    RouteTableAssociation,
)
from emulator.shapes.ec2 import RouteTable as RouteTableShape
from state.network import Association, RouteTable
from state.store import Tx

actions = Actions()


class Row(NamedTuple):
    """A route table and its tags."""

    table: RouteTable
    tags: Mapping[str, str]


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
        "route.state": lambda row: ("active" for _ in row.table.routes),
        "route.transit-gateway-id": lambda row: (),
        "route.vpc-peering-connection-id": lambda row: (),
    },
)


def rows(tx: Tx, tables: Sequence[RouteTable], tags: Tags) -> list[Row]:
    """Return route tables with their tags."""
    return [Row(table, tags[table.id]) for table in tables]


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
    result: DescribeRouteTablesResult = {"RouteTables": [shown(*row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


def shown(table: RouteTable, tags: Mapping[str, str]) -> RouteTableShape:
    """Return a route table as clients see it."""
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
                "State": "active",
            }
            for route in table.routes
        ],
        "Tags": tag_set(tags),
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
