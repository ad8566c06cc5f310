"""Which volumes hold an operating system, and whether one holds /etc more than once."""

from dataclasses import dataclass, field, replace
from typing import Final

from converters.guests.guest import LIST
from converters.guests.look.volumes import HOSTILE, READABLE, Volumes
from converters.guests.tree import System, Tree, Unreadable

RELEASES: Final = (
    "/etc/os-release",
    "/usr/lib/os-release",
    "/etc/lsb-release",
    "/etc/redhat-release",
    "/etc/system-release",
    "/etc/SuSE-release",
    "/etc/debian_version",
    "/etc/oracle-release",
    "/etc/alpine-release",
    "/etc/arch-release",
    "/etc/gentoo-release",
    "/etc/slackware-version",
)
# assumed: these hold other things than a second system that was left behind
ELSEWHERE: Final = frozenset(
    {"bin", "dev", "lib", "lib64", "lost+found", "proc", "run", "sbin", "sys", "tmp", "usr", "var"}
)
LOOKED_AT: Final = 400  # directories that are searched for another /etc
LEVELS: Final = 2  # of directories above such an /etc


SUBVOLUMES: Final = 16  # of a Btrfs that are tried for a root


@dataclass
class Roots:
    """The filesystems that can be read, and the roots among them."""

    trees: list[Tree] = field(default_factory=list)
    linux: list[Tree] = field(default_factory=list)
    windows: list[Tree] = field(default_factory=list)


def find_roots(volumes: Volumes) -> Roots:
    """Open every filesystem and return those with an operating system."""
    found = Roots()
    for volume in tuple(volumes.found):
        if volume.filesystem not in READABLE or not volume.extents:
            continue
        try:
            tree = volumes.tree(volume.id)
            tree.names("/")
            found.trees.append(tree)
            subvolumes = _subvolumes(volumes, tree) if volume.filesystem == "btrfs" else ()
            root = _linux_root(volumes, tree, subvolumes)
            if root is not None:
                found.linux.append(root)
            if volume.filesystem == "ntfs" and is_windows(tree):
                found.windows.append(tree)
        except HOSTILE as error:
            volumes.problem(volume.id, str(error) or type(error).__name__)
    return found


def _linux_root(volumes: Volumes, tree: Tree, subvolumes: tuple[str, ...]) -> Tree | None:
    """Return the root of a Linux: what is mounted by default, else the first such subvolume."""
    if is_linux(tree):
        return tree
    likely = sorted(subvolumes, key=lambda path: (path not in ("@", "root"), path.count("/")))
    for path in likely[:SUBVOLUMES]:
        try:
            below = volumes.tree(tree.volume_id, path)
            if is_linux(below):
                return below
        except Unreadable:
            continue
    return None


def _subvolumes(volumes: Volumes, tree: Tree) -> tuple[str, ...]:
    """Return the subvolumes of a Btrfs, and write them down."""
    from converters.guests.look.trees.btrfs import BtrfsTree

    if not isinstance(tree, BtrfsTree):
        return ()
    found = tree.subvolumes()[:LIST]
    volumes.replace(replace(volumes.volume(tree.volume_id), subvolumes=found))
    return found


def is_linux(tree: Tree) -> bool:
    """Tell whether a filesystem is the root of a Linux.

    A release file need not lead anywhere: it may be a link into a /usr of its own. Without one,
    a fstab beside directories of programs will do: that is a Linux nobody knows.
    """
    etc = tree.stat("/etc")
    if etc is None or etc.kind != "dir":
        return False
    if any(tree.stat(path) is not None for path in RELEASES):
        return True
    if tree.stat("/etc/fstab") is None:
        return False
    return any(tree.stat(path) is not None for path in ("/usr", "/sbin", "/bin"))


def is_windows(tree: Tree) -> bool:
    """Tell whether a filesystem has a Windows folder with a registry."""
    found = System(tree).stat("/Windows/System32/config")
    return found is not None and found.kind == "dir"


def etc_directories(tree: Tree) -> tuple[str, ...]:
    """Return the paths of several /etc, none if there is only one.

    assumed: another counts if it has a fstab, a passwd and a release file, at most two directories
    below the root.
    """
    found = ["/etc"]
    below = [""]
    left = LOOKED_AT
    for level in range(LEVELS):
        next_below = []
        for folder in below:
            for name in _names(tree, folder):
                path = f"{folder}/{name}"
                if (level == 0 and name in ELSEWHERE) or name == "etc":
                    continue
                left -= 1
                if left < 0 or not _is(tree, path, "dir"):
                    continue
                next_below.append(path)
                if _is_etc(tree, f"{path}/etc"):
                    found.append(f"{path}/etc")
        below = next_below
    return tuple(found) if len(found) > 1 else ()


def _is_etc(tree: Tree, path: str) -> bool:
    try:
        if tree.stat(f"{path}/fstab") is None or tree.stat(f"{path}/passwd") is None:
            return False
        return any(
            tree.stat(path + release.removeprefix("/etc")) is not None
            for release in RELEASES
            if release.startswith("/etc/")
        )
    except Unreadable:
        return False


def _names(tree: Tree, path: str) -> list[str]:
    try:
        return tree.names(path or "/")
    except Unreadable:
        return []


def _is(tree: Tree, path: str, kind: str) -> bool:
    try:
        found = tree.stat(path)
    except Unreadable:
        return False
    return found is not None and found.kind == kind
