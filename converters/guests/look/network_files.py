"""What a file that configures network interfaces says: which ones, and how they get addresses.

Each reader returns the interfaces, whether any of them has a fixed address, and whether any asks
DHCP for one.
"""

import re
from collections.abc import Iterator
from typing import Final

from converters.guests.look.texts import assignments, lines, short
from converters.guests.look.yaml_lines import read_lines

INTERFACES: Final = 200  # of one file that are named
LINE: Final = 64 << 10  # letters of a line that goes on over several

_YES: Final = frozenset({"yes", "true", "on", "1", "ipv4", "ipv6", "both", "v4", "v6", "y"})
_ADDRESS: Final = re.compile(r"IPADDR\w*|IPV6ADDR\w*")

Said = tuple[tuple[str, ...], bool, bool]  # interfaces, fixed, DHCP


def read_ifupdown(text: str) -> tuple[tuple[str, ...], bool, bool, list[tuple[str, str]]]:
    """Return interfaces, whether there are fixed ones and DHCP ones, and what it sources."""
    interfaces: list[str] = []
    sources: list[tuple[str, str]] = []
    static = dhcp = False
    for line in _joined(text):
        words = line.split()
        if words[0] in ("source", "source-directory") and len(words) > 1:
            sources += [(words[0], word) for word in words[1:20]]
        elif words[0] == "iface" and len(words) > 1 and words[1] != "lo":
            method = words[3] if len(words) > 3 else ""
            if method == "loopback":
                continue
            interfaces.append(words[1])
            static |= method in ("static", "v4tunnel", "6to4")
            dhcp |= method in ("dhcp", "bootp")
    return _unique(interfaces), static, dhcp, sources


def read_ifcfg(text: str, name: str) -> Said:
    """Return a Red Hat ifcfg file's interface, whether it is fixed, whether it asks DHCP."""
    said = assignments(text)
    method = said.get("BOOTPROTO", "").lower()
    dhcp = method in ("dhcp", "bootp") or said.get("DHCPV6C", "").lower() in _YES
    has_address = any(_ADDRESS.fullmatch(key) and value for key, value in said.items())
    fixed_4 = method not in ("dhcp", "bootp") and has_address
    fixed_6 = bool(said.get("IPV6ADDR"))
    return _unique([said.get("DEVICE") or name]), fixed_4 or fixed_6, dhcp


def read_ifcfg_suse(text: str, name: str) -> Said:
    """Return a SUSE ifcfg file's interface, whether it is fixed, whether it asks DHCP."""
    said = assignments(text)
    method = said.get("BOOTPROTO", "static").lower()
    dhcp = "dhcp" in method
    static = any(_ADDRESS.fullmatch(key) and value for key, value in said.items())
    return _unique([name]), static, dhcp


def read_netplan(text: str) -> Said:
    """Return a netplan file's interfaces, whether any is fixed, whether any asks DHCP."""
    interfaces: list[str] = []
    static = dhcp = False
    for line in read_lines(text):
        if line.path[:1] != ("network",):
            continue
        interfaces += line.path[2:3]
        for path, value in line.scalars():
            interfaces += path[2:3]
            match path[3:]:
                case ("dhcp4" | "dhcp6",):
                    dhcp |= value.lower() in _YES
                case ("addresses", "-", *_):
                    static = True
                case ("set-name",) | ("match", "name"):
                    interfaces.append(value)
    return _unique(interfaces), static, dhcp


def read_networkd(text: str) -> Said:
    """Return a .network file's interfaces, whether it gives an address, whether it asks DHCP."""
    interfaces: list[str] = []
    static = dhcp = False
    for section, key, value in _settings(text):
        match section, key:
            case "match", "Name":
                interfaces += value.split()
            case (("network" | "address"), "Address"):
                static |= bool(value)
            case "network", "DHCP":
                dhcp = value.lower() in _YES
    return _unique(interfaces), static, dhcp


def read_networkmanager(text: str) -> Said | None:
    """Return a keyfile's interface, whether it is fixed, whether it asks DHCP; None: a loopback."""
    interfaces: list[str] = []
    static = dhcp = False
    for section, key, value in _settings(text):
        match section, key:
            case "connection", "interface-name":
                interfaces.append(value)
            case "connection", "type" if value == "loopback":
                return None
            case ("ipv4", "method"):
                static |= value == "manual"
                dhcp |= value == "auto"
            case ("ipv6", "method"):
                static |= value == "manual"
                dhcp |= value == "dhcp"  # auto is what routers announce
    return _unique(interfaces), static, dhcp


def _joined(text: str) -> Iterator[str]:
    """Yield the lines that are no comments, those that end with a backslash joined."""
    whole = ""
    for _, line in lines(text):
        if not whole and line.lstrip().startswith("#"):
            continue
        if line.endswith("\\") and len(whole) < LINE:
            whole += line[:-1] + " "
            continue
        if (whole + line).strip():
            yield whole + line
        whole = ""
    if whole.strip():
        yield whole


def _settings(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield section (in lower case), key and value of an INI file."""
    section = ""
    for _, line in lines(text):
        said = line.strip()
        if said.startswith("[") and said.endswith("]"):
            section = said[1:-1].lower()
        elif said and said[0] not in "#;":
            key, equals, value = said.partition("=")
            if equals:
                yield section, key.strip(), value.strip()


def _unique(interfaces: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(short(name) for name in interfaces if name))[:INTERFACES]
