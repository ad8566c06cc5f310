"""Work on pieces of a file on all cores, with the results in the order of the pieces."""

import hashlib
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from converters.codec.etag import Hasher, part_size
from converters.sparse_copy import seek

Piece = TypeVar("Piece")
Result = TypeVar("Result")

THREADS = min(os.cpu_count() or 1, 16)  # more would need more memory than a codec may have
AHEAD = 2 * THREADS + 2  # pieces under way or waiting for their turn
CHUNK = 1 << 20  # bytes read at a time


def ordered(work: Callable[[Piece], Result], pieces: Iterable[Piece]) -> Iterator[Result]:
    """Give the results of work for all pieces; it must spend its time without the GIL."""
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[Result]] = deque()
        for piece in pieces:
            waiting.append(pool.submit(work, piece))
            if len(waiting) == AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def with_data(file: int, size: int, step: int) -> Iterator[int]:
    """Give the offsets, in steps, of those pieces of a file that aren't just a hole."""
    offset = 0
    while (offset := seek(file, offset, os.SEEK_DATA, size)) < size:
        offset -= offset % step
        yield offset
        offset += step


class Growing(Protocol):
    """What is written from its beginning to its end."""

    @property
    def size(self) -> int:
        """How many bytes there are so far."""

    def write(self, data: bytes | memoryview) -> None:
        """Add data."""


class HashedFile:
    """A file that is written from its beginning to its end, and hashed beside that.

    Of its head, if it has one, only the length is known before: that is written last.
    """

    def __init__(self, path: str, most: int, head: int = 0) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
        self._part = part_size(most)
        self._hasher = Hasher(self._part, head)
        self._head = head
        self.size = os.lseek(self._file, head, os.SEEK_SET)

    def write(self, data: bytes | memoryview) -> None:
        """Add data to the file."""
        self._add(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def skip(self, zeros: bytes | memoryview) -> None:
        """Add zeros to the file as a hole."""
        self._add(zeros)
        os.lseek(self._file, len(zeros), os.SEEK_CUR)

    def close(self, head: bytes = b"") -> None:
        """Close the file when it is whole, and print the size of a part and the ETag."""
        os.ftruncate(self._file, self.size)
        first = None
        if self._head:
            os.pwrite(self._file, head, 0)
            first = self._first_part()
        os.close(self._file)
        print("=", self._part, self._hasher.etag(first))

    def _first_part(self) -> bytes:
        # Its end was hashed before its beginning was known: it is read again, 64 MiB or so.
        md5 = hashlib.md5(usedforsecurity=False)
        end = min(self._part, self.size)
        for offset in range(0, end, CHUNK):
            md5.update(os.pread(self._file, min(CHUNK, end - offset), offset))
        return md5.digest()

    def _add(self, data: bytes | memoryview) -> None:
        self.size += len(data)
        self._hasher.update(data)


def write_hashed(write: Callable[[int, HashedFile, int], object]) -> None:
    """Have write(raw, target, size) make the file that the command line names."""
    size = int(sys.argv[3])
    target = HashedFile(sys.argv[2], size)
    write(os.open(sys.argv[1], os.O_RDONLY), target, size)
    target.close()
