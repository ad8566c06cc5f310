"""Finds the disks of a virtual machine: what each container of an image import turns out to hold.

an object with an OVA       its disks, where they stand in it
any other object            one disk
a snapshot                  one disk, which is raw already
"""

import asyncio
from collections.abc import Callable
from typing import Final

from converters.errors import (
    LIMIT_OF_IMAGES,
    MOST_DISKS,
    disk_too_large,
    ova_among_disks,
    too_many_disks,
    unsupported_ova,
    wrong_format,
)
from converters.pipelines.sources import fetch_object, fetch_snapshot
from converters.stages.inspect import RAW, Disk, inspect
from converters.stages.ova import check_capacity, inflate, is_archive, open_ova
from state.jobs import Attempt
from state.snapshots import Snapshot
from state.tasks import ImportImageWork
from state.values import Frozen

OVA: Final = "OVA"


class Found(Frozen):
    """A disk of the machine, and where it is from."""

    container: int
    disk: Disk
    file_size: int  # bytes of the disk file in S3, or inside the OVA
    snapshot: Snapshot | None = None  # whose bytes they are: a raw disk already


async def disks_of(
    attempt: Attempt, work: ImportImageWork, report: Callable[[int], None]
) -> tuple[Found, ...]:
    """Return all disks in their order; report gets the percentage. ClientError if one won't do."""
    found: list[Found] = []
    whole = len(work.containers)
    for number in range(whole):

        def show(percent: int, number: int = number) -> None:
            report((100 * number + percent) // whole)

        show(0)
        found += await _disks_in(attempt, work, number, show)
        if len(found) > MOST_DISKS:
            raise too_many_disks()
        if any(each.disk.size >= LIMIT_OF_IMAGES for each in found):
            raise disk_too_large(LIMIT_OF_IMAGES)
    return tuple(found)


async def _disks_in(
    attempt: Attempt, work: ImportImageWork, number: int, report: Callable[[int], None]
) -> list[Found]:
    container = work.containers[number]
    path = attempt.scratch / f"image-{number}"
    if container.source is None:
        assert container.snapshot_id, "a container has one of the two"
        snapshot = await asyncio.to_thread(fetch_snapshot, attempt, container.snapshot_id, path)
        size = snapshot.size_bytes
        raw = Disk(path, RAW, None, size, size, size)
        return [Found(container=number, disk=raw, file_size=size, snapshot=snapshot)]
    await asyncio.to_thread(fetch_object, attempt, container.source, path)
    declared = container.format.upper() if container.format else None
    if await asyncio.to_thread(is_archive, path):
        if declared not in (None, OVA):
            raise wrong_format()
        if len(work.containers) > 1:
            raise ova_among_disks()
        return await _members(attempt, number, report)
    if declared == OVA:
        raise unsupported_ova()
    disk = await inspect(path, declared)
    return [Found(container=number, disk=disk, file_size=disk.file_size)]


async def _members(attempt: Attempt, number: int, report: Callable[[int], None]) -> list[Found]:
    path = attempt.scratch / f"image-{number}"
    members = await open_ova(path)
    if len(members) > MOST_DISKS:
        raise too_many_disks()
    found = []
    for place, member in enumerate(members):

        def show(percent: int, place: int = place) -> None:
            report((100 * place + percent) // len(members))

        show(0)
        if member.gzipped:
            inflated = attempt.scratch / f"image-{number}-{place}"
            await inflate(path, member, inflated, show)
            disk = await inspect(inflated, None)
        else:
            disk = await inspect(path, None, offset=member.offset, length=member.length)
        if disk.format == RAW:  # assumed; of an OVA only VMDK, VHD and VHDX are taken
            raise wrong_format()
        check_capacity(member, disk)
        found.append(Found(container=number, disk=disk, file_size=member.length))
    return found
