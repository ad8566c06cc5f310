"""Tasks that wait for parts: they take no place, outlive whoever looked, and end by their rows."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from state.jobs import BROUGHT, Attempt
from state.tasks import DiskProgress, ImportVolumeWork, PartedDisk, Task, TaskState
from state.waiting import EXPIRED, Looked, Refused
from tests.engine.conftest import Shop, wait
from tests.engine.worker import run

DISK = PartedDisk(
    format="RAW", told_bytes=1, manifest_url="http://s3/b/m", volume_gib=1, zone="us-east-1a"
)


def parted(task_id: str, lasts: timedelta = timedelta(days=7)) -> Task:
    now = datetime.now(UTC)
    return Task(
        id=task_id,
        account_id="111122223333",
        region="us-east-1",
        created_at=now,
        work=ImportVolumeWork(disk=DISK, expires_at=now + lasts),
        state=TaskState.WAITING,
        message="Pending",
    )


class Parts:
    """A look that brings a part each time, and may be told what comes of it."""

    def __init__(self, wanted: int = 3) -> None:
        self.wanted = wanted
        self.came: list[str] = []
        self.then: Callable[[], Looked] | None = None
        self.stuck = False

    async def __call__(self, attempt: Attempt) -> Looked:
        assert attempt.scratch.name == BROUGHT
        count = len(list(attempt.scratch.iterdir()))
        self.came.append(attempt.task.id)
        if self.then is not None:
            return self.then()
        if count < self.wanted:
            (attempt.scratch / str(count)).touch()
            attempt.report(0, None, (DiskProgress(brought=count + 1),))
        if self.stuck:
            await asyncio.Event().wait()
        return Looked(complete=count + 1 >= self.wanted, brought=True)


def start(shop: Shop, look: Parts, *tasks: Task) -> None:
    with shop.store.begin() as tx:
        for each in tasks:
            tx.tasks.add(each)
    shop.engine(run, look, quota=1)


def test_a_task_runs_when_all_its_parts_are_there(shop: Shop) -> None:
    start(shop, Parts(), parted("import-vol-00000001"))

    done = shop.until("import-vol-00000001", TaskState.COMPLETED)

    assert done.disks[0].brought == 3
    wait(lambda: shop.scratch() == [], "the scratch to be removed")


def test_those_that_wait_hold_no_place_of_the_quota(small_shop: Shop) -> None:
    look = Parts()
    look.then = Looked
    waiting = [parted(f"import-vol-{number:08}") for number in range(7)]
    start(small_shop, look, *waiting)
    wait(lambda: len(set(look.came)) == len(waiting), "every task to be looked at")
    runs = parted("import-vol-99999999").model_copy(update={"state": TaskState.PENDING})

    small_shop.submit(small_shop.engines[0], runs)

    small_shop.until(runs.id, TaskState.COMPLETED)
    assert all(small_shop.task(each.id).state is TaskState.WAITING for each in waiting)


def test_what_was_brought_is_there_after_a_restart(small_shop: Shop) -> None:
    look = Parts()
    look.stuck = True
    start(small_shop, look, parted("import-vol-00000001"))
    wait(lambda: bool(look.came), "a look")
    small_shop.engines.pop().stop()
    stopped = small_shop.task("import-vol-00000001")

    again = Parts()
    small_shop.engine(run, again)

    assert stopped.state is TaskState.WAITING
    done = small_shop.until("import-vol-00000001", TaskState.COMPLETED)
    assert len(again.came) == 2
    assert done.attempt > stopped.attempt


def test_a_task_whose_time_is_over_is_given_up(shop: Shop) -> None:
    look = Parts()
    start(shop, look, parted("import-vol-00000001", -timedelta(seconds=1)))

    ended = shop.until("import-vol-00000001", TaskState.CANCELLED, TaskState.FAILED)

    assert (ended.state, ended.message) == (TaskState.CANCELLED, EXPIRED)
    assert look.came == shop.scratch() == []


def test_its_time_is_over_in_the_middle_of_a_part_too(small_shop: Shop) -> None:
    look = Parts()
    look.stuck = True
    start(small_shop, look, parted("import-vol-00000001", timedelta(seconds=0.5)))

    ended = small_shop.until("import-vol-00000001", TaskState.CANCELLED, TaskState.FAILED)

    assert (ended.state, ended.message) == (TaskState.CANCELLED, EXPIRED)
    wait(lambda: small_shop.scratch() == [], "the scratch to be removed")


def test_parts_that_will_never_come_end_the_task(small_shop: Shop) -> None:
    def never() -> Looked:
        raise Refused("ClientError: no")

    look = Parts()
    look.then = never
    start(small_shop, look, parted("import-vol-00000001"))

    ended = small_shop.until("import-vol-00000001", TaskState.FAILED)

    assert ended.error == "ClientError: no"
    assert small_shop.scratch() == []


@pytest.mark.slow
def test_a_fault_of_ours_ends_that_task_alone(small_shop: Shop) -> None:
    look = Parts()
    look.then = lambda: Looked(complete=bool(1 // 0))
    start(small_shop, look, parted("import-vol-00000001"))
    small_shop.until("import-vol-00000001", TaskState.FAILED)
    look.then = None

    with small_shop.store.begin() as tx:
        small_shop.engines[0].hold(tx, parted("import-vol-00000002"))

    small_shop.until("import-vol-00000002", TaskState.COMPLETED)


def test_a_cancelled_task_is_let_go_in_the_middle(shop: Shop) -> None:
    look = Parts()
    look.stuck = True
    start(shop, look, parted("import-vol-00000001"))
    wait(lambda: bool(look.came), "a look")

    shop.cancel(shop.engines[0], "import-vol-00000001")

    shop.until("import-vol-00000001", TaskState.CANCELLED)
    wait(lambda: shop.scratch() == [], "the scratch to be removed")
