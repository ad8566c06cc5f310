"""Answers that are sent on the spot, as far as the connection takes them.

    head, pages of a file ─► socket ─► done, or the rest goes by the transport

The file is mapped for as long as that takes, and its pages are copied once, by the kernel: in some
three quarters of the time of reading them first, or of sendfile and splice, who pass pages on one
by one. If they are gone when the kernel looks, it says so. Through TLS there is no such way.
"""

import asyncio
import mmap
import os
import socket
from contextlib import suppress
from typing import Final, NamedTuple

AT_ONCE: Final[int] = getattr(mmap, "MAP_POPULATE", 0)  # all pages: Linux alone can be told


class Piece(NamedTuple):
    """A piece of an open file, which has all of it and begins at the beginning of a page."""

    file: int
    offset: int
    length: int

    def mapped(self) -> mmap.mmap:
        """Return it as memory; OSError, or ValueError if the file has not all of it any more."""
        flags = mmap.MAP_SHARED | AT_ONCE
        return mmap.mmap(
            self.file, self.length, flags=flags, prot=mmap.PROT_READ, offset=self.offset
        )


class Prompt(NamedTuple):
    """An answer that can be sent on the spot."""

    action: str  # for the log
    status: int
    headers: bytes  # their lines, Content-Length included
    body: Piece | None = None


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
        sent = 0
        try:
            # No room is left, or the transport will find the same.
            with suppress(OSError, ValueError), body.mapped() as pages:
                sent = self.socket.sendmsg([head, pages])
            if sent < len(head):
                self.transport.write(head[sent:])
            done = max(0, sent - len(head))
            if done < body.length:
                self.transport.write(os.pread(body.file, body.length - done, body.offset + done))
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
