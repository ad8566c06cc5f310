"""A piece of a file in Btrfs: in the tree itself, or somewhere on the device, compressed or not.

generation 8 · length unpacked 8 · compression 1 · encryption 1 · other 2 · type 1
  type 0: the bytes themselves
  type 1: address 8 (0: a hole) · length stored 8 · offset 8 · length of the piece 8
  type 2: the same, reserved and not written yet
"""

import struct
import zlib
from typing import Any, Final

import zstandard

from converters.guests.look.trees.btrfs_nodes import Nodes
from converters.guests.look.trees.lzo import unlzo
from converters.guests.tree import Unreadable

_PACKED: Final = 1 << 20  # bytes of one compressed piece, packed or not; Linux writes 128 KiB


def piece(nodes: Nodes, data: bytes, wanted: int) -> bytes:
    """Return a piece of a file, at most as much as is wanted."""
    if len(data) < 21:
        raise Unreadable("a file is damaged: a piece is too short")
    (length,) = struct.unpack_from("<Q", data, 8)
    packing, encryption, _, kind = struct.unpack_from("<BBHB", data, 16)
    if encryption or kind > 2:
        raise Unreadable("a file is stored in a way that vmie does not know")
    if kind == 0:
        return _unpacked(packing, data[21:], length, nodes.sector)[:wanted]
    if len(data) < 53:
        raise Unreadable("a file is damaged: a piece is too short")
    address, stored, offset, count = struct.unpack_from("<4Q", data, 21)
    if address == 0 or kind == 2:
        return bytes(min(count, wanted))
    if packing == 0:
        return nodes.range(address + offset, min(count, wanted))
    if stored > _PACKED:
        raise Unreadable("a file is damaged: a compressed piece is too large")
    whole = _unpacked(packing, nodes.range(address, stored), length, nodes.sector)
    return whole[offset : offset + min(count, wanted)].ljust(min(count, wanted), b"\0")


def _unpacked(packing: int, data: bytes, size: int, sector: int) -> bytes:
    if packing == 0:
        return data
    if size > _PACKED:
        raise Unreadable("a file is damaged: a compressed piece is too large")
    try:
        match packing:
            case 1:
                return zlib.decompressobj().decompress(data, size)
            case 2:
                return _unlzo(data, size, sector)
            case 3:
                stream: Any = zstandard.ZstdDecompressor(max_window_size=_PACKED)
                with stream.stream_reader(data) as reader:
                    return bytes(reader.read(size))
    except (zlib.error, zstandard.ZstdError):
        raise Unreadable("a file is damaged: it cannot be unpacked") from None
    raise Unreadable("a file is compressed in a way that vmie does not know")


def _unlzo(data: bytes, size: int, sector: int) -> bytes:
    """Unpack LZO's pieces: each after its length, which never crosses the edge of a sector."""
    total = min(int.from_bytes(data[:4], "little"), len(data))
    out = []
    at = 4
    done = 0
    while at + 4 <= total and done < size:
        if -at % sector < 4 and at % sector:
            at += -at % sector
        length = int.from_bytes(data[at : at + 4], "little")
        at += 4
        if not length or at + length > len(data):
            raise Unreadable("a file is damaged: it cannot be unpacked")
        part = unlzo(data[at : at + length], sector)
        out.append(part)
        done += len(part)
        at += length
    return b"".join(out)
