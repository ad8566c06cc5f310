"""An account's network in a Region: the default one is made when somebody first looks.

    with world.reading(ctx) as tx: …      with world.writing(ctx) as tx: …

What was made stays, with its ids; a default VPC that is deleted does not come back by itself.

    dopt   the Region's DNS                      one for an account and Region
    vpc    172.31.0.0/16
    ├─ igw       attached
    ├─ rtb       the main one: the VPC itself, and all else by the internet gateway
    ├─ acl       lets everything through
    ├─ sg        default: in from itself, out to anywhere
    └─ subnets   172.31.0.0/20, 172.31.16.0/20, … in the order of the zones (assumed)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network

from emulator.context import Context
from emulator.services.ec2 import network_errors
from emulator.services.ec2.regions import zones_of
from emulator.shapes.ec2 import AvailabilityZone
from state.network import (
    Association,
    DhcpOptions,
    InternetGateway,
    NetworkAcl,
    Route,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Vpc,
)
from state.store import Tx

DEFAULT_CIDR = "172.31.0.0/16"
DEFAULT_PREFIX = 20  # of the subnets
EVERYWHERE = "0.0.0.0/0"


@contextmanager
def reading(ctx: Context) -> Iterator[Tx]:
    """Open a transaction to read, in which the account has its network."""
    with ctx.store.read() as tx:
        made = tx.accounts.get(ctx.account_id, ctx.region).network_made
        if made:
            yield tx
    if not made:
        # Kept before anything is looked at: what then fails must not take it away again.
        with ctx.store.begin() as tx:
            make(ctx, tx)
        with ctx.store.read() as tx:
            yield tx


@contextmanager
def writing(ctx: Context) -> Iterator[Tx]:
    """Open a transaction to write, in which the account has its network."""
    with reading(ctx):
        pass
    with ctx.store.begin() as tx:
        yield tx


def make(ctx: Context, tx: Tx) -> None:
    """Make the default network, unless it has been made before."""
    settings = tx.accounts.get(ctx.account_id, ctx.region)
    if not settings.network_made:
        tx.accounts.put(settings.model_copy(update={"network_made": True}))
        default_vpc(ctx, tx)


def default_vpc(ctx: Context, tx: Tx) -> Vpc:
    """Make a default VPC with a default subnet in every zone."""
    vpc = new_vpc(ctx, tx, DEFAULT_CIDR, is_default=True)
    gateway = InternetGateway(
        id=ctx.new_id("igw"), account_id=ctx.account_id, region=ctx.region, vpc_id=vpc.id
    )
    tx.network.internet_gateways.add(gateway)
    table = main_route_table(tx, vpc.id)
    route = Route(destination=EVERYWHERE, gateway_id=gateway.id)
    tx.network.route_tables.replace(table.model_copy(update={"routes": (*table.routes, route)}))
    for zone, cidr in zip(
        zones_of(ctx.region),
        IPv4Network(DEFAULT_CIDR).subnets(new_prefix=DEFAULT_PREFIX),
        strict=False,
    ):
        new_subnet(ctx, tx, vpc.id, str(cidr), zone, is_default=True)
    return vpc


def new_vpc(
    ctx: Context, tx: Tx, cidr: str, *, is_default: bool = False, tenancy: str = "default"
) -> Vpc:
    """Make a VPC with what every VPC has: a route table, a network ACL and a security group."""
    account, region = ctx.account_id, ctx.region
    vpc = Vpc(
        id=ctx.new_id("vpc"),
        account_id=account,
        region=region,
        cidr_block=cidr,
        cidr_association_id=ctx.new_id("vpc-cidr-assoc"),
        dhcp_options_id=dhcp_options(ctx, tx).id,
        is_default=is_default,
        tenancy=tenancy,
        dns_hostnames=is_default,
    )
    tx.network.vpcs.add(vpc)
    tx.network.route_tables.add(
        RouteTable(
            id=ctx.new_id("rtb"),
            account_id=account,
            region=region,
            vpc_id=vpc.id,
            routes=(Route(destination=cidr, gateway_id="local", origin="CreateRouteTable"),),
            associations=(Association(id=ctx.new_id("rtbassoc")),),
        )
    )
    tx.network.acls.add(
        NetworkAcl(id=ctx.new_id("acl"), vpc_id=vpc.id, account_id=account, region=region)
    )
    group = SecurityGroup(
        id=ctx.new_id("sg"),
        account_id=account,
        region=region,
        vpc_id=vpc.id,
        name="default",
        description="default VPC security group",
    )
    tx.network.security_groups.add(group)
    tx.network.rules.add(
        SecurityGroupRule(
            id=ctx.new_id("sgr"),
            account_id=account,
            region=region,
            group_id=group.id,
            is_egress=False,
            protocol="-1",
            peer_group_id=group.id,
        )
    )
    add_way_out(ctx, tx, group)
    return vpc


def add_way_out(ctx: Context, tx: Tx, group: SecurityGroup) -> None:
    """Give a new security group the rule that each begins with: out to anywhere."""
    tx.network.rules.add(
        SecurityGroupRule(
            id=ctx.new_id("sgr"),
            account_id=group.account_id,
            region=group.region,
            group_id=group.id,
            is_egress=True,
            protocol="-1",
            cidr_ipv4=EVERYWHERE,
        )
    )


def new_subnet(
    ctx: Context,
    tx: Tx,
    vpc_id: str,
    cidr: str,
    zone: AvailabilityZone,
    *,
    is_default: bool = False,
) -> Subnet:
    """Make a subnet; in a default one instances get public addresses."""
    subnet = Subnet(
        id=ctx.new_id("subnet"),
        account_id=ctx.account_id,
        region=ctx.region,
        vpc_id=vpc_id,
        cidr_block=cidr,
        zone=zone["ZoneName"],
        zone_id=zone["ZoneId"],
        acl_association_id=ctx.new_id("aclassoc"),
        is_default=is_default,
        public_addresses=is_default,
    )
    tx.network.subnets.add(subnet)
    return subnet


def dhcp_options(ctx: Context, tx: Tx) -> DhcpOptions:
    """Return the DHCP options of the account in the Region; they are made with its first VPC."""
    for each in tx.network.dhcp_options.list(ctx.account_id, ctx.region, limit=1):
        return each.value
    options = DhcpOptions(
        id=ctx.new_id("dopt"),
        account_id=ctx.account_id,
        region=ctx.region,
        options={
            "domain-name": (domain(ctx.region),),
            "domain-name-servers": ("AmazonProvidedDNS",),
        },
    )
    tx.network.dhcp_options.add(options)
    return options


def domain(region: str) -> str:
    """Return the domain of private names."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def main_route_table(tx: Tx, vpc_id: str) -> RouteTable:
    """Return the route table of every subnet without another."""
    return next(table for table in tx.network.route_tables.within(vpc_id) if table.is_main)


def find_default_vpc(ctx: Context, tx: Tx) -> Vpc | None:
    """Return the account's default VPC in the Region, if it has one."""
    listed = tx.network.vpcs.list(ctx.account_id, ctx.region)
    return next((each.value for each in listed if each.value.is_default), None)


def find_vpc(ctx: Context, tx: Tx, vpc_id: str) -> Vpc:
    """Return a VPC of the account in the Region; InvalidVpcID.NotFound."""
    vpc = tx.network.vpcs.get(vpc_id)
    if vpc is None or (vpc.account_id, vpc.region) != (ctx.account_id, ctx.region):
        raise network_errors.vpc_not_found(vpc_id)
    return vpc


def find_subnet(ctx: Context, tx: Tx, subnet_id: str) -> Subnet:
    """Return a subnet of the account in the Region; InvalidSubnetID.NotFound."""
    subnet = tx.network.subnets.get(subnet_id)
    if subnet is None or (subnet.account_id, subnet.region) != (ctx.account_id, ctx.region):
        raise network_errors.subnet_not_found(subnet_id)
    return subnet


def find_group(ctx: Context, tx: Tx, group_id: str) -> SecurityGroup:
    """Return a security group of the account in the Region; InvalidGroup.NotFound."""
    group = tx.network.security_groups.get(group_id)
    if group is None or (group.account_id, group.region) != (ctx.account_id, ctx.region):
        raise network_errors.group_not_found(group_id)
    return group
