"""What instances stand on: VPCs, their parts, security groups; and the interfaces in them.

    vpc ─┬─ subnets ─── network interfaces (an instance's, or nobody's yet)
         ├─ security groups ─── rules
         ├─ route tables      the main one is that of every subnet without another
         ├─ network ACL       the default one, of all subnets
         ├─ internet gateway  attached, or not
         └─ DHCP options      one set for an account and Region

They are records: nothing here moves a packet.
"""

from datetime import datetime

from state.values import Frozen


class Placed(Frozen):
    """What an account has in a Region."""

    id: str
    account_id: str
    region: str


class Vpc(Placed):
    """A network of its own."""

    cidr_block: str
    cidr_association_id: str
    dhcp_options_id: str
    is_default: bool = False
    tenancy: str = "default"
    dns_support: bool = True
    dns_hostnames: bool = False
    usage_metrics: bool = False


class Subnet(Placed):
    """A part of a VPC in one Availability Zone."""

    vpc_id: str
    cidr_block: str
    zone: str
    zone_id: str
    acl_association_id: str
    is_default: bool = False  # of its zone
    public_addresses: bool = False  # for instances that are started in it
    hostname_type: str = "ip-name"
    name_records: bool = False  # DNS knows instances by their ids: A
    name_records_ipv6: bool = False  # and AAAA


class SecurityGroup(Placed):
    """Whom interfaces may talk to; its rules are values of their own."""

    vpc_id: str
    name: str
    description: str


class SecurityGroupRule(Placed):
    """One kind of traffic that is allowed, with one peer."""

    group_id: str
    is_egress: bool
    protocol: str  # tcp, udp, icmp, icmpv6, a number, or -1 for all
    from_port: int | None = None  # of ICMP the type
    to_port: int | None = None  # of ICMP the code
    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    peer_group_id: str | None = None
    description: str | None = None


class Route(Frozen):
    """Where traffic to some addresses goes."""

    destination: str
    gateway_id: str  # local, or an internet gateway
    origin: str = "CreateRoute"


class Association(Frozen):
    """That a route table is a subnet's, or a VPC's main one."""

    id: str
    subnet_id: str | None = None  # None: the main one


class RouteTable(Placed):
    """The routes of some subnets."""

    vpc_id: str
    routes: tuple[Route, ...]
    associations: tuple[Association, ...] = ()
    client_token: str | None = None
    digest: str | None = None  # of what was asked for with the token

    @property
    def is_main(self) -> bool:
        """Whether it is that of every subnet without another."""
        return any(each.subnet_id is None for each in self.associations)


class InternetGateway(Placed):
    """The way out of a VPC."""

    vpc_id: str | None = None


class NetworkAcl(Placed):
    """The default network ACL of a VPC: it lets everything through."""

    vpc_id: str


class DhcpOptions(Placed):
    """What instances are told by DHCP."""

    options: dict[str, tuple[str, ...]]


class Attachment(Frozen):
    """That a network interface is an instance's."""

    id: str
    instance_id: str
    device_index: int
    attached_at: datetime
    delete_on_termination: bool = True


class NetworkInterface(Placed):
    """An address in a subnet, and who has it."""

    vpc_id: str
    subnet_id: str
    zone: str
    group_ids: tuple[str, ...]
    mac_address: str
    private_ip: str
    public_ip: str | None = None
    description: str = ""
    source_dest_check: bool = True
    attachment: Attachment | None = None
    client_token: str | None = None
    digest: str | None = None  # of what was asked for with the token
