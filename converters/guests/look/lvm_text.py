"""The text in which LVM2 keeps what it knows: sections, numbers, strings and lists.

    vg0 {
        id = "…"   seqno = 3   status = ["READ", "WRITE"]   # a comment
        physical_volumes { pv0 { … } }
    }

See lvm2's lib/format_text and lvm.conf(5). A value is an int, a str, a list of these, or a dict.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from converters.guests.tree import Unreadable

Value: TypeAlias = "int | str | list[int | str] | Section"
Section: TypeAlias = "dict[str, Value]"

DEEPEST: Final = 8  # LVM's own texts have four levels
TOKENS: Final = 2_000_000

_TOKEN: Final = re.compile(
    r'[\s,]+|#[^\n]*|"((?:[^"\\]|\\.)*)"|(-?\d{1,19})(?![\w.])|([\w.+-]+)|([{}=\[\]])', re.DOTALL
)


def parse(text: str) -> "Section":
    """Return what a text says; raises Unreadable."""
    top: Section = {}
    sections: list[Section] = [top]
    name: str | None = None  # of what comes next
    values: list[int | str] | None = None  # a list that is not ended yet
    given = False  # there was an = behind the name
    for value, word, mark in _tokens(text):
        if value is not None and values is not None:
            values.append(value)
        elif value is not None and name is not None and given:
            sections[-1][name], name = value, None
        elif word is not None and name is None:
            name, given = word, False
        elif mark == "=" and name is not None and not given:
            given = True
        elif mark == "[" and name is not None and given and values is None:
            values = []
        elif mark == "]" and name is not None and values is not None:
            sections[-1][name], name, values = values, None, None
        elif mark == "{" and name is not None and not given and len(sections) < DEEPEST:
            below: Section = {}
            sections[-1][name], name = below, None
            sections.append(below)
        elif mark == "}" and name is None and len(sections) > 1:
            sections.pop()
        else:
            raise Unreadable("LVM's text makes no sense")
    if len(sections) > 1 or name is not None:
        raise Unreadable("LVM's text ends too early")
    return top


def _tokens(text: str) -> Iterator[tuple[int | str | None, str | None, str | None]]:
    """Give a value, a word or a mark at a time."""
    at = 0
    for _ in range(TOKENS):
        if at >= len(text):
            return
        token = _TOKEN.match(text, at)
        if token is None:
            break
        at = token.end()
        string, number, word, mark = token.groups()
        if string is not None:
            yield re.sub(r"\\(.)", r"\1", string), None, None
        elif number is not None:
            yield int(number), None, None
        elif word is not None or mark is not None:
            yield None, word, mark
    raise Unreadable("LVM's text makes no sense")


def number(section: "Section", name: str) -> int:
    """Return a number that is not negative; raises Unreadable."""
    value = section.get(name)
    if not isinstance(value, int) or value < 0:
        raise Unreadable(f"LVM's text has no {name}")
    return value


def string(section: "Section", name: str) -> str:
    """Return a string, empty if there is none."""
    value = section.get(name)
    return value if isinstance(value, str) else ""


def items(section: "Section", name: str) -> list[int | str]:
    """Return a list, empty if there is none."""
    value = section.get(name)
    return value if isinstance(value, list) else []


def below(section: "Section", name: str) -> "dict[str, Section]":
    """Return the sections in a section by their names; none if there is no such section."""
    value = section.get(name)
    if not isinstance(value, dict):
        return {}
    return {key: one for key, one in value.items() if isinstance(one, dict)}
