"""Pages of the describe actions.

A page begins after the sequence number of the last thing the page before it showed. Numbers are
given in order of creation and never again, so nothing is skipped or repeated while things come
and go. To a client the number is an opaque NextToken, good for the action that gave it.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from emulator.services.ec2 import errors
from state.store import Numbered

Row = TypeVar("Row")

BATCH = 1000  # rows looked at in one query once a filter has let only some of the first through


@dataclass(frozen=True, slots=True)
class Page:
    """What part of a list is asked for."""

    action: str
    after: int = 0
    size: int | None = None  # None: all the rest


def page(
    action: str,
    max_results: int | None,
    next_token: str | None,
    *,
    smallest: int,
    largest: int,
    clipped: bool = False,
) -> Page:
    """Return the page a request asks for; InvalidParameterValue, InvalidNextToken.

    One that is clipped is as large as there may be, if more is asked for.
    """
    if max_results is not None and max_results < smallest:
        raise errors.invalid_value(
            max_results, "maxResults", f"Expecting a value greater than or equal to {smallest}."
        )
    if max_results is not None and max_results > largest and not clipped:
        raise errors.invalid_value(
            max_results, "maxResults", f"Expecting a value less than or equal to {largest}."
        )
    if max_results is not None:
        max_results = min(max_results, largest)
    if next_token is None:
        return Page(action, 0, max_results)
    return Page(action, number(action, next_token), max_results or largest)


def token(action: str, sequence: int) -> str:
    """Return the NextToken for the page after sequence."""
    return base64.urlsafe_b64encode(f"{action}:{sequence}".encode()).decode()


def number(action: str, next_token: str) -> int:
    """Return the sequence number in a NextToken of action; InvalidNextToken for anything else."""
    try:
        name, _, digits = base64.b64decode(next_token, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_next_token(next_token) from error
    if name != action or not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        raise errors.invalid_next_token(next_token)
    return int(digits)


def take(
    page: Page,
    fetch: Callable[[int, int | None], list[Numbered[Row]]],
    test: Callable[[Row], bool] | None,
) -> tuple[list[Row], str | None]:
    """Return the rows of a page that pass the test, and the NextToken if there are more.

    fetch(after, limit) gives rows in order of their numbers, at most limit of them.
    """
    taken: list[Row] = []
    after = last = page.after
    limit = None if page.size is None else page.size + 1
    while True:
        batch = fetch(after, limit)
        for sequence, row in batch:
            if test is not None and not test(row):
                continue
            if len(taken) == page.size:
                return taken, token(page.action, last)
            taken.append(row)
            last = sequence
        if limit is None or len(batch) < limit:
            return taken, None
        after = batch[-1].sequence
        limit = BATCH
