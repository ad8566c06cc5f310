"""Bytes that are too many to hold: request bodies on their way in, files on their way out."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 1 << 20  # bytes: worth a thread, and small enough for many transfers at once


class RequestBody:
    """The decoded payload of a request, block by block as it arrives; it can be read once.

    `length` is the number of bytes that the client announced, None if it did not;
    `trailers` has the trailing headers (lower-case names) once the last piece was read.
    """

    def __init__(
        self,
        pieces: AsyncIterator[bytes],
        length: int | None = None,
        trailers: Mapping[str, str] | None = None,
    ) -> None:
        self.pieces = pieces
        self.length = length
        self.trailers: Mapping[str, str] = {} if trailers is None else trailers

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.pieces.__aiter__()


@dataclass(frozen=True, slots=True)
class FileBody:
    """A range of an open file that goes out as the body of an answer; the sender closes it."""

    file: BinaryIO
    offset: int
    length: int
