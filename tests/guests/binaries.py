"""The binaries of a guest that a reader looks into: ELF, kernels, modules, initial RAM disks, PE.

Every one has true headers, and next to nothing behind them.
"""

import bz2
import gzip
import lzma
import struct
from collections.abc import Mapping, Sequence
from typing import Final

import lz4.block
import zstandard

MACHINES: Final = {"x86_64": 62, "i386": 3, "arm64": 183, "ppc64le": 21}  # e_machine
PE_MACHINES: Final = {"x86_64": 0x8664, "i386": 0x14C, "arm64": 0xAA64}


def elf(
    architecture: str = "x86_64", kind: int = 3, sections: Mapping[str, bytes] | None = None
) -> bytes:
    """An ELF file with the sections named; kind 1: relocatable (a module), 3: a program."""
    wide = architecture not in ("i386",)
    data, table = b"", []
    names = b"\0"
    sections = sections or {}
    start = 64 if wide else 52
    for name, content in sections.items():
        table.append((len(names), 1, start + len(data), len(content)))
        names += name.encode() + b"\0"
        data += content.ljust((len(content) + 7) // 8 * 8, b"\0")
    own, names = len(names), names + b".shstrtab\0"
    table.append((own, 3, start + len(data), len(names)))
    data += names.ljust((len(names) + 7) // 8 * 8, b"\0")
    form = "<IIQQQQIIQQ" if wide else "<IIIIIIIIII"
    headers = bytes(struct.calcsize(form))
    for at, type_, offset, size in table:
        headers += struct.pack(form, at, type_, 0, 0, offset, size, 0, 0, 1, 0)
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1, 1]) + bytes(9)
    head = ident + struct.pack(
        "<HHIQQQIHHHHHH" if wide else "<HHIIIIIHHHHHH",
        kind, MACHINES[architecture], 1, 0, 0, start + len(data), 0, start, 0, 0,
        struct.calcsize(form), len(table) + 1, len(table),
    )  # fmt: skip
    return head + data + headers


def module(
    name: str, version: str, architecture: str = "x86_64", depends: Sequence[str] = ()
) -> bytes:
    """A kernel module: .modinfo says for which kernel it is and what it needs."""
    facts = [f"name={name}", f"vermagic={version} SMP mod_unload modversions ", "license=GPL"]
    facts.append(f"depends={','.join(depends)}")
    info = b"".join(fact.encode() + b"\0" for fact in facts)
    return elf(architecture, 1, {".text": b"\xc3" * 64, ".modinfo": info})


def kernel(version: str, architecture: str = "x86_64", builder: str = "build@example") -> bytes:
    """A kernel image: bzImage for x86, Image for ARM.

    https://docs.kernel.org/arch/x86/boot.html, https://docs.kernel.org/arch/arm64/booting.html
    """
    banner = f"{version} ({builder}) #1 SMP".encode() + b"\0"
    if architecture == "arm64":
        head = struct.pack(
            "<IIQQQQQQ4sI", 0x91005A4D, 0x14000000, 0, 1 << 20, 0xA, 0, 0, 0, b"ARM\x64", 64
        )
        return head.ljust(4096, b"\0") + b"Linux version " + banner + bytes(4096)
    setup = 15  # sectors after the first
    image = bytearray((setup + 1) * 512)
    struct.pack_into("<B", image, 0x1F1, setup)
    struct.pack_into("<I", image, 0x1F4, 8192 // 16)
    image[0x1FE:0x200] = b"\x55\xaa"
    image[0x200:0x206] = b"\xeb\x66HdrS"
    struct.pack_into("<H", image, 0x206, 0x020F)
    struct.pack_into("<H", image, 0x20E, 0x1000 - 0x200)
    image[0x211] = 1  # loaded high
    struct.pack_into("<H", image, 0x236, 0x7F if architecture == "x86_64" else 0)  # XLF_KERNEL_64 …
    image[0x1000 : 0x1000 + len(banner)] = banner
    return bytes(image) + bytes(range(256)) * 32


def pe(architecture: str = "x86_64", subsystem: int = 3) -> bytes:
    """A Windows or EFI program with headers only. Subsystem 10: EFI, 1: native, 3: console.

    https://learn.microsoft.com/en-us/windows/win32/debug/pe-format
    """
    wide = architecture != "i386"
    optional = struct.pack("<H", 0x20B if wide else 0x10B).ljust(68, b"\0")
    optional = (optional + struct.pack("<H", subsystem)).ljust(240 if wide else 224, b"\0")
    coff = struct.pack("<HHIIIHH", PE_MACHINES[architecture], 0, 0, 0, 0, len(optional), 0x22)
    return (
        (b"MZ" + bytes(58) + struct.pack("<I", 128)).ljust(128, b"\0")
        + b"PE\0\0"
        + coff
        + optional
        + bytes(1024)
    )


def cpio(files: Mapping[str, bytes], trailer: bool = True) -> bytes:
    """An archive as the kernel unpacks it (newc), directories first as they are needed.

    https://docs.kernel.org/driver-api/early-userspace/buffer-format.html
    """
    written, archive, number = set(), b"", 1

    def add(name: str, mode: int, content: bytes) -> bytes:
        nonlocal number
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        number += 1
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        return _padded(head) + _padded(content)

    for path, content in files.items():
        names = path.strip("/").split("/")
        for depth in range(1, len(names)):
            folder = "/".join(names[:depth])
            if folder not in written:
                written.add(folder)
                archive += add(folder, 0o40755, b"")
        archive += add(path.strip("/"), 0o100755, content)
    if trailer:
        archive += add("TRAILER!!!", 0, b"")
        archive += bytes(-len(archive) % 512)
    return archive


def compressed(data: bytes, how: str) -> bytes:
    """Compress as the tools that make initial RAM disks and modules do; how "": not at all."""
    match how:
        case "":
            return data
        case "gzip":
            return gzip.compress(data, 6, mtime=0)
        case "xz":
            return lzma.compress(data, lzma.FORMAT_XZ, lzma.CHECK_CRC32, preset=0)
        case "lzma":
            return lzma.compress(data, lzma.FORMAT_ALONE, preset=0)
        case "bzip2":
            return bz2.compress(data)
        case "zstd":
            return zstandard.ZstdCompressor(1).compress(data)
        case "lz4":  # the legacy frames: `lz4 -l`
            blocks = b"\x02\x21\x4c\x18"
            for start in range(0, len(data), 8 << 20):
                block = lz4.block.compress(data[start : start + (8 << 20)], store_size=False)
                blocks += struct.pack("<I", len(block)) + block
            return blocks
    raise ValueError(how)


def initrd(files: Mapping[str, bytes], how: str = "gzip", early: bool = False) -> bytes:
    """An initial RAM disk; early: with microcode before it, not compressed."""
    front = b""
    if early:
        front = cpio({"kernel/x86/microcode/GenuineIntel.bin": b"\x01" + bytes(2047)})
    return front + compressed(cpio(files), how)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
