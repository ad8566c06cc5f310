"""What the readers that stand on libyal have in common: bounds, and its errors made ours.

libyal (https://github.com/libyal/libyal/wiki) gives file entries by path. Its libraries raise
OSError for whatever is broken. A name that is not UTF-8 cannot be asked for, so it is left out.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from stat import S_IMODE, S_ISDIR, S_ISLNK, S_ISREG
from typing import Any, Final, TypeVar

from converters.guests.look.sources import Allowance, Source, Stream
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

# libyal raises OSError; what comes of reading nonsense inside the bindings is one of the others
BROKEN: Final = (OSError, ValueError, TypeError, OverflowError, MemoryError, SystemError)
DIRECTORY: Final = 64 << 20  # bytes of a directory; one of 100,000 long names has 30 MiB
KNOWN: Final = 50_000  # answers that are kept
TARGET: Final = 4096  # bytes of a link's target: PATH_MAX

T = TypeVar("T")


class YalTree(ABC):
    """A filesystem that a library of libyal reads."""

    separator = "/"

    def __init__(self, volume: Any, source: Source, volume_id: str) -> None:
        self.volume_id = volume_id
        self._source = source
        self._allowance = Allowance()
        self._volume = volume
        self._known: dict[str, Stat | None] = {}
        self._asked(lambda: volume.open_file_object(Stream(source, self._allowance)))

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path, following nothing; None: nothing is."""
        if path not in self._known:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[path] = self._asked(lambda: self._stat(path))
        return self._known[path]

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted, without . and ..; Missing if it is none."""
        found = self.stat(path)
        if found is None or found.kind != "dir":
            raise Missing(f"{path}: no such directory")
        return sorted(self._asked(lambda: self._names(path)))

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it is no file."""
        found = self.stat(path)
        if found is None or found.kind != "file":
            raise Missing(f"{path}: no such file")
        wanted = min(found.size, limit)
        if wanted <= 0:
            return b""
        content = self._asked(lambda: self._content(path, wanted))
        if len(content) != wanted:
            raise Unreadable(f"{path}: cut short")
        return content

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label of a file; these filesystems have none."""
        return None

    @abstractmethod
    def free(self) -> int | None:
        """Return the bytes that are free, None if nobody knows."""

    @abstractmethod
    def _shown(self, entry: Any) -> Stat:
        """Return what the library says of a file."""

    def _stat(self, path: str) -> Stat | None:
        entry = self._entry(path)
        return None if entry is None else self._shown(entry)

    def _entry(self, path: str) -> Any:
        """Return the library's own value of a file, None if it is not there."""
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH or any(
            name == ".." or self.separator in name or "\0" in name for name in names
        ):
            return None
        if not names:
            return self._volume.get_root_directory()
        for at in range(1, len(names)):  # below a file, the libraries raise as for damage
            above = self.stat("/" + "/".join(names[:at]))
            if above is None or above.kind != "dir":
                return None
        try:
            return self._volume.get_file_entry_by_path(self.separator + self.separator.join(names))
        except UnicodeEncodeError:
            return None

    def _names(self, path: str) -> list[str]:
        entry = self._entry(path)
        found = []
        for number in range(min(entry.get_number_of_sub_file_entries(), NAMES)):
            self._allowance.check()
            name = _name(entry.get_sub_file_entry(number))
            if name and name not in (".", "..") and "/" not in name:
                found.append(name)
        return found

    def _content(self, path: str, wanted: int) -> bytes:
        content: bytes = self._entry(path).read_buffer(wanted)
        return content

    def _asked(self, question: Callable[[], T]) -> T:
        """Ask the library; whatever it raises becomes Unreadable."""
        self._allowance.begin()
        try:
            return question()
        except BROKEN as error:
            raise Unreadable(_short(error)) from error
        finally:
            self._allowance.end()


class UnixTree(YalTree):
    """A filesystem with modes, owners and extended attributes."""

    def label(self, path: str) -> bytes | None:
        """Return the SELinux label (security.selinux) of a file, None if it has none."""
        if self.stat(path) is None:
            return None
        return self._asked(lambda: _attribute(self._entry(path), "security.selinux"))

    def _shown(self, entry: Any) -> Stat:
        mode = entry.get_file_mode()
        kind, size, target = "other", 0, ""
        if S_ISREG(mode):
            kind, size = "file", entry.get_size()
        elif S_ISDIR(mode):
            kind, size = "dir", entry.get_size()
            if size > DIRECTORY:
                raise Unreadable(f"a directory of {size} bytes")
        elif S_ISLNK(mode):
            if entry.get_size() > TARGET:
                raise Unreadable(f"a symbolic link of {entry.get_size()} bytes")
            kind, target = "link", entry.get_symbolic_link_target() or ""
            size = len(target)
        owner, group = entry.get_owner_identifier(), entry.get_group_identifier()
        return Stat(kind, size, S_IMODE(mode), owner, group, target)


def _name(entry: Any) -> str:
    try:
        name: str | None = entry.get_name()
    except OSError:  # not UTF-8
        return ""
    return name or ""


def _attribute(entry: Any, wanted: str) -> bytes | None:
    for number in range(min(entry.get_number_of_extended_attributes(), 100)):
        attribute = entry.get_extended_attribute(number)
        if attribute.get_name() == wanted:
            value: bytes = attribute.read_buffer(min(attribute.get_size(), 4096))
            return value
    return None


def _short(error: BaseException) -> str:
    """Return the innermost cause of libyal's chain, which begins with the outermost."""
    causes = [cause for cause in str(error).rstrip(".").split(". ") if cause]
    return next((cause.partition(": ")[2] for cause in causes[1:]), str(error))[:200]
