"""GRUB's configuration: grub.cfg with grubenv (GRUB 2), menu.lst or grub.conf (GRUB legacy).

https://www.gnu.org/software/grub/manual/grub/grub.html
https://www.gnu.org/software/grub/manual/legacy/grub.html
"""

import re
from collections.abc import Sequence
from typing import Final

from converters.guests.look import grub_script
from converters.guests.look.entries import ENTRIES, Entry, Menu, choose, flat
from converters.guests.look.texts import lines, short

ENVIRONMENT: Final = 64 << 10  # bytes of grubenv that are read; GRUB writes 1024

VARIABLES: Final = 200  # of one grubenv

_LEGACY: Final = re.compile(r"\s*([A-Za-z]\w{0,30})(?:[ \t]*=[ \t]*|[ \t]+|$)(.*)")
_NUMBER: Final = re.compile(r"-?\d{1,9}")


def read_environment(text: str) -> dict[str, str]:
    """Return grubenv's variables: NAME=value lines, a backslash before what is no plain letter."""
    found: dict[str, str] = {}
    for _, line in lines(text):
        name, equals, value = line.partition("=")
        if equals and not name.startswith("#") and len(found) < VARIABLES:
            found[name] = re.sub(r"\\(.)", r"\1", value)
    return found


def read_grub2(
    text: str,
    environment: dict[str, str],
    bls: Sequence[Entry] = (),
    has_environment: bool = True,
    custom: str | None = None,
) -> Menu:
    """Return the menu that a grub.cfg makes, given grubenv, blscfg's entries and custom.cfg.

    assumed: with blscfg a default is found only if it names an entry, though GRUB would start the
    first one; without it GRUB's own choice is good enough.
    """
    found = frozenset({"grubenv"}) if has_environment else frozenset[str]()
    beside = {"custom.cfg": custom} if custom is not None else {}
    script = grub_script.run(text, environment, found, beside)
    entries = script.entries
    if script.bls is not None:
        entries = [*entries[: script.bls], *expanded(bls, script), *entries[script.bls :]]
    default = script.variables.get("default", "")
    named = choose(entries, default) if default else None
    chosen = named or choose(entries, "0")
    return Menu(
        entries=tuple(entries),
        timeout=_timeout(script.variables.get("timeout", "")),
        default=script.written.get("default"),
        chosen=chosen,
        found=named is not None or (chosen is not None and script.bls is None),
        bls=script.bls is not None,
        loads=bool(script.loads) and not entries and script.bls is None,
    )


def expanded(entries: Sequence[Entry], script: grub_script.Script) -> list[Entry]:
    """Return entries with GRUB's variables, such as $kernelopts, put into their arguments."""

    def value(text: str) -> str:
        return short(
            re.sub(
                r"\$(?:(\w+)|\{(\w+)\})",
                lambda name: script.variables.get(name[1] or name[2], ""),
                text,
            )
        )

    return [
        Entry(entry.title, entry.id, entry.kernel, value(entry.initrd), value(entry.arguments))
        for entry in entries
    ]


def read_legacy(text: str, saved: str | None = None) -> Menu:
    """Return the menu of a menu.lst; saved is the number in the file that `default saved` means."""
    entries: list[Entry] = []
    default, timeout, loads = "", None, False
    for _, line in lines(text):
        directive = _LEGACY.match(line)
        if directive is None:
            continue
        name, value = directive[1].lower(), directive[2].strip()
        if name == "title":
            if len(entries) == ENTRIES:
                break
            entries.append(Entry(short(value)))
        elif entries:
            _legacy_command(entries[-1], name, value)
        elif name == "default":
            default = short(value)
        elif name == "timeout":
            timeout = _timeout(value)
        elif name == "configfile":
            loads = True
    number = (saved or "0").strip() if default == "saved" else default or "0"
    named = choose(entries, number) if _NUMBER.fullmatch(number) else None
    return Menu(
        entries=tuple(entries),
        timeout=timeout,
        default=default or None,
        chosen=named,
        found=named is not None,
        loads=loads and not entries,
    )


def _legacy_command(entry: Entry, name: str, value: str) -> None:
    words = [word for word in value.split() if not word.startswith("--")]
    if not words:
        return
    hypervisor = bool(re.search(r"/xen[^/]{0,80}\.gz$", entry.kernel))
    if name == "kernel" or (name == "module" and hypervisor):
        entry.kernel, entry.arguments = short(words[0]), short(" ".join(words[1:]))
    elif name in ("initrd", "module"):
        entry.initrd = short(words[-1])


def all_entries(menu: Menu) -> list[tuple[str, Entry]]:
    """Return all entries of a menu with their titles, submenus opened."""
    return flat(list(menu.entries))


def _timeout(text: str) -> int | None:
    number = _NUMBER.fullmatch(text.strip())
    return int(number[0]) if number else None
