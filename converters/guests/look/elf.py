"""What processor the programs of a guest are for, told by their own headers.

    0   7f 45 4c 46   magic
    4   class         1: 32 bits, 2: 64 bits
    5   data          1: little endian, 2: big endian
    18  machine       two bytes in that order; see below

https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from converters.guests.tree import System, Unreadable

HEADER: Final = 64  # bytes

MACHINES: Final = {
    (3, 1): "i386",
    (62, 2): "x86_64",
    (62, 1): "x32",
    (183, 2): "arm64",
    (40, 1): "arm",
    (243, 2): "riscv64",
    (21, 2): "ppc64",
    (22, 2): "s390x",
    (22, 1): "s390",
    (50, 2): "ia64",
    (258, 2): "loongarch64",
    (8, 1): "mips",
    (8, 2): "mips64",
}

# One of each kind that every Linux has; several, for one alone may be a stray.
PROGRAMS: Final = (
    "/bin/sh",
    "/bin/bash",
    "/bin/ls",
    "/bin/cat",
    "/bin/mount",
    "/bin/busybox",
    "/sbin/init",
    "/sbin/ldconfig",
    "/usr/bin/env",
    "/usr/bin/id",
    "/usr/lib/systemd/systemd",
    "/lib/systemd/systemd",
    "/usr/sbin/sshd",
)
LOADERS: Final = {
    "/lib64/ld-linux-x86-64.so.2": "x86_64",
    "/lib/ld-linux.so.2": "i386",
    "/lib/ld-linux-aarch64.so.1": "arm64",
}


def machine(header: bytes) -> str | None:
    """Return the processor an ELF file is for; None if it is no ELF file or an unknown one."""
    if len(header) < 20 or header[:4] != b"\x7fELF":
        return None
    number = int.from_bytes(header[18:20], "big" if header[5] == 2 else "little")
    return MACHINES.get((number, header[4]))


def architecture(system: System, kernels: Iterable[str | None] = ()) -> str | None:
    """Return the processor that most of the guest's programs are for; None if none was found.

    Programs count once however many names they have. The dynamic loader decides a tie, then
    the kernels do: a 64-bit kernel below 32-bit programs is a 32-bit system.
    """
    votes: Counter[str] = Counter()
    seen: set[tuple[str, str]] = set()
    for path in PROGRAMS:
        try:
            place = system.place(path)
            if (place.tree.volume_id, place.path) in seen:
                continue
            seen.add((place.tree.volume_id, place.path))
            found = machine(system.read(path, HEADER))
        except Unreadable:
            continue
        if found:
            votes[found] += 1
    leaders = [name for name, count in votes.items() if count == max(votes.values())]
    if len(leaders) > 1:
        votes.update(found for path, found in LOADERS.items() if _loads(system, path, found))
        leaders = [name for name, count in votes.items() if count == max(votes.values())]
    if len(leaders) > 1:
        votes.update(found for found in kernels if found)
    return votes.most_common(1)[0][0] if votes else None


def _loads(system: System, path: str, wanted: str) -> bool:
    try:
        return machine(system.read(path, HEADER)) == wanted
    except Unreadable:
        return False
