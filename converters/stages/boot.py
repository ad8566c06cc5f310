"""Starts a machine from its raw disks, to see whether it does, and gets on the network.

The disks stay as they are: what the guest writes goes into overlays in the scratch folder, which
are gone afterwards. What it is given is what it has drivers for, as another look into it tells.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.boot import check as checks
from converters.boot.admission import CORES, admission
from converters.boot.devices import Devices, Without, devices, firmware
from converters.boot.machine import OVERHEAD, PROGRAM, Disk, Firmware, Machine, uefi
from converters.boot.verdicts import Patience
from converters.guests import tools
from converters.guests.guest import Guest
from converters.guests.write.acceleration import accelerated
from converters.qemu_img import Stacked
from converters.stages.look import look
from converters.stages.to_raw import RawDisk

PROCESSORS: Final = 2  # with one, systemd takes half as long again


class Impossible(Exception):
    """The machine can't be tried here; the text says what is missing, or would have to be."""


@dataclass(frozen=True, slots=True)
class Boot:
    """What became of it, and on what."""

    outcome: checks.Outcome
    firmware: Firmware
    devices: Devices
    real: bool


async def boot(
    raws: Sequence[RawDisk],
    boot_mode: str | None,
    scratch: Path,
    patience: Patience,
    begun: Callable[[], None],
    report: Callable[[int], None],
    *,
    emulated_windows: bool,
) -> Boot:
    """Start the machine with some disks; Impossible.

    begun is called when it is its turn, report gets the percentage. A Windows takes an emulated
    processor too long to tell one that starts from one that does not, unless it is asked for.
    """
    program = tools.find(PROGRAM)
    if program is None:
        raise Impossible(tools.wanted(tools.missing([PROGRAM])))
    guest = await look([raw.path for raw in raws])
    started_by = firmware(boot_mode, guest)
    if started_by == "uefi" and uefi() is None:
        raise Impossible("install ovmf")
    real = await accelerated(program)
    given = _devices(guest, len(raws), real or emulated_windows)
    folder = scratch / "boot"
    folder.mkdir()
    try:
        machine = Machine(
            disks=tuple([await _overlaid(raw, folder / f"{n}") for n, raw in enumerate(raws)]),
            firmware=started_by,
            disk=given.disk,
            card=given.card,
            memory=given.memory,
            processors=min(PROCESSORS, CORES),
            real=real,
        )
        async with admission().room((machine.memory + OVERHEAD) << 20):
            begun()
            outcome = await checks.check(machine, folder, patience, report)
    finally:
        shutil.rmtree(folder)
    return Boot(outcome, started_by, given, real)


def _devices(guest: Guest, disks: int, windows: bool) -> Devices:
    if guest.windows is not None and guest.linux is None and not windows:
        raise Impossible("a Windows is started only where KVM works")
    try:
        return devices(guest, disks)
    except Without as reason:
        raise Impossible(str(reason)) from reason


async def _overlaid(raw: RawDisk, overlay: Path) -> Disk:
    await qemu_img.empty(overlay, raw.path.stat().st_size)
    return Disk((Stacked(raw.path, "raw"), Stacked(overlay, "qcow2")))
