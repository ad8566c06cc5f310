"""What is installed in a Linux guest that matters for moving it to EC2.

Packages' own databases are asked where they are text (dpkg's file lists); rpm's is a database, so
there the programs themselves are looked for.
"""

from typing import Final

from converters.guests.look.texts import assignments, is_dir, is_file, names, read_text
from converters.guests.tree import System

# What it is called → the first of these that is there proves it.
TOOLS: Final = {
    "open-vm-tools": (
        "/var/lib/dpkg/info/open-vm-tools.list",
        "/usr/lib/systemd/system/vmtoolsd.service",
        "/lib/systemd/system/open-vm-tools.service",
        "/usr/share/doc/open-vm-tools",
    ),
    "vmware-tools": (
        "/etc/vmware-tools/locations",
        "/etc/vmware-tools/services.sh",
        "/usr/lib/vmware-tools/sbin64/vmtoolsd",
        "/usr/bin/vmware-uninstall-tools.pl",
    ),
    "virtualbox": (
        "/usr/sbin/VBoxService",
        "/usr/bin/VBoxControl",
        "/sbin/mount.vboxsf",
        "/etc/init.d/vboxadd",
    ),
    "hyper-v": (
        "/usr/sbin/hypervkvpd",
        "/usr/sbin/hv_kvp_daemon",
        "/usr/lib/hyper-v/bin/hv_kvp_daemon",
        "/usr/lib/systemd/system/hypervkvpd.service",
        "/lib/systemd/system/hv-kvp-daemon.service",
    ),
    "qemu-ga": ("/usr/sbin/qemu-ga", "/usr/bin/qemu-ga"),
    "xe-guest-utilities": (
        "/usr/sbin/xe-daemon",
        "/usr/sbin/xe-linux-distribution",
        "/usr/sbin/xe-update-guest-attrs",
    ),
    "parallels": ("/usr/bin/prltoolsd", "/usr/sbin/prl_nettool"),
    "walinuxagent": ("/usr/sbin/waagent",),
    "google-guest-agent": ("/usr/bin/google_guest_agent",),
    "amazon-ssm-agent": ("/usr/bin/amazon-ssm-agent", "/snap/bin/amazon-ssm-agent.ssm-cli"),
}
SSH: Final = ("/usr/sbin/sshd", "/usr/sbin/dropbear", "/usr/bin/dropbear")
CLOUD_INIT: Final = ("/usr/bin/cloud-init", "/etc/cloud/cloud.cfg")
RPM: Final = ("/var/lib/rpm", "/usr/lib/sysimage/rpm")
RPM_FILES: Final = frozenset({"Packages", "Packages.db", "rpmdb.sqlite"})


def guest_tools(system: System) -> tuple[str, ...]:
    """Return the names of agents for hypervisors and clouds that are installed."""
    found = [name for name, paths in TOOLS.items() if any(_there(system, path) for path in paths)]
    if not {"open-vm-tools", "vmware-tools"} & {*found} and _there(system, "/usr/bin/vmtoolsd"):
        found.append("open-vm-tools")
    if "virtualbox" not in found and any(
        name.startswith("VBoxGuestAdditions-") for name in names(system, "/opt")[:1000]
    ):
        found.append("virtualbox")
    return tuple(found)


def has_cloud_init(system: System) -> bool:
    """Tell whether cloud-init is installed and not switched off."""
    there = any(is_file(system, path) for path in CLOUD_INIT)
    return there and not is_file(system, "/etc/cloud/cloud-init.disabled")


def has_ssh_server(system: System) -> bool:
    """Tell whether there is an SSH server."""
    return any(is_file(system, path) for path in SSH)


def package_manager(system: System) -> str | None:
    """Return dpkg or rpm, whichever has a database here."""
    if is_file(system, "/var/lib/dpkg/status"):
        return "dpkg"
    if any(RPM_FILES & {*names(system, folder)} for folder in RPM):
        return "rpm"
    if is_file(system, "/usr/bin/dpkg"):
        return "dpkg"
    if any(is_file(system, path) for path in ("/usr/bin/rpm", "/bin/rpm")):
        return "rpm"
    return next(("rpm" for folder in RPM if is_dir(system, folder)), None)


def selinux(system: System, arguments: str) -> str | None:
    """Return the mode SELinux starts in; None if the guest has none."""
    said = assignments(read_text(system, "/etc/selinux/config") or "")
    mode = said.get("SELINUX", "").strip().lower()
    if mode not in ("enforcing", "permissive", "disabled"):
        return None
    words = arguments.split()
    if "selinux=0" in words:
        return "disabled"
    if "enforcing=0" in words and mode == "enforcing":
        return "permissive"
    return mode


def _there(system: System, path: str) -> bool:
    return is_file(system, path) or is_dir(system, path)
