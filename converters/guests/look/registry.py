r"""Registry hives, read with libregf; everything in them may be a lie.

    hive = open_hive(content)                      # Unreadable if it is none
    services = hive.key(hive.control_set() + "\\Services")
    hive.number("Select", "Current")               # None: not there, or not of that kind

Paths have backslashes and no root; keys and values are found without regard to case. A part that
is broken reads as missing and its cause is kept in `problem`. Bounds: a value of VALUE bytes, KEYS
keys; a text is cut to guest.TEXT letters, a list to guest.LIST items.

Format: https://github.com/msuhanov/regf/blob/master/Windows%20registry%20file%20format%20specification.md
"""

import io
import struct
from typing import Any, Final

import pyregf

from converters.guests.guest import LIST, TEXT
from converters.guests.tree import Unreadable

HIVE: Final = 192 << 20  # bytes of a hive that is read; two of them stay below what a child may use
BIN: Final = 2 << 20  # bytes of one bin; it has a page, or what the longest value needs: a megabyte
VALUE: Final = 64 << 10  # bytes of one value: nothing that is asked for here is longer
KEYS: Final = 20_000  # that are read in all; the keys on the way to what is asked have some 2000

STRINGS: Final = (1, 2)  # REG_SZ, REG_EXPAND_SZ
BINARY: Final = 3
DWORD: Final = 4
MULTI: Final = 7
QWORD: Final = 11


class Hive:
    """One hive; `problem` tells what in it could not be read so far."""

    def __init__(self, file: Any, root: Any, content: bytes, dirty: bool) -> None:
        self._file = file  # the keys need it open
        self._content = content
        self._root = root
        self.dirty = dirty  # changes stand in its log only: Windows was not shut down
        self.problem: str | None = None
        self._known: dict[str, dict[str, tuple[str, Any]]] = {}
        self._count = 0

    def has(self, path: str) -> bool:
        """Tell whether there is such a key."""
        return self._key(path) is not None

    def names(self, path: str) -> list[str]:
        """Return the names of a key's subkeys, in order; none if there is no such key."""
        return [name for name, _ in self._subkeys(path).values()]

    def text(self, path: str, name: str) -> str | None:
        """Return a text; of several the first."""
        texts = self.texts(path, name)
        return texts[0] if texts else None

    def texts(self, path: str, name: str) -> tuple[str, ...] | None:
        """Return the texts of a REG_MULTI_SZ, or the one of another kind; None: not there."""
        kind, raw = self._value(path, name)
        if kind in STRINGS:
            return (_text(raw).partition("\0")[0][:TEXT],)
        if kind == MULTI:
            parts = _text(raw).split("\0")
            return tuple(part[:TEXT] for part in parts if part)[:LIST]
        return None

    def number(self, path: str, name: str) -> int | None:
        """Return a REG_DWORD or REG_QWORD."""
        kind, raw = self._value(path, name)
        if (kind, len(raw)) in ((DWORD, 4), (QWORD, 8)):
            return int.from_bytes(raw, "little")
        return None

    def binary(self, path: str, name: str) -> bytes | None:
        """Return the bytes of a REG_BINARY."""
        kind, raw = self._value(path, name)
        return raw if kind == BINARY else None

    def control_set(self) -> str:
        """Return the name of the control set that Windows starts with: ControlSet001."""
        number = self.number("Select", "Current")
        if number is None or not 0 < number < 1000:
            number = self.number("Select", "Default")
        return f"ControlSet{number if number and 0 < number < 1000 else 1:03}"

    def _value(self, path: str, name: str) -> tuple[int, bytes]:
        key = self._key(path)
        try:
            value = None if key is None else key.get_value_by_name(name)
            if value is None or value.data_size > VALUE:
                return 0, b""
            if 0 < value.data_size < 4:
                return int(value.type), self._short(value.offset, value.data_size)
            return int(value.type), bytes(value.data or b"")[:VALUE]
        except (OSError, MemoryError, ValueError) as error:
            self._broken(path, error)
            return 0, b""

    def _short(self, offset: int, size: int) -> bytes:
        """Return data of 1 to 3 bytes: libregf 20260526 shifts what stands in the value's cell.

        vk: 4 u32 size, bit 31 set if the data stand in place of their offset; 8 u32 that offset.
        """
        cell = self._content[offset : offset + 12]
        inline = len(cell) == 12 and cell[7] & 0x80
        return cell[8 : 8 + size] if inline else b""

    def _key(self, path: str) -> Any:
        """Return libregf's key; None if it is not there."""
        if path == "":
            return self._root
        above, _, name = path.rpartition("\\")
        return self._subkeys(above).get(name.casefold(), ("", None))[1]

    def _subkeys(self, path: str) -> dict[str, tuple[str, Any]]:
        """Return a key's subkeys by their names in lower case; read once.

        libregf looks for one name as long as it takes to read them all.
        """
        known = path.casefold()
        if known not in self._known:
            key = self._key(path)
            found: dict[str, tuple[str, Any]] = {}
            try:
                count = 0 if key is None else key.number_of_sub_keys
                self._count += count
                if self._count > KEYS:
                    raise OSError("it has too many keys")
                for index in range(count):
                    subkey = key.get_sub_key(index)
                    name = str(subkey.name or "")
                    found.setdefault(name.casefold(), (name, subkey))
            except (OSError, MemoryError) as error:
                self._broken(path, error)
            self._known[known] = found
        return self._known[known]

    def _broken(self, path: str, error: BaseException) -> None:
        if self.problem is None:
            self.problem = f"{path}: {str(error)[:TEXT] or type(error).__name__}"


def empty_hive() -> Hive:
    """Return a hive with nothing in it, for one that is not there."""
    return Hive(None, None, b"", dirty=False)


def open_hive(content: bytes) -> Hive:
    """Return a hive of these bytes; Unreadable if it is none."""
    if len(content) < 4096 or content[:4] != b"regf":
        raise Unreadable("it is no registry hive")
    _check_bins(content)
    file = pyregf.file()
    try:
        file.open_file_object(io.BytesIO(content))
        root = file.get_root_key()
    except (OSError, MemoryError) as error:
        raise Unreadable(f"the registry hive is broken: {str(error)[:TEXT]}") from error
    if root is None:
        raise Unreadable("the registry hive has no root")
    first, second = struct.unpack_from("<II", content, 4)
    return Hive(file, root, content, dirty=first != second)


def _check_bins(content: bytes) -> None:
    """Refuse a bin of many megabytes: libregf searches a bin from its start for every cell."""
    offset, end = 4096, len(content) - 12
    while offset < end and content[offset : offset + 4] == b"hbin":
        (size,) = struct.unpack_from("<I", content, offset + 8)
        if not 4096 <= size <= BIN:
            raise Unreadable(f"the registry hive has a bin of {size} bytes")
        offset += size


def _text(raw: bytes) -> str:
    return raw[: len(raw) & ~1].decode("utf-16-le", "replace")
