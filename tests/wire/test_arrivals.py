"""Bodies that come past the parser, to a service that is there for nothing else."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
import uvloop
from uvicorn.server import ServerState

from emulator import arrivals
from emulator.context import Context
from emulator.credentials import Caller
from emulator.direct import Prompt
from emulator.incoming import Receive, Scope, Send
from emulator.prompts import Prompts, Take
from emulator.server import Config, Protocol
from tests.wire.sockets import signed

ME = "111122223333"
SIZE = 100_000
BODY = bytes(range(250)) * (SIZE // 250)
TAKEN, USUAL = b"taken", b"usual"


class Desk:
    """Takes what is put to /take whole; all else is told to an application."""

    def __init__(self) -> None:
        self.bodies: list[tuple[bytes, bytes]] = []  # and who has taken them
        self.left = 0  # clients in the middle of a body
        self.open = threading.Event()
        self.open.set()
        self.connections: list[Protocol] = []
        prompts = Prompts(lambda caller: self.context(caller))
        prompts.services["desk"] = self
        application: Any = self
        self.gateway = SimpleNamespace(prompts=prompts)
        self.config = Config(application, interface="asgi3", lifespan="off", log_config=None)
        self.config.load()
        self.state = ServerState()

    def context(self, caller: Caller) -> Context:
        context: Context = SimpleNamespace(caller=caller)  # type: ignore[assignment]
        return context

    def answered(self, ctx: Context, target: bytes, request_id: str) -> Prompt | None:
        return None

    def taking(self, ctx: Context, target: bytes, headers: Mapping[bytes, bytes]) -> Take | None:
        def take(body: bytearray, request_id: str) -> Prompt | None:
            assert self.open.wait(20)
            if target == b"/take/fails":
                raise RuntimeError("it is broken")
            if target == b"/take/not":
                return None
            self.bodies.append((bytes(body), TAKEN))
            return Prompt("Take", 201, b"content-length: 0\r\n")

        return take if target.startswith(b"/take") else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body, more = body + message["body"], message["more_body"]
        self.bodies.append((body, USUAL))
        headers = [(b"content-length", b"0"), (b"x-path", scope["raw_path"])]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def protocol(self) -> Protocol:
        self.connections.append(Protocol(self.config, self.state, {}))
        return self.connections[-1]


class Client:
    """One connection to the desk."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, *pieces: bytes) -> None:
        """Send pieces, each of which is read before the next is sent."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            for _ in range(10):  # turns of the loop, which is the server's as well
                await asyncio.sleep(0)

    async def statuses(self, count: int) -> list[int]:
        """Read some answers without a body."""
        found = []
        for _ in range(count):
            head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
            found.append(int(head[9:12]))
        return found

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 20)


def put(path: str = "/take", size: int = SIZE, *headers: str) -> bytes:
    """Write the head of a request."""
    lines = [f"PUT {path} HTTP/1.1", "Host: localhost", f"Authorization: {signed(ME, 'desk')}"]
    return "\r\n".join([*lines, f"Content-Length: {size}", *headers, "", ""]).encode()


@pytest.fixture(autouse=True)
def no_buffer_is_lost() -> Iterator[None]:
    arrivals.FREE.clear()
    yield
    assert len(arrivals.FREE) <= 1
    arrivals.FREE.clear()


def visit(scenario: Callable[[Desk, Client], Awaitable[None]]) -> Desk:
    """Let a client do something at a desk."""
    desk = Desk()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(desk.protocol, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        client = Client(*await asyncio.open_connection("127.0.0.1", port))
        await scenario(desk, client)
        client.writer.close()
        server.close()
        while desk.state.connections or desk.state.tasks:
            await asyncio.sleep(0)

    uvloop.run(run())
    desk.config.takers.close()
    return desk


@pytest.mark.parametrize(
    "cuts", [(), (0,), (1,), (SIZE - 1,), (SIZE,), (-40,), (-40, 0, 70_000), (10, 11, SIZE - 1)]
)
def test_a_body_is_taken_wherever_it_is_cut(cuts: tuple[int, ...]) -> None:
    head = put()
    whole = head + BODY
    at = [0, *(len(head) + cut for cut in cuts), len(whole)]
    pieces = [whole[begin:end] for begin, end in pairwise(at)]

    async def scenario(desk: Desk, client: Client) -> None:
        for _ in range(3):
            await client.send(*pieces)
            assert await client.statuses(1) == [201]
        assert len(arrivals.FREE) == 1  # always the same

    assert visit(scenario).bodies == [(BODY, TAKEN)] * 3


def test_answers_come_in_the_order_of_the_requests() -> None:
    """The first body is taken while all that follows is here already."""
    get = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
    rest = [get, put("/else", 5) + b"other", put() + BODY, put("/take/not") + BODY, get]
    for cut in (0, SIZE // 2, SIZE):

        async def scenario(desk: Desk, client: Client, cut: int = cut) -> None:
            desk.open.clear()
            await client.send(put() + BODY[:cut], BODY[cut:] + b"".join(rest))
            assert not desk.bodies
            desk.open.set()
            assert await client.statuses(6) == [201, 200, 200, 200, 200, 200]

        assert visit(scenario).bodies == [
            (BODY, TAKEN), (b"", USUAL), (b"other", USUAL), (BODY, USUAL), (BODY, USUAL),
            (b"", USUAL),
        ]  # fmt: skip


@pytest.mark.parametrize("path", ["/take/not", "/take/fails"])
def test_what_is_not_taken_is_asked_for_in_the_usual_way(path: str) -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(put(path), BODY[:100], BODY[100:])
        assert await client.statuses(1) == [200]
        await client.send(put(path) + BODY)
        assert await client.statuses(1) == [200]
        await client.send(put() + BODY)
        assert await client.statuses(1) == [201]

    assert visit(scenario).bodies == [(BODY, USUAL), (BODY, USUAL), (BODY, TAKEN)]


@pytest.mark.parametrize(
    "head",
    [
        put("/take", SIZE, "Connection: close"),
        put("/take", SIZE, "Authorization: none"),
        put("/take", SIZE, "X-Amz-Meta: 1", "X-Amz-Meta: 2"),
        put("/take", SIZE, "Content-Encoding: gzip"),
        put("/take").replace(b"desk", b"shop"),
        put("/take").replace(b"Credential=", b"Credential=x/y, Credential="),
        put("/take").replace(ME.encode(), b"ASIA0123456789ABCDEF"),
        put("/take").replace(b"PUT", b"POST"),
        put("/take").replace(b"HTTP/1.1", b"HTTP/1.0"),
    ],
)
def test_what_is_not_as_it_mostly_is_goes_the_usual_way(head: bytes) -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(head, BODY[:100], BODY[100:])
        assert await client.statuses(1) == [200]
        if b"close" in head or b"1.0" in head:
            assert await client.rest() == b""

    assert visit(scenario).bodies == [(BODY, USUAL)]


def test_a_body_that_is_larger_than_a_buffer_goes_the_usual_way() -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        for size in (0, (1 << 20) + 1):
            await client.send(put("/take", size), bytes(size))
            assert await client.statuses(1) == [200]

    assert [(len(body), by) for body, by in visit(scenario).bodies] == [
        (0, USUAL), ((1 << 20) + 1, USUAL)
    ]  # fmt: skip


def test_who_expects_to_be_asked_is_asked() -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(put("/take", SIZE, "Expect: 100-continue"))
        assert await client.statuses(1) == [100]
        await client.send(BODY)
        assert await client.statuses(1) == [200]

    assert visit(scenario).bodies == [(BODY, USUAL)]


def test_two_lengths_are_refused() -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(put("/take", SIZE, "Content-Length: 5"))
        assert await client.statuses(1) == [400]

    assert not visit(scenario).bodies


@pytest.mark.parametrize("sent", [0, 10, SIZE - 1])
def test_who_leaves_in_the_middle_is_noticed_as_ever(sent: int) -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(put(), BODY[:sent])
        client.writer.transport.abort()

    desk = visit(scenario)

    assert (desk.bodies, desk.left) == ([], 1)
    assert len(arrivals.FREE) == 1


def test_who_leaves_before_the_answer_disturbs_nobody() -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        desk.open.clear()
        await client.send(put() + BODY)
        client.writer.transport.abort()
        while desk.state.connections:
            await asyncio.sleep(0)
        assert not arrivals.FREE  # somebody reads what is in it
        desk.open.set()
        while not arrivals.FREE:
            await asyncio.sleep(0)

    assert visit(scenario).bodies == [(BODY, TAKEN)]


@pytest.mark.parametrize("first", [0, 1000])
def test_a_server_that_stops_has_the_rest_in_the_usual_way(first: int) -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        await client.send(put() + BODY[:first], BODY[first:2000])
        desk.connections[0].shutdown()
        await client.send(BODY[2000:])
        assert await client.statuses(1) == [200]
        assert await client.rest() == b""

    assert visit(scenario).bodies == [(BODY, USUAL)]


def test_a_server_that_stops_answers_who_waits() -> None:
    async def scenario(desk: Desk, client: Client) -> None:
        desk.open.clear()
        await client.send(put() + BODY)
        desk.connections[0].shutdown()
        desk.open.set()
        head = await client.rest()
        assert head.startswith(b"HTTP/1.1 201 Created\r\n")
        assert b"connection: close\r\n" in head

    assert visit(scenario).bodies == [(BODY, TAKEN)]
