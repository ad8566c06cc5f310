"""The engine: runs each task as a durable workflow. What is known of DBOS is known here (and a
little of it in the reaper).

    hold ──── the task's row alone, WAITING until all its parts are there: see state/waiting.py

    submit ── one transaction: the task's row, and a workflow whose id and       workflow ENQUEUED
              argument are the task's id                                                    │
                                                                                            │
    the queue  of each account and Region at most `quota` run at once, the oldest    ≤ 0.25 s │
               first; on one host at most `slots` in all, each account in its turn          │
               (snapshots in the making have places of their own)                           │
                                                                                            ▼
    run(job) ─► job.phase ─► job.phase ─► … COMPLETED      a phase is a step; its     PENDING
        │ cancelled ─► scratch removed ─► CANCELLED        value is kept as JSON            │
        └ failed ────► scratch removed ─► FAILED                                            ▼
                                                                                     SUCCESS, …

Kill it anywhere: the reaper of the next start, or of another worker, puts what was running back
into the queue, and each task goes on with the phase it was in, under a higher attempt.

DBOS keeps its tables beside ours, and may be launched once in a process at a time. It takes a
second to import: `start` does that, in a thread of the caller's, while the server answers already.
A task submitted before that is a row alone, and the reaper's first find.
"""

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from state import current
from state.blobs import Blobs
from state.jobs import Job, Outcome, Step, end
from state.leases import TTL, Leases
from state.reaper import Reaper
from state.store import Store, Tx
from state.tasks import SERVER_ERROR, HiddenWork, Task, TaskState
from state.waiting import Look, Waiting

if TYPE_CHECKING:
    from dbos import DBOSClient

Run = Callable[[Job], Awaitable[None]]


class Machines(Protocol):
    """Runs instances, in threads of its own."""

    def start(self) -> None:
        """Begin; what is to run stands in rows."""

    def stop(self) -> None:
        """Let go of every machine."""


MakeMachines = Callable[[Store, Blobs, str], Machines | None]  # for a worker of that name


class Hands(NamedTuple):
    """What a worker does: run tasks, before that bring what they wait for, and run instances."""

    run: Run
    look: Look
    machines: MakeMachines | None = None


APPLICATION: Final = "vmie"
VERSION: Final = "1"  # by hand: DBOS's own, a hash of our code, would orphan tasks at an upgrade
QUEUE: Final = "convert"
WORKFLOW: Final = "convert"
POLL: Final = 0.25  # seconds until a task starts; half of that costs 2 % more of a slow core
NOTICE: Final = 0.4  # seconds until a worker sees that another process has cancelled its task
LET_GO: Final = 3.0  # seconds for all tasks to stop; a phase that is cancelled has 2
DEATHS: Final = 20  # of workers, that a task may survive: it may be what kills them

log = logging.getLogger(__name__)


class Engine:
    """Runs tasks, here or wherever else a worker shares the database and the blobs."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        *,
        quota: int = 5,
        slots: int | None = None,
        lease: float = TTL,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._quota = quota
        self._slots = slots or max(quota, 4 * (os.cpu_count() or 1))
        worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._leases = Leases(store, worker, lease)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._client: DBOSClient | None = None
        self._reaper: Reaper | None = None
        self._waiting: Waiting | None = None
        self._machines: Machines | None = None
        self._stopping = False

    @property
    def worker(self) -> str:
        """The name of this worker, where it is one."""
        return self._leases.worker

    def submit(self, tx: Tx, task: Task) -> None:
        """Keep a new task and have it run: both in this transaction, or neither."""
        tx.tasks.add(task)
        self._enqueue(tx, task)

    def hold(self, tx: Tx, task: Task) -> None:
        """Keep a new task that is WAITING; it runs when all its parts are there."""
        tx.tasks.add(task)

    def nudge(self) -> None:
        """Look at once for what is to come of the tasks that wait, rather than in a moment."""
        if self._waiting is not None:
            self._waiting.nudge()

    def cancel(self, task_id: str) -> None:
        """Stop a task whose row has moved to CANCELLED or DELETING, wherever it runs."""
        if self._client is not None:  # else it runs nowhere, and the reaper will find it
            self._client.cancel_workflow(task_id)
        if (running := self._running.get(task_id)) is not None:
            running.get_loop().call_soon_threadsafe(running.cancel)
        if self._waiting is not None:
            self._waiting.cancel(task_id)
        if self._reaper is not None:
            self._reaper.nudge()

    def recover(self) -> None:
        """Find the tasks that nobody is at work on now, rather than in a moment."""
        if self._reaper is not None:
            self._reaper.recover()

    def set_quota(self, quota: int) -> None:
        """Let so many tasks of an account and Region run at once, of those in the queue too."""
        self._quota = quota
        if self._client is not None and (queue := self._client.retrieve_queue(QUEUE)) is not None:
            queue.set_partition_concurrency(quota)

    def start(
        self, run: Run | None, look: Look | None = None, machines: MakeMachines | None = None
    ) -> None:
        """Begin to run tasks; without `run`, only submit and cancel them. Blocks for a second.

        `look` brings the parts of tasks that wait for them; without it they wait for others.
        `machines` makes what runs instances.
        """
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer, _core

        _refuse_a_loop()
        _quieten()
        url = self._store.engine.url.render_as_string(hide_password=False)
        DBOS.migrate(url)
        client = DBOSClient(
            system_database_engine=self._store.engine,
            serializer=DBOSPortableJSONSerializer(),
            application_name=APPLICATION,
            lazy=True,
        )
        self._client = client
        if run is None:
            return
        _core._PREEMPTIBLE_POLL_INTERVAL_SEC = NOTICE  # not part of its interface; 1 s else
        DBOS(
            config={
                "name": APPLICATION,
                "application_version": VERSION,
                "executor_id": self._leases.worker,
                "system_database_url": url,
                "system_database_engine": self._store.engine,
                "run_migrations": False,
                "serializer": DBOSPortableJSONSerializer(),
                "use_listen_notify": False,  # nobody waits for a message …
                "notification_listener_polling_interval_sec": POLL,  # … but stop for its thread
                "log_level": "WARNING",
            }
        )

        @DBOS.workflow(name=WORKFLOW, max_recovery_attempts=DEATHS)
        async def convert(task_id: str) -> None:
            await self._convert(task_id, run)

        self._leases.hold()
        client.register_queue(
            QUEUE,
            partition_concurrency=self._quota,
            worker_concurrency=self._slots,
            polling_interval_sec=POLL,
            on_conflict="always_update",
        )
        self._reaper = Reaper(
            self._store,
            self._blobs,
            client,
            self._leases,
            running=self._running,
            cancel=self.cancel,
            enqueue=self._enqueue_late,
            queue=QUEUE,
        )
        self._reaper.recover()
        DBOS.launch()
        self._reaper.start()
        if look is not None:
            self._waiting = Waiting(self._store, self._blobs, self._leases, look, self._enqueue)
            self._waiting.start()
        if machines is not None:
            self._machines = machines(self._store, self._blobs, self._leases.worker)
        if self._machines is not None:
            self._machines.start()

    def stop(self) -> None:
        """Let go of every task: another worker, or the next start, goes on with it."""
        self._stopping = True
        if self._machines is not None:
            self._machines.stop()
        if self._reaper is None:
            return
        from dbos import DBOS

        if self._waiting is not None:
            self._waiting.stop()
        self._reaper.stop()
        for running in list(self._running.values())[:1]:
            asyncio.run_coroutine_threadsafe(self._let_go(), running.get_loop()).result()
        DBOS.destroy(destroy_registry=True)
        self._leases.release()

    async def _let_go(self) -> None:
        """Cancel what runs, and wait until its programs are dead.

        DBOS cancels everything on its loop at once, asyncio's own tasks among it: a program that is
        being started then is never waited for.
        """
        if running := list(self._running.values()):
            for each in running:
                each.cancel()
            await asyncio.wait(running, timeout=LET_GO)

    def _enqueue(self, tx: Tx, task: Task) -> None:
        if self._client is None:
            return  # DBOS is still loading: the reaper will find the task
        kinds, ids = (task.work.kind,), (task.id,)
        [(place, _)] = tx.tasks.list(task.account_id, task.region, kinds, ids=ids)
        self._client.enqueue_in_transaction(
            tx.connection,
            {
                "workflow_name": WORKFLOW,
                "workflow_id": task.id,
                "queue_name": QUEUE,
                "queue_partition_key": _partition(task),
                # DBOS's own order, by time, is one of whole seconds on SQLite with Python 3.11.
                "priority": place,
            },
            task.id,
        )

    def _enqueue_late(self, task_id: str) -> None:
        with self._store.begin() as tx:
            task = tx.tasks.get(task_id)
            if task is not None and task.state is TaskState.PENDING:
                self._enqueue(tx, task)

    async def _convert(self, task_id: str, run: Run) -> None:
        """Run a task to its end, or until it is in other hands."""
        current.task_id.set(task_id)
        this = asyncio.current_task()
        assert this is not None
        self._running[task_id] = this
        try:
            if self._stopping:
                raise asyncio.CancelledError("this worker stops")
            task = await asyncio.to_thread(self._read, task_id)
            job = Job(task, self._store, self._blobs, self._durably)
            reason = "its pipeline has no result"
            if not task.state.ended and task.state is not TaskState.DELETING:
                try:
                    await run(job)
                except asyncio.CancelledError as cancelled:
                    if self._stopping:
                        raise
                    reason = str(cancelled)
                except Exception as error:  # an edge, like the worker: the task must not hang
                    log.exception("task %s: the worker has let an error through", task_id)
                    reason = repr(error)
            await asyncio.to_thread(self._settle, job, reason)
        finally:
            self._running.pop(task_id, None)

    async def _durably(self, name: str, step: Step) -> Outcome:
        """Run a step, or return what it gave when it was done before."""
        from dbos import DBOS, error

        async def attempt() -> Outcome:
            try:
                return await step()
            except Exception as failure:
                raise _Failed(failure) from failure

        try:
            return await DBOS.run_step_async({"name": name, "preemptible": True}, attempt)
        except _Failed as failed:
            failure = failed.failure
        except error.DBOSBaseException as lost:  # cancelled, or another worker runs it now
            raise asyncio.CancelledError(str(lost)) from None
        raise failure

    def _read(self, task_id: str) -> Task:
        with self._store.read() as tx:
            task = tx.tasks.get(task_id)
        assert task is not None, "a task is not forgotten while it is in the queue"
        return task

    def _settle(self, job: Job, reason: str) -> None:
        """Leave nothing of a task behind once its pipeline has ended, however it has."""
        task = self._read(job.task_id)
        if task.attempt != job.attempt:
            return  # it is in other hands
        if not task.state.ended and task.state is not TaskState.DELETING:
            log.error("task %s failed: %s", task.id, reason)
        end(self._store, self._blobs, task.id, SERVER_ERROR)


def _partition(task: Task) -> str:
    """Return those whose quota a task is part of; what nobody asked for has one of its own."""
    owner = f"{task.account_id}/{task.region}"
    return f"{owner}/snapshots" if isinstance(task.work, HiddenWork) else owner


class _Failed(BaseException):
    """Carries a step's error past DBOS, which would remember it, but not its type."""

    def __init__(self, failure: Exception) -> None:
        super().__init__(failure)
        self.failure = failure


class _Orderly(logging.Filter):
    """Drops the alarm that DBOS raises, with tracebacks, when a task is cancelled or let go of."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        said = record.getMessage()
        return not (
            type(error).__name__ == "DBOSAwaitedWorkflowCancelledError"
            or said.startswith("Asyncio task cancelled")
            or "Waiting for the" in said  # … recorded outcome, of a workflow that isn't ours now
        )


def _refuse_a_loop() -> None:
    """Raise RuntimeError on an event loop: DBOS would adopt it, and tasks hold up requests."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError("start in a thread: asyncio.to_thread(engine.start, run)")


def _quieten() -> None:
    """Have DBOS log like anyone else: warnings and worse, through our handlers."""
    logger = logging.getLogger("dbos")
    if not any(isinstance(known, _Orderly) for known in logger.filters):
        logger.addFilter(_Orderly())
        logger.addHandler(logging.NullHandler())  # or DBOS would add one of its own
    logger.setLevel(logging.WARNING)
