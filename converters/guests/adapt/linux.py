"""Decides which text files of a Linux guest change, and makes changes of a plan from them.

What was found by looking says where they are: the mounts, the boot loader's files, the network's.
Files that stand beside those (routes, grubenv, udev's rules) have known places. Each goes through
the transforms of its kind; one that comes out as it was is no change.
"""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from converters.guests.adapt import (
    cloud_init,
    fstab,
    grub,
    ifcfg,
    ifcfg_suse,
    ifupdown,
    netplan,
    networkd,
    networkmanager,
    udev,
)
from converters.guests.adapt.changes import Changes
from converters.guests.adapt.fstab import Devices
from converters.guests.adapt.interfaces import DHCP
from converters.guests.adapt.text import Edited
from converters.guests.guest import BootFile, Guest, Linux

FSTAB: Final = "/etc/fstab"
GRUB_SETTINGS: Final = ("/etc/default/grub", "/etc/sysconfig/grub")
KERNEL_ARGUMENTS: Final = "/etc/kernel/cmdline"
RULES: Final = "/etc/udev/rules.d"
RULE_NAMES: Final = ("persistent-net.rules", "net_persistent_names.rules")
CLOUD_INIT: Final = "/etc/cloud/cloud.cfg.d"
RED_HAT_GLOBAL: Final = "/etc/sysconfig/network"
RED_HAT_FOLDER: Final = "/etc/sysconfig/network-scripts"
SUSE_FOLDER: Final = "/etc/sysconfig/network"
BESIDE: Final = 300  # files beside the known ones that are looked at, of each kind
ELSEWHERE: Final = "{} stays as it is: the fstab does not mount its filesystem."

Change = Callable[[str], Edited]
By = Callable[[str, str], Edited]  # text and name of the file

NETWORK: Final[Mapping[str, By]] = {
    "ifupdown": lambda text, name: ifupdown.adapt(text),
    "ifcfg": ifcfg.adapt,
    "ifcfg-suse": ifcfg_suse.adapt,
    "netplan": lambda text, name: netplan.adapt(text),
    "networkd": lambda text, name: networkd.adapt(text),
    "networkmanager": lambda text, name: networkmanager.adapt(text),
}


def adapt_linux(guest: Guest, linux: Linux, changes: Changes) -> None:
    """Plan the changes of a Linux guest's text files."""
    devices = Devices.of(guest)
    _change(changes, FSTAB, lambda text: fstab.adapt(text, devices))
    _network(linux, changes)
    _boot(linux, devices, changes)


def _network(linux: Linux, changes: Changes) -> None:
    static: set[str] = set()  # kinds with a file that had static addresses
    for file in linux.network:
        by = NETWORK.get(file.kind)
        if by is None:
            continue
        reasons = _change(changes, file.path, _named(by, posixpath.basename(file.path)))
        if DHCP in reasons:
            static.add(file.kind)
    for path, change in _companions(static, changes):
        _change(changes, path, change)
    for name in changes.names(RULES)[:BESIDE]:
        if name.endswith(RULE_NAMES):
            _change(changes, f"{RULES}/{name}", udev.adapt)
    for name in changes.names(CLOUD_INIT)[:BESIDE] if linux.cloud_init else ():
        if name.endswith(".cfg"):
            _change(changes, f"{CLOUD_INIT}/{name}", cloud_init.adapt)


def _named(by: By, name: str) -> Change:
    return lambda text: by(text, name)


def _companions(static: set[str], changes: Changes) -> Iterator[tuple[str, Change]]:
    """Yield the files that hold routes and name servers for static addresses."""
    if "ifcfg" in static:
        yield RED_HAT_GLOBAL, ifcfg.adapt_global
        for name in changes.names(RED_HAT_FOLDER)[:BESIDE]:
            if name.startswith(("route-", "route6-")):
                yield f"{RED_HAT_FOLDER}/{name}", ifcfg.adapt_routes
    if "ifcfg-suse" in static:
        yield f"{SUSE_FOLDER}/config", ifcfg_suse.adapt_netconfig
        for name in changes.names(SUSE_FOLDER)[:BESIDE]:
            if name == "routes" or name.startswith("ifroute-"):
                yield f"{SUSE_FOLDER}/{name}", ifcfg.adapt_routes


def _boot(linux: Linux, devices: Devices, changes: Changes) -> None:
    kernels = frozenset(posixpath.basename(kernel.path) for kernel in linux.kernels if kernel.path)
    default: str | None = None
    for file in linux.boot.files:
        if file.kind in ("grub2", "grub-legacy", "bls"):
            if changes.volume(file.path) == file.volume:
                default = _boot_file(file, changes, devices, kernels) or default
            else:
                changes.leave(ELSEWHERE.format(file.path))
    for path in GRUB_SETTINGS:
        _change(changes, path, lambda text: grub.adapt_settings(text, devices, default))
    _change(changes, KERNEL_ARGUMENTS, lambda text: grub.adapt_entry(text, devices))


def _boot_file(
    file: BootFile, changes: Changes, devices: Devices, kernels: frozenset[str]
) -> str | None:
    """Plan the changes of a boot loader's file; return the default that a grub.cfg got."""
    if file.kind == "bls":
        _change(changes, file.path, lambda text: grub.adapt_entry(text, devices))
        return None
    if file.kind == "grub-legacy":
        _change(changes, file.path, lambda text: grub.adapt_legacy(text, devices, kernels))
        return None
    beside = f"{posixpath.dirname(file.path)}/grubenv"
    block, menu = changes.edited(beside), changes.edited(file.path)
    default = None
    if menu is not None:
        default = grub.startable(menu.text, kernels, grub.environment(block.text if block else ""))
        menu.apply(grub.adapt_grub2(menu.text, devices, default))
        changes.save(menu)
    _change(changes, beside, lambda text: grub.adapt_environment(text, devices))
    return default


def _change(changes: Changes, path: str, by: Change) -> tuple[str, ...]:
    """Put a file through a transform; return why it was changed, nothing if it was not."""
    draft = changes.edited(path)
    if draft is None:
        return ()
    draft.apply(by(draft.text))
    changes.save(draft)
    return tuple(draft.reasons)
