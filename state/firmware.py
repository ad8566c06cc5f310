"""Firmware: which one starts an instance, and what that for UEFI remembers.

    boot mode of the AMI     starts by
    legacy-bios, uefi        that
    uefi-preferred           UEFI where the instance type can, BIOS elsewhere
    none                     what the type does by itself: BIOS on Intel's and AMD's processors

A type that is not in the table starts by BIOS.

    <data>/firmware/<instance id>    what its firmware remembers; written to while it runs
    <data>/firmware/<AMI id>         what the firmware of its instances begins with

An AMI that is made of an instance, or copied, takes it along. Files, for they are in nobody's way,
and may be lost: firmware without a memory begins anew.
"""

import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Literal

from state.instance_types import all_types

Firmware = Literal["legacy-bios", "uefi"]


def firmware(boot_mode: str | None, instance_type: str) -> Firmware:
    """Return what starts an instance of a type, made of an AMI with a boot mode or without one."""
    kind = all_types().get(instance_type)
    able = kind.boot_modes if kind else ()
    match boot_mode:
        case "legacy-bios" | "uefi":
            return boot_mode
        case "uefi-preferred":
            return "uefi" if "uefi" in able else "legacy-bios"
        case _:
            return "uefi" if able == ("uefi",) else "legacy-bios"


class Memories:
    """What all firmware for UEFI remembers, below a data folder."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "firmware"

    def lend(self, instance_id: str, image_id: str, blank: Path, place: Path) -> None:
        """Give the memory of an instance another name, where it is written to.

        It is what its AMI has, or what `blank` holds, until its firmware has written to it, or
        where another firmware with a memory of another size has.
        """
        kept, first = self._of(instance_id), self._of(image_id)
        if not _alike(kept, blank):
            self._keep(first if _alike(first, blank) else blank, kept)
        os.link(kept, place)

    def copy(self, to_id: str, *from_ids: str) -> None:
        """Let an AMI have what the first of some instances and AMIs has, if any of them has."""
        for found in map(self._of, from_ids):
            if found.is_file():
                return self._keep(found, self._of(to_id))
        return None

    def remove(self, image_id: str) -> None:
        """Forget what an AMI has; nothing happens where it has none."""
        self._of(image_id).unlink(missing_ok=True)

    def sweep(self, shown: Callable[[Collection[str]], Collection[str]]) -> None:
        """Forget what is of instances and AMIs that are shown no more; `shown` tells which are."""
        if not self._folder.is_dir():
            return
        found = {path.name for path in self._folder.iterdir()}
        for name in found - set(shown(found)):
            (self._folder / name).unlink(missing_ok=True)

    def _of(self, resource_id: str) -> Path:
        return self._folder / resource_id

    def _keep(self, source: Path, kept: Path) -> None:
        """Copy a memory; whoever looks finds all of it or nothing."""
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(f".{os.getpid()}")
        shutil.copyfile(source, beside)
        beside.replace(kept)


def _alike(memory: Path, blank: Path) -> bool:
    return memory.is_file() and memory.stat().st_size == blank.stat().st_size
