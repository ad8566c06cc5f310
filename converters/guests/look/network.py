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
from converters.guests.look.network_files import (
    Said,
    read_ifcfg,
    read_ifcfg_suse,
    read_ifupdown,
    read_netplan,
    read_networkd,
    read_networkmanager,
)
from converters.guests.look.texts import is_backup, is_dir, names, read_text
from converters.guests.tree import System

FILES: Final = 200  # of one kind that are read
FILE: Final = 128 << 10  # bytes of one
ALL: Final = 512 << 10  # bytes of all
NAMES: Final = 5000  # of one folder
LISTED: Final = 30  # folders that are listed
PATTERNS: Final = 100  # of source lines
SOURCES: Final = 10  # files that source files

# ens192, enp0s3, eno1, enx001122aabbcc, wlp3s0; em1 and p1p1 are Dell's biosdevname.
_PREDICTABLE: Final = re.compile(
    r"(?:en|ib|sl|wl|ww)(?:o\d+|s\d+|P?\d*p\d+s\d+|x[0-9a-f]{12}|a\d|v\d)\w{0,20}|em\d{1,2}|p\d{1,2}p\d{1,2}",
    re.ASCII,
)
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


def _ifupdown(files: _Files) -> Iterator[NetworkFile]:
    waiting = [("/etc/network/interfaces", 0)]
    seen: set[str] = set()
    patterns: set[str] = set()
    while waiting and len(seen) < FILES:
        path, depth = waiting.pop(0)
        text = None if path in seen else files.text(path)
        seen.add(path)
        if text is None:
            continue
        interfaces, static, dhcp, sources = read_ifupdown(text)
        if interfaces:
            yield NetworkFile(path, "ifupdown", interfaces, static, dhcp)
        for how, source in sources if depth < SOURCES else []:
            pattern = source if source.startswith("/") else f"/etc/network/{source}"
            if pattern in patterns or len(patterns) >= PATTERNS:
                continue
            patterns.add(pattern)
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
    read: Callable[[str, str], Said],
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
