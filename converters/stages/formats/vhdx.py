"""VHDX, fixed and dynamic; numbers are little-endian.

      0 KiB   "vhdxfile"
     64, 128  headers         "head", checksum, sequence number (the higher one counts), log
    192, 256  region tables   "regi", checksum, count; then 32 bytes each: GUID, place, length
    anywhere  metadata        "metadata", count; then 32 bytes each: GUID, place, length, flags
    anywhere  block table     u64 each: state in bits 0-2, place in MiB from bit 20; after so many
                              blocks as fill 2**23 sectors comes an entry for a sector bitmap

Specification: [MS-VHDX], https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx.
A disk with a parent is refused, and, by qemu, one whose log must be replayed first: its file was
copied while it was in use, and the object that holds it is not ours to change.
"""

import struct
from typing import Final, NamedTuple
from uuid import UUID

from awscrt import checksums

from converters.errors import LIMIT, disk_too_large, unsupported_vhdx
from converters.stages.formats.image import Image, Layout, Outside

NAME: Final = "VHDX"
DRIVER: Final = "vhdx"
broken: Final = unsupported_vhdx

KIB: Final = 1 << 10
MIB: Final = 1 << 20
MAGIC: Final = b"vhdxfile"
REGIONS: Final = (192 * KIB, 256 * KIB)
TABLE: Final = 64 * KIB
ENTRIES: Final = 2047  # of a region or metadata table, at most

BLOCK_TABLE: Final = UUID("2DC27766-F623-4200-9D64-115E9BFD4A08")
METADATA: Final = UUID("8B7CA206-4790-4B9A-B8FE-575F050F886E")
FILE_PARAMETERS: Final = UUID("CAA16737-FA36-4D43-B3B6-33F0AA44E76B")
DISK_SIZE: Final = UUID("2FA54224-CD1B-4876-B211-5DBED83BF4B8")
SECTOR_SIZE: Final = UUID("8141BF1D-A96F-4709-BA47-F233A8FAAB5F")
PARENT_LOCATOR: Final = UUID("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C")

HAS_PARENT: Final = 0x2  # 0x1 is "leave blocks allocated": a fixed disk
STATE: Final = 0x7
PRESENT: Final = 6
PARTLY_PRESENT: Final = 7  # the rest is the parent's
PIECE: Final = 1 << 16  # entries of the block table looked at in one go


class Place(NamedTuple):
    """Where something is."""

    offset: int
    length: int


def matches(image: Image) -> bool:
    """Tell whether this is a VHDX."""
    return image.begins(len(MAGIC)) == MAGIC


def layout(image: Image) -> Layout:
    """Return the layout of a VHDX without a parent; ClientError."""
    try:
        regions = _regions(image)
        block, size, sector = _metadata(image, regions[METADATA])
        if size >= LIMIT:
            raise disk_too_large()
        return Layout(size, _blocks(image, regions[BLOCK_TABLE], block, size, sector))
    except (Outside, KeyError, struct.error):
        raise unsupported_vhdx() from None


def _sound(table: bytes) -> bool:
    (given,) = struct.unpack_from("<I", table, 4)
    blank = table[:4] + bytes(4) + table[8:]
    return table.startswith(b"regi") and checksums.crc32c(blank) == given


def _regions(image: Image) -> dict[UUID, Place]:
    """Return where the regions are, by the first table that is sound."""
    for offset in REGIONS:
        table = image.read(offset, TABLE)
        if _sound(table):
            (count,) = struct.unpack_from("<I", table, 8)
            return _places(table, 16, count, "<16xQI", 0)
    raise unsupported_vhdx()


def _places(table: bytes, first: int, count: int, form: str, base: int) -> dict[UUID, Place]:
    if count > ENTRIES:
        raise unsupported_vhdx()
    places = {}
    for at in range(first, first + 32 * count, 32):
        offset, length = struct.unpack_from(form, table, at)
        places[UUID(bytes_le=table[at : at + 16])] = Place(base + offset, length)
    return places


def _metadata(image: Image, region: Place) -> tuple[int, int, int]:
    """Return block size, disk size and sector size."""
    table = image.read(region.offset, TABLE)
    (count,) = struct.unpack_from("<H", table, 10)
    items = _places(table, 32, count, "<16xII", region.offset)
    block, flags = struct.unpack("<II", image.read(items[FILE_PARAMETERS].offset, 8))
    (size,) = struct.unpack("<Q", image.read(items[DISK_SIZE].offset, 8))
    (sector,) = struct.unpack("<I", image.read(items[SECTOR_SIZE].offset, 4))
    if (
        not table.startswith(b"metadata")
        or flags & HAS_PARENT
        or PARENT_LOCATOR in items
        or not MIB <= block <= 256 * MIB
        or block & (block - 1)
        or sector not in (512, 4096)
        or size == 0
        or size % sector
    ):
        raise unsupported_vhdx()
    return block, size, sector


def _blocks(image: Image, table: Place, block: int, size: int, sector: int) -> int:
    """Return how many bytes the blocks hold; every one must lie inside."""
    ratio = (sector << 23) // block  # blocks between two entries for sector bitmaps
    needed = -(-size // block)
    entries = needed + (needed - 1) // ratio
    if entries * 8 > table.length:
        raise unsupported_vhdx()
    used = 0
    for first in range(0, entries, PIECE):
        piece = image.numbers("Q", table.offset + first * 8, min(PIECE, entries - first), "little")
        for index, entry in enumerate(piece, first):
            state = entry & STATE
            if state < PRESENT or (index + 1) % (ratio + 1) == 0:
                continue
            if state == PARTLY_PRESENT or (entry >> 20) * MIB + block > image.size:
                raise unsupported_vhdx()
            used += 1
    # Blocks stand side by side. More of them than fit into the file: some are used twice.
    if used * block > image.size:
        raise unsupported_vhdx()
    return used * block
