"""OVF descriptors: which disks a virtual machine has, in which files they are, how large both are.

    Envelope
      References       File   id, href, size, compression, chunkSize
      DiskSection      Disk   diskId, fileRef, capacity, capacityAllocationUnits, parentRef
      VirtualSystem
        VirtualHardwareSection
          Item         a drive: HostResource ovf:/disk/… → Disk → File, or ovf:/file/… → File

Specification: DSP0243, https://www.dmtf.org/standards/ovf. Left out: capacities that refer to a
property.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from converters import errors
from converters.errors import LIMIT_OF_IMAGES
from converters.stages import envelope, hardware
from converters.stages.envelope import attribute, within

RESOURCE: Final = re.compile(r"(?:ovf:)?/?(disk|file)/(.+)")
ELSEWHERE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]")  # a scheme, a drive, a root
NUMBER: Final = re.compile(r"\s*(?:0x[0-9a-f]{1,16}|[0-9]{1,20})\s*", re.IGNORECASE)
HIGHEST_POWER: Final = 64
UNITS: Final = {"byte": 1, "bytes": 1, "": 1} | {
    name: 1 << 10 * power
    for power, prefix in enumerate(("kilo", "mega", "giga", "tera"), 1)
    for name in (f"{prefix}byte", f"{prefix}bytes", f"{prefix[0]}b", f"{prefix[0]}ib")
}


@dataclass(frozen=True, slots=True)
class Drive:
    """A hard disk of the machine, and the file with its image."""

    href: str  # relative to the descriptor
    size: int | None  # bytes of the file, if it is said
    capacity: int  # bytes of the disk; 0 if it isn't said
    gzipped: bool


def drives(descriptor: bytes) -> list[Drive]:
    """Return the hard disks, the first to boot from first; ClientError."""
    root = envelope.read(descriptor)
    files = _by_id(within(root, "References", "File"), "id")
    disks = _by_id(within(root, "DiskSection", "Disk"), "diskId")
    for file in files.values():
        _check(attribute(file, "href") or "")
    # assumed: a disk that no drive holds is none of the machine's
    found = [_drive(item, files, disks) for item in hardware.drives(root)]
    if not found:
        raise errors.no_disks()
    return found


def _by_id(elements: Iterator[Element], key: str) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for element in elements:
        known = attribute(element, key) or ""
        if not known or known in found:
            raise errors.unknown_reference(known)
        found[known] = element
    return found


def _check(href: str) -> None:
    """Refuse a file that is not in the archive, in whatever way it is written."""
    for written in (href, unquote(href)):
        if not href or ELSEWHERE.match(written) or ".." in re.split(r"[/\\]", written):
            raise errors.outside_archive(href)


def _drive(item: hardware.Item, files: dict[str, Element], disks: dict[str, Element]) -> Drive:
    resource = item.get("HostResource", "")
    if not resource:
        raise errors.blank_disk(item.get("ElementName") or hardware.instance(item))
    found = RESOURCE.fullmatch(resource)
    if found is None:
        raise errors.unknown_reference(resource)
    if found[1] == "file":
        return _of_file(found[2], files, capacity=0)
    disk = disks.get(found[2])
    if disk is None:
        raise errors.unknown_reference(resource)
    reference = attribute(disk, "fileRef")
    # assumed: a blank disk is not made, and the machine not imported without it
    if reference is None or attribute(disk, "parentRef"):
        raise errors.blank_disk(found[2])
    return _of_file(reference, files, _capacity(disk))


def _of_file(reference: str, files: dict[str, Element], capacity: int) -> Drive:
    file = files.get(reference)
    if file is None:
        raise errors.unknown_reference(reference)
    if attribute(file, "chunkSize"):
        raise errors.chunked_disk()
    href = attribute(file, "href") or ""
    compression = (attribute(file, "compression") or "identity").lower()
    if compression not in ("identity", "gzip"):
        raise errors.unknown_compression(href)
    size = attribute(file, "size")
    return Drive(href, None if size is None else _whole(size), capacity, compression == "gzip")


def _capacity(disk: Element) -> int:
    capacity = _whole(attribute(disk, "capacity") or "")
    capacity *= _unit(attribute(disk, "capacityAllocationUnits") or "")
    if capacity >= LIMIT_OF_IMAGES:
        raise errors.disk_too_large(LIMIT_OF_IMAGES)
    return capacity


def _unit(text: str) -> int:
    """Return a unit in bytes: `byte * 2^30`, `byte * 1024`, `MegaBytes`."""
    base, *factors = (part.strip() for part in text.lower().split("*"))
    if base not in UNITS:
        raise errors.wrong_number(text)
    unit = UNITS[base]
    for factor in factors:
        number, caret, power = factor.partition("^")
        exponent = _whole(power) if caret else 1
        if exponent > HIGHEST_POWER:
            raise errors.wrong_number(text)
        unit *= _whole(number) ** exponent
        if not 0 < unit <= LIMIT_OF_IMAGES:
            raise errors.wrong_number(text)
    return unit


def _whole(text: str) -> int:
    if not NUMBER.fullmatch(text):
        raise errors.wrong_number(text)
    return int(text, 0 if "x" in text.lower() else 10)
