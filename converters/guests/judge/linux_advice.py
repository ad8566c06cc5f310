"""Advice for a Linux: what the guide asks for before the export, and what does not stop an import.

What can't be told from the disks is not here: the firewall's rules, passwords, drives with media.
"""

import re
from typing import Final

from converters.guests.boot_modules import NEEDS
from converters.guests.guest import Guest, Kernel, Linux
from converters.guests.judge import rules
from converters.guests.judge.linux_rules import in_table, started
from converters.guests.judge.machine_rules import number, unseen
from converters.guests.judge.rules import Failed, Outcome, Passed, Request, Rule, Unseen, rule
from converters.guests.judge.systems import distribution

ROOM: Final = 256 << 20  # bytes; assumed: the guide asks for room and doesn't say how much
VMWARE: Final = ("open-vm-tools", "vmware-tools")
UNINSTALL: Final = "vmware-uninstall-tools.pl"
TOGETHER: Final = 3  # things that are listed one by one
CHANGING: Final = re.compile(r"/dev/(?:(?:s|h|v|xv)d[a-z]{1,2}\d*|nvme\d+n\d+(?:p\d+)?)")


@rule("version", "The version of the distribution is in the guide's table.", rules.SYSTEMS,
      blocking=False)  # fmt: skip
def version(guest: Guest, request: Request) -> Outcome | None:
    """Say where only the kernel is listed."""
    linux = guest.linux
    known = distribution(linux.distribution) if linux is not None else None
    if linux is None or known is None:
        return None
    if linux.version is None:
        return Unseen("the release files do not say it")
    if in_table(linux):
        return Passed(f"{known.name} {linux.version}")
    listed = ", ".join(each for row in known.nearly(linux.version) for each in row.versions)
    return Failed(
        f"{known.name} {linux.version}" + (f"; listed are {listed}" if listed else ""),
        "Nothing, if its kernel is listed: the import looks at the kernel. Otherwise move to a "
        "listed version.",
    )


@rule("ssh", "SSH is on, so that the instance can be reached.", rules.LINUX_CONFIGURATION,
      blocking=False)  # fmt: skip
def ssh(guest: Guest, request: Request) -> Outcome | None:
    """Look for an SSH server."""
    if guest.linux is None:
        return None
    if guest.linux.ssh_server:
        return Passed()
    return Failed(
        "no SSH server is installed or none is started",
        f"{_install(guest.linux, 'openssh-server')} && systemctl enable "
        f"{'ssh' if guest.linux.package_manager == 'dpkg' else 'sshd'}",
    )


@rule("addresses", "Interfaces get their addresses by DHCP.", rules.CONFIGURATION, blocking=False)
def addresses(guest: Guest, request: Request) -> Outcome | None:
    """Say which static addresses will be lost."""
    linux = guest.linux
    if linux is None or not linux.network:
        return None
    static = [file.path for file in linux.network if file.static]
    if static:
        more = ", …" if len(static) > TOGETHER else ""
        return Failed(
            f"static addresses in {', '.join(static[:TOGETHER])}{more}",
            "Nothing, if they may go: the import turns them into DHCP. Have a DHCP client "
            "installed.",
        )
    return Passed()


@rule("interface-names", "Interfaces do not have predictable names such as ens192.",
      rules.LINUX_LIMITS, blocking=False)  # fmt: skip
def interface_names(guest: Guest, request: Request) -> Outcome | None:
    """Say that a name which tells the slot is another one in EC2."""
    if guest.linux is None:
        return None
    if guest.linux.predictable_names:
        return Failed(
            "a configuration names one",
            "Add net.ifnames=0 biosdevname=0 to GRUB_CMDLINE_LINUX in /etc/default/grub, write the "
            "menu anew, and call the interface eth0.",
        )
    return Passed()


@rule("guest-tools", "VMware Tools are not installed.", rules.CONFIGURATION, blocking=False)
def guest_tools(guest: Guest, request: Request) -> Outcome | None:
    """Look for the tools of hypervisors."""
    linux = guest.linux
    if linux is None:
        return None
    tools = [tool for tool in linux.guest_tools if tool in VMWARE]
    if tools:
        remove = "apt-get purge" if linux.package_manager == "dpkg" else "yum remove"
        cure = f"{remove} {' '.join(tools)}"
        return Failed(", ".join(tools), cure if tools != ["vmware-tools"] else UNINSTALL)
    return Passed()


@rule("nitro-drivers", "The NVMe and ENA drivers are installed: Nitro instances need them.",
      rules.LINUX_LIMITS, blocking=False)  # fmt: skip
def nitro_drivers(guest: Guest, request: Request) -> Outcome | None:
    """Look for the drivers among the kernel's modules."""
    linux = guest.linux
    if linux is None or (kernel := started(linux)) is None:
        return None
    if not kernel.modules and not kernel.builtin:
        return Unseen(unseen(guest, "the modules of the kernel were not found"))
    have = _drivers(kernel)
    missing = [
        need.name for need in NEEDS if need.where == "nitro" and not have.intersection(need.modules)
    ]
    if missing:
        return Failed(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing",
            "Install a kernel that has them (Debian: linux-image-amd64; Ubuntu: linux-modules-"
            "extra or linux-aws), or choose an instance type before Nitro.",
        )
    return Passed()


@rule("room", "The root volume has room for drivers and other software.", rules.LINUX_LIMITS,
      blocking=False)  # fmt: skip
def room(guest: Guest, request: Request) -> Outcome | None:
    """Look at the free space."""
    linux = guest.linux
    if linux is None:
        return None
    if linux.free is None:
        return Unseen(unseen(guest, "the free space is not known"))
    free = f"{linux.free >> 20} MiB free"
    if linux.free < ROOM:
        cleaning = "apt-get clean" if linux.package_manager == "dpkg" else "yum clean all"
        return Failed(free, f"Make some, {ROOM >> 20} MiB or more: {cleaning}")
    return Passed(free)


@rule("device-names", "/etc/fstab names devices by UUID.", "What is changed: Linux", blocking=False)
def device_names(guest: Guest, request: Request) -> Outcome | None:
    """Say which devices have other names in EC2."""
    linux = guest.linux
    if linux is None or linux.fstab_problem:
        return None
    named = [mount.source for mount in linux.mounts if CHANGING.fullmatch(mount.source)]
    if named:
        more = ", …" if len(named) > TOGETHER else ""
        return Failed(
            f"{number(len(named), 'device')} by name: {', '.join(named[:TOGETHER])}{more}",
            "Nothing, if the import shall do it: it writes UUIDs. They are shown by: blkid",
        )
    return Passed()


ADVICE: Final[tuple[Rule, ...]] = (
    version,
    ssh,
    addresses,
    interface_names,
    device_names,
    guest_tools,
    nitro_drivers,
    room,
)


def _drivers(kernel: Kernel) -> set[str]:
    inside = kernel.initrd.modules if kernel.initrd is not None else ()
    return {*kernel.modules, *kernel.builtin, *inside}


def _install(linux: Linux, package: str) -> str:
    if linux.package_manager == "dpkg":
        return f"apt-get install {package}"
    return f"zypper install {package}" if linux.distribution == "sles" else f"yum install {package}"
