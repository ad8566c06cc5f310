r"""Changes keys and values of a registry hive, in place where that is possible.

    hive = Hive(content)                       # Refused: broken, or never closed
    hive.set_number("Setup", "OOBEInProgress", 0)
    hive.remove_key("ControlSet001\\Services\\storahci\\StartOverride")
    hive.file()                                # sequences and checksum renewed

    nk, a key                         44  u32 security (sk), whose u32 at 12 counts its keys
    2   u16 flags, 0x20: 8-bit name   52  u16 longest name of a subkey

All methods may raise Refused. A hive that has done so once may be half changed: it is to be thrown
away. Left out: removing keys that have subkeys.
"""

import struct
from typing import Final

from converters.guests.adapt.cells import NOTHING, Cells, Refused, encoded
from converters.guests.adapt.subkeys import Subkeys
from converters.guests.adapt.values import PLAIN, Values

SZ: Final = 1
BINARY: Final = 3
DWORD: Final = 4
MULTI_SZ: Final = 7


class Hive:
    """A hive that is being changed. Paths have backslashes; case doesn't matter."""

    def __init__(self, content: bytes) -> None:
        """Take a hive's bytes."""
        self._cells = Cells(content)
        self._subkeys = Subkeys(self._cells)
        self._values = Values(self._cells)
        self._paths: dict[str, int | None] = {}  # cells of keys that were looked for
        self.changed = False
        self._cells.expect(self._cells.root, b"nk")

    def file(self) -> bytes:
        """Return the bytes of the changed hive."""
        return self._cells.file()

    def has(self, path: str) -> bool:
        """Tell whether there is such a key."""
        return self._find(path) is not None

    def names(self, path: str) -> list[str]:
        """Return the names of a key's subkeys; none if there is no such key."""
        key = self._find(path)
        return [] if key is None else [self._subkeys.name(i.key) for i in self._subkeys.of(key)]

    def value_names(self, path: str) -> list[str]:
        """Return the names of a key's values."""
        key = self._find(path)
        return [] if key is None else [self._values.name(cell) for cell in self._values.of(key)]

    def value(self, path: str, name: str) -> tuple[int, bytes] | None:
        """Return the type and the bytes of a value; None if it is not there."""
        key = self._find(path)
        found = None if key is None else self._values.find(key, name)
        return None if found is None else self._values.data(found[1])

    def number(self, path: str, name: str) -> int | None:
        """Return a REG_DWORD."""
        found = self.value(path, name)
        return int.from_bytes(found[1], "little") if found and found[0] == DWORD else None

    def set_number(self, path: str, name: str, number: int) -> None:
        """Set a REG_DWORD; the key must be there."""
        self.set(path, name, DWORD, struct.pack("<I", number))

    def set(self, path: str, name: str, kind: int, data: bytes) -> None:
        """Set a value of a key that is there; the value is made if it isn't."""
        if len(data) > PLAIN:
            raise Refused(f"{name} would have {len(data)} bytes")
        key = self._found(path)
        found = self._values.find(key, name)
        if found is None:
            self._values.add(key, name, kind, data)
        elif self._values.data(found[1]) == (kind, data):
            return
        else:
            self._values.change(key, found[1], kind, data)
        self.changed = True

    def remove(self, path: str, name: str) -> bool:
        """Remove a value; False if it is not there."""
        key = self._find(path)
        found = None if key is None else self._values.find(key, name)
        if key is None or found is None:
            return False
        self._values.remove(key, found[0])
        self.changed = True
        return True

    def add_key(self, path: str) -> None:
        """Make a key, and those above it that are missing."""
        above, _, name = path.rpartition("\\")
        if self.has(path):
            return
        if above:
            self.add_key(above)
        parent = self._found(above)
        security = self._cells.number(parent, 44)
        raw, latin = encoded(name)
        head = struct.pack("<H", 0x20 if latin else 0) + self._cells.content(parent, 4, 8)
        numbers = (0, parent, 0, 0, NOTHING, NOTHING, 0, NOTHING, security, NOTHING, 0, 0, 0, 0, 0)
        key = self._cells.add(b"nk" + head + struct.pack("<15IHH", *numbers, len(raw), 0) + raw)
        self._subkeys.add(parent, key, name)
        self._cells.expect(security, b"sk")
        self._cells.put(security, 12, self._cells.number(security, 12) + 1)
        self._cells.put(parent, 20, self._cells.number(parent, 20) + 1)
        longest = max(2 * len(name), self._cells.number(parent, 52, "<H"))
        self._cells.put(parent, 52, longest, "<H")
        self._paths.clear()
        self.changed = True

    def remove_key(self, path: str) -> bool:
        """Remove a key without subkeys; False if it is not there."""
        above, _, name = path.rpartition("\\")
        parent = self._find(above)
        item = None if parent is None else self._subkeys.find(parent, name)
        if parent is None or item is None:
            return False
        if self._cells.number(item.key, 20):
            raise Refused(f"{name} has subkeys")
        self._subkeys.remove(parent, item)
        self._values.remove_all(item.key)
        security = self._cells.number(item.key, 44)
        self._cells.expect(security, b"sk")
        self._cells.put(security, 12, max(1, self._cells.number(security, 12) - 1))
        self._cells.free(item.key)
        self._cells.put(parent, 20, self._cells.number(parent, 20) - 1)
        self._paths.clear()
        self.changed = True
        return True

    def _find(self, path: str) -> int | None:
        if not path:
            return self._cells.root
        known = path.upper()
        if known not in self._paths:
            above, _, name = path.rpartition("\\")
            parent = self._find(above)
            item = None if parent is None else self._subkeys.find(parent, name)
            self._paths[known] = None if item is None else item.key
        return self._paths[known]

    def _found(self, path: str) -> int:
        key = self._find(path)
        if key is None:
            raise Refused(f"there is no key {path}")
        return key


def text(value: str) -> bytes:
    """Return the data of a REG_SZ."""
    return value.encode("utf-16-le") + b"\0\0"


def texts(values: tuple[str, ...]) -> bytes:
    """Return the data of a REG_MULTI_SZ."""
    return b"".join(map(text, values)) + b"\0\0"
