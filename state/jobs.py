"""What a worker holds in its hands while it runs a task: the job, and one attempt at one phase.

A pipeline is one straight function over a `Job`; each `job.phase(…)` in it is a durable step: run
once, its value remembered, run again under a new attempt when the worker died in the middle.

    claim: row moves into the phase, attempt + 1 ─► fresh scratch/attempt-N ─► step(attempt, …)
      │ refused: the task was cancelled,                │ report: the row shows   │ value, as JSON
      ▼ or another worker has it                        ▼ how far it is           ▼
    CancelledError                                  refused: the same         remembered

A step that fails leaves nothing behind: were its worker to die before the task has, the step would
simply run, and fail, again. `end` is the one way out for a task that does not complete.
"""

import asyncio
import logging
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, Self, TypedDict, TypeVar, get_type_hints

from sqlalchemy.exc import OperationalError

from state import machines
from state.blobs import Blobs
from state.pending_images import settle
from state.snapshots import Snapshot
from state.store import Stale, Store, TaskChanges
from state.tasks import (
    DiskProgress,
    GuestSummary,
    IllegalTransition,
    ImportInstanceWork,
    SealVolumeWork,
    SnapshotWork,
    Task,
    TaskState,
)
from state.values import Frozen
from state.volumes import Volume

log = logging.getLogger(__name__)

P = ParamSpec("P")
Value = TypeVar("Value", bound=Frozen)

BROUGHT: Final = "brought"  # the folder of what came in parts, in the scratch folder of its task
SHOW_EVERY: Final = (
    0.5  # seconds between two writes of progress: a poll sees it move, the log doesn't
)


class Outcome(TypedDict):
    """What is remembered of a phase that is done."""

    attempt: int
    value: dict[str, object]


Step = Callable[[], Coroutine[None, None, Outcome]]
Durably = Callable[[str, Step], Awaitable[Outcome]]  # run it, or give what it gave the first time


class Attempt:
    """One attempt of one worker at one phase of a task."""

    def __init__(self, task: Task, scratch: Path, store: Store, blobs: Blobs) -> None:
        self.task = task
        self.number = task.attempt  # fencing token; rows are written only while the task carries it
        self.scratch = scratch  # a fresh, empty folder of this attempt alone; removed with the task
        self.store = store
        self.blobs = blobs
        self._shown = TaskChanges(message=task.message, disks=task.disks)
        self._news = TaskChanges()
        self._changed = asyncio.Event()
        self._urgent = asyncio.Event()
        self._leaving = False
        self._over = False

    def report(
        self,
        progress: int,
        message: str | None = None,
        disks: tuple[DiskProgress, ...] | None = None,
        guest: GuestSummary | None = None,
    ) -> None:
        """Show progress (percent) and StatusMessage; written to the task row every 0.5 s at most.

        A changed message or disk status is written at once. May be called from any thread. Never
        raises for being late.
        """
        news = TaskChanges(progress=progress)
        if message is not None:
            news["message"] = message
        if disks is not None:
            news["disks"] = disks
        if guest is not None:
            news["guest"] = guest
        with suppress(RuntimeError):  # the loop is closed: nobody is left to be told
            self._loop.call_soon_threadsafe(self._note, news)

    def _note(self, news: TaskChanges) -> None:
        before = _words(self._shown)
        self._shown.update(news)
        self._news.update(news)
        self._changed.set()
        if _words(self._shown) != before:
            self._urgent.set()

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._step = asyncio.current_task()
        self._writer = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._leaving = True
        # Behind all that was reported before, or the writer might end without having heard it.
        self._loop.call_soon(self._end)
        await asyncio.shield(self._writer)

    def _end(self) -> None:
        self._over = True
        self._changed.set()
        self._urgent.set()

    async def _write(self) -> None:
        """Write the latest news, never two writes at once, until the step is over."""
        while not self._over or self._news:
            await self._changed.wait()
            self._changed.clear()
            news, self._news = self._news, TaskChanges()
            if news and not await asyncio.to_thread(self._save, news):
                if self._step is not None and not self._leaving:
                    self._step.cancel()  # cancelled, or in other hands
                return
            if not self._over:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._urgent.wait(), SHOW_EVERY)
                self._urgent.clear()

    def _save(self, news: TaskChanges) -> bool:
        work = self.task.work
        with self.store.begin() as tx:
            if not tx.tasks.report(self.task.id, self.number, **news):
                return False
            if isinstance(work, SnapshotWork) and "progress" in news:
                return tx.snapshots.report(work.snapshot_id, news["progress"])
            return True


class Job:
    """A task that a worker is running."""

    def __init__(self, task: Task, store: Store, blobs: Blobs, durably: Durably) -> None:
        self.task_id = task.id
        self.work = task.work
        self.attempt = task.attempt  # the last one that was ours
        self._store = store
        self._blobs = blobs
        self._durably = durably
        # Attempts whose scratch the phases after them still need, and what was there before them.
        self._done: set[str] = {BROUGHT}

    async def phase(
        self,
        state: TaskState,
        step: Callable[Concatenate[Attempt, P], Awaitable[Value]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Value:
        """Move the task to state and run step as a durable, preemptible step; return its value.

        Arguments and value are frozen models: what the step gave is remembered with the task. On
        cancel the step's coroutine is cancelled (asyncio.CancelledError): it must let its child
        programs die and may take no longer than 2 s. An error of the step comes out as it is.
        """
        model: type[Value] = get_type_hints(step)["return"]

        async def run() -> Outcome:
            try:
                task, scratch = await asyncio.to_thread(self._claim, state)
                async with Attempt(task, scratch, self._store, self._blobs) as attempt:
                    value = await step(attempt, *args, **kwargs)
            except (Stale, IllegalTransition) as error:
                raise asyncio.CancelledError(f"{state}: {error}") from error
            return {"attempt": attempt.number, "value": value.model_dump(mode="json")}

        outcome = await self._durably(state.value, run)
        self._done.add(f"attempt-{outcome['attempt']}")
        return model.model_validate(outcome["value"])

    async def fail(self, error: str) -> None:
        """End the task: DELETING with error as StatusMessage, scratch removed, then FAILED."""
        try:
            await asyncio.to_thread(end, self._store, self._blobs, self.task_id, error)
        except OperationalError as failure:
            # SQLite is in the data folder, by itself: no room for the row until our scratch goes.
            if getattr(failure.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_FULL:
                raise
            await asyncio.to_thread(self._blobs.remove_scratch, self.task_id)
            await asyncio.to_thread(end, self._store, self._blobs, self.task_id, error)

    def _claim(self, state: TaskState) -> tuple[Task, Path]:
        with self._store.begin() as tx:
            task = tx.tasks.claim(self.task_id, state)
        self.attempt = task.attempt
        log.info("task %s is %s", task.id, state)
        for left in self._blobs.scratch(task.id).iterdir():
            if left.name not in self._done:  # what an attempt that died was working on
                shutil.rmtree(left, ignore_errors=True)
        return task, self._blobs.attempt_scratch(task.id, task.attempt)


def end(store: Store, blobs: Blobs, task_id: str, error: str | None = None) -> None:
    """Bring a task to its end: remove its scratch, and move DELETING on to FAILED or CANCELLED.

    With an error a task that is still active goes that way too; without one it is left alone.
    """
    with store.begin() as tx:
        task = tx.tasks.get(task_id)
        if task is not None and not task.state.ended and task.state is not TaskState.DELETING:
            if error is None:
                return
            tx.tasks.move(task, TaskState.DELETING, error=error)
    blobs.remove_scratch(task_id)
    with store.begin() as tx:
        task = tx.tasks.get(task_id)
        if task is None or task.state is not TaskState.DELETING:
            return
        ended = TaskState.FAILED if task.error else TaskState.CANCELLED
        tx.tasks.move(task, ended, finished_at=datetime.now(UTC))
        failed: Snapshot | Volume | None = None
        if task.error and isinstance(task.work, SnapshotWork):
            message = task.error.removeprefix("ClientError: ")
            failed = tx.snapshots.fail(task.work.snapshot_id, message)
            settle(tx, task.work.snapshot_id)
        if task.error and isinstance(task.work, SealVolumeWork):
            failed = tx.volumes.fail(task.work.volume_id)
        files = list(failed.layers) if failed else []
        if isinstance(task.work, ImportInstanceWork):
            files += machines.not_imported(tx, task.work.instance_id, datetime.now(UTC))
    for layer in files:
        blobs.remove(layer.blob_id)
    log.info("task %s is %s", task_id, ended)


def _words(shown: TaskChanges) -> object:
    """Return the part of what is shown that a client must see at once: not the numbers."""
    return shown["message"], [disk.status for disk in shown["disks"]]
