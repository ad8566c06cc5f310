"""The rooms of what instances stand on: one table, a room for each kind.

A row's parent is what its value is in, so that what belongs to a VPC, to a security group or to a
subnet is found without reading all.
"""

from collections.abc import Callable, Collection
from functools import cached_property

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.network import (
    DhcpOptions,
    InternetGateway,
    NetworkAcl,
    NetworkInterface,
    Placed,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
)
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns, T, Values
from state.rows.texts import among

COLUMNS = tables.network.c
PRESENT = select(COLUMNS.id).where(
    among(COLUMNS.id, "ids"),
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
)


class NetworkKind(OwnedKind[T]):
    """A kind that shares the table with others."""

    def __init__(self, name: str, model: type[T], columns: Callable[[T], Columns]) -> None:
        super().__init__(tables.network, model, lambda value: {**columns(value), "kind": name})
        mine = COLUMNS.kind == name
        self.select = self.select.where(mine)
        self.update = self.update.where(mine)
        self.delete = self.delete.where(mine)
        self.list = self.list.where(mine)
        self.list_ids = self.list_ids.where(mine)
        self.list_within = (
            select(COLUMNS.document)
            .where(among(COLUMNS.parent, "parents"), mine)
            .order_by(COLUMNS.sequence)
        )


class Room(Owned[T]):
    """Values of one kind."""

    def __init__(self, connection: Connection, kind: NetworkKind[T]) -> None:
        super().__init__(connection, kind)
        self._within = kind.list_within

    def within(self, *parents: str) -> Values[T]:
        """Return what is in some VPCs, security groups or subnets, in the order of creation."""
        return self._all(self._within, {"parents": parents})


def _placed(value: Placed) -> Columns:
    return {"id": value.id, "account_id": value.account_id, "region": value.region, "parent": None}


def _in_vpc(
    value: Subnet | SecurityGroup | RouteTable | InternetGateway | NetworkAcl,
) -> Columns:
    return {**_placed(value), "parent": value.vpc_id}


VPC = NetworkKind("vpc", Vpc, _placed)
SUBNET = NetworkKind("subnet", Subnet, _in_vpc)
GROUP = NetworkKind("security-group", SecurityGroup, _in_vpc)
RULE = NetworkKind(
    "security-group-rule",
    SecurityGroupRule,
    lambda rule: {**_placed(rule), "parent": rule.group_id},
)
ROUTE_TABLE = NetworkKind("route-table", RouteTable, _in_vpc)
GATEWAY = NetworkKind("internet-gateway", InternetGateway, _in_vpc)
ACL = NetworkKind("network-acl", NetworkAcl, _in_vpc)
DHCP_OPTIONS = NetworkKind("dhcp-options", DhcpOptions, _placed)
INTERFACE = NetworkKind(
    "network-interface", NetworkInterface, lambda each: {**_placed(each), "parent": each.subnet_id}
)


class Network:
    """What instances of all accounts stand on, a room for each kind."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def present(self, account_id: str, region: str, ids: Collection[str]) -> set[str]:
        """Return those of some ids that an account has in a Region."""
        owner = {"account_id": account_id, "region": region}
        return set(self._connection.execute(PRESENT, {**owner, "ids": ids}).scalars())

    @cached_property
    def vpcs(self) -> Room[Vpc]:
        """VPCs."""
        return Room(self._connection, VPC)

    @cached_property
    def subnets(self) -> Room[Subnet]:
        """Subnets, in VPCs."""
        return Room(self._connection, SUBNET)

    @cached_property
    def security_groups(self) -> Room[SecurityGroup]:
        """Security groups, in VPCs."""
        return Room(self._connection, GROUP)

    @cached_property
    def rules(self) -> Room[SecurityGroupRule]:
        """Rules, in security groups."""
        return Room(self._connection, RULE)

    @cached_property
    def route_tables(self) -> Room[RouteTable]:
        """Route tables, in VPCs."""
        return Room(self._connection, ROUTE_TABLE)

    @cached_property
    def internet_gateways(self) -> Room[InternetGateway]:
        """Internet gateways, in the VPCs that they are attached to."""
        return Room(self._connection, GATEWAY)

    @cached_property
    def acls(self) -> Room[NetworkAcl]:
        """Network ACLs, in VPCs."""
        return Room(self._connection, ACL)

    @cached_property
    def dhcp_options(self) -> Room[DhcpOptions]:
        """Sets of DHCP options."""
        return Room(self._connection, DHCP_OPTIONS)

    @cached_property
    def interfaces(self) -> Room[NetworkInterface]:
        """Network interfaces, in subnets."""
        return Room(self._connection, INTERFACE)
