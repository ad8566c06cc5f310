"""The trees of Btrfs: superblock, chunks, nodes.

https://btrfs.readthedocs.io/en/latest/dev/On-disk-format.html

    superblock at 64 KiB
      ├─ system chunks ─► chunk tree ─► where logical addresses are on the device
      └─ root tree ─► items that name the roots of all other trees

    node: checksum 32 · fsid 16 · address 8 · flags 8 · uuid 16 · generation 8 · owner 8
          · number of items 4 · level 1; then for each item
          level 0: key 17, offset 4, size 4; the data stand at the end of the node
          above:   key 17, address 8, generation 8

One device; profiles single, DUP and RAID1, of which any copy will do. A log tree, which holds what
was synced just before a crash, is not replayed.
"""

import hashlib
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from converters.guests.look.sources import Allowance, Source
from converters.guests.look.trees.crc32c import crc32c
from converters.guests.tree import Unreadable

SUPERBLOCK: Final = 64 << 10  # where it stands
MAGIC: Final = b"_BHRfS_M"
CHUNKS: Final = 50_000  # that are read at most
NODES: Final = 20_000  # that are read at most, all together: some seconds
KEPT: Final = 4 << 20  # bytes of nodes that are kept in memory
PIECE: Final = 4 << 20  # bytes that are read at once
_HEADER: Final = 101
_LEVELS: Final = 8
_STRIPED: Final = 0x8 | 0x40 | 0x80 | 0x100  # RAID0, RAID10, RAID5, RAID6
_UNKNOWN: Final = 1 << 13 | 1 << 14 | 1 << 63  # extent tree v2, stripe tree: other trees altogether
_ITEM: Final = struct.Struct("<QBQII")
_POINTER: Final = struct.Struct("<QBQQQ")

Key = int  # objectid, type and offset as one number, in the order of the trees


def key(objectid: int, kind: int, offset: int = 0) -> Key:
    """Return a key as one number."""
    return objectid << 72 | kind << 64 | offset


@dataclass(frozen=True, slots=True)
class Chunk:
    """A range of logical addresses, and where it is on this device."""

    logical: int
    length: int
    physical: tuple[int, ...]  # of the copies on this device
    striped: bool


@dataclass(frozen=True, slots=True)
class Node:
    """A node of any tree."""

    level: int
    keys: list[Key]
    values: list[
        tuple[int, int]
    ]  # level 0: offset and size of the data; above: address, generation
    block: bytes


class Nodes:
    """Reads nodes and ranges by their logical addresses; raises Unreadable."""

    def __init__(self, source: Source, allowance: Allowance) -> None:
        self._source = source
        self._allowance = allowance
        self._cache: dict[int, Node] = {}
        self._count = 0
        block = source.read_at(SUPERBLOCK, 4096)
        if len(block) < 4096 or block[64:72] != MAGIC:
            raise Unreadable("there is no Btrfs superblock")
        (kind,) = struct.unpack_from("<H", block, 196)
        self._sum: Callable[[bytes], bytes] | None = _CHECKSUMS.get(kind)
        if not self._right(block):
            raise Unreadable("the superblock's checksum is wrong")
        self.root, chunk_root = struct.unpack_from("<QQ", block, 80)
        self.total: int
        self.used: int
        self.total, self.used = struct.unpack_from("<QQ", block, 112)
        self.sector, self.node_size = struct.unpack_from("<II", block, 144)
        (system,) = struct.unpack_from("<I", block, 160)
        (features,) = struct.unpack_from("<Q", block, 188)
        self.root_level, chunk_level = block[198], block[199]
        (self._device,) = struct.unpack_from("<Q", block, 201)
        size = self.node_size
        if not 4096 <= size <= 65536 or size & (size - 1) or not 512 <= self.sector <= 65536:
            raise Unreadable("the superblock is damaged: sizes that cannot be")
        if features & _UNKNOWN:
            raise Unreadable("this Btrfs uses features that vmie does not know")
        self._chunks = self._system_chunks(block[811 : 811 + min(system, 2048)])
        chunks = []
        for where, data in self.items(chunk_root, chunk_level, key(256, 228), key(256, 229)):
            chunks.append(self._chunk(where & (1 << 64) - 1, data))
            if len(chunks) > CHUNKS:
                raise Unreadable("it has too many chunks")
        self._chunks = chunks or self._chunks
        self._starts = [chunk.logical for chunk in self._chunks]

    def items(self, address: int, level: int, first: Key, last: Key) -> Iterator[tuple[Key, bytes]]:
        """Yield a tree's items from the first key to before the last, in order."""
        node = self._node(address, level)
        at = bisect_left(node.keys, first)
        if node.level == 0:
            for place in range(at, len(node.keys)):
                if node.keys[place] >= last:
                    return
                offset, size = node.values[place]
                start = _HEADER + offset
                if start + size > len(node.block):
                    raise Unreadable("a node is damaged: an item leads out of it")
                yield node.keys[place], node.block[start : start + size]
            return
        if at == len(node.keys) or node.keys[at] > first:
            at = max(0, at - 1)  # it may be the end of the child before
        for place in range(at, len(node.keys)):
            if node.keys[place] >= last:
                return
            yield from self.items(node.values[place][0], level - 1, first, last)

    def range(self, logical: int, size: int) -> bytes:
        """Return so many bytes at a logical address."""
        parts = []
        while size > 0:
            chunk = self._find(logical)
            step = min(size, chunk.logical + chunk.length - logical, PIECE)
            part = self._source.read_at(chunk.physical[0] + logical - chunk.logical, step)
            if len(part) < step:
                raise Unreadable("it leads past the end of the volume")
            parts.append(part)
            logical += step
            size -= step
        return b"".join(parts)

    def _node(self, address: int, level: int) -> Node:
        known = self._cache.get(address)
        if known is not None and known.level == level:
            return known
        self._allowance.check()
        self._count += 1
        if self._count > NODES:
            raise Unreadable("it takes too many nodes to read")
        if not 0 <= level < _LEVELS:
            raise Unreadable("a tree is too deep")
        chunk = self._find(address)
        if address + self.node_size > chunk.logical + chunk.length:
            raise Unreadable("a node leads out of its chunk")
        for physical in chunk.physical:
            block = self._source.read_at(physical + address - chunk.logical, self.node_size)
            if len(block) == self.node_size and self._right(block):
                break
        else:
            raise Unreadable("the checksum of a node is wrong")
        if int.from_bytes(block[48:56], "little") != address or block[100] != level:
            raise Unreadable("a node is not the one that was meant")
        node = _parsed(block)
        if len(self._cache) * self.node_size >= KEPT:
            del self._cache[next(iter(self._cache))]
        self._cache[address] = node
        return node

    def _right(self, block: bytes) -> bool:
        if self._sum is None:
            return True
        found = self._sum(block[32:])
        return block[: len(found)] == found

    def _find(self, logical: int) -> Chunk:
        at = bisect_right(self._starts, logical) - 1
        chunk = self._chunks[at] if at >= 0 else None
        if chunk is None or logical >= chunk.logical + chunk.length:
            raise Unreadable("an address is in no chunk")
        if not chunk.physical:
            raise Unreadable("part of it is on another device")
        if chunk.striped:
            raise Unreadable("it is striped over devices, which vmie cannot read")
        return chunk

    def _system_chunks(self, array: bytes) -> list[Chunk]:
        """Return the chunks of the chunk tree itself, which stand in the superblock."""
        chunks = []
        at = 0
        while at + 17 + 48 <= len(array):
            _, kind, logical = struct.unpack_from("<QBQ", array, at)
            (stripes,) = struct.unpack_from("<H", array, at + 17 + 44)
            size = 48 + 32 * stripes
            if kind != 228:
                break
            chunks.append(self._chunk(logical, array[at + 17 : at + 17 + size]))
            at += 17 + size
        chunks.sort(key=lambda chunk: chunk.logical)
        self._starts = [chunk.logical for chunk in chunks]
        return chunks

    def _chunk(self, logical: int, data: bytes) -> Chunk:
        if len(data) < 48:
            raise Unreadable("a chunk is damaged")
        length, _, _, kind = struct.unpack_from("<4Q", data)
        (count,) = struct.unpack_from("<H", data, 44)
        if len(data) < 48 + 32 * count or not length:
            raise Unreadable("a chunk is damaged")
        stripes = [struct.unpack_from("<QQ", data, 48 + 32 * at) for at in range(count)]
        here = tuple(offset for device, offset in stripes if device == self._device)
        return Chunk(logical, length, here, bool(kind & _STRIPED) and count > 1)


def _parsed(block: bytes) -> Node:
    (count,) = struct.unpack_from("<I", block, 96)
    level = block[100]
    form = _POINTER if level else _ITEM
    if _HEADER + count * form.size > len(block):
        raise Unreadable("a node is damaged: too many items")
    keys, values = [], []
    last = -1
    for objectid, kind, offset, one, two in form.iter_unpack(
        memoryview(block)[_HEADER : _HEADER + count * form.size]
    ):
        where = objectid << 72 | kind << 64 | offset
        if where <= last:
            raise Unreadable("a node is damaged: its keys are not in order")
        last = where
        keys.append(where)
        values.append((one, two))
    return Node(level, keys, values, block)


def _crc(data: bytes) -> bytes:
    return (crc32c(data) ^ 0xFFFFFFFF).to_bytes(4, "little")


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data).digest()


def _blake2(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


_CHECKSUMS: Final[Mapping[int, Callable[[bytes], bytes]]] = {
    0: _crc,
    2: partial(_digest, "sha256"),
    3: _blake2,
}  # 1: xxhash, not verified
