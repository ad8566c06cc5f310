"""Tells how a boot disk is partitioned, as far as an instance import asks: an MBR that is one.

byte 446   four entries of 16 bytes; the fifth is the type: 0 for none, 0xEE in front of a GPT
byte 510   55 AA
"""

from pathlib import Path
from typing import Final

SECTOR: Final = 512
ENTRIES: Final = range(446, 510, 16)
TYPE: Final = 4
SIGNATURE: Final = b"\x55\xaa"
GPT: Final = 0xEE
HEADER: Final = b"EFI PART"


def starts_from_mbr(disk: Path) -> bool:
    """Tell whether a raw disk has partitions of an MBR, and no GPT."""
    with disk.open("rb") as file:
        record = file.read(SECTOR)
        header = file.read(len(HEADER))
    if len(record) < SECTOR or not record.endswith(SIGNATURE) or header == HEADER:
        return False
    types = {record[entry + TYPE] for entry in ENTRIES}
    return types != {0} and GPT not in types
