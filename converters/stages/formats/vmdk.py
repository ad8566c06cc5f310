"""VMDK, of which only the stream-optimized kind is imported.

    sector 0     header        "KDMV", version, flags, capacity, grain size, where the rest is
    sector 1…    descriptor    text: createType, parentCID, one extent line
                 grains        each: lba (u64), size (u32), deflated bytes, padded to a sector
                 grain tables  512 × u32: the sector of a grain, 0 where there is none
                 directory     u32 each: the sector of a grain table, 0 where there is none
    last 3       footer        marker, header again with the directory's place, end of stream

The directory is found by the footer when the header says so (0xffff…), else by the header (as
qemu-img writes it). Specification: "Virtual Disk Format 5.0", VMware,
https://www.vmware.com/app/vmdk/?src=vmdk. Refused are all others: ESX sparse ("COWD"), SEsparse,
bare descriptors, and headers that lead qemu to a descriptor of other files.
"""

from typing import Final

from converters.codec.sparse_extent import (
    AT_END,
    COMPRESSED_WITH_MARKERS,
    DEFLATE,
    ENTRIES,
    FOOTER,
    HEADER,
    MAGIC,
    MARKER,
    NEWLINES,
    OTHER_MARKER,
    ZEROED_GRAINS,
    Header,
)
from converters.errors import LIMIT, corrupt_vmdk, disk_too_large, unsupported_vmdk
from converters.stages.formats.image import SECTOR, Image, Layout, Outside

NAME: Final = "VMDK"
DRIVER: Final = "vmdk"
broken: Final = corrupt_vmdk

OTHERS: Final = (b"COWD", b"\xbe\xba\xfe\xca\0\0\0\0")  # ESX sparse, SEsparse
DESCRIPTOR: Final = b"# Disk DescriptorFile"
TEXT: Final = 1 << 20  # bytes of a descriptor at most; qemu reads no more either

EMPTY_TABLE: Final = bytes(4 * ENTRIES)
GRAINS: Final = tuple(1 << power for power in range(3, 12))  # sectors: 4 KiB to 1 MiB


def matches(image: Image) -> bool:
    """Tell whether this is a VMDK of any kind."""
    head = image.begins(SECTOR)
    return head.startswith((MAGIC, *OTHERS)) or _is_descriptor(head)


def layout(image: Image) -> Layout:
    """Return the layout of a stream-optimized VMDK; ClientError."""
    if not image.begins(len(MAGIC)).startswith(MAGIC):
        raise unsupported_vmdk()
    try:
        header = Header(*HEADER.unpack(image.read(0, HEADER.size)))
        _check_kind(header)
        _check_descriptor(image.read(SECTOR, min(header.descriptor_length * SECTOR, TEXT)))
        if header.newlines != NEWLINES:
            raise corrupt_vmdk()
        if header.directory == AT_END:
            header = _footer(image, header)
        if header.capacity * SECTOR >= LIMIT:
            raise disk_too_large()
        return Layout(header.capacity * SECTOR, _grains(image, header) * header.grain * SECTOR)
    except Outside:
        raise corrupt_vmdk() from None


def _is_descriptor(head: bytes) -> bool:
    """Tell whether qemu, too, would take a file for a descriptor: comments, then the version."""
    if head.lower().startswith(DESCRIPTOR.lower()):
        return True
    for line in head.split(b"\n"):
        if line.strip() and not line.startswith(b"#"):
            return line.startswith(b"version=") and b"\0" not in line
    return False


def _check_kind(header: Header) -> None:
    """Refuse what isn't stream-optimized; a capacity of 0 would lead qemu to other files."""
    if (
        header.version not in (1, 2, 3)
        or header.flags & COMPRESSED_WITH_MARKERS != COMPRESSED_WITH_MARKERS
        or header.compression != DEFLATE
        or header.capacity == 0
        or header.grain not in GRAINS
        or header.entries != ENTRIES
        or header.descriptor != 1
        or header.descriptor_length == 0
    ):
        raise unsupported_vmdk()


def _check_descriptor(padded: bytes) -> None:
    """Refuse a descriptor that names a parent, another file, or another kind of VMDK."""
    fields: dict[str, str] = {}
    extents = []
    for line in padded.split(b"\0", 1)[0].decode("latin-1").lower().splitlines():
        words = line.split()
        if words and words[0] in ("rw", "rdonly", "noaccess"):
            extents.append(words)
        elif "=" in line and not line.startswith("#"):
            name, value = line.split("=", 1)
            fields[name.strip()] = value.strip().strip('"')
    if (
        fields.get("createtype") != "streamoptimized"
        or fields.get("parentcid", "ffffffff") != "ffffffff"
        or "parentfilenamehint" in fields
        or len(extents) != 1
        or extents[0][2:3] != ["sparse"]
        or "/" in " ".join(extents[0])
    ):
        raise unsupported_vmdk()
    _check_by_oslo(padded)


def _check_by_oslo(padded: bytes) -> None:
    """Let OpenStack's inspector look at the descriptor too: it knows tricks that we may not."""
    # Here, because it takes 0.2 s to load, which the start of a server need not wait for.
    from oslo_utils.imageutils import format_inspector

    inspector = format_inspector.VMDKInspector()
    header = HEADER.pack(
        *Header(MAGIC, 1, 0, 1, 128, 1, len(padded) // SECTOR, ENTRIES, 0, 0, 0, False, NEWLINES, 1)
    )
    # It takes ASCII only, but an extent is named after the disk, and people use all letters.
    ascii_only = padded.decode("latin-1").encode("ascii", "replace")
    try:
        inspector.eat_chunk(header.ljust(SECTOR, b"\0") + ascii_only)
        inspector.safety_check()
    except (
        format_inspector.ImageFormatError,
        format_inspector.SafetyCheckFailed,
    ):
        raise unsupported_vmdk() from None


def _footer(image: Image, header: Header) -> Header:
    """Return the header that the footer holds; it may only add where the directory is."""
    marker = image.read(max(image.size - 3 * SECTOR, 0), 3 * SECTOR)
    footer = Header(*HEADER.unpack_from(marker, SECTOR))
    if (
        OTHER_MARKER.unpack_from(marker) not in ((1, 0, FOOTER), (0, 0, FOOTER))
        or any(marker[2 * SECTOR :])
        or footer.directory == AT_END
        or footer
        != header._replace(
            directory=footer.directory,
            spare_directory=footer.spare_directory,
            overhead=footer.overhead,
            unclean=footer.unclean,
        )
    ):
        raise corrupt_vmdk()
    return footer


def _grains(image: Image, header: Header) -> int:
    """Return how many grains there are; every one must begin, and the last one end, inside."""
    tables = -(-header.capacity // (header.grain * ENTRIES))
    directory = image.numbers("I", header.directory * SECTOR, tables, "little")
    # Tables stand side by side. More of them than fit into the file: some overlap.
    if (tables - directory.count(0)) * ENTRIES * 4 > image.size:
        raise corrupt_vmdk()
    named = [sector for sector in directory if sector]
    if len(set(named)) < len(named):
        raise corrupt_vmdk()
    count = 0
    last = 0
    for sector in named:
        # An empty disk of 16 TiB may have half a million tables of nothing.
        if image.read(sector * SECTOR, len(EMPTY_TABLE)) == EMPTY_TABLE:
            continue
        table = image.numbers("I", sector * SECTOR, ENTRIES, "little")
        count += ENTRIES - table.count(0)
        if header.flags & ZEROED_GRAINS:
            count -= table.count(1)
        last = max(last, *table)
    # A grain takes a sector at least. More grains than sectors: a bomb that uses some twice.
    if count > image.size // SECTOR:
        raise corrupt_vmdk()
    if last > 1:
        _, length = MARKER.unpack(image.read(last * SECTOR, MARKER.size))
        image.read(last * SECTOR + MARKER.size + length - 1, 1)
    return count
