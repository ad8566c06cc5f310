"""Finds the disks of a virtual machine: what each container of an image import turns out to hold.

an object with an OVA       its disks, where they stand in it
any other object            one disk
a snapshot                  one disk, which is raw already unless it is encrypted
"""

import asyncio
from collections.abc import Callable

from converters.errors import LIMIT_OF_IMAGES, MOST_DISKS, disk_too_large, too_many_disks
from converters.pipelines.sealing import ask
from converters.pipelines.sources import fetch_object, fetch_snapshot
from converters.stages.container import disks_in
from converters.stages.inspect import RAW, Disk
from state.jobs import Attempt
from state.snapshots import Snapshot
from state.tasks import ImportImageWork
from state.values import Frozen


class Found(Frozen):
    """A disk of the machine, and where it is from."""

    container: int
    disk: Disk
    file_size: int  # bytes of the disk file in S3, or inside the OVA
    snapshot: Snapshot | None = None  # whose bytes they are

    @property
    def is_raw(self) -> bool:
        """Whether the bytes are a raw disk already, under another name: not to be changed."""
        return self.snapshot is not None and self.snapshot.sealed is None


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
        if snapshot.sealed:
            await ask(attempt, snapshot.kms_key_id)
        size = snapshot.size_bytes
        raw = Disk(path, RAW, None, size, size, size)
        return [Found(container=number, disk=raw, file_size=size, snapshot=snapshot)]
    await asyncio.to_thread(fetch_object, attempt, container.source, path)
    alone = len(work.containers) == 1
    held = await disks_in(path, container.format, path, report, alone=alone)
    return [Found(container=number, disk=each.disk, file_size=each.file_size) for each in held]
