"""What the disks could start with: a BIOS, or UEFI."""

from collections.abc import Iterable
from typing import Final

from converters.guests.guest import Table
from converters.guests.look.gpt import BIOS_BOOT, EFI_SYSTEM
from converters.guests.look.volumes import HOLDERS, Volumes
from converters.guests.tree import System, Unreadable

FALLBACK: Final = "/EFI/BOOT/BOOTX64.EFI"
VENDORS: Final = 32  # directories below EFI that are looked into


def boot_modes(volumes: Volumes) -> tuple[str, ...]:
    """Return legacy-bios, uefi, both or none of them.

    assumed: every disk counts, whichever of them would be the first of the machine.
    """
    modes = []
    if any(_bios(table) for table in volumes.tables):
        modes.append("legacy-bios")
    if any(_loader(volumes, volume_id) for volume_id in efi_system_partitions(volumes)):
        modes.append("uefi")
    return tuple(modes)


def efi_system_partitions(volumes: Volumes) -> list[str]:
    """Return the ids of the volumes where UEFI looks for a loader."""
    marked = {
        f"{table.disk}:{partition.number}"
        for table in volumes.tables
        for partition in table.partitions
        if partition.type in ("EF", EFI_SYSTEM)
    }
    return [one.id for one in volumes.found if one.id in marked and one.filesystem == "vfat"]


def _bios(table: Table) -> bool:
    """Tell whether a BIOS would start something.

    There must be code in the first sector. assumed: in an MBR it starts whatever partition there
    is, active or not, as GRUB does; a GPT needs a partition for GRUB's second part, or one that is
    marked for a BIOS (syslinux).
    """
    if not table.boot_code:
        return False
    if table.scheme == "gpt":
        return any(one.type == BIOS_BOOT or one.bootable for one in table.partitions)
    if table.scheme == "hybrid":
        return True
    return table.scheme is None or any(one.type not in HOLDERS for one in table.partitions)


def _loader(volumes: Volumes, volume_id: str) -> bool:
    """Tell whether there is something for UEFI to start: the fallback, or a vendor's loader."""
    try:
        system = System(volumes.tree(volume_id))
        if system.is_file(FALLBACK):
            return True
        return any(
            name.lower().endswith(".efi")
            for folder in _folders(system)
            for name in system.names(folder)
        )
    except Unreadable:
        return False


def _folders(system: System) -> Iterable[str]:
    for vendor in system.names("/EFI")[:VENDORS]:
        if vendor.upper() != "BOOT":  # only the fallback of this processor counts there
            yield f"/EFI/{vendor}"
    yield "/EFI/Microsoft/Boot"
