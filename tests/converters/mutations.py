"""Small images of every kind, and where their headers and tables are, to change fields in them."""

import asyncio
import functools
import tempfile
from pathlib import Path

from converters.stages.from_raw import from_raw
from tests import disks
from tests.disks import MIB, SECTOR

KIB = 1024
PATIENCE = 30  # seconds; an image of 1 MiB takes 0.1
TOO_LARGE = 1 << 35  # bytes; such a disk may be right, but takes qemu-img seconds to walk

# Where the headers and tables of each kind are: ranges of offsets, from the end if negative.
FIELDS: dict[str, tuple[tuple[int, int], ...]] = {
    "stream VMDK": ((0, 80), (SECTOR, 2 * SECTOR), (21 * SECTOR, 31 * SECTOR)),
    "VMDK with a footer": ((0, 80), (21 * SECTOR, 31 * SECTOR), (-2048, 0)),
    "exported VMDK": ((0, 80), (128 * SECTOR, 128 * SECTOR + 64), (-12 * SECTOR, 0)),
    "fixed VHD": ((-SECTOR, 0),),
    "dynamic VHD": ((0, 2048), (-SECTOR, 0)),
    "exported VHD": ((0, 2048), (-SECTOR, 0)),
    "dynamic VHDX": (
        (64 * KIB, 64 * KIB + 80),
        (192 * KIB, 192 * KIB + 80),
        (2 * MIB, 2 * MIB + 64),
        (3 * MIB, 3 * MIB + 200),
        (3 * MIB + 64 * KIB, 3 * MIB + 64 * KIB + 64),
    ),
}


@functools.cache
def image(kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        if kind == "VMDK with a footer":
            return disks.with_footer(Path(folder))
        if kind.startswith("exported "):
            return asyncio.run(exported(Path(folder), kind.removeprefix("exported ")))
        return disks.made(kind, Path(folder), MIB)


async def exported(folder: Path, disk_format: str) -> bytes:
    raw, target = disks.raw(folder / "disk", MIB), folder / "image"
    await from_raw(raw, MIB, disk_format, target, lambda percent: None)
    return target.read_bytes()


def resealed(kind: str, data: bytes) -> bytes:
    """The image with its checksums right again, so that what is behind them is reached."""
    if kind == "dynamic VHDX":
        for at, length in ((64 * KIB, 4 * KIB), (128 * KIB, 4 * KIB), (192 * KIB, 64 * KIB)):
            data = disks.patched(data, at, disks.sealed(data[at : at + length]))
    if kind in ("dynamic VHD", "exported VHD"):
        footer = disks.checked(data[:SECTOR], 64)
        header = disks.checked(data[SECTOR : 3 * SECTOR], 36)
        return footer + header + data[3 * SECTOR : -SECTOR] + footer
    if kind == "fixed VHD":
        return data[:-SECTOR] + disks.checked(data[-SECTOR:], 64)
    return data
