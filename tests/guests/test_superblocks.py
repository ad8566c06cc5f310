"""What stands on a volume: told as blkid tells it."""

import struct
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.guests.look.sources import Disk
from converters.guests.look.superblocks import Superblock, probe
from tests.guests import filesystems, lvm, signatures
from tests.guests.filesystems import MIB, TOOLS, run

OWN: Final = "0a1b2c3d-4e5f-4a6b-8c7d-8e9fa0b1c2d3"
NAMES: Final = {"LVM2_member": "lvm", "crypto_LUKS": "luks", "BitLocker": "bitlocker",
                "ReFS": "refs", "swsuspend": "swap"}  # fmt: skip


def ext(kind: str, *options: str) -> Callable[[Path], None]:
    """Make ext with some options."""
    return lambda disk: made(
        disk, 8 * MIB, "mke2fs", "-q", "-F", "-t", kind, "-U", OWN, "-L", "system", *options
    )


def fat(bits: str, size: int, label: str = "EFI") -> Callable[[Path], None]:
    """Make FAT."""
    return lambda disk: made(disk, size, "mkfs.fat", "-F", bits, "-i", "00AB12CD", "-n", label)


def made(disk: Path, size: int, *command: str) -> None:
    """Make a filesystem on a file of a size."""
    with disk.open("wb") as file:
        file.truncate(size)
    run(*command, disk)


def raid(disk: Path, at: int) -> None:
    """Make what looks like a member of a Linux RAID, version 1."""
    block = struct.pack("<IIII", 0xA92B4EFC, 1, 0, 0) + uuid.UUID(OWN).bytes + b"host:0".ljust(32)
    whole = bytearray(block.ljust(256, b"\0"))
    struct.pack_into("<Q", whole, 144, at // 512)  # its own place
    struct.pack_into("<I", whole, 216, raid_checksum(bytes(whole)))
    signatures.written(disk, 4 * MIB, at, bytes(whole))


def raid_checksum(block: bytes) -> int:
    total: int = sum(struct.unpack("<64I", block))
    return ((total & 0xFFFFFFFF) + (total >> 32)) & 0xFFFFFFFF


def old_raid(disk: Path) -> None:
    """Make what looks like a member of a Linux RAID, version 0.90."""
    words = [0] * 1024
    words[0], words[2] = 0xA92B4EFC, 90
    words[5], words[13], words[14], words[15] = 0x01020304, 0x05060708, 0x090A0B0C, 0x0D0E0F10
    at = 4 * MIB - 65536
    signatures.written(disk, 4 * MIB, at, struct.pack("<1024I", *words))


MAKERS: Final[dict[str, Callable[[Path], object]]] = {
    "ext2": ext("ext2"),
    "ext3": ext("ext3"),
    "ext4": ext("ext4"),
    "ext4-without-journal": ext("ext4", "-O", "^has_journal"),
    "ext4-bigalloc": ext("ext4", "-O", "bigalloc"),
    "ext2-sparse2": ext("ext2", "-O", "sparse_super2"),
    "ext3-with-extents": ext("ext3", "-O", "extent"),
    "journal": ext("ext4", "-O", "journal_dev"),
    "xfs": lambda disk: filesystems.xfs(disk, {}, uuid=OWN, label="xroot"),
    "btrfs": lambda disk: filesystems.btrfs(disk, {}, uuid=OWN, label="pool"),
    "fat12": fat("12", 4 * MIB),
    "fat16": fat("16", 20 * MIB),
    "fat32": fat("32", 64 * MIB),
    "fat-without-name": fat("16", 20 * MIB, "NO NAME"),
    "ntfs": lambda disk: made(disk, 8 * MIB, "mkfs.ntfs", "-F", "-q", "-Q", "-L", "System"),
    "swap": lambda disk: made(disk, MIB, "mkswap", "-q", "-U", OWN, "-L", "swapped"),
    "jfs": lambda disk: signatures.jfs(disk, OWN),
    "luks": lambda disk: signatures.luks(disk, OWN),
    "bitlocker": signatures.bitlocker,
    "raid-1.0": lambda disk: raid(disk, 4 * MIB - 8192),
    "raid-1.1": lambda disk: raid(disk, 0),
    "raid-1.2": lambda disk: raid(disk, 4096),
    "raid-0.90": old_raid,
    "squashfs": lambda disk: signatures.written(
        disk, MIB, 0, struct.pack("<4s4I6H", b"hsqs", 1, 0, 131072, 0, 1, 17, 0, 1, 4, 0)
    ),
    "f2fs": lambda disk: signatures.written(
        disk, MIB, 1024, struct.pack("<IHHI", 0xF2F52010, 1, 16, 9)
    ),
    "refs": lambda disk: signatures.written(disk, MIB, 0, b"\0\0\0ReFS\0"),
    "vmfs": lambda disk: signatures.written(disk, 4 * MIB, MIB, b"\x0d\xd0\x01\xc0"),
}


@pytest.mark.guests
@pytest.mark.parametrize("name", MAKERS)
def test_what_stands_there_is_what_blkid_says(tmp_path: Path, name: str) -> None:
    disk = tmp_path / "disk"
    MAKERS[name](disk)

    found = probed(disk)

    said = blkid(disk)
    kind = said["TYPE"]
    assert found.filesystem == NAMES.get(kind, "vmfs" if kind.startswith("VMFS") else kind)
    if name not in ("squashfs", "f2fs", "refs", "vmfs"):
        assert found.uuid == said.get("UUID")
        assert found.label.rstrip() == said.get("LABEL", "").rstrip()


@pytest.mark.guests
def test_a_physical_volume_has_lvms_own_id(tmp_path: Path) -> None:
    image = filesystems.ext(tmp_path / "root", {})
    disk = lvm.physical_volume(tmp_path / "disk", image)

    assert probe(Disk(disk)) == Superblock("lvm", blkid(disk)["UUID"])


@pytest.mark.parametrize(
    ("at", "magic", "name"),
    [
        (128 << 10, struct.pack("<Q", 0x00BAB10C), "zfs_member"),
        (32769, b"CD001", "iso9660"),
        (65588, b"ReIsEr2Fs", "reiserfs"),
        (32, b"NXSB", "apfs"),
        (4086, b"S1SUSPEND\0", "swap"),
    ],
)
def test_others_are_known_by_their_magic(tmp_path: Path, at: int, magic: bytes, name: str) -> None:
    disk = signatures.written(tmp_path / "disk", MIB, at, magic)

    assert probe(Disk(disk)) == Superblock(name)


@pytest.mark.guests
def test_labels_may_have_any_letter(tmp_path: Path) -> None:
    filesystems.ext(tmp_path / "ext", {}, label="système")
    made(tmp_path / "ntfs", 8 * MIB, "mkfs.ntfs", "-F", "-q", "-Q", "-L", "Sÿstem")

    assert probed(tmp_path / "ext").label == "système"
    assert probed(tmp_path / "ntfs").label == "Sÿstem"


@pytest.mark.parametrize("size", [0, 1, 512, 5000, 70_000])
def test_nothing_stands_on_zeros(tmp_path: Path, size: int) -> None:
    disk = tmp_path / "disk"
    disk.write_bytes(bytes(size))

    assert probe(Disk(disk)) is None


@pytest.mark.parametrize("name", ["fat16", "ntfs", "raid-0.90", "swap"])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wounds=st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=6)), max_size=8))
def test_wounded_ones_never_raise(
    tmp_path: Path, name: str, wounds: list[tuple[int, bytes]]
) -> None:
    disk = tmp_path / "disk"
    if not disk.exists():
        MAKERS[name](disk)
    with disk.open("r+b") as file:
        for at, what in wounds:
            file.seek(at)
            file.write(what)

    probe(Disk(disk))


def probed(disk: Path) -> Superblock:
    found = probe(Disk(disk))
    assert found is not None
    return found


def blkid(disk: Path) -> dict[str, str]:
    """Return what blkid says of a file."""
    found = subprocess.run(
        ["blkid", "-p", "-o", "export", "-u", "filesystem,raid,crypto,other", disk],
        env=TOOLS, check=True, capture_output=True,
    )  # fmt: skip
    lines = found.stdout.decode().replace("\\ ", " ").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)
