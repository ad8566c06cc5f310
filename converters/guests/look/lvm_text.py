"""The text in which LVM2 keeps what it knows: sections, numbers, strings and lists.

    vg0 {
        id = "…"   seqno = 3   status = ["READ", "WRITE"]   # a comment
        physical_volumes { pv0 { … } }
    }

See lvm2's lib/format_text and lvm.conf(5). A value is an int, a str, a list of these, or a dict.
"""

import re
from typing import Final, TypeAlias

from converters.guests.tree import Unreadable

Value: TypeAlias = "int | str | list[int | str] | Section"
Section: TypeAlias = "dict[str, Value]"

DEEPEST: Final = 8  # LVM's own texts have four levels
TOKENS: Final = 2_000_000

_TOKEN: Final = re.compile(
    r'[\s,]+|#[^\n]*|"((?:[^"\\]|\\.)*)"|(-?\d+)(?![\w.])|([\w.+-]+)|([{}=\[\]])', re.DOTALL
)


def parse(text: str) -> "Section":
    """Return what a text says; raises Unreadable."""
    top: Section = {}
    sections: list[Section] = [top]
    at, name, names = 0, "", False
    values: list[int | str] | None = None
    for _ in range(TOKENS):
        if at >= len(text):
            break
        token = _TOKEN.match(text, at)
        if token is None:
            raise Unreadable("LVM's text makes no sense")
        at = token.end()
        string, number, word, mark = token.groups()
        value: int | str | None = None
        if string is not None:
            value = re.sub(r"\\(.)", r"\1", string)
        elif number is not None and len(number) < 20:
            value = int(number)
        if value is not None or (word is not None and names):
            value = word if value is None else value
            if values is not None:
                values.append(value)
            elif names:
                sections[-1][name], names = value, False
            else:
                raise Unreadable("LVM's text makes no sense")
        elif word is not None:
            name = word
        elif mark == "=":
            names = True
        elif mark == "[" and names:
            values = []
        elif mark == "]" and values is not None:
            sections[-1][name], names, values = values, False, None
        elif mark == "{" and len(sections) < DEEPEST:
            below: Section = {}
            sections[-1][name] = below
            sections.append(below)
        elif mark == "}" and len(sections) > 1:
            sections.pop()
        elif mark:
            raise Unreadable("LVM's text makes no sense")
    if at < len(text) or len(sections) > 1:
        raise Unreadable("LVM's text ends too early")
    return top


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
