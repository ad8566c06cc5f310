"""A worker process that tests kill: `python -m tests.engine.worker URL FOLDER LEASE [api]`.

It runs a pipeline that a test steers by files: in each phase it writes a line into
FOLDER/log/<task id> and waits while FOLDER/hold-<phase> or FOLDER/hold-<phase>-<task id>
exists, reporting unless there is FOLDER/quiet. As `api` it runs nothing, and
submits a task for each id, and cancels one for each "-id", that it reads from its stdin.
"""

import asyncio
import logging
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from state.blobs import Blobs
from state.engine import Engine
from state.jobs import Attempt, Job
from state.store import Store
from state.tasks import DiskSource, ImportSnapshotWork, Task, TaskState
from state.values import Frozen

PHASES = (TaskState.VALIDATING, TaskState.CONVERTING, TaskState.UPDATING, TaskState.BOOTING)


class Trace(Frozen):
    """What a phase gives: who ran it."""

    state: TaskState
    attempt: int
    scratch: Path


def task(task_id: str, account_id: str = "123456789012", region: str = "us-east-1") -> Task:
    """Make a task."""
    return Task(
        id=task_id,
        account_id=account_id,
        region=region,
        created_at=datetime.now(UTC),
        work=ImportSnapshotWork(source=DiskSource(bucket="images", key="disk.raw")),
    )


async def work(attempt: Attempt, state: TaskState) -> Trace:
    """Leave a line in the log and bytes in the scratch, and wait as long as the test wishes."""
    await held(attempt, state)
    return Trace(state=state, attempt=attempt.number, scratch=attempt.scratch)


async def publish(attempt: Attempt) -> Trace:
    """Complete the task."""
    await held(attempt, TaskState.PUBLISHING)
    with attempt.store.begin() as tx:
        tx.tasks.move(attempt.task, TaskState.COMPLETED, message="completed")
    if (attempt.blobs.root / "die-after-publishing").exists():
        os._exit(9)
    return Trace(state=TaskState.PUBLISHING, attempt=attempt.number, scratch=attempt.scratch)


async def held(attempt: Attempt, state: TaskState) -> None:
    """Say where we are, and stay here while the test holds this phase."""
    root = attempt.blobs.root
    (attempt.scratch / "bytes").write_bytes(b"x" * 100)
    say(root, attempt.task.id, f"{state} {attempt.number} {os.getpid()}")
    holds = [root / f"hold-{state}", root / f"hold-{state}-{attempt.task.id}"]
    try:
        while any(hold.exists() for hold in holds):
            if not (root / "quiet").exists():
                attempt.report(50, state.value)
            await asyncio.sleep(0.02)
    except asyncio.CancelledError:
        say(root, attempt.task.id, f"cancelled {attempt.number} {time.time()}")
        raise


def say(root: Path, task_id: str, words: str) -> None:
    """Add a line to the log of a task."""
    (root / "log").mkdir(exist_ok=True)
    with (root / "log" / task_id).open("a") as file:
        file.write(words + "\n")


async def run(job: Job) -> None:
    """Go through all phases."""
    before: list[TaskState] = []
    for state in PHASES:
        trace = await job.phase(state, work, state)
        assert trace.state is state
        before.append(trace.state)
    assert tuple(before) == PHASES
    await job.phase(TaskState.PUBLISHING, publish)


def main(url: str, folder: str, lease: str, role: str = "worker") -> None:
    """Run until killed."""
    logging.basicConfig(level="WARNING", format="%(levelname)s %(name)s %(message)s")
    store = Store(url)
    store.migrate()
    engine = Engine(store, Blobs(Path(folder)), lease=float(lease))
    engine.start(run if role == "worker" else None)
    print("ready", flush=True)
    for line in sys.stdin:
        with store.begin() as tx:
            if line.startswith("-"):
                found = tx.tasks.get(line[1:].strip())
                assert found is not None
                tx.tasks.move(found, TaskState.DELETING)
            else:
                engine.submit(tx, task(line.strip()))
        if line.startswith("-"):
            engine.cancel(line[1:].strip())
        print("done", flush=True)
    engine.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
