"""Turns a raw disk into the file that an export leaves in a bucket, and tells its MD5.

    VMDK   stream-optimized
    VHD    dynamic, blocks of 2 MiB, exactly as large as the disk and not as a geometry
    RAW    the disk itself: a second name of the file, or a sparse copy

VMDK and VHD count in sectors: a disk that is not a multiple of 512 bytes is padded with zeros.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.codec import program
from converters.lifeline import Limits

FORMATS: Final = ("VMDK", "VHD", "RAW")


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is whole."""

    size: int  # bytes of the file
    md5: str  # in hex


async def from_raw(
    raw: Path, size: int, disk_format: str, target: Path, report: Callable[[int], None]
) -> Written:
    """Write the disk of size bytes to target as VMDK, VHD or RAW; report gets the percentage."""
    _begin(raw, disk_format, target)
    if disk_format != "RAW":
        await qemu_img.write(raw, size, disk_format, target, lambda percent: report(percent // 2))
    done = 0 if disk_format == "RAW" else 50
    length = _length(target)
    ended = await program.run(
        "digest",
        [str(target), str(length)],
        Limits(file_size=1),
        lambda percent: report(done + percent * (100 - done) // 100),
    )
    return Written(length, program.found_out("digest", ended))


def _begin(raw: Path, disk_format: str, target: Path) -> None:
    target.unlink(missing_ok=True)  # of an attempt before
    if disk_format == "RAW":
        target.hardlink_to(raw)


def _length(file: Path) -> int:
    return file.stat().st_size
