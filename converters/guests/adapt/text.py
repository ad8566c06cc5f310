"""Lines of a guest's text file as the transforms see them: every byte comes back as it was.

Bytes that are not UTF-8 travel as surrogates. Only the newline ends a line: the other letters that
str.splitlines takes for ends are part of one, and a carriage return before the newline stays.
"""

import difflib
from dataclasses import dataclass
from typing import Final

MOST: Final = 1 << 20  # bytes of a configuration file that are read; a longer one is left
COMPARED: Final = 2000  # lines of a diff that are compared; more, and nothing is shown
SHOWN: Final = 400  # lines of a diff that are kept
WIDE: Final = 500  # letters of such a line


@dataclass(frozen=True, slots=True)
class Edited:
    """What a transform made of a text."""

    text: str
    reasons: tuple[str, ...] = ()  # what was changed and why, short; none: nothing was
    left: tuple[str, ...] = ()  # what should have been changed and was not, a sentence each


def decoded(data: bytes) -> str:
    """Return bytes as text; encoded() gives the same bytes back."""
    return data.decode("utf-8", "surrogateescape")


def encoded(text: str) -> bytes:
    """Return the bytes of a text."""
    return text.encode("utf-8", "surrogateescape")


def split(text: str) -> list[str]:
    """Return the lines of a text, each with its ending."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def body(line: str) -> str:
    """Return a line without its ending."""
    return line.removesuffix("\n").removesuffix("\r") if line.endswith("\n") else line


def ending(line: str) -> str:
    """Return how a line ends: a newline, a carriage return and a newline, or not at all."""
    return line[len(body(line)) :]


def new_line(text: str, like: str) -> str:
    """Return a line of one's own that ends as another one, or as a line must."""
    return text + (ending(like) or "\n")


def commented(line: str) -> str:
    """Return a line as a comment; a blank line and a comment stay as they are."""
    return line if is_idle(line) else f"#{line}"


def is_idle(line: str, marks: str = "#") -> bool:
    """Tell whether a line is blank or a comment."""
    stripped = line.lstrip(" \t\r\n")
    return not stripped or stripped[0] in marks


def unified(before: str, after: str, path: str, compared: int = COMPARED) -> str:
    """Return what changed between two texts for people: a unified diff, cut where it is long.

    Where more lines than compared have changed it only says so.
    """
    old, new = split(before), split(after)
    first = 0
    while first < min(len(old), len(new)) and old[first] == new[first]:
        first += 1
    last = 0
    while last < min(len(old), len(new)) - first and old[-1 - last] == new[-1 - last]:
        last += 1
    if max(len(old), len(new)) - first - last > compared:
        return f"--- {path}\n+++ {path}\n(too much has changed to be shown)\n"
    begin, spare = max(first - 3, 0), max(last - 3, 0)
    hunks = list(
        difflib.unified_diff(
            old[begin : len(old) - spare], new[begin : len(new) - spare], path, path
        )
    )
    shown = [_shown(line, begin) for line in hunks[:SHOWN]]
    if len(hunks) > SHOWN:
        shown.append(f"(and {len(hunks) - SHOWN} lines more)\n")
    return "".join(shown)


def told(text: str, most: int) -> str:
    """Return a text of the guest's for people and their terminals, cut where it is long."""
    plain = text[: most + 1].encode("utf-8", "replace").decode()
    fit = "".join(c if c == "\t" or c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in plain)
    return fit if len(fit) <= most else f"{fit[: most - 1]}…"


def _shown(line: str, begin: int) -> str:
    """Return a line of a diff, its numbers counted from the file's beginning."""
    if line.startswith("@@ "):
        _, old, new, _ = line.split(" ", 3)
        return f"@@ {_moved(old, begin)} {_moved(new, begin)} @@\n"
    end = "\n" if line.endswith("\n") else "\n\\ No newline at end of file\n"
    return told(body(line), WIDE) + end


def _moved(piece: str, begin: int) -> str:
    number, comma, count = piece[1:].partition(",")
    return f"{piece[0]}{int(number) + begin}{comma}{count}"
