"""Prints the ETag of an object that is the first SIZE bytes of a file.

    python -I -m converters.codec.digest FILE SIZE

Holes are not read, and parts that are nothing but a hole are hashed once. Prints percentages and,
at the end, "= ", the size of a part, and the ETag.
"""

import functools
import hashlib
import os
import sys

from converters.codec.etag import etag, part_size
from converters.codec.ordered import ordered
from converters.sparse_copy import seek, show

CHUNK = 1 << 20  # bytes read at a time
ZEROS = bytes(CHUNK)


def digest(file: int, offset: int, end: int) -> bytes:
    """Return the MD5 of the bytes from offset to end."""
    if seek(file, offset, os.SEEK_DATA, end) == end:
        return of_zeros(end - offset)
    md5 = hashlib.md5(usedforsecurity=False)
    while offset < end:
        data = seek(file, offset, os.SEEK_DATA, end)
        while offset < data:
            zeros = memoryview(ZEROS)[: data - offset]
            md5.update(zeros)
            offset += len(zeros)
        hole = seek(file, offset, os.SEEK_HOLE, end) if offset < end else end
        while offset < hole:
            chunk = os.pread(file, min(CHUNK, hole - offset), offset)
            if not chunk:
                sys.exit(f"the file ends at {offset}, before {end}")
            md5.update(chunk)
            offset += len(chunk)
    return md5.digest()


@functools.cache
def of_zeros(length: int) -> bytes:
    """Return the MD5 of so many zeros."""
    md5 = hashlib.md5(usedforsecurity=False)
    for offset in range(0, length, CHUNK):
        md5.update(memoryview(ZEROS)[: length - offset])
    return md5.digest()


def main() -> None:
    """Hash what the command line names."""
    file, size = os.open(sys.argv[1], os.O_RDONLY), int(sys.argv[2])
    part = part_size(size)
    digests: list[bytes] = []
    shown = -1
    offsets = range(0, size, part) or range(1)
    for found in ordered(lambda at: digest(file, at, min(at + part, size)), offsets):
        digests.append(found)
        shown = show(min(len(digests) * part, size), size, shown)
    print("=", part, etag(digests))


if __name__ == "__main__":
    main()
