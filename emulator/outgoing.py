"""An answer on its way out through ASGI: bytes at once, files and streams in large pieces."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from aiofiles.threadpool import wrap

from emulator.incoming import Incoming, Send
from emulator.protocol.streams import BLOCK, FileBody

Body = bytes | FileBody | AsyncIterator[bytes]
Piece = bytes | memoryview
BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
BODILESS = frozenset({204, 304})


@dataclass(slots=True)
class Answer:
    """A status, headers in order, and a body."""

    status: int
    headers: list[tuple[str, str]]
    body: Body = b""


async def send_answer(answer: Answer, incoming: Incoming, send: Send) -> None:
    """Send an answer; a file is closed even when the client leaves in the middle."""
    headers = [(name.lower().encode(), encoded(text)) for name, text in answer.headers]
    names = {name for name, _ in headers}
    body = answer.body
    if answer.status not in BODILESS and b"content-length" not in names:
        if isinstance(body, bytes):
            headers.append((b"content-length", b"%d" % len(body)))
        elif isinstance(body, FileBody):
            headers.append((b"content-length", b"%d" % body.length))
    if incoming.withheld:
        # The body will never come, so that what follows on this connection cannot be told from it.
        headers.append((b"connection", b"close"))
    start = {"type": "http.response.start", "status": answer.status, "headers": headers}
    if isinstance(body, bytes):
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return
    pieces: AsyncIterator[Piece] = file_pieces(body) if isinstance(body, FileBody) else body
    try:
        await send(start)
        if incoming.method != "HEAD" and not await stream(pieces, incoming, send):
            return
        await send({"type": "http.response.body", "body": b""})
    finally:
        if isinstance(body, FileBody):
            body.file.close()
        elif close := getattr(pieces, "aclose", None):
            await close()


async def stream(pieces: AsyncIterator[Piece], incoming: Incoming, send: Send) -> bool:
    """Send a body piece by piece; False if the client left before the end."""
    watch = asyncio.create_task(incoming.gone()) if incoming.ended else None
    try:
        async for piece in pieces:
            if watch is not None and watch.done():
                return False
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    finally:
        if watch is not None:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
    return True


async def file_pieces(body: FileBody) -> AsyncIterator[memoryview]:
    """Read the range of a file in megabytes, in threads, into memory that this one hands out.

    What a thread allocates stays with it when it is given back, and there are many threads.
    """
    file = wrap(body.file)
    if body.offset:  # it has just been opened
        await file.seek(body.offset)
    left = body.length
    while left:
        piece = memoryview(bytearray(min(left, BLOCK)))
        count = await file.readinto(piece)
        if not count:
            raise EOFError(f"{left} bytes are missing at the end of {body.file.name}")
        left -= count
        yield piece[:count]


def encoded(text: str) -> bytes:
    """Encode a header's text: UTF-8 where Latin-1 does not do."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def header_pairs(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """List headers without line breaks and the like, which would end the answer early."""
    return [(name, BREAKS.sub(" ", text)) for name, text in headers]
