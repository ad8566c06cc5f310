"""The head of a Windows program: which processor it is for.

    0     "MZ"
    0x3C  u32  where the PE header is
    PE    "PE\\0\\0", u16 machine

Format: https://learn.microsoft.com/windows/win32/debug/pe-format
"""

import struct
from typing import Final

HEAD: Final = 4096  # bytes of a program that hold its PE header; linkers put it at about 0x100

MACHINES: Final = {0x8664: "x86_64", 0x014C: "i386", 0xAA64: "arm64", 0x0200: "ia64"}


def machine(head: bytes) -> str | None:
    """Return the architecture of a program by its first HEAD bytes; None: it is no program."""
    if head[:2] != b"MZ" or len(head) < 0x40:
        return None
    (offset,) = struct.unpack_from("<I", head, 0x3C)
    if offset > len(head) - 6 or head[offset : offset + 4] != b"PE\0\0":
        return None
    (number,) = struct.unpack_from("<H", head, offset + 4)
    return MACHINES.get(number, f"machine {number:#06x}")
