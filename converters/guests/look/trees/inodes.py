"""What the readers of ext and XFS have in common: a tree of names over files known by number.

Directories are read from end to end and kept. Names are bytes; those that are not UTF-8 are shown
with surrogates.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from io import SEEK_END, BytesIO
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from typing import Final, Generic, Protocol, TypeVar

from converters.guests.look.sources import Allowance, Source
from converters.guests.look.trees.crc32c import crc32c
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

DIRECTORY: Final = 64 << 20  # bytes; one of 100,000 long names has 30 MiB
TARGET: Final = 4096  # bytes of a link's target: PATH_MAX
KEPT: Final = 200_000  # names of directories, and inodes


class Inode(Protocol):
    """What every inode tells."""

    @property
    def number(self) -> int: ...  # noqa: D102
    @property
    def mode(self) -> int: ...  # noqa: D102
    @property
    def uid(self) -> int: ...  # noqa: D102
    @property
    def gid(self) -> int: ...  # noqa: D102
    @property
    def size(self) -> int: ...  # noqa: D102


T = TypeVar("T", bound=Inode)


class InodeTree(ABC, Generic[T]):
    """A filesystem of inodes; raises Unreadable if there is none."""

    root: int  # number of the root directory's inode

    def __init__(self, source: Source, volume_id: str) -> None:
        self.volume_id = volume_id
        self._source = source
        self._allowance = Allowance()
        self._inodes: dict[int, T] = {}
        self._directories: dict[int, dict[bytes, int]] = {}
        self._kept = 0
        with self._asking():
            self._open()
            if not S_ISDIR(self._inode(self.root).mode):
                raise Unreadable("it has no root directory")

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path, following nothing; None: nothing is."""
        with self._asking():
            inode = self._walk(path)
            return None if inode is None else self._shown(inode)

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted, without . and ..; Missing if it is none."""
        with self._asking():
            inode = self._walk(path)
            if inode is None or not S_ISDIR(inode.mode):
                raise Missing(f"{path}: no such directory")
            return sorted(name.decode("utf-8", "surrogateescape") for name in self._entries(inode))

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it is no file."""
        with self._asking():
            inode = self._walk(path)
            if inode is None or not S_ISREG(inode.mode):
                raise Missing(f"{path}: no such file")
            return self._content(inode, limit)

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label (security.selinux) of a file, None if it has none."""
        with self._asking():
            inode = self._walk(path)
            return None if inode is None else self._label(inode)

    @abstractmethod
    def free(self) -> int | None:
        """Return the bytes that are free, None if nobody knows."""

    @abstractmethod
    def _open(self) -> None:
        """Read the superblock, and say which inode is the root."""

    @abstractmethod
    def _fetched(self, number: int) -> T:
        """Return an inode."""

    @abstractmethod
    def _content(self, inode: T, limit: int) -> bytes:
        """Return what is in a file, at most limit bytes of it; holes are zeros."""

    @abstractmethod
    def _target(self, inode: T) -> bytes:
        """Return where a link leads."""

    @abstractmethod
    def _label(self, inode: T) -> bytes | None:
        """Return the SELinux label of a file."""

    @abstractmethod
    def _listed(self, inode: T) -> Iterator[tuple[bytes, int]]:
        """Give the names in a directory, . and .. perhaps too, and the inode of each."""

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._allowance.begin()
        try:
            yield
        except (struct.error, OSError, MemoryError, ValueError) as error:
            raise Unreadable(str(error)) from error
        finally:
            self._allowance.end()

    def _inode(self, number: int) -> T:
        if number not in self._inodes:
            if len(self._inodes) >= KEPT:
                self._inodes.clear()
            self._inodes[number] = self._fetched(number)
        return self._inodes[number]

    def _walk(self, path: str) -> T | None:
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH:
            raise Unreadable(f"{path[:80]}: too many levels")
        inode = self._inode(self.root)
        for name in names:
            if not S_ISDIR(inode.mode):
                return None
            try:
                number = self._entries(inode).get(name.encode("utf-8", "surrogateescape"))
            except UnicodeEncodeError:
                return None
            if number is None:
                return None
            inode = self._inode(number)
        return inode

    def _shown(self, inode: T) -> Stat:
        kind, size, target = "other", 0, ""
        if S_ISREG(inode.mode):
            kind, size = "file", inode.size
        elif S_ISDIR(inode.mode):
            kind, size = "dir", inode.size
        elif S_ISLNK(inode.mode):
            if inode.size > TARGET:
                raise Unreadable(f"a symbolic link of {inode.size} bytes")
            kind, size = "link", inode.size
            target = self._target(inode).partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return Stat(kind, size, S_IMODE(inode.mode), inode.uid, inode.gid, target)

    def _entries(self, inode: T) -> dict[bytes, int]:
        """Return the names in a directory with their inodes."""
        known = self._directories.get(inode.number)
        if known is None:
            if inode.size > DIRECTORY:
                raise Unreadable(f"a directory of {inode.size} bytes")
            known = {}
            for name, number in self._listed(inode):
                if name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name:
                    known.setdefault(name, number)
                if len(known) >= NAMES:
                    break
            self._kept += len(known)
            if self._kept > KEPT:
                self._directories.clear()
                self._kept = len(known)
            self._directories[inode.number] = known
        return known

    def _joined(self, runs: Iterator[tuple[int, int, int]], wanted: int) -> bytes:
        """Return the first bytes of runs: where in the file, where on the volume, how many."""
        found = BytesIO()  # gives away its bytes without copying them
        for begin, at, size in runs:
            end = min(begin + size, wanted)
            while begin < end:
                self._allowance.check()
                piece = self._source.read_at(at, end - begin)
                if not piece:
                    raise Unreadable("a file goes beyond the end of the volume")
                found.seek(begin)
                found.write(piece)
                begin, at = begin + len(piece), at + len(piece)
        if found.seek(0, SEEK_END) < wanted:
            found.seek(wanted - 1)
            found.write(b"\0")
        return found.getvalue()

    def _piece(self, at: int, size: int) -> bytes:
        """Return some bytes of the volume, all of them."""
        self._allowance.check()
        found = self._source.read_at(at, size)
        if len(found) < size:
            raise Unreadable(f"offset {at} is beyond the end of the volume")
        return found


def register(data: bytes) -> int:
    """Return the register of CRC-32C after some data, not inverted at the end.

    Piece by piece: for one superblock, the table for longer ones is not worth its making.
    """
    found = 0xFFFFFFFF
    for at in range(0, len(data), 512):
        found = crc32c(data[at : at + 512], found)
    return found
