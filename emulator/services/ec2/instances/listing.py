"""DescribeInstances: the account's instances in the Region, by the reservations they came with.

What no instance has here (public addresses, a host, a placement group …) finds nothing. A page
counts instances; a reservation whose instances lie on two pages is on both.
"""

from collections.abc import Iterable
from functools import partial
from itertools import groupby

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging
from emulator.services.ec2.errors import not_together
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import (
    CODES,
    Row,
    check_instance_ids,
    fetch,
    group_shapes,
    instance_shape,
    state_reason,
    switched,
)
from emulator.services.ec2.network.interfaces import private_name
from emulator.services.ec2.regions import zone_id
from emulator.services.ec2.snapshots import timestamp
from emulator.shapes.ec2 import DescribeInstancesRequest, DescribeInstancesResult, Reservation
from state.firmware import firmware
from state.network import Attachment, NetworkInterface

actions = Actions()

LARGEST_PAGE = 1000
# What no instance has.
ABSENT = (
    "affinity", "capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
    "capacity-reservation-specification.capacity-reservation-target"
    ".capacity-reservation-resource-group-arn", "dns-name", "host-id", "iam-instance-profile.arn",
    "iam-instance-profile.id", "iam-instance-profile.name", "instance-lifecycle", "ip-address",
    "ipv6-address", "kernel-id", "network-interface.addresses.association.allocation-id",
    "network-interface.addresses.association.association-id",
    "network-interface.addresses.association.carrier-ip",
    "network-interface.addresses.association.customer-owned-ip",
    "network-interface.addresses.association.ip-owner-id",
    "network-interface.addresses.association.public-dns-name",
    "network-interface.addresses.association.public-ip",
    "network-interface.association.allocation-id", "network-interface.association.association-id",
    "network-interface.association.carrier-ip", "network-interface.association.customer-owned-ip",
    "network-interface.association.ip-owner-id", "network-interface.association.public-dns-name",
    "network-interface.association.public-ip", "network-interface.ipv4-prefixes.ipv4-prefix",
    "network-interface.ipv6-address", "network-interface.ipv6-addresses.ipv6-address",
    "network-interface.ipv6-addresses.is-primary-ipv6",
    "network-interface.ipv6-prefixes.ipv6-prefix", "network-interface.operator.principal",
    "network-interface.outpost-arn", "network-interface.public-dns-name",
    "network-interface.requester-id", "outpost-arn", "placement-group-name",
    "placement-partition-number", "product-code", "product-code.type", "ramdisk-id",
    "requester-id", "spot-instance-request-id",
)  # fmt: skip


def word(value: bool) -> str:
    """Return a truth value as filters spell it."""
    return "true" if value else "false"


def of_interface(member: str, row: Row) -> Iterable[str]:
    """Yield what a filter looks at of an instance's network interface."""
    interface = row.interface
    if interface is not None:
        value = interface_member(interface, member)
        if value is not None:
            yield value


def interface_member(interface: NetworkInterface, member: str) -> str | None:
    """Return a member of a network interface, as filters call it."""
    match member:
        case "network-interface-id":
            return interface.id
        case "status":
            return "in-use"
        case "owner-id":
            return interface.account_id
        case "availability-zone":
            return interface.zone
        case "private-dns-name" | "addresses.private-dns-name":
            return private_name(interface)
        case "private-ip-address" | "addresses.private-ip-address":
            return interface.private_ip
        case "addresses.primary":
            return "true"
        case "source-dest-check":
            return word(interface.source_dest_check)
        case "requester-managed" | "operator.managed" | "ipv6-native" | "deny-all-igw-traffic":
            return "false"
        case _ if member.startswith("attachment."):
            part = member.removeprefix("attachment.")
            return attachment_member(interface, interface.attachment, part)
        case _:
            return str(getattr(interface, member.replace("-", "_")))


def attachment_member(
    interface: NetworkInterface, attachment: Attachment | None, member: str
) -> str | None:
    """Return a member of a network interface's attachment."""
    if attachment is None:
        return None
    match member:
        case "attachment-id":
            return attachment.id
        case "instance-owner-id":
            return interface.account_id
        case "status":
            return "attached"
        case "attach-time":
            return timestamp(attachment.attached_at)
        case "delete-on-termination":
            return word(attachment.delete_on_termination)
        case "network-card-index":
            return "0"
        case _:
            return str(getattr(attachment, member.replace("-", "_")))


OF_INTERFACE = (
    "addresses.primary", "addresses.private-dns-name", "addresses.private-ip-address",
    "attachment.attach-time", "attachment.attachment-id", "attachment.delete-on-termination",
    "attachment.device-index", "attachment.instance-id", "attachment.instance-owner-id",
    "attachment.network-card-index", "attachment.status", "availability-zone",
    "deny-all-igw-traffic", "description", "ipv6-native", "mac-address",
    "network-interface-id", "operator.managed", "owner-id", "private-dns-name",
    "private-ip-address", "requester-managed", "source-dest-check", "status", "subnet-id",
    "vpc-id",
)  # fmt: skip

FILTERS = Filters[Row](
    {
        **dict.fromkeys(ABSENT, lambda row: None),
        "architecture": lambda row: row.instance.architecture,
        "availability-zone": lambda row: row.instance.zone,
        "availability-zone-id": lambda row: zone_id(row.instance.region, row.instance.zone),
        "boot-mode": lambda row: row.instance.boot_mode,
        "capacity-reservation-specification.capacity-reservation-preference": lambda row: "open",
        "client-token": lambda row: row.instance.client_token,
        "current-instance-boot-mode": lambda row: firmware(
            row.instance.boot_mode, row.instance.instance_type
        ),
        "ebs-optimized": lambda row: word(row.instance.ebs_optimized),
        "ena-support": lambda row: word(row.instance.ena_support),
        "enclave-options.enabled": lambda row: "false",
        "hibernation-options.configured": lambda row: "false",
        "hypervisor": lambda row: "xen",
        "image-id": lambda row: row.instance.image_id or None,
        "instance-id": lambda row: row.instance.id,
        "instance-state-code": lambda row: str(CODES[row.instance.state]),
        "instance-state-name": lambda row: row.instance.state,
        "instance-type": lambda row: row.instance.instance_type,
        "key-name": lambda row: row.instance.key_name,
        "launch-index": lambda row: str(row.instance.launch_index),
        "launch-time": lambda row: timestamp(row.instance.launched_at),
        "maintenance-options.auto-recovery": lambda row: row.instance.auto_recovery,
        "metadata-options.http-endpoint": lambda row: switched(row.instance.metadata.enabled),
        "metadata-options.http-protocol-ipv4": lambda row: switched(row.instance.metadata.enabled),
        "metadata-options.http-protocol-ipv6": lambda row: switched(row.instance.metadata.ipv6),
        "metadata-options.http-put-response-hop-limit": lambda row: str(row.instance.metadata.hops),
        "metadata-options.http-tokens": lambda row: row.instance.metadata.tokens,
        "metadata-options.instance-metadata-tags": lambda row: switched(row.instance.metadata.tags),
        "metadata-options.state": lambda row: "applied",
        "monitoring-state": lambda row: "enabled" if row.instance.monitored else "disabled",
        "network-performance-options.bandwidth-weighting": lambda row: "default",
        "operator.managed": lambda row: "false",
        "operator.principal": lambda row: None,
        "owner-id": lambda row: row.instance.account_id,
        "platform": lambda row: row.instance.platform,
        "platform-details": lambda row: row.instance.platform_details,
        "private-dns-name": lambda row: (
            None if row.interface is None else private_name(row.interface)
        ),
        "private-dns-name-options.enable-resource-name-dns-a-record": lambda row: word(
            row.instance.resource_name
        ),
        "private-dns-name-options.enable-resource-name-dns-aaaa-record": lambda row: "false",
        "private-dns-name-options.hostname-type": lambda row: "ip-name",
        "private-ip-address": lambda row: row.instance.private_ip,
        "reason": lambda row: row.instance.transition or None,
        "reservation-id": lambda row: row.instance.reservation_id,
        "root-device-name": lambda row: row.instance.root_device_name,
        "root-device-type": lambda row: "ebs",
        "source-dest-check": lambda row: (
            None if row.interface is None else word(row.interface.source_dest_check)
        ),
        "state-reason-code": lambda row: (
            None if (reason := state_reason(row.instance)) is None else reason["Code"]
        ),
        "state-reason-message": lambda row: (
            None if (reason := state_reason(row.instance)) is None else reason["Message"]
        ),
        "subnet-id": lambda row: row.instance.subnet_id,
        "tenancy": lambda row: row.instance.tenancy,
        "tpm-support": lambda row: None,
        "usage-operation": lambda row: row.instance.usage_operation,
        "usage-operation-update-time": lambda row: timestamp(
            row.instance.created_at or row.instance.launched_at
        ),
        "virtualization-type": lambda row: "hvm",
        "vpc-id": lambda row: row.instance.vpc_id,
    },
    lambda row: row.tags,
    {
        "block-device-mapping.attach-time": lambda row: [
            timestamp(each.attached_at) for _, each in row.attachments
        ],
        "block-device-mapping.delete-on-termination": lambda row: [
            word(each.delete_on_termination) for _, each in row.attachments
        ],
        "block-device-mapping.device-name": lambda row: [
            each.device for _, each in row.attachments
        ],
        "block-device-mapping.status": lambda row: [each.state for _, each in row.attachments],
        "block-device-mapping.volume-id": lambda row: [each.id for each, _ in row.attachments],
        "group-id": lambda row: [],  # of EC2-Classic
        "group-name": lambda row: [],
        "instance.group-id": lambda row: [group for group, _ in row.groups if group],
        "instance.group-name": lambda row: [name for _, name in row.groups if name],
        "network-interface.group-id": lambda row: (
            [group for group, _ in row.groups] if row.interface else []
        ),
        "network-interface.group-name": lambda row: (
            [name for _, name in row.groups] if row.interface else []
        ),
        "network-interface.tag-key": lambda row: row.interface_tags.keys(),
        "network-interface.tag-value": lambda row: row.interface_tags.values(),
        **{f"network-interface.{member}": partial(of_interface, member) for member in OF_INTERFACE},
    },
)


@actions
def describe_instances(ctx: Context, request: DescribeInstancesRequest) -> DescribeInstancesResult:
    """List instances: those named, or all that pass the filters."""
    named = list(dict.fromkeys(request.get("InstanceIds") or ()))
    if named and "MaxResults" in request:
        raise not_together("instancesSet", "maxResults")
    check_instance_ids(named)
    page = paging.page(
        "DescribeInstances",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
        clipped=True,
    )
    test = FILTERS.test(request.get("Filters"))
    if request.get("DryRun"):
        raise dry_run()
    now = ctx.now()
    if named:
        found = {
            row.instance.id for _, row in fetch(ctx, named, 0, None) if row.instance.listed(now)
        }
        if missing := [each for each in named if each not in found]:
            raise errors.instances_not_found(*missing)
    taken, next_token = paging.take(
        page,
        lambda after, limit: fetch(ctx, named, after, limit),
        lambda row: row.instance.listed(now) and (test is None or test(row)),
    )
    result: DescribeInstancesResult = {
        "Reservations": [
            reservation(list(rows))
            for _, rows in groupby(taken, lambda row: row.instance.reservation_id)
        ]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def reservation(rows: list[Row]) -> Reservation:
    """Return the reservation that some instances came with."""
    first = rows[0].instance
    return {
        "Groups": [] if first.subnet_id else group_shapes(rows[0].groups),
        "Instances": [instance_shape(row) for row in rows],
        "OwnerId": first.account_id,
        "ReservationId": first.reservation_id,
    }
