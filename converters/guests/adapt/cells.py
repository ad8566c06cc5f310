"""The cells of a registry hive that is to be changed: read with every bound checked, and allocated.

    base block (4096 bytes)
    0    4   "regf"
    4    u32 sequence before a write     equal: the hive was closed; else its log is needed
    8    u32 sequence after it
    20   u32 major version, 1
    24   u32 minor version, 3 to 6
    28   u32 type, 0: a primary file
    36   u32 root: offset of its cell, from the end of this block, as all offsets
    40   u32 bytes of all bins
    508  u32 checksum of what stands before

    bin (a multiple of 4096 bytes)       cell (a multiple of 8 bytes)
    0    4   "hbin"                      0  i32 size, itself counted; below 0: in use
    4    u32 its own offset              4  content
    8    u32 its size
    32       cells

A new cell goes into a new bin at the end, never into a hole: what was there before stays where it
is, whatever a lying hive says about its free space.

Format: https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md
"""

import struct
from typing import Final

BASE: Final = 4096  # bytes of the base block
PAGE: Final = 4096  # a bin is a multiple of
BIN: Final = 32  # bytes of a bin's header
NOTHING: Final = 0xFFFF_FFFF  # in place of an offset
MINORS: Final = range(3, 7)
LARGEST: Final = 1 << 30  # bytes of bins; Windows allows 2 GiB, and nobody has so much


class Refused(Exception):
    """The hive is broken, or of a kind that can't be changed; nothing was changed."""


class Cells:
    """The bytes of a hive; offsets count from the end of the base block."""

    def __init__(self, content: bytes) -> None:
        """Take the bytes of a hive; raises Refused unless it is whole and closed."""
        if len(content) < BASE + PAGE or content[:4] != b"regf":
            raise Refused("it is no registry hive")
        first, second = struct.unpack_from("<II", content, 4)
        major, minor, kind, form, root, size = struct.unpack_from("<IIIIII", content, 20)
        if first != second:
            raise Refused("it was not closed: changes to it stand in its log only")
        if checksum(content) != struct.unpack_from("<I", content, 508)[0]:
            raise Refused("its checksum is wrong")
        if (major, kind, form) != (1, 0, 1) or minor not in MINORS:
            raise Refused(f"its version {major}.{minor} is unknown")
        if size % PAGE or not 0 < size <= min(len(content) - BASE, LARGEST):
            raise Refused("it is cut off")
        if content[BASE : BASE + 4] != b"hbin":
            raise Refused("it has no bins")
        self.root: int = root
        self._bytes = bytearray(content[: BASE + size])
        self._free = 0  # where the next new cell goes
        self._end = 0  # of the new bin

    def number(self, offset: int, at: int, form: str = "<I") -> int:
        """Return a number of a cell's content."""
        size = struct.calcsize(form)
        (number,) = struct.unpack(form, self.content(offset, at, size))
        return int(number)

    def put(self, offset: int, at: int, number: int, form: str = "<I") -> None:
        """Write a number into a cell's content; raises Refused if it is too large or below zero."""
        try:
            content = struct.pack(form, number)
        except struct.error as error:
            raise Refused(f"a number of the cell at {offset} is wrong") from error
        self.write(offset, at, content)

    def content(self, offset: int, at: int = 0, size: int | None = None) -> bytes:
        """Return bytes of a cell's content; raises Refused if it has fewer."""
        start, end = self._place(offset)
        last = end if size is None else start + at + size
        if not start <= start + at <= last <= end:
            raise Refused(f"the cell at {offset} is too short")
        return bytes(self._bytes[start + at : last])

    def write(self, offset: int, at: int, content: bytes) -> None:
        """Write bytes into a cell; raises Refused if they don't fit."""
        start, end = self._place(offset)
        if not 0 <= at <= at + len(content) <= end - start:
            raise Refused(f"the cell at {offset} is too short")
        self._bytes[start + at : start + at + len(content)] = content

    def expect(self, offset: int, *kinds: bytes) -> None:
        """Raise Refused unless a cell is of one of these kinds."""
        if self.content(offset, 0, 2) not in kinds:
            raise Refused(f"the cell at {offset} is not what it should be")

    def room(self, offset: int) -> int:
        """Return how many bytes a cell can hold."""
        start, end = self._place(offset)
        return end - start

    def add(self, content: bytes) -> int:
        """Return the offset of a new cell with these bytes."""
        size = -(-(len(content) + 4) // 8) * 8
        if self._end - self._free < size:
            self._close()
            self._free = len(self._bytes) - BASE
            length = -(-(BIN + size) // PAGE) * PAGE
            if self._free + length > LARGEST:
                raise Refused("it is too large to grow")
            self._end = self._free + length
            head = b"hbin" + struct.pack("<II", self._free, length)
            self._bytes += head.ljust(BIN, b"\0") + bytes(length - BIN)
            self._free += BIN
        offset = self._free
        self._free += size
        struct.pack_into("<i", self._bytes, BASE + offset, -size)
        start = BASE + offset + 4
        self._bytes[start : start + len(content)] = content
        return offset

    def free(self, offset: int) -> None:
        """Give a cell back."""
        start, end = self._place(offset)
        struct.pack_into("<i", self._bytes, start - 4, end - start + 4)

    def file(self) -> bytes:
        """Return the hive, closed."""
        self._close()
        (sequence,) = struct.unpack_from("<I", self._bytes, 4)
        sequence = (sequence + 1) & 0xFFFF_FFFF
        struct.pack_into("<II", self._bytes, 4, sequence, sequence)
        struct.pack_into("<I", self._bytes, 40, len(self._bytes) - BASE)
        struct.pack_into("<I", self._bytes, 508, checksum(self._bytes))
        return bytes(self._bytes)

    def _place(self, offset: int) -> tuple[int, int]:
        """Return where the content of a used cell begins and ends in the file."""
        if offset % 8 or not BIN <= offset <= len(self._bytes) - BASE - 8:
            raise Refused(f"there can be no cell at {offset}")
        (size,) = struct.unpack_from("<i", self._bytes, BASE + offset)
        if size > -8 or size % 8 or offset - size > len(self._bytes) - BASE:
            raise Refused(f"the cell at {offset} is broken")
        return BASE + offset + 4, BASE + offset - size

    def _close(self) -> None:
        """Make one free cell of what is left of the new bin."""
        if self._free < self._end:
            struct.pack_into("<i", self._bytes, BASE + self._free, self._end - self._free)


def checksum(head: bytes | bytearray) -> int:
    """Return the checksum of a base block."""
    result = 0
    for number in struct.unpack_from("<127I", head):
        result ^= number
    return {0: 1, NOTHING: NOTHING - 1}.get(result, result)


def encoded(name: str) -> tuple[bytes, bool]:
    """Return a name's bytes, and whether they are 8 bits a letter."""
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def decoded(raw: bytes, latin: bool) -> str:
    """Return a name of these bytes."""
    return raw.decode("latin-1") if latin else raw.decode("utf-16-le", "replace")
