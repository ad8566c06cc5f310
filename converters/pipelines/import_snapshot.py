"""A disk image in a bucket becomes a snapshot.

    VALIDATING   the object's bytes get a second name in the scratch folder, and are looked at
    CONVERTING   a sparse raw disk is written beside them
    PUBLISHING   the raw disk becomes a blob; then, in one transaction, a snapshot names it and the
                 task is COMPLETED

A phase may be run again after a crash at any point. The scratch folder of the phase before is there
still, and the ids of what is published were remembered by then, so the second run makes no second
snapshot. The key and role of an encrypted snapshot are remembered, the bytes are not encrypted.
"""

import asyncio
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters.errors import object_gone
from converters.stages.inspect import Disk, inspect
from converters.stages.to_raw import RawDisk, to_raw
from state.jobs import Attempt, Job
from state.snapshots import Snapshot
from state.store import Stale
from state.tasks import DiskProgress, DiskSource, IllegalTransition, ImportSnapshotWork, TaskState
from state.values import Frozen

GIB: Final = 1 << 30
DESCRIPTION: Final = "Created by AWS-VMImport service for {}"

# StatusMessages and the percentages that clients have seen with them; before there is `pending`, 3.
VALIDATED: Final = ("validated", 32)
CONVERTING: Final = ("downloading/converting", 33)
CONVERTED: Final = 98  # percent, so that publishing is still to come
OBJECT_REPLACED: Final = 3  # times in a row between reading a row and its bytes: no accident


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
    converted = await job.phase(TaskState.CONVERTING, convert, inspected)
    await job.phase(TaskState.PUBLISHING, publish, work, converted)


async def validate(attempt: Attempt, work: ImportSnapshotWork) -> Inspected:
    """Find out what the object is."""
    path = attempt.scratch / "image"
    await asyncio.to_thread(_fetch, attempt, work.source, path)
    disk = await inspect(path, work.format)
    message, percent = VALIDATED
    attempt.report(percent, message, (_shown(disk),))
    return Inspected(disk=disk)


async def convert(attempt: Attempt, inspected: Inspected) -> Converted:
    """Write the raw disk."""
    disk = inspected.disk
    message, begin = CONVERTING

    def show(percent: int) -> None:
        whole = begin + percent * (CONVERTED - begin) // 100
        attempt.report(whole, message, (_shown(disk, progress=percent),))

    show(0)
    raw = await to_raw(disk, attempt.scratch / "disk.raw", show)
    return Converted(
        disk=disk,
        raw=raw,
        blob_id=attempt.blobs.new_id(),
        snapshot_id=f"snap-{secrets.token_hex(9)[:17]}",
    )


async def publish(attempt: Attempt, work: ImportSnapshotWork, converted: Converted) -> Published:
    """Make the snapshot visible and the task COMPLETED: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, converted)
    return Published(snapshot_id=converted.snapshot_id)


def _fetch(attempt: Attempt, source: DiskSource, path: Path) -> None:
    """Give the object's bytes a name that stays when the object goes."""
    for _ in range(OBJECT_REPLACED):
        with attempt.store.read() as tx:
            found = tx.objects.get(source.bucket, source.key)
        if found is None:
            break
        try:
            attempt.blobs.link(found.blob_id, path)
        except FileNotFoundError:  # replaced since the row was read: there is another blob now
            continue
        return
    raise object_gone()


def _publish(attempt: Attempt, work: ImportSnapshotWork, converted: Converted) -> None:
    # A second name: the first stays in the scratch folder for the case that we must do it again.
    blob = attempt.scratch / "blob"
    blob.hardlink_to(converted.raw.path)
    attempt.blobs.keep(blob, converted.blob_id)
    now = datetime.now(UTC)
    task = attempt.task
    shown = _shown(
        converted.disk, progress=100, status="completed", snapshot_id=converted.snapshot_id
    )
    snapshot = Snapshot(
        id=converted.snapshot_id,
        account_id=task.account_id,
        region=task.region,
        created_at=now,
        completed_at=now,
        size_gib=-(-converted.raw.size // GIB),
        size_bytes=converted.raw.size,
        blob_id=converted.blob_id,
        description=DESCRIPTION.format(task.id),
        encrypted=work.encrypted,
        kms_key_id=work.kms_key_id,
    )
    try:
        with attempt.store.begin() as tx:
            tx.tasks.move(task, TaskState.COMPLETED, progress=100, disks=(shown,), finished_at=now)
            tx.snapshots.add(snapshot)
            tx.tags.put(task.account_id, task.region, snapshot.id, work.snapshot_tags)
    except (Stale, IllegalTransition):
        _withdraw(attempt, converted.blob_id)
        raise


def _withdraw(attempt: Attempt, blob_id: str) -> None:
    """Remove the blob, unless it is, or may yet be, what another attempt publishes."""
    with attempt.store.read() as tx:
        task = tx.tasks.get(attempt.task.id)
    if task is None or task.state in (TaskState.DELETING, TaskState.CANCELLED, TaskState.FAILED):
        attempt.blobs.remove(blob_id)


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
