"""Checksums: the SHA-256 of the blocks of a disk, as far as somebody has calculated them already.

They are what was the journal while the blocks were written (see journal.py), and lie beside the
blob under a name that leads to it: they go when it goes. All or some may be missing, and who misses
one calculates it. Of encrypted disks there are none: they would tell who guesses what is in them.
"""

import os
from pathlib import Path

from state.disks.journal import EMPTY, SLOT, place_of


def checksum(path: Path, index: int) -> bytes | None:
    """Return the checksum of a block, if it is known."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        found = os.pread(file, SLOT, place_of(index))
    finally:
        os.close(file)
    return found if len(found) == SLOT and found != EMPTY else None
