"""The guest put together: its root filesystem with the others mounted where its fstab says."""

from typing import Final

from converters.guests.guest import Mount
from converters.guests.look.fstab import FSTAB, read_mounts
from converters.guests.look.volumes import READABLE, Volumes
from converters.guests.tree import System, Tree, Unreadable

LARGEST: Final = 1 << 20  # bytes of a fstab
MOUNTS: Final = 64


def put_together(volumes: Volumes, root: Tree) -> System:
    """Return a root filesystem with what its fstab mounts; what cannot be opened is left out."""
    mounts: dict[str, Tree] = {}
    filesystems = {volume.id: volume.filesystem for volume in volumes.found}
    for mount in _mounts(volumes, root):
        if len(mounts) >= MOUNTS:
            break
        subvolume = _subvolume(mount) if filesystems[mount.volume or ""] == "btrfs" else None
        if mount.volume == root.volume_id and subvolume is None:
            continue  # twice the same
        if filesystems[mount.volume or ""] in READABLE and mount.point not in mounts:
            try:
                mounts[mount.point] = volumes.tree(mount.volume or "", subvolume)
            except Unreadable:
                continue  # the volume says why
    return System(root, mounts)


def _mounts(volumes: Volumes, root: Tree) -> list[Mount]:
    """Return the lines of the fstab that name a volume which is here, and a place for it."""
    try:
        text = System(root).read(FSTAB, LARGEST).decode("utf-8", "replace")
    except Unreadable:
        return []
    return [
        mount
        for mount in read_mounts(text, volumes.found, volumes.tables)
        if mount.volume is not None
        and mount.point.startswith("/")
        and mount.point.strip("/")
        and ".." not in mount.point.split("/")
    ]


def _subvolume(mount: Mount) -> str | None:
    """Return the path of the subvolume that is mounted, "" for the top; None: the default one."""
    for option in mount.options.split(","):
        name, _, value = option.partition("=")
        if name == "subvol" and value:
            return value.strip("/")
        if (name, value) == ("subvolid", "5"):
            return ""
    return None
