"""What a grub.cfg does: the menu entries it makes, and the variables it sets.

Nothing is run. `set`, assignments and `if [ … ]` are followed with the variables that GRUB has, so
that a default that depends on grubenv is the one GRUB would see. A command as a condition is taken
to succeed. There are no loops, so a script ends after as many steps as it has statements.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from converters.guests.look.entries import ENTRIES, Entry
from converters.guests.look.grub_words import VALUE, Statement, statements
from converters.guests.look.texts import short

VARIABLES: Final = 500  # of one script

# What GRUB 2 sets by itself. The firmware decides grub_platform: BIOS is taken for granted.
BUILTIN: Final = {
    "grub_platform": "pc",
    "grub_cpu": "i386",
    "prefix": "/boot/grub",
    "feature_menuentry_id": "y",
    "feature_timeout_style": "y",
    "feature_default_font_path": "y",
    "feature_platform_search_hint": "y",
    "feature_all_video_module": "y",
    "feature_ntldr": "y",
    "feature_chainloader_bpb": "y",
    "feature_nativedisk_cmd": "y",
    "feature_200_final": "y",
}
LINUX: Final = frozenset({"linux", "linux16", "linuxefi", "kernel"})
INITRD: Final = frozenset({"initrd", "initrd16", "initrdefi"})
MODULES: Final = frozenset({"module", "module2", "xen_linux", "xen_initrd"})

_ASSIGNED: Final = re.compile(r"([A-Za-z_]\w{0,60}+)=(.*)", re.DOTALL)


@dataclass(slots=True)
class Script:
    """What a script did: its variables and its menu."""

    variables: dict[str, str]
    written: dict[str, str] = field(default_factory=dict)  # the last text that set a variable
    entries: list[Entry] = field(default_factory=list)
    bls: int | None = None  # blscfg was run after so many entries
    loads: list[str] = field(default_factory=list)  # files that it would go on with
    beside: dict[str, str] = field(default_factory=dict)  # files that it may source, once each
    count: int = 0


def run(
    text: str,
    environment: dict[str, str],
    found: frozenset[str] = frozenset(),
    beside: Mapping[str, str] = MappingProxyType({}),
) -> Script:
    """Return what a grub.cfg does, given grubenv's variables and the files beside it.

    Found are the names of files that are there, beside the texts of those that it may source.
    """
    script = Script(BUILTIN | {name: value[:VALUE] for name, value in environment.items()})
    script.beside = dict(beside)
    found |= beside.keys()
    _run(statements(text), script, script.entries, None, found)
    return script


def _run(
    body: list[Statement],
    script: Script,
    menu: list[Entry],
    entry: Entry | None,
    found: frozenset[str],
) -> None:
    for statement in body:
        if statement.branches:
            for condition, branch in statement.branches:
                if _holds(condition, script, found):
                    _run(branch, script, menu, entry, found)
                    break
            continue
        words = statement.expanded(script.variables)
        if not words:
            continue
        command = words[0]
        assigned = _ASSIGNED.fullmatch(command) or (
            _ASSIGNED.fullmatch(words[1]) if command == "set" and len(words) > 1 else None
        )
        if command in ("menuentry", "submenu"):
            _add(words, statement.block or [], script, menu, found)
        elif assigned and (assigned[1] in script.variables or len(script.variables) < VARIABLES):
            script.variables[assigned[1]] = assigned[2]
            written = statement.words[1 if command == "set" and len(statement.words) > 1 else 0]
            script.written[assigned[1]] = short(written.written().partition("=")[2])
        elif command in ("source", ".") and words[1:] and _base(words[1]) in script.beside:
            _run(statements(script.beside.pop(_base(words[1]))), script, menu, entry, found)
        elif command in ("configfile", "source", ".", "normal") and words[1:]:
            script.loads.append(short(words[1]))
        elif command == "blscfg" and entry is None:
            script.bls = len(menu)
        elif entry is not None:
            _boot(command, words[1:], entry)


def _add(
    words: list[str],
    block: list[Statement],
    script: Script,
    menu: list[Entry],
    found: frozenset[str],
) -> None:
    """Add a menu entry or a submenu to a menu."""
    if script.count >= ENTRIES:
        return
    script.count += 1
    entry = Entry(short(words[1]) if len(words) > 1 else "", submenu=words[0] == "submenu")
    for option, value in pairwise([*words[2:], ""]):
        if option == "--id":
            entry.id = short(value)
        elif option.startswith("--id="):
            entry.id = short(option[5:])
    menu.append(entry)
    inner = Script(dict(script.variables), count=script.count)
    _run(block, inner, entry.entries, entry, found)
    script.count = inner.count


def _boot(command: str, words: list[str], entry: Entry) -> None:
    """Note what an entry starts. Of a hypervisor's modules the first is the kernel."""
    words = [word for word in words if word != "--nounzip"]
    if not words:
        return
    if command in LINUX or (command in MODULES and not entry.kernel):
        entry.kernel = short(words[0])
        entry.arguments = short(" ".join(words[1:]))
    elif command in INITRD | MODULES:
        entry.initrd = short(words[-1])


def _holds(condition: list[Statement], script: Script, found: frozenset[str]) -> bool:
    """Tell whether a condition holds; of several statements the last decides."""
    if not condition:
        return True  # else
    words = condition[-1].expanded(script.variables)
    if not words:
        return True
    if words[0] == "true":
        return True
    if words[0] == "false":
        return False
    if words[0] == "!":
        return not _command(words[1:], found)
    return _command(words, found)


def _command(words: list[str], found: frozenset[str]) -> bool:
    if not words or words[0] not in ("[", "test"):
        return True
    words = words[1:]
    if words and words[-1] == "]":
        words = words[:-1]
    either = False
    both = True
    start = 0
    for position, word in enumerate([*words, "-o"]):
        if word in ("-a", "-o"):
            both = both and _test(words[start:position], found)
            start = position + 1
            if word == "-o":
                either, both = either or both, True
    return either


def _test(words: list[str], found: frozenset[str]) -> bool:
    """Tell whether one test holds: x = y, -n x, -f file, x."""
    if words[:1] == ["!"]:
        return not _test(words[1:], found)
    match words:
        case []:
            return False
        case ["-n", value] | [value]:
            return value != ""
        case ["-z", value]:
            return value == ""
        case ["-f" | "-s" | "-e" | "-d", path]:
            return _base(path) in found
        case [left, "=" | "==", right]:
            return left == right
        case [left, "!=", right]:
            return left != right
        case [left, "-eq" | "-ne" | "-lt" | "-gt" | "-le" | "-ge" as how, right]:
            return _compare(left, how, right)
    return True


def _compare(left: str, how: str, right: str) -> bool:
    try:
        one, two = int(left[:18]), int(right[:18])
    except ValueError:
        return False
    return {
        "-eq": one == two,
        "-ne": one != two,
        "-lt": one < two,
        "-gt": one > two,
        "-le": one <= two,
        "-ge": one >= two,
    }[how]


def _base(path: str) -> str:
    return path.rpartition("/")[2]
