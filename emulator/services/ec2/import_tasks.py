"""Import tasks: what the imports of a snapshot and of an image have in common.

    state of the task            Status     StatusMessage          Progress
    PENDING … PUBLISHING         active     the phase: pending, …  a number
    COMPLETED                    completed  –                      –
    DELETING                     deleting   why                    –
    FAILED, CANCELLED            deleted    why                    –

Tasks are shown for ever; the service forgets them 7 days after their end. ClientData, what a client
says of its upload, is shown nowhere and therefore ignored.
"""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.ec2 import client_tokens, errors, ids, paging
from emulator.services.ec2.filters import Filters
from emulator.shapes.ec2 import (
    DescribeImportImageTasksRequest,
    DescribeImportSnapshotTasksRequest,
    ImportImageRequest,
    ImportSnapshotRequest,
)
from state.store import Duplicate, Numbered, Tx
from state.tasks import Task, TaskState, Work

log = logging.getLogger(__name__)

LONGEST_TOKEN = 64  # characters

STATUS = {
    TaskState.COMPLETED: "completed",
    TaskState.DELETING: "deleting",
    TaskState.FAILED: "deleted",
    TaskState.CANCELLED: "deleted",
}  # every other state: active

ImportRequest = ImportSnapshotRequest | ImportImageRequest
DescribeRequest = DescribeImportSnapshotTasksRequest | DescribeImportImageTasksRequest


class Kind(NamedTuple):
    """What sets one kind of import apart."""

    work: str
    prefix: str  # of its ids
    describe: str  # the action that lists it
    first_progress: int  # percent; what the first answer of the service shows


SNAPSHOT = Kind("import-snapshot", "import-snap", "DescribeImportSnapshotTasks", 3)
IMAGE = Kind("import-image", "import-ami", "DescribeImportImageTasks", 1)


class Row(NamedTuple):
    """A task and its tags."""

    task: Task
    tags: Mapping[str, str]


FILTERS = Filters[Row]({"task-state": lambda row: status(row.task)}, lambda row: row.tags)


# starting ----------------------------------------------------------------------------------------


def start(
    ctx: Context,
    kind: Kind,
    request: ImportRequest,
    *,
    digest: str,
    tags: Mapping[str, str],
    work: Callable[[Tx], Work],
) -> Row:
    """Start a task, or return the one that the ClientToken has started.

    However many tasks an account starts they are accepted: its quota of concurrent conversions is
    kept by the engine's queue, where a task stays `pending` until its turn. (The service is said
    to answer ResourceCountLimitExceeded at some point; nobody has written down at which.)
    """
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    while True:
        try:
            with ctx.store.begin() as tx:
                known = replayed(ctx, tx, kind, token, digest)
                row = known or Row(
                    Task(
                        id=ctx.new_id(kind.prefix),
                        account_id=ctx.account_id,
                        region=ctx.region,
                        created_at=ctx.now(),
                        work=work(tx),
                        description=request.get("Description", ""),
                        client_token=token,
                        request_digest=digest,
                        progress=kind.first_progress,
                    ),
                    tags,
                )
                if request.get("DryRun"):
                    raise dry_run()
                if known:
                    return known
                ctx.engine.submit(tx, row.task)
                tx.tags.put(ctx.account_id, ctx.region, row.task.id, tags)
        except Duplicate:  # another server has just used the same ClientToken: answer like it
            continue
        log.info("task %s is pending", row.task.id)
        return row


def replayed(ctx: Context, tx: Tx, kind: Kind, token: str | None, digest: str) -> Row | None:
    """Return the task that a ClientToken has started; IdempotentParameterMismatch."""
    task = token and tx.tasks.by_token(ctx.account_id, ctx.region, kind.work, token)
    if not task:
        return None
    if task.request_digest != digest:
        raise errors.idempotent_parameter_mismatch()
    return Row(task, tx.tags.of([task.id])[task.id])


# showing -----------------------------------------------------------------------------------------


def describe(ctx: Context, kind: Kind, request: DescribeRequest) -> tuple[list[Row], str | None]:
    """Return a page of the account's tasks in the Region, the oldest first, and its NextToken."""
    named = list(dict.fromkeys(request.get("ImportTaskIds") or ()))
    for task_id in named:
        if ids.prefix_of(task_id) != kind.prefix:
            raise errors.import_task_malformed(task_id)
    test = FILTERS.test(request.get("Filters"))
    page = paging.page(
        kind.describe,
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=1,
        largest=1000,
    )
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        if not named:
            return paging.take(page, lambda after, limit: fetch(ctx, tx, kind, after, limit), test)
        found = fetch(ctx, tx, kind, named=named)
    for task_id in sorted(set(named).difference(row.task.id for _, row in found)):
        raise errors.import_task_malformed(task_id)

    def part(after: int, limit: int | None) -> list[Numbered[Row]]:
        return [row for row in found if row.sequence > after][:limit]

    return paging.take(page, part, test)


def fetch(
    ctx: Context,
    tx: Tx,
    kind: Kind,
    after: int = 0,
    limit: int | None = None,
    named: list[str] | None = None,
) -> list[Numbered[Row]]:
    """Return the account's tasks of a kind in the Region, with their tags: all, or some by name."""
    rows = tx.tasks.list(
        ctx.account_id, ctx.region, (kind.work,), ids=named, after=after, limit=limit
    )
    tags = tx.tags.of([row.value.id for row in rows])
    return [Numbered(sequence, Row(task, tags[task.id])) for sequence, task in rows]


def status(task: Task) -> str:
    """Return a task's state as clients see it."""
    return STATUS.get(task.state, "active")


def status_message(task: Task) -> str | None:
    """Return the phase that a task is in, or why it has ended; None once it is completed."""
    return None if task.state is TaskState.COMPLETED else task.error or task.message


def progress(task: Task) -> str | None:
    """Return how far a task has come; None if that is of no interest any more."""
    return None if task.state in STATUS else str(task.progress)
