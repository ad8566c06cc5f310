"""What every boot loader's configuration comes to: entries, and which of them starts by itself."""

from dataclasses import dataclass, field
from typing import Final

ENTRIES: Final = 500  # of one configuration that are kept


@dataclass(slots=True)
class Entry:
    """A line of the boot menu; a submenu has entries of its own."""

    title: str
    id: str | None = None
    kernel: str = ""  # path, as written; "" where something else is started
    initrd: str = ""  # path, as written: the last one, what is before it is microcode
    arguments: str = ""
    entries: "list[Entry]" = field(default_factory=list)
    submenu: bool = False


@dataclass(frozen=True, slots=True)
class Menu:
    """A configuration file, read."""

    entries: tuple[Entry, ...] = ()
    timeout: int | None = None  # seconds; -1: for ever
    default: str | None = None  # as written
    chosen: Entry | None = None  # what starts by itself, as the loader would choose
    found: bool = False  # the default names that entry; not just the first for want of it
    bls: bool = False  # takes entries from /boot/loader/entries
    loads: bool = False  # has none of its own and loads another file


def choose(entries: list[Entry], default: str) -> Entry | None:
    """Return the entry that a GRUB default names: "1", "1>2", a title or an id, and so on below.

    A submenu stands for its first entry.
    """
    chosen: Entry | None = None
    rest = default
    while entries:
        chosen, rest = _step(entries, rest)
        if chosen is None or not chosen.submenu:
            return chosen
        entries = chosen.entries
        rest = rest or "0"
    return None


def _step(entries: list[Entry], default: str) -> tuple[Entry | None, str]:
    number, _, below = default.partition(">")
    if number.strip().isascii() and number.strip().isdigit() and len(number) < 10:
        index = int(number)
        return (entries[index], below) if index < len(entries) else (None, "")
    # A title may have a > of its own, which an id never has: try the whole first.
    for name, rest in ((default, ""), (number, below)):
        for entry in entries:
            if name and name in (entry.id, entry.title):
                return entry, rest
    return None, ""


def flat(entries: list[Entry], above: str = "") -> list[tuple[str, Entry]]:
    """Return all entries that start something, with the titles of the submenus they are in."""
    found: list[tuple[str, Entry]] = []
    for entry in entries:
        title = f"{above}>{entry.title}" if above else entry.title
        if entry.submenu:
            found += flat(entry.entries, title)
        else:
            found.append((title, entry))
    return found[:ENTRIES]
