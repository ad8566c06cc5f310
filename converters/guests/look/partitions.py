"""The partition table of a disk: MBR with logical partitions, GPT, both at once, Windows LDM.

    MBR, sector 0:  0 boot code · 440 disk signature · 446 four entries of 16 bytes · 510 55 AA
    entry:          0 active (80) · 4 type · 8 first sector · 12 sectors (little endian)
    extended (05, 0F, 85): a chain of such sectors, each with a partition and a link to the next

https://en.wikipedia.org/wiki/Master_boot_record · UEFI 2.10 chapter 5 (GPT, see gpt.py) ·
https://docs.kernel.org/admin-guide/ldm.html. Numbers are counted as Linux counts them.
"""

import struct
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import Partition, Table
from converters.guests.look import gpt
from converters.guests.look.sources import Source

EXTENDED: Final = frozenset({0x05, 0x0F, 0x85})
PROTECTIVE: Final = 0xEE
BOOT_SECTORS: Final = frozenset({"vfat", "exfat", "ntfs", "refs", "bitlocker"})
DYNAMIC: Final = 0x42  # a Windows dynamic disk
LDM_HEADERS: Final = (6, 1856, 2047)  # sectors where PRIVHEAD stands, of a disk with an MBR
LOGICAL: Final = 128  # of one disk; Linux stops at 256 partitions, sfdisk at 60
BOOT_CODE: Final = 440  # bytes


@dataclass(frozen=True, slots=True)
class _Entry:
    active: int
    type: int
    first: int  # sectors
    count: int


def read_table(disk: int, source: Source, holds: str | None = None) -> Table:
    """Return the partition table of a disk; holds: the filesystem that the whole disk seems to be.

    As blkid decides: a boot sector of FAT or NTFS is no table, whatever stands where entries would;
    other filesystems leave the first sector alone, and count where the table has no entries.
    """
    sector = source.read_at(0, 512)
    code = sector[:BOOT_CODE].strip(b"\0") != b"" and sector[510:] == b"\x55\xaa"
    entries = _entries(sector)
    protective = any(entry.type == PROTECTIVE for entry in entries)
    if holds is not None and not protective and (holds in BOOT_SECTORS or not entries):
        return Table(disk, source.size, None, boot_code=code)
    if protective and (found := gpt.read_gpt(source)) is not None:
        return _gpt(disk, source, found, entries, code)
    if not entries:
        lost = gpt.read_gpt(source)
        if lost is not None:  # assumed: as Linux does, which does not look for it then
            problem = "there is a GPT, but no protective MBR that would tell of it"
            return Table(disk, source.size, None, boot_code=code, problem=problem)
        if sector[510:] != b"\x55\xaa" or _flags(sector):
            return Table(disk, source.size, None, boot_code=code)
    return _mbr(disk, source, sector, entries, code)


def _mbr(disk: int, source: Source, sector: bytes, entries: list[_Entry], code: bool) -> Table:
    size = _sector_size(source, entries)
    (signature,) = struct.unpack_from("<I", sector, 440)
    partitions, problems = [], []
    for number, entry in enumerate(_slots(sector), 1):
        if entry.type and entry.count:
            partitions.append(_partition(number, entry, entry.first, size, signature))
    for number, entry in enumerate(_slots(sector), 1):
        if entry.type in EXTENDED and entry.count:
            logical, problem = _logical(source, entry, size, signature, _next(partitions))
            partitions += logical
            problems += [f"extended partition {number}: {problem}"] if problem else []
    if any(entry.type == PROTECTIVE for entry in entries):
        problems.insert(0, "the MBR tells of a GPT, but there is none")
    beyond = [one.number for one in partitions if one.offset + one.size > source.size]
    problems += [f"partition {number} ends beyond the end of the disk" for number in beyond]
    return Table(
        disk,
        source.size,
        "mbr",
        sector=size,
        partitions=tuple(partitions),
        dynamic=any(entry.type == DYNAMIC for entry in entries) or _private_head(source),
        boot_code=code,
        problem="; ".join(problems) or None,
    )


def _gpt(disk: int, source: Source, found: gpt.Gpt, entries: list[_Entry], code: bool) -> Table:
    more = [entry for entry in entries if entry.type != PROTECTIVE]
    problem = found.problem
    beyond = [one.number for one in found.partitions if one.offset + one.size > source.size]
    if beyond and problem is None:
        problem = f"partition {beyond[0]} ends beyond the end of the disk"
    return Table(
        disk,
        source.size,
        "hybrid" if more else "gpt",
        sector=found.sector,
        partitions=found.partitions,
        dynamic=any(one.type in gpt.LDM for one in found.partitions),
        boot_code=code,
        problem=problem,
    )


def _logical(
    source: Source, extended: _Entry, size: int, signature: int, number: int
) -> tuple[list[Partition], str | None]:
    """Follow the chain of an extended partition; links count from its start, partitions from
    the link's own."""
    found: list[Partition] = []
    at, seen = extended.first, set[int]()
    while at not in seen:
        if len(seen) >= LOGICAL:
            return found, f"more than {LOGICAL} logical partitions"
        seen.add(at)
        sector = source.read_at(at * size, 512)
        if sector[510:] != b"\x55\xaa":
            return found, "a link of its chain is no partition table"
        link = None
        for entry in _slots(sector):
            if not entry.count or not entry.type:
                continue
            if entry.type in EXTENDED:
                link = link or entry
            elif len(found) < LOGICAL:
                found.append(_partition(number, entry, at + entry.first, size, signature))
                number += 1
        if link is None:
            return found, None
        at = extended.first + link.first
    return found, "its chain of logical partitions runs in a circle"


def _partition(number: int, entry: _Entry, first: int, size: int, signature: int) -> Partition:
    return Partition(
        number,
        first * size,
        entry.count * size,
        f"{entry.type:02X}",
        bootable=entry.active == 0x80,
        uuid=f"{signature:08x}-{number:02x}" if signature else None,
    )


def _next(partitions: list[Partition]) -> int:
    return max([4, *(one.number for one in partitions)]) + 1


def _slots(sector: bytes) -> list[_Entry]:
    """Return the four entries, empty ones too; none of a sector that is no table."""
    if len(sector) < 512 or sector[510:512] != b"\x55\xaa":
        return []
    return [
        _Entry(sector[at], sector[at + 4], *struct.unpack_from("<II", sector, at + 8))
        for at in range(446, 510, 16)
    ]


def _entries(sector: bytes) -> list[_Entry]:
    """Return the entries that are used; none of what only looks like a table.

    A boot sector of FAT or NTFS ends with 55 AA as well; other bytes than 00 and 80 where a table
    has its flags give it away, as they do for Linux.
    """
    if _flags(sector):
        return []
    return [entry for entry in _slots(sector) if entry.type and (entry.count or entry.first)]


def _flags(sector: bytes) -> bool:
    return any(entry.active & 0x7F for entry in _slots(sector))


def _sector_size(source: Source, entries: list[_Entry]) -> int:
    """Return the bytes of a sector. An MBR does not tell: 512, unless only 4096 makes sense.

    assumed: it makes sense when a partition's first sector, or that of a chain, is a boot sector.
    """
    for entry in entries:
        if entry.type not in EXTENDED | {0x07, 0x0B, 0x0C, 0x0E, 0xEF}:
            continue
        if source.read_at(entry.first * 512 + 510, 2) == b"\x55\xaa":
            return 512
        if source.read_at(entry.first * 4096 + 510, 2) == b"\x55\xaa":
            return 4096
    return 512


def _private_head(source: Source) -> bool:
    return any(source.read_at(at * 512, 8) == b"PRIVHEAD" for at in LDM_HEADERS)
