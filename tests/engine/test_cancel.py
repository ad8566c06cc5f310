"""A cancel reaches a task wherever it is, within a second, and leaves nothing."""

import contextlib
import logging
import random
import time

import pytest

from state.tasks import IllegalTransition, TaskState
from tests.engine.conftest import Shop, wait
from tests.engine.worker import PHASES, run, task

pytestmark = pytest.mark.slow  # it starts many processes

EVERYWHERE = [*PHASES, TaskState.PUBLISHING]


def test_in_any_phase_a_task_stops_within_a_second(
    small_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    engine = small_shop.engine(run)
    held = {f"import-snap-{state}": state for state in EVERYWHERE}
    for task_id, state in held.items():
        small_shop.hold(state, task_id)
        small_shop.submit(engine, task(task_id))
    for task_id, state in held.items():
        small_shop.reached(task_id, state)

    with caplog.at_level(logging.WARNING):
        for task_id in held:
            before = time.time()
            small_shop.cancel(engine, task_id)
            ended = small_shop.until(task_id, TaskState.CANCELLED)
            words, _, stopped = small_shop.lines(task_id)[-1]
            assert words == "cancelled"
            assert float(stopped) - before < 1.0
            assert ended.finished_at is not None
        time.sleep(0.5)

    assert small_shop.scratch() == []
    assert caplog.records == []  # no alarm: all is well


def test_a_task_in_the_queue_never_starts(shop: Shop) -> None:
    shop.hold(TaskState.VALIDATING)
    engine = shop.engine(run, quota=1)
    shop.submit(engine, task("import-snap-1"), task("import-snap-2"), task("import-snap-3"))
    shop.reached("import-snap-1", TaskState.VALIDATING)

    shop.cancel(engine, "import-snap-2")
    shop.release()

    shop.until("import-snap-3", TaskState.COMPLETED)
    assert shop.task("import-snap-2").state is TaskState.CANCELLED
    assert shop.lines("import-snap-2") == []


def test_a_task_that_is_back_in_the_queue_is_cancelled_there(small_shop: Shop) -> None:
    """It had been running, so that there is scratch to remove, and nobody runs it now."""
    small_shop.hold(TaskState.CONVERTING)
    engine = small_shop.engine(run, quota=2)
    small_shop.submit(engine, task("import-snap-1"), task("import-snap-2"))
    small_shop.reached("import-snap-1", TaskState.CONVERTING)
    small_shop.reached("import-snap-2", TaskState.CONVERTING)
    engine.stop()
    engine = small_shop.engine(run, quota=1)
    wait(lambda: 3 in [small_shop.task(f"import-snap-{n}").attempt for n in (1, 2)], "one to run")
    queued = next(n for n in (1, 2) if small_shop.task(f"import-snap-{n}").attempt == 2)

    small_shop.cancel(engine, f"import-snap-{queued}")

    small_shop.until(f"import-snap-{queued}", TaskState.CANCELLED)
    assert small_shop.scratch() == [f"import-snap-{3 - queued}"]


def test_a_task_whose_error_came_first_has_failed(small_shop: Shop) -> None:
    small_shop.hold(TaskState.CONVERTING)
    engine = small_shop.engine(run)
    small_shop.submit(engine, task("import-snap-1"))
    small_shop.reached("import-snap-1", TaskState.CONVERTING)

    with small_shop.store.begin() as tx:
        found = tx.tasks.get("import-snap-1")
        assert found is not None
        tx.tasks.move(found, TaskState.DELETING, error="ServerError: out of space")
    engine.cancel("import-snap-1")

    assert small_shop.until("import-snap-1", TaskState.FAILED).error == "ServerError: out of space"


def test_a_cancel_reaches_a_worker_in_another_process(big_shop: Shop) -> None:
    big_shop.hold(TaskState.CONVERTING)
    (big_shop.blobs.root / "quiet").touch()  # else it would learn of it when it reports
    big_shop.worker()
    api = big_shop.engine(None)
    big_shop.submit(api, task("import-snap-1"))
    big_shop.reached("import-snap-1", TaskState.CONVERTING)

    before = time.time()
    big_shop.cancel(api, "import-snap-1")

    big_shop.until("import-snap-1", TaskState.CANCELLED)
    words, _, stopped = big_shop.lines("import-snap-1")[-1]
    assert words == "cancelled"
    print(f"stopped after {float(stopped) - before:.2f} s")
    assert float(stopped) - before < 1.5  # 1 s on a machine with nothing else to do
    assert big_shop.scratch() == []


def test_a_cancel_that_nobody_passed_on_reaches_the_worker_all_the_same(small_shop: Shop) -> None:
    small_shop.hold(TaskState.CONVERTING)
    engine = small_shop.engine(run)
    small_shop.submit(engine, task("import-snap-1"))
    small_shop.reached("import-snap-1", TaskState.CONVERTING)

    small_shop.cancel(None, "import-snap-1")  # the API died between its commit and the engine
    engine.recover()

    small_shop.until("import-snap-1", TaskState.CANCELLED)


def test_a_task_that_is_published_cannot_be_cancelled(small_shop: Shop) -> None:
    engine = small_shop.engine(run)
    small_shop.submit(engine, task("import-snap-1"))
    small_shop.until("import-snap-1", TaskState.COMPLETED)

    with pytest.raises(IllegalTransition):
        small_shop.cancel(engine, "import-snap-1")

    engine.cancel("import-snap-1")  # and if somebody tried all the same
    engine.recover()
    assert small_shop.task("import-snap-1").state is TaskState.COMPLETED


def test_a_storm_of_cancels_leaves_nothing(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    engine = shop.engine(run, quota=20, slots=20)
    ids = [f"import-snap-{number}" for number in range(60)]
    chance = random.Random(1)

    with caplog.at_level(logging.WARNING):
        for each in ids:
            shop.submit(engine, task(each, account_id=f"{chance.randrange(3):012}"))
            victim = chance.choice(ids[: ids.index(each) + 1])
            with contextlib.suppress(IllegalTransition):  # it was cancelled or completed before
                shop.cancel(engine, victim)
            time.sleep(chance.random() * 0.05)

    ended = (TaskState.CANCELLED, TaskState.COMPLETED)
    states = {shop.until(each, *ended).state for each in ids}
    assert states == set(ended)
    wait(lambda: shop.scratch() == [], "the scratch to be removed")
    assert [record.getMessage() for record in caplog.records] == []
