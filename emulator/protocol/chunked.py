"""The aws-chunked framing of uploads, taken off piece by piece.

    10000;chunk-signature=…\r\n      size in hex, with a signature where chunks are signed
    …65,536 bytes…\r\n
    0;chunk-signature=…\r\n          the last chunk is empty
    x-amz-checksum-crc32:…\r\n       trailers, if the client announced them
    x-amz-trailer-signature:…\r\n
    \r\n

`x-amz-content-sha256` says that a body is framed: STREAMING-AWS4-HMAC-SHA256-PAYLOAD, the same
with -TRAILER, or STREAMING-UNSIGNED-PAYLOAD-TRAILER. Signatures of chunks are verified before
this, where there are credentials; checksums cover the bytes.
"""

import re
from collections.abc import AsyncIterator, Iterator
from io import BytesIO

from emulator.protocol.faults import IncompleteBody, MalformedChunk
from emulator.protocol.streams import RequestBody

SIZE = re.compile(rb"([0-9a-fA-F]{1,16})[ \t]*(?:;[^\r\n]*)?")
LONGEST_LINE = 16 << 10
MOST_TRAILERS = 32


def is_chunked(content_sha256: str) -> bool:
    """Tell from the header x-amz-content-sha256 whether a body is framed."""
    return content_sha256.startswith("STREAMING-")


def decode(pieces: AsyncIterator[bytes], length: int | None = None) -> RequestBody:
    """Take the framing off a body; length is its x-amz-decoded-content-length.

    Reading it raises MalformedChunk, or IncompleteBody if it ends early or has another length.
    """
    trailers: dict[str, str] = {}
    return RequestBody(payload(pieces, length, trailers), length, trailers)


async def payload(
    pieces: AsyncIterator[bytes], length: int | None, trailers: dict[str, str]
) -> AsyncIterator[bytes]:
    """Give the payload of a framed body, and at the end its trailers."""
    frames = Frames()
    count = 0
    async for piece in pieces:
        block = BytesIO()  # unlike join, it makes no list: a chunk may be a single byte
        block.writelines(frames.feed(piece))
        data = block.getvalue()
        count += len(data)
        if length is not None and count > length:
            raise IncompleteBody(f"more than the {length} bytes that were announced")
        if data:
            yield data
    if not frames.ended:
        raise IncompleteBody("the body ended in the middle of a chunk")
    if length is not None and count != length:
        raise IncompleteBody(f"{count} bytes of the {length} that were announced")
    trailers.update(frames.trailers)


class Frames:
    """Where in the framing the next byte stands."""

    def __init__(self) -> None:
        self.trailers: dict[str, str] = {}
        self.ended = False
        self.left = 0  # bytes of the chunk that have not arrived
        self.line = bytearray()  # of a line, what has arrived
        self.expect = self.size  # what the line that is arriving is for

    def feed(self, piece: bytes) -> Iterator[memoryview]:
        """Take the next piece of a body, give the payload in it."""
        view = memoryview(piece)
        at = 0
        while at < len(piece):
            if self.left:
                data = view[at : at + self.left]
                self.left -= len(data)
                at += len(data)
                yield data
                continue
            if self.ended:
                raise MalformedChunk("there are bytes after the last chunk")
            end = piece.find(b"\n", at) + 1
            self.line += piece[at : end or len(piece)]
            if len(self.line) > LONGEST_LINE:
                raise MalformedChunk("a line between chunks is too long")
            if end == 0:
                return
            at = end
            line = bytes(self.line.removesuffix(b"\n").removesuffix(b"\r"))
            self.line.clear()
            self.expect(line)

    def size(self, line: bytes) -> None:
        """Read the line in front of a chunk."""
        found = SIZE.fullmatch(line)
        if found is None:
            raise MalformedChunk("the size of a chunk is not a number")
        self.left = int(found[1], 16)
        self.expect = self.gap if self.left else self.trailer

    def gap(self, line: bytes) -> None:
        """Read the end of the line after a chunk's bytes."""
        if line:
            raise MalformedChunk("a chunk is longer than its size")
        self.expect = self.size

    def trailer(self, line: bytes) -> None:
        """Read a trailer, or the empty line that ends the body."""
        if not line:
            self.ended = True
            return
        name, colon, text = line.partition(b":")
        if not colon or len(self.trailers) >= MOST_TRAILERS:
            raise MalformedChunk("a trailer is not a header")
        self.trailers[name.strip().lower().decode("latin-1")] = text.strip().decode("latin-1")
