"""Writes to filesystems with a Linux of its own: this machine's kernel in an emulated computer.

    /dev/vda  the new contents        initramfs  busybox, the agent, the list of what to do
    /dev/vdb  volume 0                serial     what became of each volume
    /dev/vdc  volume 1  …

Under bwrap, without a network, and QEMU itself may neither start programs nor gain privileges.
Starting takes 3 to 4 seconds where the processor is emulated, whatever is written.
"""

import asyncio
import posixpath
import re
import secrets
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests import sandbox, tools
from converters.guests.guest import Volume
from converters.guests.plan import FileChange
from converters.guests.write import agent, drives, microroot
from converters.guests.write.acceleration import EMULATED, KVM, REAL, accelerated
from converters.guests.write.outcome import Failed, Refused
from converters.lifeline import Ended, Limits

QEMU: Final = "qemu-system-x86_64"
NTFS: Final = "lowntfs-3g"
BASE: Final = (QEMU, tools.KERNEL, "busybox")
NEEDED: Final = {
    **dict.fromkeys(("ext2", "ext3", "ext4", "xfs", "btrfs", "vfat"), BASE),
    "ntfs": (*BASE, NTFS),
}
MODULES: Final = {
    "ext2": ("crc32c_generic", "quota_v2", "ext4"),
    "ext3": ("crc32c_generic", "quota_v2", "ext4"),
    "ext4": ("crc32c_generic", "quota_v2", "ext4"),
    "xfs": ("crc32c_generic", "xfs"),
    "btrfs": ("crc32c_generic", "xxhash_generic", "sha256_generic", "blake2b_generic", "btrfs"),
    "vfat": ("nls_cp437", "nls_iso8859_1", "nls_ascii", "nls_utf8", "vfat"),
    "ntfs": ("fuse",),
}
OPTIONS: Final = {
    "vfat": "noatime,iocharset=utf8",
    "ntfs": "noatime,ignore_case,streams_interface=none",
}
DISKS: Final = ("virtio_pci", "virtio_blk")
ARGUMENTS: Final = (
    "console=ttyS1 quiet panic=-1 reboot=t mitigations=off tsc=reliable no_timer_check nokaslr "
    "random.trust_cpu=on cryptomgr.notests audit=0 selinux=0 apparmor=0 "
    "acpi=off"  # a second less of an emulated processor
)
MEMORY: Final = 512  # MiB of the emulated computer; what it does not touch costs nothing
SECONDS: Final = 180.0
ADDRESSES: Final = 6 << 30  # bytes of QEMU's own address space
LETTERS: Final = "bcdefghijklmnopqrstuvwxyz"  # of /dev/vdX; the first has the contents
LONGEST: Final = 4096  # bytes of a line that is looked at
SANDBOX: Final = "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"
SAID: Final = re.compile(rb"(staged|written|refused|broken) ([0-9]+)(?: ([ -~]*))?\r?$")


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be changed in a volume, or in one subvolume of it."""

    volume: Volume
    subvolume: str | None
    changes: tuple[FileChange, ...]


async def write_volumes(
    paths: Sequence[Path],
    wanted: Sequence[Work],
    folder: Path,
    scratch: Path,
    report: Callable[[int], None],
) -> list[str | None]:
    """Write all changes; return for each work why it was not done. Raises Failed.

    report gets the percentage.
    """
    refused: dict[int, str] = {}
    options: list[str] = []
    devices: dict[str, str] = {}
    order: list[int] = []  # which of wanted the agent's numbers are
    jobs: dict[str, bytes] = {}
    contents = _Contents(folder, scratch / "contents")
    joints = scratch / "joints"  # what QEMU may write to beside the disks
    joints.mkdir()
    for number, work in enumerate(wanted):
        try:
            if work.volume.id not in devices:
                if len(devices) == len(LETTERS):
                    raise Refused("more volumes are to be changed than fit into one computer")
                name = f"volume{len(devices)}"
                options += drives.drive(name, work.volume, paths, joints)
                devices[work.volume.id] = f"/dev/vd{LETTERS[len(devices)]}"
        except Refused as reason:
            refused[number] = str(reason)
            continue
        jobs |= _job(len(order), work, devices[work.volume.id], contents)
        order.append(number)
    if order:
        await asyncio.to_thread(contents.write)
        works = [wanted[number] for number in order]
        said = _Said(len(order), report)
        qemu = await _start(works, jobs, options, paths, contents.path, scratch, said)
        outcome = said.outcome(qemu)
        refused |= {order[at]: reason for at, reason in enumerate(outcome) if reason is not None}
    return [refused.get(number) for number in range(len(wanted))]


class _Contents:
    """The disk with the new contents, each from a whole block on."""

    def __init__(self, folder: Path, path: Path) -> None:
        self.path = path
        self._folder = folder
        self._files: list[tuple[int, Path]] = []
        self._blocks = 0

    def add(self, name: str) -> tuple[int, int]:
        """Take a content; return its first block and its size in bytes."""
        path = self._folder / name
        begin, size = self._blocks, path.stat().st_size
        self._files.append((begin, path))
        self._blocks += -(-size // agent.BLOCK)
        return begin, size

    def write(self) -> None:
        """Write the disk."""
        with self.path.open("wb") as disk:
            for begin, path in self._files:
                disk.seek(begin * agent.BLOCK)
                with path.open("rb") as content:
                    shutil.copyfileobj(content, disk, 1 << 20)
            disk.truncate(max(self._blocks, 1) * agent.BLOCK)


def _job(number: int, work: Work, device: str, contents: _Contents) -> dict[str, bytes]:
    """Return the agent's files about a work."""
    kind = work.volume.filesystem or ""
    options, prefix = OPTIONS.get(kind, "noatime,nodev,nosuid,noexec"), ""
    if work.subvolume is not None:  # entered from the top: a name could hold a comma
        options += ",subvolid=5"
        prefix = "/" + work.subvolume.strip("/") if work.subvolume.strip("/") else ""
    lines = []
    for change in work.changes:
        begin, size = contents.add(change.content)
        lines += ["edit" if change.kept else "new", change.path, change.kept or ""]
        lines += [f"{posixpath.dirname(change.path).rstrip('/')}/.vmie-{secrets.token_hex(4)}"]
        lines += [f"{change.mode & 0o7777:04o}", f"{change.uid}:{change.gid}", change.label or ""]
        lines += [str(begin), str(size), str(len(change.directories)), *change.directories]
    mount = [device, kind, options, prefix]
    return {
        f"/job/{number}/list": "".join(f"{line}\n" for line in lines).encode(),
        f"/job/{number}/mount": "".join(f"{line}\n" for line in mount).encode(),
    }


async def _start(
    works: Sequence[Work],
    jobs: dict[str, bytes],
    options: Sequence[str],
    paths: Sequence[Path],
    contents: Path,
    scratch: Path,
    said: "_Said",
) -> Ended:
    """Run the computer until it ends."""
    kernel, qemu = tools.kernel(), tools.find(QEMU)
    assert kernel
    assert qemu
    root = scratch / "initramfs"
    kinds = {work.volume.filesystem or "" for work in works}
    await asyncio.to_thread(root.write_bytes, await _root(kernel, kinds, jobs))
    real = await accelerated(qemu)
    command = [str(qemu), "-nodefaults", "-no-user-config", "-machine", "pc"]
    command += [*(REAL if real else EMULATED), "-m", str(MEMORY), "-smp", "1"]
    command += ["-display", "none", "-no-reboot", "-nic", "none"]
    command += ["-serial", "stdio", "-serial", "null", "-sandbox", SANDBOX]
    command += ["-kernel", str(kernel.image), "-initrd", str(root), "-append", ARGUMENTS]
    command += [*drives.content("contents", contents), *options]
    used = {extent.disk for work in works for extent in work.volume.extents}
    disks = [paths[number].absolute() for number in sorted(used)]
    return await sandbox.program(
        command,
        read=[kernel.image, scratch],
        write=[*disks, scratch / "joints"],
        devices=[KVM] if real else [],
        limits=Limits(ADDRESSES, int(SECONDS), max(disk.stat().st_size for disk in disks)),
        seconds=SECONDS,
        on_output=said.listen,
    )


async def _root(kernel: tools.Kernel, kinds: set[str], jobs: dict[str, bytes]) -> bytes:
    """Return the archive that the kernel starts with."""
    busybox = tools.find("busybox")
    assert busybox
    files = {"/init": agent.SCRIPT.encode(), "/bin/setlabel": agent.setlabel()}
    files |= await microroot.program(busybox, "busybox")
    if "ntfs" in kinds:
        ntfs = tools.find(NTFS)
        assert ntfs
        files |= await microroot.program(ntfs, NTFS)
    names = [*DISKS, *(name for kind in sorted(kinds) for name in MODULES[kind])]
    modules = await asyncio.to_thread(microroot.modules, kernel, names)
    files |= {f"/modules/{name}": content for name, content in modules.items()}
    files["/order"] = "".join(f"{name}\n" for name in modules).encode()
    return microroot.archive(files | jobs)


class _Said:
    """What the agent tells, line by line; the client's filesystem has no hand in it."""

    def __init__(self, count: int, report: Callable[[int], None]) -> None:
        self._count = count
        self._report = report
        self._rest = b""
        self._begun = self._ended = False
        self._told: dict[int, tuple[str, str]] = {}

    def listen(self, chunk: bytes) -> None:
        """Take what came over the serial port."""
        *lines, self._rest = (self._rest + chunk)[-LONGEST:].split(b"\n")
        for line in (line.strip() for line in lines):
            self._begun = self._begun or line == b"begin"
            self._ended = self._ended or line == b"end"
            if found := SAID.match(line):
                word, number, reason = (part.decode() for part in found.groups(b""))
                self._told[int(number)] = word, reason
                self._report(100 * len(self._told) // self._count)

    def outcome(self, qemu: Ended) -> list[str | None]:
        """Return for each work why it was not done; Failed if that is not certain."""
        if not self._begun:
            wrong = qemu.stderr.strip().splitlines()[-1:] or [f"it ended with {qemu.code}"]
            return [f"the appliance did not start: {wrong[0].rpartition(': ')[2]}"] * self._count
        found: list[str | None] = []
        for number in range(self._count):
            word, reason = self._told.get(number, ("", ""))
            if not self._ended or word not in ("written", "refused"):
                raise Failed(f"The appliance wrote to a disk and failed: {reason or 'it ended'}")
            found.append(None if word == "written" else reason or "the appliance gave no reason")
        return found
