"""Changes keys and values of a registry hive, in place where that is possible.

    hive = Hive(content)                       # Refused: broken, or never closed
    hive.set_number("Setup", "OOBEInProgress", 0)
    hive.remove_key("ControlSet001\\\\Services\\\\storahci\\\\StartOverride")
    hive.file()                                # sequences and checksum renewed

A hive that has raised Refused once may be half changed: it is to be thrown away.

    nk, a key                         vk, a value
    2   u16 flags, 0x20: 8-bit name   2   u16 bytes of the name; 0: the default value
    16  u32 parent                    4   u32 bytes of the data, bit 31: they stand at 8
    20  u32 subkeys                   8   u32 cell of the data
    28  u32 list of subkeys           12  u32 type
    36  u32 values                    16  u16 flags, 1: 8-bit name
    40  u32 list of values            20      name
    44  u32 security (sk)
    52  u32 longest name of a subkey  lists of subkeys: u16 count at 2, items at 4
    60  u32 longest name of a value   lf  u32 key, 4 letters of the name
    64  u32 longest data              lh  u32 key, u32 hash of the name
    72  u16 bytes of the name         li  u32 key
    76      name                      ri  u32 list, one of the above

Left out: data of more than 16344 bytes (another layout), removing keys that have subkeys.
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from converters.guests.adapt.cells import NOTHING, Cells, Refused

STEPS: Final = 400_000  # keys that are looked at in all; a SYSTEM hive has about 20,000
VALUES: Final = 20_000  # values of one key
LEAF: Final = 500  # items in a list that one more is put into; Windows splits at 507 to 1012
PLAIN: Final = 16344  # bytes of data in one cell
NAME: Final = 76  # where the name of a key stands

SZ: Final = 1
BINARY: Final = 3
DWORD: Final = 4
MULTI_SZ: Final = 7


class _Item(NamedTuple):
    """Where a list names a subkey."""

    leaf: int  # the list's cell
    place: int  # in it
    key: int  # the cell of the subkey
    parent: int  # of the list: the cell of an ri list, or 0 where the key names it


class Hive:
    """A hive that is being changed."""

    def __init__(self, content: bytes) -> None:
        """Take a hive's bytes; raises Refused."""
        self._cells = Cells(content)
        self._paths: dict[str, int | None] = {}  # cells of keys that were looked for
        self._steps = 0
        self.changed = False
        self._is(self._cells.root, b"nk")

    def file(self) -> bytes:
        """Return the bytes of the changed hive."""
        return self._cells.file()

    def has(self, path: str) -> bool:
        """Tell whether there is such a key; every method may raise Refused."""
        return self._find(path) is not None

    def names(self, path: str) -> list[str]:
        """Return the names of a key's subkeys; none if there is no such key."""
        key = self._find(path)
        return [] if key is None else [self._name(item.key) for item in self._items(key)]

    def value_names(self, path: str) -> list[str]:
        """Return the names of a key's values."""
        key = self._find(path)
        return [] if key is None else [self._value_name(cell) for cell in self._values(key)]

    def value(self, path: str, name: str) -> tuple[int, bytes] | None:
        """Return the type and the bytes of a value; None if it is not there."""
        found = self._value(path, name)
        if found is None:
            return None
        cell = found[2]
        size = self._cells.number(cell, 4)
        kind = self._cells.number(cell, 12)
        if size & 0x8000_0000:
            return kind, self._cells.content(cell, 8, min(size & 0x7FFF_FFFF, 4))
        if size > PLAIN:
            raise Refused(f"{name} has {size} bytes")
        return kind, self._cells.content(self._cells.number(cell, 8), 0, size)

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
        if self.value(path, name) == (kind, data):
            return
        found = self._value(path, name)
        if found is None:
            self._add_value(path, name, kind, data)
        else:
            key, _, cell = found
            self._put_data(cell, data)
            self._cells.put(cell, 12, kind)
            self._raise_to(key, 64, len(data))
        self.changed = True

    def remove(self, path: str, name: str) -> bool:
        """Remove a value; False if it is not there."""
        found = self._value(path, name)
        if found is None:
            return False
        key, index, cell = found
        listed = self._cells.number(key, 40)
        cells = self._values(key)
        del cells[index]
        self._free_value(cell)
        if cells:
            self._cells.write(listed, 0, struct.pack(f"<{len(cells)}I", *cells))
        else:
            self._cells.free(listed)
            self._cells.put(key, 40, NOTHING)
        self._cells.put(key, 36, len(cells))
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
        raw, latin = _encoded(name)
        head = struct.pack("<H", 0x20 if latin else 0) + self._cells.content(parent, 4, 8)
        numbers = (0, parent, 0, 0, NOTHING, NOTHING, 0, NOTHING, security, NOTHING, 0, 0, 0, 0, 0)
        key = self._cells.add(b"nk" + head + struct.pack("<15IHH", *numbers, len(raw), 0) + raw)
        self._list(parent, key, name)
        self._is(security, b"sk")
        self._cells.put(security, 12, self._cells.number(security, 12) + 1)
        self._cells.put(parent, 20, self._cells.number(parent, 20) + 1)
        self._raise_to(parent, 52, 2 * len(name), "<H")
        self._paths.clear()
        self.changed = True

    def remove_key(self, path: str) -> bool:
        """Remove a key without subkeys; False if it is not there."""
        above, _, name = path.rpartition("\\")
        parent = self._find(above)
        item = None if parent is None else self._item(parent, name)
        if parent is None or item is None:
            return False
        if self._cells.number(item.key, 20):
            raise Refused(f"{name} has subkeys")
        self._unlist(parent, item)
        for cell in self._values(item.key):
            self._free_value(cell)
        if self._cells.number(item.key, 36):
            self._cells.free(self._cells.number(item.key, 40))
        security = self._cells.number(item.key, 44)
        self._is(security, b"sk")
        self._cells.put(security, 12, max(1, self._cells.number(security, 12) - 1))
        self._cells.free(item.key)
        self._cells.put(parent, 20, self._cells.number(parent, 20) - 1)
        self._paths.clear()
        self.changed = True
        return True

    # keys -----------------------------------------------------------------------------------------

    def _find(self, path: str) -> int | None:
        if not path:
            return self._cells.root
        known = path.upper()
        if known not in self._paths:
            above, _, name = path.rpartition("\\")
            parent = self._find(above)
            item = None if parent is None else self._item(parent, name)
            self._paths[known] = None if item is None else item.key
        return self._paths[known]

    def _found(self, path: str) -> int:
        key = self._find(path)
        if key is None:
            raise Refused(f"there is no key {path}")
        return key

    def _item(self, key: int, name: str) -> _Item | None:
        wanted = name.upper()
        return next((i for i in self._items(key) if self._name(i.key).upper() == wanted), None)

    def _items(self, key: int) -> Iterator[_Item]:
        """Yield a key's subkeys, in the order of their names."""
        if not self._cells.number(key, 20):
            return
        for leaf, parent in self._leaves(self._cells.number(key, 28)):
            width = self._width(leaf)
            for place in range(self._cells.number(leaf, 2, "<H")):
                self._steps += 1
                if self._steps > STEPS:
                    raise Refused("it has too many keys")
                child = self._cells.number(leaf, 4 + place * width)
                self._is(child, b"nk")
                yield _Item(leaf, place, child, parent)

    def _width(self, leaf: int) -> int:
        """Return the bytes of an item of a list of keys."""
        return 4 if self._cells.content(leaf, 0, 2) == b"li" else 8

    def _leaves(self, listed: int) -> Iterator[tuple[int, int]]:
        """Yield the lists of keys: the one that is named, or those of an ri list."""
        if self._cells.content(listed, 0, 2) != b"ri":
            self._is(listed, b"lf", b"lh", b"li")
            yield listed, 0
            return
        for index in range(self._cells.number(listed, 2, "<H")):
            leaf = self._cells.number(listed, 4 + 4 * index)
            self._is(leaf, b"lf", b"lh", b"li")
            yield leaf, listed

    def _list(self, parent: int, key: int, name: str) -> None:
        """Put a key into its parent's list, where its name belongs."""
        items = list(self._items(parent))
        if not items:
            content = b"lh" + struct.pack("<H", 1) + _item(b"lh", key, name)
            self._cells.put(parent, 28, self._cells.add(content))
            return
        after = [item for item in items if self._name(item.key).upper() < name.upper()]
        leaf = (after[-1] if after else items[0]).leaf
        kind, count, listed = self._leaf(leaf)
        if count >= LEAF:
            raise Refused("a list of subkeys is full")
        place = (after[-1].place + 1 if after else 0) * self._width(leaf)
        listed = listed[:place] + _item(kind, key, name) + listed[place:]
        self._replace_leaf(parent, leaf, kind + struct.pack("<H", count + 1) + listed)

    def _unlist(self, parent: int, gone: _Item) -> None:
        """Take a key out of its parent's list."""
        kind, count, listed = self._leaf(gone.leaf)
        if count > 1:
            width = self._width(gone.leaf)
            listed = listed[: gone.place * width] + listed[(gone.place + 1) * width :]
            self._cells.write(gone.leaf, 0, kind + struct.pack("<H", count - 1) + listed)
        elif gone.parent:
            raise Refused("a list of subkeys would be empty")
        else:
            self._cells.free(gone.leaf)
            self._cells.put(parent, 28, NOTHING)

    def _leaf(self, leaf: int) -> tuple[bytes, int, bytes]:
        """Return the kind of a list, how many items it has, and these."""
        count = self._cells.number(leaf, 2, "<H")
        items = self._cells.content(leaf, 4, count * self._width(leaf))
        return self._cells.content(leaf, 0, 2), count, items

    def _replace_leaf(self, key: int, old: int, content: bytes) -> None:
        if self._cells.room(old) >= len(content):
            self._cells.write(old, 0, content)
            return
        new = self._cells.add(content)
        listed = self._cells.number(key, 28)
        if listed == old:
            self._cells.put(key, 28, new)
        for index, (leaf, parent) in enumerate(self._leaves(listed) if listed != old else ()):
            if leaf == old:
                self._cells.put(parent, 4 + 4 * index, new)
        self._cells.free(old)

    def _name(self, key: int) -> str:
        raw = self._cells.content(key, NAME, self._cells.number(key, 72, "<H"))
        return _decoded(raw, bool(self._cells.number(key, 2, "<H") & 0x20))

    # values ---------------------------------------------------------------------------------------

    def _values(self, key: int) -> list[int]:
        """Return the cells of a key's values."""
        count = self._cells.number(key, 36)
        if not count:
            return []
        if count > VALUES:
            raise Refused("a key has too many values")
        raw = self._cells.content(self._cells.number(key, 40), 0, 4 * count)
        cells = list(struct.unpack(f"<{count}I", raw))
        for cell in cells:
            self._is(cell, b"vk")
        return cells

    def _value(self, path: str, name: str) -> tuple[int, int, int] | None:
        """Return a value's key, its index there and its cell."""
        key = self._find(path)
        for index, cell in enumerate([] if key is None else self._values(key)):
            if key is not None and self._value_name(cell).upper() == name.upper():
                return key, index, cell
        return None

    def _value_name(self, cell: int) -> str:
        raw = self._cells.content(cell, 20, self._cells.number(cell, 2, "<H"))
        return _decoded(raw, bool(self._cells.number(cell, 16, "<H") & 1))

    def _add_value(self, path: str, name: str, kind: int, data: bytes) -> None:
        key = self._found(path)
        raw, latin = _encoded(name)
        head = struct.pack("<HIIIHH", len(raw), 0x8000_0000, 0, kind, 1 if latin else 0, 0)
        cell = self._cells.add(b"vk" + head + raw)
        self._put_data(cell, data)
        cells = [*self._values(key), cell]
        content = struct.pack(f"<{len(cells)}I", *cells)
        old = self._cells.number(key, 40) if len(cells) > 1 else NOTHING
        if old != NOTHING and self._cells.room(old) >= len(content):
            self._cells.write(old, 0, content)
        else:
            self._cells.put(key, 40, self._cells.add(content))
            if old != NOTHING:
                self._cells.free(old)
        self._cells.put(key, 36, len(cells))
        self._raise_to(key, 60, 2 * len(name))
        self._raise_to(key, 64, len(data))

    def _put_data(self, cell: int, data: bytes) -> None:
        """Let a value have these data: in its own cell, in the old data's, or in a new one."""
        size, place = self._cells.number(cell, 4), self._cells.number(cell, 8)
        there = None if size & 0x8000_0000 or not size else place
        if there is not None and size > PLAIN:
            raise Refused("a value that is to be changed is too long")
        if len(data) <= 4:
            self._cells.write(cell, 8, data.ljust(4, b"\0"))
            self._cells.put(cell, 4, 0x8000_0000 | len(data))
            if there is not None:
                self._cells.free(there)
            return
        if there is not None and self._cells.room(there) >= len(data):
            self._cells.write(there, 0, data)
        else:
            self._cells.put(cell, 8, self._cells.add(data))
            if there is not None:
                self._cells.free(there)
        self._cells.put(cell, 4, len(data))

    def _free_value(self, cell: int) -> None:
        size = self._cells.number(cell, 4)
        if size and not size & 0x8000_0000 and size <= PLAIN:
            self._cells.free(self._cells.number(cell, 8))
        self._cells.free(cell)

    def _raise_to(self, key: int, at: int, length: int, form: str = "<I") -> None:
        """Let a key's longest name or data be at least so long."""
        self._cells.put(key, at, max(length, self._cells.number(key, at, form)), form)

    def _is(self, cell: int, *kinds: bytes) -> None:
        if self._cells.content(cell, 0, 2) not in kinds:
            raise Refused(f"the cell at {cell} is not what it should be")


def text(value: str) -> bytes:
    """Return the data of a REG_SZ."""
    return value.encode("utf-16-le") + b"\0\0"


def texts(values: tuple[str, ...]) -> bytes:
    """Return the data of a REG_MULTI_SZ."""
    return b"".join(map(text, values)) + b"\0\0"


def _item(kind: bytes, key: int, name: str) -> bytes:
    """Return what a list of subkeys has of one."""
    match kind:
        case b"lh":
            return struct.pack("<II", key, _hash(name))
        case b"lf":
            return struct.pack("<I", key) + _encoded(name)[0][:4].ljust(4, b"\0")
        case _:
            return struct.pack("<I", key)


def _hash(name: str) -> int:
    result = 0
    for letter in name.upper():
        result = (result * 37 + ord(letter)) & 0xFFFF_FFFF
    return result


def _encoded(name: str) -> tuple[bytes, bool]:
    """Return a name's bytes, and whether they are 8 bits a letter."""
    try:
        return name.encode("latin-1"), True
    except UnicodeEncodeError:
        return name.encode("utf-16-le"), False


def _decoded(raw: bytes, latin: bool) -> str:
    return raw.decode("latin-1") if latin else raw.decode("utf-16-le", "replace")
