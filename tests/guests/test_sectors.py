"""Bytes outside of filesystems are written where they belong, all or none, and after the files."""

from dataclasses import replace
from pathlib import Path

import pytest

from converters.guests.guest import Extent, Guest, Volume
from converters.guests.plan import FileChange, Plan, SectorChange
from converters.guests.write import writing
from converters.guests.write.outcome import Refused
from converters.guests.write.sectors import write_sectors

SIZE = 8192
CHANGE = SectorChange(0, 512, "0001", "a test")


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "0001").write_bytes(b"new" * 100)
    disk = tmp_path / "disk.raw"
    disk.write_bytes(b"\xaa" * SIZE)
    return disk


def test_only_those_bytes_change(disk: Path) -> None:
    write_sectors([disk], [CHANGE, replace(CHANGE, offset=SIZE - 300)], disk.parent)

    content = disk.read_bytes()
    assert content[:512] + content[812:-300] == b"\xaa" * (SIZE - 600)
    assert content[512:812] == content[-300:] == b"new" * 100


@pytest.mark.parametrize(
    "wrong",
    [
        replace(CHANGE, disk=1),
        replace(CHANGE, disk=-1),
        replace(CHANGE, offset=-1),
        replace(CHANGE, offset=SIZE - 299),
        replace(CHANGE, offset=SIZE + 512),
    ],
)
def test_outside_of_the_disk_nothing_is_written(disk: Path, wrong: SectorChange) -> None:
    with pytest.raises(Refused):
        write_sectors([disk], [CHANGE, wrong], disk.parent)

    assert disk.read_bytes() == b"\xaa" * SIZE


async def test_a_plan_of_sectors_alone_is_written(disk: Path) -> None:
    percents: list[int] = []

    left = await writing.write(
        [disk], Guest(()), Plan(sectors=(CHANGE,)), disk.parent, disk.parent, percents.append
    )

    assert left == ()
    assert disk.read_bytes()[512:812] == b"new" * 100
    assert percents[-1] == 100


async def test_without_its_files_a_partition_table_stays(disk: Path) -> None:
    volume = Volume("0", (Extent(0, 0, SIZE),), "jfs")
    file = FileChange("0", "/etc/x", "/etc/x", "0001", "a test")
    plan = Plan(files=(file,), sectors=(CHANGE,))

    left = await writing.write(
        [disk], Guest((), (volume,)), plan, disk.parent, disk.parent, lambda _: None
    )

    assert left == (
        "Not written, and as it was: /etc/x; there is no tool that writes to jfs.",
        "The partition table stays as it was, since not all files could be written.",
    )
    assert disk.read_bytes() == b"\xaa" * SIZE
