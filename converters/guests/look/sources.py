"""Where bytes come from: a disk, or pieces of disks joined to one run; and a file made of them.

    Disk ─► Joined (extents, in order) ─► Stream (what libyal takes for a file)

Whatever stands beyond the end is missing: a read gives fewer bytes. An Allowance bounds the time
that a reader may take: libyal's loops end when reads begin to fail.
"""

import os
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from time import process_time
from typing import Final, Protocol

from converters.guests.guest import Extent
from converters.guests.tree import Unreadable

ONCE: Final = 2.0  # seconds of the processor for one question to a filesystem
WHOLE: Final = 5.0  # seconds of the processor for all of one filesystem
LARGEST: Final = 64 << 20  # bytes of one read: nothing in a filesystem is fetched in larger pieces


class Source(Protocol):
    """Something with bytes in it."""

    size: int

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes from offset on, at most size of them."""


class Disk:
    """A raw disk image, or a block device."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb", buffering=0)
        self.size = self._file.seek(0, os.SEEK_END)

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes from offset on, at most size of them."""
        if offset < 0 or size <= 0 or offset >= self.size:
            return b""
        return os.pread(self._file.fileno(), min(size, LARGEST), offset)


class Joined:
    """Extents of disks, one behind the other."""

    def __init__(self, disks: Sequence[Source], extents: Sequence[Extent]) -> None:
        self._disks = disks
        self._extents = extents
        self._starts: list[int] = []
        self.size = 0
        for extent in extents:
            self._starts.append(self.size)
            self.size += extent.size

    def read_at(self, offset: int, size: int) -> bytes:
        """Return the bytes from offset on, at most size of them."""
        if offset < 0 or size <= 0 or offset >= self.size:
            return b""
        if len(self._extents) == 1:
            only = self._extents[0]
            return self._disks[only.disk].read_at(
                only.offset + offset, min(size, only.size - offset)
            )
        found = bytearray()
        size = min(size, LARGEST, self.size - offset)
        at = bisect_right(self._starts, offset) - 1
        while len(found) < size and at < len(self._extents):
            extent = self._extents[at]
            inside = offset + len(found) - self._starts[at]
            wanted = min(extent.size - inside, size - len(found))
            piece = self._disks[extent.disk].read_at(extent.offset + inside, wanted)
            found += piece
            if len(piece) < wanted:
                break
            at += 1
        return bytes(found)


class Allowance:
    """How long a filesystem may keep the processor busy: for one question, and for all of them."""

    def __init__(self, once: float = ONCE, whole: float = WHOLE) -> None:
        self._once = once
        self._left = whole
        self._began = 0.0
        self._until = 0.0

    def begin(self) -> None:
        """Begin a question. Raises Unreadable if all have taken too long."""
        if self._left <= 0:
            raise Unreadable("the filesystem takes too long to read")
        self._began = process_time()
        self._until = self._began + min(self._once, self._left)

    def end(self) -> None:
        """End it."""
        self._left -= process_time() - self._began

    def check(self) -> None:
        """Raise Unreadable if the question takes too long."""
        if process_time() > self._until:
            raise Unreadable("the filesystem takes too long to read")


class Stream:
    """A source as a file object, as much of one as libyal asks for."""

    def __init__(self, source: Source, allowance: Allowance) -> None:
        self._source = source
        self._allowance = allowance
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        self._allowance.check()
        left = max(self._source.size - self._at, 0)
        found = self._source.read_at(self._at, left if size < 0 else min(size, left))
        self._at += len(found)
        return found

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to an offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._source.size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def tell(self) -> int:
        """Return where it stands."""
        return self._at

    def get_size(self) -> int:
        """Return how large it is."""
        return self._source.size
