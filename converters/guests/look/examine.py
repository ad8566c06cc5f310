"""Everything that is on the disks of a virtual machine, as one Guest.

    disks ─► tables ─► volumes ─► roots ─► System (fstab's mounts) ─► look_linux, look_windows

Nothing on the disks makes it raise: what is broken becomes a problem of a table or a volume, what
cannot be looked at becomes a sentence in unseen.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Final, TypeVar

from converters.guests.guest import LIST, TEXT, Guest, Linux, Volume, Windows
from converters.guests.look import firmware
from converters.guests.look.mounts import put_together
from converters.guests.look.roots import Roots, etc_directories, find_roots
from converters.guests.look.volumes import HOSTILE, READABLE, Volumes, find_volumes
from converters.guests.tree import System, Tree

T = TypeVar("T")

OTHERS: Final = 16  # filesystems beside a root that are looked into for a boot menu
ENCRYPTED: Final = {"luks": "LUKS", "bitlocker": "BitLocker"}
MEMBERS: Final = {"linux_raid_member": "a Linux RAID", "zfs_member": "a ZFS pool"}
NO_FILES: Final = frozenset({"swap", "lvm", "jbd"})  # there is nothing to be read in these


def examine(paths: Sequence[Path], files: bool = True) -> Guest:
    """Return what is on some raw disks, the first one first.

    Without files, no filesystem is opened: what can be told when one has brought its reader down.
    Raises OSError if a disk cannot be read.
    """
    volumes = find_volumes(paths)
    unseen: list[str] = []
    linux: Linux | None = None
    windows: Windows | None = None
    modes: tuple[str, ...] = ()
    if files:
        found = find_roots(volumes)
        linux = _tried(unseen, "the Linux", lambda: _linux(volumes, found))
        windows = _tried(unseen, "the Windows", lambda: _windows(volumes, found))
        modes = _tried(unseen, "the boot loaders", lambda: firmware.boot_modes(volumes)) or ()
    else:
        unseen.append("No filesystem was opened.")
    unseen += _unseen(volumes)
    return cut(Guest(volumes.tables, tuple(volumes.found), linux, windows, modes, tuple(unseen)))


def open_system(paths: Sequence[Path], guest: Guest) -> System | None:
    """Return a guest's filesystems, opened again on its disks; None if they do not open.

    Of a guest with both it is the Linux. Raises OSError if a disk cannot be read.
    """
    try:
        volumes = find_volumes(paths)
        found = find_roots(volumes)
        if guest.linux is not None:
            return put_together(volumes, _first(found.linux))
        return System(found.windows[0]) if guest.windows is not None else None
    except HOSTILE:
        return None


def _linux(volumes: Volumes, found: Roots) -> Linux | None:
    if not found.linux:
        return None
    from converters.guests.look.linux import look_linux

    root = _first(found.linux)
    system = put_together(volumes, root)
    linux = look_linux(
        system, root.volume_id, volumes.found, volumes.tables, _others(found, root, system)
    )
    return replace(
        linux,
        roots=tuple(tree.volume_id for tree in found.linux),
        etc_directories=etc_directories(root),
        free=_free(root),
    )


def _windows(volumes: Volumes, found: Roots) -> Windows | None:
    if not found.windows:
        return None
    from converters.guests.look.windows import look_windows

    root = found.windows[0]
    size = sum(extent.size for extent in volumes.volume(root.volume_id).extents)
    system = System(root)
    windows = look_windows(system, root.volume_id, _others(found, root, system), size)
    return replace(windows, roots=tuple(tree.volume_id for tree in found.windows))


def _first(trees: Sequence[Tree]) -> Tree:
    """Return the root that is looked into: the first with a fstab, else the first."""
    return next((tree for tree in trees if tree.stat("/etc/fstab") is not None), trees[0])


def _others(found: Roots, root: Tree, system: System) -> list[Tree]:
    """Return the filesystems that are no part of a system."""
    inside = {id(root), *(id(tree) for tree in system.mounts.values())}
    own = {root.volume_id, *(tree.volume_id for tree in system.mounts.values())}
    return [tree for tree in found.trees if id(tree) not in inside and tree.volume_id not in own][
        :OTHERS
    ]


def _free(tree: Tree) -> int | None:
    try:
        return tree.free()
    except HOSTILE:
        return None


def _tried(unseen: list[str], what: str, look: Callable[[], T]) -> T | None:
    """Look; if that comes to grief, say so."""
    try:
        return look()
    except HOSTILE as error:
        unseen.append(f"Not everything of {what} could be looked at: {_why(error)}.")
        return None


def _why(error: BaseException) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


def _unseen(volumes: Volumes) -> list[str]:
    """Return a sentence for each volume that holds something nobody here can read."""
    sentences = [
        f"Disk {table.disk} is a dynamic disk of Windows: only volumes that begin as partitions do "
        "are seen."
        for table in volumes.tables
        if table.dynamic
    ]
    for volume in tuple(volumes.found):
        if len(volume.extents) > LIST:
            volumes.replace(replace(volume, extents=()))
            sentences.append(f"Volume {volume.id} is in too many pieces to be changed.")
        sentence = _closed(volume)
        if sentence:
            sentences.append(f"Volume {volume.id} {sentence}")
    return sentences


def _closed(volume: Volume) -> str | None:
    kind = volume.filesystem
    if kind in ENCRYPTED:
        return f"is encrypted with {ENCRYPTED[kind]}: what is in it cannot be seen."
    if kind in MEMBERS:
        return f"is part of {MEMBERS[kind]}, which is not put together here."
    if volume.problem is not None:
        return f"could not be looked into: {volume.problem.rstrip('.')}."
    if kind is None or kind in NO_FILES or kind in READABLE:
        return None
    return f"holds {kind}, which is not read here."


def cut(value: T) -> T:
    """Return a value whose texts and lists are no longer than a Guest's may be."""
    if isinstance(value, str):
        return value[:TEXT]  # type: ignore[return-value]
    if isinstance(value, tuple):
        return tuple(cut(item) for item in value[:LIST])  # type: ignore[return-value]
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: cut(getattr(value, one.name)) for one in fields(value)})
    return value
