"""Writes the disk in a raw file as an OVA: a machine with that one disk, as VMDK.

    python -I -m converters.codec.write_ova RAW TARGET SIZE MACHINE

    NAME.ovf          the descriptor; it ends in empty lines, for it is written last, into its place
    NAME.mf           its digest and that of the disk
    NAME-disk1.vmdk   stream-optimized
                      two blocks of zeros

MACHINE is a `converters.codec.virtual_system.Machine` as JSON. The VMDK is written where it belongs
at once, nothing is written twice. This order of files is one of those that the specification has,
and what VMware's own tool makes. Digests are SHA-1: vSphere 4 and 5 know no others. Prints
percentages and, at the end, "= ", and the ETag.

Specification: DSP0243, https://www.dmtf.org/standards/ovf; of tar POSIX.1-2017, pax (ustar).
"""

import hashlib
import json
import os
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from converters.codec import write_vmdk
from converters.codec.ordered import HashedFile
from converters.codec.sparse_extent import SECTOR
from converters.codec.virtual_system import Machine, descriptor

BLOCK: Final = 512  # bytes
OCTAL: Final = 8 << 30  # bytes; a larger file's size is in binary, as GNU tar writes it
LARGEST: Final = (1 << 63) - 1  # has as many digits as any size
MANIFEST: Final = "SHA1({})= {}\n"
AHEAD: Final = 64  # pieces that wait to be hashed


class Member:
    """A file inside of a file: it has a size and a digest of its own."""

    def __init__(self, whole: HashedFile) -> None:
        self._whole = whole
        self._sha1 = hashlib.sha1(usedforsecurity=False)
        self._lane = ThreadPoolExecutor(1)
        self._waiting: deque[Future[None]] = deque()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Add data, which must not change."""
        self.size += len(data)
        self._waiting.append(self._lane.submit(self._sha1.update, data))
        if len(self._waiting) > AHEAD:
            self._waiting.popleft().result()
        self._whole.write(data)

    def digest(self) -> str:
        """Return the SHA-1 of all."""
        for each in self._waiting:
            each.result()
        self._lane.shutdown()
        return self._sha1.hexdigest()


def header(name: str, size: int, moment: int) -> bytes:
    """Return the block before a file."""
    octal = b"%011o\0" % size if size < OCTAL else (1 << 95 | size).to_bytes(12, "big")
    fields = (
        (0, name.encode()),
        (100, b"0000644\0"),  # mode
        (108, b"0000000\0"),  # user
        (116, b"0000000\0"),  # group
        (124, octal),
        (136, b"%011o\0" % moment),
        (148, b" " * 8),  # the checksum is made as if these were it
        (156, b"0"),  # a file
        (257, b"ustar\x0000"),
    )
    block = bytearray(BLOCK)
    for place, text in fields:
        block[place : place + len(text)] = text
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(size: int) -> int:
    """Return how many bytes the blocks of a file have."""
    return -(-size // BLOCK) * BLOCK


def manifest(names: list[str], digests: list[str]) -> bytes:
    """Return the manifest of some files."""
    return "".join(map(MANIFEST.format, names, digests)).encode()


def write(raw: int, path: str, size: int, machine: Machine) -> None:
    """Write the whole file."""
    ovf, mf, vmdk = (f"{machine.name}{end}" for end in (".ovf", ".mf", "-disk1.vmdk"))
    capacity = -(-size // SECTOR) * SECTOR
    longest = padded(len(descriptor(machine, vmdk, LARGEST, LARGEST, LARGEST)))
    listed = len(manifest([ovf, vmdk], ["0" * 40] * 2))
    head = BLOCK + longest + BLOCK + padded(listed) + BLOCK
    target = HashedFile(path, size, head)

    disk = Member(target)
    populated = write_vmdk.write(raw, disk, size)
    target.write(bytes(padded(disk.size) - disk.size + 2 * BLOCK))

    moment = int(time.time())
    text = descriptor(machine, vmdk, disk.size, capacity, populated).ljust(longest, b"\n")
    digests = manifest(
        [ovf, vmdk], [hashlib.sha1(text, usedforsecurity=False).hexdigest(), disk.digest()]
    )
    target.close(
        header(ovf, longest, moment)
        + text
        + header(mf, listed, moment)
        + digests.ljust(padded(listed), b"\0")
        + header(vmdk, disk.size, moment)
    )


if __name__ == "__main__":
    write(
        os.open(sys.argv[1], os.O_RDONLY),
        sys.argv[2],
        int(sys.argv[3]),
        Machine(**json.loads(sys.argv[4])),
    )
