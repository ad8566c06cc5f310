"""What a computer is made of, as a value, and how QEMU is told.

    firmware ─► one disk or more: files upon each other, of which the topmost takes what is written
             ─► one network card, whose wire ends in our hands
             ─► serial port, screen, the firmware's log, a source of random numbers

Only bytes that are named here are opened: no configuration of QEMU's, no guessed formats, no ROM of
the network card, which would start from the network where the disk does not.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from converters.qemu_img import Stacked, stack

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
MOST_DISKS: Final = {"virtio": 40, "nvme": 40, "ahci": 6, "ata": 4}
ON_FIRST_BUS: Final = 24  # of those; more devices have no room there, and are behind a bridge
BRIDGE: Final = "bridge"
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
    """A disk: files upon each other, the lowest first; the topmost is a qcow2 of the whole size."""

    files: tuple[Stacked, ...]
    name: str = ""  # else it is called after its number
    passphrase: bytes | None = None  # of those files that are sealed

    @property
    def top(self) -> Path:
        """The file that is written to."""
        return self.files[-1].path


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
    grows: bool = False  # more disks may come than there are

    @property
    def named(self) -> list[tuple[str, Disk]]:
        """The disks, and what they are called."""
        return [(disk.name or f"disk{number}", disk) for number, disk in enumerate(self.disks)]


@dataclass(frozen=True, slots=True)
class Wires:
    """The numbers of the open sockets that a computer ends in, and of pipes with passphrases."""

    monitor: int
    network: int
    serial: int
    log: int
    passphrases: tuple[tuple[str, int], ...] = ()  # the names of their disks


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
            flash = {"driver": "raw", "node-name": f"flash{unit}", "read-only": reading,
                    "file": _file(path)}  # fmt: skip
            line += ["-blockdev", json.dumps(flash), "-machine", f"pflash{unit}=flash{unit}"]
    if machine.disk == "ahci":
        line += ["-device", "ich9-ahci,id=ahci"]
    if machine.grows or len(machine.disks) > ON_FIRST_BUS:  # in the last place: no other moves
        line += ["-device", f"pci-bridge,id={BRIDGE},chassis_nr=1,addr=0x1f"]
    for name, number in wires.passphrases:
        line += ["-object", f"secret,id={secret_of(name)},file=/dev/fd/{number}"]
    for number, (name, disk) in enumerate(machine.named):
        line += ["-blockdev", json.dumps(node(name, name, disk.files))]
        device = {**attached(machine.disk, name, number), "bootindex": number}
        line += ["-device", json.dumps(device)]
    return line


def secret_of(name: str) -> str:
    """Return what the passphrase of a disk is called."""
    return f"secret-{name}"


def device_of(name: str) -> str:
    """Return what the device of a disk is called."""
    return f"device-{name}"


def node(name: str, disk: str, files: Sequence[Stacked]) -> dict[str, Any]:
    """Return the node of a name that some files of a disk are; what is written goes to the last."""
    # Nobody reads these bytes after a crash of the host: nothing is gained by waiting for it.
    found = {**stack(files), "node-name": name, "discard": "unmap", "cache": {"no-flush": True}}
    found.setdefault("backing", None)
    below: dict[str, Any] | None = found
    while below is not None:
        if "encrypt" in below:
            below["encrypt"] = {**below["encrypt"], "key-secret": secret_of(disk)}
        below["file"]["locking"] = "off"  # rows tell who writes to what
        below = below.get("backing")
        if below is not None:
            below["read-only"] = True
    return found


def attached(model: DiskModel, name: str, number: int = 0) -> dict[str, Any]:
    """Return the device that a disk is, as whose number of its bus."""
    found: dict[str, Any] = {"id": device_of(name), "drive": name}
    serial = name.replace("-", "", 1)  # as in EC2, where a volume can be told by it
    bus = {"bus": BRIDGE} if number >= ON_FIRST_BUS else {}
    match model:
        case "virtio":
            return {"driver": "virtio-blk-pci", "serial": serial, **bus, **found}
        case "nvme":
            return {"driver": "nvme", "serial": serial, **bus, **found}
        case "ahci":
            return {"driver": "ide-hd", "serial": serial, "bus": f"ahci.{number}", **found}
        case "ata":
            place = {"bus": f"ide.{number // 2}", "unit": number % 2}
            return {"driver": "ide-hd", "serial": serial, **place, **found}


def _file(path: Path) -> dict[str, object]:
    return {"driver": "file", "filename": str(path.absolute())}
