"""Writes the disk in a raw file as a dynamic VHD, from its beginning to its end.

    python -I -m converters.codec.write_vhd RAW TARGET SIZE

    0       copy of the footer    "conectix", the disk's size, a geometry that nobody should go by
    512     header                "cxsparse", where the table is, blocks of 2 MiB
    1536    table                 u32 each: the sector of a block, 0xffffffff where there is none
            blocks                a sector of bits, all set, and 2 MiB; none where there are zeros
            footer

Specification: "Virtual Hard Disk Image Format Specification", Microsoft, 2006; all numbers are big
endian. It is written in the disk's order, so what is zeros is found out first; of a block with
data, that takes a look at its beginning. Prints percentages and, at the end, "= ", and the ETag.
"""

import os
import struct
import sys
import time
import uuid
from array import array
from typing import Final

from converters.codec.ordered import HashedFile, with_data, write_hashed
from converters.sparse_copy import show

SECTOR: Final = 512  # bytes
BLOCK: Final = 2 << 20  # bytes
LOOK: Final = 1 << 16  # bytes that are looked at, or left out, at once
ZEROS: Final = bytes(LOOK)
BITS: Final = b"\xff" * SECTOR  # every sector of the block is the disk's own
NONE: Final = 0xFFFFFFFF
TABLE: Final = 1536  # bytes: where it is
EPOCH: Final = 946684800  # 2000-01-01
VERSION: Final = 0x10000
DYNAMIC: Final = 3
# As Hyper-V signs: whoever reads it takes the disk's size, which of Virtual PC's is not trusted.
CREATOR: Final = b"win "
HOST: Final = b"Wi2k"

FOOTER: Final = struct.Struct(">8sIIQI4sI4sQQHBBII16sB427x")
HEADER: Final = struct.Struct(">8sQQIIII984x")


def geometry(sectors: int) -> tuple[int, int, int]:
    """Return cylinders, heads and sectors of a track, as the specification counts them."""
    sectors = min(sectors, 65535 * 16 * 255)
    if sectors >= 65535 * 16 * 63:
        heads, track = 16, 255
    else:
        track = 17
        heads = max(-(-(sectors // track) // 1024), 4)
        if sectors // track >= heads * 1024 or heads > 16:
            heads, track = 16, 31
        if sectors // track >= heads * 1024:
            track = 63
    return sectors // track // heads, heads, track


def checked(data: bytes, at: int) -> bytes:
    """Return a footer or header with its checksum, which is 0 so far."""
    return data[:at] + struct.pack(">I", ~sum(data) & 0xFFFFFFFF) + data[at + 4 :]


def footer(size: int) -> bytes:
    """Return the footer of a disk of size bytes."""
    moment = max(int(time.time()) - EPOCH, 0) & 0xFFFFFFFF
    return checked(
        FOOTER.pack(
            *(b"conectix", 2, VERSION, SECTOR, moment, CREATOR, VERSION, HOST, size, size),
            *(*geometry(size // SECTOR), DYNAMIC, 0, uuid.uuid4().bytes, 0),
        ),
        64,
    )


def header(blocks: int) -> bytes:
    """Return the header of a disk of so many blocks."""
    nowhere = 0xFFFFFFFFFFFFFFFF
    return checked(HEADER.pack(b"cxsparse", nowhere, TABLE, VERSION, blocks, BLOCK, 0), 36)


def has_data(raw: int, offset: int, size: int) -> bool:
    """Tell whether there is anything but zeros in the block at offset."""
    end = min(offset + BLOCK, size)
    for at in range(offset, end, LOOK):
        piece = os.pread(raw, min(LOOK, end - at), at)
        if piece != memoryview(ZEROS)[: len(piece)]:
            return True
    return False


def put_block(target: HashedFile, block: bytes) -> None:
    """Write a block; zeros in it become holes."""
    target.write(BITS)
    begin = 0
    view = memoryview(block)
    for at in range(0, BLOCK, LOOK):
        if block.startswith(ZEROS, at):
            target.write(view[begin:at])
            target.skip(ZEROS)
            begin = at + LOOK
    target.write(view[begin:])


def write(raw: int, target: HashedFile, size: int) -> None:
    """Write the whole file."""
    end = footer(-(-size // SECTOR) * SECTOR)
    table = array("I", [NONE]) * (-(-size // BLOCK))
    length = -(-len(table) * table.itemsize // SECTOR) * SECTOR
    place = (TABLE + length) // SECTOR
    for offset in with_data(raw, size, BLOCK):
        if has_data(raw, offset, size):
            table[offset // BLOCK] = place
            place += (len(BITS) + BLOCK) // SECTOR
    places = table[:]
    if sys.byteorder == "little":
        places.byteswap()
    target.write(end + header(len(table)) + places.tobytes().ljust(length, b"\xff"))
    shown = -1
    for number, place in enumerate(table):
        if place != NONE:
            offset = number * BLOCK
            block = os.pread(raw, min(BLOCK, size - offset), offset)
            put_block(target, block.ljust(BLOCK, b"\0"))
            shown = show(offset, size, shown)
    target.write(end)
    show(size, size, shown)


if __name__ == "__main__":
    write_hashed(write)
