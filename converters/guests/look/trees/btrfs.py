"""Btrfs, read only: a Tree of our own. Layout: btrfs_nodes.py and the pages named there.

    items of a subvolume's tree, by inode
      1 inode: size, owner, mode        24 attribute         84 name by its hash
      12 name and directory of it       96 name in order     108 piece of a file

A subvolume below another one is entered like a directory. Checksums of data are not verified.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import LIST
from converters.guests.look.sources import Allowance, Source
from converters.guests.look.trees.btrfs_extents import piece
from converters.guests.look.trees.btrfs_nodes import Nodes, key
from converters.guests.look.trees.crc32c import crc32c
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

_FS_TREE: Final = 5
_ROOT_DIRECTORY: Final = 6  # in the root tree: it names the default subvolume
_INODE, _REFERENCE, _XATTR, _NAME, _INDEX, _EXTENT = 1, 12, 24, 84, 96, 108
_ROOT, _BACK_REFERENCE, _FORWARD_REFERENCE = 132, 144, 156
_EMPTY: Final = 2  # an inode that no subvolume has
_TARGET: Final = 4096  # bytes of a link's target: PATH_MAX
_KNOWN: Final = 50_000  # answers that are kept
_OFFSET: Final = (1 << 64) - 1  # the part of a key
_NO_NAMES: Final = frozenset(("", ".", ".."))
_KINDS: Final = {0o100000: "file", 0o040000: "dir", 0o120000: "link"}


@dataclass(frozen=True, slots=True)
class _Subvolume:
    id: int
    address: int
    level: int
    top: int  # inode of its uppermost directory


@dataclass(frozen=True, slots=True)
class _Inode:
    subvolume: _Subvolume
    number: int
    stat: Stat


class BtrfsTree:
    """The filesystem as it is mounted: its default subvolume, or the one whose path is given.

    Raises Unreadable if there is no Btrfs in it, and Missing if there is no such subvolume; "" is
    the top level, under which all others are.
    """

    def __init__(self, source: Source, volume_id: str, subvolume: str | None = None) -> None:
        self.volume_id = volume_id
        self.subvolume = subvolume
        self._source = source
        self._allowance = Allowance()
        self._roots: dict[int, _Subvolume] = {}
        self._known: dict[str, _Inode | None] = {}
        with self._asking():
            self._open(subvolume)

    def _open(self, subvolume: str | None) -> None:
        self._nodes = Nodes(self._source, self._allowance)
        self.default = self._default()  # its number; 5: the top level
        self._top = self._subvolume(_FS_TREE if subvolume is not None else self.default)
        if subvolume is not None:
            found = self._walk(subvolume)
            if found is None or found.number != found.subvolume.top:
                raise Missing(f"{subvolume}: no such subvolume")
            self._top = found.subvolume
            self._known.clear()

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path, following nothing; None: nothing is."""
        with self._asking():
            found = self._walk(path)
            if found is None:
                return None
            if found.stat.kind != "link":
                return found.stat
            if found.stat.size > _TARGET:
                raise Unreadable(f"a symbolic link of {found.stat.size} bytes")
            target = self._bytes(found, _TARGET).decode("utf-8", "surrogateescape")
        return Stat("link", found.stat.size, 0o777, found.stat.uid, found.stat.gid, target)

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted; Missing if it is none."""
        names: set[str] = set()
        with self._asking():
            found = self._walk(path)
            if found is None or found.stat.kind != "dir":
                raise Missing(f"{path}: no such directory")
            for _, data in self._items(found.subvolume, found.number, _INDEX):
                names.update(
                    name.decode("utf-8", "surrogateescape") for name, _, _ in _entries(data)
                )
                if len(names) >= NAMES:
                    break
        return sorted(name for name in names if name not in _NO_NAMES and "/" not in name)

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it is no file."""
        with self._asking():
            found = self._walk(path)
            if found is None or found.stat.kind != "file":
                raise Missing(f"{path}: no such file")
            return self._bytes(found, limit)

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label of a file, None if it has none."""
        with self._asking():
            found = self._walk(path)
            if found is None:
                return None
            for _, data in self._items(found.subvolume, found.number, _XATTR):
                for name, value, _ in _entries(data):
                    if name == b"security.selinux":
                        return value
        return None

    def free(self) -> int | None:
        """Return the bytes of the device that nothing uses."""
        free = self._nodes.total - self._nodes.used
        return free if 0 <= free <= self._source.size else None

    def subvolumes(self) -> tuple[str, ...]:
        """Return the paths of all subvolumes below the top level, snapshots too, sorted."""
        paths = []
        first, last = key(256, _BACK_REFERENCE), key(1 << 63, 0)
        for where, data in self._nodes.items(self._nodes.root, self._nodes.root_level, first, last):
            if where >> 64 & 0xFF != _BACK_REFERENCE:
                continue
            parent = where & _OFFSET
            paths.append(self._path(parent, data))
            if len(paths) >= LIST:
                break
        return tuple(sorted(paths))

    def default_path(self) -> str:
        """Return the path of the default subvolume; "" if that is the top level."""
        if self.default == _FS_TREE:
            return ""
        with self._asking():
            for where, data in self._root_items(self.default, _BACK_REFERENCE):
                return self._path(where & _OFFSET, data)
        return ""

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Bound the time of one question."""
        self._allowance.begin()
        try:
            yield
        finally:
            self._allowance.end()

    def _path(self, parent: int, data: bytes) -> str:
        """Return the path that a reference from a parent subvolume gives, from the top level."""
        names: list[str] = []
        for _ in range(DEPTH):
            if len(data) < 18:
                raise Unreadable("a subvolume's reference is damaged")
            directory, _, length = struct.unpack_from("<QQH", data)
            names.append(data[18 : 18 + length].decode("utf-8", "surrogateescape"))
            subvolume = self._subvolume(parent)
            while directory != subvolume.top:
                if len(names) > DEPTH:
                    raise Unreadable("a subvolume is too deep")
                for where, reference in self._items(subvolume, directory, _REFERENCE):
                    (length,) = struct.unpack_from("<H", reference.ljust(10, b"\0"), 8)
                    names.append(reference[10 : 10 + length].decode("utf-8", "surrogateescape"))
                    directory = where & _OFFSET
                    break
                else:
                    raise Unreadable("a subvolume is in no directory")
            if parent == _FS_TREE:
                return "/".join(reversed(names))
            above = next(iter(self._root_items(parent, _BACK_REFERENCE)), None)
            if above is None:
                return "/".join(reversed(names))
            parent, data = above[0] & _OFFSET, above[1]
        raise Unreadable("a subvolume is too deep")

    def _default(self) -> int:
        for _, data in self._root_items(_ROOT_DIRECTORY, _NAME):
            for name, _, location in _entries(data):
                if name == b"default" and location[1] == _ROOT:
                    return location[0]
        return _FS_TREE

    def _subvolume(self, number: int) -> _Subvolume:
        if number not in self._roots:
            found = next(iter(self._root_items(number, _ROOT)), None)
            if found is None or len(found[1]) < 239:
                raise Unreadable("a subvolume is missing")
            top, address = struct.unpack_from("<QQ", found[1], 168)
            if len(self._roots) > LIST:
                self._roots.clear()
            self._roots[number] = _Subvolume(number, address, found[1][238], top)
        return self._roots[number]

    def _root_items(self, number: int, kind: int) -> Iterator[tuple[int, bytes]]:
        first, last = key(number, kind), key(number, kind + 1)
        return self._nodes.items(self._nodes.root, self._nodes.root_level, first, last)

    def _items(self, where: _Subvolume, inode: int, kind: int) -> Iterator[tuple[int, bytes]]:
        first, last = key(inode, kind), key(inode, kind + 1)
        return self._nodes.items(where.address, where.level, first, last)

    def _walk(self, path: str) -> _Inode | None:
        """Return what is at a path; the names above it are walked before, and remembered."""
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH or ".." in names:
            return None
        here: _Inode | None = self._inode(self._top, self._top.top)
        walked = ""
        for name in names:
            walked += "/" + name
            if here is None or here.stat.kind != "dir":
                return None
            if walked not in self._known:
                if len(self._known) >= _KNOWN:
                    self._known.clear()
                self._known[walked] = self._below(here, name.encode("utf-8", "surrogateescape"))
            here = self._known[walked]
        return here

    def _below(self, directory: _Inode, name: bytes) -> _Inode | None:
        location = self._lookup(directory, name)
        if location is None:
            return None
        number, kind = location
        if kind != _ROOT:
            return self._inode(directory.subvolume, number)
        where = key(directory.subvolume.id, _FORWARD_REFERENCE, number)
        root = self._nodes.root, self._nodes.root_level
        if not any(self._nodes.items(*root, where, where + 1)):  # in a snapshot of what is above it
            return _Inode(directory.subvolume, _EMPTY, Stat("dir", 0, 0o755))
        below = self._subvolume(number)
        return self._inode(below, below.top)

    def _lookup(self, directory: _Inode, name: bytes) -> tuple[int, int] | None:
        where = key(directory.number, _NAME, crc32c(name, 0xFFFFFFFE))
        tree = directory.subvolume
        for _, data in self._nodes.items(tree.address, tree.level, where, where + 1):
            for found, _, location in _entries(data):
                if found == name:
                    return location
        return None

    def _inode(self, where: _Subvolume, number: int) -> _Inode:
        for _, data in self._items(where, number, _INODE):
            if len(data) < 160:
                break
            (size,) = struct.unpack_from("<Q", data, 16)
            uid, gid, mode = struct.unpack_from("<III", data, 44)
            kind = _KINDS.get(mode & 0o170000, "other")
            return _Inode(where, number, Stat(kind, size, mode & 0o7777, uid, gid))
        raise Unreadable("an inode is missing")

    def _bytes(self, inode: _Inode, limit: int) -> bytes:
        size = min(inode.stat.size, limit)
        parts: list[bytes] = []
        done = 0
        for where, data in self._items(inode.subvolume, inode.number, _EXTENT):
            start = where & _OFFSET
            if start >= size:
                break
            if start < done:
                raise Unreadable("a file is damaged: its pieces overlap")
            parts.append(bytes(start - done))  # a hole
            part = piece(self._nodes, data, size - start)
            parts.append(part)
            done = start + len(part)
        return b"".join(parts)[:size].ljust(size, b"\0")


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes, tuple[int, int]]]:
    """Yield the names of an item: name, value, what it leads to (number and type)."""
    at = 0
    while at + 30 <= len(data):
        number, kind, _, _, value, name = struct.unpack_from("<QBQQHH", data, at)
        at += 30
        if at + name + value > len(data):
            raise Unreadable("a directory is damaged")
        yield data[at : at + name], data[at + name : at + name + value], (number, kind)
        at += name + value
