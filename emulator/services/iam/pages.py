"""Pages of the list actions, as IAM gives them: MaxItems, IsTruncated, Marker.

A Marker holds the place of the last thing the page before it showed, in the order of the list; what
comes or goes meanwhile makes nothing appear twice or be left out. The lists of an account are
short, by quota: they are read whole.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, TypedDict, TypeVar

from emulator.services.iam import errors
from state.iam import Policy

T = TypeVar("T")

USUAL = 100  # items; the most is 1000, which the model says


class Asked(NamedTuple):
    """The part of a request that asks for a page."""

    marker: str | None = None
    size: int = USUAL


class Rest(TypedDict, total=False):
    """The part of an answer that says whether there is more."""

    IsTruncated: bool
    Marker: str


def asked(request: Mapping[str, object]) -> Asked:
    """Return what part of a list a request asks for."""
    marker, size = request.get("Marker"), request.get("MaxItems")
    return Asked(
        marker if isinstance(marker, str) else None, size if isinstance(size, int) else USUAL
    )


def policy_place(policy: Policy) -> str:
    """Return the place of a managed policy among the account's and AWS's."""
    return f"{policy.key} {policy.account_id}"


def page(
    asked: Asked, items: Iterable[T], place: Callable[[T], str], action: str
) -> tuple[list[T], Rest]:
    """Return the items of the page that is asked for, and what comes after it.

    place gives the text that the items are in order of.
    """
    ordered = sorted(items, key=place)
    if asked.marker is not None:
        after = read(asked.marker, action)
        ordered = [item for item in ordered if place(item) > after]
    shown = ordered[: asked.size]
    if len(shown) == len(ordered):
        return shown, {"IsTruncated": False}
    return shown, {"IsTruncated": True, "Marker": write(place(shown[-1]), action)}


def write(place: str, action: str) -> str:
    """Return the Marker of a place."""
    return base64.urlsafe_b64encode(f"{action}:{place}".encode()).decode()


def read(marker: str, action: str) -> str:
    """Return the place that a Marker of an action holds."""
    try:
        named, colon, place = base64.b64decode(marker, b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise errors.invalid_marker() from None
    if named != action or not colon:
        raise errors.invalid_marker()
    return place
