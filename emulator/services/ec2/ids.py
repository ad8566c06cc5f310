"""The ids of EC2's resources: what a prefix stands for, and which ids are well formed.

snap-0123456789abcdef0      a prefix, a dash, 17 hex digits
snap-01234567               (8 of them in the ids of older resources)
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from emulator.errors import AwsError
from emulator.services.ec2 import errors, image_errors, network_errors, task_errors


class Kind(NamedTuple):
    """What the ids of one prefix name."""

    resource_type: str  # as tags call it
    not_found: Callable[[str], AwsError]


KINDS: dict[str, Kind] = {
    "snap": Kind("snapshot", errors.snapshot_not_found),
    "import-snap": Kind("import-snapshot-task", task_errors.import_task_malformed),
    "import-ami": Kind("import-image-task", task_errors.import_task_malformed),
    "export-ami": Kind("export-image-task", task_errors.export_task_not_found),
    "export-i": Kind("export-instance-task", task_errors.export_task_not_found),
    "ami": Kind("image", errors.image_not_found),
    "vol": Kind("volume", errors.volume_not_found),
    "i": Kind("instance", errors.instance_not_found),
    "acl": Kind("network-acl", network_errors.acl_not_found),
    "dopt": Kind("dhcp-options", network_errors.dhcp_options_not_found),
    "eni": Kind("network-interface", network_errors.interface_not_found),
    "igw": Kind("internet-gateway", network_errors.gateway_not_found),
    "key": Kind("key-pair", network_errors.key_pair_id_not_found),
    "rtb": Kind("route-table", network_errors.route_table_not_found),
    "sg": Kind("security-group", network_errors.group_not_found),
    "sgr": Kind("security-group-rule", network_errors.rule_not_found),
    "subnet": Kind("subnet", network_errors.subnet_not_found),
    "vpc": Kind("vpc", network_errors.vpc_not_found),
}

WELL_FORMED = re.compile(r"([a-z-]+)-(?:[0-9a-f]{17}|[0-9a-f]{8})")


def prefix_of(resource_id: str) -> str | None:
    """Return the prefix of a well-formed id, None for any other string."""
    found = WELL_FORMED.fullmatch(resource_id)
    return found[1] if found else None


def kind_of(resource_id: str) -> Kind:
    """Return what a well-formed id names; InvalidID for any other string."""
    kind = KINDS.get(prefix_of(resource_id) or "")
    if kind is None:
        raise errors.invalid_id(resource_id)
    return kind


def check_snapshot_ids(snapshot_ids: list[str]) -> None:
    """Refuse strings that cannot be ids of snapshots."""
    for snapshot_id in snapshot_ids:
        if prefix_of(snapshot_id) != "snap":
            raise errors.snapshot_malformed(snapshot_id)


def check_image_ids(image_ids: list[str]) -> None:
    """Refuse strings that cannot be ids of AMIs."""
    for image_id in image_ids:
        if prefix_of(image_id) != "ami":
            raise errors.image_malformed(image_id)


def check_kernel_id(kernel_id: str | None) -> None:
    """Refuse a string that cannot be the id of a kernel."""
    if kernel_id is not None and prefix_of(kernel_id) != "aki":
        raise image_errors.kernel_malformed(kernel_id)


def check_ramdisk_id(ramdisk_id: str | None) -> None:
    """Refuse a string that cannot be the id of a RAM disk."""
    if ramdisk_id is not None and prefix_of(ramdisk_id) != "ari":
        raise image_errors.ramdisk_malformed(ramdisk_id)


def is_account(user: str) -> bool:
    """Tell whether a string is the number of an account."""
    return user.isascii() and user.isdecimal() and len(user) == 12
