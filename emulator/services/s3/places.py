"""Where the bytes of an upload arrive: in a file of their own, or in their slot of a common file.

    common file of a multipart upload    | part 1 | part 2 |        | part 4 | 5 |
                                         0        s        2s       3s       4s

Clients send parts of one size s, but for the last. So a part is written where it will stay: part n
at (n - 1) · s of a blob that has the upload's id. If the parts lie one behind the other at the end,
that file is the object, and no byte was copied. The first part to come decides what s is. What does
not fit gets a file of its own: a larger part, one of unknown size, one sent again.

A slot is its writer's alone by a lock on its bytes, the whole file is its completer's. The locks
are of the open file (F_OFD_SETLK): they hold between threads as well as between processes, and end
with the process. Where there are none, every part gets a file of its own. A slot that was given up
is punched out of the file; what a process that died has left in one stays until the upload ends.
"""

import ctypes
import errno
import fcntl
import os
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import BinaryIO, Protocol

from state.blobs import Blobs
from state.objects import Part

UNLOCKABLE = frozenset({errno.EAGAIN, errno.EACCES, errno.ENOLCK, errno.EINVAL, errno.EOPNOTSUPP})
LARGEST = 5 << 40  # bytes: no object is larger, and some filesystems end at 16 TiB
FLOCK = "hhqqi4x"  # struct flock: type, whence, first byte, length, process
PUNCH_HOLE = 0x02 | 0x01  # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
LIBC = ctypes.CDLL(None, use_errno=True)


class Place(Protocol):
    """Where bytes arrive; the file stands at their beginning."""

    file: BinaryIO
    blob_id: str
    offset: int

    def keep(self) -> None:
        """Make the bytes those of the blob; raises FileNotFoundError if they were given up."""

    def give_up(self) -> None:
        """Close the file; remove the bytes, unless they are kept."""

    def remove(self) -> None:
        """Remove the bytes although they were kept."""


class Arrival:
    """A file of its own, which becomes a blob."""

    offset = 0

    def __init__(self, blobs: Blobs) -> None:
        self.blobs = blobs
        self.blob_id = blobs.new_id()
        self.path = blobs.incoming()
        self.file: BinaryIO = self.path.open("xb")

    def keep(self) -> None:
        """Make the file a blob."""
        self.blobs.keep(self.path, self.blob_id)

    def give_up(self) -> None:
        """Close the file; remove it, unless it is a blob by now."""
        self.path.unlink(missing_ok=True)
        self.file.close()

    def remove(self) -> None:
        """Remove the blob."""
        self.blobs.remove(self.blob_id)


class Slot:
    """A stretch of an upload's common file, which nobody else writes."""

    def __init__(self, file: BinaryIO, common: "Common", offset: int, length: int) -> None:
        self.file = file
        self.common = common
        self.blob_id = common.upload_id
        self.offset = offset
        self.length = length
        self.settled = threading.Lock()  # taken by what comes first, keeping or giving up
        file.seek(offset)

    def keep(self) -> None:
        """See that nobody gives the bytes up any more."""
        if not self.settled.acquire(blocking=False):
            raise FileNotFoundError(errno.ENOENT, "the bytes were given up")

    def give_up(self) -> None:
        """Close the file; remove the bytes, unless they are kept."""
        if self.settled.acquire(blocking=False):
            self.remove()
        self.file.close()

    def remove(self) -> None:
        """Punch the bytes out; if no part is in the file, and nobody writes to it, remove that."""
        self.file.flush()
        LIBC.fallocate(
            self.file.fileno(), PUNCH_HOLE, ctypes.c_long(self.offset), ctypes.c_long(self.length)
        )
        if locked(self.file, 0, 0) and not self.common.in_use():
            self.common.path.unlink(missing_ok=True)


class Common:
    """The common file of an upload."""

    def __init__(self, blobs: Blobs, upload_id: str, in_use: Callable[[], bool]) -> None:
        self.upload_id = upload_id
        self.path = blobs.path(upload_id)
        self.in_use = in_use  # tells whether any part has its bytes here

    def slot(self, offset: int, length: int, free: Callable[[], bool]) -> Slot | None:
        """Take a slot, unless someone is writing there, or it is not free when we have the lock."""
        if offset + length > LARGEST:
            return None
        self.path.parent.mkdir(exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        file = os.fdopen(descriptor, "wb")
        try:
            # Without a link, someone has removed the file since it was opened.
            if locked(file, offset, length) and os.fstat(descriptor).st_nlink and free():
                return Slot(file, self, offset, length)
        except BaseException:
            file.close()
            raise
        file.close()
        return None

    @contextmanager
    def holding(self, parts: Sequence[Part]) -> Iterator[bool]:
        """Tell whether the file consists of these parts; if so, nobody writes to it meanwhile."""
        ends = accumulate(part.size for part in parts)
        if any(
            part.blob_id != self.upload_id or part.offset + part.size != end
            for part, end in zip(parts, ends, strict=True)
        ):
            yield False
            return
        with self.path.open("r+b") as file:
            size = sum(part.size for part in parts)
            yield locked(file, 0, 0) and os.fstat(file.fileno()).st_size == size


def locked(file: BinaryIO, offset: int, length: int) -> bool:
    """Lock some bytes of a file, or all from there for length 0, unless someone else has."""
    command = getattr(fcntl, "F_OFD_SETLK", None)
    if command is None:  # not on Linux
        return False
    try:
        fcntl.fcntl(
            file, command, struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, offset, length, 0)
        )
    except OSError as error:
        if error.errno in UNLOCKABLE:
            return False
        raise
    return True
