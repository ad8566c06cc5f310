"""Listing by pages, with keys rolled up into common prefixes at a delimiter.

    keys         a.txt   p/1   p/2   p/q/3   z.txt         prefix "", delimiter "/"
    entries      a.txt   p/ -------------->  z.txt         a common prefix counts as one entry

Entries come in the order of their UTF-8 bytes. The next page begins after the last entry: after a
key, or beyond everything that a common prefix stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emulator.services.s3 import errors

T = TypeVar("T")  # what is listed
C = TypeVar("C")  # where a listing goes on

MAX_ENTRIES = 1000
MAX_INTEGER = 2**31 - 1
MAX_KEY_BYTES = 1024


def entries(name: str, asked: int | None) -> int:
    """Decide how many entries a page may have; raises InvalidArgument."""
    if asked is None:
        return MAX_ENTRIES
    if not 0 <= asked <= MAX_INTEGER:
        first, *words = name.split("-")
        raise errors.invalid_argument(
            f"Argument {first}{''.join(word.capitalize() for word in words)} must be an integer "
            f"between 0 and {MAX_INTEGER}",
            name,
            str(asked),
        )
    return min(asked, MAX_ENTRIES)


@dataclass(slots=True)
class Page(Generic[T]):
    """Some entries in order, and whether more come after the last."""

    items: list[T] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    truncated: bool = False
    last: T | str | None = None  # an item, or a common prefix

    def __len__(self) -> int:
        return len(self.items) + len(self.prefixes)


@dataclass(frozen=True, slots=True)
class Walk(Generic[T, C]):
    """How to walk over things that have keys: objects, or uploads."""

    fetch: Callable[[C, int], list[T]]  # at most so many items behind a place, in order
    key: Callable[[T], str]
    place: Callable[[T], C]  # the place of an item
    beyond: Callable[[str], C]  # the place behind all keys with this prefix

    def page(self, prefix: str, delimiter: str, after: C, limit: int) -> Page[T]:
        """Gather at most `limit` entries behind a place."""
        page: Page[T] = Page()
        if limit == 0:
            return page
        rolled: str | None = None  # the common prefix we are in
        while True:
            wanted = limit - len(page) + 1  # one more tells whether the page is the last
            batch = self.fetch(after, wanted)
            for item in batch:
                key = self.key(item)
                if rolled is not None and key.startswith(rolled):
                    continue
                if len(page) == limit:
                    page.truncated = True
                    return page
                rolled = common_prefix(key, prefix, delimiter)
                if rolled is None:
                    page.items.append(item)
                    page.last = item
                else:
                    page.prefixes.append(rolled)
                    page.last = rolled
            if len(batch) < wanted:
                return page
            after = self.place(batch[-1]) if rolled is None else self.beyond(rolled)


def common_prefix(key: str, prefix: str, delimiter: str) -> str | None:
    """Give what a key is rolled up into: all up to the first delimiter behind the prefix."""
    if not delimiter:
        return None
    end = key.find(delimiter, len(prefix))
    return None if end < 0 else key[: end + len(delimiter)]


def beyond_prefix(prefix: str) -> str:
    """Give a text that sorts behind every possible key with this prefix."""
    return prefix + "\U0010ffff" * (MAX_KEY_BYTES // 4 + 1)


def resumed(marker: str, prefix: str, delimiter: str) -> str:
    """Give the text behind which a page begins that follows this key or common prefix."""
    return beyond_prefix(marker) if common_prefix(marker, prefix, delimiter) == marker else marker
