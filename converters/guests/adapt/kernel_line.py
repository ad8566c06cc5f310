"""Changes a kernel's arguments: devices that are called by the disks' order get their UUIDs.

    root=/dev/sda1 ro resume=/dev/disk/by-id/ata-…-part2  ─►  root=UUID=… ro resume=UUID=…

Only an initial RAM disk understands a filesystem's UUID. A kernel without one gets the partition's
instead, which it finds by itself. Names of LVM, labels and UUIDs stay.
"""

import re
from typing import Final

from converters.guests.adapt.fstab import UNSTABLE_NAME, Devices

RENAMED: Final = "the kernel's root is named by UUID"
UNNAMED: Final = "root={} stays, for neither its filesystem nor its partition has a UUID."

_DEVICE: Final = re.compile(
    rf"""(?<![^\s"'=`])(root|resume)=(["']?)({UNSTABLE_NAME})(?=[\s"'`]|\Z)"""
)


def renamed(text: str, devices: Devices, left: list[str], initrd: bool = True) -> str:
    """Return arguments, with whatever stands around them, for EC2; adds what had to be left."""

    def uuid(found: re.Match[str]) -> str:
        key, quote, device = found.groups()
        volume = devices.find(device)
        if key == "root" and (volume is None or volume.id not in devices.roots):
            volume = devices.root or volume  # disks have changed places
        if volume is not None and volume.uuid and initrd:
            return f"{key}={quote}UUID={volume.uuid}"
        partition = devices.partition(volume.id) if volume is not None else None
        if partition:
            return f"{key}={quote}PARTUUID={partition}"
        if key == "root":
            left.append(UNNAMED.format(device))
        return found[0]

    return _DEVICE.sub(uuid, text)
