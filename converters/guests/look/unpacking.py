"""Compressed data as a flow of pieces: every format that Linux accepts for an initial RAM disk.

    1F 8B       gzip                             RFC 1952
    FD 37 7A    xz                               https://tukaani.org/xz/xz-file-format.txt
    5D 00 00    lzma, the older format           https://tukaani.org/lzma/
    42 5A 68    bzip2
    28 B5 2F FD zstd                             RFC 8878
    02 21 4C 18 lz4, the legacy frame            https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    89 4C 5A 4F lzop: recognized, not unpacked

A piece of output never exceeds 8 MiB, whatever the input claims. What follows the compressed data
is left in the flow, so that the next segment can be read from there.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol

import lz4.block
import zstandard

from converters.guests.tree import Unreadable

PIECE: Final = 1 << 20  # bytes asked for at once
MEMORY: Final = 256 << 20  # bytes that a dictionary of xz may take
WINDOW: Final = 128 << 20  # bytes of history that zstd may take; the kernel allows as much
LZ4_MAGIC: Final = 0x184C2102
LZ4_BLOCK: Final = 8 << 20  # bytes in a legacy block, unpacked
LZ4_BOUND: Final = LZ4_BLOCK + LZ4_BLOCK // 255 + 16  # the same packed, at worst


class Flow:
    """Bytes that are read once, in order, from pieces of any size."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._now = memoryview(b"")
        self._at = 0
        self.position = 0  # bytes that have been taken

    def _fill(self) -> bool:
        while self._at == len(self._now):
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._now, self._at = memoryview(piece), 0
        return True

    def some(self, most: int = PIECE) -> bytes:
        """Return the bytes at hand, at most so many; none at the end only."""
        if not self._fill():
            return b""
        piece = bytes(self._now[self._at : self._at + most])
        self._at += len(piece)
        self.position += len(piece)
        return piece

    def give_back(self, count: int) -> None:
        """Undo the last bytes of the latest some()."""
        self._at -= count
        self.position -= count

    def take(self, size: int) -> bytes:
        """Return so many bytes; fewer at the end only."""
        first = self.some(size) if size else b""
        if len(first) == size:
            return first
        parts = [first]
        missing = size - len(first)
        while missing and (part := self.some(missing)):
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def peek(self, size: int) -> bytes:
        """Return the next bytes without taking them; fewer at the end only."""
        if self._fill() and len(self._now) - self._at >= size:
            return bytes(self._now[self._at : self._at + size])
        at = self.position
        ahead = self.take(size)
        rest = bytes(self._now[self._at :])
        self._now, self._at, self.position = memoryview(ahead + rest), 0, at
        return ahead

    def skip(self, size: int) -> int:
        """Leave so many bytes out; return how many there were."""
        missing = size
        while missing and self._fill():
            step = min(missing, len(self._now) - self._at)
            self._at += step
            self.position += step
            missing -= step
        return size - missing


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    @property
    def needs_input(self) -> bool: ...
    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def unpacker(start: bytes) -> tuple[str, Callable[[Flow], Iterator[bytes]]] | None:
    """Return the name and the reader of the format that these first bytes announce."""
    for magic, name, reader in _FORMATS:
        if start.startswith(magic):
            return name, reader
    return None


def unpacked(data: bytes, limit: int) -> bytes:
    """Return what one compressed stream holds, or the data itself if it is not compressed.

    Raises Unreadable if it is damaged or holds more than limit bytes.
    """
    found = unpacker(data[:8])
    if found is None:
        return data
    parts = []
    size = 0
    for part in found[1](Flow([data])):
        parts.append(part)
        size += len(part)
        if size > limit:
            raise Unreadable(f"more than {limit} bytes when unpacked")
    return b"".join(parts)


def _gzip(flow: Flow) -> Iterator[bytes]:
    stream = zlib.decompressobj(31)
    data = b""
    while not stream.eof:
        data = data or flow.some()
        try:
            piece = stream.decompress(data, PIECE)
        except zlib.error:
            raise Unreadable("the gzip data is damaged") from None
        if not data and not piece and not stream.eof:
            raise Unreadable("the gzip data is cut short")
        data = stream.unconsumed_tail
        yield piece
    flow.give_back(len(stream.unused_data))


def _xz(flow: Flow) -> Iterator[bytes]:
    return _standard(flow, "xz", lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MEMORY))


def _lzma(flow: Flow) -> Iterator[bytes]:
    return _standard(flow, "lzma", lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=MEMORY))


def _bzip2(flow: Flow) -> Iterator[bytes]:
    return _standard(flow, "bzip2", bz2.BZ2Decompressor())


def _standard(flow: Flow, name: str, stream: _Decompressor) -> Iterator[bytes]:
    while not stream.eof:
        data = flow.some() if stream.needs_input else b""
        if stream.needs_input and not data:
            raise Unreadable(f"the {name} data is cut short")
        try:
            yield stream.decompress(data, PIECE)
        except (lzma.LZMAError, OSError, ValueError):
            raise Unreadable(f"the {name} data is damaged") from None
    flow.give_back(len(stream.unused_data))


def _zstd(flow: Flow) -> Iterator[bytes]:
    """Yield a frame block by block: a block holds at most 128 KiB, and the frame's end is known."""
    head = flow.peek(18)
    if len(head) < 6:
        raise Unreadable("the zstd data is cut short")
    flags = head[4]
    single = flags >> 5 & 1
    size = 5 + (1 - single) + (0, 1, 2, 4)[flags & 3] + (single, 2, 4, 8)[flags >> 6]
    stream: Any = zstandard.ZstdDecompressor(max_window_size=WINDOW).decompressobj()
    part = flow.take(size)
    last = False
    while True:
        try:
            yield stream.decompress(part)
        except zstandard.ZstdError:
            raise Unreadable("the zstd data is damaged") from None
        if last:
            return
        header = flow.take(3)
        if len(header) < 3:
            raise Unreadable("the zstd data is cut short")
        number = int.from_bytes(header, "little")
        last = bool(number & 1)
        kind, length = number >> 1 & 3, number >> 3
        if kind == 3 or length > 1 << 17:
            raise Unreadable("the zstd data is damaged")
        length = 1 if kind == 1 else length  # one byte, to be repeated
        length += 4 if last and flags & 4 else 0  # the checksum
        body = flow.take(length)
        if len(body) < length:
            raise Unreadable("the zstd data is cut short")
        part = header + body


def _lz4(flow: Flow) -> Iterator[bytes]:
    """Yield the blocks of legacy frames, several after one another too, as the kernel does."""
    while True:
        head = flow.peek(4)
        size = int.from_bytes(head, "little")
        if size == LZ4_MAGIC:
            flow.skip(4)
            continue
        if len(head) < 4 or size == 0 or size > LZ4_BOUND:
            return  # the end, or padding, or the next segment
        flow.skip(4)
        block = flow.take(size)
        if len(block) < size:
            raise Unreadable("the lz4 data is cut short")
        try:
            yield lz4.block.decompress(block, uncompressed_size=LZ4_BLOCK)
        except (lz4.block.LZ4BlockError, ValueError):
            raise Unreadable("the lz4 data is damaged") from None


def _lzop(flow: Flow) -> Iterator[bytes]:
    if flow.peek(1):
        raise Unreadable("it is packed with lzop, which vmie cannot unpack")
    yield b""


_FORMATS: Final = (
    (b"\x1f\x8b", "gzip", _gzip),
    (b"\xfd7zXZ", "xz", _xz),
    (b"\x5d\x00\x00", "lzma", _lzma),
    (b"BZh", "bzip2", _bzip2),
    (b"\x28\xb5\x2f\xfd", "zstd", _zstd),
    (b"\x02\x21\x4c\x18", "lz4", _lz4),
    (b"\x89LZO", "lzop", _lzop),
)
