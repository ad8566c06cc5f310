"""XFS, read only: a Tree of our own, for versions 4 and 5.

    allocation groups of equal size; a number of an inode, or of a block, says group and place
    inode:      0 "IN" · 2 mode · 5 how its data are kept: 1 in it, 2 extents, 3 a tree of extents
                56 size · 82 where attributes begin, in 8 bytes · 100 or 176 data, then attributes
    directory:  in the inode, or blocks "XD2B" "XD2D" ("XDB3" "XDD3") of 0 inode · 8 length · name
    attribute:  in the inode, or blocks FBEE (3BEE) that say where names and values are

A log that waits for its replay is left alone. libfsxfs is not used: it cannot look into a directory
with a name that is not UTF-8. Everything is big endian.
https://www.kernel.org/pub/linux/utils/fs/xfs/docs/xfs_filesystem_structure.pdf
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.guests.look.trees.inodes import TARGET, InodeTree, register
from converters.guests.tree import Unreadable

KNOWN: Final = 0xFF  # features of version 5 that change where things are, or nothing we look at
FILE_TYPES: Final = 0x1  # of version 5
OLD_FILE_TYPES: Final = 0x200  # of version 4
MANY_EXTENTS: Final = 0x10  # of an inode: its counts are wider
REALTIME: Final = 0x1
DIRECTORY_END: Final = 32 << 30  # bytes: what stands there in a directory are hashes
DEEPEST: Final = 8  # levels of a tree of extents
ATTRIBUTES: Final = 4096  # blocks of attributes of one file
SECURE: Final = 0x04
LOCAL: Final = 0x01


@dataclass(frozen=True, slots=True)
class Fork:
    """Where data, or attributes, of a file are kept."""

    format: int
    count: int  # extents
    content: bytes


@dataclass(frozen=True, slots=True)
class Inode:
    """What a file is."""

    number: int
    mode: int
    uid: int
    gid: int
    size: int
    flags: int
    data: Fork
    attributes: Fork | None


class XfsTree(InodeTree[Inode]):
    """An XFS filesystem; raises Unreadable if there is none."""

    def free(self) -> int | None:
        """Return the bytes that are free, as the superblock says (it is right once unmounted)."""
        return self._free if self._free <= self._source.size else None

    def _open(self) -> None:
        block = self._piece(0, 512)
        if block[:4] != b"XFSB":
            raise Unreadable("there is no superblock")
        (self._block_size,) = struct.unpack_from(">I", block, 4)
        (self.root,) = struct.unpack_from(">Q", block, 56)
        self._group, self._groups = struct.unpack_from(">II", block, 84)
        version, _, self._inode_size = struct.unpack_from(">HHH", block, 100)
        size_log, _, inode_log, self._inode_bits, self._block_bits = block[120:125]
        (free,) = struct.unpack_from(">Q", block, 144)
        (features,) = struct.unpack_from(">I", block, 200)
        (incompatible,) = struct.unpack_from(">I", block, 216)
        self._five = version & 0xF == 5
        (sector,) = struct.unpack_from(">H", block, 102)
        if self._five and not _right(self._piece(0, min(sector, 32768))):
            raise Unreadable("the checksum of the superblock is wrong")
        if version & 0xF not in (4, 5) or (self._five and incompatible & ~KNOWN):
            raise Unreadable("it is of a version, or has features, that are not known")
        if not 9 <= size_log <= 16 or self._block_size != 1 << size_log or block[192] > 7:
            raise Unreadable("the superblock makes no sense")
        if not 8 <= inode_log <= 11 or self._inode_size != 1 << inode_log:
            raise Unreadable("the superblock makes no sense")
        if not self._group or self._block_bits > 32 or self._inode_bits != size_log - inode_log:
            raise Unreadable("the superblock makes no sense")
        self._file_types = bool(
            incompatible & FILE_TYPES if self._five else features & OLD_FILE_TYPES
        )
        self._directory_block = self._block_size << block[192]
        self._free = free * self._block_size

    def _fetched(self, number: int) -> Inode:
        block, index = divmod(number, 1 << self._inode_bits)
        raw = self._piece(self._place(block) + index * self._inode_size, self._inode_size)
        magic, mode, version, form = struct.unpack_from(">2sHBB", raw, 0)
        if magic != b"IN" or version not in (1, 2, 3):
            raise Unreadable(f"there is no inode {number}")
        uid, gid = struct.unpack_from(">II", raw, 8)
        (size,) = struct.unpack_from(">Q", raw, 56)
        extents, more, split, kept = struct.unpack_from(">IHBB", raw, 76)
        (flags,) = struct.unpack_from(">H", raw, 90)
        if version == 3 and struct.unpack_from(">Q", raw, 120)[0] & MANY_EXTENTS:
            (extents,), (more,) = (
                struct.unpack_from(">Q", raw, 24),
                struct.unpack_from(">I", raw, 76),
            )
        area = raw[176 if version == 3 else 100 :]
        end = split * 8 or len(area)
        attributes = Fork(kept, more, area[end:]) if split else None
        return Inode(
            number, mode, uid, gid, size, flags, Fork(form, extents, area[:end]), attributes
        )

    def _place(self, block: int) -> int:
        """Return the offset of a block: group and place in it."""
        group, inside = divmod(block, 1 << self._block_bits)
        if group >= self._groups or inside >= self._group:
            raise Unreadable(f"there is no block {block}")
        return int((group * self._group + inside) * self._block_size)

    def _content(self, inode: Inode, limit: int) -> bytes:
        if inode.flags & REALTIME:
            raise Unreadable("it is on a device for real time")
        wanted = min(inode.size, limit)
        if inode.data.format == 1:
            return inode.data.content[:wanted]
        return self._joined(self._runs(inode.data, wanted), wanted)

    def _target(self, inode: Inode) -> bytes:
        if inode.data.format == 1 or not self._five:
            return self._content(inode, TARGET)
        found = b""
        for _, at, size in self._runs(inode.data, 2 * TARGET):  # each block has a header
            for begin in range(0, size, self._block_size):
                block = self._piece(at + begin, self._block_size)
                (length,) = struct.unpack_from(">I", block, 8)
                if block[:4] != b"XSLM":
                    raise Unreadable("a symbolic link is broken")
                found += block[56 : 56 + length]
                if len(found) >= inode.size:
                    return found[: inode.size]
        raise Unreadable("a symbolic link is broken")

    def _runs(self, fork: Fork, wanted: int) -> Iterator[tuple[int, int, int]]:
        """Give where the first bytes of a fork stand: in the file, on the volume, how many."""
        if fork.format == 2:
            records = _records(fork.content, fork.count)
        elif fork.format == 3:
            records = self._tree(fork.content, 4, 0)
        else:
            raise Unreadable("a file is kept in no way that is known")
        for high, low in records:
            if high >> 63:  # room that was never written, which is zeros
                continue
            logical = (high >> 9) & ((1 << 54) - 1)
            physical = (high & 0x1FF) << 43 | low >> 21
            if logical * self._block_size >= wanted:
                continue
            size = (low & 0x1FFFFF) * self._block_size
            yield logical * self._block_size, self._place(physical), size

    def _tree(self, node: bytes, head: int, level: int) -> Iterator[tuple[int, int]]:
        """Give the records below a node: its header, keys, and as many pointers."""
        depth, count = struct.unpack_from(">HH", node, head - 4 if level == 0 else 4)
        if depth == 0:
            yield from _records(node[head:], count)
            return
        most = (len(node) - head) // 16
        if count > most or level > DEEPEST:
            raise Unreadable("a tree of extents is broken")
        for number in range(count):
            (pointer,) = struct.unpack_from(">Q", node, head + most * 8 + number * 8)
            below = self._piece(self._place(pointer), self._block_size)
            if below[:4] not in (b"BMAP", b"BMA3"):
                raise Unreadable("a tree of extents is broken")
            if struct.unpack_from(">H", below, 4)[0] != depth - 1:
                raise Unreadable("a tree of extents is broken")
            yield from self._tree(below, 72 if self._five else 24, level + 1)

    def _listed(self, inode: Inode) -> Iterator[tuple[bytes, int]]:
        if inode.data.format == 1:
            yield from self._short_directory(inode.data.content[: inode.size])
            return
        size = self._directory_block
        content = self._content(inode, min(inode.size, DIRECTORY_END))
        for at in range(0, len(content), size):
            self._allowance.check()
            block = content[at : at + size]
            if len(block) < size:
                raise Unreadable("a directory is cut short")
            if block[:4] in (b"XD2B", b"XDB3"):  # its hashes are in the same block
                (count,) = struct.unpack_from(">I", block, size - 8)
                yield from self._names_in(block, size - 8 - count * 8)
            elif block[:4] in (b"XD2D", b"XDD3"):
                yield from self._names_in(block, size)
            elif block.strip(b"\0"):
                raise Unreadable("a directory is broken")

    def _short_directory(self, content: bytes) -> Iterator[tuple[bytes, int]]:
        count, wide = content[0], content[1]
        each = 8 if wide else 4
        at = 2 + each
        for _ in range(wide or count):
            length = content[at]
            name = content[at + 3 : at + 3 + length]
            at += 3 + length + self._file_types
            if at + each > len(content):
                raise Unreadable("a directory is broken")
            yield name, int.from_bytes(content[at : at + each])
            at += each

    def _names_in(self, block: bytes, end: int) -> Iterator[tuple[bytes, int]]:
        at = 64 if self._five else 16
        while at + 12 <= end:
            if block[at : at + 2] == b"\xff\xff":
                length = int.from_bytes(block[at + 2 : at + 4])
                if length < 8 or length % 8:
                    raise Unreadable("a directory is broken")
                at += length
                continue
            inode, length = struct.unpack_from(">QB", block, at)
            yield block[at + 9 : at + 9 + length], inode
            at += (8 + 1 + length + self._file_types + 2 + 7) & ~7

    def _label(self, inode: Inode) -> bytes | None:
        fork = inode.attributes
        if fork is None:
            return None
        if fork.format == 1:
            return _short_attribute(fork.content, b"selinux")
        blocks = 0
        for _, at, size in self._runs(fork, 1 << 62):
            for begin in range(0, size, self._block_size):
                blocks += 1
                if blocks > ATTRIBUTES:
                    return None
                block = self._piece(at + begin, self._block_size)
                found = _attribute(block, b"selinux")
                if found is not None:
                    return found
        return None


def _right(superblock: bytes) -> bool:
    """Tell whether a superblock has the checksum that it says; Linux mounts none that has not."""
    own = superblock[:224] + bytes(4) + superblock[228:]
    return superblock[224:228] == struct.pack("<I", register(own) ^ 0xFFFFFFFF)


def _records(content: bytes, count: int) -> Iterator[tuple[int, int]]:
    if count * 16 > len(content):
        raise Unreadable("a list of extents is broken")
    yield from struct.iter_unpack(">QQ", content[: count * 16])


def _short_attribute(content: bytes, wanted: bytes) -> bytes | None:
    at = 4
    for _ in range(content[2]):
        if at + 3 > len(content):
            return None
        length, size, flags = content[at : at + 3]
        if flags & SECURE and content[at + 3 : at + 3 + length] == wanted:
            return content[at + 3 + length : at + 3 + length + size]
        at += 3 + length + size
    return None


def _attribute(block: bytes, wanted: bytes) -> bytes | None:
    """Return a value out of a block of attributes; one that is kept elsewhere is not looked for."""
    magic = block[8:10]
    if magic not in (b"\xfb\xee", b"\x3b\xee"):
        return None
    counted, entries = (12, 32) if magic == b"\xfb\xee" else (56, 80)
    (count,) = struct.unpack_from(">H", block, counted)
    for number in range(min(count, (len(block) - entries) // 8)):
        _, at, flags = struct.unpack_from(">IHB", block, entries + number * 8)
        if not (flags & LOCAL and flags & SECURE) or at + 3 > len(block):
            continue
        size, length = struct.unpack_from(">HB", block, at)
        if block[at + 3 : at + 3 + length] == wanted:
            return block[at + 3 + length : at + 3 + length + size]
    return None
