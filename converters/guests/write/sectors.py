"""Writes bytes of a disk that no filesystem owns: partition tables."""

from collections.abc import Sequence
from pathlib import Path

from converters.guests.plan import SectorChange
from converters.guests.write.outcome import Refused


def write_sectors(disks: Sequence[Path], changes: Sequence[SectorChange], folder: Path) -> None:
    """Write all changes; Refused, and nothing is written, if one lies outside its disk."""
    contents = [(folder / change.content).read_bytes() for change in changes]
    for change, content in zip(changes, contents, strict=True):
        if not 0 <= change.disk < len(disks):
            raise Refused(f"there is no disk {change.disk}")
        end = change.offset + len(content)
        if change.offset < 0 or end > disks[change.disk].stat().st_size:
            raise Refused(f"{change.reason}: it would be written outside of the disk")
    for change, content in zip(changes, contents, strict=True):
        with disks[change.disk].open("r+b", buffering=0) as disk:
            disk.seek(change.offset)
            if disk.write(content) != len(content):
                raise OSError(f"{disks[change.disk]} could not be written")
