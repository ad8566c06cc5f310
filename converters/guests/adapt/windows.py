"""Plans what changes in a Windows so that it runs on EC2.

    SYSTEM      storage drivers, DHCP, the clock; drive letters where the table changes
    BCD         emergency services off; BIOS in place of UEFI where the table changes
    boot.ini    the same of Server 2003
    Panther     an answer file, for a Windows that was generalized and has none
    sectors     a GPT becomes an MBR, if it is to start by BIOS

Nothing is changed in a Windows that is hibernated or whose registry was never closed: it would go
on with what it remembers. What EC2 needs and the guest lacks is left out and told.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from converters.guests.adapt import boot_ini, boot_store, system_hive
from converters.guests.adapt.bios import BIOS_STORE, Bios, Read, from_gpt
from converters.guests.adapt.cells import Refused
from converters.guests.adapt.changes import Changes
from converters.guests.adapt.edits import Edits
from converters.guests.adapt.places import Places
from converters.guests.adapt.text import unified
from converters.guests.adapt.unattend import ARCHITECTURES, PATH, unattend
from converters.guests.guest import Guest, Windows
from converters.guests.look.bcd import STORE, STORES
from converters.guests.look.registry import HIVE
from converters.guests.tree import Tree, Unreadable

SYSTEM: Final = "/Windows/System32/config/SYSTEM"
BIOS: Final = "legacy-bios"
UEFI: Final = "uefi"
FILESYSTEMS: Final = ("ntfs", "vfat")
VISTA: Final = 6000  # the build; before it there was neither BCD nor unattend.xml

ANSWERS: Final = "the first start accepts the licence terms and is in US English"

CLOSED: Final = "The volume of Windows could not be opened again: nothing in it is changed."
NOT_SHUT_DOWN: Final = (
    "Windows is hibernated or was not shut down: nothing in it is changed. Shut it down without "
    "fast startup and import it again."
)
NO_AGENT: Final = "The Systems Manager agent is not installed in Windows: it has no package here."
OLD_ANSWERS: Final = (
    "Windows before Vista reads no unattend.xml: its first start asks what sysprep.inf leaves open."
)
# What newer instances have, and the drivers for it: that of their network, that of their disks.
NEEDED: Final = {
    "network (ENA)": ("/System32/drivers/ena.sys", "/System32/drivers/enanetadapter.sys"),
    "disks (NVMe)": ("/System32/drivers/stornvme.sys", "/System32/drivers/awsnvme.sys"),
}


def adapt_windows(
    guest: Guest, changes: Changes, paths: Sequence[Path], boot_mode: str | None
) -> str | None:
    """Plan the changes of a Windows; return the boot mode that it has afterwards.

    Opens the disks at the paths again, to read what is changed.
    """
    from converters.guests.look.volumes import find_volumes

    volumes = find_volumes(paths)
    trees = {}
    for volume in guest.volumes:
        if volume.filesystem in FILESYSTEMS:
            try:
                trees[volume.id] = volumes.tree(volume.id)
            except Unreadable as problem:
                changes.leave(f"Volume {volume.id} could not be opened again: {problem}.")

    def read(disk: int, offset: int, size: int) -> bytes:
        with paths[disk].open("rb") as file:
            file.seek(offset)
            return file.read(size)

    return adapt(guest, changes, trees, boot_mode, read)


def adapt(
    guest: Guest, changes: Changes, trees: Mapping[str, Tree], boot_mode: str | None, read: Read
) -> str | None:
    """Plan the changes of a Windows whose filesystems are open; return its boot mode."""
    windows = guest.windows
    if windows is None or windows.volume not in trees:
        changes.leave(CLOSED)
        return _as_it_is(guest, boot_mode)
    if windows.shut_down is False:
        changes.leave(NOT_SHUT_DOWN)
        return _as_it_is(guest, boot_mode)
    places = Places(trees, windows.volume, changes)
    converted = boot_mode == BIOS and _convert(guest, places, changes, read)
    if not converted:
        boot_mode = _as_it_is(guest, boot_mode)
        _plan_system(places, changes)
    for volume in trees:
        for path in STORES:
            if not (converted and path == BIOS_STORE):
                _plan_store(places, changes, volume, path)
    _plan_boot_ini(places)
    _plan_answers(windows, places, changes)
    _tell_what_lacks(windows, places, changes)
    return boot_mode


def _as_it_is(guest: Guest, boot_mode: str | None) -> str | None:
    """Return the boot mode of disks whose tables stay."""
    if boot_mode == BIOS and BIOS not in guest.boot_modes and UEFI in guest.boot_modes:
        return UEFI
    return boot_mode


def _convert(guest: Guest, places: Places, changes: Changes, read: Read) -> bool:
    """Plan a GPT to become an MBR, with all that it takes; tell whether it does."""
    if all(table.scheme not in ("gpt", "hybrid") for table in guest.disks):
        return False
    bios = from_gpt(guest, places, read)
    problem = bios if isinstance(bios, str) else ""
    if isinstance(bios, Bios):
        try:
            store = bios.edited_store()
            system = _edited_system(places, bios)
        except Refused as refusal:
            problem = f"its registry can't be changed: {refusal}"
        else:
            _save(places, places.home, SYSTEM, system)
            bios.plan(places, changes, store)
            return True
    changes.leave(f"The disk keeps its GPT: {problem}.")
    return False


def _edited_system(places: Places, bios: Bios | None) -> Edits:
    """Return the SYSTEM hive with its changes; raises Refused."""
    content = places.read(places.home, SYSTEM, HIVE)
    if content is None:
        raise Refused("there is no SYSTEM hive that can be read")
    edits = Edits(content)
    for name in system_hive.control_sets(edits.hive):
        system_hive.start_drivers(edits, name, lambda path: places.there(f"/Windows{path}"))
        system_hive.use_dhcp(edits, name)
        system_hive.universal_time(edits, name)
    if bios is not None:
        system_hive.keep_letters(edits, bios.mbr.signature, bios.offsets())
    return edits


def _plan_system(places: Places, changes: Changes) -> None:
    try:
        _save(places, places.home, SYSTEM, _edited_system(places, None))
    except Refused as refusal:
        changes.leave(f"{places.shown(places.home, SYSTEM)} stays as it is: {refusal}.")


def _plan_store(places: Places, changes: Changes, volume: str, path: str) -> None:
    content = places.read(volume, path, STORE)
    if content is None:
        return
    try:
        edits = Edits(content)
        boot_store.ems_off(edits)
        _save(places, volume, path, edits)
    except Refused as refusal:
        changes.leave(f"{places.shown(volume, path)} stays as it is: {refusal}.")


def _save(places: Places, volume: str, path: str, edits: Edits) -> None:
    if edits.hive.changed:
        diff = edits.diff(places.shown(volume, places.spelled(volume, path) or path))
        places.replace(volume, path, edits.hive.file(), "; ".join(edits.reasons), diff)


def _plan_boot_ini(places: Places) -> None:
    content = places.read(places.home, boot_ini.PATH, boot_ini.LONGEST)
    if content is None:
        return
    before = content.decode("latin-1")
    after = boot_ini.ems_off(before)
    if after != before:
        diff = unified(before, after, places.shown(places.home, boot_ini.PATH))
        new = after.encode("latin-1")
        places.replace(places.home, boot_ini.PATH, new, boot_store.EMS_OFF, diff)


def _plan_answers(windows: Windows, places: Places, changes: Changes) -> None:
    """Plan an answer file for a generalized Windows that has none."""
    if not windows.sysprepped or windows.unattend is not None:
        return
    if (windows.build or VISTA) < VISTA:
        changes.leave(OLD_ANSWERS)
    elif windows.architecture in ARCHITECTURES:
        content = unattend(windows.architecture)
        shown = places.shown(places.home, PATH)
        diff = unified("", content.decode(), shown)
        places.create(places.home, PATH, content, ANSWERS, diff)


def _tell_what_lacks(windows: Windows, places: Places, changes: Changes) -> None:
    for what, files in NEEDED.items():
        if not any(places.there(f"/Windows{file}") for file in files):
            changes.leave(
                f"Windows has no driver for the {what} of newer instances, and there is none here "
                "to install: use an instance of the Xen kind, or install it before the export."
            )
    if "amazon-ssm-agent" not in windows.guest_tools:
        changes.leave(NO_AGENT)
