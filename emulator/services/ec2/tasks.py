"""Tasks: what imports and exports have in common, from the request that starts one to its end.

    PENDING … PUBLISHING         active         StatusMessage: the phase, and Progress: a number
    COMPLETED                    completed      neither
    DELETING, FAILED, CANCELLED  each family    StatusMessage: why
                                 has its words

Tasks are shown for ever; the service forgets them 7 days after their end.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import AwsError, dry_run
from emulator.services.ec2 import client_tokens, ids, paging, task_errors
from emulator.services.ec2.filters import Filters, Test
from emulator.shapes.ec2 import (
    DescribeExportImageTasksRequest,
    DescribeImportImageTasksRequest,
    DescribeImportSnapshotTasksRequest,
    ExportImageRequest,
    ImportImageRequest,
    ImportSnapshotRequest,
)
from state import service_roles
from state.store import Duplicate, Numbered, Stale, Tx
from state.tasks import Task, TaskState, Work

log = logging.getLogger(__name__)

LONGEST_TOKEN = 64  # characters
OVER = frozenset(
    {TaskState.COMPLETED, TaskState.DELETING, TaskState.FAILED, TaskState.CANCELLED}
)  # nothing comes of it any more, or all has

# What came in parts lies in the scratch folder of a task before any worker has it.
PARTED = frozenset({"import-volume", "import-instance"})

StartRequest = ImportSnapshotRequest | ImportImageRequest | ExportImageRequest
DescribeRequest = (
    DescribeImportSnapshotTasksRequest
    | DescribeImportImageTasksRequest
    | DescribeExportImageTasksRequest
)


class Row(NamedTuple):
    """A task and its tags."""

    task: Task
    tags: Mapping[str, str]


class Kind(NamedTuple):
    """What sets one kind of task apart."""

    work: str
    prefix: str  # of its ids
    describe: str  # the action that lists it
    message: str  # what the first answer of the service shows
    progress: int  # percent; the same
    filters: Filters[Row]
    malformed: Callable[[str], AwsError]  # said of a string that is no id of the kind
    not_found: Callable[[str], AwsError]
    largest_page: int = 1000


# starting ----------------------------------------------------------------------------------------


def start(
    ctx: Context,
    kind: Kind,
    request: StartRequest,
    *,
    digest: str,
    tags: Mapping[str, str],
    work: Callable[[Tx, str], Work],
) -> Row:
    """Start a task, or return the one that the ClientToken has started.

    work is called with the id of the new task; what it raises is the answer.

    However many tasks an account starts they are accepted: its quota of concurrent conversions is
    kept by the engine's queue, where a task waits until its turn. (The service is said to answer
    ResourceCountLimitExceeded at some point; nobody has written down at which.)
    """
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    while True:
        try:
            with ctx.store.begin() as tx:
                known = replayed(ctx, tx, kind, token, digest)
                row = known or Row(new_task(ctx, tx, kind, request, token, digest, work), tags)
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


def new_task(
    ctx: Context,
    tx: Tx,
    kind: Kind,
    request: StartRequest,
    token: str | None,
    digest: str,
    work: Callable[[Tx, str], Work],
) -> Task:
    """Return a task of which no row tells yet; its service role is asked, if there must be one."""
    task_id = ctx.new_id(kind.prefix)
    task = Task(
        id=task_id,
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=ctx.now(),
        work=work(tx, task_id),
        description=request.get("Description", ""),
        client_token=token,
        request_digest=digest,
        progress=kind.progress,
        message=kind.message,
    )
    try:
        return service_roles.admitted(tx, task, ctx.settings.role_check, ctx.now())
    except service_roles.Unfit as unfit:
        raise task_errors.role_unfit(unfit.role_name) from unfit


def replayed(ctx: Context, tx: Tx, kind: Kind, token: str | None, digest: str) -> Row | None:
    """Return the task that a ClientToken has started; IdempotentParameterMismatch."""
    task = token and tx.tasks.by_token(ctx.account_id, ctx.region, kind.work, token)
    if not task:
        return None
    if task.request_digest != digest:
        raise task_errors.idempotent_parameter_mismatch()
    return Row(task, tx.tags.of([task.id])[task.id])


# showing -----------------------------------------------------------------------------------------


def describe(
    ctx: Context, kind: Kind, request: DescribeRequest, task_ids: Iterable[str] | None
) -> tuple[list[Row], str | None]:
    """Return a page of the account's tasks of a kind in the Region, and its NextToken."""
    named = checked_ids((kind,), task_ids)
    test = kind.filters.test(request.get("Filters"))
    page = paging.page(
        kind.describe,
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=1,
        largest=kind.largest_page,
    )
    if request.get("DryRun"):
        raise dry_run()
    return listed(ctx, (kind,), named, test, page)


def checked_ids(kinds: Sequence[Kind], task_ids: Iterable[str] | None) -> list[str]:
    """Return the ids that a request names, each once; refuses what can be no id of the kinds."""
    named = list(dict.fromkeys(task_ids or ()))
    for task_id in named:
        kind_of(kinds, task_id)
    return named


def kind_of(kinds: Sequence[Kind], task_id: str) -> Kind:
    """Return which of some kinds an id is of; raises what the first of them says of all others."""
    prefix = ids.prefix_of(task_id)
    for kind in kinds:
        if kind.prefix == prefix:
            return kind
    raise kinds[0].malformed(task_id)


def listed(
    ctx: Context,
    kinds: Sequence[Kind],
    named: list[str],
    test: Test[Row] | None,
    page: paging.Page,
) -> tuple[list[Row], str | None]:
    """Return a page of the account's tasks in the Region, the oldest first: all, or those named."""
    with ctx.store.read() as tx:
        if not named:
            return paging.take(page, lambda after, limit: fetch(ctx, tx, kinds, after, limit), test)
        found = fetch(ctx, tx, kinds, named=named)
    for task_id in sorted(set(named).difference(row.task.id for _, row in found)):
        raise kind_of(kinds, task_id).not_found(task_id)

    def part(after: int, limit: int | None) -> list[Numbered[Row]]:
        return [row for row in found if row.sequence > after][:limit]

    return paging.take(page, part, test)


def fetch(
    ctx: Context,
    tx: Tx,
    kinds: Sequence[Kind],
    after: int = 0,
    limit: int | None = None,
    named: list[str] | None = None,
) -> list[Numbered[Row]]:
    """Return the account's tasks of some kinds in the Region, with their tags: all, or by name."""
    works = [kind.work for kind in kinds]
    rows = tx.tasks.list(ctx.account_id, ctx.region, works, ids=named, after=after, limit=limit)
    tags = tx.tags.of([row.value.id for row in rows])
    return [Numbered(sequence, Row(task, tags[task.id])) for sequence, task in rows]


def status_message(task: Task) -> str | None:
    """Return the phase that a task is in, or why it has ended; None once it is completed."""
    return None if task.state is TaskState.COMPLETED else task.error or task.message


def progress(task: Task) -> str | None:
    """Return how far a task has come; None if that is of no interest any more."""
    return None if task.state in OVER else str(task.progress)


# cancelling --------------------------------------------------------------------------------------


def cancel(
    ctx: Context,
    kinds: Sequence[Kind],
    task_id: str,
    *,
    reason: str,
    too_late: Callable[[Task], AwsError | None],
    dry: bool = False,
) -> tuple[Task, Task]:
    """Cancel a task: at once if it is waiting, otherwise as soon as its work is undone.

    Returns the task before and after; too_late tells what is said of one that must not be.
    """
    kind = kind_of(kinds, task_id)
    while True:
        try:
            with ctx.store.begin() as tx:
                task = tx.tasks.get(task_id)
                if task is None or (task.account_id, task.region) != (ctx.account_id, ctx.region):
                    raise kind.not_found(task_id)
                if refusal := too_late(task):
                    raise refusal
                if dry:
                    raise dry_run()
                if task.state is TaskState.DELETING:
                    return task, task  # someone was here before; the answer is the same
                if task.state is TaskState.PENDING and task.work.kind not in PARTED:
                    moved = tx.tasks.move(
                        task, TaskState.CANCELLED, message=reason, finished_at=ctx.now()
                    )
                else:
                    moved = tx.tasks.move(task, TaskState.DELETING, message=reason)
        except Stale:  # a worker has just moved it on: look again
            continue
        break
    log.info("task %s is %s on demand", task_id, moved.state)
    ctx.engine.cancel(task_id)
    return task, moved
