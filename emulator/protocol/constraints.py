"""What a service's model says of its members beyond their types.

Lengths, ranges, patterns and enumerations, told as AWS's own framework does: all that is wrong with
a request in one sentence. Patterns are Java's; what Python lacks of them is put in its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sized
from functools import cache
from typing import Any

from emulator.protocol.faults import Violations

MOST = 10  # violations that are told
SHOWN = 200  # characters of a value that go back to the client
MEASURED = frozenset({"string", "blob", "list", "map"})
NUMBERS = frozenset({"integer", "long", "float", "double"})
SEPARATORS = r" \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
JAVAS = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": SEPARATORS,
    r"\u10000-\u10FFFF": r"\U00010000-\U0010FFFF",
}


def check(shape: Any, members: dict[str, Any]) -> None:
    """Check the members of a structure; raises Violations."""
    if found := list(of_structure(shape, members, "")):
        raise Violations(found[:MOST])


def of_structure(shape: Any, members: dict[str, Any], path: str) -> Iterator[str]:
    """Find what is wrong in a structure."""
    for name, value in members.items():
        yield from of(shape.members[name], value, path + lowered(name))


def of(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Find what is wrong with a value of any shape."""
    if value is None:
        return
    for rule in rules(shape, value):
        yield f"{told(shape, value)} at '{path}' failed to satisfy constraint: Member must {rule}"
    match shape.type_name:
        case "structure":
            yield from of_structure(shape, value, f"{path}.")
        case "list":
            for number, item in enumerate(value, 1):
                yield from of(shape.member, item, f"{path}.{number}.member")
        case "map":
            for key, item in value.items():
                yield from of(shape.key, key, f"{path}.key")
                yield from of(shape.value, item, f"{path}.{key[:SHOWN]}.member")


def rules(shape: Any, value: Any) -> Iterator[str]:
    """Name the rules that a value breaks."""
    metadata, kind = shape.metadata, shape.type_name
    least, most = metadata.get("min"), metadata.get("max")
    size = measured(kind, value)
    if size is not None:
        noun = "length" if kind in MEASURED else "value"
        if most is not None and size > most:
            yield f"have {noun} less than or equal to {most}"
            return
        if least is not None and size < least:
            yield f"have {noun} greater than or equal to {least}"
    if kind == "string":
        if (pattern := metadata.get("pattern")) and not compiled(pattern).fullmatch(value):
            yield f"satisfy regular expression pattern: {pattern}"
        if (enum := getattr(shape, "enum", None)) and value not in enum:
            yield f"satisfy enum value set: [{', '.join(enum)}]"


def measured(kind: str, value: Any) -> float | None:
    """Measure a value as its rules do; None if it has no measure."""
    if kind in NUMBERS:
        return float(value)
    return len(value) if kind in MEASURED and isinstance(value, Sized) else None


def told(shape: Any, value: Any) -> str:
    """Name a value, without showing what is secret or of no use to a reader."""
    if shape.type_name in ("string", *NUMBERS) and not shape.metadata.get("sensitive"):
        return f"Value '{str(value)[:SHOWN]}'"
    return "Value"


def lowered(name: str) -> str:
    """Spell a member's name as the framework does."""
    return name[:1].lower() + name[1:]


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """Compile a pattern of the model; in Java `\\w` and `\\d` are of ASCII alone."""
    pythons = pattern
    for javas, ours in JAVAS.items():
        pythons = pythons.replace(javas, ours)
    return re.compile(pythons, 0 if r"\p{" in pattern else re.ASCII)
