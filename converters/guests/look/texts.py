"""Small text files of a guest, read within bounds.

A text that cannot be had is None: most files that are looked for are not there, and a broken one
tells as little as a missing one. Bytes that are not UTF-8 become replacement characters.
"""

import re
from collections.abc import Iterator
from typing import Final

from converters.guests.guest import TEXT
from converters.guests.tree import System, Unreadable

CONFIG: Final = 1 << 20  # bytes of a configuration file that are read
VALUE: Final = 4096  # letters of one value
LINES: Final = 50_000  # of one configuration file

_KEY: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*")
_PIECE: Final = re.compile(
    r"""'([^']*)(?:'|\Z)|"((?:[^"\\]|\\.)*+)(?:"|\\?\Z)|\\(.)|([^\s'"\\;]++)""", re.DOTALL
)
_ESCAPE: Final = re.compile(r'\\([\\"$`])')
_BACKUP: Final = re.compile(
    r"(~|\.(bak|backup|old|orig|save|swp|tmp|disabled|rpmsave|rpmnew|rpmorig"
    r"|dpkg-\w+|ucf-\w+|cfsaved|vmie-?\w*))$",
    re.IGNORECASE,
)


def read_text(system: System, path: str, limit: int = CONFIG) -> str | None:
    """Return the beginning of a text file; None if there is none or it cannot be read."""
    try:
        return system.read(path, limit).decode("utf-8", "replace")
    except Unreadable:
        return None


def is_file(system: System, path: str) -> bool:
    """Tell whether a path leads to a regular file; no when nobody can say."""
    try:
        return system.is_file(path)
    except Unreadable:
        return False


def is_dir(system: System, path: str) -> bool:
    """Tell whether a path leads to a directory; no when nobody can say."""
    try:
        return system.is_dir(path)
    except Unreadable:
        return False


def names(system: System, path: str) -> list[str]:
    """Return the names in a directory that are UTF-8; none if it cannot be read."""
    try:
        return [name for name in system.names(path) if plain(name)]
    except Unreadable:
        return []


def plain(text: str) -> bool:
    """Tell whether a name is whole UTF-8 and free of control characters."""
    return text.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in text)


def is_backup(name: str) -> bool:
    """Tell whether a file's name says that it is a copy put aside by an editor or a package."""
    return bool(_BACKUP.search(name)) or name.startswith(".")


def lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and their numbers from 1, without carriage returns."""
    for number, line in enumerate(text.split("\n", LINES)[:LINES], 1):
        yield number, line.rstrip("\r")


def short(text: str) -> str:
    """Return a text of the guest's in one line and cut to what a Guest holds.

    What is not printable could do things to a terminal, and becomes a replacement character.
    """
    line = " ".join(text[: 4 * TEXT].split())[:TEXT]
    if line.isprintable():
        return line
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in line)


def assignments(text: str) -> dict[str, str]:
    """Return the NAME=value lines that a shell would read, with its quotes taken off."""
    found: dict[str, str] = {}
    for _, line in lines(text):
        key = _KEY.match(line)
        if key:
            found[key[1]] = unquoted(line[key.end() :])
    return found


def unquoted(text: str) -> str:
    """Return the first word of a line as a shell would see it."""
    word = ""
    here = 0
    while len(word) <= VALUE and (piece := _PIECE.match(text, here)):
        single, double, escaped, bare = piece.groups()
        word += single or escaped or bare or _ESCAPE.sub(r"\1", double or "")
        here = piece.end()
        if here >= min(len(text), VALUE):
            break
    return word[:VALUE]
