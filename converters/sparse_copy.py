"""Copies SIZE bytes of a file, from OFFSET on, so that what is empty stays a hole.

    python -I -S sparse_copy.py SOURCE TARGET SIZE OFFSET [LIMIT]

With a LIMIT the bytes are those of gzip, and what they inflate to is written, so much at most.
Prints the percentage done, one a line; ends with 65 if the bytes won't inflate.

A stand-alone script, run on the lifeline: killed like any other program, and no thread of a copy
competes with the server's. Where the filesystem can, the copy of a whole file is a reflink and
costs nothing; otherwise only extents with data are read, and of those only blocks that are not
zeros are written.
"""

import contextlib
import errno
import fcntl
import os
import sys
import zlib

FICLONE = 0x40049409  # linux/fs.h
CHUNK = 1 << 18  # bytes read at a time; more would not stay in the cache until it is written
BLOCK = 1 << 16  # bytes that are written or left out: fewer, and the copy is slow and fragmented
GZIP = 16 + zlib.MAX_WBITS  # zlib.h
GARBLED = os.EX_DATAERR
ZEROS = bytes(CHUNK)
ZERO_BLOCK = bytes(BLOCK)


def reflink(source: int, target: int) -> bool:
    """Let target share all blocks of source, if the filesystem can."""
    if sys.platform != "linux":
        return False
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError:
        return False
    return True


def seek(file: int, offset: int, whence: int, size: int) -> int:
    """Return where the next data or hole begins, at most size."""
    try:
        return min(os.lseek(file, offset, whence), size)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nothing but a hole to the end
            return size
        return offset if whence == os.SEEK_DATA else size  # it can't tell: all is data


def write(target: int, chunk: bytes, offset: int) -> None:
    """Write the blocks of a chunk that are not zeros, neighbours together."""
    if chunk == ZEROS:
        return
    begin = None
    for at in range(0, len(chunk), BLOCK):
        if chunk.startswith(ZERO_BLOCK, at):
            if begin is not None:
                put(target, memoryview(chunk)[begin:at], offset + begin)
            begin = None
        elif begin is None:
            begin = at
    if begin is not None:
        put(target, memoryview(chunk)[begin:], offset + begin)


def put(target: int, data: memoryview, offset: int) -> None:
    """Write all of data; a disk that is nearly full takes some of it before it fails."""
    while data:
        written = os.pwrite(target, data, offset)
        data, offset = data[written:], offset + written


def show(done: int, size: int, shown: int) -> int:
    """Print the percentage if it has changed, and return it."""
    percent = done * 100 // (size or 1)
    if percent > shown:
        with contextlib.suppress(BrokenPipeError):
            os.write(1, f"{percent}\n".encode())
    return percent


def copy(source: int, target: int, size: int, begin: int) -> None:
    """Copy the data extents of size bytes from begin."""
    shown = -1
    offset = begin
    last = begin + size
    while (offset := seek(source, offset, os.SEEK_DATA, last)) < last:
        end = seek(source, offset, os.SEEK_HOLE, last)
        while offset < end:
            chunk = os.pread(source, min(CHUNK, end - offset), offset)
            if not chunk:
                sys.exit(f"the source ends at {offset}, before {last}")
            write(target, chunk, offset - begin)
            offset += len(chunk)
            shown = show(offset - begin, size, shown)


def inflate(source: int, target: int, size: int, begin: int, limit: int) -> int:
    """Inflate one gzip stream after the other; return how many bytes that are."""
    shown = -1
    offset, written = begin, 0
    last = begin + size
    rest = b""
    while rest or offset < last or offset == begin:
        inflater = zlib.decompressobj(GZIP)
        while not inflater.eof:
            if not rest:
                rest = os.pread(source, min(CHUNK, last - offset), offset)
                offset += len(rest)
                shown = show(offset - begin, size, shown)
            chunk = inflater.decompress(rest, CHUNK)
            if not chunk and not rest and not inflater.eof:
                raise zlib.error("cut off")
            if written + len(chunk) > limit:
                raise zlib.error("more than the disk can have")
            write(target, chunk, written)
            written += len(chunk)
            rest = inflater.unconsumed_tail
        rest = inflater.unused_data
    return written


def main() -> None:
    """Copy what the command line names."""
    size, offset = int(sys.argv[3]), int(sys.argv[4])
    source = os.open(sys.argv[1], os.O_RDONLY)
    target = os.open(sys.argv[2], os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    if len(sys.argv) > 5:
        try:
            size = inflate(source, target, size, offset, int(sys.argv[5]))
        except zlib.error as error:
            print(error, file=sys.stderr)
            sys.exit(GARBLED)
    elif offset or not reflink(source, target):
        copy(source, target, size, offset)
    os.ftruncate(target, size)


if __name__ == "__main__":
    main()
