"""Runs a program so that it cannot outlive us: every child hangs on a lifeline.

    server ──holds──► pipe ──stdin──► lifeline_wrapper.py ──► qemu-img ──► whatever it starts
              │                        (own session, subreaper, limits)
              └─ closed by us (cancel) or by the kernel (kill -9): the wrapper kills all below it

Nothing else in vmie starts programs. The wrapper costs some 25 ms a start.
"""

import asyncio
import os
import sys
from collections.abc import Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path

WRAPPER = Path(__file__).with_name("lifeline_wrapper.py")
CHUNK = 65536  # bytes; what a pipe holds on Linux
GRACE = 1.0  # seconds for the wrapper to clear up; it needs 0.03, a cancelled phase has 2


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; 0 is without limit."""

    address_space: int = 0  # bytes
    cpu_seconds: int = 0
    file_size: int = 0  # bytes of the largest file it may write


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended and what it said."""

    code: int  # exit code; -N when signal N ended it
    stdout: bytes
    stderr: str

    def why(self, name: str) -> str:
        """Return the last line of its complaint, or how the program of that name ended."""
        lines = self.stderr.strip().splitlines()
        return lines[-1] if lines else f"the {name} ended with {self.code}"


async def run(
    command: Sequence[str],
    limits: Limits,
    on_output: Callable[[bytes], None] | None = None,
    keep: int = 1 << 20,
    inherited: Collection[int] = (),
) -> Ended:
    """Run command to its end; its output is read on but kept only up to keep bytes a stream.

    on_output sees stdout as it comes. inherited are files that are open in the program, too, by the
    same numbers: what it must be told and nobody else may see. When cancelled, the program and all
    it started are dead before CancelledError goes on.
    """
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            sys.executable,
            "-I",  # neither the environment nor the working directory have a say
            "-S",  # no site-packages: half the start-up time
            str(WRAPPER),
            f"{limits.address_space},{limits.cpu_seconds},{limits.file_size}",
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=os.sep,
            start_new_session=True,
            pass_fds=tuple(inherited),
        )
    )
    reading: asyncio.Future[tuple[bytes, bytes]] | None = None
    try:
        process = await asyncio.shield(starting)
        assert process.stdout
        assert process.stderr
        reading = asyncio.gather(
            _read(process.stdout, keep, on_output), _read(process.stderr, keep, None)
        )
        reading.add_done_callback(_seen)
        stdout, stderr = await asyncio.shield(reading)
        code = await process.wait()
    finally:
        await to_the_end(_let_go(starting, reading))
    return Ended(code, stdout, stderr.decode(errors="replace"))


async def _read(
    stream: asyncio.StreamReader, keep: int, on_output: Callable[[bytes], None] | None
) -> bytes:
    kept = bytearray()
    while chunk := await stream.read(CHUNK):
        kept += chunk[: keep - len(kept)]
        if on_output:
            on_output(chunk)
    return bytes(kept)


async def to_the_end(clearing: Coroutine[None, None, None]) -> None:
    """Wait until it is done, even if cancelled meanwhile.

    Who stops a worker or cancels a task tells a step twice: itself, and through what waits for it.
    """
    task = asyncio.ensure_future(clearing)
    again: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            again = error
    if again is not None:
        raise again
    task.result()


def _seen(reading: asyncio.Future[tuple[bytes, bytes]]) -> None:
    """Look at how the reading ended; nobody else does when the loop ends, and asyncio complains."""
    if not reading.cancelled():
        reading.exception()


async def _let_go(
    starting: asyncio.Future[asyncio.subprocess.Process],
    reading: asyncio.Future[tuple[bytes, bytes]] | None,
) -> None:
    process = await starting
    assert process.stdin
    process.stdin.close()
    # Both streams end when the last process that could write is dead.
    dead = asyncio.gather(process.wait(), *([reading] if reading else []), return_exceptions=True)
    await asyncio.wait([dead], timeout=GRACE)
    if not dead.done():
        process.kill()  # its child is told by PR_SET_PDEATHSIG
        await asyncio.wait([dead], timeout=GRACE)
