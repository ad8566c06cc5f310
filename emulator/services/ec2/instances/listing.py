"""DescribeInstances: the account's instances in the Region, each in a reservation of its own.

Of the filters those are known that an instance which has never run can pass or fail; by what it
does not have (public addresses, an image, a key, interfaces …) nothing is found.
"""

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
    groups,
    instance_shape,
    zone_id,
)
from emulator.services.ec2.snapshots import timestamp
from emulator.shapes.ec2 import DescribeInstancesRequest, DescribeInstancesResult, Reservation

actions = Actions()

LARGEST_PAGE = 1000
# What no instance has yet.
ABSENT = (
    "affinity", "capacity-reservation-id", "client-token", "dns-name", "host-id",
    "iam-instance-profile.arn", "iam-instance-profile.id", "image-id", "instance-lifecycle",
    "ip-address", "ipv6-address", "kernel-id", "key-name", "network-interface.network-interface-id",
    "network-interface.subnet-id", "network-interface.vpc-id", "placement-group-name",
    "private-dns-name", "product-code", "ramdisk-id", "requester-id", "spot-instance-request-id",
)  # fmt: skip

FILTERS = Filters[Row](
    {
        **dict.fromkeys(ABSENT, lambda row: None),
        "architecture": lambda row: row.instance.architecture,
        "availability-zone": lambda row: row.instance.zone,
        "availability-zone-id": lambda row: zone_id(row.instance),
        "boot-mode": lambda row: row.instance.boot_mode,
        "current-instance-boot-mode": lambda row: row.instance.boot_mode,
        "ebs-optimized": lambda row: "false",
        "hypervisor": lambda row: "xen",
        "instance-id": lambda row: row.instance.id,
        "instance-state-code": lambda row: str(CODES[row.instance.state]),
        "instance-state-name": lambda row: row.instance.state,
        "instance-type": lambda row: row.instance.instance_type,
        "launch-index": lambda row: "0",
        "launch-time": lambda row: timestamp(row.instance.launched_at),
        "monitoring-state": lambda row: "enabled" if row.instance.monitored else "disabled",
        "owner-id": lambda row: row.instance.account_id,
        "platform": lambda row: row.instance.platform,
        "platform-details": lambda row: row.instance.platform_details,
        "private-ip-address": lambda row: row.instance.private_ip,
        "reservation-id": lambda row: row.instance.reservation_id,
        "root-device-name": lambda row: row.instance.root_device_name,
        "root-device-type": lambda row: "ebs",
        "state-reason-code": lambda row: row.instance.state_reason.partition(":")[0] or None,
        "state-reason-message": lambda row: row.instance.state_reason or None,
        "subnet-id": lambda row: row.instance.subnet_id,
        "tenancy": lambda row: row.instance.tenancy,
        "usage-operation": lambda row: row.instance.usage_operation,
        "virtualization-type": lambda row: "hvm",
        "vpc-id": lambda row: row.instance.vpc_id,
    },
    lambda row: row.tags,
    {
        "block-device-mapping.attach-time": lambda row: [
            timestamp(each.attached_at) for _, each in row.attachments
        ],
        "block-device-mapping.delete-on-termination": lambda row: [
            str(each.delete_on_termination).lower() for _, each in row.attachments
        ],
        "block-device-mapping.device-name": lambda row: [
            each.device for _, each in row.attachments
        ],
        "block-device-mapping.status": lambda row: [each.state for _, each in row.attachments],
        "block-device-mapping.volume-id": lambda row: [each.id for each, _ in row.attachments],
        "instance.group-id": lambda row: [group for group, _ in row.instance.groups if group],
        "instance.group-name": lambda row: [name for _, name in row.instance.groups if name],
    },
)


@actions
def describe_instances(ctx: Context, request: DescribeInstancesRequest) -> DescribeInstancesResult:
    """List instances: those named, or all that pass the filters."""
    named = list(dict.fromkeys(request.get("InstanceIds") or ()))
    if named and "MaxResults" in request:
        raise not_together("MaxResults", "InstanceIds")
    check_instance_ids(named)
    size = request.get("MaxResults")
    page = paging.page(
        "DescribeInstances",
        size and min(size, LARGEST_PAGE),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
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
    result: DescribeInstancesResult = {"Reservations": [reservation(row) for row in taken]}
    if next_token:
        result["NextToken"] = next_token
    return result


def reservation(row: Row) -> Reservation:
    """Return the reservation that an instance came with."""
    return {
        "Groups": [] if row.instance.subnet_id else groups(row.instance),
        "Instances": [instance_shape(row)],
        "OwnerId": row.instance.account_id,
        "ReservationId": row.instance.reservation_id,
    }
