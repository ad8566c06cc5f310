"""The pitfalls of DBOS that we know of."""

import asyncio
import logging
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from state import reaper
from state.engine import Engine
from state.reaper import KEPT
from state.tasks import TaskState
from tests.engine.conftest import REPOSITORY, Shop, wait
from tests.engine.test_submit import stored
from tests.engine.worker import run, task

pytestmark = pytest.mark.slow  # it starts many processes


def test_the_version_is_pinned_so_that_an_upgrade_orphans_no_task(shop: Shop) -> None:
    engine = shop.engine(run)

    shop.submit(engine, task("import-snap-1"))
    shop.until("import-snap-1", TaskState.COMPLETED)

    assert stored(shop, "workflow_status", "application_version") == [("1",)]


async def test_on_an_event_loop_it_refuses_to_start_and_in_a_thread_it_does_not_hold_it_up(
    small_shop: Shop,
) -> None:
    engine = Engine(small_shop.store, small_shop.blobs)
    with pytest.raises(RuntimeError, match="to_thread"):
        engine.start(run)

    await asyncio.to_thread(engine.start, run)
    await asyncio.to_thread(small_shop.submit, engine, task("import-snap-1"))

    await asyncio.to_thread(small_shop.until, "import-snap-1", TaskState.COMPLETED)
    await asyncio.to_thread(engine.stop)


def test_sqlite_knows_the_time_in_milliseconds_on_every_python(small_shop: Shop) -> None:
    engine = small_shop.engine(None)
    with small_shop.store.engine.connect() as connection:
        now = connection.execute(sa.text("SELECT unixepoch('subsec')")).scalar()
    assert now == pytest.approx(time.time(), abs=5)

    small_shop.submit(engine, task("import-snap-1"))

    (created,) = stored(small_shop, "workflow_status", "created_at")[0]
    assert isinstance(created, int)
    assert created / 1000 == pytest.approx(time.time(), abs=5)


def test_old_workflows_are_forgotten_and_their_tasks_are_not(shop: Shop) -> None:
    first = shop.engine(run)
    shop.submit(first, task("import-snap-1"), task("import-snap-2"))
    for number in (1, 2):
        shop.until(f"import-snap-{number}", TaskState.COMPLETED)
    wait(lambda: set(stored(shop, "workflow_status", "status")) == {("SUCCESS",)}, "success")
    first.stop()
    long_ago = int((datetime.now(UTC) - KEPT - timedelta(hours=1)).timestamp() * 1000)
    schema = "" if shop.store.engine.dialect.name == "sqlite" else "dbos."
    with shop.store.engine.begin() as connection:
        connection.execute(
            sa.text(
                f"UPDATE {schema}workflow_status SET completed_at = {long_ago}"
                " WHERE workflow_uuid = 'import-snap-1'"
            )
        )

    shop.engine(run)

    wait(lambda: len(stored(shop, "workflow_status", "status")) == 1, "the old one to go")
    assert stored(shop, "workflow_input", "workflow_uuid") == [("import-snap-2",)]
    assert len(stored(shop, "operation_outputs", "workflow_uuid")) == 5
    assert shop.task("import-snap-1").state is TaskState.COMPLETED


def test_of_many_workflows_that_ended_only_the_latest_are_kept(
    small_shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reaper, "KEPT_AT_MOST", 2)
    first = small_shop.engine(run)
    for number in range(4):
        small_shop.submit(first, task(f"import-snap-{number}"))
        small_shop.until(f"import-snap-{number}", TaskState.COMPLETED)
    first.stop()

    small_shop.engine(run)

    wait(lambda: len(stored(small_shop, "workflow_status", "status")) == 2, "the others to go")


def test_workers_may_start_at_once_on_a_new_database(postgres_url: str, tmp_path: Path) -> None:
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.engine.worker", postgres_url, str(tmp_path), "15"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=REPOSITORY,
        )
        for _ in range(3)
    ]

    assert [worker.communicate() for worker in workers] == [("ready\n", "")] * 3
    assert [worker.returncode for worker in workers] == [0, 0, 0]


def test_it_says_nothing_on_the_console_and_loads_no_server(small_shop: Shop) -> None:
    worker = subprocess.run(
        [
            *(sys.executable, "-X", "importtime", "-m", "tests.engine.worker"),
            *(small_shop.url, str(small_shop.blobs.root), "15"),
        ],
        input="import-snap-1\n-import-snap-1\n",
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )

    said = [line for line in worker.stderr.splitlines() if not line.startswith("import time:")]
    assert (worker.stdout, said) == ("ready\ndone\ndone\n", [])
    loaded = {line.split("|")[-1].strip() for line in worker.stderr.splitlines()}
    assert "dbos" in loaded
    assert not {"opentelemetry", "fastapi", "http.server", "uvicorn", "websockets"} & loaded


def test_it_opens_no_socket(small_shop: Shop) -> None:
    worker = small_shop.worker()

    opened = Path(f"/proc/{worker.process.pid}/fd").iterdir()
    inodes = {path.readlink().name[8:-1] for path in opened if "socket" in path.readlink().name}
    listed = [Path(f"/proc/net/{kind}").read_text().split() for kind in ("tcp", "tcp6", "udp")]
    assert not inodes & {word for words in listed for word in words}


def test_it_logs_warnings_through_our_handlers_and_adds_none(small_shop: Shop) -> None:
    small_shop.engine(run)

    logger = logging.getLogger("dbos")
    assert [type(handler) for handler in logger.handlers] == [logging.NullHandler]
    assert (logger.propagate, logger.level) == (True, logging.WARNING)


def test_idle_it_costs_next_to_nothing_and_stopped_it_leaves_no_thread(small_shop: Shop) -> None:
    threads = set(threading.enumerate())
    engine = small_shop.engine(run)
    time.sleep(0.5)

    before, began = time.process_time(), time.monotonic()
    time.sleep(4)
    spent = (time.process_time() - before) / (time.monotonic() - began)
    engine.stop()

    print(f"idle: {spent:.1%} of a core")
    assert spent < 0.15
    assert set(threading.enumerate()) - threads == set()


def test_dbos_is_not_imported_before_the_engine_starts() -> None:
    program = "import state.engine, sys; sys.exit('dbos' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY).returncode == 0


def test_it_starts_quickly(small_shop: Shop) -> None:
    program = f"""
import time
from pathlib import Path
from state.blobs import Blobs
from state.engine import Engine
from state.store import Store
from tests.engine.worker import run
store = Store("{small_shop.url}")
began = time.perf_counter()
import dbos
imported = time.perf_counter()
engine = Engine(store, Blobs(Path("{small_shop.blobs.root}")))
engine.start(run)
started = time.perf_counter()
engine.stop()
print(f"import {{imported - began:.2f}} s, start {{started - imported:.2f}} s, "
    f"stop {{time.perf_counter() - started:.2f}} s")
"""
    timed = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, check=True, capture_output=True, text=True
    )

    print(timed.stdout)
    assert timed.stderr == ""
