"""How a conversion task begins: as a row that waits for the parts of its disk.

    kinds      ids                      Status of the task, and what is told beside it
    volume     import-vol-0123abcd      active, cancelling, cancelled, completed
    instance   import-i-0123abcd

A task is called for before its disk is uploaded. After seven days without all parts it is given up.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.ec2 import kms, task_errors, tasks
from emulator.services.ec2.conversions import disks
from emulator.services.ec2.filters import Filters
from state.store import Tx
from state.tasks import ImportInstanceWork, ImportVolumeWork, Task, TaskState

log = logging.getLogger(__name__)

LASTS = timedelta(days=7)

VOLUME = tasks.Kind(
    work="import-volume",
    prefix="import-vol",
    describe="DescribeConversionTasks",
    message="Pending",
    progress=0,
    filters=Filters[tasks.Row]({}),
    malformed=task_errors.import_task_malformed,
    not_found=task_errors.import_task_malformed,
)
INSTANCE = VOLUME._replace(work="import-instance", prefix="import-i")
KINDS = (VOLUME, INSTANCE)


def start(
    ctx: Context,
    kind: tasks.Kind,
    work: ImportVolumeWork | ImportInstanceWork,
    description: str,
    dry: bool,
    also: Callable[[Tx, Task], None] = lambda tx, task: None,
) -> Task:
    """Keep a new task that waits for its disk; also keeps what there is with it."""
    task = Task(
        id=f"{kind.prefix}-{secrets.token_hex(4)}",
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=ctx.now(),
        work=work,
        description=description,
        state=TaskState.WAITING,
        progress=kind.progress,
        message=kind.message,
    )
    with ctx.store.begin() as tx:
        disks.check_location(ctx, tx, work.disk)
        if (key_arn := kms.key_arn(ctx, tx, None, None)) is not None:  # encryption by default
            disk = work.disk.model_copy(update={"kms_key_id": key_arn})
            encrypted = work.model_copy(update={"disk": disk})
            task = task.model_copy(update={"work": encrypted})
        also(tx, task)
        if dry:
            raise dry_run()
        ctx.engine.hold(tx, task)
    ctx.engine.nudge()
    log.info("task %s waits for its disk", task.id)
    return task
