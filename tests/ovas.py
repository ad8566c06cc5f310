"""OVAs for tests: good ones made by tarfile, bad ones put together block by block.

An OVA is a tar of an OVF descriptor, its disks and, where wanted, a manifest. What a test does not
say is as VMware exports it: descriptor first, one SCSI controller, disks in the order given.
"""

import gzip
import hashlib
import io
import json
import posixpath
import struct
import subprocess
import tarfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import quoteattr

BLOCK = 512
GIB = 1 << 30
IDE, SCSI, CDROM, DISK, STORAGE = 5, 6, 15, 17, 20  # ResourceTypes; the last is SATA, NVMe, …

FORMATS = {
    "ustar": tarfile.USTAR_FORMAT,
    "GNU": tarfile.GNU_FORMAT,
    "pax": tarfile.PAX_FORMAT,
    "v7": tarfile.USTAR_FORMAT,  # and its magic taken away
}
NAMESPACES = {
    "0.9": "http://www.vmware.com/schema/ovf/1/envelope",
    "1.0": "http://schemas.dmtf.org/ovf/envelope/1",
    "2.0": "http://schemas.dmtf.org/ovf/envelope/2",
}
STREAM_OPTIMIZED = "http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the hardware section: a controller, or a drive on one."""

    instance: str
    kind: int
    address: object = None  # of a controller
    parent: object = None  # of a drive
    place: object = None  # its address on the parent
    resource: str | None = None
    subtype: str = ""


@dataclass(frozen=True, slots=True)
class Disk:
    """What a descriptor says of a disk."""

    href: str
    size: int | None  # of the file
    capacity: object
    units: str | None = "byte"
    disk_id: str | None = None
    compression: str | None = None
    attributes: str = ""  # more of them, of its Disk
    file_attributes: str = ""  # more of them, of its File


def ova(
    target: Path,
    disks: Mapping[str, Path],
    *,
    version: str = "1.0",
    tar: str = "GNU",
    manifest: str | None = None,
    gzipped: Collection[str] = (),
    hardware: Sequence[Item] | None = None,
    capacities: Mapping[str, int] | None = None,
    ovf: str | None = None,
    before: Mapping[str, bytes] | None = None,
    after: Mapping[str, bytes] | None = None,
    last: bool = False,
    folder: str = "",
) -> Path:
    """Write an OVA of disks, by their names in it, and return its path.

    version of the OVF, format of the tar, digest of the manifest (or "mixed"); ovf instead of a
    descriptor made from the disks; other files before and after; last: the descriptor comes last.
    """
    contents = {
        name: gzip.compress(path.read_bytes(), 1, mtime=0) if name in gzipped else path
        for name, path in disks.items()
    }
    if ovf is None:
        said = [
            Disk(
                href=name,
                size=length(contents[name]),
                capacity=(capacities or {}).get(name) or virtual_size(path),
                compression="gzip" if name in gzipped else None,
            )
            for name, path in disks.items()
        ]
        ovf = descriptor(said, hardware, version)
    files: dict[str, Path | bytes] = {"vm.ovf": ovf.encode(), **contents}
    if manifest:
        digests = ("SHA1", "SHA256", "SHA512") if manifest == "mixed" else (manifest,)
        files["vm.mf"] = manifest_of(files, digests)
    if last:
        files["vm.ovf"] = files.pop("vm.ovf")
    return packed(target, {**(before or {}), **files, **(after or {})}, tar, folder)


def packed(
    target: Path, files: Mapping[str, Path | bytes], tar: str = "GNU", folder: str = ""
) -> Path:
    """Write a tar of files."""
    with tarfile.open(target, "w", format=FORMATS[tar]) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(posixpath.join(folder, name))
            member.size = length(content)
            if isinstance(content, bytes):
                archive.addfile(member, io.BytesIO(content))
            else:
                with content.open("rb") as file:
                    archive.addfile(member, file)
        places = [member.offset for member in archive.getmembers()]
    if tar == "v7":
        with target.open("r+b") as file:
            for place in places:
                file.seek(place)
                old = checked(file.read(BLOCK)[:257].ljust(BLOCK, b"\0"))
                file.seek(place)
                file.write(old)
    return target


def length(content: Path | bytes) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def virtual_size(image: Path) -> int:
    """The size of the disk in an image, as qemu-img has it."""
    said = subprocess.run(
        ["qemu-img", "info", "--output=json", image], check=True, capture_output=True
    )
    return int(json.loads(said.stdout)["virtual-size"])


def manifest_of(files: Mapping[str, Path | bytes], digests: Sequence[str] = ("SHA256",)) -> bytes:
    """A manifest; several digests take turns."""
    lines = []
    for number, (name, content) in enumerate(files.items()):
        algorithm = digests[number % len(digests)]
        with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
            digest = hashlib.file_digest(file, algorithm).hexdigest()
        lines.append(f"{algorithm}({name})= {digest}\n")
    return "".join(lines).encode()


# Descriptors


def descriptor(
    disks: Sequence[Disk], hardware: Sequence[Item] | None = None, version: str = "1.0"
) -> str:
    """The text of an OVF; without hardware the disks are on one SCSI controller."""
    old = version == "0.9"
    if hardware is None:
        prefix = "" if old else "ovf:"
        hardware = [
            Item("3", SCSI, address=0),
            *(
                Item(
                    str(10 + number),
                    DISK,
                    parent=3,
                    place=number,
                    resource=f"{prefix}/disk/{disk.disk_id or f'vmdisk{number + 1}'}",
                )
                for number, disk in enumerate(disks)
            ),
        ]
    files = "".join(
        f'<File ovf:href={quoteattr(disk.href)} ovf:id="file{number}"'
        f"{attribute('ovf:size', disk.size)}{attribute('ovf:compression', disk.compression)}"
        f" {disk.file_attributes}/>"
        for number, disk in enumerate(disks, 1)
    )
    images = "".join(
        f"<Disk ovf:diskId={quoteattr(disk.disk_id or f'vmdisk{number}')}"
        f' ovf:fileRef="file{number}"{attribute("ovf:capacity", disk.capacity)}'
        f"{attribute('ovf:capacityAllocationUnits', None if old else disk.units)}"
        f' ovf:format="{STREAM_OPTIMIZED}" {disk.attributes}/>'
        for number, disk in enumerate(disks, 1)
    )
    items = "".join(item_text(item, version) for item in hardware)
    return envelope(
        f"<References>{files}</References>{section('DiskSection', images, old)}"
        + section(
            "VirtualSystem",
            "<Info>A virtual machine</Info>" + section("VirtualHardwareSection", items, old),
            old,
        ),
        version,
    )


def envelope(content: str, version: str = "1.0") -> str:
    namespace = NAMESPACES[version]
    schema = "http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<Envelope ovf:version="{version}" xmlns="{namespace}" xmlns:ovf="{namespace}"'
        f' xmlns:rasd="{schema}/CIM_ResourceAllocationSettingData"'
        f' xmlns:sasd="{schema}/CIM_StorageAllocationSettingData"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{content}</Envelope>"
    )


def section(name: str, content: str, old: bool = False) -> str:
    """A section; OVF 0.9 says by a type what newer ones say by the element."""
    if old:
        element = "Content" if name.startswith("VirtualSystem") else "Section"
        return f'<{element} xsi:type="ovf:{name}_Type">{content}</{element}>'
    return f"<{name}>{content}</{name}>"


def item_text(item: Item, version: str) -> str:
    """An item; of OVF 2 the drives have an element of their own."""
    storage = version == "2.0" and item.kind in (DISK, CDROM)
    prefix = "sasd" if storage else "rasd"
    fields = {
        "BusNumber" if version == "0.9" else "Address": item.address,
        "AddressOnParent": item.place,
        "HostResource": item.resource,
        "InstanceId" if version == "0.9" else "InstanceID": item.instance,
        "Parent": item.parent,
        "ResourceSubType": item.subtype or None,
        "ResourceType": item.kind,
    }
    content = "".join(
        f"<{prefix}:{name}>{value}</{prefix}:{name}>"
        for name, value in fields.items()
        if value is not None
    )
    element = "StorageItem" if storage else "Item"
    return f"<{element}>{content}</{element}>"


def attribute(name: str, value: object) -> str:
    return "" if value is None else f" {name}={quoteattr(str(value))}"


# Tar, block by block


def header(
    name: bytes,
    size: int | bytes,
    kind: bytes = b"0",
    *,
    magic: bytes = b"ustar\x0000",
    prefix: bytes = b"",
    link: bytes = b"",
) -> bytes:
    """The header of a member, with the right checksum."""
    octal = size if isinstance(size, bytes) else b"%011o\0" % size
    block = struct.pack(
        "100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12x",
        *(name, b"0000644\0", b"0000000\0", b"0000000\0", octal, b"00000000000\0", b" " * 8),
        *(kind, link, magic, b"", b"", b"", b"", prefix),
    )
    return checked(block)


def checked(block: bytes) -> bytes:
    """A header with the right checksum."""
    blank = block[:148] + b" " * 8 + block[156:]
    return blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]


def member(name: bytes, data: bytes, kind: bytes = b"0") -> bytes:
    """A member: header, data, padding."""
    return header(name, len(data), kind) + padded(data)


def padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % BLOCK)


def base_256(size: int) -> bytes:
    """A size as GNU tar writes it when it needs more than eleven octal digits."""
    return b"\x80" + size.to_bytes(11, "big")


def pax(fields: Iterable[tuple[str, str]], kind: bytes = b"x") -> bytes:
    """An extended header."""
    return member(b"PaxHeaders/x", b"".join(record(*field) for field in fields), kind)


def record(key: str, value: str) -> bytes:
    rest = f" {key}={value}\n".encode()
    size = len(rest)
    while len(str(size)) + len(rest) != size:
        size = len(str(size)) + len(rest)
    return str(size).encode() + rest


END = bytes(2 * BLOCK)
