"""A disk that has come in parts becomes a volume; or a stopped instance with that volume.

    VALIDATING   the whole image is looked at
    CONVERTING   a sparse raw disk is written beside it
    UPDATING     of an instance: the system on the disk is looked into, judged, and adapted to EC2,
                 unless an operator wants disks to be imported as they are
    PUBLISHING   if everything new is encrypted, first a sealed disk is written beside the raw one
    PUBLISHING   the disk becomes a blob; then, in one transaction, a volume names it, the
                 instance has it for its root device, and the task is COMPLETED

Before that the parts were brought, see converters/pipelines/parts.py. A phase may be run again
after a crash at any point.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final

from converters.errors import (
    UnsupportedVmdk,
    instance_gone,
    no_bootable_partition,
    root_taken,
    unsupported_compression,
    volume_too_small,
)
from converters.pipelines import sealing
from converters.pipelines.amis import told_guest
from converters.pipelines.guests import Adapted, adapted
from converters.pipelines.options import Options
from converters.pipelines.publishing import GIB, publication
from converters.pipelines.sealing import Kept, Plain, Sealed
from converters.stages.inspect import Disk, inspect
from converters.stages.partitioning import starts_from_mbr
from converters.stages.to_raw import RawDisk, to_raw
from state.ids import new_id
from state.instances import Instance
from state.jobs import BROUGHT, Attempt, Job
from state.layers import Layer
from state.licences import USAGES, WINDOWS, usage_operation
from state.store import Tx
from state.tasks import (
    DiskContainer,
    DiskSource,
    GuestSummary,
    ImportImageWork,
    ImportInstanceWork,
    ImportVolumeWork,
    Task,
    TaskState,
)
from state.values import Frozen
from state.volumes import Attachment, Shape, Volume

ROOT: Final = "/dev/sda1"
VALIDATED: Final = 6  # percent, as clients have seen it early
CONVERTED: Final = 80
UPDATED: Final = 95

PartedWork = ImportVolumeWork | ImportInstanceWork


class Inspected(Frozen):
    """What validating found."""

    disk: Disk


class Converted(Frozen):
    """What converting made, and what it shall be called."""

    disk: Disk
    raw: RawDisk
    blob_id: str
    volume_id: str


class Published(Frozen):
    """What is visible now."""

    volume_id: str


async def import_volume(job: Job, work: ImportVolumeWork) -> None:
    """Bring the task to COMPLETED; ClientError if the disk can't be imported."""
    inspected = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, inspected)
    await _published(job, work, converted, None)


async def import_instance(job: Job, work: ImportInstanceWork, options: Options) -> None:
    """Bring the task to COMPLETED; ClientError if the machine can't be imported."""
    inspected = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, inspected)
    ready = None
    if options.guests != "off":
        ready = await job.phase(TaskState.UPDATING, update, work, converted, options)
    await _published(job, work, converted, ready)


async def _published(
    job: Job, work: PartedWork, converted: Converted, ready: Adapted | None
) -> None:
    raw = converted.raw if ready is None else ready.raws[0]
    if work.disk.kms_key_id is None:
        kept = Kept(path=raw.path)
    else:
        sealed = await job.phase(TaskState.PUBLISHING, seal, work, converted, raw)
        (kept,) = sealed.disks
    await job.phase(TaskState.PUBLISHING, publish, work, converted, ready, kept)


async def validate(attempt: Attempt, work: PartedWork) -> Inspected:
    """Find out what the image is."""
    await sealing.ask(attempt, work.disk.kms_key_id)
    path = attempt.scratch.parent / BROUGHT / "image"
    try:
        disk = await inspect(path, work.disk.format)
    except UnsupportedVmdk as error:
        raise unsupported_compression() from error
    needed = -(-disk.size // GIB)
    if needed > work.disk.volume_gib:
        raise volume_too_small(work.disk.volume_gib, needed)
    attempt.report(VALIDATED, _message(0))
    return Inspected(disk=disk)


async def convert(attempt: Attempt, work: PartedWork, inspected: Inspected) -> Converted:
    """Write the raw disk."""
    disk = inspected.disk
    before = attempt.task.disk

    def show(percent: int) -> None:
        whole = VALIDATED + percent * (CONVERTED - VALIDATED) // 100
        shown = before.model_copy(update={"progress": percent})
        attempt.report(whole, _message(percent), (shown,))

    show(0)
    raw = await to_raw(disk, attempt.scratch / "disk.raw", show)
    # assumed: that only the disk of an instance is looked at
    is_boot_disk = isinstance(work, ImportInstanceWork)
    if is_boot_disk and not await asyncio.to_thread(starts_from_mbr, raw.path):
        raise no_bootable_partition()
    return Converted(disk=disk, raw=raw, blob_id=attempt.blobs.new_id(), volume_id=new_id("vol"))


async def update(
    attempt: Attempt, work: ImportInstanceWork, converted: Converted, options: Options
) -> Adapted:
    """Look into the system on the disk, judge it, and adapt it."""

    def show(percent: int) -> None:
        attempt.report(CONVERTED + percent * (UPDATED - CONVERTED) // 100, _message(100))

    async def own(number: int) -> RawDisk:
        mine = RawDisk(attempt.scratch / "disk.raw", converted.raw.size)
        converted.raw.path.rename(mine.path)
        return mine

    show(0)
    if not converted.raw.path.exists():  # the attempt before died while it changed it
        await to_raw(converted.disk, converted.raw.path, lambda percent: None)
    machine = _machine(work)
    return await adapted(
        attempt, machine, [converted.raw], converted.disk.format, own, options, show
    )


async def seal(attempt: Attempt, work: PartedWork, converted: Converted, raw: RawDisk) -> Sealed:
    """Write the encrypted disk."""
    plain = Plain(raw=raw, snapshot_id=converted.volume_id, key_arn=work.disk.kms_key_id)
    return await sealing.seal(attempt, [plain], lambda percent: None)


async def publish(
    attempt: Attempt, work: PartedWork, converted: Converted, ready: Adapted | None, kept: Kept
) -> Published:
    """Make the volume visible and the task COMPLETED: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, converted, ready, kept)
    return Published(volume_id=converted.volume_id)


def _publish(
    attempt: Attempt, work: PartedWork, converted: Converted, ready: Adapted | None, kept: Kept
) -> None:
    now = datetime.now(UTC)
    task = attempt.task
    disk = task.disk.model_copy(
        update={"progress": 100, "status": "completed", "volume_id": converted.volume_id}
    )
    with publication(attempt, {converted.blob_id: kept.path}) as tx:
        sealing.check(attempt, tx, [work.disk.kms_key_id])
        tx.tasks.move(task, TaskState.COMPLETED, progress=100, disks=(disk,), finished_at=now)
        attached: tuple[Attachment, ...] = ()
        if isinstance(work, ImportInstanceWork):
            _equip(tx, work, ready)
            attached = (Attachment(instance_id=work.instance_id, device=ROOT, attached_at=now),)
        tx.volumes.add(_volume(task, work, converted, kept, attached, now))


def _volume(
    task: Task,
    work: PartedWork,
    converted: Converted,
    kept: Kept,
    attached: tuple[Attachment, ...],
    now: datetime,
) -> Volume:
    layer = Layer(
        blob_id=converted.blob_id,
        size=converted.raw.size,
        format="raw" if kept.sealed is None else "qcow2",
        sealed=kept.sealed is not None,
        source_id=converted.blob_id,
    )
    return Volume(
        id=converted.volume_id,
        account_id=task.account_id,
        region=task.region,
        zone=work.disk.zone,
        created_at=now,
        shape=Shape(size_gib=work.disk.volume_gib),
        state="in-use" if attached else "available",
        attachments=attached,
        encrypted=kept.sealed is not None,
        kms_key_id=work.disk.kms_key_id,
        sealed=kept.sealed,
        layers=(layer,),
    )


def _equip(tx: Tx, work: ImportInstanceWork, ready: Adapted | None) -> None:
    """Give the instance what was found; ClientError if it has no use for a disk any more."""
    instance = tx.instances.get(work.instance_id)
    if instance is None or instance.state == "terminated":
        raise instance_gone(work.instance_id)
    for volume in tx.volumes.of_instance(work.instance_id):
        if any(each.device == ROOT for each in volume.attachments):
            raise root_taken(work.instance_id, ROOT)
    guest = told_guest(_machine(work)) if ready is None else ready.summary
    tx.instances.replace(_found(instance, guest))


def _found(instance: Instance, guest: GuestSummary) -> Instance:
    operation = guest.usage_operation or usage_operation(guest.platform, guest.license_type)
    return instance.model_copy(
        update={
            "architecture": guest.architecture or instance.architecture,
            "platform": "windows" if guest.platform == WINDOWS else None,
            "platform_details": USAGES[operation].platform_details,
            "usage_operation": operation,
            "boot_mode": guest.boot_mode,
        }
    )


def _machine(work: ImportInstanceWork) -> ImportImageWork:
    """Return the same machine as an image import would have it, for what both do with guests."""
    source = DiskSource(bucket="", key="")
    return ImportImageWork(
        containers=(DiskContainer(source=source, format=work.disk.format),),
        architecture=work.architecture,
        platform=work.platform,
        opt_in=work.opt_in,
    )


def _message(percent: int) -> str:
    return f"Progress: {percent}%"
