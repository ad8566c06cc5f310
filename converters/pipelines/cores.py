"""The cores of this machine, and how the disks of all tasks share them.

    one disk of every task    at once: no task waits for the disks of another
    their other disks         fewer than `CORES` at a time, of all tasks together

So a task alone uses every core, and many tasks do not start a program for each of their disks.
"""

import asyncio
import os
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Final
from weakref import WeakKeyDictionary

Work = Callable[[], Awaitable[None]]

CORES: Final = os.cpu_count() or 1

# Of an event loop, and a worker has one; a semaphore can't be shared between the loops of tests.
_spare: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore]] = WeakKeyDictionary()


async def spread(works: Iterable[Work]) -> None:
    """Do all of some works, side by side as cores are free.

    The first one that fails stops the others, and its error comes out when they have stopped.
    """
    left = deque(works)
    waiting: dict[int, asyncio.Task[None]] = {}
    spare = _spare.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(CORES - 1))

    async def another(number: int) -> None:
        async with spare:
            del waiting[number]
            if left:
                await left.popleft()()

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(1, len(left)):
                waiting[number] = group.create_task(another(number))
            while left:
                await left.popleft()()
            for each in waiting.values():  # nothing is left for them to wait for
                each.cancel()
        return
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
    raise first
