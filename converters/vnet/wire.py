"""Ties a Lan to the world: to the socket that is QEMU's network, and to ports of this machine.

    QEMU ── 4 bytes of length, a frame ──► Wire.serve ──► Lan
    ssh ──► 127.0.0.1:N ── forwarded ──► Wire.open(22) ──► Lan ──► the guest's sshd

Whatever goes to the guest waits for the guest, and whatever comes of it waits for who reads it.
"""

import asyncio
import os
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from converters.boot.network import LONGEST
from converters.vnet.connection import Connection
from converters.vnet.lan import Lan
from converters.vnet.tcp import Full

HOST: Final = "127.0.0.1"
SSH: Final = 22
CHUNK: Final = 65_536  # bytes that are read at once
FILLED: Final = 1 << 20  # bytes on their way to QEMU, beyond which frames are lost


class Wire:
    """The end of a guest's wire that is in our hands."""

    def __init__(
        self,
        lan: Lan,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.lan = lan
        self._reader = reader
        self._writer = writer
        self._now = now
        self._timer: asyncio.TimerHandle | None = None
        self._is_cut = False

    async def serve(self, changed: Callable[[], None] = lambda: None) -> None:
        """Carry frames until the wire is cut; changed is told when some came."""
        left = bytearray()
        try:
            while chunk := await self._reader.read(CHUNK):
                begin = self._now()
                left += chunk
                if not self._taken(left, begin):
                    return
                self.flush()
                changed()
                # A guest that floods us gets half of our time, not all of it.
                await asyncio.sleep(self._now() - begin if len(chunk) == CHUNK else 0)
        except ConnectionError:
            return
        finally:
            self._is_cut = True
            self.lan.cut()
            if self._timer:
                self._timer.cancel()

    def _taken(self, left: bytearray, now: float) -> bool:
        """Take the frames that are whole; tell whether they are sensible."""
        at = 0
        while len(left) - at >= 4:
            end = at + 4 + int.from_bytes(left[at : at + 4])
            if end - at > LONGEST:
                return False
            if end > len(left):
                break
            self.lan.take(bytes(left[at + 4 : end]), now)
            at = end
        del left[:at]
        return True

    def open(self, port: int) -> Connection:
        """Open a connection to a port of the guest. Full, ConnectionError."""
        if self._is_cut:
            raise ConnectionResetError
        connection = self.lan.connect(port, self._now())
        self.flush()
        return connection

    def flush(self) -> None:
        """Send what there is to send, and come back when there will be more."""
        if self._is_cut:
            return
        now = self._now()
        said = self.lan.said(now)
        if self._writer.transport.get_write_buffer_size() < FILLED:
            self._writer.write(b"".join(len(each).to_bytes(4) + each for each in said))
        if self._timer:
            self._timer.cancel()
        due = self.lan.due
        wait = None if due is None else max(0.0, due - now)
        loop = asyncio.get_running_loop()
        self._timer = None if wait is None else loop.call_later(wait, self.flush)


@asynccontextmanager
async def forwarded(wire: Wire, port: int = SSH) -> AsyncIterator[int]:
    """Forward a port of this machine to one of the guest's; give its number."""
    visits: set[asyncio.Task[None]] = set()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visit = asyncio.ensure_future(_visit(wire, port, reader, writer))
        visits.add(visit)
        visit.add_done_callback(visits.discard)

    server = await asyncio.start_server(begin, HOST, 0, limit=CHUNK)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for visit in list(visits):
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)


async def _visit(
    wire: Wire, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Carry bytes between a program of this machine and one of the guest's."""
    try:
        connection = wire.open(port)
    except (Full, ConnectionError):
        reset(writer)
        return
    bell = Bell()
    connection.changed = bell.ring
    sending = asyncio.ensure_future(_to_guest(wire, connection, reader, bell))
    try:
        with suppress(ConnectionError):
            await _of_guest(wire, connection, writer, bell)
            while not connection.ended:
                await bell.rung()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        connection.abort()
        wire.flush()
        if connection.ended == "closed":
            writer.close()
        else:
            reset(writer)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close a connection so that the other end sees that it was cut off, and not that all came."""
    end: socket.socket = writer.get_extra_info("socket")
    with suppress(OSError), socket.socket(fileno=os.dup(end.fileno())) as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Bell:
    """Wakes all who wait for something to change."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        self._event.set()

    async def rung(self) -> None:
        """Wait for the next change."""
        self._event.clear()
        await self._event.wait()


async def _to_guest(
    wire: Wire, connection: Connection, reader: asyncio.StreamReader, bell: Bell
) -> None:
    try:
        while content := await reader.read(CHUNK):
            while content := content[connection.write(content) :]:
                wire.flush()
                if connection.ended:
                    return
                await bell.rung()
            wire.flush()
        connection.close()
    except ConnectionError:
        connection.abort()
    wire.flush()


async def _of_guest(
    wire: Wire, connection: Connection, writer: asyncio.StreamWriter, bell: Bell
) -> None:
    while not connection.at_end:
        if content := connection.read(CHUNK):
            writer.write(content)
            await writer.drain()
            wire.flush()  # there is room again
        else:
            await bell.rung()
    if connection.ended in (None, "closed"):
        writer.write_eof()
