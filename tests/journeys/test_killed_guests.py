"""kill -9 and cancel while a guest is looked into, planned for or written to."""

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.guests.builders import Builder
from tests.guests.conftest import guests
from tests.guests.recipes import Recipe
from tests.house import House, MakeHouse
from tests.journeys.remains import assert_programs_die, assert_tidy, stop_program

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImportImageResultTypeDef

__all__ = ["guests"]

pytestmark = [pytest.mark.slow, pytest.mark.guests]

EXT4 = Recipe("debian", "12.4", "6.1.0-15-amd64")
XFS = Recipe("rhel", "9.4", "5.14.0-427.13.1.el9_4.x86_64", "xfs")
PARTITION = 1 << 20  # bytes from the start of the disk

# a guest, and a word in the command line of what is stopped in the middle of its work
MOMENTS = {
    "looked into": (EXT4, "converters.guests.look"),
    "planned for": (EXT4, "converters.guests.adapt"),
    "written to by debugfs": (EXT4, "debugfs"),
    "written to by the appliance": (XFS, "qemu-system"),
}


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house(guests="require")


def start(house: House, disk: Path) -> "ImportImageResultTypeDef":
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    return house.ec2().import_image(
        DiskContainers=[{"UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}]
    )


def partition(disk: Path, folder: Path) -> Path:
    """The first partition of a disk, as a file."""
    target = folder / "partition"
    with disk.open("rb") as source, target.open("wb") as file:
        source.seek(PARTITION)
        while piece := source.read(1 << 20):
            file.write(piece)
    return target


def assert_sound(disk: Path, filesystem: str, folder: Path) -> None:
    """The root filesystem has nothing to repair."""
    check = {"ext4": ["e2fsck", "-fn"], "xfs": ["xfs_repair", "-n"]}[filesystem]
    done = subprocess.run([*check, partition(disk, folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_while_a_guest_is_worked_on_its_import_goes_on_at_the_next_start(
    moment: str, house: House, guests: Builder, tmp_path: Path
) -> None:
    recipe, word = MOMENTS[moment]
    task = start(house, guests.disk(recipe))
    stop_program(house, word)

    house.kill()
    assert_programs_die(house)
    house.start()

    ended = house.finished_image(task, timeout=120)
    assert ended["Status"] == "completed", ended.get("StatusMessage")
    disk = house.snapshot_bytes(ended["SnapshotDetails"][0]["SnapshotId"])
    assert disk.stat().st_size == guests.disk(recipe).stat().st_size
    assert_sound(disk, recipe.filesystem, tmp_path)
    assert_tidy(house)


@pytest.mark.parametrize("moment", MOMENTS)
def test_cancelled_while_a_guest_is_worked_on_nothing_stays(
    moment: str, house: House, guests: Builder
) -> None:
    recipe, word = MOMENTS[moment]
    task = start(house, guests.disk(recipe))
    stop_program(house, word)

    house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])

    assert house.finished_image(task)["Status"] == "deleted"
    assert house.ec2().describe_images(Owners=["self"])["Images"] == []
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert_tidy(house)
