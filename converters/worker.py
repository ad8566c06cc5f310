"""The edge where tasks come in: each kind of work has its pipeline, each failure its sentence."""

import logging
from functools import partial
from typing import TYPE_CHECKING

from converters.errors import ClientError, FirstBootFailure
from converters.pipelines.conversion import import_instance, import_volume
from converters.pipelines.export_image import export_image
from converters.pipelines.export_instance import export_instance
from converters.pipelines.import_image import import_image
from converters.pipelines.import_snapshot import import_snapshot
from converters.pipelines.options import Options
from converters.pipelines.seal_snapshot import seal_snapshot
from converters.pipelines.seal_volume import seal_volume
from converters.pipelines.snapshot_volume import snapshot_volume
from state.blobs import Blobs
from state.engine import Hands
from state.jobs import Attempt, Job
from state.store import Store
from state.tasks import (
    SERVER_ERROR,
    ExportImageWork,
    ExportInstanceWork,
    ImportImageWork,
    ImportInstanceWork,
    ImportSnapshotWork,
    ImportVolumeWork,
    SealSnapshotWork,
    SealVolumeWork,
    SnapshotVolumeWork,
)
from state.waiting import Looked

if TYPE_CHECKING:
    from converters.machines.supervisor import Supervisor
    from converters.pipelines.parts import Looker

log = logging.getLogger(__name__)


def hands(options: Options) -> Hands:
    """Return what runs tasks, and brings what they wait for, as an operator has chosen."""
    machines = partial(supervisor, memory=options.memory) if options.memory else None
    return Hands(partial(run, options=options), Looks(options), machines)


def supervisor(store: Store, blobs: Blobs, worker: str, memory: int) -> "Supervisor":
    """Make what runs instances; what that takes is loaded now."""
    from converters.machines.supervisor import Supervisor

    return Supervisor(store, blobs, worker, memory)


class Looks:
    """Brings the parts of disks; what that takes is loaded for the first task that waits."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._looker: Looker | None = None

    async def __call__(self, attempt: Attempt) -> Looked:
        """Look once; Refused if the disk will never be whole."""
        if self._looker is None:
            from converters.pipelines.parts import Looker

            self._looker = Looker(self._options)
        return await self._looker(attempt)


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
            case ExportInstanceWork() as work:
                await export_instance(job, work)
            case SnapshotVolumeWork() as work:
                await snapshot_volume(job, work)
            case SealSnapshotWork() as work:
                await seal_snapshot(job, work)
            case SealVolumeWork() as work:
                await seal_volume(job, work)
            case ImportVolumeWork() as work:
                await import_volume(job, work)
            case ImportInstanceWork() as work:
                await import_instance(job, work, options)
        log.info("task %s is completed", job.task_id)
    except ClientError as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        log.info("task %s refused its disk: %s%s", job.task_id, error, cause)
        await job.fail(f"ClientError: {error}")
    except FirstBootFailure as error:
        log.info("task %s: its machine did not start", job.task_id)
        await job.fail(f"FirstBootFailure: {error}")
    except Exception:
        log.exception("task %s failed", job.task_id)
        await job.fail(SERVER_ERROR)
