"""Pages of KMS's lists: a marker names the place after which the next page begins."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from emulator.errors import violations
from emulator.services.kms import errors

Row = TypeVar("Row")


def limited(limit: int | None, usual: int, most: int) -> int:
    """Return how many may stand on a page; ValidationException for more than an action gives."""
    if limit is not None and limit > most:
        raise violations(
            [
                f"Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value "
                f"less than or equal to {most}"
            ]
        )
    return limit or usual


def place(action: str, marker: str | None) -> str:
    """Return the place in a marker of an action, empty for the first page."""
    if marker is None:
        return ""
    try:
        name, _, found = base64.b64decode(marker, validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_marker() from error
    if name != action or not found:
        raise errors.invalid_marker()
    return found


def number(action: str, marker: str | None) -> int:
    """Return the sequence number in a marker of an action, 0 for the first page."""
    found = place(action, marker)
    if not found:
        return 0
    if not (found.isascii() and found.isdecimal() and len(found) < 19):
        raise errors.invalid_marker()
    return int(found)


def cut(
    action: str, rows: Sequence[Row], limit: int, place_of: Callable[[Row], object]
) -> tuple[Sequence[Row], str | None]:
    """Return the first rows, and the marker of the rest if there are more."""
    if len(rows) <= limit:
        return rows, None
    marker = f"{action}:{place_of(rows[limit - 1])}"
    return rows[:limit], base64.b64encode(marker.encode()).decode()
