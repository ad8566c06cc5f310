"""A GUID partition table: the header behind the MBR, or the spare one in the last sector.

    header:  0 "EFI PART" · 12 bytes of it · 16 its CRC-32 · 24 own sector · 32 the other's
             72 first sector of the entries · 80 how many · 84 bytes of each · 88 their CRC-32
    entry:   0 type · 16 GUID · 32 first sector · 40 last sector · 48 attributes · 56 name, UTF-16

UEFI 2.10, 5.3: https://uefi.org/specs/UEFI/2.10/05_GUID_Partition_Table_Format.html
The size of a sector is where the header stands: 512 or 4096.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import Partition
from converters.guests.look.sources import Source

SECTORS: Final = (512, 4096)
ENTRIES: Final = 1024  # 128 are usual; no tool makes more than this
LEGACY_BOOTABLE: Final = 1 << 2  # attribute: a BIOS may start it
EFI_SYSTEM: Final = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
BIOS_BOOT: Final = "21686148-6449-6E6F-744E-656564454649"
LDM: Final = frozenset({
    "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3",  # metadata
    "AF9B60A0-1431-4F62-BC68-3311714A69AD",  # data
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Gpt:
    """What a GUID partition table says."""

    sector: int  # bytes
    partitions: tuple[Partition, ...]
    problem: str | None


def read_gpt(source: Source) -> Gpt | None:
    """Return the table of the first header that is right, else the first there is, else None."""
    broken: Gpt | None = None
    for place in ("first", "spare"):
        for sector in SECTORS:
            at = sector if place == "first" else source.size // sector * sector - sector
            head = source.read_at(at, 512)
            if head[:8] != b"EFI PART":
                continue
            found = _table(source, head, at, sector)
            if found.problem is None:
                if place == "first":
                    return found
                why = "the first GPT is gone or broken; its spare copy at the end is right"
                return Gpt(sector, found.partitions, why)
            broken = broken or found
    return broken


def _table(source: Source, head: bytes, at: int, sector: int) -> Gpt:
    if len(head) < 92:
        return Gpt(sector, (), "the GPT is cut short")
    size, crc = struct.unpack_from("<II", head, 12)
    (own,) = struct.unpack_from("<Q", head, 24)
    first, count, each, entries_crc = struct.unpack_from("<QIII", head, 72)
    if not 92 <= size <= 512 or zlib.crc32(head[:16] + bytes(4) + head[20:size]) != crc:
        problem: str | None = "the checksum of the GPT's header is wrong"
    elif own * sector != at:
        problem = "the GPT's header stands in another sector than it says"
    else:
        problem = None
    if each % 128 or not 128 <= each <= 4096 or count > ENTRIES:
        return Gpt(sector, (), problem or f"a GPT of {count} entries of {each} bytes")
    entries = source.read_at(first * sector, count * each)
    if len(entries) < count * each:
        return Gpt(sector, (), problem or "the entries of the GPT are cut short")
    if problem is None and zlib.crc32(entries) != entries_crc:
        problem = "the checksum of the GPT's entries is wrong"
    partitions = []
    for number in range(count):
        entry = entries[number * each : (number + 1) * each]
        start, last, attributes = struct.unpack_from("<QQQ", entry, 32)
        if entry[:16] == bytes(16):
            continue
        if last < start:
            problem = problem or f"partition {number + 1} of the GPT ends before it begins"
            continue
        partitions.append(
            Partition(
                number + 1,
                start * sector,
                (last - start + 1) * sector,
                _guid(entry).upper(),
                bootable=bool(attributes & LEGACY_BOOTABLE),
                uuid=_guid(entry[16:]),
                name=entry[56:128].decode("utf-16le", "replace").partition("\0")[0],
            )
        )
    return Gpt(sector, tuple(partitions), problem)


def _guid(entry: bytes) -> str:
    """Return a GUID as text, in lower case; its first three numbers are little endian."""
    numbers = "{:08x}-{:04x}-{:04x}".format(*struct.unpack_from("<IHH", entry))
    return f"{numbers}-{entry[8:10].hex()}-{entry[10:16].hex()}"
