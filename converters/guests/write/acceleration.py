"""Finds out whether this machine's processor really runs virtual machines.

/dev/kvm may be there and start machines that then hang. A boot sector that counts to fifty
million and leaves through a debugging device tells: a second where KVM works, 0.2 seconds where
everything is emulated.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

from converters.guests import sandbox
from converters.guests.write.drives import escaped
from converters.lifeline import Limits

KVM: Final = Path("/dev/kvm")
PROCESSOR: Final = Path("/proc/cpuinfo")
SECONDS: Final = 2.0
EXITED: Final = 33  # isa-debug-exit: twice what was written, and one

EMULATED: Final = ("-accel", "tcg,thread=single,tb-size=128", "-cpu", "Nehalem")
REAL: Final = ("-accel", "kvm", "-cpu", "host")

CODE: Final = bytes.fromhex(
    "fa"  # cli
    "66b980f0fa02"  # mov ecx, 50000000
    "6649"  # dec ecx      ◄┐
    "75fc"  # jnz ──────────┘
    "baf400"  # mov dx, 0xf4
    "b010"  # mov al, 16
    "ee"  # out dx, al
    "f4"  # hlt
)

_found: bool | None = None


async def accelerated(qemu: Path) -> bool:
    """Tell whether KVM works; tried out once in the life of this process."""
    global _found
    if _found is None:
        _found = _promising() and await _counts(qemu)
    return _found


def _promising() -> bool:
    try:
        flags = PROCESSOR.read_text().split()
    except OSError:
        return False
    return bool({"vmx", "svm"} & set(flags)) and os.access(KVM, os.R_OK | os.W_OK)


async def _counts(qemu: Path, how: tuple[str, ...] = REAL, seconds: float = SECONDS) -> bool:
    with tempfile.NamedTemporaryFile() as sector:
        sector.write(CODE.ljust(510, b"\0") + b"\x55\xaa")
        sector.flush()
        path = Path(sector.name)
        command = [str(qemu), "-nodefaults", "-no-user-config", *how, "-m", "32"]
        command += ["-display", "none", "-no-reboot"]
        command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=1"]
        command += ["-drive", f"if=ide,format=raw,file={escaped(path)}"]
        ended = await sandbox.program(
            command,
            write=[path],
            devices=[KVM] if KVM.exists() else [],
            limits=Limits(4 << 30, 5, 1 << 20),
            seconds=seconds,
        )
    return ended.code == EXITED
