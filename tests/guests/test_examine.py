"""Disks as one Guest: roots and mounts, what starts, and what cannot be seen."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from converters.guests.guest import LIST, TEXT, Guest, Linux, Mount
from converters.guests.look.examine import cut, examine
from converters.guests.look.mounts import put_together
from converters.guests.look.roots import find_roots
from converters.guests.look.volumes import Volumes, find_volumes
from converters.guests.plain import from_json
from converters.guests.tree import Tree
from tests.guests import filesystems, hives, signatures, tables
from tests.guests.builders import Builder
from tests.guests.filesystems import MIB, File, directory, link, text
from tests.guests.recipes import Recipe, WindowsRecipe
from tests.guests.tables import Piece

pytestmark = pytest.mark.guests

DEBIAN: Final = Recipe("debian", "12.4", "6.1.0-18-amd64")
RHEL: Final = Recipe("rhel", "8.9", "4.18.0-513.el8.x86_64", filesystem="xfs")
SLES: Final = Recipe("sles", "15.5", "5.14.21-150500.53-default", filesystem="btrfs-suse")
WINDOWS: Final = WindowsRecipe(hives.PRODUCTS["2019"])
ROOT: Final[Mapping[str, File]] = {
    "/etc/os-release": text("ID=debian\nVERSION_ID=12\n"),
    "/etc/passwd": text("root:x:0:0::/root:/bin/sh\n"),
    "/usr/bin": directory(),
}
UUIDS: Final = tuple(f"{number:08x}-0000-4000-8000-000000000000" for number in range(1, 9))


def linux_of(guest: Guest) -> Linux:
    assert guest.linux is not None
    return guest.linux


def root(target: Path, fstab: str = "", more: Mapping[str, File] | None = None) -> Path:
    """Make an ext4 with a small Linux."""
    files = {**ROOT, "/etc/fstab": text(fstab), **(more or {})}
    return filesystems.ext(target, files, uuid=UUIDS[0], size=16 * MIB)


def test_a_linux_is_put_together(guests: Builder) -> None:
    guest = examine(guests.disks(replace(DEBIAN, boot="ext2")))

    found = linux_of(guest)
    [table] = guest.disks
    assert (table.scheme, table.problem) == ("mbr", None)
    assert [(one.id, one.filesystem) for one in guest.volumes] == [("0:1", "ext2"), ("0:2", "ext4")]
    assert (found.volume, found.roots, found.etc_directories) == ("0:2", ("0:2",), ())
    assert found.kernels[0].path is not None  # it is in the other filesystem
    assert found.free is not None
    assert (guest.boot_modes, guest.unseen, guest.windows) == (("legacy-bios",), (), None)


def test_a_linux_of_uefi_is_put_together(guests: Builder) -> None:
    guest = examine(guests.disks(DEBIAN.on(table="gpt", firmware="uefi")))

    assert [one.filesystem for one in guest.volumes] == ["vfat", "ext4"]
    assert linux_of(guest).boot.efi_fallback is not None
    assert guest.boot_modes == ("uefi",)


def test_a_logical_volume_is_a_volume(guests: Builder) -> None:
    guest = examine(guests.disks(replace(RHEL, lvm="whole")))

    assert [(one.id, one.filesystem) for one in guest.volumes] == [
        ("0:1", "lvm"),
        ("vg/root", "xfs"),
    ]
    assert linux_of(guest).volume == "vg/root"
    assert linux_of(guest).mounts[0].volume == "vg/root"
    assert guest.unseen == ()


def test_a_broken_volume_group_is_told(guests: Builder) -> None:
    guest = examine(guests.disks(replace(RHEL, lvm="missing")))

    assert guest.linux is None
    assert all(one.problem for one in guest.volumes)
    assert "is not among the disks" in str(guest.volumes[0].problem)
    assert any("vg/root could not be looked into" in one for one in guest.unseen)


def test_the_default_subvolume_is_the_root(guests: Builder) -> None:
    guest = examine(guests.disks(SLES))

    [volume] = guest.volumes
    assert "@/.snapshots/1/snapshot" in volume.subvolumes
    assert linux_of(guest).distribution == "sles"


def test_a_root_in_another_subvolume_is_found(guests: Builder) -> None:
    recipe = Recipe("fedora", "39", "6.5.6-300.fc39.x86_64", filesystem="btrfs-fedora")

    guest = examine(guests.disks(recipe))

    assert guest.volumes[0].subvolumes == ("home", "root")
    assert linux_of(guest).roots == ("0:1",)


def test_a_windows_is_put_together(guests: Builder) -> None:
    guest = examine(guests.disks(WINDOWS.on(table="gpt", firmware="uefi")))

    assert guest.windows is not None
    assert guest.windows.roots == (guest.windows.volume,)
    assert guest.windows.space is not None
    assert "EFI/Microsoft/Boot/bootmgfw.efi" in guest.windows.boot_files
    assert (guest.boot_modes, guest.unseen, guest.linux) == (("uefi",), (), None)


def test_both_systems_of_a_dual_boot_are_seen(guests: Builder) -> None:
    guest = examine(guests.disks(replace(DEBIAN, second=WINDOWS)))

    assert guest.windows is not None
    assert linux_of(guest).volume != guest.windows.volume


def test_the_child_prints_what_was_found(guests: Builder) -> None:
    disks = guests.disks(DEBIAN)

    assert child(*disks) == examine(disks)


def test_without_files_no_filesystem_is_opened(guests: Builder) -> None:
    disks = guests.disks(DEBIAN)

    found = child("--no-files", *disks)

    assert (found.disks, found.volumes) == (examine(disks).disks, examine(disks).volumes)
    assert (found.linux, found.unseen) == (None, ("No filesystem was opened.",))


def child(*arguments: str | Path) -> Guest:
    """Run the child."""
    command = [sys.executable, "-m", "converters.guests.look", *arguments]
    ended = subprocess.run(command, check=True, capture_output=True)
    return from_json(Guest, ended.stdout)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs"])
def test_a_filesystem_needs_no_partition(tmp_path: Path, kind: str) -> None:
    make: dict[str, Callable[[Path, Mapping[str, File]], Path]] = {
        "ext4": filesystems.ext,
        "xfs": filesystems.xfs,
        "btrfs": filesystems.btrfs,
    }
    disk = make[kind](tmp_path / "disk", ROOT)

    guest = examine([disk])

    assert (guest.disks[0].scheme, guest.boot_modes) == (None, ())
    assert (guest.volumes[0].id, guest.volumes[0].filesystem) == ("0", kind)
    assert linux_of(guest).volume == "0"


def test_a_filesystem_with_a_boot_sector_needs_no_partition(tmp_path: Path) -> None:
    disk = filesystems.ext(tmp_path / "disk", ROOT)
    with disk.open("r+b") as file:
        file.write(tables.BOOT_CODE.ljust(510, b"\0") + b"\x55\xaa")

    guest = examine([disk])

    assert (guest.disks[0].scheme, guest.boot_modes) == (None, ("legacy-bios",))
    assert linux_of(guest).volume == "0"


@pytest.mark.parametrize("kind", ["vfat", "ntfs"])
def test_a_boot_sector_is_no_table(tmp_path: Path, kind: str) -> None:
    disk = tmp_path / "disk"
    if kind == "vfat":
        filesystems.fat(disk, {})
    else:
        filesystems.ntfs(disk, {}, size=64 * MIB)
    with disk.open("r+b") as file:
        file.seek(446)
        file.write(b"\x80\1\1\0\x83\0\0\0\0\x08\0\0\0\x08\0\0")

    guest = examine([disk])

    assert guest.disks[0].scheme is None
    assert [one.filesystem for one in guest.volumes] == [kind]


@pytest.mark.parametrize(
    "source",
    [
        "/dev/sdb1",
        f"UUID={UUIDS[1]}",
        "LABEL=boot",
        "PARTUUID=564d4945-01",
        "/dev/disk/by-label/boot",
    ],
)
def test_mounts_of_other_disks_are_followed(tmp_path: Path, source: str) -> None:
    own = root(tmp_path / "root", f"{source} /boot ext4 defaults 0 2\n")
    boot = filesystems.ext(tmp_path / "boot", {"/mark": text("here")}, uuid=UUIDS[1], label="boot")
    first = tables.mbr(tmp_path / "0", [Piece(own)], signature=7)
    second = tables.mbr(tmp_path / "1", [Piece(boot)])

    system = put_together(*looked(first, second))

    assert system.read("/boot/mark", 9) == b"here"
    assert system.names("/boot") == ["lost+found", "mark"]


def looked(*disks: Path) -> tuple[Volumes, Tree]:
    volumes = find_volumes(disks)
    return volumes, find_roots(volumes).linux[0]


def test_subvolumes_are_mounted_where_fstab_says(tmp_path: Path) -> None:
    fstab = "/dev/sda2 /old btrfs ro,subvol=/@/.snapshots/1/snapshot 0 0\n"
    fstab += "/dev/sda2 /all btrfs subvol=/ 0 0\n/dev/sda2 /nope btrfs subvol=nope 0 0\n"
    pool = filesystems.prepared(tmp_path / "pool", "btrfs-suse")
    disk = tables.mbr(tmp_path / "disk", [Piece(root(tmp_path / "root", fstab)), Piece(pool)])

    volumes, tree = looked(disk)
    system = put_together(volumes, tree)

    assert set(system.mounts) == {"/old", "/all"}
    assert system.is_file("/old/etc/os-release")
    assert system.is_dir("/all/@/home")
    assert volumes.found[1].problem is None  # that a subvolume is missing is fstab's fault


@pytest.mark.parametrize(
    "fstab",
    [
        "/dev/sda1 / ext4\n/dev/sda1 /again ext4\n",
        "/dev/sda1 /../../etc ext4\n",
        "/dev/sda1 relative ext4\n/dev/sda9 /boot ext4\n",
        "/dev/sda2 /swap ext4\n",
        "\0" * 999,
        "/dev/sda1 /a ext4\n" * 50_000,
    ],
)
def test_odd_lines_of_fstab_mount_nothing(tmp_path: Path, fstab: str) -> None:
    own = root(tmp_path / "root", fstab)
    swap = signatures.swap(tmp_path / "swap", UUIDS[2])
    disk = tables.mbr(tmp_path / "disk", [Piece(own), Piece(swap, 0x82)])

    assert put_together(*looked(disk)).mounts == {}


def test_a_broken_filesystem_in_fstab_is_left_out(tmp_path: Path) -> None:
    own = root(tmp_path / "root", "/dev/sda2 /boot ext4\n")
    broken = filesystems.ext(tmp_path / "broken", {})
    with broken.open("r+b") as file:
        file.seek(2048)
        file.write(b"\xff" * 65536)
    disk = tables.mbr(tmp_path / "disk", [Piece(own), Piece(broken)])

    guest = examine([disk])

    assert linux_of(guest).volume == "0:1"
    assert guest.volumes[1].problem is not None
    assert guest.unseen == (f"Volume 0:2 could not be looked into: {guest.volumes[1].problem}.",)


def test_a_release_file_may_lead_into_another_filesystem(tmp_path: Path) -> None:
    files = {
        "/etc/os-release": link("../usr/lib/os-release"),
        "/etc/fstab": text("/dev/sda2 /usr ext4\n"),
        "/usr": directory(),
    }
    top = filesystems.ext(tmp_path / "top", files)
    usr = filesystems.ext(tmp_path / "usr", {"/lib/os-release": text("ID=debian\nVERSION_ID=12\n")})
    disk = tables.mbr(tmp_path / "disk", [Piece(top), Piece(usr)])

    guest = examine([disk])

    assert (linux_of(guest).volume, linux_of(guest).distribution) == ("0:1", "debian")


def test_a_root_with_a_fstab_comes_before_one_without(tmp_path: Path) -> None:
    bare = filesystems.ext(tmp_path / "bare", ROOT)
    disk = tables.mbr(tmp_path / "disk", [Piece(bare), Piece(root(tmp_path / "root"))])

    found = linux_of(examine([disk]))

    assert (found.volume, found.roots) == ("0:2", ("0:1", "0:2"))


def test_data_is_no_root(tmp_path: Path) -> None:
    data = {"/etc": directory(), "/home/user/etc/os-release": text("ID=debian\n")}
    disk = tables.mbr(tmp_path / "disk", [Piece(filesystems.ext(tmp_path / "data", data))])

    assert examine([disk]).linux is None


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("old", ("/etc", "/old/etc")),
        ("srv/chroot", ("/etc", "/srv/chroot/etc")),
        ("usr", ()),
        ("var/lib", ()),
        ("a/b/c", ()),
    ],
)
def test_a_second_etc_is_found(tmp_path: Path, where: str, found: tuple[str, ...]) -> None:
    other = {f"/{where}{path}": file for path, file in ROOT.items() if path.startswith("/etc")}
    own = root(tmp_path / "root", more={**other, f"/{where}/etc/fstab": text("")})
    disk = tables.mbr(tmp_path / "disk", [Piece(own)])

    assert linux_of(examine([disk])).etc_directories == found


def test_a_part_of_another_etc_is_none(tmp_path: Path) -> None:
    own = root(tmp_path / "root", more={"/srv/etc/fstab": text(""), "/srv/etc/passwd": text("")})
    disk = tables.mbr(tmp_path / "disk", [Piece(own)])

    assert linux_of(examine([disk])).etc_directories == ()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda at: signatures.luks(at, UUIDS[0]),
            "is encrypted with LUKS: what is in it cannot be seen.",
        ),
        (signatures.bitlocker, "is encrypted with BitLocker: what is in it cannot be seen."),
        (lambda at: signatures.jfs(at, UUIDS[0]), "holds jfs, which is not read here."),
        (
            lambda at: signatures.written(at, MIB, 128 << 10, b"\x0c\xb1\xba\0\0\0\0\0"),
            "is part of a ZFS pool, which is not put together here.",
        ),
        (lambda at: signatures.swap(at, UUIDS[0]), None),
    ],
)
def test_what_cannot_be_seen_is_said(
    tmp_path: Path, make: Callable[[Path], Path], sentence: str | None
) -> None:
    disk = tables.mbr(tmp_path / "disk", [Piece(make(tmp_path / "image"))])

    assert examine([disk]).unseen == ((f"Volume 0:1 {sentence}",) if sentence else ())


def test_a_dynamic_disk_is_told(tmp_path: Path) -> None:
    disk = tables.mbr(tmp_path / "disk", [Piece(None, 0x42, MIB)])

    assert examine([disk]).unseen == (
        "Disk 0 is a dynamic disk of Windows: only volumes that begin as partitions do are seen.",
    )


def test_an_etc_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    own = root(tmp_path / "root")
    inode = filesystems.run("debugfs", "-R", "blocks /etc", own).split()[0]
    with own.open("r+b") as file:
        file.seek(int(inode) * 1024)
        file.write(b"\x0b\0\0\0\3\0")
    disk = tables.mbr(tmp_path / "disk", [Piece(own)])

    guest = examine([disk])

    assert guest.linux is None
    assert guest.volumes[0].problem == "a directory is broken"


LOADER: Final = text("MZ")
FALLBACK: Final = {"/EFI/BOOT/BOOTX64.EFI": LOADER}


@pytest.mark.parametrize(
    ("table", "files", "bios", "modes"),
    [
        ("mbr", None, False, ("legacy-bios",)),
        ("mbr", FALLBACK, False, ("legacy-bios", "uefi")),
        ("gpt", None, False, ()),
        ("gpt", None, True, ("legacy-bios",)),
        ("gpt", FALLBACK, True, ("legacy-bios", "uefi")),
        ("gpt", {"/efi/boot/bootx64.efi": LOADER}, False, ("uefi",)),
        ("gpt", {"/EFI/debian/shimx64.efi": LOADER}, False, ("uefi",)),
        ("gpt", {"/EFI/Microsoft/Boot/bootmgfw.efi": LOADER}, False, ("uefi",)),
        ("gpt", {"/EFI/BOOT/BOOTIA32.EFI": LOADER}, False, ()),
        ("gpt", {"/EFI/debian/grub.cfg": LOADER}, False, ()),
        ("gpt", {"/BOOTX64.EFI": LOADER}, False, ()),
        ("hybrid", FALLBACK, False, ("legacy-bios", "uefi")),
    ],
)
def test_what_the_disk_could_start_with(
    tmp_path: Path, table: str, files: Mapping[str, File] | None, bios: bool, modes: tuple[str, ...]
) -> None:
    pieces = [Piece(None, size=2 * MIB)]
    if files is not None:
        pieces.append(Piece(filesystems.fat(tmp_path / "esp", files, 6 * MIB), 0xEF))
    if bios:
        pieces.append(Piece(None, size=MIB, guid=tables.BIOS_BOOT))
    disk = tmp_path / "disk"
    if table == "mbr":
        tables.mbr(disk, pieces)
    else:
        tables.gpt(disk, pieces, hybrid=[0] if table == "hybrid" else [], code=True)

    assert examine([disk]).boot_modes == modes


def test_nothing_starts_without_boot_code(tmp_path: Path) -> None:
    disk = tables.mbr(tmp_path / "disk", [Piece(None, size=MIB)], code=False)

    assert examine([disk]).boot_modes == ()


@pytest.mark.parametrize("size", [0, 1, 512, MIB])
def test_an_empty_disk_is_a_guest_of_nothing(tmp_path: Path, size: int) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(size))

    guest = examine([disk])

    assert (guest.disks[0].size, guest.disks[0].scheme) == (size, None)
    assert guest == Guest(guest.disks)


def test_names_that_are_not_utf8_are_no_end(tmp_path: Path) -> None:
    own = filesystems.ext(tmp_path / "root", {**ROOT, "/etc/fstab": text(""), "/etc/zz": text("")})
    content = own.read_bytes()
    own.write_bytes(content.replace(b"\x02\x01zz\0\0", b"\x02\x01\xff\xfe\0\0"))
    disk = tables.mbr(tmp_path / "disk", [Piece(own)])

    assert linux_of(child(disk)).distribution == "debian"


def test_texts_and_lists_are_cut() -> None:
    mount = Mount(1, "x" * 9999, "/", "ext4", "")

    found = cut(Guest((), linux=Linux("0", mounts=(mount,) * (LIST + 5))))

    assert len(linux_of(found).mounts) == LIST
    assert linux_of(found).mounts[0].source == "x" * TEXT
