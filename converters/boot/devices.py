"""Which devices a guest is given: those that it has drivers for, as far as looking into it tells.

                  disk                                        network card
    Linux         virtio, NVMe, AHCI, ATA: the first whose    virtio, e1000e, e1000, vmxnet3: the
                  driver the kernel or its RAM disk has       first whose driver is anywhere
    Windows       NVMe, AHCI, ATA: as its boot drivers say    e1000e; e1000 before Windows 8
    unknown       virtio                                      virtio

assumed: Windows' own drivers, since none could be tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from converters.boot.machine import MOST_DISKS, CardModel, DiskModel, Firmware
from converters.guests.guest import Guest, Kernel, Linux, Windows

Needs = tuple[frozenset[str], ...]  # one driver of each
Model = TypeVar("Model", bound=str)

LINUX_DISKS: Final[tuple[tuple[DiskModel, Needs], ...]] = (
    ("virtio", (frozenset({"virtio_pci"}), frozenset({"virtio_blk"}))),
    ("nvme", (frozenset({"nvme"}),)),
    ("ahci", (frozenset({"ahci"}), frozenset({"sd_mod"}))),
    ("ata", (frozenset({"ata_piix", "piix"}),)),
)
LINUX_CARDS: Final[tuple[tuple[CardModel, Needs], ...]] = (
    ("virtio", (frozenset({"virtio_pci"}), frozenset({"virtio_net"}))),
    ("e1000e", (frozenset({"e1000e"}),)),
    ("e1000", (frozenset({"e1000"}),)),
    ("vmxnet3", (frozenset({"vmxnet3"}),)),
)
WINDOWS_DISKS: Final[tuple[tuple[DiskModel, frozenset[str]], ...]] = (
    ("ata", frozenset({"atapi", "intelide"})),
    ("ahci", frozenset({"storahci"})),
    ("ahci", frozenset({"msahci"})),
    ("nvme", frozenset({"stornvme"})),
)
WINDOWS_8: Final = (6, 2)
MEMORY: Final = 1024  # MiB; what a guest does not touch costs nothing
WINDOWS_MEMORY: Final = 2048


@dataclass(frozen=True, slots=True)
class Devices:
    """What a guest is to see."""

    disk: DiskModel = "virtio"
    card: CardModel = "virtio"
    memory: int = MEMORY  # MiB


class Without(Exception):
    """There are no devices for the guest; the text says which."""


def devices(guest: Guest, disks: int) -> Devices:
    """Return what a guest with so many disks gets; Without."""
    found = Devices()
    if guest.linux is not None:
        found = _of_linux(guest.linux)
    elif guest.windows is not None:
        found = _of_windows(guest.windows)
    if disks > MOST_DISKS[found.disk]:
        raise Without(f"{disks} disks do not fit on {found.disk}")
    return found


def firmware(boot_mode: str | None, guest: Guest) -> Firmware:
    """Return what starts the disks, where the AMI's boot mode is known or not."""
    mode = boot_mode or (guest.boot_modes[0] if guest.boot_modes else "legacy-bios")
    return "legacy-bios" if mode == "legacy-bios" else "uefi"


def _of_linux(linux: Linux) -> Devices:
    kernel = next((one for one in linux.kernels if one.default), None)
    if kernel is None:
        return Devices()
    early = _early(kernel)
    drivers = early | set(kernel.modules)
    disk, card = _first(LINUX_DISKS, early), _first(LINUX_CARDS, drivers)
    # One of which nothing is known may have all it needs; one that is known to have only drivers of
    # what QEMU cannot be, as of a machine on Xen, can't be tried.
    if early and disk is None:
        raise Without(f"{kernel.version} has no driver for a disk of QEMU's")
    if drivers and card is None:
        raise Without(f"{kernel.version} has no driver for a network card of QEMU's")
    return Devices(disk or "virtio", card or "virtio")


def _early(kernel: Kernel) -> set[str]:
    """Return the drivers that are there before the root filesystem is."""
    return {*kernel.builtin, *(kernel.initrd.modules if kernel.initrd else ())}


def _of_windows(windows: Windows) -> Devices:
    drivers = {name.lower() for name in windows.boot_drivers}
    disk: DiskModel = next((model for model, names in WINDOWS_DISKS if names & drivers), "ata")
    parts = (windows.version or "").split(".")[:2]
    version = tuple(int(part) for part in parts if part.isdigit())
    card: CardModel = "e1000" if version and version < WINDOWS_8 else "e1000e"
    return Devices(disk, card, WINDOWS_MEMORY)


def _first(models: Sequence[tuple[Model, Needs]], drivers: set[str]) -> Model | None:
    """Return the first model of which every need is met."""
    return next((model for model, needs in models if all(need & drivers for need in needs)), None)
