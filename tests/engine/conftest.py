"""Workshops: an engine in this process, or in worker processes, on a fresh database."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from state.blobs import Blobs
from state.engine import Engine, Run
from state.store import Store
from state.tasks import Task, TaskState
from state.waiting import Look
from tests import forks
from tests.engine.worker import task
from tests.postgres import new_postgres_database, postgres_server, postgres_url

__all__ = ["new_postgres_database", "postgres_server", "postgres_url"]

PATIENCE = 30.0  # seconds; the machine may have much else to do
REPOSITORY = Path(__file__).parents[2]


class Worker:
    """A process that runs an engine; see worker.py."""

    def __init__(self, url: str, root: Path, lease: float, role: str) -> None:
        words = (url, str(root), str(lease), role)
        self.process = forks.start("tests.engine.worker", *words, environ=os.environ)
        assert self._stdout.readline() == "ready\n"

    def tell(self, line: str) -> None:
        """Send it a line, and wait until it has done that."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        assert self._stdout.readline() == "done\n"

    def kill(self) -> None:
        """End it as kill -9 does."""
        self.process.kill()
        self.process.wait()

    @property
    def _stdout(self) -> IO[str]:
        assert self.process.stdout is not None
        return self.process.stdout


class Shop:
    """A database, its blobs, and whatever runs on them."""

    def __init__(self, url: str, root: Path) -> None:
        self.url = url
        self.blobs = Blobs(root)
        self.store = Store(url)
        self.store.migrate()
        self.engines: list[Engine] = []
        self.workers: list[Worker] = []

    # engines -------------------------------------------------------------------------------------

    def engine(
        self,
        run: Run | None,
        look: Look | None = None,
        *,
        quota: int = 5,
        slots: int | None = None,
        lease: float = 15.0,
    ) -> Engine:
        """Start an engine in this process; one at a time may have a `run`."""
        engine = Engine(self.store, self.blobs, quota=quota, slots=slots, lease=lease)
        self.engines.append(engine)
        engine.start(run, look)
        return engine

    def worker(self, lease: float = 15.0, role: str = "worker") -> Worker:
        """Start a worker process."""
        worker = Worker(self.url, self.blobs.root, lease, role)
        self.workers.append(worker)
        return worker

    def close(self) -> None:
        """End everything."""
        for worker in self.workers:
            worker.kill()
        for engine in self.engines:
            engine.stop()
        self.store.close()

    # tasks ---------------------------------------------------------------------------------------

    def submit(self, engine: Engine, *tasks: Task) -> None:
        """Submit tasks in one transaction."""
        with self.store.begin() as tx:
            for each in tasks:
                engine.submit(tx, each)

    def task(self, task_id: str) -> Task:
        """Read a task."""
        with self.store.read() as tx:
            found = tx.tasks.get(task_id)
        assert found is not None
        return found

    def cancel(self, engine: Engine | None, task_id: str) -> None:
        """Cancel a task as the API does."""
        with self.store.begin() as tx:
            found = tx.tasks.get(task_id)
            assert found is not None
            pending = found.state is TaskState.PENDING
            tx.tasks.move(found, TaskState.CANCELLED if pending else TaskState.DELETING)
        if engine is not None:
            engine.cancel(task_id)

    def until(self, task_id: str, *states: TaskState) -> Task:
        """Wait until a task is in one of some states."""
        wait(lambda: self.task(task_id).state in states, f"{task_id} to be {states}")
        return self.task(task_id)

    # what the pipeline of worker.py leaves behind ------------------------------------------------

    def hold(self, state: TaskState, task_id: str | None = None) -> None:
        """Keep tasks in a phase, all or one."""
        (self.blobs.root / "-".join(filter(None, ("hold", state, task_id)))).touch()

    def release(self) -> None:
        """Let them go on."""
        for hold in self.blobs.root.glob("hold-*"):
            hold.unlink()

    def lines(self, task_id: str) -> list[list[str]]:
        """Return what the pipeline has said: phase, attempt, process."""
        path = self.blobs.root / "log" / task_id
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def reached(self, task_id: str, state: TaskState) -> list[str]:
        """Wait until the pipeline is in a phase; return what it said."""
        wait(lambda: state in [line[0] for line in self.lines(task_id)], f"{task_id} in {state}")
        return self.lines(task_id)[-1]

    def scratch(self) -> list[str]:
        """Return the names of the tasks that have a folder."""
        return sorted(path.name for path in (self.blobs.root / "scratch").iterdir())


def wait(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.02)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.postgres, pytest.mark.slow])]
)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'vmie.db'}"
    fresh: str = request.getfixturevalue("postgres_url")
    return fresh


@pytest.fixture
def shop(url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop on either database."""
    shop = Shop(url, tmp_path / "data")
    yield shop
    shop.close()


@pytest.fixture
def small_shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop on SQLite: one process."""
    shop = Shop(f"sqlite:///{tmp_path / 'vmie.db'}", tmp_path / "data")
    yield shop
    shop.close()


@pytest.fixture
def big_shop(postgres_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop on PostgreSQL: as many processes as one likes."""
    shop = Shop(postgres_url, tmp_path / "data")
    yield shop
    shop.close()


__all__ += ["task"]
