"""The HTTP server: uvicorn with uvloop and httptools, and the few things they leave to us.

    socket ─┬─► ARRIVING ─► parser ─► Pieces ─► a block for the application
            └─► the rest of a body that is taken whole: see arrivals.py

Uploads are read by blocks: as much as there is goes through one buffer that all connections share,
is copied out of it once, and wakes the application when there is a block of it, or the end, or
when the block takes too long to fill.
"""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import httptools
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from emulator.arrivals import Arrival, Takers
from emulator.direct import Direct, Prompt
from emulator.incoming import escaped, origin_form
from emulator.protocol.streams import BLOCK

if TYPE_CHECKING:
    from ssl import SSLContext

    from emulator.app import Application

# After an early answer (NoSuchBucket) the rest of an upload is read and dropped, since many
# clients do not look for an answer before they have sent everything. Beyond this we hang up.
DRAINED = 1 << 30
ARRIVING = memoryview(bytearray(BLOCK))  # what one read brings, until the parser has copied it
BEGINNING = ARRIVING[: 64 << 10]  # for a head: of a body, little is to come by the parser with it
LINE = 16 << 10  # bytes of a request line that are looked at; the longest key has 9 KiB, escaped
LINGER = 0.02  # seconds that a block may take to fill: what trickles is handed on as it comes
KEEP_ALIVE = 75  # seconds; longer than the clients' pools keep a connection that idles
TAKERS = 4  # threads that bodies are taken in
GRACE = 3  # seconds for the requests that are under way when the server is told to stop


class Pieces(list[bytes]):
    """What has come of a body and was not fetched yet; joined once, where uvicorn copies twice."""

    size = 0  # bytes

    def add(self, piece: bytes) -> int:
        """Take one more; gives the size of all."""
        self.append(piece)
        self.size += len(piece)
        return self.size

    def __bytes__(self) -> bytes:
        return b"".join(self)


class Protocol(HttpToolsProtocol):
    """HTTP/1.1 as clients speak it, absolute-form request lines and stray bytes included."""

    config: "Config"
    between = True  # requests
    dropped = 0  # bytes of a body after its answer
    lingering: asyncio.TimerHandle | None = None  # for a block to fill
    direct: Direct | None = None  # past the transport
    answered = False  # before the request was read to its end, which has no body
    arrival: Arrival | None = None  # of a body that is taken whole

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Have what arrives on the connection read by blocks."""
        super().connection_made(transport)
        transport.set_protocol(Reader(self))
        if transport.get_extra_info("sslcontext") is None:
            self.direct = Direct(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of the connection altogether."""
        if self.arrival is not None:  # what has come of it is of no use
            arrival, self.arrival = self.arrival, None
            arrival.free()
            super()._start_asgi_task(arrival.cycle, arrival.app)
        super().connection_lost(exc)
        if self.direct is not None:
            self.direct.close()

    def data_received(self, data: bytes | memoryview) -> None:
        """Escape a key's raw UTF-8 in the request line; the parser refuses it."""
        if self.between and not bytes(data[:LINE]).partition(b"\r\n")[0].isascii():
            line, end, rest = bytes(data).partition(b"\r\n")
            data = escaped(line) + end + rest
        super().data_received(data)  # type: ignore[arg-type]

    def on_message_begin(self) -> None:
        """Note that what follows is no request line."""
        self.between = False
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Note that a request line comes next."""
        self.between = True
        if self.answered:
            self.answered = False
            return
        if self.lingering is not None:
            self.lingering.cancel()
        super().on_message_complete()
        if self.arrival is not None:
            self.deliver(self.arrival)

    def on_url(self, url: bytes) -> None:
        """Escape what the parsers of URLs refuse."""
        super().on_url(url.replace(b"#", b"%23"))

    def on_headers_complete(self) -> None:
        """Put the host of an absolute-form request line in the place of the header Host."""
        self.dropped = 0
        if not self.url.startswith(b"/"):
            self.url, host = origin_form(self.url)
            if host is not None:
                self.headers[:] = [pair for pair in self.headers if pair[0] != b"host"]
                self.headers.append((b"host", host))
        method = self.parser.get_method()
        if method == b"GET" and self.direct is not None and self.answered_at_once(self.direct):
            return
        if method == b"PUT" and self.alone:
            delivery = self.config.prompts.delivery(self.url, self.headers)
            self.arrival = None if delivery is None else Arrival(delivery)
        super().on_headers_complete()

    @property
    def alone(self) -> bool:
        """Whether a request comes after none that is not answered, and may be followed by others.

        All clients that matter send theirs so.
        """
        return (
            (self.cycle is None or self.cycle.response_complete)
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
        )

    def answered_at_once(self, direct: Direct) -> bool:
        """Answer a request without a body here and now, if the application can."""
        if not self.alone or not direct.free:
            return False
        answer = self.config.prompts.answered(self.url, self.headers)
        if answer is None or answer.body is None:
            return False
        direct.send(self.head_of(answer), answer.body)
        self.answered = True
        self.on_response_complete()
        return True

    def head_of(self, answer: Prompt, more: bytes = b"") -> bytes:
        """Write the head of an answer, with some more lines of headers."""
        always = [b"%s: %s\r\n" % pair for pair in self.server_state.default_headers]
        return b"".join((STATUS_LINE[answer.status], *always, answer.headers, more, b"\r\n"))

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        """Have a request answered in the usual way, unless that begins with taking its body."""
        if self.arrival is None:
            super()._start_asgi_task(cycle, app)
        else:
            self.arrival.cycle, self.arrival.app = cycle, app

    def whole(self) -> None:
        """Have a body taken whose end the parser has not seen: it waits for it, and is done."""
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.on_message_complete()

    def deliver(self, arrival: Arrival) -> None:
        """Have a body taken that is whole."""
        self.arrival = None
        call, delivered = self.loop.call_soon_threadsafe, self.delivered
        self.config.takers.take(arrival, lambda answer: call(delivered, arrival, answer))

    def delivered(self, arrival: Arrival, answer: Prompt | None) -> None:
        """Answer whoever sent a body, or have that done in the usual way."""
        cycle = arrival.cycle
        if answer is None:
            cycle.body = Pieces([bytes(arrival.buffer)])
            super()._start_asgi_task(cycle, arrival.app)
        elif not cycle.disconnected:
            cycle.response_complete = True
            more = b"" if cycle.keep_alive else b"connection: close\r\n"
            self.transport.write(self.head_of(answer, more))
            if not cycle.keep_alive:
                self.transport.close()
            self.on_response_complete()
        arrival.free()

    def shutdown(self) -> None:
        """End the connection after its answer; a body that is not whole goes on in the usual way.

        There it is cut off, and the client told, if it takes too long.
        """
        super().shutdown()
        if self.arrival is not None:
            arrival, self.arrival = self.arrival, None
            super()._start_asgi_task(arrival.cycle, arrival.app)
            if seen := arrival.seen:
                self.on_body(seen)
            if missed := arrival.missed:
                self.parser.feed_data(missed)
            arrival.free()

    def on_body(self, body: bytes) -> None:
        """Hold what comes in until it is a block; count what comes after the answer."""
        if self.arrival is not None:
            self.arrival.add(body)
            return
        cycle: Any = self.cycle
        if cycle.response_complete:
            self.dropped += len(body)
            if self.dropped > DRAINED:
                self.transport.close()
            return
        if not cycle.body:  # it was fetched
            cycle.body = Pieces()
            self.lingering = self.loop.call_later(LINGER, self.hand_over, cycle, cycle.body)
        if cycle.body.add(body) >= BLOCK:
            self.flow.pause_reading()
            cycle.message_event.set()

    def hand_over(self, cycle: Any, block: Pieces) -> None:
        """Wake the application for a block that is slow to fill, unless it was fetched already."""
        if cycle.body is block:
            cycle.message_event.set()


class Reader(asyncio.BufferedProtocol):
    """Reads for a protocol, as much at a time as there is; uvloop's own buffer is smaller."""

    def __init__(self, protocol: Protocol) -> None:
        self.protocol = protocol
        self.connection_lost = protocol.connection_lost  # type: ignore[method-assign]
        self.pause_writing = protocol.pause_writing  # type: ignore[method-assign]
        self.resume_writing = protocol.resume_writing  # type: ignore[method-assign]

    def get_buffer(self, sizehint: int) -> memoryview:
        """Say where the next bytes go; nobody else's come in before they are taken."""
        protocol = self.protocol
        if protocol.arrival is not None:
            return protocol.arrival.room
        return BEGINNING if protocol.between else ARRIVING

    def buffer_updated(self, nbytes: int) -> None:
        """Take what has come."""
        arrival = self.protocol.arrival
        if arrival is None:
            self.protocol.data_received(ARRIVING[:nbytes])
        elif arrival.came(nbytes):
            self.protocol.whole()


class Server(uvicorn.Server):
    """A server that says when it is ready, and for which a signal to stop is no failure."""

    config: "Config"

    def __init__(self, config: "Config", ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then say so."""
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all connections, then let go of what they had in common."""
        await super().shutdown(sockets)
        self.config.takers.close()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal; unlike uvicorn's own, do not die of it afterwards."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.handle_exit(number, frame)

        previous = {
            number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)


class Config(uvicorn.Config):
    """What uvicorn goes by, and the way around ASGI to what the application answers at once."""

    def __init__(self, app: "Application", **settings: Any) -> None:
        super().__init__(app, **settings)
        self.prompts = app.gateway.prompts
        self.takers = Takers(TAKERS)


def configured(app: "Application", tls: "SSLContext | None" = None) -> Config:
    """Configure uvicorn: our protocol, and none of its own logs and headers."""
    return Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
        ssl_context_factory=None if tls is None else lambda config, default: tls,
    )


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket; OSError says what is wrong with the address."""
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    return listening


def endpoint(listening: socket.socket, scheme: str = "http") -> str:
    """Name the address that a client on this machine may use."""
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
