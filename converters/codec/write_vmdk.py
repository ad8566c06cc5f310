"""Writes the disk in a raw file as a stream-optimized VMDK, from its beginning to its end.

    python -I -m converters.codec.write_vmdk RAW TARGET SIZE

    sector 0     header         "the directory is at the end"
    sector 1…20  descriptor     text
    sector 128   grains         of 64 KiB each, deflated on all cores; none where there are zeros
                 grain table    after the grains that it names; none if it would name none
                 …
                 directory
                 footer         the header again, with the directory's place
                 end of stream

This is the order, and these are the fields, that vSphere and ESXi write and want: version 3, and
a marker before everything. Prints percentages and, at the end, "= ", and the ETag.
"""

import os
import secrets
import sys
from array import array
from typing import Final

from isal import isal_zlib

from converters.codec.ordered import Growing, ordered, with_data, write_hashed
from converters.codec.sparse_extent import (
    AT_END,
    DEFLATE,
    END_OF_STREAM,
    ENTRIES,
    FLAGS,
    FOOTER,
    GRAIN_DIRECTORY,
    GRAIN_TABLE,
    HEADER,
    MAGIC,
    MARKER,
    NEWLINES,
    OTHER_MARKER,
    SECTOR,
    Header,
)
from converters.sparse_copy import show

GRAIN: Final = 1 << 16  # bytes
PIECE: Final = 1 << 20  # bytes that a thread takes at a time; tables are a multiple of it
TABLE: Final = GRAIN * ENTRIES  # bytes that a grain table is for
ZEROS: Final = bytes(GRAIN)
# Of realistic data 11 % more than zlib's default level leaves, 13 times as fast. Level 1 would be
# no faster, level 3 leaves 9 % more and takes half as long again.
LEVEL: Final = 2
OVERHEAD: Final = 128  # sectors before the first grain
HEADS, TRACK = 255, 63  # the geometry of a SCSI disk
CYLINDERS: Final = 65535  # at most

DESCRIPTOR: Final = """\
# Disk DescriptorFile
version=1
CID={cid:08x}
parentCID=ffffffff
createType="streamOptimized"

# Extent description
RW {capacity} SPARSE "{name}"

# The Disk Data Base
#DDB

ddb.adapterType = "lsilogic"
ddb.encoding = "UTF-8"
ddb.geometry.cylinders = "{cylinders}"
ddb.geometry.heads = "{heads}"
ddb.geometry.sectors = "{track}"
ddb.longContentID = "{content}{cid:08x}"
ddb.toolsVersion = "2147483647"
ddb.virtualHWVersion = "7"
"""
# assumed: hardware of version 7, which every ESX since 4 takes; tools of an unknown version


def header(capacity: int, directory: int = AT_END) -> bytes:
    """Return the sector of the header, or of the footer, of a disk of so many sectors."""
    return HEADER.pack(
        *Header(
            magic=MAGIC,
            version=3,
            flags=FLAGS,
            capacity=capacity,
            grain=GRAIN // SECTOR,
            descriptor=1,
            descriptor_length=20,
            entries=ENTRIES,
            spare_directory=0,
            directory=directory,
            overhead=OVERHEAD,
            unclean=False,
            newlines=NEWLINES,
            compression=DEFLATE,
        )
    ).ljust(SECTOR, b"\0")


def descriptor(capacity: int) -> bytes:
    """Return the text of the descriptor."""
    return DESCRIPTOR.format(
        cid=secrets.randbelow(0xFFFFFFFE),  # the last two mean that there is none
        capacity=capacity,
        name="disk.vmdk",
        cylinders=min(-(-capacity // (HEADS * TRACK)), CYLINDERS),
        heads=HEADS,
        track=TRACK,
        content=secrets.token_hex(12),
    ).encode()


def marked(kind: int, content: bytes) -> bytes:
    """Return a marker and what it announces, in whole sectors."""
    sectors = -(-len(content) // SECTOR)
    marker = OTHER_MARKER.pack(sectors, 0, kind).ljust(SECTOR, b"\0")
    return marker + content.ljust(sectors * SECTOR, b"\0")


def deflated(raw: int, offset: int, size: int) -> tuple[int, list[tuple[int, int]], bytes]:
    """Return offset, which grains of the piece there are and where they begin, and the grains."""
    piece = os.pread(raw, min(PIECE, size - offset), offset)
    parts: list[bytes] = []
    entries: list[tuple[int, int]] = []
    place = 0
    for at in range(0, len(piece), GRAIN):
        # The last grain of a disk is a whole one, too.
        grain = piece[at : at + GRAIN].ljust(GRAIN, b"\0")
        if grain == ZEROS:
            continue
        data = isal_zlib.compress(grain, LEVEL)
        marker = MARKER.pack((offset + at) // SECTOR, len(data))
        length = len(marker) + len(data)
        parts += marker, data, bytes(-length % SECTOR)
        entries.append((at // GRAIN, place))
        place += -(-length // SECTOR)
    return offset, entries, b"".join(parts)


def write(raw: int, target: Growing, size: int) -> int:
    """Write the whole file; return how many bytes of the disk are in it."""
    capacity = -(-size // SECTOR)
    front = header(capacity) + descriptor(capacity)
    target.write(front.ljust(OVERHEAD * SECTOR, b"\0"))
    directory = array("I", bytes(4 * -(-size // TABLE)))
    table = array("I", bytes(4 * ENTRIES))
    number = 0  # of the table
    populated = 0
    shown = -1

    def put_table() -> None:
        if any(table):
            directory[number] = target.size // SECTOR + 1
            target.write(marked(GRAIN_TABLE, little_endian(table)))
            table[:] = array("I", bytes(4 * ENTRIES))

    pieces = with_data(raw, size, PIECE)
    for offset, entries, grains in ordered(lambda offset: deflated(raw, offset, size), pieces):
        if offset // TABLE > number:
            put_table()
            number = offset // TABLE
        for at, place in entries:
            table[offset % TABLE // GRAIN + at] = target.size // SECTOR + place
        target.write(grains)
        populated += len(entries) * GRAIN
        shown = show(offset, size, shown)
    put_table()
    place = target.size // SECTOR + 1
    target.write(marked(GRAIN_DIRECTORY, little_endian(directory)))
    target.write(marked(FOOTER, header(capacity, place)))
    target.write(marked(END_OF_STREAM, b""))
    show(size, size, shown)
    return populated


def little_endian(numbers: "array[int]") -> bytes:
    """Return the bytes of numbers as the file has them."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers.tobytes()


if __name__ == "__main__":
    write_hashed(write)
