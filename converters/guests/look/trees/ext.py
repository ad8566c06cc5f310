"""ext2, ext3 and ext4, read only: a Tree of our own.

    1024 superblock · group descriptors: each says where a table of inodes is
    inode:      0 mode · 4 size · 32 flags · 40 block map: 15 pointers, a tree of extents, or the
                content itself · 104 block of attributes · 128 more members, its own attributes
    directory:  entries of 0 inode · 4 length of the entry · 6 length of the name · 8 name

A journal that waits for its replay is left alone. libfsext is not used: it cannot look into a
directory with a name of 255 bytes, or with one that is not UTF-8, and loses attributes.
https://www.kernel.org/doc/html/latest/filesystems/ext4/ (little endian throughout)
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.guests.look.trees.inodes import DIRECTORY, TARGET, InodeTree, register
from converters.guests.tree import Unreadable

EXTENTS: Final = 0x80000  # flags of an inode
INLINE: Final = 0x10000000
ENCRYPTED: Final = 0x800
FILE_TYPES: Final = 0x2  # features that change where things are
META_GROUPS: Final = 0x10
BITS64: Final = 0x80
# what else may be there: a journal to be replayed, extents, multiple mounts, flexible groups,
# attributes in inodes, a seed, large directories, inline data, encryption, case folding
KNOWN: Final = FILE_TYPES | 0x4 | META_GROUPS | 0x40 | BITS64 | 0x100 | 0x200 | 0x400 | 0x3E000
CHECKSUMS: Final = 0x400  # Linux mounts nothing whose superblock has a wrong one
DEEPEST: Final = 5  # levels of extents
VALUE: Final = 65536  # bytes of an attribute
ATTRIBUTES: Final = b"\0\0\x02\xea"
SYSTEM, SECURITY = 7, 6  # of which kind an attribute is


@dataclass(frozen=True, slots=True)
class Inode:
    """What a file is."""

    number: int
    mode: int
    uid: int
    gid: int
    size: int
    flags: int
    map: bytes  # 60 bytes
    attributes_block: int
    rest: bytes  # of its own attributes


class ExtTree(InodeTree[Inode]):
    """An ext2, ext3 or ext4 filesystem; raises Unreadable if there is none."""

    root = 2

    def free(self) -> int | None:
        """Return the bytes that are free, as the superblock says; None if that cannot be."""
        return self._free if self._free <= self._source.size else None

    def _open(self) -> None:
        block = self._source.read_at(1024, 1024)
        if len(block) < 1024 or block[56:58] != b"\x53\xef":
            raise Unreadable("there is no superblock")
        self._count, low, _, free = struct.unpack_from("<4I", block, 0)
        self._first, shift = struct.unpack_from("<II", block, 20)
        self._per_group, _, self._inodes_per_group = struct.unpack_from("<III", block, 32)
        (revision,) = struct.unpack_from("<I", block, 76)
        (inode_size,) = struct.unpack_from("<H", block, 88)
        incompatible, self._read_only = struct.unpack_from("<II", block, 96)
        (descriptor,) = struct.unpack_from("<H", block, 254)
        (self._first_meta,) = struct.unpack_from("<I", block, 260)
        own = struct.pack("<I", register(block[:1020]))  # ext4 inverts nothing at the end
        if self._read_only & CHECKSUMS and block[1020:] != own:
            raise Unreadable("the checksum of the superblock is wrong")
        if incompatible & ~KNOWN:
            raise Unreadable(f"it has features that are not known: {incompatible & ~KNOWN:x}")
        self._file_types = bool(incompatible & FILE_TYPES)
        self._meta_groups = bool(incompatible & META_GROUPS)
        large = bool(incompatible & BITS64)
        self._block_size = 1024 << min(shift, 7)
        self._inode_size = inode_size if revision else 128
        self._descriptor = descriptor if large else 32
        if shift > 6 or not self._per_group or not self._inodes_per_group:
            raise Unreadable("the superblock makes no sense")
        sizes = (self._inode_size - 96, self._descriptor)
        if not all(32 <= size <= self._block_size for size in sizes):
            raise Unreadable("the superblock makes no sense")
        high, free_high = struct.unpack_from("<I4xI", block, 336) if large else (0, 0)
        self._blocks = low | high << 32
        self._free = (free | free_high << 32) * self._block_size

    def _fetched(self, number: int) -> Inode:
        if not 1 <= number <= self._count:
            raise Unreadable(f"there is no inode {number}")
        group, index = divmod(number - 1, self._inodes_per_group)
        at = self._table(group) * self._block_size + index * self._inode_size
        raw = self._piece(at, self._inode_size)
        mode, uid, size = struct.unpack_from("<HHI", raw, 0)
        (gid,) = struct.unpack_from("<H", raw, 24)
        (flags,) = struct.unpack_from("<I", raw, 32)
        block, size_high = struct.unpack_from("<II", raw, 104)
        block_high, uid_high, gid_high = struct.unpack_from("<HHH", raw, 118)
        extra = struct.unpack_from("<H", raw, 128)[0] if self._inode_size > 128 else 0
        return Inode(
            number, mode, uid | uid_high << 16, gid | gid_high << 16, size | size_high << 32,
            flags, raw[40:100], block | block_high << 32, raw[128 + extra :] if extra else b"",
        )  # fmt: skip

    def _table(self, group: int) -> int:
        """Return the block where a group's table of inodes begins."""
        number, index = divmod(group, self._block_size // self._descriptor)
        block = (1 if self._block_size == 1024 else 0) + 1 + number
        if self._meta_groups and number >= self._first_meta:
            begin = group - index
            block = self._first + begin * self._per_group + self._has_copy(begin)
        at = block * self._block_size + index * self._descriptor
        descriptor = self._piece(at, self._descriptor)
        (low,) = struct.unpack_from("<I", descriptor, 8)
        high = struct.unpack_from("<I", descriptor, 40)[0] if self._descriptor >= 64 else 0
        return int(low) | int(high) << 32

    def _has_copy(self, group: int) -> int:
        """Return 1 if a group begins with a copy of the superblock."""
        if group <= 1 or not self._read_only & 1:  # not only some groups have one
            return 1
        for base in (3, 5, 7):
            power = base
            while power < group:
                power *= base
            if power == group:
                return 1
        return 0

    def _content(self, inode: Inode, limit: int) -> bytes:
        if inode.flags & ENCRYPTED:
            raise Unreadable("it is encrypted")
        wanted = min(inode.size, limit)
        if inode.flags & INLINE:
            return (inode.map + (self._attribute(inode, SYSTEM, b"data") or b""))[:wanted]
        return self._joined(self._runs(inode, -(-wanted // self._block_size)), wanted)

    def _target(self, inode: Inode) -> bytes:
        if inode.size < 60 and not inode.flags & (EXTENTS | INLINE | ENCRYPTED):
            return inode.map[: inode.size]
        return self._content(inode, TARGET)

    def _label(self, inode: Inode) -> bytes | None:
        return self._attribute(inode, SECURITY, b"selinux")

    def _listed(self, inode: Inode) -> Iterator[tuple[bytes, int]]:
        """Give the names; a hash tree looks like deleted entries here."""
        content = self._content(inode, DIRECTORY)
        if inode.flags & INLINE:  # in two parts, behind the inode of the directory above
            yield from self._names_in(content[4:60])
            yield from self._names_in(content[60:])
            return
        for at in range(0, len(content), self._block_size):  # no entry reaches over an end
            self._allowance.check()
            yield from self._names_in(content[at : at + self._block_size])

    def _names_in(self, block: bytes) -> Iterator[tuple[bytes, int]]:
        at = 0
        while at + 8 <= len(block):
            inode, length, size, high = struct.unpack_from("<IHBB", block, at)
            if length in (0, 0xFFFF):
                length = 65536  # which does not fit
            if length < 8 or length % 4 or at + length > len(block):
                raise Unreadable("a directory is broken")
            if not self._file_types:
                size |= high << 8
            if inode:
                yield block[at + 8 : at + 8 + min(size, length - 8)], inode
            at += length

    def _attribute(self, inode: Inode, kind: int, name: bytes) -> bytes | None:
        """Return the value of an extended attribute."""
        if inode.rest[:4] == ATTRIBUTES:
            found = self._value(inode.rest[4:], 0, kind, name)
            if found is not None:
                return found
        if inode.attributes_block:
            block = self._block(inode.attributes_block)
            if block[:4] == ATTRIBUTES:
                return self._value(block, 32, kind, name)
        return None

    def _value(self, area: bytes, at: int, kind: int, name: bytes) -> bytes | None:
        while at + 16 <= len(area) and area[at : at + 4] != bytes(4):
            length, own, offset, inode, size = struct.unpack_from("<BBHII", area, at)
            if own == kind and area[at + 16 : at + 16 + length] == name:
                if inode:
                    return self._content(self._inode(inode), min(size, VALUE))
                return area[offset : offset + size]
            at += (16 + length + 3) & ~3
        return None

    def _runs(self, inode: Inode, blocks: int) -> Iterator[tuple[int, int, int]]:
        """Give where the first blocks of a file stand, in bytes."""
        if inode.flags & EXTENTS:
            runs = self._extents(inode.map, 0)
        else:
            runs = self._pointers(inode.map, blocks)
        for logical, physical, count in runs:
            if logical >= blocks:
                return
            count = min(count, blocks - logical)
            if physical + count > self._blocks:
                raise Unreadable(f"inode {inode.number} goes beyond the end of the filesystem")
            size = self._block_size
            yield logical * size, physical * size, count * size

    def _extents(self, node: bytes, level: int) -> Iterator[tuple[int, int, int]]:
        magic, entries, _, depth = struct.unpack_from("<4H", node, 0)
        if magic != 0xF30A or level > DEEPEST or 12 + entries * 12 > len(node):
            raise Unreadable("a tree of extents is broken")
        for at in range(12, 12 + entries * 12, 12):
            if depth:
                low, high = struct.unpack_from("<IH", node, at + 4)
                yield from self._extents(self._block(low | high << 32), level + 1)
                continue
            logical, count, high, low = struct.unpack_from("<IHHI", node, at)
            if count <= 0x8000:  # more: room that was never written, which is zeros
                yield logical, low | high << 32, count

    def _pointers(self, pointers: bytes, blocks: int) -> Iterator[tuple[int, int, int]]:
        numbers = struct.unpack("<15I", pointers)
        for logical, physical in enumerate(numbers[:12]):
            if physical:
                yield logical, physical, 1
        logical = 12
        for level, physical in enumerate(numbers[12:], 1):
            if logical >= blocks:
                return
            yield from self._indirect(physical, level, logical, blocks)
            logical += (self._block_size // 4) ** level

    def _indirect(
        self, block: int, level: int, logical: int, blocks: int
    ) -> Iterator[tuple[int, int, int]]:
        if not block:
            return
        count = self._block_size // 4
        for physical in struct.unpack(f"<{count}I", self._block(block)):
            if logical >= blocks:
                return
            if level == 1 and physical:
                yield logical, physical, 1
            elif physical:
                yield from self._indirect(physical, level - 1, logical, blocks)
            logical += count ** (level - 1)

    def _block(self, number: int) -> bytes:
        return self._piece(number * self._block_size, self._block_size)
