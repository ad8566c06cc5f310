"""Writes the disk in a stream-optimized VMDK as a sparse raw file, inflating on all cores.

    python -I -m converters.codec.read_vmdk IMAGE TARGET OFFSET LENGTH

The image is LENGTH bytes of a file from OFFSET on. Its header, descriptor and directory have been
looked at by converters.stages.formats.vmdk; its grains, which nobody trusts, are looked at here:
each one must lie inside, before the next one, be meant for its place, and inflate to its size.
Prints percentages; ends with 65 if the image is garbled.
"""

import os
import sys
import zlib
from array import array
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from isal import isal_zlib

from converters.codec.ordered import ordered
from converters.codec.sparse_extent import (
    AT_END,
    ENTRIES,
    HEADER,
    MARKER,
    SECTOR,
    ZEROED_GRAINS,
    Header,
)
from converters.sparse_copy import GARBLED, show, write

EMPTY_TABLE: Final = bytes(4 * ENTRIES)
PIECE: Final = 1 << 20  # bytes of the disk that a thread takes at a time


class Garbled(Exception):
    """The image is not sound; the message says where."""


class Grain(NamedTuple):
    """Where a grain begins, and where it ends at the latest."""

    number: int
    begin: int  # bytes of the image
    end: int


class Extent:
    """A sparse extent, open for reading."""

    def __init__(self, path: str, offset: int, length: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._offset = offset
        self._length = length
        header = Header(*HEADER.unpack(self.read(0, HEADER.size)))
        if header.directory == AT_END:
            header = Header(*HEADER.unpack(self.read(length - 2 * SECTOR, HEADER.size)))
        self.size = header.capacity * SECTOR
        self.grain = header.grain * SECTOR  # bytes
        # The first entry that is the place of a grain: there may be one that means zeros.
        self._first = 2 if header.flags & ZEROED_GRAINS else 1
        tables = -(-header.capacity // (header.grain * ENTRIES))
        self._directory = self._numbers(header.directory * SECTOR, tables)

    def read(self, offset: int, length: int) -> bytes:
        """Return length bytes of the image; Garbled if it hasn't so many."""
        if offset + length > self._length:
            raise Garbled(f"{length} bytes at {offset} are outside")
        return self.read_up_to(offset, length)

    def read_up_to(self, offset: int, length: int) -> bytes:
        """Return what the image has of length bytes."""
        return os.pread(
            self._file, max(min(length, self._length - offset), 0), self._offset + offset
        )

    def pieces(self) -> Iterator[list[Grain]]:
        """Give the grains in the order of the disk, as many at a time as a thread takes."""
        most = max(PIECE // self.grain, 1)
        for number, sector in enumerate(self._directory):
            if not sector:
                continue
            if self.read(sector * SECTOR, len(EMPTY_TABLE)) == EMPTY_TABLE:
                continue
            table = self._numbers(sector * SECTOR, ENTRIES)
            grains = list(self._grains(number * ENTRIES, table))
            for first in range(0, len(grains), most):
                yield grains[first : first + most]

    def _grains(self, base: int, table: "array[int]") -> Iterator[Grain]:
        last = -(-self.size // self.grain)
        named = [
            (base + at, entry * SECTOR)
            for at, entry in enumerate(table)
            if entry >= self._first and base + at < last
        ]
        following = [begin for _, begin in named[1:]] + [0]
        for (number, begin), after in zip(named, following, strict=True):
            # As much as qemu reads, or up to the next one.
            end = begin + 2 * self.grain + MARKER.size
            yield Grain(number, begin, min(end, after) if after > begin else end)

    def _numbers(self, offset: int, count: int) -> "array[int]":
        numbers = array("I")
        numbers.frombytes(self.read(offset, count * numbers.itemsize))
        if sys.byteorder == "big":
            numbers.byteswap()
        return numbers


def inflated(extent: Extent, grain: Grain, stored: memoryview) -> bytes:
    """Return the bytes of the disk that a grain is; stored is the file from its marker on."""
    if len(stored) < MARKER.size:
        raise Garbled(f"grain {grain.number} is outside")
    sector, length = MARKER.unpack_from(stored)
    if sector * SECTOR != grain.number * extent.grain:
        raise Garbled(f"grain {grain.number} is meant for sector {sector}")
    if not 0 < length <= len(stored) - MARKER.size:
        raise Garbled(f"grain {grain.number} has {length} bytes")
    data = stored[MARKER.size : MARKER.size + length]
    # The last one may be cut where the disk ends.
    needed = min(extent.grain, extent.size - grain.number * extent.grain)
    content = inflate(data, extent.grain)
    if content is None or len(content) < needed:
        raise Garbled(f"grain {grain.number} does not inflate to its size")
    return content[:needed] if len(content) > needed else content


def inflate(data: memoryview, limit: int) -> bytes | None:
    """Return what data inflates to if that is whole and at most limit bytes."""
    fast = isal_zlib.decompressobj()
    try:
        content = fast.decompress(data, limit + 1)
        if fast.eof:
            return content if len(content) <= limit else None
    except isal_zlib.error:  # type: ignore[misc]  # its stub takes the class for an instance
        pass
    # What ISA-L doesn't take zlib, which qemu reads with, may take.
    careful = zlib.decompressobj()
    try:
        content = careful.decompress(data, limit + 1)
    except zlib.error:
        return None
    return content if careful.eof and len(content) <= limit else None


def copy(extent: Extent, target: int, grains: list[Grain]) -> int:
    """Write a piece of the disk; return where it begins."""
    begin = grains[0].begin
    length = grains[-1].end - begin
    together = (
        memoryview(extent.read_up_to(begin, length))
        if length <= (len(grains) + 2) * (extent.grain + SECTOR)
        and all(one.begin < other.begin for one, other in pairwise(grains))
        else None
    )
    for grain in grains:
        if together is None:
            stored = memoryview(extent.read_up_to(grain.begin, grain.end - grain.begin))
        else:
            stored = together[grain.begin - begin : grain.end - begin]
        write(target, inflated(extent, grain, stored), grain.number * extent.grain)
    return grains[0].number * extent.grain


def read(extent: Extent, target: int) -> None:
    """Write the whole disk."""
    shown = -1
    os.ftruncate(target, extent.size)
    for offset in ordered(lambda grains: copy(extent, target, grains), extent.pieces()):
        shown = show(offset, extent.size, shown)
    show(extent.size, extent.size, shown)


def main() -> None:
    """Read what the command line names."""
    target = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        read(Extent(sys.argv[1], int(sys.argv[3]), int(sys.argv[4])), target)
    except Garbled as garbled:
        print(garbled, file=sys.stderr)
        sys.exit(GARBLED)


if __name__ == "__main__":
    main()
