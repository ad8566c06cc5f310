"""Prints the MD5 of the first SIZE bytes of a file, which is the ETag of an object that is it.

    python -I -m converters.codec.digest FILE SIZE

Holes are not read; they are hashed as the zeros that they stand for.
"""

import hashlib
import os
import sys

from converters.sparse_copy import seek, show

CHUNK = 1 << 20  # bytes read at a time
ZEROS = bytes(CHUNK)


def digest(file: int, size: int) -> str:
    """Return the MD5 of the first size bytes; printing how far it is."""
    md5 = hashlib.md5(usedforsecurity=False)
    shown = -1
    offset = 0
    while offset < size:
        data = seek(file, offset, os.SEEK_DATA, size)
        while offset < data:
            length = min(CHUNK, data - offset)
            md5.update(memoryview(ZEROS)[:length])
            offset += length
            shown = show(offset, size, shown)
        hole = seek(file, offset, os.SEEK_HOLE, size) if offset < size else size
        while offset < hole:
            chunk = os.pread(file, min(CHUNK, hole - offset), offset)
            if not chunk:
                sys.exit(f"the file ends at {offset}, before {size}")
            md5.update(chunk)
            offset += len(chunk)
            shown = show(offset, size, shown)
    return md5.hexdigest()


def main() -> None:
    """Hash what the command line names."""
    print("=", digest(os.open(sys.argv[1], os.O_RDONLY), int(sys.argv[2])))


if __name__ == "__main__":
    main()
