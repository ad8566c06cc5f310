"""A file of NTFS that is replaced stays the same file; a copy of what it was is beside it."""

import os
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from converters.guests.guest import Guest
from converters.guests.look.volumes import find_volumes
from converters.guests.plan import FileChange, Plan
from converters.guests.write import writing
from tests.guests import filesystems, tables
from tests.guests.contents import changed, checked, contents
from tests.guests.filesystems import MIB, File
from tests.guests.tables import Piece

pytestmark = [pytest.mark.guests, pytest.mark.slow]

HIVE = "/Windows/System32/config/SYSTEM"
KEPT = "/Windows/System32/config/.SYSTEM.vmimport"
OLD = b"regf" + os.urandom(200_000)
NEW = b"regf" + os.urandom(300_000)
UNATTEND = b"<unattend/>"


def disk_of(folder: Path, **more: File) -> Path:
    files = {HIVE: File(OLD), "/Windows/System32/config/SOFTWARE": File(OLD), **more}
    image = filesystems.ntfs(folder / "image", files)
    return tables.mbr(folder / "disk.raw", [Piece(image, 7)])


def change(path: str, content: str, kept: str | None = None, *folders: str) -> FileChange:
    return FileChange("0:1", path, path, content, "a test", kept, directories=folders)


async def written(
    disk: Path, folder: Path, changes: Sequence[FileChange], new: bytes = NEW
) -> tuple[str, ...]:
    guest = Guest(disks=(), volumes=tuple(find_volumes([disk]).found))
    plan = folder / "plan"
    plan.mkdir()
    (plan / "0001").write_bytes(new)
    (plan / "0002").write_bytes(UNATTEND)
    return await writing.write(
        [disk], guest, Plan(files=tuple(changes)), plan, folder, lambda _: None
    )


def record(disk: Path, folder: Path, path: str) -> bytes:
    """Return what ntfsinfo tells of a file, without its size and its times."""
    image = filesystems.copied(disk, folder / "asked", MIB, disk.stat().st_size - MIB)
    told = filesystems.run("ntfsinfo", "-f", "-F", path.lstrip("/"), image).splitlines()
    return b"\n".join(
        line
        for line in told
        if any(word in line for word in (b"MFT Record", b"Filename:", b"Security ID", b"Namespace"))
    )


async def test_a_hive_is_replaced_in_its_place(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)
    before, was = contents([disk]), record(disk, tmp_path, HIVE)

    changes = [
        change(HIVE, "0001", KEPT),
        change("/Windows/Panther/unattend.xml", "0002", None, "/Windows/Panther"),
    ]
    left = await written(disk, tmp_path, changes)

    after = contents([disk])
    assert left == ()
    assert {path for _, path in changed(before, after)} - {"/Windows/Panther"} == {
        HIVE,
        KEPT,
        "/Windows/Panther/unattend.xml",
    }
    tree = find_volumes([disk]).tree("0:1")
    assert tree.read(HIVE, 1 << 20) == NEW
    assert tree.read(KEPT, 1 << 20) == OLD
    assert tree.read("/Windows/Panther/unattend.xml", 100) == UNATTEND
    assert was
    assert record(disk, tmp_path, HIVE) == was
    checked([disk], tmp_path)


async def test_names_are_found_in_any_case_and_keep_theirs(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)

    changes = [
        change(HIVE.upper(), "0001", "/WINDOWS/system32/CONFIG/.Kept"),
        change("/windows/system32/New.Xml", "0002"),
    ]
    left = await written(disk, tmp_path, changes)

    assert left == ()
    tree = find_volumes([disk]).tree("0:1")
    assert {"SYSTEM", ".Kept"} < set(tree.names("/Windows/System32/config"))
    assert "New.Xml" in tree.names("/Windows/System32")
    assert tree.read(HIVE, 1 << 20) == NEW
    checked([disk], tmp_path)


async def test_a_hibernated_windows_is_left_alone(tmp_path: Path) -> None:
    sleeping = b"hibr" + struct.pack("<I", 1) + bytes(4088)
    disk = disk_of(tmp_path, **{"/hiberfil.sys": File(sleeping)})
    before = contents([disk])

    left = await written(disk, tmp_path, [change(HIVE, "0001", KEPT)])

    assert len(left) == 1
    assert left[0].startswith(f"Not written, and as it was: {HIVE}; ")
    assert changed(before, contents([disk])) == set()


async def test_what_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    disk = disk_of(tmp_path)
    image = filesystems.copied(disk, tmp_path / "image", MIB, disk.stat().st_size - MIB)
    filesystems.resize(image, 40 * MIB)
    disk = tables.mbr(tmp_path / "disk.raw", [Piece(image, 7)])
    before = contents([disk])

    left = await written(disk, tmp_path, [change(HIVE, "0001", KEPT)], os.urandom(60 * MIB))

    assert left == (f"Not written, and as it was: {HIVE}; No space left on device.",)
    assert changed(before, contents([disk])) == set()
    checked([disk], tmp_path)
