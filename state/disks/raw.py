"""Raw disks: the file is the disk, and its holes are zeros."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

NOWAIT: Final[int | None] = getattr(os, "RWF_NOWAIT", None)  # Linux alone has it


class RawDisk:
    """A disk whose file holds its bytes as they are; the file may be shorter than the disk."""

    def __init__(self, file: int, size: int) -> None:
        self.size = size
        self._file = file

    def read(self, offset: int, length: int) -> bytes:
        """Return so many bytes; what lies behind the end of the disk is zeros."""
        inside = max(0, min(length, self.size - offset))
        found = os.pread(self._file, inside, offset)
        if len(found) < inside:  # the end of the file, or of what one call reads
            pieces = [found]
            at = offset + len(found)
            while at < offset + inside and (
                piece := os.pread(self._file, offset + inside - at, at)
            ):
                pieces.append(piece)
                at += len(piece)
            found = b"".join(pieces)
        return found if len(found) == length else found.ljust(length, b"\0")

    def data(self, offset: int = 0) -> Iterator[tuple[int, int]]:
        """Yield begin and end of what is not a hole, from an offset on, in order."""
        while (begin := self._seek(offset, os.SEEK_DATA)) < self.size:
            offset = self._seek(begin, os.SEEK_HOLE)
            yield begin, offset

    def fileno(self) -> int:
        """Return the open file."""
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _seek(self, offset: int, whence: int) -> int:
        """Return where data or a hole begins next, at most the size of the disk."""
        if offset >= self.size:
            return self.size
        try:
            return min(os.lseek(self._file, offset, whence), self.size)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole to the end
                return self.size
            return offset if whence == os.SEEK_DATA else self.size  # it can't tell: all is data


def open_raw(path: Path, size: int) -> RawDisk:
    """Open a file as a disk of so many bytes; raises FileNotFoundError."""
    return RawDisk(os.open(path, os.O_RDONLY | os.O_CLOEXEC), size)


def stretch(file: int, size: int) -> None:
    """Make a file as large as its disk; it stays shorter if the filesystem has no such files."""
    try:
        os.ftruncate(file, size)
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise


def read_at_once(file: int, offset: int, buffer: bytearray | memoryview) -> bool:
    """Fill a buffer from a file, if that takes no time, because it is all in memory."""
    if NOWAIT is None:
        return False
    try:
        return os.preadv(file, [buffer], offset, NOWAIT) == len(buffer)
    except OSError:  # nothing of it is in memory, or the filesystem cannot tell
        return False
