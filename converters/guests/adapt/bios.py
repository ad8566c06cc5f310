"""What a Windows that starts by UEFI needs besides an MBR so that it starts by BIOS.

All of it comes from the guest: the boot manager for BIOS, which every Windows keeps in
C:\\Windows\\Boot\\PCAT, and the store of its boot configuration. The code in the first sectors of
the volume must be the one that Windows writes when it formats NTFS. If anything is missing, the
disk keeps its GPT. Tables, sectors and stores are checked by others' tools, and our boot code runs;
no real Windows was at hand, and the plan says that its start was not tried.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from converters.guests.adapt import boot_store
from converters.guests.adapt.changes import Changes
from converters.guests.adapt.edits import Edits
from converters.guests.adapt.gpt_to_mbr import (
    EFI_SYSTEM,
    SECTOR,
    START_CODE,
    Converted,
    Unconvertible,
    converted,
    copies_of_first,
    first_sector,
    startable,
)
from converters.guests.adapt.places import Places
from converters.guests.guest import Guest, Partition, Table
from converters.guests.look.bcd import STORE, STORES
from converters.guests.plan import SectorChange

Read = Callable[[int, int, int], bytes]  # disk, offset, size → bytes outside the filesystems

MANAGER: Final = "/bootmgr"
SPARE_MANAGER: Final = "/Windows/Boot/PCAT/bootmgr"
LOADER: Final = "/Windows/System32/winload.exe"
PROGRAM: Final = 8 << 20  # bytes of a boot manager; they have about half a MiB
BIOS_STORE, UEFI_STORE = STORES

TABLE: Final = "the GPT becomes an MBR: Windows starts by BIOS"
NO_GPT: Final = "what was the GPT goes"
ITSELF: Final = "the volume knows where it begins: Windows starts by BIOS"
UNTRIED: Final = (
    "Windows was made to start by BIOS from a new partition table, with its own boot files; "
    "whether it does is not tried here. If the instance doesn't start, import it again with "
    "BootMode uefi."
)


@dataclass(frozen=True, slots=True)
class Bios:
    """All that is needed, read and found good."""

    table: Table
    mbr: Converted
    active: Partition
    volume: str  # id of the active partition's
    manager: bytes | None  # None: it is there
    store: bytes
    first_sector: bytes | None  # None: it is right
    copies: tuple[int, ...]  # offsets of the first sector, which stands at the volume's end too
    headers: tuple[int, ...]  # offsets of sectors with a GPT's header

    def offsets(self) -> dict[str, int]:
        """Return where the partitions begin, by the GUIDs they had."""
        return {part.uuid: part.offset for part in self.mbr.kept if part.uuid}

    def edited_store(self) -> Edits:
        """Return the boot configuration for BIOS; raises Refused.

        What was on the EFI system partition, the boot manager, is on the active one.
        """
        starts = self.offsets()
        for part in self.table.partitions:
            if part.uuid and part.type.upper() == EFI_SYSTEM:
                starts[part.uuid] = self.active.offset
        edits = Edits(self.store)
        boot_store.to_bios(edits, self.mbr.signature, starts)
        boot_store.ems_off(edits)
        return edits

    def plan(self, places: Places, changes: Changes, store: Edits) -> None:
        """Plan the files, then the sectors."""
        if self.manager is not None:
            places.create(self.volume, MANAGER, self.manager, boot_store.TO_BIOS)
        content, reason = store.hive.file(), "; ".join(store.reasons) or boot_store.TO_BIOS
        diff = store.diff(places.shown(self.volume, BIOS_STORE))
        if places.spelled(self.volume, BIOS_STORE) is not None:
            places.replace(self.volume, BIOS_STORE, content, reason, diff)
        else:
            places.create(self.volume, BIOS_STORE, content, reason, diff)
        disk = self.table.disk
        pieces = [(offset, bytes(SECTOR), NO_GPT) for offset in self.headers]
        if self.first_sector is not None:
            pieces += [(offset, self.first_sector, ITSELF) for offset in self.copies]
        pieces.append((0, self.mbr.sector, TABLE))
        for offset, sector, why in pieces:
            changes.sectors.append(SectorChange(disk, offset, changes.contents.add(sector), why))
        changes.leave(UNTRIED)


def from_gpt(guest: Guest, places: Places, read: Read) -> Bios | str:
    """Return what a Windows on a GPT needs to start by BIOS, or why it can't."""
    volume = _manager_volume(guest, places) or places.home
    found = _partition(guest, volume)
    if found is None or _partition(guest, places.home) is None:
        return "Windows is not in a partition"
    table, active = found
    try:
        mbr = converted(table, active.number)
    except Unconvertible as problem:
        return str(problem)
    if not places.there(LOADER):
        return "Windows has no winload.exe"
    manager = None
    if places.spelled(volume, MANAGER) is None:
        manager = places.read(places.home, SPARE_MANAGER, PROGRAM)
        if not manager:
            return "Windows has no boot manager for BIOS in C:\\Windows\\Boot\\PCAT"
    store = _store(places, volume)
    if store is None:
        return "its boot configuration is not there"
    head = read(table.disk, active.offset, START_CODE)
    if not startable(head):
        return "the first sectors of its volume have no code that starts it"
    headers = [SECTOR, table.size // SECTOR * SECTOR - SECTOR]
    there = tuple(each for each in headers if read(table.disk, each, 8) == b"EFI PART")
    spares = copies_of_first(head, active)
    same = (each for each in spares if read(table.disk, each, SECTOR) == head[:SECTOR])
    copies = (active.offset, *same)
    first = first_sector(head, active)
    return Bios(table, mbr, active, volume, manager, store, first, copies, there)


def _manager_volume(guest: Guest, places: Places) -> str | None:
    """Return a volume of Windows' disk that has a boot manager and a store for BIOS already."""
    home = _partition(guest, places.home)
    for volume in places.trees:
        found = _partition(guest, volume)
        if home is None or found is None or found[0] is not home[0]:
            continue
        if places.spelled(volume, MANAGER) and places.spelled(volume, BIOS_STORE):
            return volume
    return None


def _store(places: Places, volume: str) -> bytes | None:
    """Return the boot configuration: that for BIOS, else that for UEFI."""
    own = places.read(volume, BIOS_STORE, STORE)
    if own is not None:
        return own
    found = (places.read(each, UEFI_STORE, STORE) for each in places.trees)
    return next((content for content in found if content is not None), None)


def _partition(guest: Guest, volume: str) -> tuple[Table, Partition] | None:
    """Return the table and the partition of a volume."""
    for table in guest.disks:
        for partition in table.partitions:
            if volume == f"{table.disk}:{partition.number}":
                return table, partition
    return None
