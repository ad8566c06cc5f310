"""The wire's end in our hands, and the port of this machine that leads into the guest."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from converters.boot import frames
from converters.boot.network import LONGEST
from converters.vnet.connection import Connection
from converters.vnet.segments import Ends
from converters.vnet.wire import CHUNK, FILLED, HOST, Wire, forwarded, reset
from tests.vnet.inside import GUEST, Inside

TEXT = b"".join(i.to_bytes(4) for i in range(100_000))
PING = frames.ipv4(GUEST.address, GUEST.addresses.router, frames.ICMP, b"\x08".ljust(1400, b"\0"))
Program = Callable[[Connection], None]


def echo(connection: Connection) -> None:
    connection.write(connection.read(connection.room))
    if connection.at_end:
        connection.close()


def deaf(connection: Connection) -> None:
    pass


def swallow(connection: Connection) -> None:
    connection.read()


def leaves(connection: Connection) -> None:
    if connection.read():
        connection.abort()


@dataclass
class There:
    """A guest at the other end of a socket, with a program that listens where sshd does."""

    program: Program
    socket: socket.socket
    inside: Inside = field(default_factory=Inside)
    calls: list[Connection] = field(default_factory=list)

    async def live(self) -> None:
        reader, writer = await asyncio.open_unix_connection(sock=self.socket)
        self.inside.listen(22, self._called)
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest()):
                    length = int.from_bytes(await reader.readexactly(4))
                self.inside.now = time.monotonic()
                self.inside.take(await reader.readexactly(length))
            self.inside.now = time.monotonic()
            for connection in self.calls:
                self.program(connection)
            for packet in self.inside.tcp.said(self.inside.now):
                frame = bytes(12) + b"\x08\0" + packet
                writer.write(len(frame).to_bytes(4) + frame)
            await writer.drain()

    def _called(self, ends: Ends, connection: Connection) -> None:
        self.calls.append(connection)

    def _rest(self) -> float | None:
        due = self.inside.tcp.due
        return None if due is None else max(0.0, due - time.monotonic())


@dataclass
class Here:
    """Our end."""

    wire: Wire
    there: There
    serving: "asyncio.Task[None]"
    living: "asyncio.Task[None]"


@asynccontextmanager
async def wired(program: Program = echo) -> AsyncIterator[Here]:
    near, far = socket.socketpair()
    inside = Inside()
    wire = Wire(inside.lan, *await asyncio.open_unix_connection(sock=near))
    there = There(program, far, inside)
    serving = asyncio.create_task(wire.serve())
    living = asyncio.create_task(there.live())
    try:
        async with asyncio.timeout(60):
            yield Here(wire, there, serving, living)
    finally:
        for task in (serving, living):
            task.cancel()
        await asyncio.gather(serving, living, return_exceptions=True)
        near.close()
        far.close()


async def test_bytes_go_through_the_port_to_the_guest_and_back() -> None:
    async with wired() as here, forwarded(here.wire) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(TEXT)
        writer.write_eof()

        assert await reader.read(-1) == TEXT
        writer.close()
        await writer.wait_closed()
        while not here.there.calls[0].ended:
            await asyncio.sleep(0.01)
        assert here.there.calls[0].ended == "closed"


async def test_several_may_go_through_at_a_time() -> None:
    async def one(port: int, content: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(content)
        writer.write_eof()
        try:
            return await reader.read(-1)
        finally:
            writer.close()

    async with wired() as here, forwarded(here.wire) as port:
        contents = [TEXT[at : at + 20_000] for at in range(0, 100_000, 20_000)]
        assert await asyncio.gather(*(one(port, each) for each in contents)) == contents
        assert len(here.there.calls) == 5


async def test_who_is_not_read_waits() -> None:
    async with wired(deaf) as here, forwarded(here.wire) as port:
        _, writer = await asyncio.open_connection(HOST, port)
        writer.write(TEXT * 20)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await writer.drain()

        [call] = here.there.calls
        assert call.unread <= CHUNK
        reset(writer)
        here.there.program = swallow
        call.read()
        here.wire.open(22)  # so that the guest has something to look at
        while not call.ended:
            await asyncio.sleep(0.01)
        assert call.ended == "reset"


async def test_a_port_where_nobody_listens_closes_at_once() -> None:
    async with wired() as here, forwarded(here.wire, 3389) as port:
        reader, writer = await asyncio.open_connection(HOST, port)

        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()


async def test_a_reset_of_the_guest_arrives() -> None:
    async with wired(leaves) as here, forwarded(here.wire) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"hello")

        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()


async def test_with_the_guest_its_connections_end() -> None:
    async with wired(deaf) as here, forwarded(here.wire) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"hello")
        while not here.there.calls:
            await asyncio.sleep(0.01)

        here.living.cancel()
        here.there.socket.shutdown(socket.SHUT_RDWR)
        await here.serving

        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()
        reader, writer = await asyncio.open_connection(HOST, port)
        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()


async def test_with_the_port_its_connections_end() -> None:
    async with wired(deaf) as here:
        async with forwarded(here.wire) as port:
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"hello")
            while not here.there.calls:
                await asyncio.sleep(0.01)

        with pytest.raises(ConnectionResetError):
            await reader.read(-1)
        writer.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(HOST, port)
        while not here.there.calls[0].ended:
            await asyncio.sleep(0.01)


async def test_a_guest_that_does_not_listen_fills_nobody_s_memory() -> None:
    near, far = socket.socketpair()
    reader, writer = await asyncio.open_unix_connection(sock=near)
    inside = Inside()
    wire = Wire(inside.lan, reader, writer)
    for _ in range(100):
        for _ in range(20):
            inside.send(PING)
        wire.flush()

    assert FILLED <= writer.transport.get_write_buffer_size() < FILLED + 20 * 1500
    writer.transport.abort()
    far.close()


async def test_who_announces_too_long_a_frame_is_not_listened_to() -> None:
    async with wired() as here:
        here.there.socket.send(LONGEST.to_bytes(4))

        await asyncio.wait_for(here.serving, 10)
