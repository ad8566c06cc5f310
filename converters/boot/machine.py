"""What a computer is made of, as a value, and how QEMU is told.

    firmware ─► one disk or more: a file that is only read, under one that takes what is written
             ─► one network card, whose wire ends in our hands
             ─► serial port, screen, the firmware's log, a source of random numbers

Only bytes that are named here are opened: no configuration of QEMU's, no guessed formats, no ROM of
the network card, which would start from the network where the disk does not.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Firmware = Literal["legacy-bios", "uefi"]
DiskModel = Literal["virtio", "nvme", "ahci", "ata"]
CardModel = Literal["virtio", "e1000e", "e1000", "vmxnet3"]

PROGRAM: Final = "qemu-system-x86_64"
SANDBOX: Final = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
# An emulated processor's translations: with a cache of 128 MiB QEMU needs half the memory, and is
# no slower. "max", since newer distributions ask for more than the oldest processors had.
EMULATED: Final = ("-accel", "tcg,thread=multi,tb-size=128", "-cpu", "max")
REAL: Final = ("-accel", "kvm", "-cpu", "host")
OVERHEAD: Final = 512  # MiB that QEMU takes beside the memory of the guest
ADDRESSES: Final = 6 << 10  # MiB of address space that it takes beside it
MOST_DISKS: Final = {"virtio": 24, "nvme": 24, "ahci": 6, "ata": 4}
CARDS: Final = {
    "virtio": "virtio-net-pci",
    "e1000e": "e1000e",
    "e1000": "e1000",
    "vmxnet3": "vmxnet3",
}
# Where distributions put the firmware for UEFI: what runs, and what its memory holds at first.
UEFI: Final = tuple(
    (Path(code), Path(variables))
    for code, variables in (
        ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
        ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
        ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
        ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    )
)


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk: what is written goes into the overlay, a qcow2 of the same size without a name in it.

    Without a base the overlay has all bytes itself.
    """

    overlay: Path
    base: Path | None = None  # raw


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer."""

    disks: tuple[Disk, ...]
    firmware: Firmware = "legacy-bios"
    disk: DiskModel = "virtio"
    card: CardModel = "virtio"
    memory: int = 1024  # MiB
    processors: int = 2
    smbios: tuple[str, ...] = ()  # what the firmware says of it
    hardware: str = "02:00:ac:1f:10:0a"  # address of the network card
    real: bool = False  # by KVM


@dataclass(frozen=True, slots=True)
class Wires:
    """The numbers of the open sockets that a computer ends in."""

    monitor: int
    network: int
    serial: int
    log: int


def uefi() -> tuple[Path, Path] | None:
    """Return the firmware for UEFI and its memory; None where there is none."""
    return next((pair for pair in UEFI if all(path.is_file() for path in pair)), None)


def command(
    program: Path, machine: Machine, wires: Wires, firmware: tuple[Path, Path] | None
) -> list[str]:
    """Return QEMU's command line; firmware is for UEFI: what runs, and its memory to write to."""
    line = [str(program), "-nodefaults", "-no-user-config", "-machine", "pc"]
    line += [*(REAL if machine.real else EMULATED), "-m", str(machine.memory)]
    line += ["-smp", str(machine.processors), "-display", "none", "-vga", "std"]
    line += ["-sandbox", SANDBOX, "-boot", "strict=on", "-rtc", "base=utc"]
    line += ["-device", "virtio-rng-pci"]
    line += [word for table in machine.smbios for word in ("-smbios", table)]
    for name, number in (
        ("monitor", wires.monitor),
        ("serial", wires.serial),
        ("log", wires.log),
    ):
        line += ["-chardev", f"socket,id={name},fd={number}"]
    line += ["-mon", "chardev=monitor,mode=control", "-serial", "chardev:serial"]
    line += ["-device", "isa-debugcon,iobase=0x402,chardev=log"]
    line += ["-netdev", f"stream,id=wire,server=off,addr.type=fd,addr.str={wires.network}"]
    line += ["-device", f"{CARDS[machine.card]},netdev=wire,mac={machine.hardware},romfile="]
    if firmware:
        code, variables = firmware
        for unit, path, reading in ((0, code, True), (1, variables, False)):
            node = {"driver": "raw", "node-name": f"flash{unit}", "read-only": reading,
                    "file": _file(path)}  # fmt: skip
            line += ["-blockdev", json.dumps(node), "-machine", f"pflash{unit}=flash{unit}"]
    if machine.disk == "ahci":
        line += ["-device", "ich9-ahci,id=ahci"]
    for number, disk in enumerate(machine.disks):
        line += ["-blockdev", json.dumps(_node(number, disk))]
        line += ["-device", f"{_device(machine.disk, number)},bootindex={number}"]
    return line


def _node(number: int, disk: Disk) -> dict[str, object]:
    # Nobody reads these bytes after a crash of the host: nothing is gained by waiting for it.
    node: dict[str, object] = {
        "driver": "qcow2",
        "node-name": f"disk{number}",
        "discard": "unmap",
        "cache": {"no-flush": True},
        "file": _file(disk.overlay),
        "backing": None,
    }
    if disk.base is not None:
        base = {**_file(disk.base), "locking": "off"}
        node["backing"] = {"driver": "raw", "read-only": True, "file": base}
    return node


def _file(path: Path) -> dict[str, object]:
    return {"driver": "file", "filename": str(path.absolute())}


def _device(model: DiskModel, number: int) -> str:
    node = f"drive=disk{number}"
    match model:
        case "virtio":
            return f"virtio-blk-pci,{node}"
        case "nvme":
            return f"nvme,{node},serial=vol{number}"
        case "ahci":
            return f"ide-hd,{node},bus=ahci.{number}"
        case "ata":
            return f"ide-hd,{node},bus=ide.{number // 2},unit={number % 2}"
