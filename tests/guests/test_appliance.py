"""What the appliance writes is what was planned, on any filesystem, and nothing else differs."""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from converters.guests import tools
from converters.guests.guest import Extent, Guest, Volume
from converters.guests.look.sources import Disk, Joined
from converters.guests.look.volumes import find_volumes, open_tree
from converters.guests.plan import FileChange, Plan
from converters.guests.write import acceleration, writing
from tests.guests import filesystems, tables
from tests.guests.contents import Contents, _walk, changed, checked, contents
from tests.guests.filesystems import MIB, File, link, text
from tests.guests.tables import Piece

pytestmark = pytest.mark.guests
slow = pytest.mark.slow

FSTAB = b"UUID=1234 / xfs defaults 0 0\n"
LABEL = "system_u:object_r:etc_t:s0"
FILES = {
    "/etc/fstab": File(b"/dev/sda1 / xfs defaults 0 0\n", 0o640),
    "/etc/other": text("stays\n"),
    "/boot/grub2/grub.cfg": text("set timeout=5\n", 0o600),
    "/usr/share/big": File(os.urandom(300_000)),
    "/usr/bin/su": File(b"\x7fELF", 0o4755),
    "/var/run": link("/run"),
    "/etc/elsewhere": link("/etc/away"),
}
PLAIN = {path: File(file.content) for path, file in FILES.items() if file.target is None}
# fmt: off
NAMES = [
    "with space", '"quoted"', "'single'", "back\\slash", "x$(id)", "<2>", "#comment", "-rf", "ä€😀",
    "semi;colon", "a" * 240, "`x`", "*?[]", " leading", "trailing ", "$new",
]
# fmt: on


def volume_of(folder: Path, kind: str, files: dict[str, File] | None = None) -> Path:
    image = folder / kind
    files = FILES if files is None else files
    if kind == "xfs":
        return filesystems.xfs(image, files)
    if kind == "xfs4":
        return filesystems.xfs(image, files, version=4)
    if kind == "btrfs":
        return filesystems.btrfs(image, files)
    if kind == "vfat":
        return filesystems.fat(image, PLAIN, size=40 * MIB)
    filesystems.ext(image, files, "ext4", features="quota")
    # mke2fs does not count what it puts there.
    subprocess.run(["e2fsck", "-fy", image], capture_output=True, env=filesystems.TOOLS)
    return image


def change(path: str, content: str, kept: str | None = None, **more: object) -> FileChange:
    made = FileChange("0:1", path, path, content, "a test", kept)
    return replace(made, **more)  # type: ignore[arg-type]


EDIT = change("/etc/fstab", "0001", "/etc/.fstab.vmimport", mode=0o640, uid=12, gid=34, label=LABEL)


async def written(
    disks: Sequence[Path],
    folder: Path,
    changes: Sequence[FileChange],
    volumes: Sequence[Volume] | None = None,
) -> tuple[str, ...]:
    guest = Guest(disks=(), volumes=tuple(volumes or find_volumes(disks).found))
    work = folder / "work"
    work.mkdir(exist_ok=True)
    percents: list[int] = []
    plan = Plan(files=tuple(changes))
    left = await writing.write(disks, guest, plan, folder, work, percents.append)
    assert percents == sorted(percents)
    assert list(work.iterdir()) == []
    return left


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "0001").write_bytes(FSTAB)
    (folder / "0002").write_bytes(b"")
    (folder / "0003").write_bytes(os.urandom(1_000_001))
    return folder


@slow
@pytest.mark.parametrize("kind", ["xfs", "xfs4", "btrfs", "ext4", "vfat"])
async def test_files_are_replaced_and_made(tmp_path: Path, plan: Path, kind: str) -> None:
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(volume_of(tmp_path, kind))])
    before = contents([disk])
    folders = ("/etc/cloud", "/etc/cloud/cloud.cfg.d")
    names = [name for name in NAMES if kind != "vfat" or not re.search(r'[\\"<>*?|]|^ | $', name)]
    new = [
        change(f"{folders[1]}/99.cfg", "0003", directories=folders, label=LABEL, uid=70000),
        change(f"{folders[1]}/98.cfg", "0002", directories=folders, mode=0o600),
        *(change(f"/boot/{name}/{name}", "0001", directories=(f"/boot/{name}",)) for name in names),
    ]

    left = await written([disk], plan, [EDIT, *new])

    after = contents([disk])
    assert left == ()
    assert {path for _, path in changed(before, after)} == {
        EDIT.path, EDIT.kept, *folders, *(one.path for one in new),
        *(one.directories[0] for one in new),
    }  # fmt: skip
    assert after["0:1", "/etc/.fstab.vmimport"] == before["0:1", "/etc/fstab"]
    assert read(disk, "/etc/fstab") == FSTAB
    assert read(disk, new[0].path) == (plan / "0003").read_bytes()
    assert read(disk, new[1].path) == b""
    if kind != "vfat":
        now = after["0:1", "/etc/fstab"]
        assert (now.mode, now.uid, now.gid) == (0o640, 12, 34)
        assert after["0:1", new[0].path].uid == 70000
        assert after["0:1", new[1].path].mode == 0o600
        assert after["0:1", folders[0]].mode == 0o755
    if kind == "btrfs":
        assert now.label == LABEL.encode() + b"\0"
    if kind == "xfs":
        shown = filesystems.run("xfs_db", "-c", "path /etc/fstab", "-c", "print a", tmp_path / kind)
        image = filesystems.copied(disk, tmp_path / "after", MIB, (tmp_path / kind).stat().st_size)
        shown = filesystems.run("xfs_db", "-c", "path /etc/fstab", "-c", "print a", image)
        assert LABEL.encode() in shown
    checked([disk], tmp_path)


@slow
async def test_all_volumes_are_written_in_one_start(tmp_path: Path, plan: Path) -> None:
    kinds = ("vfat", "xfs", "btrfs", "ext4")
    pieces = [Piece(volume_of(tmp_path, kind)) for kind in kinds]
    disk = tables.mbr(tmp_path / "disk.raw", pieces)
    before = contents([disk])
    changes = [replace(EDIT, volume=f"0:{number + 1}") for number in range(4)]
    changes.insert(2, change("/etc/new", "0003", volume="0:4"))
    changes.append(change("/missing/new", "0003", volume="0:3"))

    left = await written([disk], plan, changes)

    assert left == (
        "Not written, and as it was: /etc/fstab, /missing/new; No such file or directory.",
    )
    where = {(volume, path) for volume, path in changed(before, contents([disk]))}
    assert where == {
        ("0:4", "/etc/new"),
        *((f"0:{number}", path) for number in (1, 2, 4) for path in (EDIT.path, EDIT.kept)),
    }
    checked([disk], tmp_path)


@slow
async def test_many_volumes_are_written_and_too_many_told(tmp_path: Path, plan: Path) -> None:
    pieces = [Piece(filesystems.fat(tmp_path / "fat", PLAIN))] * 3
    disks = [tables.mbr(tmp_path / f"disk{number}.raw", pieces) for number in range(9)]
    before = contents(disks)
    places = [f"{disk}:{number}" for disk in range(9) for number in (1, 2, 3)]

    left = await written(disks, plan, [change("/etc/new", "0001", volume=one) for one in places])

    reason = "more volumes are to be changed than fit into one computer"
    assert left == (f"Not written, and as it was: /etc/new; {reason}.",) * 2
    assert changed(before, contents(disks)) == {(place, "/etc/new") for place in places[:25]}


def scattered(image: Path, folder: Path) -> tuple[list[Path], Volume]:
    """Lay a filesystem over two disks in pieces, the last piece first, as LVM may do."""
    disks = [folder / "disk0.raw", folder / "disk1.raw"]
    size = image.stat().st_size
    piece = size // 5 // MIB * MIB
    starts = list(range(0, size, piece))
    extents = []
    content = image.read_bytes()
    for disk in disks:
        disk.write_bytes(b"\xaa" * (MIB + (len(starts) + 1) * piece))
    for number, start in enumerate(starts):
        part = content[start : start + piece]
        place = MIB + (len(starts) - 1 - number) * piece
        with disks[number % 2].open("r+b") as disk_file:
            disk_file.seek(place)
            disk_file.write(part)
        extents.append(Extent(number % 2, place, len(part)))
    return disks, Volume("vg/root", tuple(extents), image.name.rstrip("4") or None)


def everything(disks: Sequence[Path], volume: Volume) -> Contents:
    found: Contents = {}
    source = Joined([Disk(disk) for disk in disks], volume.extents)
    _walk(open_tree(volume.filesystem, source, volume.id), "", volume.id, found)
    return found


@slow
@pytest.mark.parametrize("kind", ["xfs", "ext4"])
async def test_a_volume_in_pieces_is_written(tmp_path: Path, plan: Path, kind: str) -> None:
    disks, volume = scattered(volume_of(tmp_path, kind), tmp_path)
    volume = replace(volume, filesystem=kind)
    before = everything(disks, volume)
    around = [outside(disk, volume, number) for number, disk in enumerate(disks)]

    left = await written(disks, plan, [replace(EDIT, volume="vg/root")], [volume])

    assert left == ()
    after = everything(disks, volume)
    assert {path for _, path in changed(before, after)} == {EDIT.path, EDIT.kept}
    assert [outside(disk, volume, number) for number, disk in enumerate(disks)] == around
    whole = tmp_path / "whole"
    whole.write_bytes(b"".join(piece(disks, extent) for extent in volume.extents))
    checked([whole], tmp_path)


def piece(disks: Sequence[Path], extent: Extent) -> bytes:
    with disks[extent.disk].open("rb") as file:
        file.seek(extent.offset)
        return file.read(extent.size)


def outside(disk: Path, volume: Volume, number: int) -> set[int]:
    """Return which bytes stand outside of a volume; 0xAA alone is as it should be."""
    content = bytearray(disk.read_bytes())
    for extent in volume.extents:
        if extent.disk == number:
            content[extent.offset : extent.offset + extent.size] = b"\xaa" * extent.size
    return set(content)


@slow
async def test_a_subvolume_of_btrfs_is_written(tmp_path: Path, plan: Path) -> None:
    image = filesystems.prepared(tmp_path / "image", "btrfs-suse")
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(image)])
    volumes = find_volumes([disk])
    tree = volumes.tree("0:1")
    names = tree.subvolumes()  # type: ignore[attr-defined]
    assert names

    changes = [change("/in-default", "0001")]
    changes += [change("/vmie, a test", "0001", subvolume=name) for name in names[:2]]
    left = await written([disk], plan, changes)

    assert left == ()
    now = find_volumes([disk])
    assert now.tree("0:1").read("/in-default", 100) == FSTAB
    for name in names[:2]:
        assert now.tree("0:1", name).read("/vmie, a test", 100) == FSTAB
    checked([disk], tmp_path)


@slow
@pytest.mark.parametrize("kind", ["xfs", "btrfs"])
async def test_what_does_not_fit_is_taken_back(tmp_path: Path, plan: Path, kind: str) -> None:
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(volume_of(tmp_path, kind))])
    before = contents([disk])
    (plan / "0004").write_bytes(os.urandom(8 * MIB) * 40)
    folders = ("/new", "/new/er")

    left = await written(
        [disk], plan, [EDIT, change("/new/er/file", "0004", directories=folders), EDIT]
    )

    assert len(left) == 1
    assert left[0].endswith("; No space left on device.")
    assert changed(before, contents([disk])) == set()
    checked([disk], tmp_path)


REFUSED = [
    (change("/etc/gone", "0001", "/etc/.gone"), "a file is not there"),
    (change("/etc/elsewhere", "0001", "/etc/.elsewhere"), "a file is not there"),
    (change("/etc/other", "0001"), "a file is in the way"),
    (change("/etc/fstab", "0001", "/etc/other"), "a file is in the way"),
    (change("/var/run/x", "0001"), "a link leads elsewhere"),
    (change("/var/run/a/x", "0001", directories=("/var/run/a",)), "a link leads elsewhere"),
    (change("/etc/fstab/x", "0001"), "Not a directory"),
]


@slow
async def test_what_is_not_as_planned_is_refused(tmp_path: Path, plan: Path) -> None:
    pieces = [Piece(volume_of(tmp_path, "xfs"))]
    disks = [tables.mbr(tmp_path / f"disk{number}.raw", pieces) for number in range(len(REFUSED))]
    before = [contents([disk]) for disk in disks]
    changes = [replace(one, volume=f"{number}:1") for number, (one, _) in enumerate(REFUSED)]
    first = [change(f"/boot/first{n}", "0001", volume=f"{n}:1") for n in range(len(REFUSED))]

    left = await written(disks, plan, [*first, *changes])

    assert [sentence.rpartition("; ")[2] for sentence in left] == [
        f"{reason}." for _, reason in REFUSED
    ]
    assert [contents([disk]) for disk in disks] == before
    checked(disks, tmp_path)


@slow
async def test_a_damaged_filesystem_is_left_alone(tmp_path: Path, plan: Path) -> None:
    image = volume_of(tmp_path, "xfs")
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(image)])
    volumes = find_volumes([disk]).found
    with disk.open("r+b") as file:
        file.seek(MIB + 512)  # free space and inodes of the first allocation group
        file.write(os.urandom(3 * 512))

    left = await written([disk], plan, [EDIT], volumes)

    assert len(left) == 1
    assert left[0].startswith("Not written, and as it was: /etc/fstab; ")


@slow
async def test_nothing_is_left_when_it_is_cancelled(tmp_path: Path, plan: Path) -> None:
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(volume_of(tmp_path, "xfs"))])
    mark = str(disk).encode()
    running = asyncio.create_task(written([disk], plan, [EDIT]))
    async with asyncio.timeout(20):
        while not using(mark):
            await asyncio.sleep(0.02)
    await asyncio.sleep(0.5)

    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    assert using(mark) == []
    assert list((plan / "work").iterdir()) == []


KILLED = """
import asyncio, sys
from pathlib import Path
from converters.guests.guest import Guest
from converters.guests.look.volumes import find_volumes
from converters.guests.plan import FileChange, Plan
from converters.guests.write import writing
disk, folder = Path(sys.argv[1]), Path(sys.argv[2])
change = FileChange("0:1", "/etc/new", "/etc/new", "0001", "a test")
guest = Guest(disks=(), volumes=tuple(find_volumes([disk]).found))
asyncio.run(writing.write([disk], guest, Plan(files=(change,)), folder, folder, lambda _: None))
"""


@slow
async def test_nothing_is_left_when_we_are_killed(tmp_path: Path, plan: Path) -> None:
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(volume_of(tmp_path, "xfs"))])
    mark = str(disk).encode()
    with subprocess.Popen([sys.executable, "-c", KILLED, str(disk), str(plan)]) as ours:
        async with asyncio.timeout(20):
            while len(using(mark)) < 3:  # we, the lifeline, and what it runs
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)
        ours.send_signal(signal.SIGKILL)

    async with asyncio.timeout(5):
        while using(mark):
            await asyncio.sleep(0.02)


def using(mark: bytes) -> list[bytes]:
    """Return the commands of all living processes that name a file, but for our own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark in command:
                found.append(command)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xfs", "ext4", "vfat", "btrfs"])
async def test_without_tools_nothing_is_done_and_it_is_told_what_to_install(
    tmp_path: Path, plan: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(volume_of(tmp_path, kind))])
    before = disk.read_bytes()
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(tools, "FOLDERS", ())
    monkeypatch.setattr(tools, "BOOT", Path("/nowhere"))

    left = await written([disk], plan, [EDIT])

    shown = {"xfs": "XFS", "vfat": "FAT", "btrfs": "Btrfs"}.get(kind, kind)
    needed = "qemu-system-x86, linux-image-cloud-amd64 and busybox-static"
    if kind == "ext4":
        needed = "e2fsprogs"
    assert left == (
        f"Not written, and as it was: /etc/fstab; to write to {shown}, install {needed}.",
    )
    assert disk.read_bytes() == before


async def test_a_filesystem_that_nobody_writes_to_is_told(tmp_path: Path, plan: Path) -> None:
    disk = tmp_path / "disk.raw"
    disk.write_bytes(bytes(MIB))
    volume = Volume("0", (Extent(0, 0, MIB),), "jfs")

    left = await written([disk], plan, [replace(EDIT, volume="0")], [volume])

    assert left == ("Not written, and as it was: /etc/fstab; there is no tool that writes to jfs.",)


async def test_a_processor_that_counts_is_told_from_one_that_does_not() -> None:
    qemu = tools.find("qemu-system-x86_64")
    assert qemu

    assert await acceleration._counts(qemu, acceleration.EMULATED, 20)
    assert not await acceleration._counts(qemu, ("-accel", "qtest"), 0.5)


def read(disk: Path, path: str) -> bytes:
    return find_volumes([disk]).tree("0:1").read(path, 1 << 24)
