"""Boot loaders that EC2's import does not know: SYSLINUX and its kin, systemd-boot, LILO.

They are read all the same, so that a verdict can name what it found.

https://wiki.syslinux.org/wiki/index.php?title=Config · loader.conf(5) · lilo.conf(5)
"""

import fnmatch
import re
from typing import Final

from converters.guests.look.entries import ENTRIES, Entry, Menu
from converters.guests.look.texts import lines, short, unquoted

_NUMBER: Final = re.compile(r"\d{1,9}")
_INITRD: Final = re.compile(r"(?:^|\s)initrd=(\S+)")


def read_syslinux(text: str) -> Menu:
    """Return the menu of a syslinux.cfg, extlinux.conf or isolinux.cfg; times are in tenths."""
    entries: list[Entry] = []
    labels: list[str] = []
    default, marked, timeout, loads = "", None, None, False
    for _, line in lines(text):
        name, _, value = line.strip().replace("\t", " ").partition(" ")
        name, value = name.lower(), value.strip()
        if name == "label" and len(entries) < ENTRIES:
            labels.append(short(value))
            entries.append(Entry(short(value), id=short(value)))
        elif name == "menu" and entries:
            word, _, title = value.partition(" ")
            if word.lower() == "label":
                entries[-1].title = short(title.replace("^", ""))
            elif word.lower() == "default":
                marked = labels[-1]
        elif name == "default":
            default = short(value)
        elif name == "timeout" and _NUMBER.fullmatch(value):
            timeout = int(value) // 10 or -1
        elif name == "include":
            loads = True
        elif entries:
            _syslinux_command(entries[-1], name, value)
    chosen = marked or default
    named = next((entry for entry in entries if entry.id == chosen), None)
    return Menu(tuple(entries), timeout, default or marked, named, named is not None, loads=loads)


def _syslinux_command(entry: Entry, name: str, value: str) -> None:
    if name in ("kernel", "linux"):
        entry.kernel = short(value)
    elif name == "append":
        entry.arguments = short(value)
        initrd = _INITRD.search(value[:4096])
        if initrd:
            entry.initrd = short(initrd[1].split(",")[-1])
    elif name == "initrd":
        entry.initrd = short(value.split(",")[-1])


def read_systemd_boot(text: str, entries: list[Entry]) -> Menu:
    """Return the menu of a loader.conf and the entries beside it."""
    default, timeout = "", None
    for _, line in lines(text):
        name, _, value = line.strip().replace("\t", " ").partition(" ")
        if name == "default":
            default = short(value.strip())
        elif name == "timeout" and _NUMBER.fullmatch(value.strip()):
            timeout = int(value.strip())
    pattern = default.removesuffix(".conf") or "*"
    named = next((one for one in entries if fnmatch.fnmatchcase(one.id or "", pattern)), None)
    return Menu(
        tuple(entries),
        timeout,
        default or None,
        named or (entries[0] if entries else None),
        named is not None,
    )


def read_lilo(text: str) -> Menu:
    """Return the menu of a lilo.conf; times are in tenths of a second."""
    entries: list[Entry] = []
    general = {"default": "", "timeout": "", "initrd": "", "append": ""}
    for _, line in lines(text):
        name, equals, value = line.strip().partition("=")
        name, value = name.strip().lower(), unquoted(value.strip())
        if not equals or name.startswith("#"):
            continue
        if name in ("image", "other") and len(entries) < ENTRIES:
            kernel = short(value) if name == "image" else ""
            entries.append(Entry(short(value.rpartition("/")[2]), kernel=kernel))
            entries[-1].initrd, entries[-1].arguments = general["initrd"], general["append"]
        elif not entries and name in general:
            general[name] = short(value)
        elif entries and name == "label":
            entries[-1].title = entries[-1].id = short(value)
        elif entries and name == "initrd":
            entries[-1].initrd = short(value)
        elif entries and name == "append":
            entries[-1].arguments = short(value)
    named = next((one for one in entries if one.id == general["default"]), None)
    chosen = named or (entries[0] if entries and not general["default"] else None)
    timeout = general["timeout"]
    return Menu(
        tuple(entries),
        int(timeout) // 10 if _NUMBER.fullmatch(timeout) else None,
        general["default"] or None,
        chosen,
        chosen is not None,
    )
