"""Plans what must change on the disks of a guest so that it runs on EC2.

    Guest, Facts ─► linux.py  ─► text files                      ┐
                 ─► initramfs.py ─► an initial RAM disk          ├─► Plan
                 ─► windows.py, gpt_to_mbr.py ─► hives, sectors  ┘

Reads the disks again, writes new contents into a folder and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests.adapt.agent import adapt_agent
from converters.guests.adapt.changes import Changes, Contents
from converters.guests.adapt.initramfs import adapt_initrds
from converters.guests.adapt.linux import adapt_linux
from converters.guests.adapt.windows import adapt_windows
from converters.guests.guest import Guest
from converters.guests.look.examine import open_system
from converters.guests.plan import Plan
from converters.guests.tree import System

WINDOWS: Final = "Windows"
UNOPENED: Final = "The filesystems could not be opened again: nothing in the guest is changed."


@dataclass(frozen=True, slots=True)
class Facts:
    """What the judge decided and the settings say."""

    platform: str  # Linux or Windows
    boot_mode: str | None = None  # legacy-bios, uefi: what the image will start with
    agent: str | None = None  # path of the Systems Manager agent's package, .deb or .rpm


def plan(paths: Sequence[Path], guest: Guest, facts: Facts, folder: Path) -> Plan:
    """Return the plan for a guest; its contents are written into the folder, which is empty."""
    system = open_system(paths, guest)
    if system is None:
        return Plan(boot_mode=facts.boot_mode, left_out=(UNOPENED,))
    return planned(system, paths, guest, facts, folder)


def planned(
    system: System, paths: Sequence[Path], guest: Guest, facts: Facts, folder: Path
) -> Plan:
    """Return the plan for a guest whose filesystems are open."""
    changes = Changes(system, Contents(folder))
    boot_mode = facts.boot_mode
    if facts.platform == WINDOWS:
        boot_mode = adapt_windows(guest, changes, paths, boot_mode)
    elif guest.linux is not None:
        adapt_linux(guest, guest.linux, changes)
        adapt_initrds(guest.linux, system, changes)
        package = Path(facts.agent) if facts.agent else None
        adapt_agent(guest.linux, package, system, changes)
    return Plan(
        files=tuple(changes.files),
        sectors=tuple(changes.sectors),
        boot_mode=boot_mode,
        left_out=tuple(changes.left_out),
    )
