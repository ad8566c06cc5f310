"""ext2, ext3, ext4 below the names: superblock, inodes, where their blocks stand, attributes.

    1024 superblock · group descriptors: each says where a table of inodes is
    inode:  0 mode · 4 size · 32 flags · 40 block map: 15 pointers, a tree of extents, or the
            content itself · 104 block of attributes · 128 more members, and its own attributes

https://www.kernel.org/doc/html/latest/filesystems/ext4/ (little endian throughout)
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import SEEK_END, BytesIO
from typing import Final

from converters.guests.look.sources import Allowance, Source
from converters.guests.tree import Unreadable

EXTENTS: Final = 0x80000  # flags of an inode
INLINE: Final = 0x10000000
ENCRYPTED: Final = 0x800
META_GROUPS: Final = 0x10  # features that change where things are
BITS64: Final = 0x80
# what else may be there: file types, a journal to be replayed, extents, multiple mounts, flexible
# groups, attributes in inodes, a seed, large directories, inline data, encryption, case folding
KNOWN: Final = 0x2 | 0x4 | META_GROUPS | 0x40 | BITS64 | 0x100 | 0x200 | 0x400 | 0x3E000
DEEPEST: Final = 5  # levels of extents
FILE_TYPES: Final = 0x2
KEPT: Final = 20_000  # inodes
VALUE: Final = 65536  # bytes of an attribute


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


class Inodes:
    """A filesystem whose files are known by number; raises Unreadable."""

    def __init__(self, source: Source, allowance: Allowance) -> None:
        self._source = source
        self._allowance = allowance
        self._kept: dict[int, Inode] = {}
        block = source.read_at(1024, 1024)
        if len(block) < 1024 or block[56:58] != b"\x53\xef":
            raise Unreadable("there is no superblock")
        self._count, low, _, free = struct.unpack_from("<4I", block, 0)
        self._first, shift = struct.unpack_from("<II", block, 20)
        (self._per_group,) = struct.unpack_from("<I", block, 32)
        (self._inodes_per_group,) = struct.unpack_from("<I", block, 40)
        (revision,) = struct.unpack_from("<I", block, 76)
        (inode_size,) = struct.unpack_from("<H", block, 88)
        incompatible, self._read_only = struct.unpack_from("<II", block, 96)
        (descriptor,) = struct.unpack_from("<H", block, 254)
        (self._first_meta,) = struct.unpack_from("<I", block, 260)
        if incompatible & ~KNOWN:
            raise Unreadable(f"it has features that are not known: {incompatible & ~KNOWN:x}")
        self.file_types = bool(incompatible & FILE_TYPES)
        self._meta_groups = bool(incompatible & META_GROUPS)
        if shift > 6 or not self._per_group or not self._inodes_per_group:
            raise Unreadable("the superblock makes no sense")
        self.size = 1024 << shift
        self._inode_size = inode_size if revision else 128
        large = bool(incompatible & BITS64)
        self._descriptor = descriptor if large else 32
        if not 128 <= self._inode_size <= self.size or not 32 <= self._descriptor <= self.size:
            raise Unreadable("the superblock makes no sense")
        high, free_high = struct.unpack_from("<I4xI", block, 336) if large else (0, 0)
        self._blocks = low | high << 32
        self.free = (free | free_high << 32) * self.size

    def inode(self, number: int) -> Inode:
        """Return an inode by its number."""
        known = self._kept.get(number)
        if known is not None:
            return known
        if not 1 <= number <= self._count:
            raise Unreadable(f"there is no inode {number}")
        group, index = divmod(number - 1, self._inodes_per_group)
        at = self._table(group) * self.size + index * self._inode_size
        raw = self._source.read_at(at, self._inode_size)
        if len(raw) < self._inode_size:
            raise Unreadable(f"inode {number} is beyond the end of the volume")
        mode, uid, size = struct.unpack_from("<HHI", raw, 0)
        (gid,) = struct.unpack_from("<H", raw, 24)
        (flags,) = struct.unpack_from("<I", raw, 32)
        block, size_high = struct.unpack_from("<II", raw, 104)
        block_high, uid_high, gid_high = struct.unpack_from("<HHH", raw, 118)
        extra = struct.unpack_from("<H", raw, 128)[0] if self._inode_size > 128 else 0
        found = Inode(
            number, mode, uid | uid_high << 16, gid | gid_high << 16, size | size_high << 32,
            flags, raw[40:100], block | block_high << 32, raw[128 + extra :] if extra else b"",
        )  # fmt: skip
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[number] = found
        return found

    def content(self, inode: Inode, limit: int) -> bytes:
        """Return what is in a file, at most limit bytes; holes are zeros."""
        if inode.flags & ENCRYPTED:
            raise Unreadable("it is encrypted")
        wanted = min(inode.size, limit)
        if inode.flags & INLINE:
            return (inode.map + (self.attribute(inode, 7, b"data") or b""))[:wanted]
        found = BytesIO()  # gives away its bytes without copying them
        for logical, physical, count in self._runs(inode, -(-wanted // self.size)):
            begin, end = logical * self.size, min((logical + count) * self.size, wanted)
            at = physical * self.size
            while begin < end:
                self._allowance.check()
                piece = self._source.read_at(at, end - begin)
                if not piece:
                    raise Unreadable(f"inode {inode.number} goes beyond the end of the volume")
                found.seek(begin)
                found.write(piece)
                begin, at = begin + len(piece), at + len(piece)
        if found.seek(0, SEEK_END) < wanted:
            found.seek(wanted - 1)
            found.write(b"\0")
        return found.getvalue()

    def attribute(self, inode: Inode, index: int, name: bytes) -> bytes | None:
        """Return the value of an extended attribute; index: 6 is security, 7 is system."""
        if inode.rest[:4] == b"\0\0\x02\xea":
            found = self._attribute(inode.rest[4:], 0, index, name)
            if found is not None:
                return found
        if inode.attributes_block:
            block = self._block(inode.attributes_block)
            if block[:4] == b"\0\0\x02\xea":
                return self._attribute(block, 32, index, name)
        return None

    def _attribute(self, area: bytes, at: int, index: int, name: bytes) -> bytes | None:
        while at + 16 <= len(area) and area[at : at + 4] != bytes(4):
            length, kind, offset, inode, size = struct.unpack_from("<BBHII", area, at)
            if kind == index and area[at + 16 : at + 16 + length] == name:
                if inode:
                    return self.content(self.inode(inode), min(size, VALUE))
                return area[offset : offset + size]
            at += (16 + length + 3) & ~3
        return None

    def _runs(self, inode: Inode, blocks: int) -> Iterator[tuple[int, int, int]]:
        """Give where the first blocks of a file stand: logical, physical, how many."""
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
            yield logical, physical, count

    def _extents(self, node: bytes, level: int) -> Iterator[tuple[int, int, int]]:
        self._allowance.check()
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
            logical += (self.size // 4) ** level

    def _indirect(
        self, block: int, level: int, logical: int, blocks: int
    ) -> Iterator[tuple[int, int, int]]:
        if not block:
            return
        self._allowance.check()
        each = (self.size // 4) ** (level - 1)
        for physical in struct.unpack(f"<{self.size // 4}I", self._block(block)):
            if logical >= blocks:
                return
            if level == 1 and physical:
                yield logical, physical, 1
            elif physical:
                yield from self._indirect(physical, level - 1, logical, blocks)
            logical += each

    def _table(self, group: int) -> int:
        """Return the block where a group's table of inodes begins."""
        each = self.size // self._descriptor
        number, index = divmod(group, each)
        block = (1 if self.size == 1024 else 0) + 1 + number
        if self._meta_groups and number >= self._first_meta:
            begin = number * each
            block = self._first + begin * self._per_group + self._has_copy(begin)
        at = block * self.size + index * self._descriptor
        descriptor = self._source.read_at(at, self._descriptor)
        if len(descriptor) < self._descriptor:
            raise Unreadable("a group's descriptor is beyond the end of the volume")
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

    def _block(self, number: int) -> bytes:
        found = self._source.read_at(number * self.size, self.size)
        if len(found) < self.size:
            raise Unreadable(f"block {number} is beyond the end of the volume")
        return found
