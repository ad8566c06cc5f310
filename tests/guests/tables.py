"""Partition tables written byte by byte: MBR with logical partitions, GPT, hybrid, 4K sectors.

MBR   sector 0: boot code 0..439, disk signature 440, four entries of 16 bytes at 446, 55 AA
GPT   sector 0 protective MBR, 1 header, 2.. 128 entries of 128 bytes; all again at the end
      UEFI Specification 2.10, chapter 5, https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html
"""

import os
import struct
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

MIB: Final = 1 << 20
ENTRIES: Final = 128  # of a GPT
BOOT_CODE: Final = b"\xeb\x63\x90" + b"GRUB \0" * 40  # looks like GRUB's, and starts nothing

ESP: Final = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX: Final = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
LVM: Final = "E6D6D379-F507-44C2-A23C-238F2A3DF928"
SWAP: Final = "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F"
BIOS_BOOT: Final = "21686148-6449-6E6F-744E-656564454649"
MSR: Final = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
BASIC_DATA: Final = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
RECOVERY: Final = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"
LDM_METADATA: Final = "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3"
LDM_DATA: Final = "AF9B60A0-1431-4F62-BC68-3311714A69AD"
_BOTH: Final = {
    0x83: LINUX, 0x82: SWAP, 0x8E: LVM, 0xEF: ESP, 0x07: BASIC_DATA, 0x27: RECOVERY,
    0x42: LDM_DATA, 0x0C: BASIC_DATA,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Piece:
    """What a partition is to hold."""

    image: Path | None  # None: nothing but zeros
    type: int = 0x83  # of an MBR; a GPT gets the GUID that means the same
    size: int | None = None  # bytes; None: of the image
    guid: str | None = None  # another type in a GPT
    name: str = ""
    bootable: bool = False
    logical: bool = False  # MBR: inside the extended partition (all later ones then too)

    @property
    def length(self) -> int:
        """The bytes of the partition, rounded up to a MiB."""
        wanted = self.size if self.size is not None else (self.image or Path()).stat().st_size
        return (wanted + MIB - 1) // MIB * MIB


def mbr(
    target: Path, pieces: Sequence[Piece], signature: int = 0x564D4945, code: bool = True
) -> Path:
    """Write a disk with an MBR; the first partition begins at 1 MiB, logical ones a MiB apart."""
    offset, entries = MIB, []
    logical: list[tuple[Piece, int, int]] = []  # with where its record and it begin
    with target.open("wb") as disk:
        for piece in pieces:
            if piece.logical or logical:
                logical.append((piece, offset, offset + MIB))
                offset += MIB
            else:
                entries.append((piece.bootable, piece.type, offset, piece.length))
            sparse_copy(piece.image, disk, offset)
            offset += piece.length
        disk.truncate(offset)
        if logical:
            start = logical[0][1]
            entries.append((False, 0x05, start, offset - start))
            for here, (piece, record, first) in enumerate(logical):
                own = _entry(
                    piece.bootable, piece.type, (first - record) // 512, piece.length // 512
                )
                onward = bytes(16)
                if here + 1 < len(logical):
                    after, at, _ = logical[here + 1]
                    onward = _entry(False, 0x05, (at - start) // 512, (after.length + MIB) // 512)
                disk.seek(record)
                disk.write(bytes(446) + own + onward + bytes(32) + b"\x55\xaa")
        sector = BOOT_CODE.ljust(440, b"\0")[:440] if code else bytes(440)
        sector += struct.pack("<IH", signature, 0)
        for bootable, kind, first, length in entries:
            sector += _entry(bootable, kind, first // 512, length // 512)
        disk.seek(0)
        disk.write(sector.ljust(510, b"\0") + b"\x55\xaa")
    return target


def gpt(
    target: Path,
    pieces: Sequence[Piece],
    sector: int = 512,
    hybrid: Sequence[int] = (),
    code: bool = False,
    seed: str = "disk",
) -> Path:
    """Write a disk with a GPT; hybrid: which partitions, from 0, stand in the MBR as well."""
    offset, table, places = MIB, b"", []
    with target.open("wb") as disk:
        for number, piece in enumerate(pieces):
            kind = uuid.UUID(piece.guid or _BOTH[piece.type]).bytes_le
            own = uuid.uuid5(uuid.NAMESPACE_DNS, f"{seed}-{number}.example").bytes_le
            last = (offset + piece.length) // sector - 1
            flags = 4 if piece.bootable else 0
            table += kind + own + struct.pack("<QQQ", offset // sector, last, flags)
            table += piece.name.encode("utf-16-le").ljust(72, b"\0")
            places.append((piece, offset))
            sparse_copy(piece.image, disk, offset)
            offset += piece.length
        total = (offset + MIB) // sector
        disk.truncate(total * sector)
        table = table.ljust(ENTRIES * 128, b"\0")
        length = len(table) // sector
        guid = uuid.uuid5(uuid.NAMESPACE_DNS, f"{seed}.example").bytes_le

        def header(here: int, other: int, entries: int) -> bytes:
            fields = struct.pack(
                "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, here, other, 2 + length,
                total - 2 - length, guid, entries, ENTRIES, 128, zlib.crc32(table),
            )  # fmt: skip
            crc = struct.pack("<I", zlib.crc32(fields))
            return (fields[:16] + crc + fields[20:]).ljust(sector, b"\0")

        first = BOOT_CODE.ljust(446, b"\0")[:446] if code else bytes(446)
        first += _entry(False, 0xEE, 1, min(total - 1, 0xFFFFFFFF))
        for number in hybrid:
            piece, at = places[number]
            first += _entry(piece.bootable, piece.type, at // sector, piece.length // sector)
        disk.seek(0)
        disk.write((first.ljust(510, b"\0") + b"\x55\xaa").ljust(sector, b"\0"))
        disk.write(header(1, total - 1, 2) + table)
        disk.seek((total - 1 - length) * sector)
        disk.write(table + header(total - 1, 1, total - 1 - length))
    return target


def sparse_copy(source: Path | None, disk: BinaryIO, offset: int) -> None:
    """Copy a file into another from an offset on, leaving out its holes."""
    if source is None:
        return
    disk.flush()
    with source.open("rb") as file:
        size, position = os.fstat(file.fileno()).st_size, 0
        while position < size:
            try:
                begin = os.lseek(file.fileno(), position, os.SEEK_DATA)
            except OSError:  # no more data
                break
            position = os.lseek(file.fileno(), begin, os.SEEK_HOLE)
            left, at = position - begin, offset + begin
            while left:
                done = os.copy_file_range(file.fileno(), disk.fileno(), left, at - offset, at)
                left, at = left - done, at + done


def _entry(bootable: bool, kind: int, first: int, length: int) -> bytes:
    """Return an entry of an MBR; the old geometry says: look at the sectors."""
    return struct.pack(
        "<B3sB3sII", 0x80 if bootable else 0, b"\xfe\xff\xff", kind, b"\xfe\xff\xff", first, length
    )
