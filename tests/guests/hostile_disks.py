"""Guests that do harm by filesystems, tables, volume groups, registries: hostile.py has more."""

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final

from tests.guests import filesystems, hives, lvm, tables
from tests.guests.builders import Builder
from tests.guests.filesystems import File, Files, run, text
from tests.guests.gallery import WINDOWS, row
from tests.guests.hostile import HOSTILE, LARGE, hostile
from tests.guests.near_misses import DEBIAN, FEDORA, RHEL, W2019
from tests.guests.recipes import Recipe
from tests.guests.tables import MIB, Piece

XFS: Final = row("centos 7.9.2009 3.10.0-1160.el7.x86_64 xfs")
BTRFS: Final = row("sles 15.5 5.14.21-150500.53-default btrfs")
TIB: Final = 1 << 40


# filesystems --------------------------------------------------------------------------------------


def _root(guests: Builder, folder: Path, recipe: Recipe) -> tuple[Path, Path]:
    """Return a guest's only partition as a file, and where the disk is to be."""
    disk = guests.disk(recipe)
    return filesystems.copied(
        disk, folder / "root", MIB, disk.stat().st_size - MIB
    ), folder / "disk"


def _debugged(name: str, *commands: str) -> None:
    def make(guests: Builder, folder: Path) -> Path:
        root, disk = _root(guests, folder, DEBIAN)
        run("debugfs", "-w", "-f", "-", root, given="\n".join(commands))
        return tables.mbr(disk, [Piece(root, bootable=True)])

    HOSTILE[name] = make


_debugged("ext4: files of a TiB", *(
    f"sif {path} size {TIB}" for path in (
        "/etc/fstab", "/usr/lib/os-release", "/boot/grub/grub.cfg", "/etc/network/interfaces",
        "/bin/bash", f"/boot/vmlinuz-{DEBIAN.kernel}", f"/boot/initrd.img-{DEBIAN.kernel}")
))  # fmt: skip
_debugged(
    "ext4: a directory in itself", "ln /etc /etc/etc", "ln / /etc/root", "ln /boot /boot/boot"
)
_debugged("ext4: a directory of a TiB", f"sif /etc size {TIB}", f"sif /boot/grub size {TIB}")
_debugged("ext4: extents everywhere", *(
    f"sif /etc/{name} block[{n}] 0x{value:x}"
    for name in ("fstab", "network")
    for n, value in enumerate((0xFFFFF30A, 0xFFFF0005, 0xFFFFFFFF, 9))
))  # fmt: skip
_debugged("ext4: a link of no length", "sif /etc/os-release size 0", "sif /vmlinuz size 0xffffffff")
_debugged("ext4: no journal, no root", "clri <2>", "clri <8>")


@hostile("XFS: files of a TiB")
def _xfs_sizes(guests: Builder, folder: Path) -> Path:
    root, disk = _root(guests, folder, XFS)
    for path in ("/etc/fstab", "/boot/grub2/grub.cfg", "/usr/lib/os-release"):
        run("xfs_db", "-x", "-c", f"path {path}", "-c", f"write core.size {TIB}", root)
    return tables.mbr(disk, [Piece(root, bootable=True)])


@hostile("XFS: a directory in itself")
def _xfs_loop(guests: Builder, folder: Path) -> Path:
    root, disk = _root(guests, folder, XFS)
    shown = run("xfs_db", "-c", "path /etc", "-c", "print u3.sfdir3.list u3.sfdir3.hdr", root)
    assert shown is not None
    for command in ("write u3.sfdir3.list[0].inumber.i4 128", "write u3.sfdir3.hdr.count 255"):
        run("xfs_db", "-x", "-c", "path /", "-c", command, root)
    return tables.mbr(disk, [Piece(root, bootable=True)])


@hostile("swap that says it is a filesystem, and a filesystem cut off")
def _cut(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(DEBIAN), folder / "disk")
    os.truncate(disk, 5 * MIB)
    return disk


@hostile("Btrfs cut off")
def _cut_btrfs(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(BTRFS), folder / "disk")
    os.truncate(disk, 30 * MIB)
    return disk


@hostile("XFS cut off")
def _cut_xfs(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(XFS), folder / "disk")
    os.truncate(disk, 2 * MIB)
    return disk


@hostile("NTFS cut off")
def _cut_ntfs(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(W2019), folder / "disk")
    os.truncate(disk, 3 * MIB)
    return disk


# partition tables and LVM -------------------------------------------------------------------------


@hostile("logical partitions in a ring")
def _ring(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(DEBIAN.on(logical=True)), folder / "disk")
    with disk.open("r+b") as file:
        file.seek(MIB + 446 + 16)  # the second entry of the first record leads to itself
        file.write(struct.pack("<B3sB3sII", 0, b"", 5, b"", 0, 2048))
    return disk


def _gpt(name: str, at: int, form: str, *values: int) -> None:
    def make(guests: Builder, folder: Path) -> Path:
        disk = filesystems.copied(guests.disk(DEBIAN.on(table="gpt")), folder / "disk")
        with disk.open("r+b") as file:
            file.seek(512 + at)
            file.write(struct.pack(form, *values))
        return disk

    HOSTILE[name] = make


_gpt("a GPT of 4 billion entries", 80, "<I", 0xFFFFFFFF)
_gpt("a GPT with entries of no size", 84, "<I", 0)
_gpt("a GPT with entries of 4 GiB", 84, "<I", 0xFFFFFFFF)
_gpt("a GPT with entries beyond the disk", 72, "<Q", 1 << 60)
_gpt("a GPT with a header of 4 GiB", 12, "<I", 0xFFFFFFFF)


@hostile("partitions on top of each other and beyond the end")
def _overlapping(guests: Builder, folder: Path) -> Path:
    disk = filesystems.copied(guests.disk(DEBIAN), folder / "disk")
    with disk.open("r+b") as file:
        file.seek(446)
        for first, count in (
            (2048, 98304),
            (2048, 98304),
            (0, 0xFFFFFFFF),
            (0xFFFFFFFF, 0xFFFFFFFF),
        ):
            file.write(struct.pack("<B3sB3sII", 0x80, b"", 0x83, b"", first, count))
    return disk


def _lvm(name: str, text_of: Callable[[str], str]) -> None:
    def make(guests: Builder, folder: Path) -> Path:
        image = filesystems.ext(folder / "image", {"/etc/os-release": text("ID=debian\n")})
        volume = lvm.physical_volume(folder / "pv", image)
        with volume.open("r+b") as file:
            file.seek(lvm.AREA + 512)
            old = file.read(64 << 10).split(b"\0")[0].decode()
            new = text_of(old).encode() + b"\0"
            file.seek(lvm.AREA)
            file.write(lvm.area(new))
            file.seek(lvm.AREA + 512)
            file.write(new)
        return tables.mbr(folder / "disk", [Piece(volume, 0x8E)])

    HOSTILE[name] = make


_lvm("LVM: braces in braces", lambda old: "a {" * 300_000)
_lvm("LVM: brackets in brackets", lambda old: "a = [" * 150_000)
_lvm("LVM: a quote without end", lambda old: 'a = "' + "\\" * 900_000)
_lvm("LVM: a volume of 10^18 extents", lambda old: old.replace("extent_count = ", "extent_count = 9"
                                                              "99999999999999999"))  # fmt: skip
_lvm("LVM: extents of no size", lambda old: old.replace("extent_size = 8192", "extent_size = 0"))
_lvm("LVM: a thousand segments that are one", lambda old: old.replace("segment1 {", "".join(
    f"segment{n} {{ start_extent = 0 extent_count = 12 type = \"striped\" stripe_count = 1 "
    f'stripes = ["pv0", 0] }}\n' for n in range(2, 3000)) + "segment1 {"))  # fmt: skip
_lvm("LVM: a volume on itself", lambda old: old.replace('"pv0", 0', '"root", 0'))
_lvm(
    "LVM: a million stripes", lambda old: old.replace('"pv0", 0', ", ".join(['"pv0", 0'] * 90_000))
)


# registries ---------------------------------------------------------------------------------------

_ROW: Final = hives.PRODUCTS["2019"]


@cache
def _software() -> bytes:
    return hives.software_hive(_ROW)


def _hive(name: str, content: Callable[[], bytes], which: str = "SOFTWARE") -> None:
    def make(guests: Builder, folder: Path) -> Path:
        place = f"/Windows/System32/config/{which}"
        return guests.disk(replace(W2019, extra=((place, File(content())),)))

    HOSTILE[f"a registry {name}"] = make


def _patched(content: bytes, at: int, *words: int) -> bytes:
    return content[:at] + struct.pack(f"<{len(words)}I", *words) + content[at + 4 * len(words) :]


def _itself() -> bytes:
    """Return a hive whose root has itself below it."""
    hive = _software()
    [root] = struct.unpack_from("<I", hive, 36)
    [first] = struct.unpack_from("<I", hive, 4096 + root + 4 + 28)  # where its subkeys are listed
    return _patched(hive, 4096 + first + 8, root)


def _long_values() -> bytes:
    parts = hives.system_hive(_ROW).split(b"vk")
    return b"vk".join([parts[0], *(p[:2] + b"\xff\xff\xff\x7f" + p[6:] for p in parts[1:])])


def _long_list() -> bytes:
    hive = _software()
    at = hive.index(b"lh")
    return hive[: at + 2] + b"\xff\xff" + hive[at + 4 :]


_hive("that is empty", lambda: b"")
_hive("of zeros", lambda: bytes(100_000))
_hive("cut off", lambda: _software()[:5000])
_hive("whose root is below itself", _itself)
_hive("with a list of 65,535 keys", _long_list)
_hive(
    "whose keys lead nowhere", lambda: _patched(_software(), _software().index(b"lh") + 4, 1 << 31)
)
_hive("whose values have 2 GiB", _long_values, "SYSTEM")
_hive("of 400 levels", lambda: hives.hive({"\\".join(["k"] * 400): {"x": 1}}))
_hive("of 20,000 keys", lambda: hives.hive({f"Microsoft\\k{n}": {} for n in range(20_000)}))


@hostile("a Windows whose hives and programs are two letters long")
def _empty_programs(guests: Builder, folder: Path) -> Path:
    names = ("ntoskrnl.exe", "cmd.exe", "hal.dll", "config/SOFTWARE", "config/SYSTEM")
    files = tuple((f"/Windows/System32/{name}", File(b"MZ")) for name in names)
    return guests.disk(replace(WINDOWS["2019 UEFI"], extra=files))


# large ones ---------------------------------------------------------------------------------------

MANY: Final = 100_000


@hostile("100,000 names in each directory that is listed", LARGE)
def _many(guests: Builder, folder: Path) -> Path:
    files: dict[str, File] = {"/etc/os-release": text('ID="debian"\nVERSION_ID="12"\n')}
    image = filesystems.ext(folder / "root", files, size=256 * MIB, features="^has_journal")
    folders = ("/boot", "/boot/loader", "/boot/loader/entries", "/etc/netplan", "/usr", "/usr/lib",
               "/usr/lib/modules")  # fmt: skip
    commands = [f"mkdir {place}" for place in folders]
    for place in ("/boot/loader/entries", "/etc/netplan"):
        commands.append(f"cd {place}")
        commands += [f"ln /etc/os-release f{n}.conf" for n in range(MANY)]
    run("debugfs", "-w", "-f", "-", image, given="\n".join(commands))
    return tables.mbr(folder / "disk", [Piece(image, bootable=True)])


@hostile("20,000 files on Btrfs", LARGE)
def _many_btrfs(guests: Builder, folder: Path) -> Path:
    return guests.disk(replace(FEDORA, extra=tuple(_entries(20_000).items())))


@hostile("5,000 entries on XFS", LARGE)
def _many_xfs(guests: Builder, folder: Path) -> Path:
    return guests.disk(replace(RHEL, boot=None, extra=tuple(_entries(5_000).items())))


def _entries(count: int) -> Files:
    entry = text("title x\nversion 1\nlinux /vmlinuz-1\ninitrd /initrd-1\n")
    return {f"/boot/loader/entries/e{n:06}.conf": entry for n in range(count)}
