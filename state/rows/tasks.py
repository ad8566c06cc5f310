"""The room of tasks: who may move one, and who has come too late to.

A task row is fenced by its state and its attempt. `claim` raises the attempt when a worker starts a
phase; from then on whoever still works under a lower number is refused, by `move` and by `report`.
"""

from collections.abc import Collection
from datetime import datetime
from typing import TypedDict, Unpack

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns, Listing, Rows, Stale, Values
from state.rows.texts import among
from state.tasks import DiskProgress, GuestSummary, IllegalTransition, Task, TaskState


class TaskChanges(TypedDict, total=False):
    """What may change of a task besides its state and attempt."""

    progress: int
    message: str
    error: str | None
    disks: tuple[DiskProgress, ...]
    guest: GuestSummary
    image_id: str
    finished_at: datetime | None


def _columns(task: Task) -> Columns:
    return {
        "id": task.id,
        "account_id": task.account_id,
        "region": task.region,
        "kind": task.work.kind,
        "state": task.state.value,
        "attempt": task.attempt,
        "client_token": task.client_token,
    }


KIND = OwnedKind(tables.tasks, Task, _columns)
COLUMNS = tables.tasks.c
LIST = KIND.list.where(among(COLUMNS.kind, "kinds"))
BY_TOKEN = select(COLUMNS.document).where(
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
    COLUMNS.kind == bindparam("kind"),
    COLUMNS.client_token == bindparam("client_token"),
)
IN_STATES = (
    select(COLUMNS.document).where(among(COLUMNS.state, "states")).order_by(COLUMNS.sequence)
)
IDS_IN_STATES = select(COLUMNS.id).where(among(COLUMNS.state, "states"), among(COLUMNS.id, "ids"))

WAITING = (TaskState.WAITING.value,)
UNFINISHED = tuple(state.value for state in TaskState if not state.ended)
PHASES = frozenset(TaskState) - {
    TaskState.WAITING,
    TaskState.PENDING,
    TaskState.COMPLETED,
    TaskState.CANCELLED,
    TaskState.FAILED,
}


class Tasks(Rows[Task]):
    """The tasks of all accounts; one client token makes one task of a kind."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)
        self._owned = Owned(connection, KIND)

    def get(self, task_id: str) -> Task | None:
        """Return the task with an id, whoever owns it."""
        return self._get(task_id)

    def move(self, task: Task, state: TaskState, **changes: Unpack[TaskChanges]) -> Task:
        """Move a task on; IllegalTransition, or Stale if its state or attempt has changed since."""
        task.moved(state)
        current = self.get(task.id)
        if current is None or (current.state, current.attempt) != (task.state, task.attempt):
            raise Stale(f"{task.id} is no longer {task.state} under attempt {task.attempt}")
        # What was reported in the meantime stays, whatever the caller's copy says.
        return self._kept(current.moved(state, **changes))

    def claim(self, task_id: str, state: TaskState) -> Task:
        """Start a phase, or start it again, under the next attempt; IllegalTransition, Stale."""
        current = self.get(task_id)
        if current is None:
            raise Stale(f"{task_id} is gone")
        if state not in PHASES:
            raise IllegalTransition(task_id, current.state, state)
        claimed = current if current.state == state else current.moved(state)
        return self._kept(claimed.model_copy(update={"attempt": current.attempt + 1}))

    def hold(self, task_id: str, worker: str, live: Collection[str]) -> Task:
        """Take a task that is WAITING into a worker's hands; Stale if it is in those of another.

        It goes on under the next attempt, unless the worker had it already.
        """
        current = self.get(task_id)
        if current is None or current.state is not TaskState.WAITING:
            raise Stale(f"{task_id} is not waiting")
        if current.holder == worker:
            return current
        if current.holder in live:
            raise Stale(f"{task_id} is in the hands of {current.holder}")
        held = {"holder": worker, "attempt": current.attempt + 1}
        return self._kept(current.model_copy(update=held))

    def report(self, task_id: str, attempt: int, **changes: Unpack[TaskChanges]) -> bool:
        """Show how far an attempt has come; False if the task has ended or another one has it."""
        current = self.get(task_id)
        if current is None or current.attempt != attempt:
            return False
        if current.state.ended or current.state is TaskState.DELETING:
            return False
        self._kept(current.model_copy(update=dict(changes)))
        return True

    def by_token(self, account_id: str, region: str, kind: str, client_token: str) -> Task | None:
        """Return the task that a client token has made."""
        return self._one(
            BY_TOKEN,
            {
                "account_id": account_id,
                "region": region,
                "kind": kind,
                "client_token": client_token,
            },
        )

    def unfinished(self) -> Values[Task]:
        """Return every task that something can still happen to, the oldest first."""
        return self._all(IN_STATES, {"states": UNFINISHED})

    def waiting(self) -> Values[Task]:
        """Return every task whose parts are not all there, the oldest first."""
        return self._all(IN_STATES, {"states": WAITING})

    def unfinished_among(self, task_ids: Collection[str]) -> set[str]:
        """Return those of some ids that are tasks which have not ended."""
        parameters = {"states": UNFINISHED, "ids": task_ids}
        return set(self._connection.execute(IDS_IN_STATES, parameters).scalars())

    def list(
        self,
        account_id: str,
        region: str,
        kinds: Collection[str],
        *,
        ids: Collection[str] | None = None,
        after: int = 0,
        limit: int | None = None,
    ) -> Listing[Task]:
        """Return the tasks of an account and Region that come after a sequence number."""
        if ids is not None:
            found = self._owned.list(account_id, region, ids=ids, after=after)
            return [task for task in found if task.value.work.kind in kinds][:limit]
        owner = {"account_id": account_id, "region": region}
        return self._numbered(LIST.limit(limit), {**owner, "kinds": kinds, "after": after})

    def _kept(self, task: Task) -> Task:
        self.replace(task)
        return task
