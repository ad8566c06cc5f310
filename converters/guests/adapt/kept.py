"""The name under which the original of a changed file stays beside it."""

from collections.abc import Callable
from typing import Final

LONGEST: Final = 200  # bytes of the name that are taken over; filesystems have room for 255


def kept_name(path: str, taken: Callable[[str], bool] = lambda path: False) -> str:
    """Return where the original of a file goes: a hidden file in the same directory, not taken yet.

    Hidden, because some directories are read whole by their owners: ifup reads interfaces.d/*,
    NetworkManager system-connections, wicked and the network scripts ifcfg-*. All of them, and
    those who look for an ending, leave out what begins with a dot.
    """
    above, _, name = path.rpartition("/")
    short = name.lstrip(".").encode("utf-8", "surrogateescape")[:LONGEST]
    base = f"{above}/.{short.decode('utf-8', 'ignore')}.vmimport"
    kept = base
    number = 1
    while taken(kept):
        number += 1
        kept = f"{base}-{number}"
    return kept
