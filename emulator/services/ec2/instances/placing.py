"""Where an instance is put: its subnet, its security groups, its address, its network interface.

    NetworkInterfaces   one, at index 0: a new one as it is described, or one that waits for it
    SubnetId            that subnet, which tells the zone
    neither             the default subnet of the zone that is named, or of the first zone

AssociatePublicIpAddress changes nothing: there are no public addresses here.
"""

from collections.abc import Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import invalid_parameter_value
from emulator.services.ec2 import network_errors
from emulator.services.ec2.instances import errors
from emulator.services.ec2.network import interfaces, security_groups, world
from emulator.services.ec2.regions import zones_of
from emulator.shapes.ec2 import InstanceNetworkInterfaceSpecification, RunInstancesRequest
from emulator.shapes.ec2 import Placement as PlacementShape
from state.instances import Instance
from state.network import Attachment, NetworkInterface, SecurityGroup, Subnet
from state.store import Tx

WITH_MORE = (
    "AssociateCarrierIpAddress",
    "EnaSrdSpecification",
    "Ipv4PrefixCount",
    "Ipv4Prefixes",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "Ipv6PrefixCount",
    "Ipv6Prefixes",
    "SecondaryPrivateIpAddressCount",
)
TENANCIES = ("default", "dedicated", "host")


class Place(NamedTuple):
    """Where an instance is to be, and what its network interface is to be like."""

    subnet: Subnet
    groups: Sequence[SecurityGroup]
    address: str | None = None
    waiting: NetworkInterface | None = None  # the one it gets, instead of a new one
    description: str = ""
    delete_on_termination: bool = True


def place_of(ctx: Context, tx: Tx, request: RunInstancesRequest) -> Place:
    """Return where instances are to be; refuses what is not there, or not together."""
    specifications = request.get("NetworkInterfaces", [])
    if specifications:
        return by_interface(ctx, tx, request, the_first(specifications))
    subnet_id, names = request.get("SubnetId"), request.get("SecurityGroups", [])
    if subnet_id is not None and names:
        raise errors.names_with_subnet()
    zone = zone_of(ctx, request.get("Placement", {}))
    by_name = [security_groups.find(ctx, tx, None, each) for each in names]
    subnet = subnet_of(ctx, tx, subnet_id, zone)
    named = [security_groups.find(ctx, tx, each, None) for each in of_ids(request)] + by_name
    address = request.get("PrivateIpAddress")
    return Place(subnet, checked_groups(ctx, tx, subnet, named), address)


def the_first(
    specifications: Sequence[InstanceNetworkInterfaceSpecification],
) -> InstanceNetworkInterfaceSpecification:
    """Return the one network interface that is described; refuses more, and what none has here."""
    if len(specifications) > 1:
        raise errors.one_interface_only()
    (first,) = specifications
    if first.get("DeviceIndex", 0 if "NetworkInterfaceId" in first else None) != 0:
        raise errors.no_first_interface()
    for member in WITH_MORE:
        if first.get(member):
            raise network_errors.not_offered(f"A network interface with {member}")
    if first.get("InterfaceType", "interface") != "interface":
        raise network_errors.not_offered(f"A network interface of type {first['InterfaceType']}")
    return first


def by_interface(
    ctx: Context,
    tx: Tx,
    request: RunInstancesRequest,
    specification: InstanceNetworkInterfaceSpecification,
) -> Place:
    """Return the place of a network interface that is described, or that waits."""
    for member, what in (
        ("SubnetId", "subnet ID"),
        ("SecurityGroupIds", "security groups"),
        ("SecurityGroups", "security groups"),
        ("PrivateIpAddress", "private IP address"),
    ):
        if request.get(member):
            raise errors.with_interfaces(what)
    zone = zone_of(ctx, request.get("Placement", {}))
    waiting_id = specification.get("NetworkInterfaceId")
    if waiting_id is not None:
        waiting = interfaces.find(ctx, tx, waiting_id)
        if waiting.attachment is not None:
            raise network_errors.interface_in_use(waiting.id)
        subnet = subnet_of(ctx, tx, waiting.subnet_id, zone)
        groups = interfaces.groups_of(ctx, tx, subnet.vpc_id, waiting.group_ids)
        keeps = specification.get("DeleteOnTermination", False)
        return Place(subnet, groups, None, waiting, waiting.description, keeps)
    subnet = subnet_of(ctx, tx, specification.get("SubnetId"), zone)
    named = [security_groups.find(ctx, tx, each, None) for each in specification.get("Groups", ())]
    return Place(
        subnet,
        checked_groups(ctx, tx, subnet, named),
        address_of(specification),
        None,
        specification.get("Description", ""),
        specification.get("DeleteOnTermination", True),
    )


def address_of(specification: InstanceNetworkInterfaceSpecification) -> str | None:
    """Return the one private address that is asked for."""
    listed = specification.get("PrivateIpAddresses", [])
    asked = {each.get("PrivateIpAddress") for each in listed}
    asked.add(specification.get("PrivateIpAddress"))
    asked.discard(None)
    if len(asked) > 1:
        raise network_errors.not_offered("A network interface with several private addresses")
    return next(iter(asked), None)


def of_ids(request: RunInstancesRequest) -> list[str]:
    """Return the ids of the security groups that are named, each once."""
    named = list(dict.fromkeys(request.get("SecurityGroupIds", [])))
    if "" in named:
        raise errors.empty_group_id()
    return named


def zone_of(ctx: Context, placement: PlacementShape) -> str | None:
    """Return the Availability Zone that is asked for."""
    name, zone_id = placement.get("AvailabilityZone"), placement.get("AvailabilityZoneId")
    for member in ("Affinity", "GroupId", "GroupName", "HostId", "HostResourceGroupArn"):
        if placement.get(member):
            raise network_errors.not_offered(f"Placement by {member}")
    if placement.get("Tenancy", "default") not in TENANCIES:
        raise errors.wrong_choice("tenancy", placement["Tenancy"])
    if name is None and zone_id is None:
        return None
    for zone in zones_of(ctx.region):
        if name in (None, zone["ZoneName"]) and zone_id in (None, zone["ZoneId"]):
            return zone["ZoneName"]
    raise invalid_parameter_value("availabilityZone", name or zone_id or "")


def subnet_of(ctx: Context, tx: Tx, subnet_id: str | None, zone: str | None) -> Subnet:
    """Return the subnet that is named, or the default one of a zone, or of the first zone."""
    if subnet_id is not None:
        subnet = world.find_subnet(ctx, tx, subnet_id)
        if zone not in (None, subnet.zone):
            raise errors.zone_differs(zone or "", subnet_id)
        return subnet
    vpc = world.find_default_vpc(ctx, tx)
    if vpc is None:
        raise network_errors.no_default_vpc()
    for subnet in sorted(tx.network.subnets.within(vpc.id), key=lambda each: each.zone):
        if subnet.is_default and zone in (None, subnet.zone):
            return subnet
    raise errors.no_default_subnet(zone)


def checked_groups(
    ctx: Context, tx: Tx, subnet: Subnet, named: Sequence[SecurityGroup]
) -> list[SecurityGroup]:
    """Return the security groups that are named, or the default one; all of the subnet's VPC."""
    if any(group.vpc_id != subnet.vpc_id for group in named):
        raise errors.networks_differ()
    return interfaces.groups_of(ctx, tx, subnet.vpc_id, [group.id for group in named])


def addresses_of(tx: Tx, place: Place, least: int = 1, most: int = 1) -> list[str]:
    """Return addresses for so many instances at a place, looked for once; as many as are free."""
    if place.waiting is not None:
        return [place.waiting.private_ip]
    if place.address is not None:
        return [interfaces.free_address(tx, place.subnet, place.address)]
    return interfaces.free_addresses(tx, place.subnet, least, most)


def connected(ctx: Context, tx: Tx, instance: Instance, place: Place, address: str) -> Instance:
    """Give an instance its network interface: a new one, or the one that waits for it."""
    interface = place.waiting or interfaces.new_interface(
        ctx, tx, place.subnet, place.groups, address, place.description
    )
    attachment = Attachment(
        id=ctx.new_id("eni-attach"),
        instance_id=instance.id,
        device_index=0,
        attached_at=ctx.now(),
        delete_on_termination=place.delete_on_termination,
    )
    changes = {"attachment": attachment, "source_dest_check": instance.source_dest_check}
    if place.waiting is not None:
        del changes["source_dest_check"]
    tx.network.interfaces.replace(interface.model_copy(update=changes))
    return instance.model_copy(
        update={
            "interface_id": interface.id,
            "private_ip": interface.private_ip,
            "subnet_id": place.subnet.id,
            "vpc_id": place.subnet.vpc_id,
            "zone": place.subnet.zone,
        }
    )
