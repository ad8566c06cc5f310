r"""NTFS, read by libfsntfs as a Tree. Names are looked up without regard to case.

The library (https://github.com/libyal/libfsntfs) gives file entries by a path with backslashes, and
raises OSError for whatever is broken. A name that is no valid UTF-16 cannot be asked for, so it is
left out. On disk: https://flatcap.github.io/linux-ntfs/ntfs/
"""

import io
from collections.abc import Callable
from typing import Any, Final, TypeVar

import pyfsntfs

from converters.guests.look.sources import Allowance, Source, Stream
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

# what reading nonsense ends in inside the bindings
BROKEN: Final = (OSError, ValueError, TypeError, OverflowError, MemoryError, SystemError)
KNOWN: Final = 50_000  # answers that are kept
PIECE: Final = 8 << 20  # bytes of a file at once
BITMAP: Final = 256 << 20  # bytes of it that are counted: of 8 TiB in clusters of 4 KiB

T = TypeVar("T")


class NtfsTree:
    """An NTFS filesystem; raises Unreadable if there is none."""

    def __init__(self, source: Source, volume_id: str) -> None:
        self.volume_id = volume_id
        self._source = source
        self._allowance = Allowance()
        self._volume: Any = pyfsntfs.volume()
        self._known: dict[str, Stat | None] = {}
        stream = Stream(source, self._allowance)
        self._asked(lambda: self._volume.open_file_object(stream))

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path, following nothing; None: nothing is."""
        if path not in self._known:
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[path] = self._asked(lambda: self._stat(path))
        return self._known[path]

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted; Missing if it is none."""
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
        """Return None: there is no SELinux here."""
        return None

    def free(self) -> int | None:
        """Return the bytes that are free: the zeros in $Bitmap; None if it is too large."""
        return self._asked(self._free)

    def _stat(self, path: str) -> Stat | None:
        entry = self._entry(path)
        if entry is None:
            return None
        target = entry.get_symbolic_link_target()
        if target:
            return Stat("link", target=_inside(target))
        if entry.has_directory_entries_index():
            return Stat("dir", mode=0o755)
        if not entry.has_default_data_stream():
            return Stat("other")
        return Stat("file", entry.get_size(), 0o755)

    def _entry(self, path: str) -> Any:
        """Return the library's own value of a file, None if it is not there."""
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH:
            raise Unreadable(f"{path[:80]}: too many levels")
        if any(name == ".." or "\\" in name or "\0" in name for name in names):
            return None
        if not names:
            return self._volume.get_root_directory()
        for at in range(1, len(names)):  # below a file, the library raises as for damage
            above = self.stat("/" + "/".join(names[:at]))
            if above is None or above.kind != "dir":
                return None
        try:
            return self._volume.get_file_entry_by_path("\\" + "\\".join(names))
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
        """Return a file's bytes, in pieces: a source gives no more of a long extent at once."""
        entry = self._entry(path)
        content = io.BytesIO()  # its bytes are taken out of it without a copy
        while wanted > content.tell():
            piece = entry.read_buffer(min(PIECE, wanted - content.tell()))
            if not piece:
                break
            content.write(piece)
        return content.getvalue()

    def _free(self) -> int | None:
        entry = self._entry("/$Bitmap")
        if entry is None:
            raise Missing("/$Bitmap: no such file")
        cluster = int(self._volume.get_cluster_block_size())
        clusters = self._source.size // cluster if cluster else 0
        size = min(entry.get_size(), (clusters + 7) // 8)
        if not clusters or size > BITMAP:
            return None
        used = 0
        while size > 0 and (piece := entry.read_buffer(min(PIECE, size))):
            used += int.from_bytes(piece).bit_count()
            size -= len(piece)
        return max(clusters - used, 0) * cluster

    def _asked(self, question: Callable[[], T]) -> T:
        """Ask the library; whatever it raises becomes Unreadable."""
        self._allowance.begin()
        try:
            return question()
        except BROKEN as error:
            raise Unreadable(_short(error)) from error
        finally:
            self._allowance.end()


def _name(entry: Any) -> str:
    try:
        name: str | None = entry.get_name()
    except OSError:
        return ""
    return name or ""


def _inside(target: str) -> str:
    r"""Return where a junction leads, as a path of ours: \??\C:\Users becomes /Users."""
    path = target.removeprefix("\\??\\").removeprefix("\\\\?\\")
    if path[1:2] == ":":
        path = path[2:]
    return path.replace("\\", "/")


def _short(error: BaseException) -> str:
    """Return the innermost cause of libyal's chain, which begins with the outermost."""
    causes = [cause for cause in str(error).rstrip(".").split(". ") if cause]
    return next((cause.partition(": ")[2] for cause in causes[1:]), str(error))[:200]
