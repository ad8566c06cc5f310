"""Kernel images: which version and for which processor, told by the image itself.

bzImage (x86)                              https://docs.kernel.org/arch/x86/boot.html
0x1f1  setup sectors, 1 byte   0x1fe  55 aa       0x202  "HdrS"   0x206  protocol, 2 bytes
0x20e  where the version's text is, less 0x200    0x236  bit 0: 64-bit entry (protocol 2.12)
0x248  where the packed kernel is, after the setup (protocol 2.08)

Image (ARM)                                https://docs.kernel.org/arch/arm64/booting.html
0x38   "ARM\\x64"; its version's text is "Linux version …" somewhere in it; often in gzip, or
       in an EFI program that unpacks itself ("MZ", "zimg" at 4)
"""

import bz2
import lzma
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.guests.look import elf

IMAGE: Final = 256 << 10  # bytes of an image that are read: its setup and the start of the rest
HEADER: Final = 0x250  # bytes of a bzImage that are always there
UNPACKED: Final = 64 << 10  # bytes of a packed kernel that are unpacked

VERSION: Final = re.compile(r"\d{1,3}\.\d{1,4}[A-Za-z0-9._+~-]{0,100}")
_ALONE: Final = re.compile(rb"Linux version (\d[^ \0\n]{2,100}) ")


@dataclass(frozen=True, slots=True)
class Image:
    """What an image says; None is what it does not."""

    version: str | None = None
    architecture: str | None = None


def read_image(start: bytes) -> Image | None:
    """Return what the start of a kernel's image says; None if it is no kernel's."""
    if start[0x202:0x206] == b"HdrS" and start[0x1FE:0x200] == b"\x55\xaa":
        if len(start) < HEADER:
            return None
        return _bz_image(start)
    if start[:2] == b"MZ" and start[4:8] == b"zimg":
        payload = int.from_bytes(start[8:12], "little")
        return _plain(next(_unpacked(start[payload:]), b"")) or Image()
    if start[:2] == b"\x1f\x8b":
        return _plain(next(_unpacked(start), b""))
    return _plain(start)


def _plain(start: bytes) -> Image | None:
    """Return what an image says that is not packed."""
    said = _ALONE.search(start)
    version = _version(said[1]) if said else None
    if start[0x38:0x3C] == b"ARM\x64":
        return Image(version, "arm64")
    machine = elf.machine(start)
    return Image(version, machine) if machine else None


def _bz_image(start: bytes) -> Image:
    protocol = int.from_bytes(start[0x206:0x208], "little")
    text = int.from_bytes(start[0x20E:0x210], "little")
    version = None
    if text:
        said = start[0x200 + text :][:200].split(b"\0")[0].split(b" ")[0]
        version = _version(said)
    if protocol >= 0x20C:
        return Image(version, "x86_64" if start[0x236] & 1 else "i386")
    return Image(version, _packed_architecture(start, protocol) or _by_name(version))


def _packed_architecture(start: bytes, protocol: int) -> str | None:
    """Return what the kernel in the image is for: before 2.12 nothing else tells."""
    if protocol < 0x208:
        return None
    setup = ((start[0x1F1] or 4) + 1) * 512
    payload = setup + int.from_bytes(start[0x248:0x24C], "little")
    for unpacked in _unpacked(start[payload : payload + IMAGE]):
        return elf.machine(unpacked)
    return None


def _by_name(version: str | None) -> str | None:
    """Return what a version's ending says: 2.6.32-754.el6.x86_64."""
    for ending, architecture in ((".x86_64", "x86_64"), ("-amd64", "x86_64"), (".i686", "i386")):
        if version and version.endswith(ending):
            return architecture
    return None


def _unpacked(packed: bytes) -> Iterator[bytes]:
    """Yield the first bytes of what is packed, at most once."""
    try:
        if packed[:2] == b"\x1f\x8b":
            yield zlib.decompressobj(31).decompress(packed, UNPACKED)
        elif packed[:6] == b"\xfd7zXZ\0":
            yield lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=128 << 20).decompress(
                packed, UNPACKED
            )
        elif packed[:3] == b"\x5d\0\0":
            yield lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=128 << 20).decompress(
                packed, UNPACKED
            )
        elif packed[:3] == b"BZh":
            yield bz2.BZ2Decompressor().decompress(packed, UNPACKED)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return


def _version(said: bytes) -> str | None:
    text = said.decode("ascii", "replace")
    return text if VERSION.fullmatch(text) else None
