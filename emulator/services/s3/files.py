"""Bytes from file to file, inside the kernel, which shares them where the filesystem can."""

import errno
import os
from collections.abc import Iterable
from typing import BinaryIO

from emulator.services.s3.checksums import Algorithm

PIECE = 1 << 20  # bytes read at a time
RANGE = 64 << 20  # bytes asked of the kernel at a time
# What filesystems and old kernels answer to copy_file_range; sendfile is there everywhere.
UNABLE = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM})


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


def copy(
    source: BinaryIO, start: int, length: int, target: BinaryIO, algorithms: Iterable[Algorithm]
) -> dict[str, bytes]:
    """Copy a range of one open file to where another stands; gives its digests."""
    digests = {algorithm.name: algorithm.start() for algorithm in algorithms}
    append(source.fileno(), start, length, target.fileno())
    source.seek(start)
    while length:
        piece = source.read(min(PIECE, length))
        for digest in digests.values():
            digest.update(piece)
        length -= len(piece)
    return {name: digest.digest() for name, digest in digests.items()}
