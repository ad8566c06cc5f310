"""Changes the text of /etc/network/interfaces and what it sources: static addresses become DHCP.

    auto eth0                                   auto eth0
    iface eth0 inet static                ─►    iface eth0 inet dhcp
        address 10.1.2.3/24                     #    address 10.1.2.3/24
        up ip route add 10.9.0.0/16 via …       #    up ip route add 10.9.0.0/16 via …
        mtu 1400                                    mtu 1400

A stanza of the static method loses its address options and the commands that set routes and
addresses. A second one of the same interface, and one of an alias (eth0:1), goes whole; so does
one for IPv6, unless the interface has no other. Everything else stays: lo, mappings, source lines,
comments. A logical line goes on after a backslash. See interfaces(5).
"""

import re
from dataclasses import dataclass, field
from typing import Final

from converters.guests.adapt.interfaces import (
    DHCP,
    HARDWARE,
    STACKED,
    VLAN,
    is_stacked,
    is_vlan,
    stays_inside,
)
from converters.guests.adapt.text import Edited, body, commented, ending, is_idle, split

CONTINUED: Final = "the stanza of {} is broken over lines and stays."
NO_METHOD: Final = "{} has an address but no method, as only ifupdown2 takes it, and stays."

STARTS: Final = frozenset(
    {"iface", "mapping", "auto", "source", "source-directory", "template", "rename"}
    | {"no-auto-down", "no-scripts"}
)
ADDRESSES: Final = frozenset(
    {"address", "netmask", "network", "broadcast", "gateway", "pointopoint", "scope"}
    | {"hwaddress", "dns-nameserver", "dns-nameservers", "preferred-lifetime"}
    | {"dad-attempts", "dad-interval", "media", "accept_ra", "autoconf", "privext"}
)
COMMANDS: Final = frozenset(("pre-up", "up", "post-up", "down", "pre-down", "post-down"))
ROUTERS: Final = frozenset(("route", "ifconfig"))
IP_OBJECTS: Final = frozenset(("r", "ro", "route", "a", "addr", "address", "ru", "rule"))

_WORD: Final = re.compile(r"[^ \t\r\n\\]+")


@dataclass(slots=True)
class Option:
    """A logical line: its words, and the lines that it stands on."""

    first: int
    last: int
    words: list[str]


@dataclass(slots=True)
class Stanza:
    """An iface line and its options."""

    head: Option
    options: list[Option] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The interface."""
        return self.head.words[1]

    @property
    def family(self) -> str:
        """How it is addressed: inet, inet6."""
        return "".join(self.head.words[2:3])

    @property
    def method(self) -> str:
        """Where the address comes from: static, dhcp, manual."""
        return "".join(self.head.words[3:4])

    def values(self, *names: str) -> list[str]:
        """Return the first value of each option of these names."""
        return ["".join(one.words[1:2]) for one in self.options if one.words[0] in names]


class _Rewriting:
    """The lines of a file while they are changed."""

    def __init__(self, text: str) -> None:
        self.lines = split(text)
        self.reasons: dict[str, None] = {}
        self.left: dict[str, None] = {}

    def disable(self, option: Option) -> None:
        for number in range(option.first, option.last + 1):
            self.lines[number] = commented(self.lines[number])

    def drop(self, stanza: Stanza) -> None:
        for option in (stanza.head, *stanza.options):
            self.disable(option)
        self.reasons[DHCP] = None


def adapt(text: str) -> Edited:
    """Return the file for EC2."""
    file = _Rewriting(text)
    options = _options(file.lines)
    stanzas = _stanzas(options)
    with_inet = {stanza.name for stanza in stanzas if stanza.family == "inet"}
    dynamic: set[str] = {stanza.name for stanza in stanzas if stanza.method == "dhcp"}
    gone: set[str] = set()
    for stanza in stanzas:
        name = stanza.name
        if stays_inside(name) or stanza.values("bridge_ports", "bridge-ports") == ["none"]:
            continue
        if stanza.method == "static" and stanza.family in ("inet", "inet6"):
            if stanza.head.first != stanza.head.last:
                file.left[CONTINUED.format(name)] = None
            elif is_vlan(name) or stanza.values("vlan-raw-device", "vlan_raw_device"):
                file.left[VLAN.format(name)] = None
            elif ":" in name:
                file.drop(stanza)
                gone.add(name)
            elif name in dynamic or (stanza.family == "inet6" and name in with_inet):
                file.drop(stanza)
            else:
                dynamic.add(name)
                _to_dhcp(stanza, file)
        elif stanza.method == "dhcp":
            _forget_hardware(stanza, file)
        elif not stanza.family and stanza.values("address"):
            file.left[NO_METHOD.format(name)] = None
    for option in options:
        if gone and (option.words[0] == "auto" or option.words[0].startswith("allow-")):
            _without(option, gone, file)
    return Edited("".join(file.lines), tuple(file.reasons), tuple(file.left))


def _options(lines: list[str]) -> list[Option]:
    """Return the logical lines that are no comments."""
    options: list[Option] = []
    number = 0
    while number < len(lines):
        first = number
        if not is_idle(lines[first]):
            while body(lines[number]).endswith("\\") and number + 1 < len(lines):
                number += 1
            words = [word for line in lines[first : number + 1] for word in _WORD.findall(line)]
            if words:
                options.append(Option(first, number, words))
        number += 1
    return options


def _stanzas(options: list[Option]) -> list[Stanza]:
    stanzas: list[Stanza] = []
    inside = False
    for option in options:
        if option.words[0] == "iface" and len(option.words) > 1:
            stanzas.append(Stanza(option))
            inside = True
        elif option.words[0] in STARTS or option.words[0].startswith("allow-"):
            inside = False
        elif inside:
            stanzas[-1].options.append(option)
    return stanzas


def _to_dhcp(stanza: Stanza, file: _Rewriting) -> None:
    """Give a stanza the method dhcp, and take away what belongs to its address."""
    line = file.lines[stanza.head.first]
    family, method = list(_WORD.finditer(line))[2:4]
    file.lines[stanza.head.first] = f"{line[: family.start()]}inet dhcp{line[method.end() :]}"
    for option in stanza.options:
        if option.words[0] in ADDRESSES or _is_of_old_network(option):
            file.disable(option)
    file.reasons[DHCP] = None
    if is_stacked(stanza.name):
        file.left[STACKED.format(stanza.name)] = None


def _forget_hardware(stanza: Stanza, file: _Rewriting) -> None:
    for option in stanza.options:
        if option.words[0] == "hwaddress":
            file.disable(option)
            file.reasons[HARDWARE] = None


def _is_of_old_network(option: Option) -> bool:
    """Tell whether a command sets routes or addresses."""
    if option.words[0] not in COMMANDS:
        return False
    words = {word.strip(";&|()'\"").rpartition("/")[2] for word in option.words[1:]}
    return not words.isdisjoint(ROUTERS) or ("ip" in words and not words.isdisjoint(IP_OBJECTS))


def _without(option: Option, gone: set[str], file: _Rewriting) -> None:
    """Take names of interfaces out of a line that starts them."""
    if gone.isdisjoint(option.words):
        return
    rest = [word for word in option.words if word not in gone]
    if len(rest) == 1 or option.first != option.last:
        if len(rest) == 1:
            file.disable(option)
        return
    line = file.lines[option.first]
    indent = line[: len(line) - len(line.lstrip(" \t"))]
    file.lines[option.first] = indent + " ".join(rest) + ending(line)
