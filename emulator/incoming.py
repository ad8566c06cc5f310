"""A request as it arrives, taken from ASGI, and its body, which can be read once."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from random import getrandbits
from typing import Any
from urllib.parse import quote

from emulator import errors

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Pieces = AsyncIterator[bytes]


class ClientLeft(Exception):
    """The client closed the connection before its request was whole."""


class Incoming:
    """One request: its line and headers, and the body that is still on its way."""

    __slots__ = (
        "_receive", "address", "announced", "body", "ended", "header_list", "headers", "host",
        "method", "path", "query_string", "secure", "touched", "watch",
    )  # fmt: skip

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        self.method: str = scope["method"]
        self.path: str = scope["raw_path"].decode("latin-1") or "/"  # escapes and all
        self.query_string: bytes = scope["query_string"]
        self.secure: bool = scope["scheme"] == "https"
        self.header_list: list[tuple[bytes, bytes]] = scope["headers"]
        self.headers = joined(self.header_list)
        self.host: str = self.headers.get("host", "")
        self.address: str = (scope.get("client") or ("", 0))[0]
        self.touched = False  # a client that expects "100 Continue" has got it
        self.ended = False
        self.body: bytes | None = None  # once it has been read whole
        self.watch: Callable[[Pieces], Pieces] | None = None  # verifies the body on its way
        length = self.headers.get("content-length", "")
        self.announced = int(length) if length.isdigit() else None

    @property
    def withheld(self) -> bool:
        """Whether the client still waits for our "100 Continue", and must not get it any more."""
        return not self.touched and "expect" in self.headers

    def pieces(self) -> Pieces:
        """Give the body as it arrives, or once more if it was read; ClientLeft if it breaks off.

        Raises what a signature finds wrong with it before its last piece.
        """
        return self.arriving() if self.watch is None else self.watch(self.arriving())

    async def arriving(self) -> Pieces:
        """Give the body as it arrives, whatever it is."""
        if self.body is not None:
            yield self.body
        while not self.ended:
            self.touched = True
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeft
            self.ended = not message.get("more_body")
            if piece := message.get("body"):
                yield piece

    async def read(self, limit: int, too_large: Callable[[int], errors.AwsError]) -> bytes:
        """Read the body whole; what is larger than limit is refused, as early as it is known."""
        if self.body is None:
            if self.announced is not None and self.announced > limit:
                raise too_large(limit)
            pieces, size = [], 0
            async for piece in self.pieces():
                size += len(piece)
                if size > limit:
                    raise too_large(limit)
                pieces.append(piece)
            self.body = b"".join(pieces)
        return self.body

    async def gone(self) -> None:
        """Return when the client has left; the body must have been read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Put the headers into a dictionary; repeated ones are joined by commas."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def origin_form(target: bytes) -> tuple[bytes, bytes | None]:
    """Split an absolute-form request target into the usual form and its host."""
    host = None
    if target[:7].lower() in (b"http://", b"https:/"):
        host, slash, rest = target.split(b"://", 1)[1].partition(b"/")
        if b"?" in host:
            host, _, rest = host.partition(b"?")
            slash = b"/?"
        target, host = (slash or b"/") + rest, host.rpartition(b"@")[2]
    return target, host


def escaped(line: bytes) -> bytes:
    """Escape the bytes that do not belong into a request line."""
    return quote(line, safe="".join(map(chr, range(32, 127)))).encode()


async def nothing() -> Message:
    """Give no body, as the Receive of a request that has none."""
    return {"type": "http.request"}


def new_request_id() -> str:
    """Make up the id of a request: a UUID of random bits, which no secret hangs on.

    To ask the system for them takes longer than to find what most requests ask for.
    """
    text = f"{getrandbits(128):032x}"
    variant = "89ab"[int(text[16], 16) & 3]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
