"""A task whose own files have filled the disk ends none the less, and gives the room back."""

from pathlib import Path

from state.blobs import Blobs
from state.jobs import Job, Outcome, Step
from state.store import Store
from state.tasks import TaskState
from tests.state.samples import task


class Disk(Blobs):
    """A disk on which the database has no room to grow until a task's files go."""

    def __init__(self, root: Path, store: Store) -> None:
        super().__init__(root)
        self.store = store
        self.leave(0)

    def leave(self, pages: int) -> None:
        """Let the database grow by so many pages."""
        with self.store.engine.connect() as connection:
            used = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {used + pages}")

    def remove_scratch(self, task_id: str) -> None:
        super().remove_scratch(task_id)
        self.leave(1000)


async def durably(name: str, step: Step) -> Outcome:
    return await step()


async def test_a_task_that_has_filled_the_disk_fails(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'vmie.db'}")
    store.migrate()
    running = task()
    with store.begin() as tx:
        tx.tasks.add(running)
        running = tx.tasks.claim(running.id, TaskState.VALIDATING)
    disk = Disk(tmp_path / "data", store)
    (disk.attempt_scratch(running.id, running.attempt) / "image").write_bytes(b"large")

    await Job(running, store, disk, durably).fail("a long story " * 10_000)

    with store.read() as tx:
        ended = tx.tasks.get(running.id)
    store.close()
    assert ended is not None
    assert ended.state is TaskState.FAILED
    assert not list((tmp_path / "data/scratch").iterdir())
