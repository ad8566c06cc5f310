"""Turns a disk image into a raw disk, sparse, byte for byte what the guest saw.

A raw image and a fixed VHD hold the disk as it is: they are copied without qemu-img, which would
round a size that is not a multiple of 512 bytes. The other formats count in sectors, so there such
a disk has been padded with zeros by whoever made the image, and the snapshot has that size.
Stream-optimized VMDKs are read by a program of our own, which uses all cores; qemu-img doesn't.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.codec import program
from converters.lifeline import Limits
from converters.stages.formats import named, vmdk
from converters.stages.inspect import Disk

MEMORY: Final = 2 << 30  # bytes of address space; of each of sixteen threads there are 80 MiB


class CopyFailed(Exception):
    """What was written is not as long as the disk; the reason is on our side."""


@dataclass(frozen=True, slots=True)
class RawDisk:
    """A raw disk; the file is exactly as long as the disk."""

    path: Path
    size: int  # bytes


async def to_raw(disk: Disk, target: Path, report: Callable[[int], None]) -> RawDisk:
    """Write the disk to target; report gets the percentage. ClientError if it can't be read."""
    if disk.driver is None:
        await _copy(disk, target, report)
    elif disk.driver == vmdk.DRIVER:
        await _read_vmdk(disk, target, report)
    else:
        try:
            source = qemu_img.Source(disk.path, disk.driver, disk.offset, disk.file_size)
            await qemu_img.convert(source, target, disk.size, disk.data, report)
        except qemu_img.Unreadable as error:
            raise named(disk.format).broken() from error
    return _looked_at_again(disk, target)


async def _read_vmdk(disk: Disk, target: Path, report: Callable[[int], None]) -> None:
    ended = await program.run(
        "read_vmdk",
        [str(disk.path), str(target), str(disk.offset), str(disk.file_size)],
        Limits(MEMORY, qemu_img.patience(disk.size, disk.data), file_size=disk.size),
        report,
    )
    if ended.code == os.EX_DATAERR or ended.code in qemu_img.CRASHES:
        raise vmdk.broken()
    program.check("read_vmdk", ended)


def _looked_at_again(disk: Disk, target: Path) -> RawDisk:
    written = target.stat().st_size
    if written != disk.size:
        raise CopyFailed(f"{target} has {written} bytes, the disk {disk.size}")
    return RawDisk(target, written)


async def _copy(disk: Disk, target: Path, report: Callable[[int], None]) -> None:
    numbers = [disk.size, disk.offset]
    ended = await program.copy(disk.path, target, numbers, Limits(file_size=disk.size), report)
    program.check("the copy", ended)
