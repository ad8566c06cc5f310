"""A disk image in a bucket becomes a snapshot.

    VALIDATING   the object's bytes get a second name in the scratch folder, and are looked at
    CONVERTING   a sparse raw disk is written beside them
    PUBLISHING   if it is to be encrypted, first a sealed disk is written beside the raw one
    PUBLISHING   the disk becomes a blob; then, in one transaction, a snapshot names it and the
                 task is COMPLETED

A phase may be run again after a crash at any point. The scratch folder of the phase before is there
still, and the ids of what is published were remembered by then, so the second run makes no second
snapshot. The key is asked again in each phase: it must stay enabled until the task is COMPLETED.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from converters.pipelines import sealing
from converters.pipelines.publishing import imported_snapshot, publication
from converters.pipelines.roles import ask
from converters.pipelines.sealing import Kept, Plain, Sealed
from converters.pipelines.sources import fetch_object
from converters.stages.inspect import Disk, inspect
from converters.stages.to_raw import RawDisk, to_raw
from state.ids import new_id
from state.jobs import Attempt, Job
from state.service_roles import to_publish, to_read
from state.tasks import DiskProgress, ImportSnapshotWork, TaskState
from state.values import Frozen

# StatusMessages and the percentages that clients have seen with them; before there is `pending`, 3.
VALIDATED: Final = ("validated", 32)
CONVERTING: Final = ("downloading/converting", 33)
CONVERTED: Final = 98  # percent, so that publishing is still to come
UNSEALED: Final = 66  # of a disk that is to be encrypted: assumed, the service may do it meanwhile


class Inspected(Frozen):
    """What validating found."""

    disk: Disk


class Converted(Frozen):
    """What converting made, and what it shall be called."""

    disk: Disk
    raw: RawDisk
    blob_id: str
    snapshot_id: str


class Published(Frozen):
    """What is visible now."""

    snapshot_id: str


async def import_snapshot(job: Job, work: ImportSnapshotWork) -> None:
    """Bring the task to COMPLETED; ClientError if the disk can't be imported."""
    inspected = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, inspected)
    if work.kms_key_id is None:
        kept = Kept(path=converted.raw.path)
    else:
        sealed = await job.phase(TaskState.PUBLISHING, seal, work, converted)
        (kept,) = sealed.disks
    await job.phase(TaskState.PUBLISHING, publish, work, converted, kept)


async def validate(attempt: Attempt, work: ImportSnapshotWork) -> Inspected:
    """Find out what the object is."""
    await asyncio.to_thread(ask, attempt, to_read)
    await sealing.ask(attempt, work.kms_key_id)
    path = attempt.scratch / "image"
    await asyncio.to_thread(fetch_object, attempt, work.source, path)
    disk = await inspect(path, work.format)
    message, percent = VALIDATED
    attempt.report(percent, message, (_shown(disk),))
    return Inspected(disk=disk)


async def convert(attempt: Attempt, work: ImportSnapshotWork, inspected: Inspected) -> Converted:
    """Write the raw disk."""
    await sealing.ask(attempt, work.kms_key_id)
    disk = inspected.disk
    message, begin = CONVERTING
    end = CONVERTED if work.kms_key_id is None else UNSEALED

    def show(percent: int) -> None:
        whole = begin + percent * (end - begin) // 100
        attempt.report(whole, message, (_shown(disk, progress=percent),))

    show(0)
    raw = await to_raw(disk, attempt.scratch / "disk.raw", show)
    return Converted(
        disk=disk,
        raw=raw,
        blob_id=attempt.blobs.new_id(),
        snapshot_id=new_id("snap"),
    )


async def seal(attempt: Attempt, work: ImportSnapshotWork, converted: Converted) -> Sealed:
    """Write the encrypted disk."""

    def show(percent: int) -> None:
        attempt.report(UNSEALED + percent * (CONVERTED - UNSEALED) // 100)

    plain = Plain(raw=converted.raw, snapshot_id=converted.snapshot_id, key_arn=work.kms_key_id)
    return await sealing.seal(attempt, [plain], show)


async def publish(
    attempt: Attempt, work: ImportSnapshotWork, converted: Converted, kept: Kept
) -> Published:
    """Make the snapshot visible and the task COMPLETED: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, converted, kept)
    return Published(snapshot_id=converted.snapshot_id)


def _publish(attempt: Attempt, work: ImportSnapshotWork, converted: Converted, kept: Kept) -> None:
    ask(attempt, to_publish)
    now = datetime.now(UTC)
    task = attempt.task
    shown = _shown(
        converted.disk, progress=100, status="completed", snapshot_id=converted.snapshot_id
    )
    snapshot = imported_snapshot(
        task,
        converted.snapshot_id,
        converted.blob_id,
        converted.raw.size,
        now,
        encrypted=work.encrypted,
        kms_key_id=work.kms_key_id,
        sealed=kept.sealed,
    )
    with publication(attempt, {converted.blob_id: kept.path}) as tx:
        sealing.check(attempt, tx, [work.kms_key_id])
        tx.tasks.move(task, TaskState.COMPLETED, progress=100, disks=(shown,), finished_at=now)
        tx.snapshots.add(snapshot)
        tx.tags.put(task.account_id, task.region, snapshot.id, work.snapshot_tags)


def _shown(
    disk: Disk, progress: int = 0, status: str = "active", snapshot_id: str | None = None
) -> DiskProgress:
    return DiskProgress(
        format=disk.format,
        size_bytes=disk.file_size,
        progress=progress,
        status=status,
        snapshot_id=snapshot_id,
    )
