"""Changes the text of GRUB's files: default entry, timeout, and the root that kernels are told.

    /etc/default/grub          GRUB_TIMEOUT=5            what the next update-grub makes of it
    /boot/grub*/grub.cfg       set timeout=5             GRUB 2, in if-blocks too
    /boot/grub/menu.lst        timeout 5                 GRUB legacy, grub.conf too
    /boot/loader/entries/*     options root=/dev/sda1    an entry, where grub.cfg says blscfg
    /boot/grub2/grubenv        kernelopts=root=…         a block of 1024 bytes, whatever is in it

Nothing of the guest is run, grub-mkconfig least of all: off the guest it writes the devices of the
machine that it runs on. A default is changed only where it leads to nothing that can start.
GRUB_TERMINAL and console= stay. https://www.gnu.org/software/grub/manual/grub/grub.html
"""

import re
from typing import Final

from converters.guests.adapt import kernel_line
from converters.guests.adapt.assumed import GRUB_TIMEOUT
from converters.guests.adapt.fstab import Devices
from converters.guests.adapt.text import Edited, body, encoded, ending, is_idle, split
from converters.guests.look.entries import Entry, choose
from converters.guests.look.grub_script import run

TIMEOUT: Final = f"GRUB waits {GRUB_TIMEOUT} seconds"
DEFAULT: Final = "GRUB's default is an entry that can start"
ENTRY_UUIDS: Final = "new entries name the root by UUID"
ENVIRONMENT: Final = 1024  # bytes of grubenv
NO_ROOM: Final = "the block has no room for the root's UUID."

_SET_TIMEOUT: Final = re.compile(
    r"([ \t]*(?:set[ \t]+)?timeout=)([\"']?)([^\s;\"']*)(.*)", re.DOTALL
)
_SET_DEFAULT: Final = re.compile(
    r"([ \t]*(?:set[ \t]+)?default=)(\"[^\"]*\"|'[^']*'|[^\s;]*)(.*)", re.DOTALL
)
_LINUX: Final = re.compile(r"[ \t]*(?:linux(?:16|efi)?|kernel|module2?|multiboot2?)[ \t]")
_INITRD: Final = re.compile(r"[ \t]*(?:initrd(?:16|efi)?|module2?)[ \t]")
_ENTRY: Final = re.compile(r"[ \t]*(?:menuentry|submenu)[ \t]")
_LEGACY: Final = re.compile(
    r"([ \t]*(default|timeout)(?:[ \t]*=[ \t]*|[ \t]+))(\S+)(.*)", re.DOTALL
)
_LEGACY_MAGIC: Final = re.compile(r"#[ \t]*kopt(?:_\w+)?=")
_TITLE: Final = re.compile(r"[ \t]*title(?:[ \t=]|$)")
_ASSIGNED: Final = re.compile(r"([ \t]*)(GRUB_[A-Z_]+)=(.*)", re.DOTALL)
_PLAIN_VALUE: Final = re.compile(r"([\"']?)(-?\d+)\1([ \t]*(?:[ \t]#.*)?)", re.DOTALL)


def adapt_grub2(text: str, devices: Devices, default: str | None = None) -> Edited:
    """Return a grub.cfg for EC2, with another default if one is needed."""
    reasons: dict[str, None] = {}
    left: list[str] = []
    lines = split(text)
    initrds = _with_initrd(lines, _ENTRY)
    for number, line in enumerate(lines):
        if is_idle(line):
            continue
        content, tail = body(line), ending(line)
        timeout, chosen = _SET_TIMEOUT.fullmatch(content), _SET_DEFAULT.fullmatch(content)
        if timeout and not _is_timeout(timeout[3]):
            content = f"{timeout[1]}{timeout[2]}{GRUB_TIMEOUT}{timeout[4]}"
            reasons[TIMEOUT] = None
        elif chosen and default is not None and "next_entry" not in chosen[2]:
            content = f'{chosen[1]}"{default}"{chosen[3]}'
            reasons[DEFAULT] = None
        elif _LINUX.match(content):
            content = kernel_line.renamed(content, devices, left, initrds[number])
        if content != body(line) and not timeout and not chosen:
            reasons[kernel_line.RENAMED] = None
        lines[number] = content + tail
    return Edited("".join(lines), tuple(reasons), tuple(left))


def adapt_legacy(text: str, devices: Devices, kernels: frozenset[str] = frozenset()) -> Edited:
    """Return a menu.lst or grub.conf for EC2, given the names of the kernels that are there."""
    reasons: dict[str, None] = {}
    left: list[str] = []
    lines = split(text)
    initrds = _with_initrd(lines, _TITLE)
    default = _legacy_default(lines, kernels)
    titled = False
    for number, line in enumerate(lines):
        content, tail = body(line), ending(line)
        titled = titled or _TITLE.match(content) is not None
        setting = _LEGACY.fullmatch(content)
        if _LINUX.match(content) or _LEGACY_MAGIC.match(content):
            initrd = initrds[number] or content.startswith("#")
            content = kernel_line.renamed(content, devices, left, initrd)
            if content != body(line):
                reasons[kernel_line.RENAMED] = None
        elif setting and not titled and setting[2] == "timeout" and not _is_timeout(setting[3]):
            content = f"{setting[1]}{GRUB_TIMEOUT}{setting[4]}"
            reasons[TIMEOUT] = None
        elif setting and not titled and setting[2] == "default" and default is not None:
            content = f"{setting[1]}{default}{setting[4]}"
            reasons[DEFAULT] = None
        lines[number] = content + tail
    return Edited("".join(lines), tuple(reasons), tuple(left))


def adapt_settings(text: str, devices: Devices, default: str | None = None) -> Edited:
    """Return an /etc/default/grub for EC2: what the guest's own update-grub will go by.

    A default is that which grub.cfg needed.
    """
    reasons: dict[str, None] = {}
    left: list[str] = []
    lines = split(text)
    for number, line in enumerate(lines):
        setting = _ASSIGNED.fullmatch(body(line))
        if not setting:
            continue
        indent, key, value = setting.groups()
        plain = _PLAIN_VALUE.fullmatch(value)
        if key in ("GRUB_TIMEOUT", "GRUB_RECORDFAIL_TIMEOUT") and plain:
            if not _is_timeout(plain[2]):
                value = f"{plain[1]}{GRUB_TIMEOUT}{plain[1]}{plain[3]}"
                reasons[TIMEOUT] = None
        elif key == "GRUB_DEFAULT" and default is not None and value.strip("\"'") != default:
            value = f'"{default}"'
            reasons[DEFAULT] = None
        elif key == "GRUB_DISABLE_LINUX_UUID" and "true" in value:
            lines[number] = f"#{line}"
            reasons[ENTRY_UUIDS] = None
            continue
        elif key.startswith("GRUB_CMDLINE_"):
            named = kernel_line.renamed(value, devices, left)
            if named != value:
                value = named
                reasons[kernel_line.RENAMED] = None
        lines[number] = f"{indent}{key}={value}{ending(line)}"
    return Edited("".join(lines), tuple(reasons), tuple(left))


def adapt_entry(text: str, devices: Devices) -> Edited:
    """Return an entry of /boot/loader/entries, or an /etc/kernel/cmdline, for EC2."""
    left: list[str] = []
    lines = split(text)
    keys = {body(line).lstrip().partition(" ")[0].partition("\t")[0] for line in lines}
    initrd = "initrd" in keys or "options" not in keys  # no entry but arguments alone
    for number, line in enumerate(lines):
        if not is_idle(line):
            lines[number] = kernel_line.renamed(line, devices, left, initrd)
    after = "".join(lines)
    return Edited(after, (kernel_line.RENAMED,) if after != text else (), tuple(left))


def adapt_environment(text: str, devices: Devices) -> Edited:
    """Return a grubenv for EC2, as long as it was: GRUB writes into its blocks."""
    left: list[str] = []
    after = kernel_line.renamed(text.rstrip("#"), devices, left)
    if after == text.rstrip("#"):
        return Edited(text, (), tuple(left))
    room = ENVIRONMENT - len(encoded(after))
    if room < 0 or len(encoded(text)) != ENVIRONMENT:
        return Edited(text, (), (*left, NO_ROOM))
    return Edited(after + "#" * room, (kernel_line.RENAMED,), tuple(left))


def startable(text: str, kernels: frozenset[str], variables: dict[str, str]) -> str | None:
    """Return the default that a grub.cfg needs; None: the one that it has will do.

    Kernels are the names of those that are there, variables those of grubenv.
    """
    script = run(text, variables)
    if not script.entries:
        return None  # entries of BLS, or of another file
    chosen = choose(script.entries, script.variables.get("default", "0"))
    if _starts(chosen or script.entries[0], kernels):
        return None
    return _first(script.entries, kernels, "")


def environment(text: str) -> dict[str, str]:
    """Return the variables of a grubenv."""
    found = {}
    for line in split(text):
        name, equals, value = body(line).partition("=")
        if equals and not line.startswith("#"):
            found[name] = re.sub(r"\\(.)", r"\1", value)
    return found


def _is_timeout(value: str) -> bool:
    """Tell whether a timeout is ours already, however it is written."""
    try:
        return len(value) < 10 and int(value) == GRUB_TIMEOUT
    except ValueError:
        return False


def _first(entries: list[Entry], kernels: frozenset[str], above: str) -> str | None:
    for number, entry in enumerate(entries):
        if entry.submenu:
            below = _first(entry.entries, kernels, f"{above}{number}>")
            if below is not None:
                return below
        elif _starts(entry, kernels):
            return f"{above}{number}"
    return None


def _starts(entry: Entry, kernels: frozenset[str]) -> bool:
    """Tell whether an entry, or the first of a submenu, starts a kernel that is there."""
    while entry.submenu and entry.entries:
        entry = entry.entries[0]
    name = entry.kernel.rpartition("/")[2]
    return name in kernels if kernels else name != ""


def _with_initrd(lines: list[str], head: re.Pattern[str]) -> list[bool]:
    """Tell for each line whether the entry that it is in has an initial RAM disk."""
    found = [False] * len(lines)
    begin, has = 0, False
    for number, line in enumerate([*lines, ""]):
        if number == len(lines) or head.match(line):
            found[begin:number] = [has] * (number - begin)
            begin, has = number, False
        elif _INITRD.match(line):
            has = True
    return found


def _legacy_default(lines: list[str], kernels: frozenset[str]) -> int | None:
    """Return the number of the entry to start; None: the one that is set will do."""
    starts: list[bool] = []
    default: str | None = None
    for line in lines:
        content = body(line)
        setting = _LEGACY.fullmatch(content)
        if _TITLE.match(content):
            starts.append(False)
        elif not starts and setting and setting[2] == "default":
            default = setting[3]
        elif starts and _LINUX.match(content):
            name = " ".join(content.split()[1:2]).rpartition("/")[2]
            starts[-1] = starts[-1] or not kernels or name in kernels
    if default is None or True not in starts:
        return None
    if default.isascii() and default.isdigit() and len(default) < 10 and int(default) < len(starts):
        return None if starts[int(default)] else starts.index(True)
    # "saved" is read from a file that GRUB itself writes
    return None if default == "saved" and starts[0] else starts.index(True)
