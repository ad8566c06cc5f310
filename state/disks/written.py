"""Which blocks of a disk a qcow2 file holds: what was written while it was the topmost layer.

Only our own files are read here, but a guest has had them written.
"""

import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from state.disks.qcow2 import BITS, CLUSTER, MAGIC, OFFSET, REACH, VERSION
from state.lineage import BLOCK, Blocks

HEADER: Final = struct.Struct(">4sIQIIQIIQ")
GROUP: Final = BLOCK // CLUSTER * 8  # bytes of the entries of a block
NOTHING: Final = bytes(GROUP)
FEATURES: Final = 72  # where the header says what a reader must understand
KNOWN: Final = 0b11  # those that change nothing of this: not closed properly


class NotOurs(Exception):
    """It is not a qcow2 file as we have them made."""


def written_blocks(path: Path) -> Blocks:
    """Return the blocks that a file holds anything of, even if it is zeros; NotOurs."""
    with path.open("rb") as file:
        return Blocks.of(_written(file.fileno()))


def _written(file: int) -> Iterator[int]:
    head = os.pread(file, FEATURES + 8, 0)
    if len(head) < FEATURES + 8:
        raise NotOurs("it has no header")
    magic, version, _, _, bits, size, _, l1_size, l1_at = HEADER.unpack_from(head)
    (features,) = struct.unpack_from(">Q", head, FEATURES)
    if (magic, version, bits) != (MAGIC, VERSION, BITS) or features & ~KNOWN:
        raise NotOurs("it is no qcow2 file of version 3 with clusters of 64 KiB")
    tables = -(-size // REACH)
    if l1_size < tables:
        raise NotOurs("its L1 table is too short")
    l1 = os.pread(file, 8 * tables, l1_at).ljust(8 * tables, b"\0")
    for number, (entry,) in enumerate(struct.iter_unpack(">Q", l1)):
        if entry & OFFSET:
            table = os.pread(file, CLUSTER, entry & OFFSET)
            first = number * (REACH // BLOCK)
            for index in range(len(table) // GROUP):
                if table[index * GROUP : (index + 1) * GROUP] != NOTHING:
                    yield first + index
