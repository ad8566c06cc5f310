"""FAT12, FAT16 and FAT32, read only: a Tree of our own. Names are looked up without regard to case.

    reserved sectors (0: sizes) · file allocation tables · root directory (12, 16) · clusters from 2
    entry of a directory, 32 bytes:  0 name 8.3 · 11 attributes · 20, 26 first cluster · 28 size
    a long name stands in entries before its own, last part first, 13 letters of UTF-16 each

Microsoft's FAT32 File System Specification (fatgen103):
https://download.microsoft.com/download/1/6/1/161ba512-40e2-4cc9-843a-923143f3456c/fatgen103.doc
libfsfat is not used: it loses its way in FAT12 when a file has more than one cluster.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from converters.guests.look.sources import Allowance, Source
from converters.guests.tree import DEPTH, NAMES, Missing, Stat, Unreadable

DIRECTORY: Final = 0x10  # attributes
LABEL: Final = 0x08
LONG: Final = 0x0F
FOLDER: Final = 1 << 21  # bytes of a directory: 65,536 entries are the most there may be
PIECE: Final = 4096  # bytes of the table that are fetched at once
KNOWN: Final = 2000  # directories, and pieces of the table, that are kept


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    directory: bool
    cluster: int
    size: int


class FatTree:
    """A FAT filesystem; raises Unreadable if there is none."""

    def __init__(self, source: Source, volume_id: str) -> None:
        self.volume_id = volume_id
        self._source = source
        self._allowance = Allowance()
        self._directories: dict[int, dict[str, _Entry]] = {}
        self._pieces: dict[int, bytes] = {}
        head = source.read_at(0, 512)
        if len(head) < 512:
            raise Unreadable("the first sector is cut short")
        sector, each, reserved, tables, roots = struct.unpack_from("<HBHBH", head, 11)
        small, short = struct.unpack_from("<H", head, 19)[0], struct.unpack_from("<H", head, 22)[0]
        large, long = struct.unpack_from("<II", head, 32)
        size = (short or long) * sector  # bytes of a table
        if sector not in (512, 1024, 2048, 4096) or not each or not reserved or not size:
            raise Unreadable("the sizes in its first sector make no sense")
        self._table = reserved * sector
        self._top = self._table + tables * size
        self._top_size = roots * 32
        self._data = self._top + -(-self._top_size // sector) * sector
        self._cluster = sector * each
        self._clusters = max((small or large) * sector - self._data, 0) // self._cluster
        self._bits = 12 if self._clusters < 4085 else 16 if self._clusters < 65525 else 32
        self._clusters = min(self._clusters, size * 8 // self._bits)
        self._root = struct.unpack_from("<I", head, 44)[0] if self._bits == 32 else 0
        if (self._bits == 32 and self._root < 2) or self._data > source.size:
            raise Unreadable("its root directory is beyond the end of the volume")

    def stat(self, path: str) -> Stat | None:
        """Return what is at a path; None: nothing is."""
        with self._asking():
            found = self._walk(path)
        if found is None:
            return None
        if found.directory:
            return Stat("dir", mode=0o755)
        return Stat("file", found.size, 0o755)

    def names(self, path: str) -> list[str]:
        """Return the names in a directory, sorted; Missing if it is none."""
        with self._asking():
            found = self._walk(path)
            if found is None or not found.directory:
                raise Missing(f"{path}: no such directory")
            return sorted(entry.name for entry in self._entries(found.cluster).values())

    def read(self, path: str, limit: int) -> bytes:
        """Return a file's bytes, at most limit of them; Missing if it is no file."""
        with self._asking():
            found = self._walk(path)
            if found is None or found.directory:
                raise Missing(f"{path}: no such file")
            wanted = min(found.size, limit)
            content = self._chain(found.cluster, wanted) if wanted else b""
        if len(content) < wanted:
            raise Unreadable(f"{path}: cut short")
        return content

    def label(self, path: str) -> bytes | None:
        """Return None: FAT has no extended attributes."""
        return None

    def free(self) -> int | None:
        """Return None: FAT's count of free clusters is only a hint."""
        return None

    @contextmanager
    def _asking(self) -> Iterator[None]:
        self._allowance.begin()
        try:
            yield
        finally:
            self._allowance.end()

    def _walk(self, path: str) -> _Entry | None:
        names = [name for name in path.split("/") if name not in ("", ".")]
        if len(names) > DEPTH:
            raise Unreadable(f"{path}: too many levels")
        found = _Entry("", True, self._root, 0)
        for name in names:
            below = self._entries(found.cluster).get(name.upper()) if found.directory else None
            if below is None:
                return None
            found = below
        return found

    def _entries(self, cluster: int) -> dict[str, _Entry]:
        """Return what is in a directory, by name in upper case."""
        known = self._directories.get(cluster)
        if known is None:
            if cluster < 2:
                content = self._source.read_at(self._top, self._top_size)
            else:
                content = self._chain(cluster, FOLDER)
            known = {}
            for entry in _listed(content, self._root):
                known.setdefault(entry.name.upper(), entry)
                if len(known) >= NAMES:
                    break
            if len(self._directories) >= KNOWN:
                self._directories.clear()
            self._directories[cluster] = known
        return known

    def _chain(self, cluster: int, wanted: int) -> bytes:
        """Return the bytes of a chain of clusters, at most those that are wanted."""
        found = bytearray()
        for _ in range(self._clusters):
            if not 2 <= cluster < self._clusters + 2 or len(found) >= wanted:
                break
            self._allowance.check()
            at = self._data + (cluster - 2) * self._cluster
            piece = self._source.read_at(at, self._cluster)
            if not piece:
                break
            found += piece
            cluster = self._next(cluster)
        return bytes(found[:wanted])

    def _next(self, cluster: int) -> int:
        """Return the cluster after one; beyond the last of all when there is none."""
        at = cluster * self._bits // 8
        (value,) = struct.unpack("<I", self._in_table(at) + self._in_table(at + 2))
        if self._bits == 12:
            return int(value >> (4 if cluster & 1 else 0)) & 0xFFF
        return int(value) & (0xFFFF if self._bits == 16 else 0x0FFFFFFF)

    def _in_table(self, at: int) -> bytes:
        """Return two bytes of the table, zeros beyond its end."""
        low = self._piece(at // PIECE)[at % PIECE : at % PIECE + 1]
        high = self._piece((at + 1) // PIECE)[(at + 1) % PIECE : (at + 1) % PIECE + 1]
        return (low or b"\0") + (high or b"\0")

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            if len(self._pieces) >= KNOWN:
                self._pieces.clear()
            at = self._table + number * PIECE
            self._pieces[number] = self._source.read_at(at, min(PIECE, self._top - at))
        return self._pieces[number]


def _listed(content: bytes, root: int) -> Iterator[_Entry]:
    """Return the entries of a directory without labels, . and .., and what was deleted."""
    long: dict[int, bytes] = {}  # parts of a long name, by their number
    checksum = -1
    for at in range(0, len(content) - 31, 32):
        entry = content[at : at + 32]
        if entry[0] == 0:
            return
        attributes = entry[11]
        if entry[0] != 0xE5 and attributes & 0x3F == LONG:
            if entry[0] & 0x40:
                long, checksum = {}, entry[13]
            if entry[13] == checksum:
                long[entry[0] & 0x1F] = entry[1:11] + entry[14:26] + entry[28:32]
            continue
        if entry[0] not in (0xE5, 0x2E) and not attributes & LABEL:
            high, low = struct.unpack_from("<H", entry, 20)[0], struct.unpack_from("<H", entry, 26)
            (size,) = struct.unpack_from("<I", entry, 28)
            name = _long_name(long) if long and checksum == _checksum(entry) else ""
            name = name or _short_name(entry)
            # the upper half of a cluster is something else in FAT12 and FAT16, where it is zero
            cluster = (high << 16 if root else 0) | low[0]
            if name not in ("", ".", "..") and "/" not in name and "\0" not in name:
                yield _Entry(name, bool(attributes & DIRECTORY), cluster, size)
        long, checksum = {}, -1


def _long_name(parts: dict[int, bytes]) -> str:
    if sorted(parts) != list(range(1, len(parts) + 1)):
        return ""
    letters = b"".join(parts[number] for number in sorted(parts))
    return letters.decode("utf-16le", "replace").partition("\0")[0]


def _short_name(entry: bytes) -> str:
    stem = (b"\xe5" if entry[0] == 5 else entry[:1]) + entry[1:8]
    name, ending = (part.decode("cp437").rstrip() for part in (stem, entry[8:11]))
    # two bits say that Windows NT wrote it in lower case
    name = name.lower() if entry[12] & 0x08 else name
    ending = ending.lower() if entry[12] & 0x10 else ending
    return f"{name}.{ending}" if ending else name


def _checksum(entry: bytes) -> int:
    total = 0
    for letter in entry[:11]:
        total = (((total & 1) << 7) + (total >> 1) + letter) & 0xFF
    return total
