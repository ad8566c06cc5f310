"""DescribeConversionTasks and CancelConversionTask."""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import AwsError, dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging, tasks
from emulator.services.ec2.conversions import errors
from emulator.services.ec2.conversions.shapes import task_shape
from emulator.services.ec2.conversions.starting import KINDS
from emulator.shapes.ec2 import (
    CancelConversionRequest,
    DescribeConversionTasksRequest,
    DescribeConversionTasksResult,
)
from state.tasks import Task

actions = Actions()


@actions
def describe_conversion_tasks(
    ctx: Context, request: DescribeConversionTasksRequest
) -> DescribeConversionTasksResult:
    """List the account's conversion tasks in the Region, the oldest first."""
    named = tasks.checked_ids(KINDS, request.get("ConversionTaskIds"))
    if request.get("DryRun"):
        raise dry_run()
    rows, _ = tasks.listed(ctx, KINDS, named, None, paging.Page("DescribeConversionTasks"))
    return {"ConversionTasks": [task_shape(row.task) for row in rows]}


@actions
def cancel_conversion_task(ctx: Context, request: CancelConversionRequest) -> Mapping[str, object]:
    """Cancel a conversion task, and leave nothing of it behind."""
    tasks.cancel(
        ctx,
        KINDS,
        request["ConversionTaskId"],
        reason=request.get("ReasonMessage") or "Task canceled by user",  # assumed
        too_late=too_late,
        dry=request.get("DryRun", False),
    )
    return {}


def too_late(task: Task) -> AwsError | None:
    """Say that a task is past cancelling, if it is."""
    return errors.has_ended() if task.state.ended else None
