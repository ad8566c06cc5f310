"""What is told by its first bytes alone: swap, JFS, LUKS, BitLocker, a dynamic disk."""

import json
import struct
import uuid
from pathlib import Path
from typing import Final

MIB: Final = 1 << 20


def swap(target: Path, own: str, size: int = 2 * MIB) -> Path:
    """Make a swap space: SWAPSPACE2 at the end of its first page."""
    page = bytes(1024) + struct.pack(
        "<III16s16s", 1, size // 4096 - 1, 0, uuid.UUID(own).bytes, b""
    )
    return written(target, size, 0, page.ljust(4086, b"\0") + b"SWAPSPACE2")


def jfs(target: Path, own: str, size: int = 16 * MIB) -> Path:
    """Make what looks like JFS: its superblock at 32 KiB, and nothing else.

    https://jfs.sourceforge.net/project/pub/jfslayout.pdf
    """
    block = struct.pack("<4sIQIHHIHH", b"JFS1", 1, size // 512, 4096, 12, 3, 512, 9, 0)
    block = block.ljust(136, b"\0") + uuid.UUID(own).bytes + b"jfsroot".ljust(16, b"\0")
    return written(target, size, 32768, block)


def luks(target: Path, own: str, size: int = 32 * MIB) -> Path:
    """Make what looks like LUKS 2: the first header.

    https://gitlab.com/cryptsetup/LUKS2-docs/blob/main/luks2_doc_wip.pdf
    """
    head = struct.pack(
        ">6sHQQ48s32s64s40s48s", b"LUKS\xba\xbe", 2, 16384, 1, b"", b"sha256", bytes(range(64)),
        own.encode(), b"",
    )  # fmt: skip
    told: dict[str, object] = {
        "keyslots": {},
        "tokens": {},
        "segments": {},
        "digests": {},
        "config": {},
    }
    return written(target, size, 0, head.ljust(4096, b"\0") + json.dumps(told).encode())


def bitlocker(target: Path, size: int = 64 * MIB) -> Path:
    """Make what looks like a volume of BitLocker: the boot sector of Windows 7 and later."""
    sector = b"\xeb\x58\x90-FVE-FS-" + struct.pack(
        "<HBHBHHBHHHI", 512, 8, 0, 0, 0, 0, 0xF8, 0, 63, 255, 2048
    )
    sector = sector.ljust(160, b"\0") + uuid.UUID("4967d63b-2e29-4ad8-8399-f6a339e3d001").bytes_le
    sector += struct.pack("<QQQ", *(MIB * number for number in (1, 2, 3)))  # where metadata is
    written(target, size, 0, sector.ljust(510, b"\0") + b"\x55\xaa")
    with target.open("r+b") as file:
        for number in (1, 2, 3):
            file.seek(MIB * number)
            file.write(b"-FVE-FS-" + struct.pack("<HHHH", 64, 2, 4, 4))
    return target


def dynamic(target: Path, size: int = 8 * MIB) -> Path:
    """Make what a dynamic disk's partition is: nothing to be seen without its database."""
    return written(target, size, 0, b"")


PRIVATE_HEADER: Final = b"PRIVHEAD" + struct.pack(
    ">IHH", 0, 2, 11
)  # sector 6 of a dynamic MBR disk


def written(target: Path, size: int, offset: int, content: bytes) -> Path:
    """Make a sparse file with some bytes in it."""
    with target.open("wb") as file:
        file.truncate(size)
        file.seek(offset)
        file.write(content)
    return target
