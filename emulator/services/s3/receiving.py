"""Bodies on their way to disk: written as they arrive, hashed on the way, gone if they stop.

    block ─┬─► write, checksums ─┐  two threads of this upload, each in order;
           └─► MD5 ──────────────┴─ the next block comes when the last but one is settled

MD5 takes longer than all the rest, so nothing else happens in its thread. Memory stays
flat: no more than a few blocks of a body are here.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

from emulator.protocol.streams import BLOCK, RequestBody
from emulator.services.s3 import checksums, errors
from emulator.services.s3.checksums import Algorithm, Claim, Digest
from emulator.services.s3.places import Place

UNDER_WAY = 2  # blocks
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
        size = await pour(body, place.file, list(digests.values()))
        if body.length is not None and size != body.length:
            raise errors.incomplete_body()
        received = Received(size, {name: each.digest() for name, each in digests.items()})
        checksums.check_md5(md5, received.digests[checksums.MD5.name])
        if claim is not None:
            claim.check(received.digests, body.trailers)
        yield received
    finally:
        await asyncio.to_thread(place.give_up)


async def pour(body: RequestBody, file: BinaryIO, digests: Sequence[Digest]) -> int:
    """Write and hash a body; gives its size. Raises EntityTooLarge."""
    if body.length is not None and body.length <= BLOCK:
        whole = b"".join([block async for block in body])
        await asyncio.to_thread(settle, whole, file, digests)
        return len(whole)
    md5, *others = digests
    size = 0
    under_way: deque[tuple[Future[None], Future[None]]] = deque()
    async with own_thread() as hashing, own_thread() as writing:
        async for block in body:
            size += len(block)
            if size > LARGEST:
                raise errors.entity_too_large(size, LARGEST)
            if len(under_way) == UNDER_WAY:
                await done(under_way.popleft())
            works = hashing.submit(md5.update, block), writing.submit(settle, block, file, others)
            under_way.append(works)
        while under_way:
            await done(under_way.popleft())
    return size


def settle(block: bytes, file: BinaryIO, digests: Iterable[Digest]) -> None:
    """Write a block and take it into digests."""
    file.write(block)
    file.flush()
    for digest in digests:
        digest.update(block)


@asynccontextmanager
async def own_thread() -> AsyncIterator[Executor]:
    """Have a thread that does one thing after the other, and has ended when this ends."""
    executor = ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        await asyncio.to_thread(executor.shutdown, cancel_futures=True)


async def done(works: Iterable[Future[None]]) -> None:
    """Wait for works in threads; raises what they raised."""
    for work in works:
        if not work.done():
            await asyncio.wrap_future(work)
        work.result()
