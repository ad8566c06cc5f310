"""Bodies on their way to disk: written as they arrive, hashed on the way, gone if they stop.

    chunks of any size ─► a ½ MiB piece ─► write ─┐
                          the next one            ├─ both in threads, while the next piece fills
                                         hash  ───┘

Memory stays flat: a body never has more than two pieces here.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiofiles.threadpool import wrap
from aiofiles.threadpool.binary import AsyncBufferedIOBase

from emulator.protocol.streams import RequestBody
from emulator.services.s3 import checksums, errors
from emulator.services.s3.checksums import Algorithm, Claim, Digest
from emulator.services.s3.places import Place

PIECE = 1 << 19  # bytes: so large that a thread is worth it, small enough for many uploads
LARGEST = 5 << 30  # bytes of one PUT or one part


@dataclass(frozen=True, slots=True)
class Received:
    """A body that has arrived whole."""

    size: int  # bytes
    digests: Mapping[str, bytes]

    @property
    def etag(self) -> str:
        """The ETag of what has arrived, without quotes: its MD5."""
        return self.digests[checksums.MD5.name].hex()

    def kept(self, algorithms: Iterable[Algorithm]) -> dict[str, str]:
        """Give some of the checksums the way they are kept."""
        return {each.name: checksums.encoded(self.digests[each.name]) for each in algorithms}


def check_size(body: RequestBody) -> None:
    """Refuse what is said to be too large before it comes: raises EntityTooLarge."""
    if body.length is not None and body.length > LARGEST:
        raise errors.entity_too_large(body.length, LARGEST)


@asynccontextmanager
async def receiving(
    place: Place,
    body: RequestBody,
    algorithms: Iterable[Algorithm],
    claim: Claim | None,
    md5: bytes | None,
) -> AsyncIterator[Received]:
    """Receive a body into its place, which is given up at the end, unless someone keeps it.

    Raises EntityTooLarge, IncompleteBody, BadDigest, and whatever ends the stream too early.
    """
    digests = {used.name: used.start() for used in (checksums.MD5, *algorithms)}
    try:
        file = wrap(place.file)
        size = await pour(body, file, list(digests.values()))
        await file.flush()
        if body.length is not None and size != body.length:
            raise errors.incomplete_body()
        received = Received(size, {name: each.digest() for name, each in digests.items()})
        checksums.check_md5(md5, received.digests[checksums.MD5.name])
        if claim is not None:
            claim.check(received.digests, body.trailers)
        yield received
    finally:
        await asyncio.to_thread(place.give_up)


async def pour(body: RequestBody, file: AsyncBufferedIOBase, digests: list[Digest]) -> int:
    """Write and hash a body by pieces; gives its size. Raises EntityTooLarge."""
    size = filled = 0
    piece, spare = memoryview(bytearray(first_piece(body.length))), memoryview(b"")
    under_way: asyncio.Future[None] | None = None
    try:
        async for chunk in body:
            size += len(chunk)
            if size > LARGEST:
                raise errors.entity_too_large(size, LARGEST)
            rest = memoryview(chunk)
            while rest:
                taken = min(len(piece) - filled, len(rest))
                piece[filled : filled + taken] = rest[:taken]
                rest = rest[taken:]
                filled += taken
                if filled == len(piece):
                    if under_way is not None:
                        await under_way
                    under_way = asyncio.ensure_future(settle(piece, file, digests))
                    piece, spare = spare or memoryview(bytearray(PIECE)), piece
                    filled = 0
        if under_way is not None:
            await under_way
        under_way = None
        if filled:
            await settle(piece[:filled], file, digests)
    finally:
        if under_way is not None:  # the threads must not outlive the file
            await asyncio.wait([under_way])
    return size


def first_piece(length: int | None) -> int:
    """Give the size of the first piece: small for small bodies."""
    return PIECE if length is None else max(1, min(PIECE, length))


async def settle(piece: memoryview, file: AsyncBufferedIOBase, digests: list[Digest]) -> None:
    """Write and hash one piece, both at once."""
    await asyncio.gather(file.write(piece), asyncio.to_thread(update, digests, piece))


def update(digests: list[Digest], piece: memoryview) -> None:
    """Take a piece into all digests."""
    for digest in digests:
        digest.update(piece)
