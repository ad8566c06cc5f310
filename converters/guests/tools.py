"""Programs of other people that vmie can use but does not need: which are here, who brings them.

Without them disks are looked into and judged all the same; what they write stays as it is, and
the report says what to install.
"""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDERS: Final = ("/usr/local/sbin", "/usr/sbin", "/sbin")  # not on the path of ordinary users
BOOT: Final = Path("/boot")
MODULES: Final = (Path("/lib/modules"), Path("/usr/lib/modules"))

KERNEL: Final = "a Linux kernel in /boot"


@dataclass(frozen=True, slots=True)
class Tool:
    """An optional program."""

    name: str
    package: str  # of Debian and Ubuntu
    purpose: str  # what it is good for: "writing to …"


TOOLS: Final = (
    Tool("bwrap", "bubblewrap", "keeping guests apart from the rest of this machine"),
    Tool("debugfs", "e2fsprogs", "writing to ext2, ext3 and ext4"),
    Tool("e2fsck", "e2fsprogs", "writing to ext3 and ext4 that were not shut down"),
    Tool(
        "qemu-system-x86_64",
        "qemu-system-x86",
        "starting what was imported; writing to XFS, Btrfs, FAT and NTFS",
    ),
    Tool(KERNEL, "linux-image-cloud-amd64", "writing to XFS, Btrfs, FAT and NTFS"),
    Tool("busybox", "busybox-static", "writing to XFS, Btrfs, FAT and NTFS"),
    Tool("lowntfs-3g", "ntfs-3g", "writing to NTFS"),
)
BY_NAME: Final = {tool.name: tool for tool in TOOLS}


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel of this machine, with its modules."""

    image: Path
    modules: Path
    release: str  # "6.1.0-17-cloud-amd64"


def find(name: str) -> Path | None:
    """Return where a program is, None if it is nowhere."""
    found = shutil.which(name)
    for folder in FOLDERS:
        found = found or shutil.which(name, path=folder)
    return Path(found).absolute() if found else None


def kernel() -> Kernel | None:
    """Return a kernel that the appliance can start: one made for clouds, else the newest."""
    found = []
    for image in BOOT.glob("vmlinuz-*"):
        release = image.name.removeprefix("vmlinuz-")
        for folder in MODULES:
            modules = folder / release
            if (modules / "modules.dep").is_file() and os.access(image, os.R_OK):
                found.append(Kernel(image, modules, release))
                break
    return max(found, key=_preference, default=None)


def _preference(found: Kernel) -> tuple[bool, float]:
    return "cloud" in found.release, found.image.stat().st_mtime


def here(name: str) -> bool:
    """Tell whether a tool of the table is on this machine."""
    return (kernel() if name == KERNEL else find(name)) is not None


def missing(names: Iterable[str]) -> tuple[Tool, ...]:
    """Return those of some tools that are not on this machine."""
    return tuple(BY_NAME[name] for name in names if not here(name))


def wanted(tools: Iterable[Tool]) -> str:
    """Return what to do about missing tools: "install bubblewrap and e2fsprogs"."""
    packages = list(dict.fromkeys(tool.package for tool in tools))
    *most, last = packages
    return f"install {', '.join(most)} and {last}" if most else f"install {last}"
