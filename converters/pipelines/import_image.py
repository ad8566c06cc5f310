"""The disks of a virtual machine, in a bucket or in snapshots, become an AMI.

    VALIDATING   the bytes get a second name in the scratch folder, and are looked at where they
                 stand: an OVA is not unpacked, only a disk that is deflated in it is inflated
    CONVERTING   sparse raw disks are written beside them, several at once
    UPDATING     the system on the disks is looked into, judged, and adapted to EC2, unless an
                 operator wants disks to be imported as they are
    BOOTING      it is started, with nothing written to the disks, and must get on the network
    PUBLISHING   what is to be encrypted is sealed first
    PUBLISHING   the disks become blobs; then, in one transaction, snapshots name them, an AMI
                 is made of those, and the task is COMPLETED

A phase may be run again after a crash at any point. The scratch folders of the phases before are
there still, and the ids of what is published were remembered by then, so the second run makes no
second AMI. The key is asked again in each phase: it must stay enabled until the task is COMPLETED.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from converters.codec import program
from converters.errors import image_name_taken
from converters.lifeline import Limits
from converters.pipelines import sealing
from converters.pipelines.amis import (
    ROOT,
    UNKNOWN,
    device_names,
    imported_image,
    told_guest,
)
from converters.pipelines.booting import tried
from converters.pipelines.cores import spread
from converters.pipelines.guests import Adapted, Refused, adapted
from converters.pipelines.machine import Found, disks_of
from converters.pipelines.options import Options
from converters.pipelines.publishing import imported_snapshot, publication
from converters.pipelines.roles import ask
from converters.pipelines.sealing import Kept, Plain, Sealed
from converters.stages.to_raw import RawDisk, to_raw
from state.ids import new_id
from state.jobs import Attempt, Job
from state.service_roles import to_publish, to_read
from state.snapshots import Snapshot
from state.store import Duplicate, Stale
from state.tasks import DiskProgress, ImportImageWork, Task, TaskState
from state.values import Frozen

# StatusMessages and the percentages that clients have seen with them; before there is `pending`, 1.
VALIDATING: Final = ("validating", 3)
VALIDATED: Final = ("validated", 18)
CONVERTING: Final = ("converting", 19)
CONVERTED: Final = 28
UPDATING: Final = ("updating", 30)
UPDATED: Final = ("updated", 41)
PREPARING: Final = ("preparing to boot", 42)
BOOTING: Final = ("booting", 45)
BOOTED: Final = ("booted", 62)
PUBLISHING: Final = ("preparing ami", 76)
SEALED: Final = 98


class Validated(Frozen):
    """What validating found, in the order of the machine's disks."""

    disks: tuple[Found, ...]


class Ready(Frozen):
    """A disk as the AMI is to have it, and what it shall be called."""

    found: Found
    raw: RawDisk
    blob_id: str
    snapshot_id: str


class Converted(Frozen):
    """What converting made."""

    disks: tuple[Ready, ...]
    image_id: str


class Tried(Frozen):
    """Whether the machine was started; one that did not start has ended the task."""

    booted: bool | None


class Published(Frozen):
    """What is visible now."""

    image_id: str


async def import_image(job: Job, work: ImportImageWork, options: Options) -> None:
    """Bring the task to COMPLETED; ClientError if the machine can't be imported."""
    validated = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, validated)
    if options.guests == "off":
        ready = _as_they_are(work, converted)
    else:
        ready = await job.phase(TaskState.UPDATING, update, work, converted, options)
    if options.boot == "require" or (options.boot == "auto" and options.guests != "off"):
        await job.phase(TaskState.BOOTING, boot, work, converted, ready, options)
    plain = _plain(work, converted, ready)
    if any(disk.key_arn for disk in plain):
        sealed = await job.phase(TaskState.PUBLISHING, seal, plain)
    else:
        sealed = sealing.as_they_are(plain)
    await job.phase(TaskState.PUBLISHING, publish, work, converted, ready, sealed)


async def validate(attempt: Attempt, work: ImportImageWork) -> Validated:
    """Find out what the disks are."""
    await sealing.ask(attempt, work.kms_key_id)
    message, begin = VALIDATING
    validated, end = VALIDATED

    def show(percent: int) -> None:
        attempt.report(begin + percent * (end - begin) // 100, message)

    await asyncio.to_thread(ask, attempt, to_read)
    disks = await disks_of(attempt, work, show)
    attempt.report(end, validated, tuple(map(_shown, disks)))
    return Validated(disks=disks)


async def convert(attempt: Attempt, work: ImportImageWork, validated: Validated) -> Converted:
    """Write the raw disks."""
    await sealing.ask(attempt, work.kms_key_id)
    disks = validated.disks
    shown = list(map(_shown, disks))
    # A snapshot has been converted before; an empty disk takes a moment too.
    weights = [0 if found.is_raw else max(found.disk.data, 1) for found in disks]
    raws: dict[int, RawDisk] = {}
    message, begin = CONVERTING

    def show(number: int, percent: int, status: str = "active") -> None:
        shown[number] = _shown(disks[number], percent, status)
        done = sum(weight * each.progress for weight, each in zip(weights, shown, strict=True))
        whole = begin + (CONVERTED - begin) * done // (100 * max(sum(weights), 1))
        attempt.report(whole, message, tuple(shown))

    async def one(number: int) -> None:
        target = attempt.scratch / f"disk-{number}.raw"
        raws[number] = await _raw(attempt, disks[number], target, partial(show, number))
        show(number, 100, "completed")

    attempt.report(begin, message, tuple(shown))
    largest_first = sorted(range(len(disks)), key=lambda number: -weights[number])
    await spread([partial(one, number) for number in largest_first])
    return Converted(
        disks=tuple(
            Ready(
                found=found,
                raw=raws[number],
                blob_id=attempt.blobs.new_id(),
                snapshot_id=new_id("snap"),
            )
            for number, found in enumerate(disks)
        ),
        image_id=new_id("ami"),
    )


async def _raw(
    attempt: Attempt, found: Found, target: Path, report: Callable[[int], None]
) -> RawDisk:
    """Return the raw disk, which is written to target unless the disk is one already."""
    if found.is_raw:
        return RawDisk(found.disk.path, found.disk.size)
    if found.snapshot:
        return await sealing.unseal(attempt, found.snapshot, found.disk.path, target, report)
    return await to_raw(found.disk, target, report)


def _as_they_are(work: ImportImageWork, converted: Converted) -> Adapted:
    return Adapted(raws=tuple(disk.raw for disk in converted.disks), summary=told_guest(work))


async def update(
    attempt: Attempt, work: ImportImageWork, converted: Converted, options: Options
) -> Adapted:
    """Look into the system on the disks, judge it, and adapt it."""
    await sealing.ask(attempt, work.kms_key_id)
    disks = converted.disks
    shown = tuple(_shown(disk.found, 100, "completed") for disk in disks)
    message, begin = UPDATING
    updated, end = UPDATED

    def show(percent: int) -> None:
        attempt.report(begin + percent * (end - begin) // 100, message, shown)

    async def own(number: int) -> RawDisk:
        return await _own(attempt, disks[number], number)

    show(0)
    for disk in disks:
        if not disk.raw.path.exists():  # the attempt before died while it changed it
            await _raw(attempt, disk.found, disk.raw.path, lambda percent: None)
    root = disks[0].found
    root_format = None if root.snapshot else root.disk.format
    raws = [disk.raw for disk in disks]
    try:
        ready = await adapted(attempt, work, raws, root_format, own, options, show)
    except Refused as refused:
        names = _names(work, disks, ROOT if refused.identified else UNKNOWN)
        named = [
            _shown(disk.found, 100, "completed", device_name=name)
            for disk, name in zip(disks, names, strict=True)
        ]
        attempt.report(begin, message, tuple(named))
        raise
    attempt.report(end, updated, shown, ready.summary)
    return ready


async def _own(attempt: Attempt, disk: Ready, number: int) -> RawDisk:
    """Return a disk in the attempt's folder that may be changed."""
    mine = RawDisk(attempt.scratch / f"disk-{number}.raw", disk.raw.size)
    if not disk.found.is_raw:
        disk.raw.path.rename(mine.path)
    else:  # it is another name of the snapshot's own bytes
        limits = Limits(file_size=mine.size)
        numbers = [mine.size, 0]
        ended = await program.copy(disk.raw.path, mine.path, numbers, limits, lambda percent: None)
        program.check("the copy", ended)
    return mine


async def boot(
    attempt: Attempt, work: ImportImageWork, converted: Converted, ready: Adapted, options: Options
) -> Tried:
    """Start the machine; FirstBootFailure if it does not get on the network."""
    disks = converted.disks
    shown = tuple(
        _shown(disk.found, 100, "completed", device_name=name)
        for disk, name in zip(disks, _names(work, disks), strict=True)
    )
    preparing, begin = PREPARING
    booting, least = BOOTING
    booted, end = BOOTED
    attempt.report(begin, preparing, shown, ready.summary)

    def show(percent: int) -> None:
        attempt.report(least + percent * (end - least) // 100, booting, shown)

    found = await tried(attempt, ready, options, show)
    if found:
        attempt.report(end, booted, shown)
    return Tried(booted=found)


def _plain(work: ImportImageWork, converted: Converted, ready: Adapted) -> tuple[Plain, ...]:
    return tuple(
        Plain(raw=raw, snapshot_id=disk.snapshot_id, key_arn=_key(work, disk))
        for disk, raw in zip(converted.disks, ready.raws, strict=True)
    )


def _key(work: ImportImageWork, disk: Ready) -> str | None:
    """Return the key to encrypt a disk with."""
    before = disk.found.snapshot
    if work.kms_key_id is None and before is not None and before.encrypted:
        return before.kms_key_id  # assumed: that what was encrypted stays encrypted, as in a copy
    return work.kms_key_id


async def seal(attempt: Attempt, plain: tuple[Plain, ...]) -> Sealed:
    """Write the encrypted disks."""
    message, begin = PUBLISHING

    def show(percent: int) -> None:
        attempt.report(begin + percent * (SEALED - begin) // 100, message)

    show(0)
    return await sealing.seal(attempt, plain, show)


async def publish(
    attempt: Attempt,
    work: ImportImageWork,
    converted: Converted,
    ready: Adapted,
    sealed: Sealed,
) -> Published:
    """Make the AMI visible and the task COMPLETED: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, converted, ready, sealed)
    return Published(image_id=converted.image_id)


def _publish(
    attempt: Attempt,
    work: ImportImageWork,
    converted: Converted,
    ready: Adapted,
    sealed: Sealed,
) -> None:
    ask(attempt, to_publish)
    now = datetime.now(UTC)
    task = attempt.task
    disks = converted.disks
    names = _names(work, disks)
    guest = ready.summary
    message, percent = PUBLISHING
    shown = tuple(
        _shown(disk.found, 100, "completed", disk.snapshot_id, name)
        for disk, name in zip(disks, names, strict=True)
    )
    percent = max(percent, task.progress)
    with attempt.store.begin() as tx:
        if not tx.tasks.report(
            task.id, attempt.number, progress=percent, message=message, disks=shown, guest=guest
        ):
            raise Stale(f"{task.id} was cancelled, or is in other hands")
    snapshots = [
        _snapshot(task, work, disk, kept, now)
        for disk, kept in zip(disks, sealed.disks, strict=True)
    ]
    named = list(zip(names, snapshots, strict=True))
    image = imported_image(task, converted.image_id, guest, named, now, ready.description)
    files = {disk.blob_id: kept.path for disk, kept in zip(disks, sealed.disks, strict=True)}
    try:
        with publication(attempt, files) as tx:
            sealing.check(attempt, tx, {snapshot.kms_key_id for snapshot in snapshots})
            tx.tasks.move(
                task, TaskState.COMPLETED, progress=100, image_id=image.id, finished_at=now
            )
            for snapshot in snapshots:
                tx.snapshots.add(snapshot)
                tx.tags.put(task.account_id, task.region, snapshot.id, work.snapshot_tags)
            tx.images.add(image)
            tx.tags.put(task.account_id, task.region, image.id, work.image_tags)
    except Duplicate as error:
        raise image_name_taken(image.name) from error


def _names(work: ImportImageWork, disks: tuple[Ready, ...], root: str = ROOT) -> list[str]:
    """Return the device names; that of a container is for the first disk in it."""
    wishes: list[str | None] = []
    seen = set()
    for disk in disks:
        container = disk.found.container
        wishes.append(None if container in seen else work.containers[container].device_name)
        seen.add(container)
    return device_names(wishes, root)


def _snapshot(
    task: Task, work: ImportImageWork, disk: Ready, kept: Kept, now: datetime
) -> Snapshot:
    key = _key(work, disk)
    return imported_snapshot(
        task,
        disk.snapshot_id,
        disk.blob_id,
        disk.raw.size,
        now,
        encrypted=key is not None,
        kms_key_id=key,
        sealed=kept.sealed,
    )


def _shown(
    found: Found,
    progress: int = 0,
    status: str = "active",
    snapshot_id: str | None = None,
    device_name: str | None = None,
) -> DiskProgress:
    return DiskProgress(
        container=found.container,
        format=found.disk.format if found.snapshot is None else None,
        size_bytes=found.file_size,
        progress=progress,
        status=status,
        snapshot_id=snapshot_id,
        device_name=device_name,
    )
