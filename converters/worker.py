"""The edge where tasks come in: each kind of work has its pipeline, each failure its sentence."""

import logging
from functools import partial

from converters.errors import ClientError
from converters.pipelines.export_image import export_image
from converters.pipelines.import_image import import_image
from converters.pipelines.import_snapshot import import_snapshot
from converters.pipelines.options import Options
from converters.pipelines.seal_snapshot import seal_snapshot
from converters.pipelines.snapshot_volume import snapshot_volume
from state.engine import Run
from state.jobs import Job
from state.tasks import (
    SERVER_ERROR,
    ExportImageWork,
    ImportImageWork,
    ImportSnapshotWork,
    SealSnapshotWork,
    SnapshotVolumeWork,
)

log = logging.getLogger(__name__)


def runner(options: Options) -> Run:
    """Return what runs tasks as an operator has chosen."""
    return partial(run, options=options)


async def run(job: Job, options: Options) -> None:
    """Run a task to its end; what goes wrong ends as its StatusMessage."""
    try:
        match job.work:
            case ImportSnapshotWork() as work:
                await import_snapshot(job, work)
            case ImportImageWork() as work:
                await import_image(job, work, options)
            case ExportImageWork() as work:
                await export_image(job, work)
            case SnapshotVolumeWork() as work:
                await snapshot_volume(job, work)
            case SealSnapshotWork() as work:
                await seal_snapshot(job, work)
        log.info("task %s is completed", job.task_id)
    except ClientError as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        log.info("task %s refused its disk: %s%s", job.task_id, error, cause)
        await job.fail(f"ClientError: {error}")
    except Exception:
        log.exception("task %s failed", job.task_id)
        await job.fail(SERVER_ERROR)
