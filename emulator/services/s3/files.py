"""Bytes from file to file, inside the kernel, which shares them where the filesystem can."""

import errno
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from emulator.services.s3.checksums import Algorithm

PIECE = 1 << 20  # bytes read at a time
RANGE = 64 << 20  # bytes asked of the kernel at a time
# What filesystems and old kernels answer to copy_file_range; sendfile is there everywhere.
UNABLE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM})


def concatenate(sources: Iterable[Path], target: Path) -> None:
    """Write files one after the other into a new one."""
    with target.open("xb") as file:
        for path in sources:
            with path.open("rb") as source:
                append(source.fileno(), 0, os.fstat(source.fileno()).st_size, file.fileno())


def append(source: int, start: int, length: int, target: int) -> None:
    """Copy a range of one open file to where another stands."""
    end = start + length
    while start < end:
        try:
            copied = os.copy_file_range(source, target, min(end - start, RANGE), start)
        except OSError as error:
            if error.errno not in UNABLE:
                raise
            copied = os.sendfile(target, source, start, min(end - start, RANGE))
        if copied == 0:
            raise OSError(errno.ENODATA, "the source is shorter than it should be")
        start += copied


def copy_range(
    source: Path, start: int, length: int, target: Path, algorithms: Sequence[Algorithm]
) -> dict[str, bytes]:
    """Copy a range of a file into a new one; gives its digests."""
    digests = {algorithm.name: algorithm.start() for algorithm in algorithms}
    with source.open("rb") as file, target.open("wb") as copy:
        append(file.fileno(), start, length, copy.fileno())
        file.seek(start)
        while length:
            piece = file.read(min(PIECE, length))
            for digest in digests.values():
                digest.update(piece)
            length -= len(piece)
    return {name: digest.digest() for name, digest in digests.items()}
