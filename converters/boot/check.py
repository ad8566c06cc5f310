"""Starts a machine, watches it, and tells what became of it.

serial ──┐                         ┌─ every second: the screen, what was read
log ─────┤► Watch ─► Seen ─► verdict
network ─┤                         └─ at once where the guest took its address
events ──┘
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from converters.boot.admission import CORES
from converters.boot.computer import Computer, started
from converters.boot.console import Console, listen
from converters.boot.machine import Machine
from converters.boot.monitor import Gone, Refused
from converters.boot.network import Network, serve
from converters.boot.verdicts import (
    BOOTED,
    KERNEL,
    LOGIN,
    SIGNS,
    SYSTEM,
    Noticed,
    Patience,
    Seen,
    Verdict,
    verdict,
)

LOOK: Final = 1.0  # seconds between two looks at the screen
SOON: Final = 0.1  # seconds between two judgements, however much is written
LINES: Final = 40  # of the serial port that are told
PARTING: Final = 1.0  # seconds for what QEMU wrote last to arrive
SPARE: Final = 30.0  # seconds that QEMU may live beyond our patience
SLOWEST: Final = 4.0  # times that a busy machine is given
# Percent of the way, when they are first seen.
STAGES: Final = {"firmware": 10, "kernel": 30, "system": 60, "login": 70, "asked": 80, BOOTED: 100}


class Broken(Exception):
    """QEMU, or what it runs on, failed; the guest had no hand in it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a machine that was started."""

    verdict: Verdict
    seconds: float
    stages: dict[str, float]  # seconds until each was first seen
    serial: str  # its last lines
    screen: str  # in text mode


class Clock:
    """Counts seconds, slower where the machine has more to do than it can.

    A guest that gets a quarter of a core is as silent for a minute as another for fifteen seconds.
    """

    def __init__(
        self, now: Callable[[], float] = time.monotonic, load: Callable[[], float] | None = None
    ) -> None:
        self._now = now
        self._load = load or _load
        self._last = now()
        self._seconds = 0.0

    def seconds(self) -> float:
        """Return how many have passed since it was made."""
        now = self._now()
        self._seconds += (now - self._last) / min(max(self._load(), 1.0), SLOWEST)
        self._last = now
        return self._seconds


def _load() -> float:
    """Return how many programs want each core, on the average of the last minute."""
    return os.getloadavg()[0] / CORES


class Watch:
    """What is known so far of a computer that runs."""

    def __init__(self, report: Callable[[int], None]) -> None:
        self.changed = asyncio.Event()
        self.network = Network()
        self.serial = Console()
        self.log = Console()
        self.screen = ""
        self.stages: dict[str, float] = {}
        self.broken: str | None = None
        self._report = report
        self._begin = time.monotonic()
        self._clock = Clock()
        self._news = 0.0
        self._read = 0
        self._read_before = 0  # the last restart
        self._noticed: dict[str, Noticed] = {}
        self._login: float | None = None
        self._kernel = False
        self._restarts = 0
        self._ended = False

    def news(self) -> None:
        """Something was written or sent."""
        self._news = self._clock.seconds()
        self.changed.set()

    def event(self, name: str, data: dict[str, Any]) -> None:
        """Take an event of QEMU's."""
        if name == "RESET" and data.get("guest"):
            self._restarts += 1
            self._read_before = self._read
            self._noticed.clear()
            self._kernel, self._login = False, None
            self.serial.begin_again()
            self.log.begin_again()
        elif name == "SHUTDOWN":
            self._ended = True
        self.news()

    def looked(self, read: int, screen: str) -> None:
        """Take what was read and what is on the screen."""
        if (read, screen) != (self._read, self.screen):
            self.news()
            self._read, self.screen = read, screen
            self._examine(screen, log=False)

    def gone(self) -> None:
        """QEMU has ended."""
        self._ended = True
        self.changed.set()

    def seen(self) -> Seen:
        """Return all that is known now."""
        self._examine(self.serial.fresh(), log=False)
        self._examine(self.log.fresh(), log=True)
        if self.log.total:
            self._stage("firmware")
        if self.network.asked:
            self._stage("asked")
        address = self.network.leased
        if address is not None:
            self._stage(BOOTED)
        fair = self._clock.seconds()
        return Seen(
            seconds=time.monotonic() - self._begin,
            silence=fair - self._news,
            read=self._read - self._read_before,
            address=str(address) if address is not None else None,
            asked=self.network.asked,
            foreign=tuple(map(str, self.network.foreign)),
            noticed=tuple(self._noticed.values()),
            kernel=self._kernel,
            login=fair - self._login if self._login is not None else None,
            restarts=self._restarts,
            ended=self._ended,
        )

    def _examine(self, text: str, *, log: bool) -> None:
        if not text:
            return
        for sign in SIGNS:
            if sign.log is not log or sign.name in self._noticed:
                continue
            if found := sign.pattern.search(text):
                read = self._read - self._read_before
                self._noticed[sign.name] = Noticed(sign, found[0].strip(), read)
        if log:
            return
        if KERNEL.search(text):
            self._stage("kernel")
            self._kernel = True
        if SYSTEM.search(text):
            self._stage("system")
            self._kernel = True
        if self._login is None and LOGIN.search(text.rstrip("\n")):
            self._stage("login")
            self._login = self._clock.seconds()

    def _stage(self, name: str) -> None:
        if name not in self.stages:
            self.stages[name] = round(time.monotonic() - self._begin, 2)
            self._report(max(STAGES[stage] for stage in self.stages))


async def check(
    machine: Machine,
    folder: Path,
    patience: Patience,
    report: Callable[[int], None] = lambda percent: None,
) -> Outcome:
    """Start a machine until there is a verdict; Broken, NotStarted.

    folder is for what belongs to this start. report gets the percentage.
    """
    watch = Watch(report)
    seconds = patience.whole + SPARE
    async with started(machine, folder, watch.event, seconds) as computer:
        computer.ended.add_done_callback(lambda _: watch.gone())
        wires = computer.network
        doing = [
            asyncio.ensure_future(each)
            for each in (
                serve(watch.network, wires.reader, wires.writer, watch.news),
                listen(watch.serial, computer.serial.reader, watch.news),
                listen(watch.log, computer.log.reader, watch.news),
                _look(computer, watch),
            )
        ]
        try:
            found = await _watched(watch, computer, patience, doing)
        finally:
            for each in doing:
                each.cancel()
            await asyncio.gather(*doing, return_exceptions=True)
        with suppress(Gone, Refused, OSError):  # what it shows at the end
            watch.screen = await computer.screen()
        seen = watch.seen()
    return Outcome(
        found, round(seen.seconds, 2), watch.stages, watch.serial.last(LINES), watch.screen
    )


async def _watched(
    watch: Watch, computer: Computer, patience: Patience, doing: Sequence[asyncio.Future[None]]
) -> Verdict:
    while True:
        watch.changed.clear()
        if computer.ended.done():  # what it wrote last may be on its way
            await asyncio.wait(doing[1:3], timeout=PARTING)
        found = verdict(watch.seen(), patience)
        if found is not None and not found.booted and computer.ended.done():
            ended = computer.ended.result()
            if ended.code != 0:
                raise Broken(ended.why("QEMU"))
        if watch.broken:
            raise Broken(watch.broken)
        if found is not None:
            return found
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                await watch.changed.wait()
                if watch.network.leased is None:
                    await asyncio.sleep(SOON)


async def _look(computer: Computer, watch: Watch) -> None:
    """Look at what does not come by itself."""
    with suppress(Gone, Refused):
        while True:
            status = (await computer.monitor.ask("query-status"))["status"]
            if status in ("internal-error", "io-error"):
                watch.broken = f"QEMU stopped: {status}"
                watch.changed.set()
            watch.looked(await computer.read(), await computer.screen())
            await asyncio.sleep(LOOK)
