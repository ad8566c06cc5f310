"""Writes a plan into raw disks: which tool for which filesystem, and what stays undone.

    ext2 ext3 ext4 in one piece ──► debugfs            some tenths of a second
    everything else             ──► the appliance      some seconds, one start for all volumes
    partition tables            ──► here, at the end, and only if all files were written

The changes of a volume are made all or not at all. What is not made is told in sentences; an
exception says that a disk may be half changed and is to be thrown away.
"""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests import tools
from converters.guests.guest import Guest, Volume
from converters.guests.plan import FileChange, Plan
from converters.guests.write import appliance, ext
from converters.guests.write.outcome import Failed, Refused, named
from converters.guests.write.sectors import write_sectors

EXT: Final = frozenset({"ext2", "ext3", "ext4"})
NAME: Final = 255  # bytes, of all filesystems that are written to
SHOWN: Final = {"xfs": "XFS", "btrfs": "Btrfs", "ntfs": "NTFS", "vfat": "FAT"}

STAY: Final = "Not written, and as it was: {files}; {reason}."
NO_TOOLS: Final = "to write to {filesystem}, {install}"
NO_SECTORS: Final = "The partition table stays as it was, since not all files could be written."
NO_SUCH: Final = "there is no tool that writes to {filesystem}"


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be changed in a volume, or in one subvolume of it."""

    volume: Volume
    subvolume: str | None
    changes: tuple[FileChange, ...]

    @property
    def filesystem(self) -> str:
        """How people call its filesystem."""
        name = self.volume.filesystem or "an unknown filesystem"
        return SHOWN.get(name, name)


async def write(
    paths: Sequence[Path],
    guest: Guest,
    plan: Plan,
    folder: Path,
    scratch: Path,
    report: Callable[[int], None],
) -> tuple[str, ...]:
    """Write a plan into its disks; return what could not be written, a sentence each.

    folder has the plan's contents, scratch is for what is needed meanwhile, report gets the
    percentage. Raises Failed when a disk may be half changed.
    """
    jobs = list(_jobs(guest, plan))
    with tempfile.TemporaryDirectory(prefix="write-", dir=scratch) as own:
        left = await _write_files(paths, jobs, folder, Path(own), report)
    if plan.sectors:
        if left:
            return (*left, NO_SECTORS)
        try:
            await asyncio.to_thread(write_sectors, paths, plan.sectors, folder)
        except Refused as refused:
            left.append(f"The partition table stays as it was: {refused}.")
    report(100)
    return tuple(left)


def _jobs(guest: Guest, plan: Plan) -> Iterator[Job]:
    volumes = {volume.id: volume for volume in guest.volumes}
    places = [(change.volume, change.subvolume) for change in plan.files]
    for place in dict.fromkeys(places):
        changes = [one for one, its in zip(plan.files, places, strict=True) if its == place]
        yield Job(volumes[place[0]], place[1], tuple(changes))


async def _write_files(
    paths: Sequence[Path],
    jobs: Sequence[Job],
    folder: Path,
    scratch: Path,
    report: Callable[[int], None],
) -> list[str]:
    left: list[str] = []
    others: list[Job] = []
    for number, job in enumerate(jobs):
        try:
            _check_names(job)
            if not _for_debugfs(paths, job):
                others.append(job)
                continue
            place = scratch / f"ext-{number}"
            place.mkdir()
            disk = paths[job.volume.extents[0].disk]
            await ext.write_ext(disk, job.volume, job.changes, folder, place)
        except Refused as refused:
            left.append(STAY.format(files=named(job.changes), reason=refused))
    report(20)
    ready: list[Job] = []
    for job in others:
        reason = _missing(job)
        if reason is None:
            ready.append(job)
        else:
            left.append(STAY.format(files=named(job.changes), reason=reason))
    if ready:
        wanted = [appliance.Work(job.volume, job.subvolume, job.changes) for job in ready]
        refused_for = await appliance.write_volumes(
            paths, wanted, folder, scratch, lambda percent: report(20 + percent * 75 // 100)
        )
        left += [
            STAY.format(files=named(job.changes), reason=reason)
            for job, reason in zip(ready, refused_for, strict=True)
            if reason is not None
        ]
    return left


def _check_names(job: Job) -> None:
    """Refuse names that a filesystem cannot have, or that a tool could mistake for something."""
    for change in job.changes:
        for path in (change.path, *([change.kept] if change.kept else []), *change.directories):
            first, *names = path.split("/")
            if first or any(name in ("", ".", "..") for name in names):
                raise Refused(f"{change.shown} is no plain path")
            if any(len(name.encode(errors="surrogateescape")) > NAME for name in names):
                raise Refused("a name is too long")
            if any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
                raise Refused("a name holds control characters")


def _for_debugfs(paths: Sequence[Path], job: Job) -> bool:
    """Tell whether debugfs can and should write to a volume."""
    if job.volume.filesystem not in EXT or len(job.volume.extents) != 1:
        return False
    [extent] = job.volume.extents
    found = ext.state(paths[extent.disk], extent.offset)
    lost = tools.missing(["debugfs", *(["e2fsck"] if found.dirty else [])])
    if lost and not _missing(job):
        return False
    if lost:
        raise Refused(NO_TOOLS.format(filesystem=job.filesystem, install=tools.wanted(lost)))
    return not found.quotas


def _missing(job: Job) -> str | None:
    """Return why the appliance cannot write to a volume here; None if it can."""
    needed = appliance.NEEDED.get(job.volume.filesystem or "")
    if needed is None or not job.volume.extents:
        return NO_SUCH.format(filesystem=job.filesystem)
    lost = tools.missing(needed)
    if lost:
        return NO_TOOLS.format(filesystem=job.filesystem, install=tools.wanted(lost))
    return None


__all__ = ["Failed", "write"]
