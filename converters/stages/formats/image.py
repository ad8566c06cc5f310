"""An image file that nobody trusts: every read stays inside it."""

import os
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

SECTOR = 512


class Outside(Exception):
    """Something in the image points outside it: it is cut off, or made up."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What an image says of the disk in it."""

    size: int  # bytes of the disk
    data: int  # bytes of the disk that the image holds, at most; the rest reads as zeros
    plain: bool = False  # the disk's bytes stand at the beginning of the file as they are


class Image:
    """An image file, or length bytes of one from offset on, open for reading."""

    def __init__(self, path: Path, offset: int = 0, length: int | None = None) -> None:
        self._file = os.open(path, os.O_RDONLY)
        self._offset = offset
        rest = max(os.fstat(self._file).st_size - offset, 0)
        self.size = rest if length is None else min(length, rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        os.close(self._file)

    def read(self, offset: int, length: int) -> bytes:
        """Return length bytes from offset; Outside unless the file has them all."""
        if offset + length > self.size:
            raise Outside
        data = os.pread(self._file, length, self._offset + offset)
        if len(data) < length:
            raise Outside
        return data

    def begins(self, length: int, offset: int = 0) -> bytes:
        """Return what there is of the length bytes at offset."""
        return os.pread(self._file, max(min(length, self.size - offset), 0), self._offset + offset)

    def numbers(
        self, kind: Literal["I", "Q"], offset: int, count: int, order: Literal["little", "big"]
    ) -> "array[int]":
        """Return count integers of 32 ("I") or 64 ("Q") bits from offset; Outside."""
        numbers = array(kind)
        numbers.frombytes(self.read(offset, count * numbers.itemsize))
        if order != sys.byteorder:
            numbers.byteswap()
        return numbers
