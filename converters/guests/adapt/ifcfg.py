"""Changes the text of Red Hat's ifcfg files: static addresses become DHCP.

    DEVICE=eth0                        DEVICE=eth0
    BOOTPROTO=none               ─►    BOOTPROTO=dhcp
    IPADDR=10.1.2.3                    #IPADDR=10.1.2.3
    HWADDR=00:50:56:00:00:01           #HWADDR=00:50:56:00:00:01

Each line is an assignment of the shell; where a value goes over several lines the file is left
alone. An alias (ifcfg-eth0:1) has no DHCP: it is switched off. SUSE's files have other names for
the same: ifcfg_suse.py. See sysconfig.txt of initscripts and nm-settings-ifcfg-rh(5).
"""

import re
from dataclasses import dataclass
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
from converters.guests.adapt.text import Edited, body, commented, new_line, split

CLEVER: Final = "a value goes over several lines, so the file stays."
ALIASES: Final = "addresses of aliases are switched off"
ROUTES: Final = "routes of the old network are switched off"

_ASSIGNED: Final = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(.*)", re.DOTALL | re.ASCII)
_VALUE: Final = re.compile(
    r"""(?:"((?:[^"\\]|\\.)*+)"|'([^']*+)'|((?:[^\s"'\\;]|\\.)*+))(?=[\s;]|\Z)""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Setting:
    """An assignment: its value without quotes, and where that stands in which line."""

    key: str
    value: str
    number: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Dialect:
    """What the settings are called."""

    gives: re.Pattern[str]  # an address
    belongs: re.Pattern[str]  # to an address, and goes with it
    hardware: re.Pattern[str]
    vlan: tuple[tuple[str, str], ...]  # settings of a VLAN, lower case; "": any value
    stacked: tuple[tuple[str, str], ...]  # … of a bridge or a bond
    alias_off: str | None = None  # the setting that switches an alias off


RED_HAT: Final = Dialect(
    gives=re.compile(r"IPADDR(?:\d+|_START)?|IPV6ADDR|IPV6ADDR_SECONDARIES"),
    belongs=re.compile(
        r"(?:IPADDR|NETMASK|PREFIX|NETWORK|BROADCAST|GATEWAY|DNS)(?:\d+|_START|_END)?|GATEWAYDEV"
        r"|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW|IPV6_DEFAULTDEV|PEERDNS|PEERROUTES"
        r"|SRCADDR|ARPCHECK"
    ),
    hardware=re.compile(r"HWADDR|MACADDR"),
    vlan=(("VLAN", "yes"), ("TYPE", "vlan")),
    stacked=(("TYPE", "bond"), ("TYPE", "bridge"), ("TYPE", "team"), ("BONDING_OPTS", "")),
    alias_off="ONPARENT",
)
_GLOBAL: Final = re.compile(r"GATEWAY|GATEWAYDEV|IPV6_DEFAULTGW|IPV6_DEFAULTDEV")


def adapt(text: str, name: str) -> Edited:
    """Return an ifcfg file for EC2, given its name."""
    return to_dhcp(text, name, RED_HAT)


def adapt_global(text: str) -> Edited:
    """Return /etc/sysconfig/network without the gateway of static addresses."""
    lines = split(text)
    found = settings(lines)
    if found is None:
        return Edited(text, (), (CLEVER,))
    for one in found:
        if _GLOBAL.fullmatch(one.key) and one.value:
            lines[one.number] = commented(lines[one.number])
    after = "".join(lines)
    return Edited(after, (ROUTES,) if after != text else ())


def adapt_routes(text: str) -> Edited:
    """Return a file of static routes (route-eth0, ifroute-eth0, routes) without any."""
    after = "".join(commented(line) for line in split(text))
    return Edited(after, (ROUTES,) if after != text else ())


def to_dhcp(text: str, name: str, dialect: Dialect) -> Edited:
    """Return a file of assignments for EC2, given its name."""
    lines = split(text)
    every = settings(lines)
    interface = name.removeprefix("ifcfg-")
    if every is None:
        return Edited(text, (), () if stays_inside(interface) else (CLEVER,))
    found = {one.key: one for one in every}
    interface = found["DEVICE"].value if "DEVICE" in found else interface
    if stays_inside(interface) or _is(found, (("TYPE", "loopback"),)):
        return Edited(text)
    static = any(dialect.gives.fullmatch(key) and one.value for key, one in found.items())
    if static and (is_vlan(interface) or _is(found, dialect.vlan)):
        return Edited(text, (), (VLAN.format(interface),))
    hardware = [one for one in every if dialect.hardware.fullmatch(one.key)]
    belongs = [one for one in every if static and dialect.belongs.fullmatch(one.key) and one.value]
    for one in (*hardware, *belongs):
        lines[one.number] = commented(lines[one.number])
    reasons = (HARDWARE,) if hardware else ()
    if not static:
        return Edited("".join(lines), reasons)
    first = min(one.number for one in belongs)
    if dialect.alias_off and (":" in interface or "-range" in name):
        _set(lines, found.get(dialect.alias_off), dialect.alias_off, "no", first)
        return Edited("".join(lines), (*reasons, ALIASES))
    protocol = found.get("BOOTPROTO")
    if protocol is None or not protocol.value.lower().startswith("dhcp"):
        _set(lines, protocol, "BOOTPROTO", "dhcp", first)
    stacked = is_stacked(interface) or _is(found, dialect.stacked)
    left = (STACKED.format(interface),) if stacked else ()
    return Edited("".join(lines), (*reasons, DHCP), left)


def settings(lines: list[str]) -> list[Setting] | None:
    """Return the assignments of a file, in order; None: a value goes over several lines."""
    found: list[Setting] = []
    for number, line in enumerate(lines):
        content = body(line)
        assigned = _ASSIGNED.fullmatch(content)
        if not assigned:
            continue
        value = _VALUE.match(content, assigned.start(2))
        if value is None:
            return None
        begin, end = value.span(value.lastindex or 0)
        found.append(Setting(assigned[1], content[begin:end], number, begin, end))
    return found


def _is(found: dict[str, Setting], wanted: tuple[tuple[str, str], ...]) -> bool:
    """Tell whether one of these settings is there; an empty value stands for any."""
    return any(
        key in found and (found[key].value.lower() == value if value else found[key].value != "")
        for key, value in wanted
    )


def _set(lines: list[str], setting: Setting | None, key: str, value: str, before: int) -> None:
    """Give a setting a value; one that is not there yet is written before a line."""
    if setting is None:
        lines[before] = new_line(f"{key}={value}", lines[0]) + lines[before]
    else:
        line = lines[setting.number]
        lines[setting.number] = f"{line[: setting.begin]}{value}{line[setting.end :]}"
