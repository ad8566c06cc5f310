"""Speaks QMP with a QEMU that runs: JSON, a line a message.

    QEMU ─► {"QMP": …}   {"event": …} at any time   {"return" or "error": …, "id": N}
    we   ─► {"execute": "qmp_capabilities", "id": N}, then commands

https://www.qemu.org/docs/master/interop/qmp-spec.html
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any, Final

LONGEST: Final = 1 << 20  # bytes of a line
SECONDS: Final = 30.0  # for an answer


class Gone(Exception):
    """QEMU has ended, or says what is not QMP."""


class Refused(Exception):
    """QEMU does not do what it was told to; the text is its own."""


class Monitor:
    """The command line of a running QEMU."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
        on_event: Callable[[str, dict[str, Any]], None],
    ) -> None:  # fmt: skip
        self._reader = reader
        self._writer = writer
        self._on_event = on_event
        self._numbers = itertools.count()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._gone = False

    async def listen(self) -> None:
        """Read what QEMU says until it ends; nothing is answered where nobody listens."""
        try:
            while line := await self._reader.readline():
                self._take(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass  # not QMP, or a line too long: as good as gone
        finally:
            self._gone = True
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(Gone("QEMU has ended"))

    def _take(self, said: dict[str, Any]) -> None:
        if "event" in said:
            self._on_event(said["event"], said.get("data", {}))
        elif (answer := self._waiting.get(said.get("id", -1))) is not None and not answer.done():
            if "error" in said:
                answer.set_exception(Refused(str(said["error"]["desc"])))
            else:
                answer.set_result(said["return"])

    async def ask(self, command: str, **arguments: object) -> Any:
        """Run a command and return its answer; Gone, Refused."""
        if self._gone:
            raise Gone("QEMU has ended")
        number = next(self._numbers)
        answer = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message = {"execute": command, "arguments": arguments, "id": number}
        try:
            self._writer.write(json.dumps(message).encode() + b"\n")
            await self._writer.drain()
            async with asyncio.timeout(SECONDS):
                return await answer
        except (OSError, TimeoutError) as error:
            raise Gone(f"QEMU does not answer: {error}") from error
        finally:
            del self._waiting[number]
