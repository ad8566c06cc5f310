"""The ETag of an object, counted as S3 does for one that was uploaded in parts.

    no longer than a part    the MD5 of its bytes
    longer                   the MD5 of the MD5s of its parts, "-", and how many there are

So parts are hashed side by side, and those that are holes all at once: one after the other, the
zeros of a disk of 1 TiB would take half an hour.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

PART: Final = 64 << 20  # bytes; what fits into one is hashed as a whole
MOST: Final = 10_000  # parts of an upload
LANES: Final = 2  # parts that are hashed at once while a file is written
AHEAD: Final = 96 << 20  # bytes that wait to be hashed: enough to keep both lanes busy


def part_size(size: int) -> int:
    """Return how long the parts of an object of up to size bytes are."""
    part = PART
    while part * MOST < size:
        part *= 2
    return part


def etag(digests: Sequence[bytes]) -> str:
    """Return the ETag of an object whose parts have these MD5s."""
    if len(digests) == 1:
        return digests[0].hex()
    together = hashlib.md5(b"".join(digests), usedforsecurity=False)
    return f"{together.hexdigest()}-{len(digests)}"


class Hasher:
    """Hashes what it is given, in parts, beside whoever goes on to give it more."""

    def __init__(self, part: int, skipped: int = 0) -> None:
        self._part = part
        self._lanes = [ThreadPoolExecutor(1) for _ in range(LANES)]
        self._parts = [hashlib.md5(usedforsecurity=False)]
        self._room = part - skipped  # of the first part: bytes that are not known yet
        self._waiting: deque[tuple[Future[None], int]] = deque()
        self._ahead = 0

    def update(self, data: bytes | memoryview) -> None:
        """Hash data, which must not change."""
        rest = memoryview(data)
        while rest:
            if not self._room:
                self._parts.append(hashlib.md5(usedforsecurity=False))
                self._room = self._part
            piece, rest = rest[: self._room], rest[self._room :]
            self._room -= len(piece)
            lane = self._lanes[len(self._parts) % LANES]
            self._waiting.append((lane.submit(self._parts[-1].update, piece), len(piece)))
            self._ahead += len(piece)
            while self._ahead > AHEAD:
                self._wait()

    def etag(self, first: bytes | None = None) -> str:
        """Return the ETag of all; first is the MD5 of the first part, if some was skipped."""
        while self._waiting:
            self._wait()
        for lane in self._lanes:
            lane.shutdown()
        digests = [part.digest() for part in self._parts]
        if first is not None:
            digests[0] = first
        return etag(digests)

    def _wait(self) -> None:
        done, length = self._waiting.popleft()
        done.result()
        self._ahead -= length
