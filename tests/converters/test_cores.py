"""Disks of all tasks share the machine's cores, and no task waits for another."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from converters.errors import ClientError
from converters.pipelines import cores
from converters.pipelines.cores import spread


class Bench:
    """Works that go on until they are told to end, and who is at work."""

    def __init__(self) -> None:
        self.working: set[str] = set()
        self.most = 0
        self.done: list[str] = []
        self.ends: dict[str, asyncio.Future[None]] = {}

    def works(self, *names: str) -> list[Callable[[], Awaitable[None]]]:
        return [lambda name=name: self._work(name) for name in names]  # type: ignore[misc]

    async def _work(self, name: str) -> None:
        self.working.add(name)
        self.most = max(self.most, len(self.working))
        self.ends[name] = asyncio.get_running_loop().create_future()
        try:
            await self.ends[name]
            self.done.append(name)
        finally:
            self.working.remove(name)

    def end(self, name: str) -> None:
        self.ends[name].set_result(None)

    async def until(self, *names: str) -> None:
        """Wait until these are at work, and no others."""
        async with asyncio.timeout(5):
            while self.working != set(names):
                await asyncio.sleep(0)
        for _ in range(10):
            await asyncio.sleep(0)
        assert self.working == set(names)


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(cores, "CORES", 2)
    return Bench()


async def test_a_task_alone_uses_every_core_and_no_more(bench: Bench) -> None:
    task = asyncio.create_task(spread(bench.works("a", "b", "c", "d")))

    await bench.until("a", "b")
    bench.end("a")
    await bench.until("b", "c")
    bench.end("b")
    await bench.until("c", "d")
    bench.end("d")
    bench.end("c")
    await task

    assert sorted(bench.done) == ["a", "b", "c", "d"]
    assert bench.most == 2


async def test_a_task_does_not_wait_for_the_disks_of_another(bench: Bench) -> None:
    first = asyncio.create_task(spread(bench.works("a", "b", "c")))
    await bench.until("a", "b")

    second = asyncio.create_task(spread(bench.works("d", "e")))
    await bench.until("a", "b", "d")
    bench.end("d")
    await bench.until("a", "b", "e")
    bench.end("e")
    await second

    assert bench.working == {"a", "b"}
    first.cancel()
    await asyncio.wait([first])


async def test_a_core_that_becomes_free_is_used_by_whoever_waits_for_one(bench: Bench) -> None:
    first = asyncio.create_task(spread(bench.works("a", "b")))
    second = asyncio.create_task(spread(bench.works("c", "d")))
    await bench.until("a", "b", "c")

    bench.end("b")

    await bench.until("a", "c", "d")
    for name in "acd":
        bench.end(name)
    await asyncio.gather(first, second)


async def test_on_one_core_it_is_one_after_the_other(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "CORES", 1)
    task = asyncio.create_task(spread(bench.works("a", "b")))

    await bench.until("a")
    bench.end("a")
    await bench.until("b")
    bench.end("b")

    await task


@pytest.mark.parametrize("place", [0, 1])
async def test_the_first_failure_stops_the_others_and_comes_out_as_it_is(
    bench: Bench, place: int
) -> None:
    cause = ValueError("why")

    async def fail() -> None:
        await bench.until("a")
        raise ClientError("what") from cause

    works = bench.works("a", "b")
    works.insert(place, fail)

    with pytest.raises(ClientError, match="what") as caught:
        await spread(works)

    assert caught.value.__cause__ is cause
    assert bench.working == set()
    assert bench.done == []


async def test_a_cancel_stops_all(bench: Bench) -> None:
    task = asyncio.create_task(spread(bench.works("a", "b", "c")))
    await bench.until("a", "b")

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert bench.working == set()
    await asyncio.create_task(_at_once(bench))  # nobody has kept a core


async def _at_once(bench: Bench) -> None:
    task = asyncio.create_task(spread(bench.works("d", "e")))
    await bench.until("d", "e")
    bench.end("d")
    bench.end("e")
    await task
