"""Answers that are sent on the spot, as far as the connection takes them.

    head, piece of a file ─► socket ─► done, or the rest goes by the transport

The kernel sends the pages of the file as they are, without a copy: nobody may write to it any more.
Through TLS there is no such way.
"""

import asyncio
import os
import socket
from typing import Final, NamedTuple

MORE: Final[int] = getattr(socket, "MSG_MORE", 0)  # follows at once: Linux alone can be told


class Piece(NamedTuple):
    """A piece of an open file, which has all of it."""

    file: int
    offset: int
    length: int


class Direct:
    """The way past the transport of one connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.socket: socket.socket | None = None  # the same connection, once it is needed

    @property
    def free(self) -> bool:
        """Whether nothing else must go first."""
        return not self.transport.get_write_buffer_size() and not self.transport.is_closing()

    def send(self, head: bytes, body: Piece) -> None:
        """Send a whole answer, and close the file of its body."""
        if self.socket is None:
            self.socket = second(self.transport)
        sent = -len(head)
        try:
            sent += self.socket.send(head, MORE)
            while 0 <= sent < body.length:
                sent += os.sendfile(
                    self.socket.fileno(), body.file, body.offset + sent, body.length - sent
                )
        except OSError:  # no room is left, or the transport will find the same
            pass
        if sent < 0:
            self.transport.write(head[sent:])
        if (done := max(0, sent)) < body.length:
            self.transport.write(os.pread(body.file, body.length - done, body.offset + done))
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


def possible(transport: asyncio.Transport) -> bool:
    """Tell whether there is a way past a transport."""
    return transport.get_extra_info("sslcontext") is None
