"""Filesystems as trees: what their own tools put in comes out, and nothing brings a reader down."""

import mmap
import random
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from converters.guests.look.sources import Allowance, Disk, Stream
from converters.guests.look.volumes import open_tree
from converters.guests.tree import Missing, System, Tree, Unreadable
from tests.guests import filesystems
from tests.guests.filesystems import MIB, File, directory, link, text

pytestmark = pytest.mark.guests

LABEL: Final = "system_u:object_r:etc_t:s0"
LONG: Final = "a-name-of-255-letters-" + "x" * 233
BIG: Final = random.Random(5).randbytes(3 * MIB + 17)
FAR: Final = "/" + "d" * 900
FILES: Final[Mapping[str, File]] = {
    "/etc/hostname": File(b"guest\n", 0o640, 7, 8),
    "/etc/os-release": link("../usr/lib/os-release"),
    "/etc/far": link(FAR),
    "/usr/lib/os-release": text("ID=debian\n"),
    "/usr/lib/empty": File(),
    "/usr/lib/big": File(BIG, 0o755),
    f"/usr/lib/{LONG}": text("long\n"),
    "/usr/lib/ümläut": text("letters\n"),
    "/srv": directory(0o750),
    **{f"/many/file-{number:04}": text(f"{number}\n") for number in range(400)},
}
UNIX: Final[dict[str, Callable[[Path], Path]]] = {
    "ext2": lambda disk: filesystems.ext(disk, FILES, "ext2"),
    "ext3": lambda disk: filesystems.ext(disk, FILES, "ext3"),
    "ext4": lambda disk: filesystems.ext(disk, FILES),
    "ext4-inline": lambda disk: filesystems.ext(disk, FILES, features="inline_data"),
    "ext4-bigalloc": lambda disk: filesystems.ext(disk, FILES, features="bigalloc"),
    "ext4-old": lambda disk: filesystems.ext(
        disk, FILES, features="^64bit,^metadata_csum,^flex_bg"
    ),
    "ext4-meta": lambda disk: filesystems.ext(
        disk, FILES, size=400 * MIB, features="meta_bg,^resize_inode"
    ),
    "xfs": lambda disk: filesystems.xfs(disk, FILES),
    "btrfs": lambda disk: filesystems.btrfs(disk, FILES),
}


USUAL: Final = ("ext2", "ext4", "xfs", "btrfs")


@pytest.fixture(
    scope="module",
    params=[pytest.param(n, marks=() if n in USUAL else pytest.mark.slow) for n in UNIX],
)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    disk = UNIX[request.param](tmp_path_factory.mktemp("tree") / "disk")
    if request.param == "xfs":
        with_header(disk, FAR.encode())
    return open_tree(request.param.partition("-")[0], Disk(disk), "0:1")


def with_header(disk: Path, target: bytes) -> None:
    """Give a symbolic link that stands in a block the header that mkfs.xfs -p forgets."""
    header = struct.pack(">4sIII40x", b"XSLM", 0, len(target), 0)
    with disk.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        at = content.find(target + b"\0")
        content[at : at + len(header + target)] = header + target


def test_what_was_put_in_comes_out(tree: Tree) -> None:
    system = System(tree)

    assert tree.names("/usr/lib") == sorted(["os-release", "empty", "big", LONG, "ümläut"])
    assert set(tree.names("/")) - {"lost+found"} == {"etc", "many", "srv", "usr"}
    assert len(tree.names("/many")) == 400
    assert tree.read("/usr/lib/big", 1 << 30) == BIG
    assert tree.read("/usr/lib/big", 1000) == BIG[:1000]
    assert tree.read("/usr/lib/empty", 10) == b""
    assert tree.read(f"/usr/lib/{LONG}", 10) == b"long\n"
    assert tree.read("/usr/lib/ümläut", 99) == b"letters\n"
    assert tree.read("/many/file-0399", 99) == b"399\n"
    assert system.read("/etc/os-release", 99) == b"ID=debian\n"


def test_what_a_file_is_comes_out_too(tree: Tree) -> None:
    hostname, long, folder = tree.stat("/etc/hostname"), tree.stat("/etc/far"), tree.stat("/srv")

    assert hostname is not None
    assert (hostname.kind, hostname.size, hostname.mode) == ("file", 6, 0o640)
    assert long is not None
    assert (long.kind, long.target) == ("link", FAR)
    assert folder is not None
    assert (folder.kind, folder.mode) == ("dir", 0o750)


def test_what_is_not_there_is_missing(tree: Tree) -> None:
    for path in ("/nope", "/etc/nope", "/nope/nope", "/etc/hostname/nope", "/etc/os-release/x"):
        assert tree.stat(path) is None
        with pytest.raises(Missing):
            tree.read(path, 10)
        with pytest.raises(Missing):
            tree.names(path)
    with pytest.raises(Missing):
        tree.read("/etc", 10)
    with pytest.raises(Missing):
        tree.read("/etc/os-release", 10)  # a tree follows nothing
    with pytest.raises(Missing):
        tree.names("/etc/hostname")


@pytest.mark.parametrize("path", ["/../etc", "/etc/..", "/a\0b", "/\udcff", "/" + "x/" * 5000])
def test_odd_paths_lead_nowhere(tree: Tree, path: str) -> None:
    try:
        found = tree.stat(path)
    except Unreadable:
        return
    assert found is None


def test_room_is_told(tree: Tree) -> None:
    free = tree.free()

    assert free is not None
    assert 4 * MIB < free < 400 * MIB


@pytest.mark.parametrize("count", [3, 60, 1500, 9000])
def test_xfs_has_directories_of_many_kinds(tmp_path: Path, count: int) -> None:
    """In the inode, in a block, in several with hashes in one, or in a tree."""
    names = ["a" * 255, "b\udcff\udcfe", *(f"file-number-{number}" for number in range(count))]
    (tmp_path / "content").write_bytes(b"hello")
    proto = [f"{name} ---644 0 0 {tmp_path}/content" for name in names]
    lines = ["x", "0 0", "d--755 0 0", "many d--755 0 0", *proto, "$", "$", ""]
    (tmp_path / "proto").write_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(320 * MIB)
    filesystems.run("mkfs.xfs", "-q", "-f", "-p", tmp_path / "proto", disk)

    tree = open_tree("xfs", Disk(disk), "0")

    assert tree.names("/many") == sorted(names)
    assert tree.read(f"/many/{names[-1]}", 9) == b"hello"
    assert tree.read("/many/b\udcff\udcfe", 9) == b"hello"


@pytest.mark.parametrize("others", [0, 25])
def test_labels_of_xfs_are_read(tmp_path: Path, others: int) -> None:
    """From the inode, or from a block when there are many attributes."""
    disk = filesystems.xfs(tmp_path / "disk", FILES)
    more = [("-c", f"attr_set -u -v 60 attribute{number}") for number in range(others)]
    commands = [*(word for pair in more for word in pair), "-c", "attr_set -s -v 30 selinux"]
    filesystems.run("xfs_db", "-x", "-c", "path /etc/hostname", *commands, disk)

    tree = open_tree("xfs", Disk(disk), "0")

    assert tree.label("/etc/hostname") == b"v" * 30
    assert tree.label("/usr/lib/big") is None


def test_version_4_of_xfs_is_read(tmp_path: Path) -> None:
    disk = filesystems.xfs(tmp_path / "disk", FILES, version=4)

    tree = open_tree("xfs", Disk(disk), "0")

    assert tree.read("/usr/lib/big", 1 << 30) == BIG
    assert len(tree.names("/many")) == 400


def test_labels_are_read(tmp_path: Path) -> None:
    files = {"/etc/fstab": text("", label=LABEL), "/etc/other": text("")}
    disk = filesystems.ext(tmp_path / "disk", files)

    tree = open_tree("ext4", Disk(disk), "0")

    assert (tree.label("/etc/fstab") or b"").rstrip(b"\0") == LABEL.encode()
    assert tree.label("/etc/other") is None
    assert tree.label("/nope") is None


def test_the_room_is_that_of_the_filesystems_tools(tmp_path: Path) -> None:
    disk = filesystems.ext(tmp_path / "disk", {"/big": File(BIG)})

    said = filesystems.run("dumpe2fs", "-h", disk).decode()
    blocks, size = (
        int(line.split()[-1])
        for line in said.splitlines()
        if line.startswith(("Free blocks:", "Block size:"))
    )
    assert open_tree("ext4", Disk(disk), "0").free() == blocks * size


FAT_FILES: Final[Mapping[str, File]] = {
    "/EFI/BOOT/BOOTX64.EFI": File(BIG[:100_000]),
    "/EFI/debian/grubx64.efi": File(BIG[:5000]),
    "/EFI/debian/grub.cfg": text("search\n"),
    "/a long name, with letters.txt": text("long\n"),
    "/lower.txt": text("lower\n"),
    "/empty": File(),
    **{f"/many/file-{number:04}.cfg": text(f"{number}\n") for number in range(60)},
}


@pytest.mark.parametrize("size", [6 * MIB, 20 * MIB, 40 * MIB], ids=["fat12", "fat16", "fat32"])
def test_fat_is_read_without_regard_to_case(tmp_path: Path, size: int) -> None:
    disk = filesystems.fat(tmp_path / "disk", FAT_FILES, size)

    tree = open_tree("vfat", Disk(disk), "0:1")

    assert tree.names("/EFI") == ["BOOT", "debian"]
    assert tree.names("/efi/DEBIAN") == ["grub.cfg", "grubx64.efi"]
    assert set(tree.names("/")) == {
        "EFI", "a long name, with letters.txt", "empty", "lower.txt", "many",
    }  # fmt: skip
    assert tree.read("/EFI/BOOT/bootx64.efi", 1 << 20) == BIG[:100_000]
    assert tree.read("/EFI/debian/GRUBX64.EFI", 4000) == BIG[:4000]
    assert tree.read("/A LONG name, with letters.txt", 99) == b"long\n"
    assert tree.read("/many/file-0059.CFG", 99) == b"59\n"
    assert len(tree.names("/many")) == 60
    assert tree.read("/empty", 9) == b""
    assert tree.stat("/EFI/nope") is None
    assert tree.stat("/lower.txt/x") is None
    with pytest.raises(Missing):
        tree.read("/EFI", 9)
    with pytest.raises(Missing):
        tree.names("/lower.txt")
    assert (tree.label("/EFI"), tree.free()) == (None, None)


def test_fat_listed_by_mtools_is_the_same(tmp_path: Path) -> None:
    disk = filesystems.fat(tmp_path / "disk", FAT_FILES, 20 * MIB)
    tree = open_tree("vfat", Disk(disk), "0")

    said = filesystems.run("mdir", "-/", "-b", "-i", disk, "::/").decode().splitlines()

    listed = [line.removeprefix("::") for line in said]
    assert {path.rstrip("/") for path in listed} == set(walked(tree, ""))


def test_a_chain_of_clusters_that_runs_in_a_circle_ends(tmp_path: Path) -> None:
    disk = filesystems.fat(tmp_path / "disk", {"/big": File(BIG[:20_000])}, 20 * MIB)
    with disk.open("r+b") as file:
        head = file.read(512)
        reserved = int.from_bytes(head[14:16], "little") * 512
        file.seek(reserved + 4)
        file.write(b"\2\0" * 200)  # every cluster is followed by the first

    tree = open_tree("vfat", Disk(disk), "0")

    assert len(tree.read("/big", 1 << 30)) == 20_000
    assert tree.names("/") == ["big"]


def test_ntfs_is_read_without_regard_to_case(tmp_path: Path) -> None:
    files = {"/Windows/System32/config/SYSTEM": File(BIG), "/bootmgr": text("boot")}
    disk = filesystems.ntfs(tmp_path / "disk", files, size=64 * MIB)

    tree = open_tree("ntfs", Disk(disk), "0:1")

    assert tree.read("/windows/SYSTEM32/Config/system", 1 << 30) == BIG
    assert "System32" in tree.names("/WINDOWS")
    assert tree.stat("/Windows/nope") is None
    assert tree.stat("/bootmgr/x") is None
    assert tree.label("/Windows") is None
    with pytest.raises(Missing):
        tree.read("/Windows", 10)


def test_the_room_of_ntfs_is_what_ntfsinfo_says(tmp_path: Path) -> None:
    disk = filesystems.ntfs(tmp_path / "disk", {}, size=64 * MIB)

    free = open_tree("ntfs", Disk(disk), "0").free()

    said = filesystems.run("ntfsinfo", "-m", disk).decode()
    clusters, size = numbers(said)
    assert free == clusters * size


def numbers(said: str) -> tuple[int, int]:
    """Return the free clusters and the size of one."""
    found = dict(line.strip().split(": ", 1) for line in said.splitlines() if ": " in line)
    return int(found["Free Clusters"].split()[0]), int(found["Cluster Size"].split()[0])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "vfat", "ntfs"])
def test_a_damaged_filesystem_is_unreadable_at_worst(shared: dict[str, Path], kind: str) -> None:
    for seed in range(12):
        chance = random.Random(f"{kind}{seed}")
        count = 3 * 4 ** (seed % 5)
        wounds = {chance.randrange(2 * MIB): chance.randbytes(4) for _ in range(count)}
        try:
            tree = open_tree(kind, Damaged(shared[kind], wounds), "0")
            everything(tree)
            tree.free()
        except Unreadable:
            continue


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("filesystems")
    files = {path: file for path, file in FILES.items() if "many" not in path}
    windows = {"/Windows/System32/config/SYSTEM": File(BIG)}
    return {
        "ext4": filesystems.ext(folder / "ext4", files),
        "xfs": filesystems.xfs(folder / "xfs", files),
        "btrfs": filesystems.btrfs(folder / "btrfs", files),
        "vfat": filesystems.fat(folder / "vfat", FAT_FILES, 20 * MIB),
        "ntfs": filesystems.ntfs(folder / "ntfs", windows, size=64 * MIB),
    }


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "vfat", "ntfs"])
@pytest.mark.parametrize("size", [0, 100, 4096, 200_000])
def test_a_filesystem_that_is_cut_short_is_unreadable(
    shared: dict[str, Path], tmp_path: Path, kind: str, size: int
) -> None:
    disk = tmp_path / "disk"
    with shared[kind].open("rb") as file:
        disk.write_bytes(file.read(size))

    with pytest.raises(Unreadable):
        everything(open_tree(kind, Disk(disk), "0"))


@pytest.mark.parametrize(("kind", "at"), [("ext4", 1024 + 120), ("xfs", 108)])
def test_a_superblock_with_a_wrong_checksum_is_not_believed(
    shared: dict[str, Path], kind: str, at: int
) -> None:
    """As Linux does not mount it. What is changed is but the label."""
    with pytest.raises(Unreadable, match="the checksum of the superblock is wrong"):
        open_tree(kind, Damaged(shared[kind], {at: b"other"}), "0")


def test_what_takes_too_long_is_unreadable(shared: dict[str, Path]) -> None:
    stream = Stream(Disk(shared["ext4"]), allowance := Allowance(once=-1))

    allowance.begin()
    with pytest.raises(Unreadable, match="takes too long"):
        stream.read(10)
    spent = Allowance(whole=0)
    with pytest.raises(Unreadable, match="takes too long"):
        spent.begin()


def test_another_kind_is_not_read(shared: dict[str, Path]) -> None:
    with pytest.raises(Unreadable, match="jfs is not read"):
        open_tree("jfs", Disk(shared["ext4"]), "0")


class Damaged:
    """A disk with other bytes in some places."""

    def __init__(self, path: Path, wounds: Mapping[int, bytes]) -> None:
        self.disk = Disk(path)
        self.wounds = wounds
        self.size = self.disk.size

    def read_at(self, offset: int, size: int) -> bytes:
        found = bytearray(self.disk.read_at(offset, size))
        for at, what in self.wounds.items():
            if offset <= at < offset + len(found):
                found[at - offset : at - offset + len(what)] = what[: offset + len(found) - at]
        return bytes(found)


def walked(tree: Tree, path: str, depth: int = 0) -> list[str]:
    """Return all paths in a tree."""
    found = []
    for name in tree.names(path or "/")[:400]:
        below = f"{path}/{name}"
        found.append(below)
        stat = tree.stat(below)
        if stat is not None and stat.kind == "dir" and depth < 6:
            found += walked(tree, below, depth + 1)
    return found


def everything(tree: Tree) -> None:
    """Read what is in a tree."""
    for path in walked(tree, "")[:400]:
        found = tree.stat(path)
        if found is not None and found.kind == "file":
            tree.read(path, MIB)
        tree.label(path)
