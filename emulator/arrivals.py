"""Bodies that come past the parser, for services that take them whole.

    head ─► parser ─► a service that takes the body? ─► no: the usual way
                                  │ yes
    body ─► a buffer of its size ─┴─► taken in a thread ─► answer
                                                   └─► None: asked in the usual way, with that body

The parser sees what has come along with the head, and nothing of the rest. Buffers are used again
and again: new memory costs more than what is done with it.
"""

from typing import Any, Final

from emulator.prompts import Delivery

KEPT: Final = 64  # buffers, for bodies that are to come
FREE: Final[list[bytearray]] = []


class Arrival:
    """A body on its way, and the usual way for it."""

    cycle: Any = None  # uvicorn's, of a request that has not been begun
    app: Any = None

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.buffer = buffer_of(delivery.size)
        self.room = memoryview(self.buffer)
        self.parsed = 0  # bytes that the parser has seen

    def add(self, piece: bytes) -> None:
        """Take what the parser has seen."""
        self.room[: len(piece)] = piece
        self.parsed += len(piece)
        self.came(len(piece))

    def came(self, count: int) -> bool:
        """Count what has come into the room; tell whether that was all."""
        self.room = self.room[count:]
        return not self.room

    @property
    def seen(self) -> bytes:
        """What the parser has seen."""
        return bytes(memoryview(self.buffer)[: self.parsed])

    @property
    def missed(self) -> bytes:
        """What has come past the parser."""
        return bytes(memoryview(self.buffer)[self.parsed : len(self.buffer) - len(self.room)])

    def free(self) -> None:
        """Let others have the buffer."""
        self.room = memoryview(b"")
        if len(FREE) < KEPT:
            FREE.append(self.buffer)


def buffer_of(size: int) -> bytearray:
    """Return a buffer, with whatever was in it before."""
    for at, buffer in enumerate(FREE):
        if len(buffer) == size:
            return FREE.pop(at)
    return bytearray(size)
