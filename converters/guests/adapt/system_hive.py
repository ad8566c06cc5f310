"""What changes in the SYSTEM hive of a Windows, so that it starts on EC2 and gets an address.

Both the control set that ran last and the one that starts next are changed, if they are two.
"""

import struct
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from converters.guests.adapt import assumed
from converters.guests.adapt.edits import Edits
from converters.guests.adapt.hives import BINARY, MULTI_SZ, Hive, text, texts
from converters.guests.adapt.hives import SZ as SZ

START_DRIVERS: Final = "storage drivers start with the boot loader"
USE_DHCP: Final = "static addresses become DHCP"
UNIVERSAL: Final = "the hardware's clock runs on universal time"
LETTERS: Final = "drive letters follow the new partition table"

BOOT: Final = 0  # Start of a driver that the boot loader loads
GPT_DEVICE: Final = b"DMIO:ID:"  # before the GUID of a partition in MountedDevices


def control_sets(hive: Hive) -> Iterator[str]:
    """Yield the control sets that count: the next one's and the last one's."""
    numbers = (hive.number("Select", name) for name in ("Default", "Current"))
    for number in dict.fromkeys(numbers):
        name = f"ControlSet{number:03}" if number and number < 1000 else ""
        if name and hive.has(name):
            yield name


def start_drivers(edits: Edits, control_set: str, there: Callable[[str], bool]) -> None:
    """Let drivers for EC2's disks start with the boot loader, those whose files are there.

    There: tells whether the guest has a file, by its path below C:\\Windows with slashes.
    """
    for name in assumed.WINDOWS_BOOT_DRIVERS:
        key = f"{control_set}\\Services\\{name}"
        if edits.hive.number(key, "Start") is None or not there(_image(edits.hive, key, name)):
            continue
        edits.set_number(key, "Start", BOOT, START_DRIVERS)
        edits.remove_key(f"{key}\\StartOverride", START_DRIVERS)


def use_dhcp(edits: Edits, control_set: str) -> None:
    """Let interfaces with an address of their own ask for one, and for name servers."""
    parent = f"{control_set}\\Services\\Tcpip\\Parameters\\Interfaces"
    for name in edits.hive.names(parent):
        key = f"{parent}\\{name}"
        addresses = edits.hive.value(key, "IPAddress")
        if edits.hive.number(key, "EnableDHCP") != 0 or addresses is None:
            continue
        if addresses in ((MULTI_SZ, texts(())), (MULTI_SZ, texts(("0.0.0.0",)))):
            continue
        edits.set_number(key, "EnableDHCP", 1, USE_DHCP)
        for value in ("IPAddress", "SubnetMask", "DefaultGateway", "DefaultGatewayMetric"):
            edits.remove(key, value, USE_DHCP)
        if edits.hive.value(key, "NameServer") is not None:
            edits.set(key, "NameServer", SZ, text(""), USE_DHCP)


def universal_time(edits: Edits, control_set: str) -> None:
    """Let Windows take the hardware's clock for universal time."""
    key = f"{control_set}\\Control\\TimeZoneInformation"
    if edits.hive.has(key):
        edits.set_number(key, "RealTimeIsUniversal", 1, UNIVERSAL)


def keep_letters(edits: Edits, signature: int, offsets: Mapping[str, int]) -> None:
    """Let drive letters find their partitions in an MBR: by the disk's signature and an offset.

    Offsets: bytes from the start of the disk, by the GUID that a partition had.
    """
    starts = {uuid.UUID(guid).bytes_le: offset for guid, offset in offsets.items()}
    for name in edits.hive.value_names("MountedDevices"):
        found = edits.hive.value("MountedDevices", name)
        if found is None or found[1][:8] != GPT_DEVICE or found[1][8:] not in starts:
            continue
        device = struct.pack("<IQ", signature, starts[found[1][8:]])
        edits.set("MountedDevices", name, BINARY, device, LETTERS)


def _image(hive: Hive, key: str, name: str) -> str:
    """Return where a driver's file is, below C:\\Windows."""
    found = hive.value(key, "ImagePath")
    if found is None:
        return f"/System32/drivers/{name}.sys"
    path = found[1][: len(found[1]) & ~1].decode("utf-16-le", "replace").partition("\0")[0]
    path = "/" + path.replace("\\", "/").lstrip("/")
    for prefix in ("/systemroot/", "/%systemroot%/", "/??/c:/windows/"):
        if path.lower().startswith(prefix):
            return path[len(prefix) - 1 :]
    return path
