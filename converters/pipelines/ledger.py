"""A disk image that comes in parts, in any order, and what is there of it already.

    image     as long as the whole; a part is written where it belongs, zeros stay holes
    parts     17 bytes for each: a state, and the MD5 of the part's bytes
                0  nothing has come     2  it is there
                1  some has come        3  it is there, and nobody has told its MD5

A part is written before it is noted, so that what is noted is there, whoever dies when. What has
come in half comes again, and then is written with its zeros: there may be others' bytes below.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from converters import sparse_copy

RECORD: Final = 17
BEGUN, THERE, UNKNOWN = 1, 2, 3
CHUNK: Final = sparse_copy.CHUNK


class Ledger:
    """The two files, open."""

    def __init__(self, folder: Path, count: int, size: int) -> None:
        self.image = folder / "image"
        self._count = count
        self._parts = os.open(folder / "parts", os.O_RDWR | os.O_CREAT, 0o666)
        os.ftruncate(self._parts, RECORD * count)
        self._records = bytearray(os.pread(self._parts, RECORD * count, 0))
        if self.image.exists() and self.image.stat().st_nlink > 1:
            self.image.unlink()  # bytes of a blob, which nobody may change
        self._image = os.open(self.image, os.O_RDWR | os.O_CREAT, 0o666)
        if os.fstat(self._image).st_size != size:
            os.ftruncate(self._image, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._image)
        os.close(self._parts)

    def missing(self) -> Iterator[int]:
        """Yield the numbers of the parts that are not there."""
        states = self._records[::RECORD]
        return (number for number in range(self._count) if states[number] < THERE)

    def has(self, number: int) -> bool:
        """Tell whether a part is there."""
        return self._records[RECORD * number] >= THERE

    def begin(self, number: int) -> bool:
        """Note that a part begins to come; tell whether none of it has come before."""
        fresh = self._records[RECORD * number] == 0
        if fresh:
            self._note(number, BEGUN, b"")
        return fresh

    def write(self, piece: bytes, offset: int, fresh: bool) -> None:
        """Write some bytes of the image."""
        if fresh:
            for begin in range(0, len(piece), CHUNK):
                sparse_copy.write(self._image, piece[begin : begin + CHUNK], offset + begin)
        else:
            sparse_copy.put(self._image, memoryview(piece), offset)

    def end(self, number: int, md5: bytes | None) -> None:
        """Note that a part is there."""
        self._note(number, THERE if md5 else UNKNOWN, md5 or b"")

    def whole(self, blob: Path) -> None:
        """Take a file for the image, which is but one part."""
        second = self.image.with_name("whole")
        second.unlink(missing_ok=True)
        second.hardlink_to(blob)
        second.rename(self.image)

    def checksum(self) -> str | None:
        """Return the MD5 of the parts' MD5s, as S3 writes it; None if one is not known."""
        records = [self._records[at : at + RECORD] for at in range(0, len(self._records), RECORD)]
        if any(record[0] != THERE for record in records):
            return None
        digest = hashlib.md5(usedforsecurity=False)
        for record in records:
            digest.update(record[1:])
        return f"{digest.hexdigest()}-{self._count}"

    def _note(self, number: int, state: int, md5: bytes) -> None:
        record = bytes([state]) + md5.ljust(RECORD - 1, b"\0")
        self._records[RECORD * number : RECORD * (number + 1)] = record
        os.pwrite(self._parts, record, RECORD * number)
