"""VHD, fixed and dynamic; numbers are big-endian.

    fixed     disk, as it is                       footer
    dynamic   footer's copy · header · block table · blocks: sector bitmap, data …   footer
                (512 B)      (1 KiB)   u32 each: sector of a block, ffffffff: none   (512 B)

    footer   0 "conectix"  16 header's place (u64)  48 size of the disk (u64)  60 kind (u32)
             64 checksum (u32)
    header   0 "cxsparse"  16 block table's place (u64)  28 its entries (u32)  32 block size (u32)
             36 checksum (u32)

Specification: "Virtual Hard Disk Image Format Specification", Microsoft, version 1.0,
https://learn.microsoft.com/windows/win32/vstor/about-vhd. The size of the disk is what the footer
says, not its geometry. Left out: the 511-byte footer of before 2004.
"""

import struct
from typing import Final

from converters.errors import LIMIT, broken_vhd, disk_too_large
from converters.stages.formats.image import SECTOR, Image, Layout, Outside

NAME: Final = "VHD"
DRIVER: Final = "vpc"
broken: Final = broken_vhd

COOKIE: Final = b"conectix"
FOOTER: Final = 512
FIXED, DYNAMIC = 2, 3  # 4 is differencing
CHECKSUM: Final = 64

HEADER_COOKIE: Final = b"cxsparse"
HEADER: Final = 1024
HEADER_CHECKSUM: Final = 36
ABSENT: Final = 0xFFFFFFFF
PIECE: Final = 1 << 16  # entries of the block table looked at in one go


def matches(image: Image) -> bool:
    """Tell whether a footer stands at the end, or its copy at the beginning."""
    end = image.begins(len(COOKIE), max(image.size - FOOTER, 0))
    return COOKIE in (end, image.begins(len(COOKIE)))


def layout(image: Image) -> Layout:
    """Return the layout of a fixed or dynamic VHD; ClientError."""
    try:
        footer = image.read(max(image.size - FOOTER, 0), FOOTER)
        size, _, kind = struct.unpack_from(">QII", footer, 48)
        if not footer.startswith(COOKIE) or not _sound(footer, CHECKSUM):
            raise broken_vhd()
        if kind == FIXED and not image.begins(len(COOKIE)).startswith(COOKIE):
            data = size
        elif kind == DYNAMIC and image.read(0, FOOTER) == footer:
            data = _blocks(image, footer, size)
        else:
            raise broken_vhd()
    except Outside:
        raise broken_vhd() from None
    if size >= LIMIT:
        raise disk_too_large()
    if size == 0 or (kind == FIXED and size > image.size - FOOTER):
        raise broken_vhd()
    return Layout(size, data, plain=kind == FIXED)


def checksum(data: bytes, at: int) -> int:
    """Return the one's complement of the sum of all bytes but the checksum's own."""
    return ~(sum(data) - sum(data[at : at + 4])) & 0xFFFFFFFF


def _sound(data: bytes, at: int) -> bool:
    return data[at : at + 4] == checksum(data, at).to_bytes(4, "big")


def _blocks(image: Image, footer: bytes, size: int) -> int:
    """Return how many bytes the blocks hold; every one must lie inside."""
    header = image.read(struct.unpack_from(">Q", footer, 16)[0], HEADER)
    (table,) = struct.unpack_from(">Q", header, 16)
    entries: int
    block: int
    entries, block = struct.unpack_from(">II", header, 28)
    if (
        not header.startswith(HEADER_COOKIE)
        or not _sound(header, HEADER_CHECKSUM)
        or block < SECTOR
        or block & (block - 1)
        or size > entries * block
    ):
        raise broken_vhd()
    needed = -(-size // block)
    used = last = final = 0
    for first in range(0, needed, PIECE):
        piece = image.numbers("I", table + first * 4, min(PIECE, needed - first), "big")
        final = piece[-1]
        places = [place for place in piece if place != ABSENT]
        used += len(places)
        last = max([last, *places])
        # Blocks stand side by side. More of them than fit into the file: some are used twice.
        if used * block > image.size + block:
            raise broken_vhd()
    if not used:
        return 0
    bitmap = -(-block // SECTOR // 8 // SECTOR) * SECTOR
    whole = block
    if final == last and size % block:  # some tools write no more than the disk has
        whole = size % block
    image.read(last * SECTOR + bitmap + whole - 1, 1)
    return used * block
