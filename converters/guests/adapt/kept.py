"""The name under which the original of a changed file stays beside it."""

from collections.abc import Callable


def kept_name(path: str, taken: Callable[[str], bool] = lambda path: False) -> str:
    """Return where the original of a file goes: a hidden file in the same directory, not taken yet.

    Hidden, because some directories are read whole by their owners: ifup reads interfaces.d/*,
    NetworkManager system-connections, wicked and the network scripts ifcfg-*. All of them, and
    those who look for an ending, leave out what begins with a dot.
    """
    above, _, name = path.rpartition("/")
    kept = f"{above}/.{name.lstrip('.')}.vmimport"
    number = 1
    while taken(kept):
        number += 1
        kept = f"{above}/.{name.lstrip('.')}.vmimport-{number}"
    return kept
