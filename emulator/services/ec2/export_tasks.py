"""Export tasks: how exports of all kinds are listed, DescribeExportTasks, and CancelExportTask.

    state of the task            State        Status, of an image export
    PENDING … PUBLISHING         active       active
    COMPLETED                    completed    completed
    DELETING                     cancelling   cancelling, or deleting if it has failed
    CANCELLED                    cancelled    cancelled
    FAILED                       cancelled    deleted

State has four words. Status is said to have `deleting` and `deleted`, too; that these are for
exports that fail is assumed. The filter `task-state` knows a task by all words for its state.
An export of an instance has no StatusMessage before it has ended, nor when it is completed.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.actions import Actions
from emulator.services.ec2 import paging, task_errors, tasks
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    CancelExportTaskRequest,
    DescribeExportTasksRequest,
    DescribeExportTasksResult,
    ExportTask,
    ExportToS3Task,
)
from state.tasks import ExportImageWork, ExportInstanceWork, Task, TaskState

actions = Actions()

WORDS = {
    TaskState.COMPLETED: ("completed",),
    TaskState.DELETING: ("cancelling", "deleting"),
    TaskState.FAILED: ("cancelled", "deleted"),
    TaskState.CANCELLED: ("cancelled", "deleted"),
}  # every other state: active

# assumed: that the filters of DescribeExportTasks are those of image exports
FILTERS = Filters[tasks.Row]({}, lambda row: row.tags, {"task-state": lambda row: words(row.task)})

IMAGE = tasks.Kind(
    work="export-image",
    prefix="export-ami",
    describe="DescribeExportImageTasks",
    message="validating",
    progress=0,
    filters=FILTERS,
    malformed=task_errors.export_task_malformed,
    not_found=task_errors.export_task_not_found,
    largest_page=500,
)
INSTANCE = IMAGE._replace(work="export-instance", prefix="export-i", describe="DescribeExportTasks")
KINDS = (IMAGE, INSTANCE)


@actions
def describe_export_tasks(
    ctx: Context, request: DescribeExportTasksRequest
) -> DescribeExportTasksResult:
    """List the account's exports in the Region, the oldest first."""
    named = tasks.checked_ids(KINDS, request.get("ExportTaskIds"))
    test = FILTERS.test(request.get("Filters"))
    rows, _ = tasks.listed(ctx, KINDS, named, test, paging.Page("DescribeExportTasks"))
    return {"ExportTasks": [task_shape(*row) for row in rows]}


@actions
def cancel_export_task(ctx: Context, request: CancelExportTaskRequest) -> Mapping[str, object]:
    """Cancel an export of any kind, unless what it makes is about to appear, or has."""
    tasks.cancel(
        ctx,
        KINDS,
        request["ExportTaskId"],
        reason="Task canceled by user",  # assumed
        too_late=too_late,
    )
    return {}


def too_late(task: Task) -> AwsError | None:
    """Say that a task is past cancelling, if it is."""
    if task.state.ended:
        return task_errors.export_has_ended(task.id, state(task))
    if task.state is TaskState.PUBLISHING:
        return task_errors.export_too_late(task.id)
    return None


# what is shown -----------------------------------------------------------------------------------


def words(task: Task) -> tuple[str, ...]:
    """Return every word for a task's state, first the one that DescribeExportTasks has."""
    return WORDS.get(task.state, ("active",))


def state(task: Task) -> str:
    """Return a task's state as DescribeExportTasks shows it."""
    return words(task)[0]


def status(task: Task) -> str:
    """Return a task's state as clients see it among the exports of images."""
    return words(task)[-1] if task.error else state(task)


def task_shape(task: Task, tags: Mapping[str, str]) -> ExportTask:
    """Return an export as clients see it among those of all kinds."""
    work = task.work
    assert isinstance(work, ExportImageWork | ExportInstanceWork)
    place: ExportToS3Task = {
        "DiskImageFormat": work.disk_format,
        "S3Bucket": work.bucket,
        "S3Key": work.key,
    }
    shape: ExportTask = {
        "ExportTaskId": task.id,
        "ExportToS3Task": place,
        "State": state(task),
        "Tags": tag_set(tags),
    }
    message = tasks.status_message(task)
    if isinstance(work, ExportInstanceWork):
        place["DiskImageFormat"] = work.disk_format.lower()
        if work.container_format:
            place["ContainerFormat"] = work.container_format
        shape["InstanceExportDetails"] = {
            "InstanceId": work.instance_id,
            "TargetEnvironment": work.environment,
        }
        message = message if shape["State"].startswith("cancel") else None
    if message:
        shape["StatusMessage"] = message
    if task.description:
        shape["Description"] = task.description
    return shape
