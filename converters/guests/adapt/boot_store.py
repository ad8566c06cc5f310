"""Changes of a boot configuration store: emergency services off, and from UEFI to BIOS.

A device in an element ("Element" of 11000001, 21000001, …) holds one or more of these, the first
one after a GUID of 16 bytes; a RAM disk has one inside another:

    0   u32 6: a partition          16  16 the partition: its GUID; MBR: u64 offset in bytes
    4   u32 flags                   36  u32 0: GPT, 1: MBR
    8   u32 72, bytes of all this   40  16 the disk: its GUID; MBR: u32 signature
    12  u32                         56  16

Microsoft has not written this layout down; stores of real machines have it.
"""

import struct
import uuid
from collections.abc import Iterator, Mapping
from typing import Final

from converters.guests.adapt.edits import Edits
from converters.guests.adapt.hives import BINARY, SZ, Hive, text
from converters.guests.look.bcd import BOOT_EMS, LOADERS, MANAGERS, OBJECTS, SYSTEM_EMS

EMS_OFF: Final = "emergency services are switched off"
TO_BIOS: Final = "Windows starts by BIOS"

DEVICE: Final = 72  # bytes
PARTITION: Final = 6
ELEMENT: Final = 4096  # bytes of an element that is looked through for devices
PATH: Final = "12000002"


def ems_off(edits: Edits) -> None:
    """Switch the emergency services off wherever they are on."""
    wanted = {MANAGERS: (BOOT_EMS,), LOADERS: (BOOT_EMS, SYSTEM_EMS)}
    for name in edits.hive.names("Objects")[:OBJECTS]:
        kind = edits.hive.number(f"Objects\\{name}\\Description", "Type") or 0
        for element in wanted.get(kind, ()):
            key = f"Objects\\{name}\\Elements\\{element}"
            found = edits.hive.value(key, "Element")
            if found is not None and any(found[1]):
                edits.set(key, "Element", BINARY, bytes(len(found[1])), EMS_OFF)


def to_bios(edits: Edits, signature: int, offsets: Mapping[str, int]) -> None:
    """Let a store of UEFI start Windows by BIOS from a disk with an MBR.

    Signature: of the disk; offsets: bytes from its start, by the GUID that a partition had.
    """
    starts = {uuid.UUID(guid).bytes_le: offset for guid, offset in offsets.items()}
    for key, element in _elements(edits.hive):
        found = edits.hive.value(key, "Element")
        if found is None or len(found[1]) > ELEMENT:
            continue
        kind, data = found
        if kind == SZ and element == PATH:
            path = data[: len(data) & ~1].decode("utf-16-le", "replace").partition("\0")[0]
            edits.set(key, "Element", SZ, text(_program(path)), TO_BIOS)
        elif kind == BINARY:
            edits.set(key, "Element", BINARY, _device(data, signature, starts), TO_BIOS)


def _elements(hive: Hive) -> Iterator[tuple[str, str]]:
    """Yield the keys of all elements, and their numbers."""
    for name in hive.names("Objects")[:OBJECTS]:
        parent = f"Objects\\{name}\\Elements"
        for element in hive.names(parent)[:OBJECTS]:
            yield f"{parent}\\{element}", element.lower()


def _program(path: str) -> str:
    """Return the program for BIOS that stands for one of UEFI."""
    known = path.lower()
    if known == "\\efi\\microsoft\\boot\\bootmgfw.efi":
        return "\\bootmgr"
    if known == "\\efi\\microsoft\\boot\\memtest.efi":
        return "\\boot\\memtest.exe"
    return path[:-4] + ".exe" if known.endswith(".efi") else path


def _device(data: bytes, signature: int, starts: Mapping[bytes, int]) -> bytes:
    """Return a device whose partitions are told as an MBR has them."""
    changed = bytearray(data)
    for at in range(0, len(data) - DEVICE + 1, 2):
        kind, _, size = struct.unpack_from("<III", data, at)
        (scheme,) = struct.unpack_from("<I", data, at + 36)
        start = starts.get(data[at + 16 : at + 32])
        if (kind, size, scheme) == (PARTITION, DEVICE, 0) and start is not None:
            struct.pack_into("<QQ", changed, at + 16, start, 0)
            struct.pack_into("<II12x", changed, at + 36, 1, signature)
    return bytes(changed)
