"""A phase is run once and remembered, shows how far it is, and belongs to one attempt."""

import asyncio
import logging
from pathlib import Path

import pytest
import sqlalchemy as sa

from state.jobs import Attempt, Job
from state.tasks import SERVER_ERROR, DiskProgress, Task, TaskState
from state.values import Frozen
from tests.engine.conftest import Shop, wait
from tests.engine.worker import PHASES, Trace, publish, run, task

pytestmark = pytest.mark.slow  # disks are converted, or time must pass


class Disk(Frozen):
    path: Path
    sizes: tuple[int, ...]


class ClientMistake(Exception):
    """What a stage may raise."""


def test_each_phase_is_an_attempt_with_an_empty_folder_of_its_own(small_shop: Shop) -> None:
    engine = small_shop.engine(run)

    small_shop.submit(engine, task("import-snap-1"))

    ended = small_shop.until("import-snap-1", TaskState.COMPLETED)
    states = [*PHASES, TaskState.PUBLISHING]
    seen = [(line[0], line[1]) for line in small_shop.lines("import-snap-1")]
    assert seen == [(state.value, str(number)) for number, state in enumerate(states, 1)]
    assert ended.attempt == len(states)
    wait(lambda: small_shop.scratch() == [], "the scratch to be removed")


def test_what_a_phase_leaves_in_its_folder_is_there_for_the_next(small_shop: Shop) -> None:
    read: list[bytes] = []

    async def convert(attempt: Attempt) -> Disk:
        (attempt.scratch / "disk.raw").write_bytes(b"bytes")
        return Disk(path=attempt.scratch / "disk.raw", sizes=(1, 2))

    async def look(attempt: Attempt, disk: Disk) -> Disk:
        assert disk.sizes == (1, 2)
        read.append(disk.path.read_bytes())
        return disk

    async def pipeline(job: Job) -> None:
        disk = await job.phase(TaskState.VALIDATING, convert)
        await job.phase(TaskState.CONVERTING, look, disk)
        await job.phase(TaskState.PUBLISHING, publish)

    small_shop.submit(small_shop.engine(pipeline), task("import-snap-1"))

    small_shop.until("import-snap-1", TaskState.COMPLETED)
    assert read == [b"bytes"]


@pytest.mark.slow
def test_after_a_stop_a_task_goes_on_where_it_was(shop: Shop) -> None:
    shop.hold(TaskState.UPDATING)
    first = shop.engine(run)
    shop.submit(first, task("import-snap-1"))
    shop.reached("import-snap-1", TaskState.UPDATING)

    first.stop()
    assert shop.task("import-snap-1").state is TaskState.UPDATING
    shop.release()
    shop.engine(run)

    shop.until("import-snap-1", TaskState.COMPLETED)
    seen = [line[:2] for line in shop.lines("import-snap-1") if line[0] != "cancelled"]
    assert seen == [
        ["validating", "1"],
        ["converting", "2"],
        ["updating", "3"],
        ["updating", "4"],
        ["booting", "5"],
        ["publishing", "6"],
    ]


def test_only_the_folders_of_phases_that_are_done_outlive_an_attempt(small_shop: Shop) -> None:
    small_shop.hold(TaskState.CONVERTING)
    first = small_shop.engine(run)
    small_shop.submit(first, task("import-snap-1"))
    small_shop.reached("import-snap-1", TaskState.CONVERTING)
    first.stop()

    small_shop.engine(run)

    wait(lambda: small_shop.task("import-snap-1").attempt == 3, "the next attempt")
    scratch = small_shop.blobs.scratch("import-snap-1")
    wait(lambda: (scratch / "attempt-3").exists(), "its folder")
    assert sorted(path.name for path in scratch.iterdir()) == ["attempt-1", "attempt-3"]


def test_progress_is_written_twice_a_second_and_new_words_at_once(small_shop: Shop) -> None:
    written: list[Task] = []

    async def convert(attempt: Attempt) -> Trace:
        for percent in range(100):
            attempt.report(percent)
            await asyncio.sleep(0.01)
        attempt.report(99, "nearly there")
        await asyncio.sleep(0.2)
        attempt.report(99, disks=(DiskProgress(status="converted"),))
        await asyncio.sleep(0.2)
        attempt.report(100)
        return Trace(state=TaskState.CONVERTING, attempt=attempt.number, scratch=attempt.scratch)

    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, convert)
        await job.phase(TaskState.CONVERTING, look)
        await job.phase(TaskState.PUBLISHING, publish)

    async def look(attempt: Attempt) -> Disk:
        written.append(attempt.task)
        return Disk(path=attempt.scratch, sizes=())

    updates: list[str] = []

    @sa.event.listens_for(small_shop.store.engine, "before_cursor_execute")
    def count(*about: object) -> None:
        statement, parameters = str(about[2]), str(about[3])
        if statement.startswith("UPDATE tasks") and "'validating'" in parameters:
            updates.append(parameters)

    small_shop.submit(small_shop.engine(pipeline), task("import-snap-1"))

    small_shop.until("import-snap-1", TaskState.COMPLETED)
    assert (written[0].progress, written[0].message) == (100, "nearly there")
    assert written[0].disks == (DiskProgress(status="converted"),)
    assert sum("nearly there" in update for update in updates) >= 2
    assert len(updates) <= 9  # the claim, 3 to 4 of the percents, 2 of the words, the last


def test_an_error_of_a_step_comes_out_as_it_is_and_ends_the_task(small_shop: Shop) -> None:
    async def validate(attempt: Attempt) -> Trace:
        raise ClientMistake("ClientError: not a disk")

    async def pipeline(job: Job) -> None:
        try:
            await job.phase(TaskState.VALIDATING, validate)
        except ClientMistake as mistake:
            await job.fail(str(mistake))

    small_shop.submit(small_shop.engine(pipeline), task("import-snap-1"))

    ended = small_shop.until("import-snap-1", TaskState.FAILED)
    assert ended.error == "ClientError: not a disk"
    assert ended.finished_at is not None
    assert small_shop.scratch() == []


def test_a_step_that_failed_just_before_its_worker_died_fails_again(small_shop: Shop) -> None:
    """DBOS would remember the error, but give back another type of it."""
    tried: list[int] = []

    async def validate(attempt: Attempt) -> Trace:
        tried.append(attempt.number)
        raise ClientMistake

    async def pipeline(job: Job) -> None:
        try:
            await job.phase(TaskState.VALIDATING, validate)
        except ClientMistake:
            if len(tried) == 1:
                await asyncio.sleep(60)
            await job.fail("ClientError: not a disk")

    first = small_shop.engine(pipeline)
    small_shop.submit(first, task("import-snap-1"))
    wait(lambda: tried == [1], "the first try")
    first.stop()
    small_shop.engine(pipeline)

    small_shop.until("import-snap-1", TaskState.FAILED)
    assert tried == [1, 2]


@pytest.mark.parametrize("where", ["in a step", "between the steps", "by just returning"])
def test_what_nobody_foresaw_is_a_server_error(
    small_shop: Shop, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    async def validate(attempt: Attempt) -> Trace:
        if where == "in a step":
            raise ZeroDivisionError
        return Trace(state=TaskState.VALIDATING, attempt=1, scratch=attempt.scratch)

    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, validate)
        if where == "between the steps":
            raise ZeroDivisionError

    with caplog.at_level(logging.WARNING):
        small_shop.submit(small_shop.engine(pipeline), task("import-snap-1"))
        ended = small_shop.until("import-snap-1", TaskState.FAILED)

    assert ended.error == SERVER_ERROR
    assert small_shop.scratch() == []
    assert ("ZeroDivisionError" in caplog.text) == (where != "by just returning")


def test_an_attempt_that_was_overtaken_is_stopped_and_shows_nothing(small_shop: Shop) -> None:
    stopped: list[bool] = []

    async def validate(attempt: Attempt) -> Trace:
        with attempt.store.begin() as tx:
            tx.tasks.claim(attempt.task.id, TaskState.VALIDATING)  # as another worker would
        attempt.report(77, "from the grave")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append(True)
            raise
        raise AssertionError

    async def pipeline(job: Job) -> None:
        await job.phase(TaskState.VALIDATING, validate)

    small_shop.submit(small_shop.engine(pipeline), task("import-snap-1"))

    wait(lambda: stopped == [True], "it to be stopped", 5)
    found = small_shop.task("import-snap-1")
    assert (found.attempt, found.state, found.progress) == (2, TaskState.VALIDATING, 0)
    assert found.message != "from the grave"
