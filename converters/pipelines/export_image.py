"""The disk of an AMI becomes an object in a bucket.

    VALIDATING   the AMI is looked up; the bytes of its root device's snapshot get a second name in
                 the scratch folder
    CONVERTING   the object's file is written beside them, and hashed on the way
    PUBLISHING   the file becomes a blob; then, in one transaction, an object names it and the task
                 is COMPLETED

    the snapshot        ├─ disk as imported ─┤
    the exported disk   ├────────────────────┼─ zeros ──────────┤ whole GiB, as the AMI's volume

What leaves is the volume that an instance of the AMI would have: to its last byte as large as the
mapping says, though the disk that once came in may have ended before. Imported again it has those
zeros, and from then on every export has the size of the import.

One object is one disk: the root device's. assumed: that the other volumes of the mapping stay
behind, since no client or page tells what becomes of them, and the key has no room for a second.

A phase may be run again after a crash at any point. The scratch folders of the phases before are
there still, and the id of the blob was remembered by then, so the second run makes no second blob.
"""

import asyncio
from pathlib import Path
from typing import Final

from converters.errors import image_gone
from converters.pipelines.exporting import Converted, Published, put_object
from converters.pipelines.publishing import GIB
from converters.pipelines.roles import ask
from converters.pipelines.sources import fetch_snapshot
from converters.stages.from_raw import from_raw
from state.jobs import Attempt, Job
from state.service_roles import to_take, to_write
from state.tasks import ExportImageWork, TaskState
from state.values import Frozen

# StatusMessages and the percentages that clients have seen with them; at first `validating`, 0.
UPDATING: Final = ("updating", 21)
CONVERTING: Final = ("converting", 80)
CONVERTED: Final = 85


class Validated(Frozen):
    """What validating found."""

    disk: Path  # raw, as the snapshot has it
    size: int  # bytes of the AMI's volume, which may be more


async def export_image(job: Job, work: ExportImageWork) -> None:
    """Bring the task to COMPLETED; ClientError if the AMI can't be exported any more."""
    validated = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, validated)
    await job.phase(TaskState.PUBLISHING, publish, work, converted)


async def validate(attempt: Attempt, work: ExportImageWork) -> Validated:
    """Take hold of the disk, so that it stays whatever becomes of the AMI."""
    validated = await asyncio.to_thread(_take_hold, attempt, work)
    message, percent = UPDATING
    attempt.report(percent, message)
    return validated


def _take_hold(attempt: Attempt, work: ExportImageWork) -> Validated:
    ask(attempt, to_take)
    task = attempt.task
    with attempt.store.read() as tx:
        image = tx.images.get(work.image_id)
    if image is None or (image.account_id, image.region) != (task.account_id, task.region):
        raise image_gone(work.image_id)
    root = next(each for each in image.devices if each.device_name == image.root_device_name)
    assert root.snapshot_id, "the root device of every AMI is a snapshot"
    path = attempt.scratch / "disk.raw"
    snapshot = fetch_snapshot(attempt, root.snapshot_id, path)
    size = max(root.volume_size or 0, snapshot.size_gib) * GIB
    return Validated(disk=path, size=size)


async def convert(attempt: Attempt, work: ExportImageWork, validated: Validated) -> Converted:
    """Write the file of the object."""
    message, begin = CONVERTING

    def show(percent: int) -> None:
        attempt.report(begin + percent * (CONVERTED - begin) // 100, message)

    show(0)
    path = attempt.scratch / "object"
    # From the end of the disk to that of the volume there are zeros.
    written = await from_raw(validated.disk, validated.size, work.disk_format, path, show)
    return Converted(path=path, written=written, blob_id=attempt.blobs.new_id())


async def publish(attempt: Attempt, work: ExportImageWork, converted: Converted) -> Published:
    """Make the object visible and the task COMPLETED: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, converted)
    return Published(key=work.key)


def _publish(attempt: Attempt, work: ExportImageWork, converted: Converted) -> None:
    ask(attempt, to_write)
    put_object(attempt, work, converted, lambda bucket: bucket.account_id)
