"""Waiting: tasks whose bytes a client brings part by part, over minutes or days.

    hold ── the task's row, WAITING            no workflow, no place in the queue
              │
              ▼  looked at again and again, by one worker
    taken under the next attempt ─► what is there is brought into scratch/<task>/brought
              │                                   │
              ├─ all is there ─► PENDING, and into the queue: both in one transaction
              ├─ it never will be ─► DELETING ─► FAILED
              └─ its row says that the time is over ─► DELETING ─► CANCELLED

Who died while it held a task has left what it had brought; the next one goes on there. Nothing is
remembered here but when to look next: the less a look has brought, the later.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from state import current
from state.blobs import Blobs
from state.jobs import BROUGHT, Attempt, end
from state.leases import Leases
from state.store import Stale, Store, Tx
from state.tasks import (
    SERVER_ERROR,
    IllegalTransition,
    ImportInstanceWork,
    ImportVolumeWork,
    Task,
    TaskState,
)
from state.values import Frozen

BEAT: Final = 0.25  # seconds between two looks at the rows
SOONEST: Final = 0.25  # seconds between two looks at the parts of a task
LATEST: Final = 15.0
SLOWER: Final = 1.5  # times the pause, after a look that has brought nothing
AT_ONCE: Final = 8  # tasks whose parts are being brought
EXPIRED: Final = "Task expired and automatically canceled"  # as exports have been seen to say it

log = logging.getLogger(__name__)


class Looked(Frozen):
    """What came of a look at the parts of a task."""

    complete: bool = False  # nothing is missing any more
    brought: bool = False  # something that was missing is there now


class Refused(Exception):
    """The parts of a task will never be there; the text is its StatusMessage."""


Look = Callable[[Attempt], Awaitable[Looked]]  # the attempt's scratch is the folder of the parts


@dataclass(slots=True)
class Pause:
    """When a task is looked at next."""

    length: float = SOONEST
    until: float = field(default_factory=time.monotonic)

    def begin(self, brought: bool) -> None:
        """Begin another one."""
        self.length = SOONEST if brought else min(self.length * SLOWER, LATEST)
        self.until = time.monotonic() + self.length


class Waiting:
    """One worker's part in looking for what is to come."""

    def __init__(
        self,
        store: Store,
        blobs: Blobs,
        leases: Leases,
        look: Look,
        enqueue: Callable[[Tx, Task], None],
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._leases = leases
        self._look = look
        self._enqueue = enqueue
        self._pauses: dict[str, Pause] = {}
        self._visits: dict[str, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._run, name="waiting", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._nudged: asyncio.Event | None = None
        self._stopping = False

    def start(self) -> None:
        """Look again and again from now on, in a thread with a loop of its own."""
        self._thread.start()

    def nudge(self) -> None:
        """Look at the rows at once."""
        self._call(lambda: self._nudged.set() if self._nudged else None)

    def cancel(self, task_id: str) -> None:
        """Bring no more parts of a task."""

        def stop() -> None:
            if (visit := self._visits.get(task_id)) is not None:
                visit.cancel()

        self._call(stop)

    def stop(self) -> None:
        """Let go of every task: what was brought stays."""
        self._stopping = True
        self.nudge()
        if self._thread.ident is not None:
            self._thread.join()

    def _call(self, function: Callable[[], object]) -> None:
        if self._loop is not None and not self._loop.is_closed():
            try:
                self._loop.call_soon_threadsafe(function)
            except RuntimeError:  # it has just been closed
                return

    def _run(self) -> None:
        asyncio.run(self._keep_looking())

    async def _keep_looking(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._nudged = asyncio.Event()
        while not self._stopping:
            try:
                self._visit_all(await asyncio.to_thread(self._waiting))
            except SQLAlchemyError as error:
                log.warning("the tasks that wait cannot be read: %s", error)
            try:
                await asyncio.wait_for(self._nudged.wait(), BEAT)
            except TimeoutError:
                continue
            self._nudged.clear()
        for visit in self._visits.values():
            visit.cancel()
        if self._visits:
            await asyncio.wait(self._visits.values())

    def _waiting(self) -> list[str]:
        with self._store.read() as tx:
            return [task.id for task in tx.tasks.waiting()]

    def _visit_all(self, task_ids: list[str]) -> None:
        """Begin to visit those tasks that are due, as many as may be at once."""
        self._pauses = {each: self._pauses.get(each) or Pause() for each in task_ids}
        now = time.monotonic()
        due = sorted((pause.until, each) for each, pause in self._pauses.items())
        for until, task_id in due:
            if until > now or len(self._visits) >= AT_ONCE:
                return
            if task_id not in self._visits:
                self._visits[task_id] = asyncio.create_task(self._visit(task_id))

    async def _visit(self, task_id: str) -> None:
        """Look at the parts of a task once."""
        current.task_id.set(task_id)
        looked = Looked()
        try:
            looked = await self._looked(task_id)
        except (Stale, IllegalTransition) as other:
            log.debug("task %s is not looked at: %s", task_id, other)
        except Refused as refused:
            await asyncio.to_thread(end, self._store, self._blobs, task_id, str(refused))
        except SQLAlchemyError as error:
            log.warning("task %s cannot be looked at: %s", task_id, error)
        except Exception:  # an edge, like the worker: the others must not wait for this task
            if await asyncio.to_thread(self._is_waiting, task_id):
                log.exception("task %s failed", task_id)
                await asyncio.to_thread(end, self._store, self._blobs, task_id, SERVER_ERROR)
        finally:
            self._visits.pop(task_id, None)
            if (pause := self._pauses.get(task_id)) is not None:
                pause.begin(looked.brought)
            await asyncio.shield(asyncio.to_thread(self._tidy, task_id))
        if looked.complete and self._nudged is not None:
            self._nudged.set()

    async def _looked(self, task_id: str) -> Looked:
        task = await asyncio.to_thread(self._taken, task_id)
        if task is None:
            return Looked()
        folder = self._blobs.scratch(task.id) / BROUGHT
        folder.mkdir(exist_ok=True)
        async with Attempt(task, folder, self._store, self._blobs) as attempt:
            try:
                async with asyncio.timeout(_left(task)) as limit:
                    looked = await self._look(attempt)
            except TimeoutError:
                if not limit.expired():
                    raise
                return Looked()  # the next visit sees that its time is over
        if looked.complete:
            await asyncio.to_thread(self._submit, task)
        return looked

    def _taken(self, task_id: str) -> Task | None:
        """Take a task into this worker's hands; end it, and return None, if its time is over."""
        live = self._leases.live()
        with self._store.begin() as tx:
            task = tx.tasks.hold(task_id, self._leases.worker, live)
            expired = _left(task) <= 0
            if expired:
                tx.tasks.move(task, TaskState.DELETING, message=EXPIRED)
        if not expired:
            return task
        log.info("task %s has expired", task_id)
        end(self._store, self._blobs, task_id)
        return None

    def _submit(self, task: Task) -> None:
        with self._store.begin() as tx:
            self._enqueue(tx, tx.tasks.move(task, TaskState.PENDING))
        log.info("task %s has all its parts", task.id)

    def _is_waiting(self, task_id: str) -> bool:
        with self._store.read() as tx:
            task = tx.tasks.get(task_id)
        return task is not None and task.state is TaskState.WAITING

    def _tidy(self, task_id: str) -> None:
        """Leave nothing of a task that was ended while its parts were being brought."""
        try:
            with self._store.read() as tx:
                task = tx.tasks.get(task_id)
        except SQLAlchemyError as error:  # what is left then is swept at the next start
            log.warning("task %s was not tidied up: %s", task_id, error)
            return
        if task is None or task.state.ended:
            self._blobs.remove_scratch(task_id)


def _left(task: Task) -> float:
    """Return for how many seconds more a task may wait."""
    assert isinstance(task.work, (ImportVolumeWork, ImportInstanceWork))
    return (task.work.expires_at - datetime.now(UTC)).total_seconds()
