"""Answers that are sent on the spot, as far as the connection takes them.

    head, body ─► socket ─► done, or the rest goes by the transport

The body may be in memory that others use as soon as this returns. Through TLS there is no such way.
"""

import asyncio
import os
import socket


class Direct:
    """The way past the transport of one connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.socket: socket.socket | None = None  # the same connection, once it is needed

    @property
    def free(self) -> bool:
        """Whether nothing else must go first."""
        return not self.transport.get_write_buffer_size() and not self.transport.is_closing()

    def send(self, head: bytes, body: memoryview) -> None:
        """Send a whole answer; the body may be used again after that."""
        if self.socket is None:
            self.socket = second(self.transport)
        try:
            sent = self.socket.sendmsg([head, body])
        except OSError:  # whatever it is, the transport will find it as well
            sent = 0
        if sent < len(head):
            self.transport.write(head[sent:])
        rest = body[max(0, sent - len(head)) :]
        if rest:
            self.transport.write(bytes(rest))

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
