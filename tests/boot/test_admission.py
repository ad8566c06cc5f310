"""As many computers run at once as there is memory for, and one always may."""

import asyncio

from converters.boot.admission import Admission, free_memory

GIB = 1 << 30


async def test_one_always_may() -> None:
    async with Admission(4, lambda: 0).room(8 * GIB):
        pass


async def test_another_waits_until_one_has_ended() -> None:
    admission = Admission(4, lambda: 3 * GIB)
    order = []

    async def run(name: str, until: asyncio.Event) -> None:
        async with admission.room(GIB):
            order.append(name)
            await until.wait()

    ends = {name: asyncio.Event() for name in "abcd"}
    running = [asyncio.create_task(run(name, end)) for name, end in ends.items()]
    for _ in range(20):
        await asyncio.sleep(0)

    assert order == ["a", "b", "c"]  # what they may still take is counted
    ends["b"].set()
    await running[1]
    for _ in range(20):
        await asyncio.sleep(0)
    assert order == ["a", "b", "c", "d"]
    for end in ends.values():
        end.set()
    await asyncio.gather(*running)


async def test_there_are_no_more_than_there_are_cores() -> None:
    admission = Admission(2, lambda: 1000 * GIB)

    async with admission.room(1), admission.room(1):
        assert not admission.fits(1)
    assert admission.fits(1)


async def test_who_is_cancelled_while_waiting_takes_no_room() -> None:
    admission = Admission(1, lambda: GIB)
    async with admission.room(1):
        waiting = asyncio.create_task(admission.room(1).__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])

    async with admission.room(1):
        pass


def test_some_memory_is_free() -> None:
    assert 1 << 20 < free_memory() < 1 << 60
