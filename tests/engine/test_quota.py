"""How many tasks run at once: of an account and Region, and on a host."""

import asyncio
import logging
import time
from collections import Counter

import pytest

from state.jobs import Attempt, Job
from state.tasks import TaskState
from tests.engine.conftest import Shop, wait
from tests.engine.worker import Trace, publish, run, task

pytestmark = pytest.mark.slow  # it starts many processes


class Crowd:
    """A pipeline that counts who runs beside it."""

    def __init__(self, takes: float) -> None:
        self.takes = takes
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.most_at_all = 0
        self.order: list[str] = []

    async def validate(self, attempt: Attempt) -> Trace:
        return Trace(state=TaskState.VALIDATING, attempt=attempt.number, scratch=attempt.scratch)

    async def convert(self, attempt: Attempt) -> Trace:
        owner = f"{attempt.task.account_id}/{attempt.task.region}"
        self.order.append(attempt.task.id)
        self.running[owner] += 1
        self.most[owner] = max(self.most[owner], self.running[owner])
        self.most_at_all = max(self.most_at_all, self.running.total())
        for percent in range(0, 100, 25):
            attempt.report(percent, f"{percent} of 100")
            await asyncio.sleep(self.takes / 4)
        self.running[owner] -= 1
        return Trace(state=TaskState.CONVERTING, attempt=attempt.number, scratch=attempt.scratch)

    async def run(self, job: Job) -> None:
        await job.phase(TaskState.VALIDATING, self.validate)
        await job.phase(TaskState.CONVERTING, self.convert)
        await job.phase(TaskState.PUBLISHING, publish)


@pytest.mark.slow
def test_200_tasks_of_20_accounts_run_5_at_a_time_and_all_of_them_end(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    crowd = Crowd(takes=0.8)
    engine = shop.engine(crowd.run, slots=100)
    regions = ("us-east-1", "eu-west-1")
    owners = [(f"{number:012}", region) for number in range(10) for region in regions]
    before = time.monotonic()

    with caplog.at_level(logging.WARNING):
        shop.submit(engine, *(task(f"import-snap-{n}", *owners[n % 20]) for n in range(200)))
        wait(lambda: unfinished(shop) == 0, "all tasks to end", 100)

    took = time.monotonic() - before
    print(f"200 tasks in {took:.1f} s, at most {crowd.most_at_all} at once")
    assert len(crowd.most) == 20
    assert max(crowd.most.values()) == 5
    states = Counter(shop.task(f"import-snap-{number}").state for number in range(200))
    assert states == {TaskState.COMPLETED: 200}
    assert [record.getMessage() for record in caplog.records] == []  # such as a locked database


def test_a_host_takes_no_more_than_it_has_slots_for_and_gives_each_account_its_turn(
    small_shop: Shop,
) -> None:
    crowd = Crowd(takes=0.05)
    engine = small_shop.engine(crowd.run, slots=2)  # DBOS claims two at once, who then race
    many = [task(f"import-snap-many-{number:02}", "111111111111") for number in range(30)]
    few = [task(f"import-snap-few-{number}", "222222222222") for number in range(2)]

    small_shop.submit(engine, *many, *few)
    wait(lambda: unfinished(small_shop) == 0, "all tasks to end", 60)

    assert crowd.most_at_all == 2
    order = [each for each in crowd.order if "many" in each]
    assert all(abs(order.index(each.id) - place) <= 2 for place, each in enumerate(many))
    assert max(crowd.order.index(each.id) for each in few) < 28  # a matter of chance, 1 in 10,000


def test_another_quota_holds_for_those_in_the_queue_as_well(shop: Shop) -> None:
    shop.hold(TaskState.VALIDATING)
    engine = shop.engine(run, quota=1, slots=20)
    ids = [f"import-snap-{number}" for number in range(10)]
    shop.submit(engine, *map(task, ids))
    shop.reached(ids[0], TaskState.VALIDATING)
    time.sleep(0.6)
    assert [each for each in ids if shop.lines(each)] == ids[:1]

    engine.set_quota(7)

    wait(lambda: len([each for each in ids if shop.lines(each)]) == 7, "seven to run")
    time.sleep(0.6)
    assert len([each for each in ids if shop.lines(each)]) == 7
    shop.release()
    shop.until(ids[9], TaskState.COMPLETED)


def unfinished(shop: Shop) -> int:
    """Count the tasks that have not ended."""
    with shop.store.read() as tx:
        return len(tx.tasks.unfinished())
