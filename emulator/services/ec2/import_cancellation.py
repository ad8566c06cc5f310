"""CancelImportTask, for imports of both kinds."""

import logging

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids
from emulator.services.ec2.import_tasks import IMAGE, SNAPSHOT, status
from emulator.shapes.ec2 import CancelImportTaskRequest, CancelImportTaskResult
from state.store import Stale
from state.tasks import TaskState

actions = Actions()

log = logging.getLogger(__name__)


@actions
def cancel_import_task(ctx: Context, request: CancelImportTaskRequest) -> CancelImportTaskResult:
    """Cancel an import: at once if it is waiting, otherwise as soon as its work is undone."""
    task_id = request.get("ImportTaskId")
    if task_id is None:
        raise missing_parameter("ImportTaskId")
    if ids.prefix_of(task_id) not in (SNAPSHOT.prefix, IMAGE.prefix):
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
