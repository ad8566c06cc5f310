"""Bodies that come past the parser, for services that take them whole.

    head ─► parser ─► a service that takes the body? ─► no: the usual way
                                  │ yes
    body ─► a buffer of its size ─┴─► taken in a thread ─► answer
                                                   └─► None: asked in the usual way, with that body

The parser sees what has come along with the head, and nothing of the rest. Buffers are used again
and again: new memory costs more than what is done with it.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final

from emulator.direct import Prompt
from emulator.prompts import Delivery

log = logging.getLogger(__name__)

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


class Takers:
    """The threads that bodies are taken in; they are begun with the first body.

    They are few: more would wait for one another at a file, which one writes to at a time. And they
    are no executor, whose futures take as long as all else that is done for a block.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.threads: list[Thread] = []
        self.waiting: SimpleQueue[Callable[[], object] | None] = SimpleQueue()

    def take(self, arrival: Arrival, then: Callable[[Prompt | None], object]) -> None:
        """Have a body taken; what became of it is told in the thread that took it."""
        if not self.threads:
            self.threads += [Thread(target=self.run, daemon=True) for _ in range(self.count)]
            for thread in self.threads:
                thread.start()
        self.waiting.put(lambda: then(taken(arrival)))

    def run(self) -> None:
        """Take one body after the other."""
        while (work := self.waiting.get()) is not None:
            with suppress(RuntimeError):  # the event loop has ended: there is nobody to be told
                work()

    def close(self) -> None:
        """End the threads once all bodies are taken."""
        for _ in self.threads:
            self.waiting.put(None)


def taken(arrival: Arrival) -> Prompt | None:
    """Have a body taken; if that fails, the usual way finds the same, and tells it."""
    try:
        return arrival.delivery.answered(arrival.buffer)
    except Exception:
        log.debug("a body could not be taken", exc_info=True)
        return None
