"""Work on pieces of a file on all cores, with the results in the order of the pieces."""

import hashlib
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from converters.sparse_copy import seek

Piece = TypeVar("Piece")
Result = TypeVar("Result")

THREADS = min(os.cpu_count() or 1, 16)  # more would need more memory than a codec may have
AHEAD = 2 * THREADS + 2  # pieces under way or waiting for their turn
UNHASHED = 4


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


class HashedFile:
    """A file that is written from its beginning to its end, and hashed beside that."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._hasher = ThreadPoolExecutor(1)
        self._unhashed: deque[Future[None]] = deque()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Add data to the file."""
        self._hash(data)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file, rest) :]

    def skip(self, zeros: bytes | memoryview) -> None:
        """Add zeros to the file as a hole."""
        self._hash(zeros)
        os.lseek(self._file, len(zeros), os.SEEK_CUR)

    def close(self) -> str:
        """Return the MD5 of the whole."""
        os.ftruncate(self._file, self.size)
        self._hasher.shutdown()
        os.close(self._file)
        return self._md5.hexdigest()

    def _hash(self, data: bytes | memoryview) -> None:
        self.size += len(data)
        self._unhashed.append(self._hasher.submit(self._md5.update, data))
        if len(self._unhashed) > UNHASHED:
            self._unhashed.popleft().result()
