"""What a computer writes: on its serial port, on its screen in text mode, and its firmware's log.

A guest may write without end; only the last of it is kept.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final

KEPT: Final = 1 << 16  # bytes
OVERLAP: Final = 512  # letters that are looked at again, for what came in two pieces
CHUNK: Final = 8192  # bytes that are read at once
BREATH: Final = 0.005  # seconds between two chunks of a flood

ESCAPES: Final = re.compile(r"\x1b(?:\[[0-9;?=]{0,32}[A-Za-z]|[()][A-Z0-9]|[=>78cDEHM])")
INVISIBLE: Final = re.compile(r"[^\n\t\x20-\x7e\xa0-\uffff]")

TEXT_MODE: Final = 0xB8000  # where the screen's letters are in memory
SCREEN: Final = 32_768  # bytes; Linux scrolls through all of them
COLUMNS: Final = 80


class Console:
    """The last of what came, as text."""

    def __init__(self) -> None:
        self.total = 0  # bytes that came
        self._raw = b""
        self._fresh = 0  # bytes that were not looked at yet

    def feed(self, chunk: bytes) -> None:
        """Take what came."""
        self.total += len(chunk)
        self._raw = (self._raw + chunk)[-KEPT:]
        self._fresh = min(self._fresh + len(chunk), KEPT)

    def fresh(self) -> str:
        """Return what came since the last call, and a little of what came before."""
        count, self._fresh = self._fresh, 0
        return readable(self._raw[-(count + OVERLAP) :]) if count else ""

    def begin_again(self) -> None:
        """Let nothing that came so far be looked at again; it is still kept."""
        self._raw += b"\n" * OVERLAP
        self._fresh = 0

    def last(self, lines: int) -> str:
        """Return the last lines that are not empty."""
        found = [line.rstrip() for line in readable(self._raw).splitlines()]
        return "\n".join([line for line in found if line][-lines:])


async def listen(
    console: Console, reader: asyncio.StreamReader, changed: Callable[[], None]
) -> None:
    """Feed a console until there is no more; changed is told of every piece."""
    while chunk := await reader.read(CHUNK):
        console.feed(chunk)
        changed()
        await asyncio.sleep(BREATH if len(chunk) == CHUNK else 0)


def readable(raw: bytes) -> str:
    """Return text without what moves a cursor or changes colours."""
    text = ESCAPES.sub("", raw.decode("utf-8", "replace")).replace("\r", "")
    return INVISIBLE.sub("", text)


def screen(memory: bytes) -> str:
    """Return the lines of a screen in text mode: every letter has a byte of colours behind it."""
    letters = "".join(chr(byte) if 32 <= byte < 127 else " " for byte in memory[::2])
    lines = (letters[at : at + COLUMNS].rstrip() for at in range(0, len(letters), COLUMNS))
    return "\n".join(line for line in lines if line)
