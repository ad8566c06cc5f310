"""Turns a raw disk into the file that an export leaves in a bucket, and tells its ETag.

    VMDK   stream-optimized
    VHD    dynamic, blocks of 2 MiB, exactly as large as the disk and not as a geometry
    RAW    the disk itself: a second name of the file
    OVA    a machine with the disk as VMDK

VMDK and VHD count in sectors: a disk that is not a multiple of 512 bytes is padded with zeros.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.codec import program
from converters.codec.virtual_system import Machine
from converters.lifeline import Limits
from converters.stages.inspect import RAW, Disk
from converters.stages.to_raw import to_raw

WRITERS: Final = {"VMDK": "write_vmdk", "VHD": "write_vhd"}
FORMATS: Final = (*WRITERS, RAW)

# What doesn't deflate gets larger by a sector for every 64 KiB; a VHD has whole blocks.
SPARE: Final = 4 << 20  # bytes


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is whole, and what it is as an object."""

    size: int  # bytes of the file
    etag: str
    part: int  # bytes of each part; a file no longer than one isn't in parts

    @property
    def part_sizes(self) -> tuple[int, ...]:
        """Return the sizes of its parts, as if it had been uploaded in parts."""
        if self.size <= self.part:
            return ()
        count, rest = divmod(self.size, self.part)
        return (self.part,) * count + ((rest,) if rest else ())


async def from_raw(
    raw: Path, size: int, disk_format: str, target: Path, report: Callable[[int], None]
) -> Written:
    """Write the disk to target as VMDK, VHD or RAW; report gets the percentage.

    A file that is shorter than size is a disk that ends in zeros.
    """
    target.unlink(missing_ok=True)  # noqa: ASYNC240  # of an attempt before
    if disk_format in WRITERS:
        return await _write(WRITERS[disk_format], raw, size, target, report)
    await _copy(raw, size, target)
    return await _told("digest", [str(target), str(size)], Limits(file_size=1), target, report)


async def to_ova(
    raw: Path, size: int, machine: Machine, target: Path, report: Callable[[int], None]
) -> Written:
    """Write a machine with the disk to target; report gets the percentage.

    A file that is shorter than size is a disk that ends in zeros.
    """
    target.unlink(missing_ok=True)  # noqa: ASYNC240  # of an attempt before
    return await _write("write_ova", raw, size, target, report, json.dumps(machine._asdict()))


async def _write(
    name: str, raw: Path, size: int, target: Path, report: Callable[[int], None], *more: str
) -> Written:
    limits = Limits(file_size=size + (size >> 6) + SPARE)
    return await _told(name, [str(raw), str(target), str(size), *more], limits, target, report)


async def _told(
    name: str, arguments: list[str], limits: Limits, target: Path, report: Callable[[int], None]
) -> Written:
    ended = await program.run(name, arguments, limits, report)
    part, etag = program.found_out(name, ended)
    return Written(_length(target), etag, int(part))


async def _copy(raw: Path, size: int, target: Path) -> None:
    if _length(raw) == size:
        target.hardlink_to(raw)  # noqa: ASYNC240
    else:
        await to_raw(Disk(raw, RAW, None, size, size, size), target, lambda percent: None)


def _length(file: Path) -> int:
    return file.stat().st_size
