"""The index files of kmod: modules.dep.bin and modules.alias.bin, read and written.

    B0 07 F4 57 · 00 02 00 01 · offset of the root             numbers are big-endian, 4 bytes
    an offset's upper bits say what its node has:
      80000000  a prefix: letters that all keys below share, then 0
      20000000  children: first letter, last letter, an offset for each letter between, 0 for none
      40000000  values: how many, then for each its priority, its text, 0

A key is the letters on the way from the root. libkmod looks modules up in these files alone, so a
module that was added to the text beside them only would not be found.
https://github.com/kmod-project/kmod/blob/master/libkmod/libkmod-index.c
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from converters.guests.tree import Unreadable

MAGIC: Final = 0xB007F457
VERSION: Final = 0x00020001
ENTRIES: Final = 200_000  # that are read at most
_PREFIX, _VALUES, _CHILDREN, _OFFSET = 0x80000000, 0x40000000, 0x20000000, 0x0FFFFFFF
_DEPTH: Final = 500  # nodes below one another; an alias has fewer letters


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with one of its values."""

    key: str
    value: str
    priority: int = 0  # lower ones are found first


@dataclass(slots=True)
class _Node:
    prefix: bytes = b""
    values: list[Entry] = field(default_factory=list)
    children: dict[int, "_Node"] = field(default_factory=dict)


def read_index(data: bytes) -> list[Entry]:
    """Return all entries in the order of their keys. Raises Unreadable if the index is damaged."""
    try:
        magic, version, root = struct.unpack_from(">III", data)
        if magic != MAGIC or version >> 16 != VERSION >> 16:
            raise Unreadable("it is no index of kmod")
        entries: list[Entry] = []
        waiting = [(root, b"")]
        nodes = 0
        while waiting:
            offset, key = waiting.pop()
            nodes += 1
            if len(entries) > ENTRIES or nodes > 4 * ENTRIES or len(key) > 4 * _DEPTH:
                raise Unreadable("the index of kmod is too large to be believed")
            waiting += reversed(_read_node(data, offset, key, entries))
    except (struct.error, ValueError, IndexError):
        raise Unreadable("the index of kmod is damaged") from None
    return entries


def _read_node(
    data: bytes, offset: int, key: bytes, entries: list[Entry]
) -> list[tuple[int, bytes]]:
    """Add a node's values; return its children, each with the key that leads there."""
    at = offset & _OFFSET
    below = []
    if offset & _PREFIX:
        end = data.index(b"\0", at)
        key += data[at:end]
        at = end + 1
    if offset & _CHILDREN:
        first, last = data[at], data[at + 1]
        count = last - first + 1
        for letter, child in enumerate(struct.unpack_from(f">{count}I", data, at + 2), first):
            if child & ~_OFFSET:
                below.append((child, key + bytes([letter])))
        at += 2 + 4 * count
    if offset & _VALUES:
        (count,) = struct.unpack_from(">I", data, at)
        at += 4
        for _ in range(min(count, ENTRIES)):
            (priority,) = struct.unpack_from(">I", data, at)
            end = data.index(b"\0", at + 4)
            value = data[at + 4 : end].decode("utf-8", "surrogateescape")
            entries.append(Entry(key.decode("utf-8", "surrogateescape"), value, priority))
            at = end + 1
    return below


def write_index(entries: Iterable[Entry]) -> bytes:
    """Return an index with these entries; keys that are not ASCII are left out, as depmod does."""
    ordered = sorted(
        {entry for entry in entries if entry.key.isascii() and len(entry.key) < _DEPTH},
        key=lambda entry: (entry.key, entry.priority, entry.value),
    )
    out = bytearray(12)
    root = _write_node(_tree([(entry.key.encode(), entry) for entry in ordered]), out)
    struct.pack_into(">III", out, 0, MAGIC, VERSION, root)
    return bytes(out)


def _tree(entries: list[tuple[bytes, Entry]]) -> _Node:
    """Return the node for entries, sorted by what is left of their keys."""
    prefix = _shared(entries[0][0], entries[-1][0]) if entries else b""
    node = _Node(prefix)
    begin = 0
    for at, (rest, entry) in enumerate(entries):
        if len(rest) == len(prefix):
            node.values.append(entry)
            begin = at + 1
            continue
        letter = rest[len(prefix)]
        if at + 1 == len(entries) or entries[at + 1][0][len(prefix)] != letter:
            below = [(rest[len(prefix) + 1 :], entry) for rest, entry in entries[begin : at + 1]]
            node.children[letter] = _tree(below)
            begin = at + 1
    return node


def _shared(one: bytes, other: bytes) -> bytes:
    """Return what two keys begin with; those between them in the order begin so too."""
    count = 0
    while count < min(len(one), len(other)) and one[count] == other[count]:
        count += 1
    return one[:count]


def _write_node(node: _Node, out: bytearray) -> int:
    """Append a node, what is below it first; return its offset with what it has."""
    below = {letter: _write_node(child, out) for letter, child in node.children.items()}
    offset = len(out)
    if node.prefix:
        offset |= _PREFIX
        out += node.prefix + b"\0"
    if below:
        offset |= _CHILDREN
        first, last = min(below), max(below)
        out += bytes((first, last))
        for letter in range(first, last + 1):
            out += struct.pack(">I", below.get(letter, 0))
    if node.values:
        offset |= _VALUES
        out += struct.pack(">I", len(node.values))
        for entry in node.values:
            value = entry.value.encode("utf-8", "surrogateescape")
            out += struct.pack(">I", entry.priority) + value + b"\0"
    return offset
