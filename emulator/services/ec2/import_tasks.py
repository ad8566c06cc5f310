"""Import tasks: what the imports of a snapshot and of an image have in common, and their cancel.

state of the task            Status
PENDING … PUBLISHING         active
COMPLETED                    completed
DELETING                     deleting
FAILED, CANCELLED            deleted
"""

from emulator.context import Context
from emulator.errors import AwsError, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import task_errors, tasks
from emulator.services.ec2.filters import Filters
from emulator.shapes.ec2 import CancelImportTaskRequest, CancelImportTaskResult
from state.tasks import Task, TaskState

actions = Actions()

STATUS = {
    TaskState.COMPLETED: "completed",
    TaskState.DELETING: "deleting",
    TaskState.FAILED: "deleted",
    TaskState.CANCELLED: "deleted",
}  # every other state: active


def status(task: Task) -> str:
    """Return a task's state as clients see it."""
    return STATUS.get(task.state, "active")


FILTERS = Filters[tasks.Row]({"task-state": lambda row: status(row.task)}, lambda row: row.tags)

SNAPSHOT = tasks.Kind(
    work="import-snapshot",
    prefix="import-snap",
    describe="DescribeImportSnapshotTasks",
    message="pending",
    progress=3,
    filters=FILTERS,
    malformed=task_errors.import_task_malformed,
    not_found=task_errors.import_task_malformed,
)
IMAGE = tasks.Kind(
    work="import-image",
    prefix="import-ami",
    describe="DescribeImportImageTasks",
    message="pending",
    progress=1,
    filters=FILTERS,
    malformed=task_errors.import_task_malformed,
    not_found=task_errors.import_task_malformed,
)


@actions
def cancel_import_task(ctx: Context, request: CancelImportTaskRequest) -> CancelImportTaskResult:
    """Cancel an import of either kind."""
    task_id = request.get("ImportTaskId")
    if task_id is None:
        raise missing_parameter("ImportTaskId")
    # What a cancelled task shows without a CancelReason is assumed; there must be something, one
    # client crashes without a StatusMessage.
    reason = request.get("CancelReason") or "Task canceled by user"
    before, after = tasks.cancel(
        ctx,
        (SNAPSHOT, IMAGE),
        task_id,
        reason=reason,
        too_late=too_late,
        dry=request.get("DryRun", False),
    )
    return {"ImportTaskId": task_id, "PreviousState": status(before), "State": status(after)}


def too_late(task: Task) -> AwsError | None:
    """Say that a task is past cancelling, if it is."""
    return task_errors.task_has_ended(task.id, status(task)) if task.state.ended else None
