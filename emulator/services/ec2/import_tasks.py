"""Import tasks: ImportSnapshot, DescribeImportSnapshotTasks and CancelImportTask.

    state of the task            Status     StatusMessage          Progress
    PENDING … PUBLISHING         active     the phase: pending, …  a number
    COMPLETED                    completed  –                      –
    DELETING                     deleting   why                    –
    FAILED, CANCELLED            deleted    why                    –

Tasks are shown for ever; the service forgets them 7 days after their end.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, kms, paging, sources
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    CancelImportTaskRequest,
    CancelImportTaskResult,
    DescribeImportSnapshotTasksRequest,
    DescribeImportSnapshotTasksResult,
    ImportSnapshotRequest,
    ImportSnapshotResult,
    ImportSnapshotTask,
    SnapshotDiskContainer,
    SnapshotTaskDetail,
)
from state.store import Duplicate, Numbered, Stale, Tx
from state.tasks import DiskSource, ImportSnapshotWork, Task, TaskState

actions = Actions()

log = logging.getLogger(__name__)

KIND = "import-snapshot"
FORMATS = {"RAW", "VHD", "VHDX", "VMDK"}
LONGEST_TOKEN = 64  # characters
FIRST_PROGRESS = 3  # percent; what the first answer of the service shows

STATUS = {
    TaskState.COMPLETED: "completed",
    TaskState.DELETING: "deleting",
    TaskState.FAILED: "deleted",
    TaskState.CANCELLED: "deleted",
}  # every other state: active


class Row(NamedTuple):
    """A task and its tags."""

    task: Task
    tags: Mapping[str, str]


FILTERS = Filters[Row]({"task-state": lambda row: status(row.task)}, lambda row: row.tags)


@actions
def import_snapshot(ctx: Context, request: ImportSnapshotRequest) -> ImportSnapshotResult:
    """Start to bring a disk image from S3 into a snapshot.

    However many tasks an account starts they are accepted: its quota of concurrent conversions is
    kept by the engine's queue, where a task stays `pending` until its turn. (The service is said
    to answer ResourceCountLimitExceeded at some point; nobody has written down at which.)
    """
    container = request.get("DiskContainer")
    if container is None:
        raise missing_parameter("DiskContainer")
    source = source_of(container)
    disk_format = format_of(container)
    kms_key_id = kms.key_arn(ctx, request.get("KmsKeyId"), request.get("Encrypted"))
    tags = specified(request.get("TagSpecifications"), ("import-snapshot-task", "snapshot"))
    token = token_of(request)
    digest = digest_of(request, source)
    while True:
        try:
            with ctx.store.begin() as tx:
                if token is not None and (known := replayed(ctx, tx, token, digest)) is not None:
                    return task_shape(known.task, known.tags)
                place = find_object(ctx, tx, source)
                task = Task(
                    id=ctx.new_id("import-snap"),
                    account_id=ctx.account_id,
                    region=ctx.region,
                    created_at=ctx.now(),
                    work=ImportSnapshotWork(
                        source=DiskSource(bucket=place.bucket, key=place.key, url=source.url),
                        format=disk_format,
                        description=container.get("Description") or request.get("Description", ""),
                        encrypted=kms_key_id is not None,
                        kms_key_id=kms_key_id,
                        role_name=request.get("RoleName", "vmimport"),
                        snapshot_tags=tags["snapshot"],
                    ),
                    description=request.get("Description", ""),
                    client_token=token,
                    request_digest=digest,
                    progress=FIRST_PROGRESS,
                )
                if request.get("DryRun"):
                    raise dry_run()
                ctx.engine.submit(tx, task)
                tx.tags.put(ctx.account_id, ctx.region, task.id, tags["import-snapshot-task"])
        except Duplicate:  # another server has just used the same ClientToken: answer like it
            continue
        log.info("task %s is pending", task.id)
        return task_shape(task, tags["import-snapshot-task"])


@actions
def describe_import_snapshot_tasks(
    ctx: Context, request: DescribeImportSnapshotTasksRequest
) -> DescribeImportSnapshotTasksResult:
    """List the account's snapshot imports in the Region, the oldest first."""
    named = list(dict.fromkeys(request.get("ImportTaskIds") or ()))
    for task_id in named:
        if ids.prefix_of(task_id) != "import-snap":
            raise errors.import_task_malformed(task_id)
    test = FILTERS.test(request.get("Filters"))
    page = paging.page(
        "DescribeImportSnapshotTasks",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=1,
        largest=1000,
    )
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        if named:
            found = tx.tasks.list(ctx.account_id, ctx.region, (KIND,), ids=named)
            for task_id in set(named).difference(row.value.id for row in found):
                raise errors.import_task_malformed(task_id)
        rows, next_token = paging.take(
            page, lambda after, limit: fetch(ctx, tx, named, after, limit), test
        )
    result: DescribeImportSnapshotTasksResult = {
        "ImportSnapshotTasks": [task_shape(*row) for row in rows]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def cancel_import_task(ctx: Context, request: CancelImportTaskRequest) -> CancelImportTaskResult:
    """Cancel an import: at once if it is waiting, otherwise as soon as its work is undone."""
    task_id = request.get("ImportTaskId")
    if task_id is None:
        raise missing_parameter("ImportTaskId")
    if ids.prefix_of(task_id) not in ("import-snap", "import-ami"):
        raise errors.import_task_malformed(task_id)
    # What a cancelled task shows without a CancelReason is assumed; there must be something, one
    # client crashes without a StatusMessage.
    reason = request.get("CancelReason") or "Task canceled by user"
    while True:
        try:
            with ctx.store.begin() as tx:
                task = tx.tasks.get(task_id)
                if task is None or (task.account_id, task.region) != (ctx.account_id, ctx.region):
                    raise errors.import_task_malformed(task_id)
                if task.state.ended:
                    raise errors.task_has_ended(task_id, status(task))
                if request.get("DryRun"):
                    raise dry_run()
                if task.state is TaskState.DELETING:
                    moved = task  # someone was here before; the answer is the same
                elif task.state is TaskState.PENDING:
                    moved = tx.tasks.move(
                        task, TaskState.CANCELLED, message=reason, finished_at=ctx.now()
                    )
                else:
                    moved = tx.tasks.move(task, TaskState.DELETING, message=reason)
        except Stale:  # a worker has just moved it on: look again
            continue
        break
    if moved is not task:
        log.info("task %s is %s on demand", task_id, moved.state)
        ctx.engine.cancel(task_id)
    return {"ImportTaskId": task_id, "PreviousState": status(task), "State": status(moved)}


# what was asked for ------------------------------------------------------------------------------


def source_of(container: SnapshotDiskContainer) -> sources.Source:
    """Return where the disk image is said to be; there must be one such place."""
    bucket, url = container.get("UserBucket"), container.get("Url")
    if bucket is not None and url is not None:
        raise errors.not_together("Url", "UserBucket")
    if url is not None:
        return sources.url_source(url)
    if bucket is None:
        raise missing_parameter("DiskContainer.UserBucket")
    return sources.bucket_source(bucket)


def format_of(container: SnapshotDiskContainer) -> str | None:
    """Return the Format as the client spelled it, None if it is to be found out."""
    given = container.get("Format")
    if given is not None and given.upper() not in FORMATS:
        raise errors.invalid_format("disk-image-format", given)  # the parameter's name is assumed
    return given


def token_of(request: ImportSnapshotRequest) -> str | None:
    """Return the ClientToken; the API reference allows it 64 ASCII characters."""
    token = request.get("ClientToken")
    if token is not None and not (token.isascii() and len(token) <= LONGEST_TOKEN):
        raise errors.invalid_value(
            token[:LONGEST_TOKEN],
            "clientToken",
            f"Expecting at most {LONGEST_TOKEN} ASCII characters.",
        )
    return token


def find_object(ctx: Context, tx: Tx, source: sources.Source) -> sources.Location:
    """Return which of a source's locations is an object that the task can read."""
    for place in source.locations:
        bucket = tx.buckets.get(place.bucket)
        if bucket is None:
            continue
        if bucket.region != ctx.region:
            raise errors.object_elsewhere(ctx.region)
        mine = bucket.account_id == ctx.account_id or source.presigned
        expired = source.expires_at is not None and source.expires_at <= ctx.now()
        if not mine or expired or tx.objects.get(place.bucket, place.key) is None:
            raise errors.no_access_to_object(*place)
        return place
    if source.host is None or sources.is_local(source.host) or is_this_server(ctx, source.host):
        raise errors.no_access_to_object(*source.locations[-1])
    raise errors.invalid_s3_location()


def is_this_server(ctx: Context, host: str) -> bool:
    """Tell whether a host is the one that the client has just called us by."""
    return ctx.host.rpartition(":")[0].strip("[]").lower() == host or ctx.host.lower() == host


def replayed(ctx: Context, tx: Tx, token: str, digest: str) -> Row | None:
    """Return the task that a ClientToken has started; IdempotentParameterMismatch."""
    task = tx.tasks.by_token(ctx.account_id, ctx.region, KIND, token)
    if task is None:
        return None
    if task.request_digest != digest:
        raise errors.idempotent_parameter_mismatch()
    return Row(task, tx.tags.of([task.id])[task.id])


def digest_of(request: ImportSnapshotRequest, source: sources.Source) -> str:
    """Return the same for requests that ask for the same; a Url may be signed anew."""
    asked = dict(request)
    asked.pop("ClientToken", None)
    asked.pop("DryRun", None)
    if source.url is not None:
        asked["DiskContainer"] = {**request["DiskContainer"], "Url": source.url}
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()


# what is shown -----------------------------------------------------------------------------------


def fetch(
    ctx: Context, tx: Tx, named: list[str], after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the account's snapshot imports in the Region, with their tags."""
    rows = tx.tasks.list(
        ctx.account_id, ctx.region, (KIND,), ids=named or None, after=after, limit=limit
    )
    tags = tx.tags.of([row.value.id for row in rows])
    return [Numbered(sequence, Row(task, tags[task.id])) for sequence, task in rows]


def status(task: Task) -> str:
    """Return a task's state as clients see it."""
    return STATUS.get(task.state, "active")


def task_shape(task: Task, tags: Mapping[str, str]) -> ImportSnapshotTask:
    """Return a snapshot import as clients see it."""
    shape: ImportSnapshotTask = {
        "ImportTaskId": task.id,
        "SnapshotTaskDetail": detail(task),
        "Tags": tag_set(tags),
    }
    if task.description:
        shape["Description"] = task.description
    return shape


def detail(task: Task) -> SnapshotTaskDetail:
    """Return what there is to say of the disk."""
    work = task.work
    assert isinstance(work, ImportSnapshotWork)
    disk = task.disks[0] if task.disks else None
    shown: SnapshotTaskDetail = {
        "DiskImageSize": float(disk.size_bytes) if disk else 0.0,
        "Status": status(task),
        "UserBucket": {"S3Bucket": work.source.bucket, "S3Key": work.source.key},
    }
    if disk_format := (disk and disk.format) or work.format:
        shown["Format"] = disk_format.upper()
    if work.description:
        shown["Description"] = work.description
    if work.source.url is not None:
        shown["Url"] = work.source.url
    if work.encrypted and work.kms_key_id is not None:
        shown["Encrypted"] = True
        shown["KmsKeyId"] = work.kms_key_id
    match task.state:
        case TaskState.COMPLETED:
            if disk and disk.snapshot_id:
                shown["SnapshotId"] = disk.snapshot_id
        case TaskState.DELETING | TaskState.FAILED | TaskState.CANCELLED:
            shown["StatusMessage"] = task.error or task.message
        case _:
            shown["Progress"] = str(task.progress)
            shown["StatusMessage"] = task.message
    return shown
