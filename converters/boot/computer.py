"""A computer that runs: QEMU on the lifeline, in the sandbox, and our ends of its wires.

    lifeline ─► bwrap ─► QEMU ═══ four pairs of sockets, inherited: they have no name that anybody
                                  else could open, and no length that a folder could exceed

It ends when we leave its context, when it is cancelled and when we die; nothing of it stays but the
overlays.
"""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from converters.boot.console import SCREEN, TEXT_MODE, screen
from converters.boot.machine import (
    ADDRESSES,
    PROGRAM,
    Machine,
    Wires,
    command,
    uefi,
)
from converters.boot.monitor import LONGEST, Monitor
from converters.guests import sandbox, tools
from converters.guests.write.acceleration import KVM
from converters.lifeline import Ended, Limits, to_the_end
from converters.qemu_img import pipe_of

GREETING: Final = 30.0  # seconds until QEMU speaks; a busy machine needs one
LARGEST: Final = 16 << 30  # bytes that a guest may write to a disk
DAY: Final = 86_400  # seconds
VARIABLES: Final = "variables"  # the file that is the memory of the firmware for UEFI
SHOWN: Final = "screen"  # the file that QEMU writes the screen to
PICTURE: Final = 32 << 20  # bytes of a picture of it


class NotStarted(Exception):
    """QEMU did not start; the text is its complaint."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Our end of a pair of sockets."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


@dataclass(frozen=True, slots=True)
class Computer:
    """A QEMU that runs."""

    monitor: Monitor
    network: Wire
    serial: Wire
    log: Wire  # of the firmware
    ended: asyncio.Task[Ended]
    folder: Path

    async def read(self) -> int:
        """Return the bytes that were read from all disks and written to them."""
        total = 0
        for disk in await self.monitor.ask("query-blockstats"):
            if str(disk.get("node-name", "")).startswith("disk"):
                total += disk["stats"]["rd_bytes"] + disk["stats"]["wr_bytes"]
        return total

    async def screen(self) -> str:
        """Return what is on the screen if it is in text mode."""
        target = self.folder / SHOWN
        await self.monitor.ask("pmemsave", val=TEXT_MODE, size=SCREEN, filename=str(target))
        return screen(_given(target, SCREEN))

    async def picture(self) -> bytes:
        """Return what is on the screen, as a PPM."""
        target = self.folder / SHOWN
        await self.monitor.ask("screendump", filename=str(target))
        return _given(target, PICTURE)


def _given(path: Path, most: int) -> bytes:
    """Return what QEMU has written into a file."""
    # One that the guest has taken over might put a link there.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(number, "rb") as file:
        return file.read(most)


@asynccontextmanager
async def started(
    machine: Machine,
    folder: Path,
    on_event: Callable[[str, dict[str, Any]], None] = lambda name, data: None,
    seconds: float | None = DAY,
    more: Sequence[Path] = (),
) -> AsyncIterator[Computer]:
    """Start a machine; it is dead when the context is left. NotStarted.

    folder is for what QEMU writes beside the disks, and short of a name it may have any length. The
    machine is killed after some seconds, whatever it does; without them it may run, and write, as
    long as it likes. Disks that are to be plugged in later are in folders that are seen, too.
    """
    program = tools.find(PROGRAM)
    firmware = _memory(folder) if machine.firmware == "uefi" else None
    if program is None or (machine.firmware == "uefi" and firmware is None):
        raise NotStarted("QEMU, or its firmware for UEFI, is not installed")
    async with AsyncExitStack() as stack:
        near, far = zip(*(socket.socketpair() for _ in range(4)), strict=True)
        for each in far:
            stack.callback(each.close)
        passphrases = []
        for name, disk in machine.named:
            if disk.passphrase is not None:
                pipe = pipe_of(disk.passphrase)
                stack.callback(os.close, pipe)
                passphrases.append((name, pipe))
        numbers = [each.fileno() for each in far]
        monitored, network_of, serial_of, log_of = numbers
        wires = Wires(monitored, network_of, serial_of, log_of, tuple(passphrases))
        opened = [await _wire(each) for each in near]
        for wire in opened:
            stack.callback(wire.writer.close)
        running = sandbox.program(
            command(program, machine, wires, firmware),
            read=[*more, *(file.path for disk in machine.disks for file in disk.files[:-1])],
            write=[folder, *(disk.top for disk in machine.disks)],
            devices=[KVM] if machine.real else [],
            limits=Limits(
                (machine.memory + ADDRESSES) << 20,
                0 if seconds is None else int(seconds * (machine.processors + 1)),
                0 if seconds is None else LARGEST,
            ),
            seconds=seconds,
            inherited=[*numbers, *(pipe for _, pipe in passphrases)],
        )
        ended = asyncio.ensure_future(running)
        stack.push_async_callback(_stopped, ended)
        ended.add_done_callback(lambda _: [each.close() for each in far])
        monitor = Monitor(opened[0].reader, opened[0].writer, on_event)
        await _greeted(monitor, opened[0], ended)
        listening = asyncio.ensure_future(monitor.listen())
        stack.push_async_callback(_stopped, listening)
        await monitor.ask("qmp_capabilities")
        _, network, serial, log = opened
        yield Computer(monitor, network, serial, log, ended, folder)


def _memory(folder: Path) -> tuple[Path, Path] | None:
    """Give the firmware for UEFI a memory of its own, if it has none yet."""
    if (found := uefi()) is None:
        return None
    own = folder / VARIABLES
    if not own.exists():
        shutil.copyfile(found[1], own)
    return found[0], own


async def _wire(end: socket.socket) -> Wire:
    return Wire(*await asyncio.open_unix_connection(sock=end, limit=LONGEST))


async def _greeted(monitor: Monitor, wire: Wire, ended: asyncio.Task[Ended]) -> None:
    """Wait until QEMU has said what it is."""
    greeting = asyncio.ensure_future(wire.reader.readline())
    try:
        await asyncio.wait([greeting, ended], timeout=GREETING, return_when="FIRST_COMPLETED")
        if not greeting.done() or b'"QMP"' not in greeting.result():
            raise NotStarted(ended.result().why("QEMU") if ended.done() else "QEMU says nothing")
    finally:
        await _stopped(greeting)


async def _stopped(task: "asyncio.Future[Any]") -> None:
    """Cancel a task and wait until it has ended, though we be cancelled meanwhile."""
    task.cancel()
    await to_the_end(_over(task))


async def _over(task: "asyncio.Future[Any]") -> None:
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()
