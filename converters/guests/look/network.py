"""The files that configure a guest's network interfaces, of every kind there is.

ifupdown        /etc/network/interfaces and what it sources        interfaces(5)
ifcfg           /etc/sysconfig/network-scripts/ifcfg-*             nm-settings-ifcfg-rh(5)
ifcfg-suse      /etc/sysconfig/network/ifcfg-*                     ifcfg(5) of wicked
netplan         /etc/netplan/*.yaml                                netplan(5)
networkd        /etc/systemd/network/*.network                     systemd.network(5)
networkmanager  /etc/NetworkManager/system-connections/*           nm-settings-keyfile(5)
"""

import fnmatch
import re
from collections.abc import Callable, Iterator
from typing import Final

from converters.guests.guest import NetworkFile
from converters.guests.look.texts import (
    assignments,
    is_backup,
    is_dir,
    lines,
    names,
    read_text,
    short,
)
from converters.guests.look.yaml_lines import scalars
from converters.guests.tree import System

FILES: Final = 200  # of one kind that are read
FILE: Final = 128 << 10  # bytes of one
ALL: Final = 512 << 10  # bytes of all
NAMES: Final = 5000  # of one folder
LISTED: Final = 30  # folders that are listed
SOURCES: Final = 10  # files that source files
INTERFACES: Final = 200  # of one file that are named

# ens192, enp0s3, eno1, enx001122aabbcc, wlp3s0; em1 and p1p1 are Dell's biosdevname.
_PREDICTABLE: Final = re.compile(
    r"(?:en|ib|sl|wl|ww)(?:o\d+|s\d+|P?\d*p\d+s\d+|x[0-9a-f]{12}|a\d|v\d)\w{0,20}|em\d{1,2}|p\d{1,2}p\d{1,2}",
    re.ASCII,
)
_YES: Final = frozenset({"yes", "true", "on", "1", "ipv4", "ipv6", "both", "v4", "v6", "y"})
_ADDRESS: Final = re.compile(r"IPADDR\w*|IPV6ADDR\w*")
_IFUPDOWN_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


def read_network(system: System) -> tuple[NetworkFile, ...]:
    """Return the files that configure interfaces; the loopback's alone are left out."""
    found: list[NetworkFile] = []
    files = _Files(system)
    for read in (_ifupdown, _ifcfg, _ifcfg_suse, _netplan, _networkd, _networkmanager):
        found += read(files)
    return tuple(found)


def predictable_names(network: tuple[NetworkFile, ...], arguments: str) -> bool:
    """Tell whether interfaces have names such as ens192, which follow the place of a card."""
    if "net.ifnames=0" in arguments.split():
        return False
    return any(
        _PREDICTABLE.fullmatch(re.split(r"[.:@]", name)[0])
        for file in network
        for name in file.interfaces
    )


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


def read_ifcfg(text: str, name: str) -> tuple[tuple[str, ...], bool, bool]:
    """Return a Red Hat ifcfg file's interface, whether it is fixed, whether it asks DHCP."""
    said = assignments(text)
    method = said.get("BOOTPROTO", "").lower()
    dhcp = method in ("dhcp", "bootp") or said.get("DHCPV6C", "").lower() in _YES
    has_address = any(_ADDRESS.fullmatch(key) and value for key, value in said.items())
    fixed_4 = method not in ("dhcp", "bootp") and has_address
    fixed_6 = bool(said.get("IPV6ADDR"))
    return _unique([said.get("DEVICE") or name]), fixed_4 or fixed_6, dhcp


def read_ifcfg_suse(text: str, name: str) -> tuple[tuple[str, ...], bool, bool]:
    """Return a SUSE ifcfg file's interface, whether it is fixed, whether it asks DHCP."""
    said = assignments(text)
    method = said.get("BOOTPROTO", "static").lower()
    dhcp = "dhcp" in method
    static = any(_ADDRESS.fullmatch(key) and value for key, value in said.items())
    return _unique([name]), static, dhcp


def read_netplan(text: str) -> tuple[tuple[str, ...], bool, bool]:
    """Return a netplan file's interfaces, whether any is fixed, whether any asks DHCP."""
    interfaces: list[str] = []
    static = dhcp = False
    for path, value in scalars(text):
        if len(path) < 3 or path[0] != "network":
            continue
        interfaces.append(path[2])
        match path[3:]:
            case ("dhcp4" | "dhcp6",):
                dhcp |= value.lower() in _YES
            case ("addresses", "-", *_):
                static = True
            case ("set-name",) | ("match", "name"):
                interfaces.append(value)
    return _unique(interfaces), static, dhcp


def read_networkd(text: str) -> tuple[tuple[str, ...], bool, bool]:
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


def read_networkmanager(text: str) -> tuple[tuple[str, ...], bool, bool] | None:
    """Return a keyfile's interface, whether it is fixed, whether it asks DHCP; None: a loopback."""
    interfaces: list[str] = []
    static = dhcp = False
    for section, key, value in _settings(text):
        match section, key:
            case "connection", "interface-name":
                interfaces.append(value)
            case "connection", "type" if value == "loopback":
                return None
            case (("ipv4" | "ipv6"), "method"):
                static |= value == "manual"
                dhcp |= value in ("auto", "dhcp")
    return _unique(interfaces), static, dhcp


class _Files:
    """The files of a guest: a folder is listed once, and no more is read than ALL bytes."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._known: dict[str, list[str]] = {}
        self._left = ALL

    def names(self, folder: str, start: str = "") -> list[str]:
        """Return the names in a folder that begin so."""
        if folder not in self._known:
            if len(self._known) >= LISTED:
                return []
            self._known[folder] = names(self.system, folder)[:NAMES]
        return [name for name in self._known[folder] if name.startswith(start)][:FILES]

    def text(self, path: str) -> str | None:
        """Return the text of a file; None if there is none, or enough has been read."""
        text = read_text(self.system, path, min(FILE, self._left)) if self._left > 0 else None
        self._left -= len(text or "")
        return text


# finding them -------------------------------------------------------------------------------------


def _ifupdown(files: _Files) -> Iterator[NetworkFile]:
    waiting = [("/etc/network/interfaces", 0)]
    seen: set[str] = set()
    while waiting and len(seen) < FILES:
        path, depth = waiting.pop(0)
        text = None if path in seen else files.text(path)
        seen.add(path)
        if text is None:
            continue
        interfaces, static, dhcp, sources = read_ifupdown(text)
        if interfaces:
            yield NetworkFile(path, "ifupdown", interfaces, static, dhcp)
        for how, source in sources[:FILES] if depth < SOURCES else []:
            pattern = source if source.startswith("/") else f"/etc/network/{source}"
            folder = how == "source-directory"
            waiting += [(one, depth + 1) for one in _sourced(files, pattern, folder)]
            del waiting[FILES:]


def _sourced(files: _Files, pattern: str, folder: bool) -> list[str]:
    """Return the files that a source line means, with * and ? in any part of its path."""
    found = [""]
    for part in pattern.split("/")[1:21]:
        if not part or len(part) > 200 or len(found) > FILES:
            continue
        if not any(letter in part for letter in "*?["):
            found = [f"{path}/{part}" for path in found]
            continue
        found = [
            f"{path}/{name}"
            for path in found[:20]
            for name in fnmatch.filter(files.names(path or "/"), part)
            if not name.startswith(".") or part.startswith(".")
        ][:FILES]
    if folder:
        return [
            f"{path}/{name}"
            for path in found[:20]
            for name in files.names(path)[:FILES]
            if _IFUPDOWN_NAME.fullmatch(name)
        ][:FILES]
    return found


def _ifcfg(files: _Files) -> Iterator[NetworkFile]:
    yield from _ifcfg_files(files, "/etc/sysconfig/network-scripts", "ifcfg", read_ifcfg)


def _ifcfg_suse(files: _Files) -> Iterator[NetworkFile]:
    yield from _ifcfg_files(files, "/etc/sysconfig/network", "ifcfg-suse", read_ifcfg_suse)


def _ifcfg_files(
    files: _Files,
    folder: str,
    kind: str,
    read: Callable[[str, str], tuple[tuple[str, ...], bool, bool]],
) -> Iterator[NetworkFile]:
    for name in files.names(folder, "ifcfg-"):
        interface = name.removeprefix("ifcfg-")
        text = files.text(f"{folder}/{name}")
        if text is None or interface in ("lo", "template") or is_backup(name):
            continue
        yield NetworkFile(f"{folder}/{name}", kind, *read(text, interface))


def _netplan(files: _Files) -> Iterator[NetworkFile]:
    seen: set[str] = set()
    for folder in ("/etc/netplan", "/usr/lib/netplan", "/lib/netplan"):
        for name in files.names(folder):
            # A file hides those of the same name in the folders that come later.
            if not name.endswith(".yaml") or name.startswith(".") or name in seen:
                continue
            seen.add(name)
            text = files.text(f"{folder}/{name}")
            if text is not None:
                interfaces, static, dhcp = read_netplan(text)
                if interfaces:
                    yield NetworkFile(f"{folder}/{name}", "netplan", interfaces, static, dhcp)


def _networkd(files: _Files) -> Iterator[NetworkFile]:
    folder = "/etc/systemd/network"
    for name in files.names(folder):
        paths = []
        if name.endswith(".network"):
            paths = [f"{folder}/{name}"]
        elif name.endswith(".network.d") and is_dir(files.system, f"{folder}/{name}"):
            inner = files.names(f"{folder}/{name}")[:20]
            paths = [f"{folder}/{name}/{one}" for one in inner if one.endswith(".conf")]
        for path in paths:
            text = files.text(path)
            if text and text.strip():  # an empty one, or a link to /dev/null, hides another
                yield NetworkFile(path, "networkd", *read_networkd(text))


def _networkmanager(files: _Files) -> Iterator[NetworkFile]:
    for folder in (
        "/etc/NetworkManager/system-connections",
        "/usr/lib/NetworkManager/system-connections",
    ):
        for name in files.names(folder):
            if is_backup(name):
                continue
            text = files.text(f"{folder}/{name}")
            read = read_networkmanager(text) if text else None
            if read is not None:
                yield NetworkFile(f"{folder}/{name}", "networkmanager", *read)


# reading them -------------------------------------------------------------------------------------


def _joined(text: str) -> Iterator[str]:
    """Yield the lines that are no comments, those that end with a backslash joined."""
    whole = ""
    for _, line in lines(text):
        if not whole and line.lstrip().startswith("#"):
            continue
        if line.endswith("\\") and len(whole) < FILE:
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
