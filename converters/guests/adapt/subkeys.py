"""The subkeys of a registry key: the lists that name them, searched, added to and taken from.

nk, a key                         lists: u16 count at 2, items at 4, in the order of names
16  u32 parent                    lf  u32 key, 4 letters of the name
20  u32 subkeys                   lh  u32 key, u32 hash of the name
28  u32 list of subkeys           li  u32 key
72  u16 bytes of the name         ri  u32 list, one of the above
76      name
"""

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from converters.guests.adapt.cells import NOTHING, Cells, Refused, decoded, encoded

STEPS: Final = 400_000  # keys that are looked at in all; a SYSTEM hive has about 20,000
LEAF: Final = 500  # items in a list that one more is put into; Windows splits at 507 to 1012
NAME: Final = 76  # where the name of a key stands


class Item(NamedTuple):
    """Where a list names a subkey."""

    leaf: int  # the list's cell
    place: int  # in it
    key: int  # the cell of the subkey
    parent: int  # of the list: the cell of an ri list, or 0 where the key names it


class Subkeys:
    """The lists of subkeys of a hive's keys, which are told by their cells."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells
        self._steps = 0

    def find(self, key: int, name: str) -> Item | None:
        """Return the subkey of a name, whatever its case; None if there is none."""
        wanted = name.upper()
        return next((i for i in self.of(key) if self.name(i.key).upper() == wanted), None)

    def of(self, key: int) -> Iterator[Item]:
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
                self._cells.expect(child, b"nk")
                yield Item(leaf, place, child, parent)

    def _width(self, leaf: int) -> int:
        """Return the bytes of an item of a list of keys."""
        return 4 if self._cells.content(leaf, 0, 2) == b"li" else 8

    def _leaves(self, listed: int) -> Iterator[tuple[int, int]]:
        """Yield the lists of keys: the one that is named, or those of an ri list."""
        if self._cells.content(listed, 0, 2) != b"ri":
            self._cells.expect(listed, b"lf", b"lh", b"li")
            yield listed, 0
            return
        for index in range(self._cells.number(listed, 2, "<H")):
            leaf = self._cells.number(listed, 4 + 4 * index)
            self._cells.expect(leaf, b"lf", b"lh", b"li")
            yield leaf, listed

    def add(self, parent: int, key: int, name: str) -> None:
        """Put a key into its parent's list, where its name belongs."""
        items = list(self.of(parent))
        if not items:
            content = b"lh" + struct.pack("<H", 1) + _item(b"lh", key, name)
            self._cells.put(parent, 28, self._cells.add(content))
            return
        after = [item for item in items if self.name(item.key).upper() < name.upper()]
        leaf = (after[-1] if after else items[0]).leaf
        kind, count, listed = self._leaf(leaf)
        if count >= LEAF:
            raise Refused("a list of subkeys is full")
        place = (after[-1].place + 1 if after else 0) * self._width(leaf)
        listed = listed[:place] + _item(kind, key, name) + listed[place:]
        self._replace_leaf(parent, leaf, kind + struct.pack("<H", count + 1) + listed)

    def remove(self, parent: int, gone: Item) -> None:
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

    def name(self, key: int) -> str:
        """Return the name of a key."""
        raw = self._cells.content(key, NAME, self._cells.number(key, 72, "<H"))
        return decoded(raw, bool(self._cells.number(key, 2, "<H") & 0x20))


def _item(kind: bytes, key: int, name: str) -> bytes:
    """Return what a list of subkeys has of one."""
    match kind:
        case b"lh":
            return struct.pack("<II", key, _hash(name))
        case b"lf":
            return struct.pack("<I", key) + encoded(name)[0][:4].ljust(4, b"\0")
        case _:
            return struct.pack("<I", key)


def _hash(name: str) -> int:
    result = 0
    for letter in name.upper():
        result = (result * 37 + ord(letter)) & 0xFFFF_FFFF
    return result
