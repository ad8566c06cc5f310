"""What a machine says on its serial port, in a file that is shown; only the last of it is kept."""

import asyncio
import os
from functools import partial
from pathlib import Path
from typing import Final

from state.consoles import LONGEST, SHOWN, Consoles

CHUNK: Final = 8192  # bytes that are read at once
BREATH: Final = 0.005  # seconds between two chunks: one that floods us gets no core of ours


class Said:
    """The file; what was said before the machine was started is gone."""

    def __init__(self, consoles: Consoles, instance_id: str) -> None:
        self._keep = partial(consoles.keep_password, instance_id)
        self._path = consoles.log(instance_id)
        self._size = 0
        self._keep()
        self._path.write_bytes(b"")

    def add(self, chunk: bytes) -> None:
        """Take what was said."""
        if self._size + len(chunk) > LONGEST:
            self._shorten()
        with self._path.open("ab") as file:
            self._size = file.tell() + file.write(chunk)

    def _shorten(self) -> None:
        """Leave what is shown; who is reading the file goes on with all of it."""
        self._keep()
        with self._path.open("rb") as file:
            file.seek(max(0, self._size - SHOWN))
            kept = file.read()
        beside = self._path.with_suffix(".new")
        beside.write_bytes(kept)
        beside.replace(self._path)

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Take what comes until there is no more."""
        while chunk := await reader.read(CHUNK):
            self.add(chunk)
            await asyncio.sleep(BREATH if len(chunk) == CHUNK else 0)


async def overhear(reader: asyncio.StreamReader) -> None:
    """Read what nobody wants to know, or who writes it would have to wait."""
    chunk = await reader.read(CHUNK)
    while chunk:
        await asyncio.sleep(BREATH if len(chunk) == CHUNK else 0)
        chunk = await reader.read(CHUNK)


def put(path: Path, content: bytes) -> None:
    """Write a file that is there as a whole, or not at all."""
    beside = path.with_suffix(f".{os.getpid()}")
    beside.write_bytes(content)
    beside.replace(path)
