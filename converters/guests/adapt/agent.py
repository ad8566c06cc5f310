"""The Systems Manager agent: the files of a package that the settings name, put into the guest.

No code of the guest's runs, so nothing is installed as a package manager would: the files go where
they belong, and a line makes systemd want the agent's service. Upstart, of systems before systemd,
starts what it finds in /etc/init. The guest's package manager does not know of any of it; the plan
says so. Scripts of the package are not run: the agent needs none of them to start.
"""

import posixpath
from pathlib import Path
from typing import Final

from converters.guests.adapt.changes import Changes
from converters.guests.adapt.packages import Packed, files
from converters.guests.guest import Linux
from converters.guests.look.texts import is_file
from converters.guests.tree import System, Unreadable

SERVICE: Final = "amazon-ssm-agent.service"
JOB: Final = "/etc/init/amazon-ssm-agent.conf"
HERE: Final = ("/usr/bin/amazon-ssm-agent", "/snap/bin/amazon-ssm-agent.ssm-cli")
SYSTEMD: Final = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
UPSTART: Final = ("/sbin/initctl", "/usr/sbin/initctl")
WANTED: Final = "/etc/systemd/system/multi-user.target.d/amazon-ssm-agent.conf"
WANTS: Final = f"[Unit]\nWants={SERVICE}\n"
SPARE: Final = 16 << 20  # bytes that stay free on the root filesystem
MACHINES: Final = {3: "i386", 62: "x86_64", 183: "arm64"}  # e_machine of ELF, elf.h

REASON: Final = "the Systems Manager agent"
NO_PACKAGE: Final = (
    "The Systems Manager agent was not installed: the settings name no package of it for this "
    "system."
)
NOT_INSTALLED: Final = "The Systems Manager agent was not installed: {}."
UNKNOWN: Final = (
    "The Systems Manager agent is put in place file by file: {} does not know that it is there."
)
NOT_STARTED: Final = "The Systems Manager agent is put in place, but nothing here would start it."


def adapt_agent(linux: Linux, package: Path | None, system: System, changes: Changes) -> None:
    """Plan the agent's files, unless it is there already."""
    if any(is_file(system, path) for path in HERE):
        return
    if package is None:
        changes.leave(NO_PACKAGE)
        return
    try:
        packed = list(_suitable(linux, package))
    except (Unreadable, OSError) as problem:
        changes.leave(NOT_INSTALLED.format(problem))
        return
    for one in packed:
        name = changes.contents.add(one.data or b"")
        changes.create(one.path, name, REASON, one.mode)
    _start({one.path for one in packed}, system, changes)
    changes.leave(UNKNOWN.format(linux.package_manager or "the package manager"))


def _suitable(linux: Linux, package: Path) -> list[Packed]:
    """Return the files of a package; raises Unreadable if they are of no use in this guest."""
    packed = [one for one in files(package) if one.data is not None]
    if not any(posixpath.basename(one.path) == "amazon-ssm-agent" for one in packed):
        raise Unreadable(f"{package.name} is not its package")
    machines = {machine for one in packed if (machine := _machine(one.data or b""))}
    if linux.architecture is not None and machines and linux.architecture not in machines:
        raise Unreadable(f"{package.name} is for {', '.join(sorted(machines))}")
    size = sum(len(one.data or b"") for one in packed)
    if linux.free is not None and linux.free < size + SPARE:
        raise Unreadable(f"it needs {-(-size >> 20)} MiB, and the root filesystem is too full")
    return packed


def _machine(data: bytes) -> str | None:
    """Return the architecture of a program; None if it is none."""
    if not data.startswith(b"\x7fELF") or len(data) < 20:
        return None
    return MACHINES.get(int.from_bytes(data[18:20], "little"), "another architecture")


def _start(paths: set[str], system: System, changes: Changes) -> None:
    """Have the agent started with the system."""
    services = {path for path in paths if posixpath.basename(path) == SERVICE}
    if services and any(is_file(system, path) for path in SYSTEMD):
        changes.create(WANTED, changes.contents.add(WANTS.encode()), REASON)
    elif not (JOB in paths and any(is_file(system, path) for path in UPSTART)):
        changes.leave(NOT_STARTED)
