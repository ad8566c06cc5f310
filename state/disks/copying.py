"""Copies of disks that share their bytes where the filesystem can, and keep their holes."""

import fcntl
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from state.disks.journal import put
from state.disks.raw import RawDisk

if TYPE_CHECKING:
    from state.disks import Disk

FICLONE: Final = 0x40049409  # linux/fs.h
CHUNK: Final = 1 << 20  # bytes read at a time
ZEROS: Final = bytes(CHUNK)


def copy(disk: "Disk", target: Path) -> None:
    """Write a disk into a new file; nothing is there if this fails."""
    file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        if not (isinstance(disk, RawDisk) and reflink(disk, file)):
            copy_data(disk, file)
    except BaseException:
        target.unlink()
        raise
    finally:
        os.close(file)


def reflink(disk: RawDisk, target: int) -> bool:
    """Let a file share all blocks of a raw disk, if the filesystem can."""
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, FICLONE, disk.fileno())
    except OSError:
        return False
    if os.fstat(target).st_size > disk.size:
        os.ftruncate(target, disk.size)
    return True


def copy_data(disk: "Disk", target: int) -> None:
    """Copy what may hold other than zeros."""
    for begin, end in disk.data():
        for offset in range(begin, end, CHUNK):
            data = disk.read(offset, min(CHUNK, end - offset))
            if data != ZEROS:
                put(target, data, offset)
