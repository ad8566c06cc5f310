"""Answers that are sent on the spot, as far as the connection takes them.

    head ─────────────────────┐
    piece of a file ─► pipe ─► socket ─► done, or the rest goes by the transport

The kernel sends the pages of the file as they are, without a copy: nobody may write to it any more.
(sendfile does the same with a pipe of its own, which is small.) Through TLS there is no such way,
nor where there is no splice.
"""

import asyncio
import fcntl
import os
import socket
from contextlib import suppress
from typing import Final, NamedTuple

MORE: Final[int] = getattr(socket, "MSG_MORE", 0)  # follows at once: Linux alone can be told
ROOM: Final = 1 << 20  # bytes of a pipe, the most that anyone may have


class Piece(NamedTuple):
    """A piece of an open file, which has all of it."""

    file: int
    offset: int
    length: int


class Prompt(NamedTuple):
    """An answer that can be sent on the spot."""

    action: str  # for the log
    status: int
    headers: bytes  # their lines, Content-Length included
    body: Piece | None = None


class Pipe:
    """What pages of files go through to sockets, as many at once as a block has.

    It is one event loop's, and empty whenever nobody sends.
    """

    def __init__(self) -> None:
        self.exit, self.entrance = os.pipe2(os.O_CLOEXEC)
        with suppress(OSError):  # who has many pipes must not have large ones
            fcntl.fcntl(self.entrance, fcntl.F_SETPIPE_SZ, ROOM)

    def send(self, piece: Piece, socket: int) -> int:
        """Send as much as a socket takes now; return how many bytes."""
        sent = left = 0
        try:
            while left := os.splice(
                piece.file, self.entrance, piece.length - sent, offset_src=piece.offset + sent
            ):
                sent += left
                while left:
                    left -= os.splice(self.exit, socket, left)
        except OSError:  # no room is left, or the transport will find the same
            sent -= left
            while left:  # it is nobody else's
                left -= len(os.read(self.exit, left))
        return sent

    def close(self) -> None:
        """Let go of it."""
        os.close(self.exit)
        os.close(self.entrance)


class Direct:
    """The way past the transport of one connection."""

    def __init__(self, transport: asyncio.Transport, pipe: Pipe) -> None:
        self.transport = transport
        self.pipe = pipe
        self.socket: socket.socket | None = None  # the same connection, once it is needed

    @property
    def free(self) -> bool:
        """Whether nothing else must go first."""
        return not self.transport.get_write_buffer_size() and not self.transport.is_closing()

    def send(self, head: bytes, body: Piece) -> None:
        """Send a whole answer, and close the file of its body."""
        if self.socket is None:
            self.socket = second(self.transport)
        begun, sent = 0, 0
        with suppress(OSError):  # the same
            begun = self.socket.send(head, MORE)
            if begun == len(head):
                sent = self.pipe.send(body, self.socket.fileno())
        if begun < len(head):
            self.transport.write(head[begun:])
        try:
            if sent < body.length:
                self.transport.write(os.pread(body.file, body.length - sent, body.offset + sent))
        finally:
            os.close(body.file)

    def close(self) -> None:
        """Let go of the connection, which the transport has done."""
        if self.socket is not None:
            self.socket.close()


def second(transport: asyncio.Transport) -> socket.socket:
    """Return a socket of one's own for the connection of a transport."""
    number: int = transport.get_extra_info("socket").fileno()
    found = socket.socket(fileno=os.dup(number))
    found.setblocking(False)
    return found
