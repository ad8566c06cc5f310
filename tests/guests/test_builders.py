"""What the builders make is what it is said to be: the filesystems' own tools are asked."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.guests import filesystems, tables
from tests.guests.builders import MORE, AnyRecipe, Builder
from tests.guests.filesystems import File, link, run, text
from tests.guests.gallery import BOTH, GPT, WINDOWS, row
from tests.guests.recipes import Disk
from tests.guests.tables import Piece

pytestmark = pytest.mark.guests

UUID = "01234567-89ab-cdef-0123-456789abcdef"
CHECKERS = {
    "ext2": ("e2fsck", "-fn"),
    "ext3": ("e2fsck", "-fn"),
    "ext4": ("e2fsck", "-fn"),
    "xfs": ("xfs_repair", "-n"),
    "btrfs": ("btrfs", "check"),
    "vfat": ("fsck.fat", "-n"),
    "ntfs": ("ntfsfix", "-n"),
    "LVM2_member": ("pvck", "--dump", "metadata"),
}

DISKS: list[tuple[AnyRecipe, list[str]]] = [
    (row("debian 12.4 6.1.0-15-amd64 ext4"), ["ext4"]),
    (row("debian 12.4 6.1.0-15-amd64 ext2", GPT), ["vfat", "ext2"]),
    (row("debian 12.4 6.1.0-15-amd64 ext3", BOTH), ["vfat", "", "ext3"]),
    (
        row("debian 12.4 6.1.0-15-amd64 ext4", Disk(logical=True, more=("swap",))),
        ["", "ext4", "swap"],
    ),
    (row("centos 7.9.2009 3.10.0-1160.el7.x86_64 xfs4"), ["xfs"]),
    (row("rhel 9.4 5.14.0-427.el9.x86_64 xfs", GPT, "xfs"), ["vfat", "xfs", "xfs"]),
    (row("rhel 8.9 4.18.0-513.el8.x86_64 xfs", boot="ext4", lvm="whole"), ["ext4", "LVM2_member"]),
    (
        row("rhel 8.9 4.18.0-513.el8.x86_64 xfs", boot="ext4", lvm="missing"),
        ["ext4", "LVM2_member"],
    ),
    (row("sles 15.5 5.14.21-150500.53-default btrfs"), ["btrfs"]),
    (row("sles 15.5 5.14.21-150500.53-default btrfs-suse"), ["btrfs"]),
    (row("ubuntu 18.04 4.15.0-213-generic ext4", Disk("hybrid", "bios")), ["", "ext4"]),
    (row("debian 12.4 6.1.0-15-amd64 luks", boot="ext4"), ["ext4", "crypto_LUKS"]),
    (row("debian 12.4 6.1.0-15-amd64 jfs"), ["jfs"]),
    (WINDOWS["2019 BIOS"], ["ntfs"]),
    (WINDOWS["2022 BIOS and UEFI"], ["vfat", "", "ntfs"]),
]


@pytest.mark.parametrize(
    ("recipe", "kinds"),
    DISKS,
    ids=[f"{recipe.shown}: {' '.join(kinds)}" for recipe, kinds in DISKS],
)
def test_a_disk_holds_what_it_should_and_its_filesystems_are_clean(
    guests: Builder, tmp_path: Path, recipe: AnyRecipe, kinds: list[str]
) -> None:
    disk = guests.disk(recipe)

    found = []
    for number, (offset, size) in enumerate(partitions(disk)):
        part = extracted(disk, offset, size, tmp_path / f"part{number}")
        kind = probed(part)
        if kind in CHECKERS:
            run(*CHECKERS[kind], part)
        found.append(kind)

    assert found == kinds


def test_a_partition_table_of_4k_sectors_is_right(tmp_path: Path) -> None:
    image = filesystems.fat(tmp_path / "esp", {})
    disk = tables.gpt(tmp_path / "disk", [Piece(image, 0xEF), Piece(None, size=1 << 20)], 4096)

    shown = run("fdisk", "-b", "4096", "-o", "Start,Sectors", "-l", disk).decode()

    assert "Disklabel type: gpt" in shown
    assert re.findall(r"^ *(\d+) +(\d+)$", shown, re.MULTILINE) == [
        ("256", "10240"),
        ("10496", "256"),
    ]


def test_owners_modes_labels_and_links_are_kept_on_ext(tmp_path: Path) -> None:
    files = {
        "/etc/shadow": File(b"x", 0o640, 0, 42, label="system_u:object_r:shadow_t:s0"),
        "/bin": link("usr/bin"),
        "/home/ann/a file": text("y"),
    }

    image = filesystems.ext(tmp_path / "ext", files)

    shown = run("debugfs", "-R", "stat /etc/shadow", image).decode()
    assert re.search(r"User: +0 +Group: +42 .*", shown)
    assert "Mode:  0640" in shown
    assert "shadow_t" in run("debugfs", "-R", "ea_list /etc/shadow", image).decode()
    assert 'dest: "usr/bin"' in run("debugfs", "-R", "stat /bin", image).decode()


def test_labels_are_kept_on_xfs(tmp_path: Path) -> None:
    label = "system_u:object_r:etc_t:s0"
    image = filesystems.xfs(tmp_path / "xfs", {"/etc/fstab": File(b"x", label=label)})

    shown = run("xfs_db", "-c", "path /etc/fstab", "-c", "print a", image).decode()

    assert f'"{label}\\000"' in shown
    run("xfs_repair", "-n", image)


@pytest.mark.parametrize("kind", ["swap", "luks", "bitlocker"])
def test_blkid_knows_the_signatures(tmp_path: Path, kind: str) -> None:
    image = MORE[kind](tmp_path / "image", UUID).image

    assert image is not None
    assert probed(image) == {"luks": "crypto_LUKS", "bitlocker": "BitLocker"}.get(kind, kind)


def test_windows_keeps_its_hives(guests: Builder, tmp_path: Path) -> None:
    [(offset, size)] = partitions(guests.disk(WINDOWS["2019 BIOS"]))
    part = extracted(guests.disk(WINDOWS["2019 BIOS"]), offset, size, tmp_path / "part")

    hive = run("ntfscat", part, "Windows/System32/config/SOFTWARE")

    assert hive.startswith(b"regf")
    assert "Windows Server 2019 Datacenter".encode("utf-16-le") in hive


# asking -------------------------------------------------------------------------------------------


def partitions(disk: Path) -> list[tuple[int, int]]:
    """Return offset and size of each partition, as sfdisk sees them."""
    shown = run("sfdisk", "-d", disk).decode()
    found = re.findall(r"start= *(\d+), size= *(\d+)", shown)
    return [(int(start) * 512, int(size) * 512) for start, size in found]


def extracted(disk: Path, offset: int, size: int, target: Path) -> Path:
    """Copy a partition into a file of its own."""
    return filesystems.copied(disk, target, offset, size)


def probed(image: Path) -> str:
    """Return what blkid takes a file for."""
    command = ["blkid", "-p", "-o", "value", "-s", "TYPE", str(image)]
    done = subprocess.run(command, capture_output=True, env=filesystems.TOOLS, check=False)
    return done.stdout.decode().strip()
