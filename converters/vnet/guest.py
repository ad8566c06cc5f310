"""Who is at the other end of the wire: what DHCP and the metadata service tell of an instance."""

from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address, IPv4Network
from typing import Final

from converters.boot.network import Addresses

FIRST_REGION: Final = "us-east-1"  # its names have no Region in them


@dataclass(frozen=True, slots=True)
class Options:
    """How the metadata service may be used."""

    enabled: bool = True
    token_required: bool = False
    hops: int = 1  # that the packets with a token may take
    tags: bool = False  # are shown


@dataclass(frozen=True, slots=True)
class Guest:
    """An instance, as it sees itself."""

    instance_id: str
    image_id: str
    instance_type: str
    account_id: str
    region: str
    zone: str
    zone_id: str
    launched_at: datetime
    reservation_id: str
    hardware: str  # address of its network card: 0a:ff:…
    address: IPv4Address
    interface_id: str
    subnet_id: str
    subnet: IPv4Network
    vpc_id: str
    vpc: IPv4Network
    name: str = ""  # of the host; else it is made of its address
    resource_name: bool = False  # its id is a name that leads to it, too
    launch_index: int = 0
    architecture: str = "x86_64"
    groups: tuple[tuple[str, str], ...] = ()  # security groups: id and name
    key: tuple[str, str] | None = None  # name, and OpenSSH's line
    user_data: bytes | None = None
    devices: dict[str, str] = field(default_factory=dict)  # ami, root, ebs1…: where they are
    tags: dict[str, str] = field(default_factory=dict)
    options: Options = field(default_factory=Options)
    public_address: IPv4Address | None = None
    monitored: bool = False

    @property
    def domain(self) -> str:
        """What follows the names of hosts in its Region."""
        if self.region == FIRST_REGION:
            return "ec2.internal"
        return f"{self.region}.compute.internal"

    @property
    def public_host(self) -> str | None:
        """Its name in the world."""
        if self.public_address is None:
            return None
        place = "compute-1" if self.region == FIRST_REGION else f"{self.region}.compute"
        return f"ec2-{str(self.public_address).replace('.', '-')}.{place}.amazonaws.com"

    @property
    def names(self) -> IPv4Address:
        """The server for names: the second address of the VPC."""
        return self.vpc[2]

    @property
    def addresses(self) -> Addresses:
        """What DHCP tells it."""
        return Addresses(self.address, self.subnet, self.names, self.domain, self.name)

    @property
    def host(self) -> str:
        """Its whole name."""
        return f"{self.addresses.host}.{self.domain}"
