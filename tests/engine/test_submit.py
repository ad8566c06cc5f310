"""A task and its workflow are one: both are there, or neither."""

import time
from collections.abc import Iterable

import pytest
import sqlalchemy as sa

from state.engine import Engine
from state.jobs import Job
from state.tasks import TaskState
from tests.engine.conftest import Shop, wait
from tests.engine.worker import run, task

pytestmark = pytest.mark.slow  # it starts many processes


def stored(shop: Shop, table: str, columns: str) -> list[tuple[object, ...]]:
    """Read one of DBOS's tables."""
    schema = "" if shop.store.engine.dialect.name == "sqlite" else "dbos."
    with shop.store.engine.connect() as connection:
        rows: Iterable[sa.Row[tuple[object, ...]]] = connection.execute(
            sa.text(f"SELECT {columns} FROM {schema}{table}")
        )
        return [tuple(row) for row in rows]


async def nothing(job: Job) -> None:
    """Never called: a task that nobody takes."""


def test_what_is_rolled_back_leaves_neither_task_nor_workflow(shop: Shop) -> None:
    engine = shop.engine(None)

    def submit_and_fail() -> None:
        with shop.store.begin() as tx:
            engine.submit(tx, task("import-snap-1"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        submit_and_fail()

    assert stored(shop, "workflow_status", "workflow_uuid") == []
    with shop.store.read() as tx:
        assert tx.tasks.get("import-snap-1") is None


def test_what_is_committed_is_a_task_and_a_workflow_of_the_same_id(shop: Shop) -> None:
    engine = shop.engine(None)

    shop.submit(engine, task("import-snap-1"))

    columns = "workflow_uuid, status, queue_name, queue_partition_key, created_at IS NULL"
    assert [tuple(map(str, row)) for row in stored(shop, "workflow_status", columns)] in (
        [("import-snap-1", "ENQUEUED", "convert", "123456789012/us-east-1", "0")],
        [("import-snap-1", "ENQUEUED", "convert", "123456789012/us-east-1", "False")],
    )
    assert shop.task("import-snap-1").state is TaskState.PENDING


def test_all_that_dbos_keeps_is_json(shop: Shop) -> None:
    engine = shop.engine(run)

    shop.submit(engine, task("import-snap-1"))
    shop.until("import-snap-1", TaskState.COMPLETED)
    wait(lambda: stored(shop, "workflow_status", "status") == [("SUCCESS",)], "its success")

    inputs = stored(shop, "workflow_input", "inputs")
    assert inputs == [('{"namedArgs":{},"positionalArgs":["import-snap-1"]}',)]
    assert stored(shop, "workflow_output", "output, error") == [("null", None)]
    steps = stored(shop, "operation_outputs", "function_name, output, error, serialization")
    assert [name for name, *_ in steps] == [
        "validating",
        "converting",
        "updating",
        "booting",
        "publishing",
    ]
    for _, output, error, serialization in steps:
        assert str(output).startswith('{"attempt":')
        assert (error, serialization) == (None, "portable_json")


def test_a_task_starts_soon_after_it_was_submitted(shop: Shop) -> None:
    engine = shop.engine(run)
    submits, starts = [], []

    for number in range(8):
        before = time.perf_counter()
        shop.submit(engine, task(f"import-snap-{number}"))
        submits.append(time.perf_counter() - before)
        shop.reached(f"import-snap-{number}", TaskState.VALIDATING)
        starts.append(time.perf_counter() - before)
        time.sleep(0.07)

    print(f"submitted in {min(submits) * 1000:.1f} ms, started in {sum(starts) / 8:.3f} s")
    assert sum(starts) / 8 < 1.0  # 0.2 s on an idle machine


def test_a_task_submitted_while_the_engine_is_still_loading_runs_once_it_has(shop: Shop) -> None:
    engine = Engine(shop.store, shop.blobs)
    shop.engines.append(engine)
    shop.submit(engine, task("import-snap-1"), task("import-snap-2"))
    shop.cancel(engine, "import-snap-2")

    engine.start(run)

    shop.until("import-snap-1", TaskState.COMPLETED)
    assert shop.lines("import-snap-2") == []


def test_a_process_that_runs_nothing_can_submit_and_cancel(big_shop: Shop) -> None:
    api = big_shop.engine(None)
    big_shop.submit(api, task("import-snap-1"), task("import-snap-2"))
    big_shop.cancel(api, "import-snap-2")

    big_shop.worker()

    big_shop.until("import-snap-1", TaskState.COMPLETED)
    assert big_shop.lines("import-snap-2") == []
    assert ("import-snap-2", "CANCELLED") in stored(
        big_shop, "workflow_status", "workflow_uuid, status"
    )
