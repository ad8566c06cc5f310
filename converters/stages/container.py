"""Finds what a file of an image import holds: one disk, or those of an OVA, where they stand."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.errors import (
    MOST_DISKS,
    ova_among_disks,
    too_many_disks,
    unsupported_ova,
    wrong_format,
)
from converters.stages.inspect import RAW, Disk, inspect
from converters.stages.ova import check_capacity, inflate, is_archive, open_ova

OVA: Final = "OVA"


@dataclass(frozen=True, slots=True)
class Held:
    """A disk, and how large its file is."""

    disk: Disk
    file_size: int  # bytes, inside the OVA or of its own


async def disks_in(
    path: Path, declared: str | None, scratch: Path, report: Callable[[int], None], *, alone: bool
) -> tuple[Held, ...]:
    """Return the disks that a file holds; ClientError if it, or one of them, won't do.

    alone tells whether it is the only file of the machine, as an OVA must be. What is compressed
    in an OVA is inflated beside scratch, into files that are named after it. report gets the
    percentage.
    """
    declared = declared.upper() if declared else None
    if not await asyncio.to_thread(is_archive, path):
        if declared == OVA:
            raise unsupported_ova()
        disk = await inspect(path, declared)
        return (Held(disk, disk.file_size),)
    if declared not in (None, OVA):
        raise wrong_format()
    if not alone:
        raise ova_among_disks()
    return await _members(path, scratch, report)


async def _members(path: Path, scratch: Path, report: Callable[[int], None]) -> tuple[Held, ...]:
    members = await open_ova(path)
    if len(members) > MOST_DISKS:
        raise too_many_disks()
    held = []
    for place, member in enumerate(members):

        def show(percent: int, place: int = place) -> None:
            report((100 * place + percent) // len(members))

        show(0)
        if member.gzipped:
            inflated = scratch.with_name(f"{scratch.name}-{place}")
            await inflate(path, member, inflated, show)
            disk = await inspect(inflated, None)
        else:
            disk = await inspect(path, None, offset=member.offset, length=member.length)
        if disk.format == RAW:  # assumed; of an OVA only VMDK, VHD and VHDX are taken
            raise wrong_format()
        check_capacity(member, disk)
        held.append(Held(disk, member.length))
    return tuple(held)
