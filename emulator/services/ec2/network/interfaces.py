"""Network interfaces: Create…, Delete…, Modify…Attribute, DescribeNetworkInterfaces.

An interface is an instance's, or waits for one. It has one private address, and none of IPv6.
"""

import secrets
from collections.abc import Mapping, Sequence
from ipaddress import AddressValueError, IPv4Address, IPv4Network
from itertools import islice
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import client_tokens, network_errors, task_errors
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.network import world
from emulator.services.ec2.network.describing import Asked, Described, Tags, true_false
from emulator.services.ec2.snapshots import timestamp
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    CreateNetworkInterfaceRequest,
    CreateNetworkInterfaceResult,
    DeleteNetworkInterfaceRequest,
    DescribeNetworkInterfacesRequest,
    DescribeNetworkInterfacesResult,
    ModifyNetworkInterfaceAttributeRequest,
    NetworkInterfaceAssociation,
    NetworkInterfacePrivateIpAddress,
)
from emulator.shapes.ec2 import NetworkInterface as NetworkInterfaceShape
from state.network import NetworkInterface, SecurityGroup, Subnet
from state.store import Tx

actions = Actions()

FIRST = 4  # the addresses before are the network's, its router's, its DNS' and one kept for later
LONGEST_TOKEN = 64
MOST_GROUPS = 5  # of an interface
WITH_MORE = (
    "Ipv4PrefixCount",
    "Ipv4Prefixes",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "Ipv6PrefixCount",
    "Ipv6Prefixes",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
)
OWNER = "amazon"  # of public addresses that are not elastic


class Row(NamedTuple):
    """A network interface, its tags, its security groups, and its subnet."""

    interface: NetworkInterface
    tags: Mapping[str, str]
    groups: Sequence[SecurityGroup]
    subnet: Subnet


FILTERS = Filters[Row](
    {
        "association.allocation-id": lambda row: None,
        "association.association-id": lambda row: None,
        "association.ip-owner-id": lambda row: OWNER if row.interface.public_ip else None,
        "association.public-dns-name": lambda row: public_name(row.interface),
        "association.public-ip": lambda row: row.interface.public_ip,
        "attachment.attach-time": lambda row: (
            timestamp(found.attached_at) if (found := row.interface.attachment) else None
        ),
        "attachment.attachment-id": lambda row: (
            found.id if (found := row.interface.attachment) else None
        ),
        "attachment.delete-on-termination": lambda row: (
            true_false(found.delete_on_termination) if (found := row.interface.attachment) else None
        ),
        "attachment.device-index": lambda row: (
            str(found.device_index) if (found := row.interface.attachment) else None
        ),
        "attachment.instance-id": lambda row: (
            found.instance_id if (found := row.interface.attachment) else None
        ),
        "attachment.instance-owner-id": lambda row: (
            row.interface.account_id if row.interface.attachment else None
        ),
        "attachment.status": lambda row: "attached" if row.interface.attachment else None,
        "availability-zone": lambda row: row.interface.zone,
        "availability-zone-id": lambda row: row.subnet.zone_id,
        "description": lambda row: row.interface.description,
        "interface-type": lambda row: "interface",
        "ipv6-addresses.ipv6-address": lambda row: None,
        "mac-address": lambda row: row.interface.mac_address,
        "network-interface-id": lambda row: row.interface.id,
        "operator.managed": lambda row: "false",
        "operator.principal": lambda row: None,
        "owner-id": lambda row: row.interface.account_id,
        "private-dns-name": lambda row: private_name(row.interface),
        "private-ip-address": lambda row: row.interface.private_ip,
        "requester-id": lambda row: None,
        "requester-managed": lambda row: "false",
        "source-dest-check": lambda row: true_false(row.interface.source_dest_check),
        "status": lambda row: status(row.interface),
        "subnet-id": lambda row: row.interface.subnet_id,
        "vpc-id": lambda row: row.interface.vpc_id,
    },
    lambda row: row.tags,
    {
        "addresses.association.owner-id": lambda row: [OWNER] if row.interface.public_ip else [],
        "addresses.association.public-ip": lambda row: (
            [row.interface.public_ip] if row.interface.public_ip else []
        ),
        "addresses.primary": lambda row: ["true"],
        "addresses.private-ip-address": lambda row: [row.interface.private_ip],
        "group-id": lambda row: row.interface.group_ids,
        "group-name": lambda row: (group.name for group in row.groups),
    },
)


def rows(tx: Tx, interfaces: Sequence[NetworkInterface], tags: Tags) -> list[Row]:
    """Return network interfaces with what belongs to them."""
    vpcs = {interface.vpc_id for interface in interfaces}
    groups = {group.id: group for group in tx.network.security_groups.within(*vpcs)}
    subnets = {subnet.id: subnet for subnet in tx.network.subnets.within(*vpcs)}
    return [
        Row(
            interface,
            tags[interface.id],
            [groups[group_id] for group_id in interface.group_ids],
            subnets[interface.subnet_id],
        )
        for interface in interfaces
    ]


INTERFACES = Described(
    "DescribeNetworkInterfaces",
    "eni",
    "InvalidNetworkInterfaceId.Malformed",
    lambda tx: tx.network.interfaces,
    rows,
    FILTERS,
    network_errors.interface_not_found,
)


@actions
def describe_network_interfaces(
    ctx: Context, request: DescribeNetworkInterfacesRequest
) -> DescribeNetworkInterfacesResult:
    """List network interfaces."""
    found, next_token = INTERFACES.list(
        ctx,
        Asked(
            request.get("NetworkInterfaceIds"),
            request.get("Filters"),
            request.get("MaxResults"),
            request.get("NextToken"),
            request.get("DryRun", False),
        ),
    )
    result: DescribeNetworkInterfacesResult = {"NetworkInterfaces": [shown(row) for row in found]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def create_network_interface(
    ctx: Context, request: CreateNetworkInterfaceRequest
) -> CreateNetworkInterfaceResult:
    """Make a network interface that waits for an instance."""
    for member in WITH_MORE:
        if request.get(member):
            raise network_errors.not_offered(f"A network interface with {member}")
    tags = specified(request.get("TagSpecifications"), ("network-interface",))["network-interface"]
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    digest = client_tokens.digest_of(request)
    with world.writing(ctx) as tx:
        subnet = world.find_subnet(ctx, tx, request["SubnetId"])
        for each in tx.network.interfaces.within(subnet.id) if token else ():
            if each.client_token == token:
                if each.digest != digest:
                    raise task_errors.idempotent_parameter_mismatch()
                return made(tx, each)
        groups = groups_of(ctx, tx, subnet.vpc_id, request.get("Groups"))
        asked, description = request.get("PrivateIpAddress"), request.get("Description", "")
        address = free_address(tx, subnet, asked)
        interface = new_interface(ctx, tx, subnet, groups, address, description)
        if token:
            interface = interface.model_copy(update={"client_token": token, "digest": digest})
            tx.network.interfaces.replace(interface)
        if request.get("DryRun"):
            raise dry_run()
        tx.tags.put(ctx.account_id, ctx.region, interface.id, tags)
        return made(tx, interface)


def made(tx: Tx, interface: NetworkInterface) -> CreateNetworkInterfaceResult:
    """Return the answer to whom a network interface was made for."""
    (row,) = rows(tx, [interface], tx.tags.of([interface.id]))
    result: CreateNetworkInterfaceResult = {"NetworkInterface": {**shown(row), "Status": "pending"}}
    if interface.client_token:
        result["ClientToken"] = interface.client_token
    return result


@actions
def modify_network_interface_attribute(
    ctx: Context, request: ModifyNetworkInterfaceAttributeRequest
) -> Mapping[str, object]:
    """Change one attribute of a network interface."""
    with world.writing(ctx) as tx:
        interface = find(ctx, tx, request["NetworkInterfaceId"])
        changes: dict[str, object] = {}
        if "Value" in request.get("Description", {}):
            changes["description"] = request["Description"]["Value"]
        if "Value" in request.get("SourceDestCheck", {}):
            changes["source_dest_check"] = request["SourceDestCheck"]["Value"]
        if "Groups" in request:
            groups = groups_of(ctx, tx, interface.vpc_id, request["Groups"])
            changes["group_ids"] = tuple(group.id for group in groups)
        if "DeleteOnTermination" in request.get("Attachment", {}):
            if interface.attachment is None:
                raise network_errors.attachment_not_found(
                    request["Attachment"].get("AttachmentId", "")
                )
            with_it = {"delete_on_termination": request["Attachment"]["DeleteOnTermination"]}
            changes["attachment"] = interface.attachment.model_copy(update=with_it)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.interfaces.replace(interface.model_copy(update=changes))
    return {}


@actions
def delete_network_interface(
    ctx: Context, request: DeleteNetworkInterfaceRequest
) -> Mapping[str, object]:
    """Forget a network interface that no instance has."""
    with world.writing(ctx) as tx:
        interface = find(ctx, tx, request["NetworkInterfaceId"])
        if interface.attachment is not None:
            raise network_errors.interface_in_use(interface.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.network.interfaces.remove(interface.id)
        tx.tags.remove(ctx.account_id, ctx.region, interface.id)
    return {}


# what others need ---------------------------------------------------------------------------------


def find(ctx: Context, tx: Tx, interface_id: str) -> NetworkInterface:
    """Return a network interface of the account; InvalidNetworkInterfaceID.NotFound."""
    interface = tx.network.interfaces.get(interface_id)
    mine = (ctx.account_id, ctx.region)
    if interface is None or (interface.account_id, interface.region) != mine:
        raise network_errors.interface_not_found(interface_id)
    return interface


def groups_of(
    ctx: Context, tx: Tx, vpc_id: str, group_ids: Sequence[str] | None
) -> list[SecurityGroup]:
    """Return the security groups that an interface is to have: the default one if none is named.

    Raises InvalidGroup.NotFound, also for one of another VPC, and
    SecurityGroupsPerInterfaceLimitExceeded.
    """
    if not group_ids:
        inside = tx.network.security_groups.within(vpc_id)
        return [group for group in inside if group.name == "default"]
    found = [world.find_group(ctx, tx, each) for each in dict.fromkeys(group_ids)]
    if any(group.vpc_id != vpc_id for group in found):
        raise network_errors.other_network()
    if len(found) > MOST_GROUPS:
        raise network_errors.too_many_groups()
    return found


def new_interface(
    ctx: Context,
    tx: Tx,
    subnet: Subnet,
    groups: Sequence[SecurityGroup],
    private_ip: str,
    description: str = "",
) -> NetworkInterface:
    """Make a network interface with an address that is free."""
    interface = NetworkInterface(
        id=ctx.new_id("eni"),
        account_id=ctx.account_id,
        region=ctx.region,
        vpc_id=subnet.vpc_id,
        subnet_id=subnet.id,
        zone=subnet.zone,
        group_ids=tuple(group.id for group in groups),
        mac_address=new_mac_address(),
        private_ip=private_ip,
        description=description,
    )
    tx.network.interfaces.add(interface)
    return interface


def new_mac_address() -> str:
    """Make up an address of a network card: of one machine, and administered locally."""
    first, *others = secrets.token_bytes(6)
    return ":".join(f"{byte:02x}" for byte in (first & 0x0C | 0x02, *others))


def free_addresses(tx: Tx, subnet: Subnet, least: int = 1, most: int = 1) -> list[str]:
    """Return the lowest addresses that no interface in a subnet has, as many as there are.

    Raises InsufficientFreeAddressesInSubnet.
    """
    network = IPv4Network(subnet.cidr_block)
    taken = {each.private_ip for each in tx.network.interfaces.within(subnet.id)}
    every = (str(network[number]) for number in range(FIRST, network.num_addresses - 1))
    found = list(islice((each for each in every if each not in taken), most))
    if len(found) < least:
        raise network_errors.no_address_left(subnet.id)
    return found


def free_address(tx: Tx, subnet: Subnet, asked: str | None) -> str:
    """Return the address that is asked for, or the lowest that no interface in a subnet has.

    Raises InvalidIPAddress.InUse, InvalidParameterValue, InsufficientFreeAddressesInSubnet.
    """
    if asked is None:
        return free_addresses(tx, subnet)[0]
    network = IPv4Network(subnet.cidr_block)
    taken = {each.private_ip for each in tx.network.interfaces.within(subnet.id)}
    try:
        place = int(IPv4Address(asked)) - int(network.network_address)
    except AddressValueError as error:
        raise network_errors.address_malformed(asked) from error
    if not 0 <= place < network.num_addresses:
        raise network_errors.address_outside(asked)
    if not FIRST <= place < network.num_addresses - 1:
        raise network_errors.address_reserved(asked)
    if asked in taken:
        raise network_errors.address_in_use(asked)
    return asked


def private_name(interface: NetworkInterface) -> str:
    """Return the name of a private address: ip-172-31-0-4.ec2.internal."""
    return f"ip-{interface.private_ip.replace('.', '-')}.{world.domain(interface.region)}"


def public_name(interface: NetworkInterface) -> str | None:
    """Return the name of a public address: ec2-192-0-2-1.compute-1.amazonaws.com."""
    if interface.public_ip is None:
        return None
    dashed, region = interface.public_ip.replace(".", "-"), interface.region
    zone = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{dashed}.{zone}.amazonaws.com"


def status(interface: NetworkInterface) -> str:
    """Return whether somebody has an interface."""
    return "in-use" if interface.attachment else "available"


def shown(row: Row) -> NetworkInterfaceShape:
    """Return a network interface as clients see it."""
    interface = row.interface
    address: NetworkInterfacePrivateIpAddress = {
        "Primary": True,
        "PrivateDnsName": private_name(interface),
        "PrivateIpAddress": interface.private_ip,
    }
    shape: NetworkInterfaceShape = {
        "NetworkInterfaceId": interface.id,
        "OwnerId": interface.account_id,
        "VpcId": interface.vpc_id,
        "SubnetId": interface.subnet_id,
        "AvailabilityZone": interface.zone,
        "AvailabilityZoneId": row.subnet.zone_id,
        "Description": interface.description,
        "Groups": [{"GroupId": group.id, "GroupName": group.name} for group in row.groups],
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "MacAddress": interface.mac_address,
        "Operator": {"Managed": False},
        "PrivateDnsName": private_name(interface),
        "PrivateIpAddress": interface.private_ip,
        "PrivateIpAddresses": [address],
        "RequesterManaged": False,
        "SourceDestCheck": interface.source_dest_check,
        "Status": status(interface),
        "TagSet": tag_set(row.tags),
    }
    if (name := public_name(interface)) is not None and interface.public_ip is not None:
        association: NetworkInterfaceAssociation = {
            "IpOwnerId": OWNER,
            "PublicDnsName": name,
            "PublicIp": interface.public_ip,
        }
        shape["Association"] = address["Association"] = association
    if (attachment := interface.attachment) is not None:
        shape["Attachment"] = {
            "AttachmentId": attachment.id,
            "AttachTime": attachment.attached_at,
            "DeleteOnTermination": attachment.delete_on_termination,
            "DeviceIndex": attachment.device_index,
            "InstanceId": attachment.instance_id,
            "InstanceOwnerId": interface.account_id,
            "NetworkCardIndex": 0,
            "Status": "attached",
        }
    return shape
