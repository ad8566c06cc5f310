"""The volumes of a guest: partitions, whole disks, logical volumes; and a reader for each.

A disk without a partition table is one volume if a filesystem stands on it. Extended partitions
hold others and are none themselves.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from converters.guests.guest import Extent, Partition, Table, Volume
from converters.guests.look.gpt import BIOS_BOOT
from converters.guests.look.partitions import EXTENDED, PROTECTIVE, read_table
from converters.guests.look.sources import Disk, Joined, Source
from converters.guests.look.superblocks import Superblock, probe
from converters.guests.tree import Tree, Unreadable

# what reading nonsense ends in where nobody has thought of it
HOSTILE: Final = (
    Unreadable, ArithmeticError, LookupError, ValueError, TypeError, AttributeError, MemoryError,
    RuntimeError, OSError, EOFError, struct.error, zlib.error,
)  # fmt: skip
HOLDERS: Final = frozenset(f"{kind:02X}" for kind in (*EXTENDED, PROTECTIVE))
READABLE: Final = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "ntfs", "vfat"})


@dataclass
class Volumes:
    """What was found on the disks, and what reads it."""

    tables: tuple[Table, ...]
    found: list[Volume]
    disks: list[Disk]
    _trees: dict[tuple[str, str | None], Tree | Unreadable] = field(default_factory=dict)

    def source(self, volume: Volume) -> Source:
        """Return a volume's bytes."""
        return Joined(self.disks, volume.extents)

    def volume(self, volume_id: str) -> Volume:
        """Return a volume by its id; raises Unreadable if there is none."""
        for volume in self.found:
            if volume.id == volume_id:
                return volume
        raise Unreadable(f"there is no volume {volume_id}")

    def replace(self, changed: Volume) -> None:
        """Put a volume in place of the one with its id."""
        self.found = [changed if one.id == changed.id else one for one in self.found]

    def tree(self, volume_id: str, subvolume: str | None = None) -> Tree:
        """Return the filesystem of a volume, opened once; raises Unreadable.

        A subvolume is one of Btrfs; without it, that filesystem is its default one.
        """
        key = (volume_id, subvolume)
        known = self._trees.get(key)
        if known is None:
            try:
                known = self._opened(volume_id, subvolume)
            except Unreadable as error:
                known = error
                if subvolume is None:
                    self.problem(volume_id, str(error))
            self._trees[key] = known
        if isinstance(known, Unreadable):
            raise known
        return known

    def problem(self, volume_id: str, problem: str) -> None:
        """Write down why a volume cannot be read."""
        volume = self.volume(volume_id)
        if volume.problem is None:
            self.replace(replace(volume, problem=problem))

    def _opened(self, volume_id: str, subvolume: str | None) -> Tree:
        volume = self.volume(volume_id)
        if volume.filesystem not in READABLE or not volume.extents:
            raise Unreadable(f"volume {volume_id} is not read")
        return open_tree(volume.filesystem, self.source(volume), volume_id, subvolume)


def open_tree(
    filesystem: str | None, source: Source, volume_id: str, subvolume: str | None = None
) -> Tree:
    """Return the reader of a filesystem; raises Unreadable.

    Only what is needed is imported: each library takes some milliseconds.
    """
    if filesystem == "xfs":
        from converters.guests.look.trees.xfs import XfsTree

        return XfsTree(source, volume_id)
    if filesystem == "btrfs":
        from converters.guests.look.trees.btrfs import BtrfsTree

        return BtrfsTree(source, volume_id, subvolume)
    if filesystem == "ntfs":
        from converters.guests.look.trees.ntfs import NtfsTree

        return NtfsTree(source, volume_id)
    if filesystem == "vfat":
        from converters.guests.look.trees.fat import FatTree

        return FatTree(source, volume_id)
    if filesystem in ("ext2", "ext3", "ext4"):
        from converters.guests.look.trees.ext import ExtTree

        return ExtTree(source, volume_id)
    raise Unreadable(f"{filesystem} is not read")


def find_volumes(paths: Sequence[Path]) -> Volumes:
    """Return the tables and volumes of some disks; nothing on them makes it raise."""
    disks = [Disk(path) for path in paths]
    tables, found = [], []
    for number, disk in enumerate(disks):
        whole = probe(disk)
        table = read_table(number, disk, whole.filesystem if whole else None)
        tables.append(table)
        if table.scheme is None and whole is not None:
            found.append(_volume(str(number), Extent(number, 0, disk.size), whole))
        for partition in table.partitions:
            extent = _extent(number, partition, disk.size)
            if extent is not None and partition.type not in HOLDERS:
                volume_id = f"{number}:{partition.number}"
                found.append(_volume(volume_id, extent, _probed(partition, disks, extent)))
    volumes = Volumes(tuple(tables), found, disks)
    _logical(volumes)
    return volumes


def _extent(disk: int, partition: Partition, size: int) -> Extent | None:
    """Return where a partition stands on its disk; None if no byte of it does."""
    left = min(partition.size, size - partition.offset)
    return Extent(disk, partition.offset, left) if left > 0 else None


def _probed(partition: Partition, disks: Sequence[Source], extent: Extent) -> Superblock | None:
    """Return what stands in a partition; GRUB's second part is no filesystem, whatever it seems."""
    return None if partition.type == BIOS_BOOT else probe(Joined(disks, [extent]))


def _volume(
    volume_id: str, extent: Extent | tuple[Extent, ...], superblock: Superblock | None
) -> Volume:
    extents = extent if isinstance(extent, tuple) else (extent,)
    if superblock is None:
        return Volume(volume_id, extents, None)
    return Volume(volume_id, extents, superblock.filesystem, superblock.uuid, superblock.label)


def _logical(volumes: Volumes) -> None:
    """Add the logical volumes, and write down what is wrong with their groups."""
    if all(volume.filesystem != "lvm" for volume in volumes.found):
        return
    from converters.guests.look import lvm

    physical = []
    for volume in tuple(volumes.found):
        if volume.filesystem == "lvm":
            place = volume.extents[0]
            source = volumes.source(volume)
            try:
                one = lvm.read_physical(source, volume.id, place.disk, place.offset)
            except HOSTILE:
                volumes.problem(volume.id, "its LVM label cannot be read")
            else:
                physical.append(one)
    for group in lvm.groups(physical):
        for volume_id in group.physical:
            if group.problem:
                volumes.problem(volume_id, group.problem)
        for logical in group.logical:
            if any(volume.id == logical.id for volume in volumes.found):
                continue
            joined = Joined(volumes.disks, logical.extents)
            made = _volume(logical.id, logical.extents, probe(joined))
            volumes.found.append(replace(made, problem=logical.problem or None))
