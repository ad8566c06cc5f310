"""Lineage: which snapshot was made on top of which, and the blocks in which it may differ from it.

    snap-1 ◄─ snap-2 {0, 7} ◄─ snap-3 {7, 9}        between snap-1 and snap-3: {0, 7, 9}

A block is 512 KiB. Sets of them are bitmaps, block 0 the lowest bit of the first byte; they are
kept deflated.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from typing import Final, Self

BLOCK: Final = 512 << 10  # bytes
SOME: Final = re.compile(rb"[^\0]")


class Blocks:
    """A set of blocks of a disk; never changed."""

    __slots__ = ("bitmap",)

    def __init__(self, bitmap: bytes = b"") -> None:
        self.bitmap = bitmap.rstrip(b"\0")

    @classmethod
    def of(cls, indices: Iterable[int]) -> Self:
        """Make a set of some blocks."""
        bitmap = bytearray()
        for index in indices:
            place, bit = divmod(index, 8)
            if place >= len(bitmap):
                bitmap.extend(bytes(place + 1 - len(bitmap)))
            bitmap[place] |= 1 << bit
        return cls(bytes(bitmap))

    @classmethod
    def unpacked(cls, packed: bytes) -> Self:
        """Make a set of what `packed` has given."""
        return cls(zlib.decompress(packed))

    def packed(self) -> bytes:
        """Give the set in few bytes."""
        return zlib.compress(self.bitmap)

    def since(self, first: int = 0) -> Iterator[int]:
        """Yield the blocks from one on, in order."""
        for found in SOME.finditer(self.bitmap, first >> 3):
            place = found.start()
            for bit in range(8):
                if self.bitmap[place] >> bit & 1 and place * 8 + bit >= first:
                    yield place * 8 + bit

    def __or__(self, other: Self) -> Self:
        size = max(len(self.bitmap), len(other.bitmap))
        either = int.from_bytes(self.bitmap, "little") | int.from_bytes(other.bitmap, "little")
        return type(self)(either.to_bytes(size, "little"))

    def __iter__(self) -> Iterator[int]:
        return self.since()

    def __len__(self) -> int:
        return int.from_bytes(self.bitmap, "little").bit_count()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Blocks) and self.bitmap == other.bitmap

    def __hash__(self) -> int:
        return hash(self.bitmap)

    def __repr__(self) -> str:
        return f"<{len(self)} blocks>"
