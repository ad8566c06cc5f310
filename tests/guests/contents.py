"""All that is on a guest's filesystems, to be compared before and after: by two kinds of readers.

`contents` reads through our own trees, whatever the filesystem. `dumped` asks others: debugfs,
btrfs restore, GRUB's reader of XFS, ntfscat. None of them mounts anything.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests.guest import Volume
from converters.guests.look.volumes import READABLE, find_volumes
from converters.guests.tree import Tree
from tests.guests import filesystems
from tests.guests.filesystems import run

LIMIT = 64 << 20  # bytes of a file


@dataclass(frozen=True, slots=True)
class Entry:
    """What is at a path."""

    kind: str
    mode: int
    uid: int
    gid: int
    target: str
    digest: str
    label: bytes | None


Contents = dict[tuple[str, str], Entry]  # by volume and path


def contents(disks: list[Path]) -> Contents:
    """Return all that is on the disks' filesystems, as our trees see it."""
    found: Contents = {}
    volumes = find_volumes(disks)
    for volume in volumes.found:
        if volume.filesystem in READABLE:
            _walk(volumes.tree(volume.id), "", volume.id, found)
    return found


def _walk(tree: Tree, path: str, volume: str, found: Contents) -> None:
    for name in tree.names(path or "/"):
        here = f"{path}/{name}"
        stat = tree.stat(here)
        assert stat is not None, here
        if name.startswith("$") and not path:  # NTFS' own
            continue
        digest = ""
        if stat.kind == "file":
            digest = hashlib.sha256(tree.read(here, LIMIT)).hexdigest()
        found[volume, here] = Entry(
            stat.kind, stat.mode, stat.uid, stat.gid, stat.target, digest, tree.label(here)
        )
        if stat.kind == "dir":
            _walk(tree, here, volume, found)


def changed(before: Contents, after: Contents) -> set[tuple[str, str]]:
    """Return where something is new, gone or otherwise."""
    return {place for place in before | after if before.get(place) != after.get(place)}


def extracted(disks: list[Path], volume: Volume, target: Path) -> Path:
    """Copy a volume into a file of its own; logical ones of one piece only."""
    [extent] = volume.extents
    return filesystems.copied(disks[extent.disk], target, extent.offset, extent.size)


def checked(disks: list[Path], scratch: Path) -> list[str]:
    """Ask every filesystem's own checker; return the kinds that were asked about."""
    kinds = []
    for number, volume in enumerate(find_volumes(disks).found):
        command = CHECKERS.get(volume.filesystem or "")
        if command is None or len(volume.extents) != 1:
            continue
        run(*command, extracted(disks, volume, scratch / f"checked{number}"))
        kinds.append(volume.filesystem or "")
    return kinds


CHECKERS = {
    "ext2": ("e2fsck", "-fn"),
    "ext3": ("e2fsck", "-fn"),
    "ext4": ("e2fsck", "-fn"),
    "xfs": ("xfs_repair", "-n"),
    "btrfs": ("btrfs", "check"),
    "vfat": ("fsck.fat", "-n"),
    "ntfs": ("ntfsfix", "-n"),
}


def dumped(disks: list[Path], scratch: Path) -> dict[tuple[str, str], str]:
    """Return the digest of every file, as the readers of others see it: not one of them is ours.

    Of XFS and NTFS they read the files that we know of; of the others all that there are.
    """
    found = {}
    known = [place for place, entry in contents(disks).items() if entry.kind == "file"]
    for number, volume in enumerate(find_volumes(disks).found):
        kind = volume.filesystem or ""
        if kind not in (*WHOLE, *SINGLE):
            continue
        image = extracted(disks, volume, scratch / f"dumped{number}")
        if kind in SINGLE:
            for _, path in (place for place in known if place[0] == volume.id):
                found[volume.id, path] = _digest(run(*SINGLE[kind](image, path)))
            continue
        folder = scratch / f"dump{number}"
        folder.mkdir()
        run(*WHOLE[kind](image, folder))
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                found[volume.id, f"/{file.relative_to(folder)}"] = _digest(file.read_bytes())
    return found


def _rdump(image: Path, folder: Path) -> list[str | Path]:
    return ["debugfs", "-R", f"rdump / {folder}", image]


WHOLE: Final[dict[str, Callable[[Path, Path], list[str | Path]]]] = {
    "ext2": _rdump,
    "ext3": _rdump,
    "ext4": _rdump,
    "btrfs": lambda image, folder: ["btrfs", "restore", "-S", image, folder],
}
SINGLE: Final[dict[str, Callable[[Path, str], list[str | Path]]]] = {
    "xfs": lambda image, path: ["grub-fstest", image, "cat", f"(loop0){path}"],
    "ntfs": lambda image, path: ["ntfscat", image, path],
}


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
