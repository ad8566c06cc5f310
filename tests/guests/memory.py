"""A filesystem in memory, for tests: a Tree made of a dictionary.

    tree = MemoryTree({
        "/etc/fstab": "LABEL=/ / ext4 defaults 1 1\\n",
        "/bin": Link("usr/bin"),
        "/var/empty": Dir(mode=0o711),
        "/etc/shadow": File("root:*:::::::\\n", mode=0o600, label="system_u:object_r:shadow_t:s0"),
        "/swapfile": Giant(8 << 30),
    })

Directories above a path are made without being named. Every read is counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from converters.guests.tree import NAMES, Missing, Stat, System, Tree, Unreadable


@dataclass(frozen=True)
class File:
    """A regular file."""

    content: str | bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    label: str | None = None


@dataclass(frozen=True)
class Link:
    """A symbolic link."""

    target: str
    label: str | None = None


@dataclass(frozen=True)
class Dir:
    """A directory that is empty, or has a mode, an owner or a label of its own."""

    mode: int = 0o755
    uid: int = 0
    gid: int = 0
    label: str | None = None


@dataclass(frozen=True)
class Other:
    """A device, a socket or a pipe."""

    label: str | None = None


@dataclass(frozen=True)
class Giant:
    """A sparse file of so many bytes, all zeros, that nobody should read whole."""

    size: int
    label: str | None = None


@dataclass(frozen=True)
class Broken:
    """A file whose metadata is whole and whose bytes cannot be read."""

    size: int = 100
    label: str | None = None


Content = str | bytes | File | Link | Dir | Other | Giant | Broken


class MemoryTree:
    """A Tree over a dictionary of paths; with ignore_case it looks names up as NTFS does."""

    def __init__(
        self,
        files: Mapping[str, Content],
        volume_id: str = "0:1",
        free: int | None = None,
        ignore_case: bool = False,
    ) -> None:
        self.volume_id = volume_id
        self.reads: list[str] = []
        self._free = free
        self._ignore_case = ignore_case
        self._entries: dict[str, Content] = {"/": Dir()}
        self._names: dict[str, dict[str, None]] = {"/": {}}
        for path, content in files.items():
            self._add(path.rstrip("/") or "/", content)

    def stat(self, path: str) -> Stat | None:
        match self._entries.get(self._key(path)):
            case None:
                return None
            case File(content, mode, uid, gid):
                return Stat("file", len(_bytes(content)), mode, uid, gid)
            case Link(target):
                return Stat("link", len(target), 0o777, target=target)
            case Dir(mode, uid, gid):
                return Stat("dir", 4096, mode, uid, gid)
            case Other():
                return Stat("other")
            case Giant(size) | Broken(size):
                return Stat("file", size)
            case str() | bytes() as content:
                return Stat("file", len(_bytes(content)))

    def names(self, path: str) -> list[str]:
        key = self._key(path)
        if key not in self._names:
            raise Missing(f"{path}: no such directory")
        return sorted(self._names[key])[:NAMES]

    def read(self, path: str, limit: int) -> bytes:
        self.reads.append(path)
        match self._entries.get(self._key(path)):
            case File(content):
                return _bytes(content)[:limit]
            case str() | bytes() as content:
                return _bytes(content)[:limit]
            case Giant(size):
                assert limit <= 1 << 30, "nobody needs so much of a file"
                return bytes(min(size, limit))
            case Broken():
                raise Unreadable(f"{path}: broken")
            case _:
                raise Missing(f"{path}: no such file")

    def label(self, path: str) -> bytes | None:
        entry = self._entries.get(self._key(path))
        if entry is None or isinstance(entry, str | bytes) or entry.label is None:
            return None
        return entry.label.encode()

    def free(self) -> int | None:
        return self._free

    def _add(self, path: str, content: Content) -> None:
        key = self._key(path)
        above, _, name = path.rpartition("/")
        if path != "/":
            if self._key(above or "/") not in self._names:
                self._add(above, Dir())
            self._names[self._key(above or "/")][name] = None
        self._entries[key] = content
        if isinstance(content, Dir):
            self._names.setdefault(key, {})

    def _key(self, path: str) -> str:
        path = path.rstrip("/") or "/"
        return path.casefold() if self._ignore_case else path


def memory(files: Mapping[str, Content], volume_id: str = "0:1") -> System:
    """Return a guest of one filesystem."""
    tree: Tree = MemoryTree(files, volume_id)
    return System(tree)


def _bytes(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()
