"""The reaper: finds the tasks that nobody is at work on, and brings them back to life or to an end.

    a task that has not ended, and …                what becomes of it
    its worker is dead                              back into the queue, in the phase it was in
    it is DELETING, and its worker is dead          scratch removed, CANCELLED or FAILED
    it is DELETING, and its worker wasn't told      the worker is told
    it was never enqueued (DBOS was still loading)  into the queue
    DBOS gave its workflow up, or lost it           FAILED, "ServerError: …"

    a task that has ended, and …                    what becomes of its workflow
    its worker died before DBOS knew                cancelled: it would hold a place of the quota

    an instance whose worker is dead                stopped, or terminated if it was to be

It looks when a worker starts and every 2.5 s from then on; each worker has one, and all may find
the same task at once, since every move is fenced by the state of the row.
"""

import functools
import logging
import threading
import time
from collections.abc import Callable, Container
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from state.blobs import Blobs
from state.jobs import end
from state.leases import Leases
from state.machines import lost
from state.store import Store
from state.tables import tasks
from state.tasks import SERVER_ERROR, TaskState

if TYPE_CHECKING:
    from dbos import DBOSClient

BEAT: Final = 2.5  # seconds between two looks
STARTING: Final = (
    10.0  # seconds a workflow may take from the queue to its first line, and never does
)
KEPT: Final = timedelta(days=7)  # workflows that have ended; the tasks themselves are not affected
KEPT_AT_MOST: Final = 10_000
TIDY: Final = 3600.0  # seconds between two looks for such old workflows
ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

WORKFLOWS = sa.Table(  # as DBOS documents it; its schema is "dbos" on PostgreSQL, none on SQLite
    "workflow_status",
    sa.MetaData(schema="dbos"),
    sa.Column("workflow_uuid", sa.Text),
    sa.Column("status", sa.Text),
    sa.Column("executor_id", sa.Text),
    sa.Column("started_at_epoch_ms", sa.BigInteger),
)
# What is WAITING is no worker's yet: see state/waiting.py.
ACTIVE: Final = [
    state.value for state in TaskState if not state.ended and state is not TaskState.WAITING
]
STRAY = (
    sa.select(tasks.c.id, tasks.c.state, *list(WORKFLOWS.c)[1:])
    .outerjoin(WORKFLOWS, WORKFLOWS.c.workflow_uuid == tasks.c.id)
    .where(tasks.c.state.in_(ACTIVE))
    .where(
        sa.or_(
            tasks.c.state == TaskState.DELETING.value,
            WORKFLOWS.c.status.is_distinct_from("ENQUEUED"),
        )
    )
    .order_by(tasks.c.sequence)
)
LEFT_OVER = (
    sa.select(WORKFLOWS.c.workflow_uuid, WORKFLOWS.c.executor_id)
    .join(tasks, tasks.c.id == WORKFLOWS.c.workflow_uuid)
    .where(WORKFLOWS.c.status == "PENDING", tasks.c.state.not_in(ACTIVE))
)

log = logging.getLogger(__name__)


class Reaper:
    """One worker's reaper."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        client: "DBOSClient",
        leases: Leases,
        running: Container[str],  # the tasks of this worker
        cancel: Callable[[str], None],
        enqueue: Callable[[str], None],
        queue: str,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._client = client
        self._leases = leases
        self._running = running
        self._cancel = cancel
        self._enqueue = enqueue
        self._queue = queue
        self._thread = threading.Thread(target=self._keep_looking, name="reaper", daemon=True)
        self._nudged = threading.Event()
        self._stopping = False

    def start(self) -> None:
        """Look again and again from now on, in a thread."""
        self._thread.start()

    def nudge(self) -> None:
        """Look at once."""
        self._nudged.set()

    def stop(self) -> None:
        """Look no more."""
        self._stopping = True
        self._nudged.set()
        if self._thread.ident is not None:
            self._thread.join()

    def recover(self) -> None:
        """Look for the tasks that nobody is at work on, and do what is to be done with each."""
        live = self._leases.live()
        plain = {"dbos": None} if self._store.engine.dialect.name == "sqlite" else {}
        with self._store.engine.connect().execution_options(schema_translate_map=plain) as reader:
            stray = reader.execute(STRAY).all()
            left_over = reader.execute(LEFT_OVER).all()
        for row in stray:
            try:
                self._rescue(live, *row)
            except Exception:  # an edge, like the worker: the others must not wait for this task
                log.exception("task %s was not rescued", row.id)
        for task_id, worker in left_over:
            if worker not in live:
                self._client.cancel_workflow(task_id)
        self._end_lost(live)

    def forget(self) -> None:
        """Delete the workflows that ended long ago; DBOS would keep them for ever."""
        ended = functools.partial(
            self._client.list_workflows,
            status=ENDED,
            limit=500,
            load_input=False,
            load_output=False,
        )
        before = (datetime.now(UTC) - KEPT).isoformat()
        while old := [
            *ended(completed_before=before),
            *ended(sort_desc=True, offset=KEPT_AT_MOST),
        ]:
            self._client.delete_workflows([workflow.workflow_id for workflow in old])

    def _end_lost(self, live: set[str]) -> None:
        """End the instances whose machines went with their workers."""
        with self._store.read() as tx:
            busy = any(instance.real for instance in tx.instances.busy())
        if busy:
            with self._store.begin() as tx:
                files = lost(tx, live, datetime.now(UTC))
            for file in files:
                self._blobs.remove(file.blob_id)

    def _keep_looking(self) -> None:
        tidied = -TIDY
        while not self._stopping:
            try:
                self.recover()
                if time.monotonic() > tidied + TIDY:
                    self.forget()
                    tidied = time.monotonic()
            except sa.exc.SQLAlchemyError as error:
                log.warning("the engine cannot reach its database: %s", error)
            self._nudged.wait(BEAT)
            self._nudged.clear()

    def _rescue(
        self,
        live: set[str],
        task_id: str,
        state: str,
        status: str | None,
        worker: str | None,
        started: int | None,
    ) -> None:
        held = worker in live and (
            worker != self._leases.worker
            or task_id in self._running
            or time.time() - (started or 0) / 1000 < STARTING
        )
        if held and status in {"PENDING", "CANCELLED"}:
            if state == TaskState.DELETING and status == "PENDING":
                self._cancel(task_id)  # whoever moved the row has died before it could
        elif state == TaskState.DELETING:
            self._client.cancel_workflow(task_id)
            end(self._store, self._blobs, task_id)
        elif status == "PENDING":
            log.warning("task %s is taken over from worker %s", task_id, worker)
            # Not part of DBOS's interface. Does nothing unless the row is still that worker's.
            self._client._sys_db.reenqueue_for_recovery(task_id, [worker or ""], self._queue)
        elif status is None and state == TaskState.PENDING:
            self._enqueue(task_id)
        else:
            log.error("task %s has failed: its workflow is %s", task_id, status)
            end(self._store, self._blobs, task_id, SERVER_ERROR)
