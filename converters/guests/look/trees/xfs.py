"""XFS, read by libfsxfs.

On disk: https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf
"""

import struct

import pyfsxfs

from converters.guests.look.sources import Source
from converters.guests.look.trees.yal import UnixTree


class XfsTree(UnixTree):
    """An XFS filesystem, of version 4 or 5."""

    def __init__(self, source: Source, volume_id: str) -> None:
        super().__init__(pyfsxfs.volume(), source, volume_id)

    def free(self) -> int | None:
        """Return the bytes that are free, as the superblock says (it is right once unmounted)."""
        block = self._source.read_at(0, 512)
        (size,) = struct.unpack_from(">I", block, 4)
        (blocks,) = struct.unpack_from(">Q", block, 144)
        free = int(size) * int(blocks)
        return free if free <= self._source.size else None
