"""What debugfs writes into ext2, ext3 and ext4 is what was planned, and nothing else differs."""

import contextlib
import os
import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from converters.guests.guest import Guest
from converters.guests.look.volumes import find_volumes
from converters.guests.plan import FileChange, Plan
from converters.guests.write import ext, writing
from converters.guests.write.outcome import Failed
from tests.guests import filesystems, tables
from tests.guests.contents import changed, checked, contents
from tests.guests.filesystems import MIB, File, text
from tests.guests.tables import Piece

pytestmark = pytest.mark.guests

FSTAB = b"UUID=1234 / ext4 defaults 0 1\n"
LABEL = "system_u:object_r:etc_t:s0"
FILES = {
    "/etc/fstab": File(b"/dev/sda1 / ext4 defaults 0 1\n", 0o640, 12, 34, label=LABEL),
    "/etc/other": text("stays\n"),
    "/boot/grub/grub.cfg": text("set timeout=5\n", 0o444),
    "/usr/share/big": File(os.urandom(300_000)),
    "/usr/bin/su": File(b"\x7fELF", 0o4755),
}


def disk_of(
    folder: Path,
    kind: str = "ext4",
    features: str = "",
    size: int = 24 * MIB,
    more: dict[str, File] | None = None,
) -> Path:
    image = filesystems.ext(folder / "image", FILES | (more or {}), kind, size, features=features)
    return tables.mbr(folder / "disk.raw", [Piece(image)])


def change(path: str, content: str, kept: str | None = None, **more: object) -> FileChange:
    made = FileChange("0:1", path, path, content, "a test", kept)
    return replace(made, **more)  # type: ignore[arg-type]


async def written(disk: Path, folder: Path, changes: Sequence[FileChange]) -> tuple[str, ...]:
    guest = Guest(disks=(), volumes=tuple(find_volumes([disk]).found))
    (folder / "work").mkdir(exist_ok=True)
    percents: list[int] = []
    plan = Plan(files=tuple(changes))
    left = await writing.write([disk], guest, plan, folder, folder / "work", percents.append)
    assert percents == sorted(percents)
    assert list((folder / "work").iterdir()) == []
    return left


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    folder.mkdir()
    (folder / "0001").write_bytes(FSTAB)
    (folder / "0002").write_bytes(b"")
    (folder / "0003").write_bytes(os.urandom(3 * MIB))
    return folder


EDIT = change("/etc/fstab", "0001", "/etc/.fstab.vmimport", mode=0o640, uid=12, gid=34, label=LABEL)

KINDS = [
    ("ext2", ""),
    ("ext3", ""),
    ("ext4", ""),
    ("ext4", "inline_data"),
    ("ext4", "^metadata_csum,^64bit"),
    ("ext4", "metadata_csum_seed"),
    ("ext4", "^extent,^64bit"),
    ("ext4", "bigalloc"),
    ("ext4", "^has_journal"),
]


@pytest.mark.parametrize(("kind", "features"), KINDS)
async def test_a_file_is_replaced_and_its_original_kept(
    tmp_path: Path, plan: Path, kind: str, features: str
) -> None:
    disk = disk_of(tmp_path, kind, features)
    before = contents([disk])

    left = await written(disk, plan, [EDIT])

    after = contents([disk])
    assert left == ()
    assert changed(before, after) == {("0:1", "/etc/fstab"), ("0:1", "/etc/.fstab.vmimport")}
    assert after["0:1", "/etc/.fstab.vmimport"] == before["0:1", "/etc/fstab"]
    now = after["0:1", "/etc/fstab"]
    assert (now.mode, now.uid, now.gid) == (0o640, 12, 34)
    assert labels(disk, "/etc/fstab") == labels(disk, "/etc/.fstab.vmimport")
    assert read(disk, "/etc/fstab") == FSTAB
    checked([disk], tmp_path)


async def test_new_files_come_with_their_directories(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path)
    before = contents([disk])
    folders = ("/etc/cloud", "/etc/cloud/cloud.cfg.d")
    new = [
        change("/etc/cloud/cloud.cfg.d/99.cfg", "0001", directories=folders, label=LABEL),
        change("/etc/cloud/cloud.cfg.d/98.cfg", "0002", directories=folders, mode=0o600, uid=70000),
    ]

    left = await written(disk, plan, new)

    after = contents([disk])
    assert left == ()
    assert {path for _, path in changed(before, after)} == {*folders, *(one.path for one in new)}
    assert after["0:1", "/etc/cloud"].mode == 0o755
    assert after["0:1", "/etc/cloud/cloud.cfg.d/98.cfg"].uid == 70000
    assert LABEL in labels(disk, "/etc/cloud")
    assert labels(disk, "/etc/cloud") == labels(disk, new[0].path)
    checked([disk], tmp_path)


NAMES = [
    "with space", '"quoted"', "'single'", "back\\slash", "x$(id)", "<2>", "#comment", "-w", "ä€😀",
    "semi;colon", "a" * 240, "tab_`x`", "*?[]", "..hidden", " leading", "trailing ",
]  # fmt: skip


@pytest.mark.slow
async def test_names_are_data(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path)
    before = contents([disk])
    new = [change(f"/etc/{name}", "0001") for name in NAMES]
    new += [change(f"/{name}/{name}", "0001", directories=(f"/{name}",)) for name in NAMES]

    left = await written(disk, plan, new)

    after = contents([disk])
    assert left == ()
    assert {path for _, path in changed(before, after)} == {
        *(one.path for one in new),
        *(f"/{name}" for name in NAMES),
    }
    checked([disk], tmp_path)


@pytest.mark.parametrize(
    "name", ["new\nline", "bell\a", "nul\0", "a" * 300, "/".join(["a" * 200] * 9)]
)
async def test_what_cannot_be_named_is_refused(tmp_path: Path, plan: Path, name: str) -> None:
    disk = disk_of(tmp_path)
    before = disk.read_bytes()

    left = await written(disk, plan, [EDIT, change(f"/etc/{name}", "0001")])

    assert len(left) == 1
    assert "/etc/fstab" in left[0]
    assert contents_only(disk) == contents_only(before, tmp_path)


def contents_only(disk: Path | bytes, folder: Path | None = None) -> object:
    if isinstance(disk, bytes):
        assert folder
        (folder / "before.raw").write_bytes(disk)
        disk = folder / "before.raw"
    return contents([disk])


@pytest.mark.slow
async def test_a_directory_that_is_full_gets_room(tmp_path: Path, plan: Path) -> None:
    names = {f"/etc/{'n' * 200}{number:03}": text("x") for number in range(40)}
    disk = disk_of(tmp_path, more=names)
    before = contents([disk])

    changes = [
        change(path, "0001", f"/etc/.{'k' * 180}{number}")
        for number, path in enumerate(list(names)[:20])
    ]
    left = await written(disk, plan, changes)

    assert left == ()
    assert len(changed(before, contents([disk]))) == 40
    checked([disk], tmp_path)


async def test_a_full_filesystem_stays_as_it_was(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path, kind="ext2", size=2 * MIB)
    before = contents([disk])
    folders = ("/new", "/new/er")

    left = await written(disk, plan, [EDIT, change("/new/er/file", "0003", directories=folders)])

    assert len(left) == 1
    assert left[0].startswith("Not written, and as it was: /etc/fstab, /new/er/file; ")
    assert changed(before, contents([disk])) == set()
    checked([disk], tmp_path)


async def test_a_file_that_is_not_there_any_more_is_refused(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path)
    before = contents([disk])

    left = await written(disk, plan, [EDIT, change("/etc/gone", "0001", "/etc/.gone")])
    left += await written(disk, plan, [change("/etc/other", "0001")])
    left += await written(disk, plan, [replace(EDIT, kept="/etc/other")])

    assert [sentence.rpartition("; ")[2] for sentence in left] == [
        "/etc/gone is not what it was when it was looked at.",
        "/etc/other is not what it was when it was looked at.",
        "a file of another name is in the way.",
    ]
    assert changed(before, contents([disk])) == set()


@pytest.mark.slow
async def test_a_journal_is_replayed_first(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path)
    image, newer = tmp_path / "image", tmp_path / "block"
    block = filesystems.run("debugfs", "-R", "blocks /etc/other", image).split()[0].decode()
    newer.write_bytes(b"newer\n".ljust(1024, b"\0"))
    transaction = f"journal_open\njournal_write -b {block} {newer}\njournal_close\n"
    filesystems.run("debugfs", "-w", "-f", "-", image, given=transaction)
    disk = tables.mbr(disk, [Piece(image)])
    assert read(disk, "/etc/other") == b"stays\n"
    assert ext.state(disk, MIB).dirty

    left = await written(disk, plan, [EDIT])

    assert left == ()
    assert not ext.state(disk, MIB).dirty
    assert read(disk, "/etc/other") == b"newer\n"
    assert read(disk, "/etc/fstab") == FSTAB
    checked([disk], tmp_path)


async def test_broken_superblocks_are_refused(tmp_path: Path, plan: Path) -> None:
    disk = disk_of(tmp_path)
    guest = Guest(disks=(), volumes=tuple(find_volumes([disk]).found))
    with disk.open("r+b") as file:
        file.seek(MIB + 1024 + 0x38)
        file.write(b"\0\0")

    left = await writing.write([disk], guest, Plan(files=(EDIT,)), plan, tmp_path, lambda _: None)

    assert left == ("Not written, and as it was: /etc/fstab; its superblock is broken.",)


@pytest.mark.slow
@pytest.mark.parametrize("at", range(0x00, 0x70, 4))
async def test_damaged_superblocks_do_no_harm(tmp_path: Path, plan: Path, at: int) -> None:
    disk = disk_of(tmp_path)
    with disk.open("r+b") as file:
        file.seek(MIB + 1024 + at)
        file.write(struct.pack("<I", 0xFFFFFF7F))
    size = disk.stat().st_size
    guest = Guest(disks=(), volumes=(replace(find_volumes([disk_of(tmp_path)]).found[0]),))

    with contextlib.suppress(Failed):
        await writing.write([disk], guest, Plan(files=(EDIT,)), plan, tmp_path, lambda _: None)

    assert disk.stat().st_size == size


def read(disk: Path, path: str) -> bytes:
    return find_volumes([disk]).tree("0:1").read(path, 1 << 24)


def labels(disk: Path, path: str) -> str:
    """Return the extended attributes of a file, as debugfs shows them."""
    device = f"{disk}?offset={MIB}"
    return filesystems.run("debugfs", "-R", f'ea_list "{path}"', device).decode()
