"""Nothing that was promised is lost when a process dies, wherever it was."""

import logging
import signal
import time

import pytest
import sqlalchemy as sa

from state.engine import DEATHS
from state.leases import LATE
from state.tasks import SERVER_ERROR, TaskState
from tests.engine.conftest import Shop, wait
from tests.engine.worker import PHASES, run, task

pytestmark = pytest.mark.slow  # it starts many processes

EVERYWHERE = [*PHASES, TaskState.PUBLISHING]


def phases(shop: Shop, task_id: str) -> list[str]:
    """Return the phases that were begun, in order."""
    return [line[0] for line in shop.lines(task_id) if line[0] != "cancelled"]


def reached(shop: Shop, task_id: str) -> bool:
    """Tell, after a while, whether a task is running."""
    time.sleep(0.5)
    return bool(shop.lines(task_id))


def alter(shop: Shop, change: str) -> None:
    """Change DBOS's idea of the workflows."""
    schema = "" if shop.store.engine.dialect.name == "sqlite" else "dbos."
    with shop.store.engine.begin() as connection:
        connection.execute(sa.text(change.replace("workflow_status", f"{schema}workflow_status")))


def test_killed_in_any_phase_a_task_goes_on_with_that_phase(small_shop: Shop) -> None:
    held = {f"import-snap-{state}": state for state in EVERYWHERE}
    worker = small_shop.worker()
    for task_id, state in held.items():
        small_shop.hold(state, task_id)
        worker.tell(task_id)
    for task_id, state in held.items():
        small_shop.reached(task_id, state)

    worker.kill()
    assert {task_id: small_shop.task(task_id).state for task_id in held} == held
    small_shop.release()
    small_shop.engine(run)

    for task_id, state in held.items():
        ended = small_shop.until(task_id, TaskState.COMPLETED)
        done = EVERYWHERE.index(state) + 1
        expected = [*EVERYWHERE[:done], *EVERYWHERE[done - 1 :]]
        assert phases(small_shop, task_id) == expected
        assert ended.attempt == len(expected)
    wait(lambda: small_shop.scratch() == [], "the scratch to be removed")


def test_killed_just_after_it_published_a_task_has_completed_once(small_shop: Shop) -> None:
    (small_shop.blobs.root / "die-after-publishing").touch()
    worker = small_shop.worker()
    worker.tell("import-snap-1")
    assert worker.process.wait() == 9
    published = small_shop.task("import-snap-1")

    (small_shop.blobs.root / "die-after-publishing").unlink()
    small_shop.submit(small_shop.engine(run), task("import-snap-2"))
    small_shop.until("import-snap-2", TaskState.COMPLETED)

    assert published.state is TaskState.COMPLETED
    assert small_shop.task("import-snap-1") == published
    assert phases(small_shop, "import-snap-1") == EVERYWHERE


def test_killed_just_after_it_published_a_task_gives_its_place_to_the_next(
    small_shop: Shop,
) -> None:
    (small_shop.blobs.root / "die-after-publishing").touch()
    worker = small_shop.worker()
    worker.tell("import-snap-1")
    assert worker.process.wait() == 9
    (small_shop.blobs.root / "die-after-publishing").unlink()

    small_shop.submit(small_shop.engine(run, quota=1), task("import-snap-2"))

    small_shop.until("import-snap-2", TaskState.COMPLETED)


def test_what_was_in_the_queue_stays_there(small_shop: Shop) -> None:
    small_shop.hold(TaskState.VALIDATING)
    worker = small_shop.worker()
    ids = [f"import-snap-{number}" for number in range(8)]
    for each in ids:
        worker.tell(each)
    wait(lambda: all(small_shop.lines(each) for each in ids[:5]), "the first five")

    worker.kill()
    small_shop.engine(run)

    wait(lambda: all(len(small_shop.lines(each)) == 2 for each in ids[:5]), "them to run again")
    assert {small_shop.task(each).state for each in ids[5:]} == {TaskState.PENDING}
    small_shop.release()
    for each in ids:
        small_shop.until(each, TaskState.COMPLETED)


@pytest.mark.parametrize("error", [None, "ClientError: no disk"])
def test_killed_while_it_was_being_deleted_a_task_ends_at_the_next_start(
    small_shop: Shop, error: str | None
) -> None:
    small_shop.hold(TaskState.CONVERTING)
    worker = small_shop.worker()
    worker.tell("import-snap-1")
    small_shop.reached("import-snap-1", TaskState.CONVERTING)
    worker.kill()
    with small_shop.store.begin() as tx:
        found = tx.tasks.get("import-snap-1")
        assert found is not None
        tx.tasks.move(found, TaskState.DELETING, error=error)

    small_shop.engine(run)

    ended = TaskState.FAILED if error else TaskState.CANCELLED
    small_shop.until("import-snap-1", ended)
    assert small_shop.scratch() == []
    assert phases(small_shop, "import-snap-1") == ["validating", "converting"]


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE workflow_status SET recovery_attempts = {DEATHS + 1}",
        "UPDATE workflow_status SET status = 'ERROR'",
        "UPDATE workflow_status SET status = 'CANCELLED'",
        "DELETE FROM workflow_status",
    ],
)
def test_a_task_that_dbos_gave_up_or_lost_has_failed(
    shop: Shop, change: str, caplog: pytest.LogCaptureFixture
) -> None:
    shop.hold(TaskState.CONVERTING)
    first = shop.engine(run)
    shop.submit(first, task("import-snap-1"))
    shop.reached("import-snap-1", TaskState.CONVERTING)
    first.stop()
    alter(shop, change)

    with caplog.at_level(logging.ERROR):
        shop.engine(run)
        ended = shop.until("import-snap-1", TaskState.FAILED)

    assert ended.error == SERVER_ERROR
    assert shop.scratch() == []
    assert "import-snap-1" in caplog.text


def test_a_task_that_fell_between_the_queue_and_its_worker_is_put_back(shop: Shop) -> None:
    shop.hold(TaskState.VALIDATING)
    engine = shop.engine(run, quota=1)
    shop.submit(engine, task("import-snap-1"), task("import-snap-2"))
    running = next(each for each in ("import-snap-1", "import-snap-2") if reached(shop, each))
    fallen = {"import-snap-1": "import-snap-2", "import-snap-2": "import-snap-1"}[running]
    alter(
        shop,
        "UPDATE workflow_status SET status = 'PENDING', started_at_epoch_ms = 1, executor_id ="
        f" (SELECT executor_id FROM workflow_status WHERE workflow_uuid = '{running}')"
        f" WHERE workflow_uuid = '{fallen}'",
    )

    shop.release()

    shop.until(fallen, TaskState.COMPLETED)


@pytest.mark.slow
def test_the_tasks_of_a_dead_host_are_taken_over_when_its_lease_has_run_out(
    big_shop: Shop,
) -> None:
    big_shop.hold(TaskState.CONVERTING)
    doomed = big_shop.worker(lease=2)
    doomed.tell("import-snap-1")
    process = big_shop.reached("import-snap-1", TaskState.CONVERTING)[2]
    assert process == str(doomed.process.pid)
    heir = big_shop.worker(lease=2)

    doomed.kill()
    before = time.monotonic()

    wait(lambda: phases(big_shop, "import-snap-1").count("converting") == 2, "the heir")
    print(f"taken over after {time.monotonic() - before:.1f} s")
    assert time.monotonic() - before > 1
    assert big_shop.lines("import-snap-1")[-1][1:] == ["3", str(heir.process.pid)]
    big_shop.release()
    big_shop.until("import-snap-1", TaskState.COMPLETED)


@pytest.mark.slow
def test_a_worker_that_was_stopped_too_long_ends_itself(big_shop: Shop) -> None:
    big_shop.hold(TaskState.CONVERTING)
    stopped = big_shop.worker(lease=2)
    stopped.tell("import-snap-1")
    big_shop.reached("import-snap-1", TaskState.CONVERTING)

    stopped.process.send_signal(signal.SIGSTOP)
    heir = big_shop.worker(lease=2)
    wait(lambda: phases(big_shop, "import-snap-1").count("converting") == 2, "the heir")
    stopped.process.send_signal(signal.SIGCONT)

    assert stopped.process.wait(10) == LATE == 70
    big_shop.release()
    big_shop.until("import-snap-1", TaskState.COMPLETED)
    assert big_shop.lines("import-snap-1")[-1][2] == str(heir.process.pid)


def test_alone_on_sqlite_a_worker_may_be_stopped_as_long_as_one_likes(small_shop: Shop) -> None:
    worker = small_shop.worker(lease=0.5)

    worker.process.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    worker.process.send_signal(signal.SIGCONT)
    worker.tell("import-snap-1")

    small_shop.until("import-snap-1", TaskState.COMPLETED)


@pytest.mark.slow
def test_a_worker_that_stops_in_good_order_is_succeeded_at_once(big_shop: Shop) -> None:
    big_shop.hold(TaskState.CONVERTING)
    first = big_shop.engine(run)
    big_shop.submit(first, task("import-snap-1"))
    big_shop.reached("import-snap-1", TaskState.CONVERTING)
    big_shop.worker()

    first.stop()
    before = time.monotonic()

    wait(lambda: phases(big_shop, "import-snap-1").count("converting") == 2, "the successor")
    assert time.monotonic() - before < 8  # a beat, not a lease
