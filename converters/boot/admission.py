"""How many computers may run at once: as many as memory allows, and no more than there are cores.

    one         always
    another     when its memory is free beside all that those that run may still take

An emulated processor takes a core; guests that share one would be late, and be taken for broken.

Those that are started to see whether they do end soon, and wait for each other here. Those that go
on, as instances do, are admitted elsewhere, and said here: their memory is not free.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

CORES: Final = os.cpu_count() or 1
MEMORY: Final = Path("/proc/meminfo")
# What a container may have, and what it has: of control groups version 2, and 1.
GROUPS: Final = (
    (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ),
)
AGAIN: Final = 2.0  # seconds; others on this machine give memory back without telling us


class Admission:
    """Lets computers start while there is room for them, in the order in which they came."""

    def __init__(self, most: int = CORES, free: Callable[[], int] | None = None) -> None:
        self._most = most
        self._free = free or _unpromised
        self._running: list[int] = []  # bytes that each may take
        self._left = asyncio.Event()
        self._turn = asyncio.Lock()

    def fits(self, need: int) -> bool:
        """Tell whether there is room for another one now."""
        if not self._running:
            return True
        if len(self._running) >= self._most:
            return False
        return self._free() - sum(self._running) >= need

    @asynccontextmanager
    async def room(self, need: int) -> AsyncIterator[None]:
        """Wait until there is room for a computer that may take so many bytes, and hold it."""
        async with self._turn:
            while not self.fits(need):
                self._left.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN):
                        await self._left.wait()
            self._running.append(need)
        try:
            yield
        finally:
            self._running.remove(need)
            self._left.set()


# Of an event loop, and a worker has one; a lock can't be shared between the loops of tests.
_all: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, Admission]] = WeakKeyDictionary()


def admission() -> Admission:
    """Return what admits the computers of this worker."""
    return _all.setdefault(asyncio.get_running_loop(), Admission())


_promised: int = 0  # bytes


def promise(need: int) -> None:
    """Say that so many bytes more, or less, are for computers that go on."""
    global _promised
    _promised += need


def _unpromised() -> int:
    return free_memory() - _promised


def free_memory() -> int:
    """Return the bytes of memory that are free on this machine, or in this container."""
    found = _available()
    for limit, used in GROUPS:
        with suppress(OSError, ValueError):
            found = min(found, int(limit.read_text()) - int(used.read_text()))
    return found


def _available() -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in MEMORY.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
