"""Turns the GPT of a Windows disk into an MBR, where the user guide says that this is done.

    0    440 boot code: ours, it starts the active partition's first sector
    440  u32 signature of the disk
    446  4 × 16: 0x80 active, CHS, type, CHS, u32 first sector, u32 sectors
    510  55 AA

No byte of a partition moves. Microsoft's reserved partition goes (there is nothing in it), and the
EFI system partition too where a fifth entry would be needed. The boot code reads by LBA (int 13h,
function 42h), as every firmware can that is asked to start an instance.

What starts then must be in the partition: the first sector that Windows writes when it formats
NTFS, and its bootmgr; `startable` tells whether the former is there.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from converters.guests.guest import Partition, Table

SECTOR: Final = 512
PRIMARY: Final = 4  # entries
LARGEST: Final = 2 << 40  # bytes: sectors are counted in 32 bits
FAR: Final = b"\xfe\xff\xff"  # a CHS address for what is beyond 8 GiB, as everything is told here

RESERVED: Final = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
EFI_SYSTEM: Final = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
TYPES: Final = {
    "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7": 0x07,  # Windows' data
    "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC": 0x27,  # Windows' recovery
    EFI_SYSTEM: 0xEF,
    "0FC63DAF-8483-4772-8E79-3D69D8477DE4": 0x83,  # Linux's data
}

NTFS: Final = b"NTFS    "  # at 3 of its first sector
MANAGER: Final = "BOOTMGR".encode("utf-16-le")  # what the code in the first sectors looks for
START_CODE: Final = 8192  # bytes of a partition with that code
HIDDEN: Final = 28  # where NTFS notes the sectors before the partition, u32
TOTAL: Final = 40  # … and its own, u64

# The boot code, as it was assembled from:
#
#        cli; xor ax, ax; mov ss, ax; mov sp, 0x7c00; mov ds, ax; mov es, ax; sti; cld
#        mov si, 0x7c00; mov di, 0x0600; mov cx, 0x100; rep movsw; jmp 0:begin  ; out of the way
# begin: mov si, 0x600 + 446; mov cx, 4
# next:  cmp byte [si], 0x80; je found; add si, 16; loop next; jmp fail
# found: push si; push dx; xor ax, ax
#        push ax; push ax; push word [si + 10]; push word [si + 8]              ; the sector
#        push ax; push 0x7c00; push 1; push 16                                  ; where to, how many
#        mov si, sp; mov ah, 0x42; int 0x13; jc fail; add sp, 16; pop dx; pop si
#        cmp word [0x7dfe], 0xaa55; jne fail; mov bp, si; jmp 0:0x7c00
# fail:  mov si, text
# print: lodsb; test al, al; jz stop; mov bx, 7; mov ah, 0x0e; int 0x10; jmp print
# stop:  hlt; jmp stop
CODE: Final = (
    bytes.fromhex(
        "fa31c08ed0bc007c8ed88ec0fbfcbe007cbf0006b90001f3a5ea1e060000bebe"
        "07b90400803c80740783c610e2f6eb30565231c05050ff740aff74085068007c"
        "6a016a1089e6b442cd13721483c4105a5e813efe7d55aa750789f5ea007c0000"
        "be7406ac84c07409bb0700b40ecd10ebf2f4ebfd"
    )
    + b"This disk has no active partition that starts.\r\n\0"
)


class Unconvertible(Exception):
    """The table can't become an MBR; the message says why."""


@dataclass(frozen=True, slots=True)
class Converted:
    """An MBR in place of a GPT."""

    sector: bytes  # the first one of the disk
    signature: int  # of the disk
    kept: tuple[Partition, ...]  # that have an entry, in its order
    dropped: tuple[Partition, ...]


def converted(table: Table, active: int) -> Converted:
    """Return the MBR for a GPT; active: the number of the partition that is to start.

    Raises Unconvertible.
    """
    kept, dropped = _chosen(table)
    if all(partition.number != active for partition in kept):
        raise Unconvertible(f"there is no partition {active} to start from")
    signature = _signature(table)
    entries = b"".join(_entry(each, each.number == active) for each in kept)
    head = CODE.ljust(440, b"\0") + struct.pack("<IH", signature, 0)
    sector = head + entries.ljust(16 * PRIMARY, b"\0") + b"\x55\xaa"
    return Converted(sector, signature, kept, dropped)


def startable(head: bytes) -> bool:
    """Tell whether a partition that begins with these bytes has the code that loads bootmgr."""
    code = head[84:510]
    return (
        head[3:11] == NTFS
        and head[510:512] == b"\x55\xaa"
        and any(code)
        and MANAGER in head[SECTOR:START_CODE]
    )


def first_sector(head: bytes, partition: Partition) -> bytes | None:
    """Return the first sector of an NTFS that knows where it is; None if it knew already."""
    sectors = struct.pack("<I", partition.offset // SECTOR)
    if head[HIDDEN : HIDDEN + 4] == sectors:
        return None
    return head[:HIDDEN] + sectors + head[HIDDEN + 4 : SECTOR]


def copies_of_first(head: bytes, partition: Partition) -> tuple[int, ...]:
    """Return where on the disk an NTFS may keep a copy of its first sector.

    Windows puts it right behind the volume, mkntfs at the end of the partition; mostly that is one.
    """
    (sectors,) = struct.unpack_from("<Q", head, TOTAL)
    last = partition.size // SECTOR - 1
    places = (sectors, last) if 0 < sectors < last else (last,)
    return tuple(partition.offset + int(place) * SECTOR for place in places if place > 0)


def _chosen(table: Table) -> tuple[tuple[Partition, ...], tuple[Partition, ...]]:
    """Return the partitions that get an entry, and the others."""
    if table.scheme not in ("gpt", "hybrid"):
        raise Unconvertible("the disk has no GPT")
    if table.problem is not None:
        raise Unconvertible(f"its GPT is not sound: {table.problem}")
    if table.dynamic:
        raise Unconvertible("it is a dynamic disk")
    if table.sector != SECTOR:
        raise Unconvertible(f"it counts in sectors of {table.sector} bytes")
    if table.size > LARGEST:
        raise Unconvertible("it has more than 2 TiB")
    ordered = sorted(table.partitions, key=lambda partition: partition.offset)
    kept = [each for each in ordered if each.type.upper() != RESERVED]
    if len(kept) > PRIMARY:
        kept = [each for each in kept if each.type.upper() != EFI_SYSTEM]
    if len(kept) > PRIMARY:
        raise Unconvertible(f"it has {len(kept)} partitions, and an MBR has room for {PRIMARY}")
    _check(kept, table.size)
    return tuple(kept), tuple(each for each in table.partitions if each not in kept)


def _check(partitions: Sequence[Partition], size: int) -> None:
    end = SECTOR
    for each in partitions:
        if each.type.upper() not in TYPES:
            raise Unconvertible(f"an MBR has no type for partition {each.number}")
        if each.offset % SECTOR or each.size % SECTOR or each.size <= 0:
            raise Unconvertible(f"partition {each.number} is not made of whole sectors")
        if each.offset < end or each.offset + each.size > size:
            raise Unconvertible(f"partition {each.number} is not where it can be")
        end = each.offset + each.size


def _entry(partition: Partition, active: bool) -> bytes:
    kind = TYPES[partition.type.upper()]
    start, sectors = partition.offset // SECTOR, partition.size // SECTOR
    return struct.pack("<B3sB3sII", 0x80 if active else 0, FAR, kind, FAR, start, sectors)


def _signature(table: Table) -> int:
    """Return a signature for the disk: the same for the same partitions, never zero."""
    names = ",".join(partition.uuid or "" for partition in table.partitions)
    return zlib.crc32(names.encode()) or 1
