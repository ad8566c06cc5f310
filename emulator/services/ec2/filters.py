"""Filters of the describe actions: one table per resource says what each filter looks at.

Filters are joined with AND, the values of one filter with OR. In a value `*` stands for any
characters, `?` for one, and a backslash takes the meaning from the next: `\\*`, `\\?`, `\\\\`.
Names and values are case-sensitive. A filter without values matches nothing (assumed).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emulator.services.ec2 import errors
from emulator.shapes.ec2 import Filter

Row = TypeVar("Row")
Field = Callable[[Row], str | None]  # None: the resource lacks the member, so nothing matches
ListField = Callable[[Row], Iterable[str]]  # one of them is enough to match
Test = Callable[[Row], bool]
Match = Callable[[str], bool]

MOST_VALUES = 200  # of all filters of one call
LONGEST_VALUE = 255  # characters


@dataclass(frozen=True)
class Filters(Generic[Row]):
    """The filters of one resource: by name what they look at, and its tags where it has any.

    lists are the filters on members of which a resource may have several.
    """

    fields: Mapping[str, Field[Row]]
    tags: Callable[[Row], Mapping[str, str]] | None = None
    lists: Mapping[str, ListField[Row]] = field(default_factory=dict)

    def test(self, filters: Iterable[Filter] | None) -> Test[Row] | None:
        """Return what tells whether a row passes; None if all do. Raises for an unknown filter."""
        given = [(each.get("Name") or "", each.get("Values") or []) for each in filters or ()]
        if sum(len(values) for _, values in given) > MOST_VALUES:
            raise errors.too_many_filter_values(MOST_VALUES)
        if any(len(value) > LONGEST_VALUE for _, values in given for value in values):
            raise errors.filter_value_too_long(LONGEST_VALUE)
        return all_of(self._one(name, matching(values)) for name, values in given)

    def _one(self, name: str, match: Match) -> Test[Row]:
        field = self.fields.get(name)
        if field is not None:
            return lambda row: (value := field(row)) is not None and match(value)
        listed = self.lists.get(name)
        if listed is not None:
            return lambda row: any(map(match, listed(row)))
        tags = self.tags
        if tags is not None and name == "tag-key":
            return lambda row: any(map(match, tags(row)))
        if tags is not None and name.startswith("tag:"):
            key = name.removeprefix("tag:")
            return lambda row: (value := tags(row).get(key)) is not None and match(value)
        raise errors.invalid_filter(name)


def all_of(tests: Iterable[Test[Row] | None]) -> Test[Row] | None:
    """Return what tells whether a row passes all of some tests; None if there are none."""
    found = [test for test in tests if test is not None]
    if len(found) < 2:
        return found[0] if found else None
    return lambda row: all(test(row) for test in found)


def matching(values: Iterable[str]) -> Match:
    """Return what tells whether a string is one of values, which may hold wildcards."""
    plain: set[str] = set()
    patterns: list[str] = []
    for value in values:
        if any(special in value for special in "*?\\"):
            patterns.append(pattern(value))
        else:
            plain.add(value)
    if not patterns:
        return plain.__contains__
    wild = re.compile("|".join(patterns), re.DOTALL)
    return lambda text: text in plain or wild.fullmatch(text) is not None


def pattern(value: str) -> str:
    """Return a filter value as a regular expression that takes no more than linear time.

    What stands between two stars may as well be found where it comes first: once found it is not
    looked for again, or a few stars would keep the whole server busy for minutes.
    """
    parts = [""]
    characters = iter(value)
    for character in characters:
        if character == "*":
            parts.append("")
        elif character == "?":
            parts[-1] += "."
        elif character == "\\":
            parts[-1] += re.escape(next(characters, "\\"))
        else:
            parts[-1] += re.escape(character)
    if len(parts) == 1:
        return parts[0]
    first, *middle, last = parts
    return f"{first}{''.join(f'(?>.*?{part})' for part in middle if part)}.*{last}"
