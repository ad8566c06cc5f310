"""ext2, ext3 and ext4, read by libfsext.

On disk: https://www.kernel.org/doc/html/latest/filesystems/ext4/
"""

import struct
from typing import Final

import pyfsext

from converters.guests.look.sources import Source
from converters.guests.look.trees.yal import UnixTree

SUPERBLOCK: Final = 1024  # bytes from the start
BITS64: Final = 0x80  # INCOMPAT_64BIT: the upper halves of counts are there


class ExtTree(UnixTree):
    """An ext2, ext3 or ext4 filesystem."""

    def __init__(self, source: Source, volume_id: str) -> None:
        super().__init__(pyfsext.volume(), source, volume_id)

    def free(self) -> int | None:
        """Return the bytes that are free, as the superblock says."""
        block = self._source.read_at(SUPERBLOCK, 1024)
        (low,) = struct.unpack_from("<I", block, 12)
        (shift,) = struct.unpack_from("<I", block, 24)
        (incompatible,) = struct.unpack_from("<I", block, 96)
        (high,) = struct.unpack_from("<I", block, 344)
        blocks = low | (high << 32 if incompatible & BITS64 else 0)
        free = int(blocks) * (1024 << min(shift, 6))
        return free if free <= self._source.size else None
