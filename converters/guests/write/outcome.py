"""How writing to a volume can end other than well."""

from collections.abc import Iterable

from converters.guests.plan import FileChange

SHOWN = 6  # files that a sentence names


class Refused(Exception):
    """Nothing of the volume was changed; the reason is for the client to read."""


class Failed(Exception):
    """The volume may have been changed by half: the disk is to be thrown away."""


def named(changes: Iterable[FileChange]) -> str:
    """Return the files of some changes, for a sentence."""
    names = [change.shown for change in changes]
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")
