"""NTFS, read by libfsntfs. Names are looked up without regard to case.

On disk: https://github.com/libyal/libfsntfs/blob/main/documentation/
"""

from typing import Any, Final

import pyfsntfs

from converters.guests.look.sources import Source
from converters.guests.look.trees.yal import YalTree
from converters.guests.tree import Missing, Stat

PIECE: Final = 8 << 20  # bytes of the bitmap at once
BITMAP: Final = 256 << 20  # bytes of it that are counted: of 8 TiB in clusters of 4 KiB


class NtfsTree(YalTree):
    """An NTFS filesystem."""

    separator = "\\"

    def __init__(self, source: Source, volume_id: str) -> None:
        super().__init__(pyfsntfs.volume(), source, volume_id)

    def free(self) -> int | None:
        """Return the bytes that are free: the zeros in $Bitmap; None if it is too large."""
        return self._asked(self._free)

    def _free(self) -> int | None:
        entry = self._entry("/$Bitmap")
        if entry is None:
            raise Missing("/$Bitmap: no such file")
        cluster = int(self._volume.get_cluster_block_size())
        clusters = self._source.size // cluster if cluster else 0
        size = min(entry.get_size(), (clusters + 7) // 8)
        if not clusters or size > BITMAP:
            return None
        used = 0
        while size > 0 and (piece := entry.read_buffer(min(PIECE, size))):
            used += int.from_bytes(piece).bit_count()
            size -= len(piece)
        return max(clusters - used, 0) * cluster

    def _shown(self, entry: Any) -> Stat:
        target = entry.get_symbolic_link_target()
        if target:
            return Stat("link", target=_inside(target))
        if entry.has_directory_entries_index():
            return Stat("dir", mode=0o755)
        if not entry.has_default_data_stream():
            return Stat("other")
        return Stat("file", entry.get_size(), 0o755)


def _inside(target: str) -> str:
    r"""Return where a junction leads, as a path of ours: \??\C:\Users becomes /Users."""
    path = target.removeprefix("\\??\\").removeprefix("\\\\?\\")
    if path[1:2] == ":":
        path = path[2:]
    return path.replace("\\", "/")
