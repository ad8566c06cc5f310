"""The values of a registry key: found, added, taken away, and given other data.

    nk, a key                         vk, a value
    36  u32 values                    2   u16 bytes of the name; 0: the default value
    40  u32 list of values            4   u32 bytes of the data, bit 31: they stand at 8
    60  u32 longest name of a value   8   u32 cell of the data
    64  u32 longest data              12  u32 type
                                      16  u16 flags, 1: 8-bit name
                                      20      name

Left out: data of more than 16344 bytes, which have another layout.
"""

import struct
from typing import Final

from converters.guests.adapt.cells import NOTHING, Cells, Refused, decoded, encoded

VALUES: Final = 20_000  # values of one key
PLAIN: Final = 16344  # bytes of data in one cell


class Values:
    """The values of a hive's keys, which are told by their cells."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def of(self, key: int) -> list[int]:
        """Return the cells of a key's values."""
        count = self._cells.number(key, 36)
        if not count:
            return []
        if count > VALUES:
            raise Refused("a key has too many values")
        raw = self._cells.content(self._cells.number(key, 40), 0, 4 * count)
        cells = list(struct.unpack(f"<{count}I", raw))
        for cell in cells:
            self._cells.expect(cell, b"vk")
        return cells

    def find(self, key: int, name: str) -> tuple[int, int] | None:
        """Return a value's index in its key and its cell."""
        for index, cell in enumerate(self.of(key)):
            if self.name(cell).upper() == name.upper():
                return index, cell
        return None

    def name(self, cell: int) -> str:
        """Return the name of a value."""
        raw = self._cells.content(cell, 20, self._cells.number(cell, 2, "<H"))
        return decoded(raw, bool(self._cells.number(cell, 16, "<H") & 1))

    def data(self, cell: int) -> tuple[int, bytes]:
        """Return the type and the bytes of a value."""
        size = self._cells.number(cell, 4)
        kind = self._cells.number(cell, 12)
        if size & 0x8000_0000:
            return kind, self._cells.content(cell, 8, min(size & 0x7FFF_FFFF, 4))
        if size > PLAIN:
            raise Refused(f"a value has {size} bytes")
        return kind, self._cells.content(self._cells.number(cell, 8), 0, size)

    def add(self, key: int, name: str, kind: int, data: bytes) -> None:
        """Give a key one more value."""
        raw, latin = encoded(name)
        head = struct.pack("<HIIIHH", len(raw), 0x8000_0000, 0, kind, 1 if latin else 0, 0)
        cell = self._cells.add(b"vk" + head + raw)
        self._put_data(cell, data)
        cells = [*self.of(key), cell]
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

    def change(self, key: int, cell: int, kind: int, data: bytes) -> None:
        """Give a value of a key another type and other data."""
        self._put_data(cell, data)
        self._cells.put(cell, 12, kind)
        self._raise_to(key, 64, len(data))

    def remove(self, key: int, index: int) -> None:
        """Take a value away from a key."""
        listed = self._cells.number(key, 40)
        cells = self.of(key)
        self._free(cells.pop(index))
        if cells:
            self._cells.write(listed, 0, struct.pack(f"<{len(cells)}I", *cells))
        else:
            self._cells.free(listed)
            self._cells.put(key, 40, NOTHING)
        self._cells.put(key, 36, len(cells))

    def remove_all(self, key: int) -> None:
        """Take all values away from a key."""
        for index in reversed(range(len(self.of(key)))):
            self.remove(key, index)

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

    def _free(self, cell: int) -> None:
        size = self._cells.number(cell, 4)
        if size and not size & 0x8000_0000 and size <= PLAIN:
            self._cells.free(self._cells.number(cell, 8))
        self._cells.free(cell)

    def _raise_to(self, key: int, at: int, length: int, form: str = "<I") -> None:
        """Let a key's longest name or data be at least so long."""
        self._cells.put(key, at, max(length, self._cells.number(key, at, form)), form)
