"""Journals: which blocks of a snapshot were written, each with the SHA-256 of what it holds.

    offset 0                  one byte that is never written, but locked: shared by whoever writes
                              blocks, alone by who completes the snapshot
    offset 4096 + 32 × index  SHA-256 of the block, zeros if it was not written

The file is sparse. A slot is cleared before its block is overwritten and filled after it, with the
slot locked: so a slot that is filled tells the truth, whenever a process dies, and of two who write
the same block at once the one that comes later wins. The locks are those of open files (OFD): they
hold between threads and between processes alike, and end with the process. Who completes or deletes
the snapshot takes the journal away from its path: nobody writes after that.
"""

import fcntl
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from state.disks.raw import RawDisk, stretch
from state.lineage import BLOCK

HEAD: Final = 4096
SLOT: Final = 32
EMPTY: Final = bytes(SLOT)
READ: Final = 1 << 20  # bytes of the journal at a time
ZEROS: Final = bytes(BLOCK)


class Journal:
    """The journal of a snapshot that is being written, and the file of its blocks, both open."""

    def __init__(self, journal: int, blocks: int) -> None:
        self._journal = journal
        self._blocks = blocks

    def write(self, index: int, data: bytes | bytearray, digest: bytes) -> None:
        """Write a block, whose SHA-256 this is; once this returns, it is not lost."""
        place = place_of(index)
        with locked(self._journal, place, SLOT, fcntl.F_WRLCK):
            if os.pread(self._journal, SLOT, place) not in (EMPTY, b""):
                put(self._journal, EMPTY, place)
            if data != ZEROS or self._has_data(index * BLOCK):
                put(self._blocks, data, index * BLOCK)
            put(self._journal, digest, place)

    def written(self) -> Iterator[tuple[int, bytes]]:
        """Yield the blocks that were written, in order, with their SHA-256."""
        size = os.fstat(self._journal).st_size
        slots = RawDisk(self._journal, size)
        for begin, end in slots.data(HEAD):
            for at in range(begin - begin % SLOT, end, READ):
                some = slots.read(at, min(READ, end - at))
                for offset in range(0, len(some), SLOT):
                    if (digest := some[offset : offset + SLOT]) != EMPTY:
                        yield (at + offset - HEAD) // SLOT, digest

    def resize(self, size: int) -> None:
        """Make the file of the blocks as large as the disk, if the filesystem has such files."""
        stretch(self._blocks, size)

    def _has_data(self, offset: int) -> bool:
        disk = RawDisk(self._blocks, offset + BLOCK)
        return next(disk.data(offset), None) is not None


@contextmanager
def opened(journal: Path, blocks: Path, *, alone: bool = False) -> Iterator[Journal]:
    """Open a journal, beside others who write or alone; FileNotFoundError if it is no more."""
    file = os.open(journal, os.O_RDWR | os.O_CLOEXEC)
    try:
        with locked(file, 0, 1, fcntl.F_WRLCK if alone else fcntl.F_RDLCK):
            journal.stat()  # it may have been taken away since it was opened
            target = os.open(blocks, os.O_RDWR | os.O_CLOEXEC)
            try:
                yield Journal(file, target)
            finally:
                os.close(target)
    finally:
        os.close(file)


@contextmanager
def locked(file: int, offset: int, length: int, kind: int) -> Iterator[None]:
    """Hold a lock on some bytes of an open file."""
    fcntl.fcntl(file, fcntl.F_OFD_SETLKW, flock(kind, offset, length))
    try:
        yield
    finally:
        fcntl.fcntl(file, fcntl.F_OFD_SETLKW, flock(fcntl.F_UNLCK, offset, length))


def place_of(index: int) -> int:
    """Return where the slot of a block is."""
    return HEAD + index * SLOT


def flock(kind: int, offset: int, length: int) -> bytes:
    """Spell struct flock."""
    return struct.pack("@hhqqi4x", kind, os.SEEK_SET, offset, length, 0)


def put(file: int, data: bytes | bytearray, offset: int) -> None:
    """Write all of data; a disk that is nearly full takes some of it before it fails."""
    rest = memoryview(data)
    while rest:
        count = os.pwrite(file, rest, offset)
        rest, offset = rest[count:], offset + count
