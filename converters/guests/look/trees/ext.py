"""ext2, ext3 and ext4, read only: a Tree of our own.

    directory:  entries of 0 inode · 4 length of the entry · 6 length of the name · 8 name

Directories are read from end to end and kept; their hash trees look like deleted entries then. A
journal that waits for its replay is left alone. libfsext is not used: it cannot look into a
directory with a name of 255 bytes, or with one that is not UTF-8, and loses attributes.
https://www.kernel.org/doc/html/latest/filesystems/ext4/directory.html
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from typing import Final

from converters.guests.look.sources import Allowance, Source
from converters.guests.look.trees.ext_inodes import ENCRYPTED, EXTENTS, INLINE, Inode, Inodes
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

ROOT: Final = 2
DIRECTORY: Final = 64 << 20  # bytes; one of 100,000 long names has 30 MiB
TARGET: Final = 4096  # bytes of a link's target: PATH_MAX
KEPT: Final = 200_000  # names of directories
SECURITY: Final = 6


class ExtTree:
    """An ext2, ext3 or ext4 filesystem; raises Unreadable if there is none."""

    def __init__(self, source: Source, volume_id: str) -> None:
        self.volume_id = volume_id
        self._source = source
        self._allowance = Allowance()
        self._directories: dict[int, dict[bytes, int]] = {}
        self._kept = 0
        with self._asking():
            self._inodes = Inodes(source, self._allowance)
            if not S_ISDIR(self._inodes.inode(ROOT).mode):
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
            return self._inodes.content(inode, limit)

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label (security.selinux) of a file, None if it has none."""
        with self._asking():
            inode = self._walk(path)
            if inode is None:
                return None
            return self._inodes.attribute(inode, SECURITY, b"selinux")

    def free(self) -> int | None:
        """Return the bytes that are free, as the superblock says; None if that cannot be."""
        return self._inodes.free if self._inodes.free <= self._source.size else None

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._allowance.begin()
        try:
            yield
        except (struct.error, OSError, MemoryError) as error:
            raise Unreadable(str(error)) from error
        finally:
            self._allowance.end()

    def _walk(self, path: str) -> Inode | None:
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH:
            raise Unreadable(f"{path[:80]}: too many levels")
        inode = self._inodes.inode(ROOT)
        for name in names:
            if not S_ISDIR(inode.mode):
                return None
            try:
                number = self._entries(inode).get(name.encode("utf-8", "surrogateescape"))
            except UnicodeEncodeError:
                return None
            if number is None:
                return None
            inode = self._inodes.inode(number)
        return inode

    def _shown(self, inode: Inode) -> Stat:
        kind, size, target = "other", 0, ""
        if S_ISREG(inode.mode):
            kind, size = "file", inode.size
        elif S_ISDIR(inode.mode):
            kind, size = "dir", inode.size
        elif S_ISLNK(inode.mode):
            if inode.size > TARGET:
                raise Unreadable(f"a symbolic link of {inode.size} bytes")
            kind, size = "link", inode.size
            target = self._target(inode).decode("utf-8", "surrogateescape")
        return Stat(kind, size, S_IMODE(inode.mode), inode.uid, inode.gid, target)

    def _target(self, inode: Inode) -> bytes:
        short = inode.size < 60 and not inode.flags & (EXTENTS | INLINE | ENCRYPTED)
        found = inode.map[: inode.size] if short else self._inodes.content(inode, TARGET)
        return found.partition(b"\0")[0]

    def _entries(self, inode: Inode) -> dict[bytes, int]:
        """Return the names in a directory with their inodes."""
        known = self._directories.get(inode.number)
        if known is None:
            if inode.size > DIRECTORY:
                raise Unreadable(f"a directory of {inode.size} bytes")
            known = {}
            for piece in self._pieces(inode):
                self._allowance.check()
                for name, number in self._listed(piece):
                    known.setdefault(name, number)
                if len(known) >= NAMES:
                    break
            self._kept += len(known)
            if self._kept > KEPT:
                self._directories.clear()
                self._kept = len(known)
            self._directories[inode.number] = known
        return known

    def _pieces(self, inode: Inode) -> Iterator[bytes]:
        """Give the parts of a directory over whose ends no entry reaches: its blocks."""
        content = self._inodes.content(inode, DIRECTORY)
        if inode.flags & INLINE:
            yield content[4:60]  # behind the inode of the directory above
            yield content[60:]
            return
        for at in range(0, len(content), self._inodes.size):
            yield content[at : at + self._inodes.size]

    def _listed(self, piece: bytes) -> Iterator[tuple[bytes, int]]:
        at = 0
        while at + 8 <= len(piece):
            inode, length, size, high = struct.unpack_from("<IHBB", piece, at)
            if length in (0, 0xFFFF):
                length = 65536  # which does not fit
            if length < 8 or length % 4 or at + length > len(piece):
                raise Unreadable("a directory is broken")
            if not self._inodes.file_types:
                size |= high << 8
            name = piece[at + 8 : at + 8 + min(size, length - 8)]
            if inode and name not in (b"", b".", b"..") and b"/" not in name and b"\0" not in name:
                yield name, inode
            at += length
