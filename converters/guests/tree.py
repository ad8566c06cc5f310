"""A filesystem as the readers see it, and a whole guest of several filesystems put together.

Paths are absolute, with slashes, and as the guest wrote them (bytes that are not UTF-8 become
surrogates). A Tree follows nothing; a System resolves symlinks and mount points inside the guest:
no link, however it is made, leads out of it.
"""

from dataclasses import dataclass
from typing import Final, Protocol

LINKS: Final = 40  # symlinks on the way to one file; Linux allows as many
DEPTH: Final = 200  # names in one path
NAMES: Final = 100_000  # of one directory that are read


class Unreadable(Exception):
    """The filesystem, or a file in it, is broken, or too large or too deep to be believed."""


class Missing(Unreadable):
    """There is no such file."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What a filesystem says of a file."""

    kind: str  # file, dir, link, other
    size: int = 0  # bytes
    mode: int = 0o644  # permission bits
    uid: int = 0
    gid: int = 0
    target: str = ""  # of a link


class Tree(Protocol):
    """One filesystem, read only. Everything raises Unreadable when the filesystem is broken."""

    volume_id: str

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path, following nothing; None: nothing is."""

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted, without . and ..; Missing if it is none."""

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it is no file."""

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label (security.selinux) of a file, None if it has none."""

    def free(self) -> int | None:
        """Return the bytes that are free, None if nobody knows."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path of the guest really is."""

    tree: Tree
    path: str  # in that filesystem
    stat: Stat | None  # None: the last name is not there, its directory is


class System:
    """The root filesystem of a guest with others mounted into it."""

    def __init__(self, root: Tree, mounts: dict[str, Tree] | None = None) -> None:
        self.root = root
        self.mounts = {_clean(point): tree for point, tree in (mounts or {}).items()}

    def place(self, path: str, follow: bool = True) -> Place:
        """Return where a path leads; Missing if a directory on the way is not there.

        The last name is followed too unless follow is False.
        """
        names = _names(path)
        here = ""  # the guest's path of what has been walked so far
        links = 0
        while names:
            name = names.pop(0)
            if name == "..":
                here = here.rpartition("/")[0]
                continue
            there = f"{here}/{name}"
            if there.count("/") > DEPTH or len(names) > DEPTH:
                raise Unreadable(f"{path}: too many levels")
            found = self._stat(there)
            if found is not None and found.kind == "link" and (names or follow):
                links += 1
                if links > LINKS:
                    raise Unreadable(f"{path}: too many symbolic links")
                if found.target.startswith("/"):
                    here = ""
                names = _names(found.target) + names
                continue
            if names and (found is None or found.kind != "dir"):
                raise Missing(f"{path}: no such directory")
            here = there
        tree, inside = self._mounted(here or "/")
        return Place(tree, inside, self._stat(here or "/"))

    def stat(self, path: str, follow: bool = True) -> Stat | None:
        """Return what is at a path; None if nothing is."""
        try:
            return self.place(path, follow).stat
        except Missing:
            return None

    def is_file(self, path: str) -> bool:
        """Tell whether a path leads to a regular file."""
        found = self.stat(path)
        return found is not None and found.kind == "file"

    def is_dir(self, path: str) -> bool:
        """Tell whether a path leads to a directory."""
        found = self.stat(path)
        return found is not None and found.kind == "dir"

    def names(self, path: str) -> list[str]:
        """Return the names in a directory; none if there is no such directory."""
        try:
            place = self.place(path)
        except Missing:
            return []
        if place.stat is None or place.stat.kind != "dir":
            return []
        return place.tree.names(place.path)

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it leads to no file."""
        place = self.place(path)
        if place.stat is None or place.stat.kind != "file":
            raise Missing(f"{path}: no such file")
        return place.tree.read(place.path, limit)

    def _stat(self, path: str) -> Stat | None:
        tree, inside = self._mounted(path)
        return tree.stat(inside)

    def _mounted(self, path: str) -> tuple[Tree, str]:
        """Return the filesystem that a guest's path is on, and the path in it."""
        point = path
        while point:
            if point in self.mounts:
                return self.mounts[point], path.removeprefix(point) or "/"
            point = point.rpartition("/")[0]
        return self.root, path


def _names(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in ("", ".")]


def _clean(path: str) -> str:
    return "/" + "/".join(_names(path))
