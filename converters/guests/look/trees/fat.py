"""FAT12, FAT16 and FAT32, read by libfsfat. Names are looked up without regard to case.

On disk: https://learn.microsoft.com/en-us/windows-hardware/drivers/storage/fat-file-system (and
Microsoft's FAT32 File System Specification, fatgen103).
"""

from typing import Any, Final

import pyfsfat

from converters.guests.look.sources import Source
from converters.guests.look.trees.yal import YalTree
from converters.guests.tree import Stat

DIRECTORY: Final = 0x10  # of the attributes
LABEL: Final = 0x08


class FatTree(YalTree):
    """A FAT filesystem."""

    separator = "\\"

    def __init__(self, source: Source, volume_id: str) -> None:
        super().__init__(pyfsfat.volume(), source, volume_id)

    def free(self) -> int | None:
        """Return None: FAT's count of free clusters is only a hint."""
        return None

    def _shown(self, entry: Any) -> Stat:
        return _shown(entry)

    def _stat(self, path: str) -> Stat | None:
        if not path.strip("/"):  # the library has no attributes of the root
            return Stat("dir", mode=0o755)
        return super()._stat(path)


def _shown(entry: Any) -> Stat:
    flags = entry.get_file_attribute_flags()
    if flags & DIRECTORY:
        return Stat("dir", mode=0o755)
    if flags & LABEL:
        return Stat("other")
    return Stat("file", entry.get_size(), 0o755)
