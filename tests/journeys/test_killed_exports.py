"""kill -9, cancel, failure amid the export of an AMI: one whole object comes of it, or nothing."""

import contextlib
import os
import random
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from botocore.exceptions import ClientError

from state.blobs import Blobs
from tests import disks
from tests.exports import assert_holds, etag_of
from tests.house import House
from tests.journeys.remains import (
    DEAD_WITHIN,
    MIB,
    PATIENCE,
    assert_programs_die,
    assert_tidy,
    killed_at,
    names,
    programs,
    stop_program,
    store_of,
    until,
)

pytestmark = pytest.mark.slow  # it starts many servers

if TYPE_CHECKING:
    from types_boto3_ec2.literals import DiskImageFormatType
    from types_boto3_ec2.type_defs import ExportImageTaskTypeDef

PREFIX: Final = "exports/"
WRITER: Final = "/object"  # stands in the command line of what writes an object's file
FORMATS: Final = ["VMDK", "VHD", "RAW"]


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that takes a while to write."""
    return disks.raw(tmp_path_factory.mktemp("export") / "disk", 48 * MIB + 512)


def image_of(house: House, bucket: str, source: Path) -> str:
    """Make an AMI of a disk."""
    house.put_object(bucket, "disk", source)
    task = house.ec2().import_image(
        DiskContainers=[{"Format": "RAW", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}]
    )
    ended = house.finished_image(task)
    house.s3().delete_object(Bucket=bucket, Key="disk")
    return ended["ImageId"]


def start(
    house: House, bucket: str, image_id: str, disk_format: "DiskImageFormatType" = "VMDK"
) -> str:
    """Begin an export; return the id of its task."""
    task = house.ec2().export_image(
        ImageId=image_id,
        DiskImageFormat=disk_format,
        S3ExportLocation={"S3Bucket": bucket, "S3Prefix": PREFIX},
    )
    return task["ExportImageTaskId"]


def cancel(house: House, task_id: str) -> None:
    house.ec2().cancel_export_task(ExportTaskId=task_id)


def begun(house: House, source: Path, disk_format: "DiskImageFormatType" = "VMDK") -> str:
    """Begin the export of a disk's AMI into a bucket of its own; return the id of its task."""
    bucket = house.bucket()
    return start(house, bucket, image_of(house, bucket, source), disk_format)


def tasks(house: House) -> dict[str, "ExportImageTaskTypeDef"]:
    found = house.ec2().describe_export_image_tasks()["ExportImageTasks"]
    return {task["ExportImageTaskId"]: task for task in found}


def finished(house: House, task_id: str, timeout: float = PATIENCE) -> "ExportImageTaskTypeDef":
    """Wait until an export is neither active nor being cancelled; return it."""

    def look() -> "ExportImageTaskTypeDef | None":
        task = tasks(house)[task_id]
        return task if task["Status"] not in ("active", "cancelling", "deleting") else None

    task = until(look, "the end of an export", timeout)
    assert task
    return task


def key_of(task: "ExportImageTaskTypeDef", disk_format: str = "VMDK") -> str:
    return f"{PREFIX}{task['ExportImageTaskId']}.{disk_format.lower()}"


def assert_made(
    house: House,
    task: "ExportImageTaskTypeDef",
    source: Path,
    disk_format: "DiskImageFormatType" = "VMDK",
) -> None:
    """The task has one object, which is the disk."""
    assert task["Status"] == "completed", task
    assert not {"Progress", "StatusMessage"} & task.keys()
    bucket, key = task["S3ExportLocation"]["S3Bucket"], key_of(task, disk_format)
    told = house.s3().head_object(Bucket=bucket, Key=key)
    with store_of(house) as store, store.read() as tx:
        found = tx.objects.get(bucket, key)
    assert found
    path = Blobs(house.data_dir).path(found.blob_id)
    assert (told["ContentLength"], told["ETag"]) == (path.stat().st_size, f'"{etag_of(path)}"')
    assert_holds(path, disk_format, source)


def assert_nothing_else(house: House) -> None:
    """There are no objects but those of completed exports, and nothing is left over."""
    told = [task for task in tasks(house).values() if task["Status"] == "completed"]
    found = [
        (each["Name"], object_["Key"].rpartition(".")[0])
        for each in house.s3().list_buckets()["Buckets"]
        for object_ in house.s3().list_objects_v2(Bucket=each["Name"]).get("Contents", [])
    ]
    assert sorted(found) == sorted(
        (task["S3ExportLocation"]["S3Bucket"], PREFIX + task["ExportImageTaskId"]) for task in told
    )
    assert_tidy(house)


# killed ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("disk_format", FORMATS)
def test_killed_while_it_converts_an_export_goes_on_at_the_next_start(
    own_house: House, source: Path, disk_format: "DiskImageFormatType"
) -> None:
    task_id = begun(own_house, source, disk_format)
    stop_program(own_house, WRITER)
    assert not names(own_house, "incoming")

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert tasks(own_house)[task_id]["Status"] == "active"
    assert_made(own_house, finished(own_house, task_id), source, disk_format)
    assert_nothing_else(own_house)


def test_told_to_stop_a_server_stops_and_its_exports_go_on_at_the_next_start(
    own_house: House, source: Path
) -> None:
    task_id = begun(own_house, source)
    stop_program(own_house, WRITER)

    assert own_house.stop() == 0

    assert_programs_die(own_house)
    assert "Traceback" not in own_house.server.log
    own_house.start()
    assert_made(own_house, finished(own_house, task_id), source)
    assert_nothing_else(own_house)


@pytest.mark.parametrize("state", ["pending", "validating", "publishing", "completed"])
def test_killed_around_the_commit_an_ami_becomes_one_object(
    own_house: House, tmp_path: Path, state: str
) -> None:
    small = disks.raw(tmp_path / "disk", MIB + 1)
    bucket = own_house.bucket()
    image_id = image_of(own_house, bucket, small)

    task_id = killed_at(own_house, lambda: start(own_house, bucket, image_id), state)
    own_house.start()

    if state == "completed":
        assert tasks(own_house)[task_id]["Status"] == "completed"
    assert_made(own_house, finished(own_house, task_id), small)
    assert_nothing_else(own_house)


@pytest.mark.timeout(300)
def test_whenever_it_dies_every_export_ends_as_was_told(house_on: House, tmp_path: Path) -> None:
    small = [disks.raw(tmp_path / str(n), (2 + n) * MIB, seed=n) for n in range(3)]
    bucket = house_on.bucket()
    images = [image_of(house_on, bucket, disk) for disk in small]
    chance = random.Random(5)
    cancelled = set()
    of = {}
    for turn in range(4):
        for number, image_id in enumerate(images):
            copy = house_on.ec2().copy_image(  # an AMI has one export at a time
                Name=f"{turn}-{number}", SourceImageId=image_id, SourceRegion="us-east-1"
            )
            task_id = start(house_on, bucket, copy["ImageId"])
            of[task_id] = small[number]
            time.sleep(chance.uniform(0, 0.5))
            if chance.random() < 0.4:
                with contextlib.suppress(ClientError):  # it was quicker
                    cancel(house_on, task_id)
                    cancelled.add(task_id)
        time.sleep(chance.uniform(0, 0.8))
        house_on.kill()
        assert_programs_die(house_on)
        house_on.start()

    for task_id, disk in of.items():
        ended = finished(house_on, task_id)
        if task_id in cancelled:
            assert ended["Status"] == "cancelled"
        else:
            assert_made(house_on, ended, disk)
    assert cancelled
    assert len(of) > len(cancelled)
    assert_nothing_else(house_on)


# cancelled, and failed ---------------------------------------------------------------------------


@pytest.mark.parametrize("disk_format", FORMATS)
def test_cancelled_while_it_converts_an_export_leaves_nothing(
    house_on: House, source: Path, disk_format: "DiskImageFormatType"
) -> None:
    task_id = begun(house_on, source, disk_format)
    program = stop_program(house_on, WRITER)

    cancel(house_on, task_id)

    until(lambda: program not in programs(house_on), "its end", DEAD_WITHIN)
    assert finished(house_on, task_id, timeout=5)["Status"] == "cancelled"
    assert_nothing_else(house_on)


@pytest.mark.parametrize("disk_format", FORMATS)
def test_killed_while_it_converts_an_export_can_still_be_cancelled(
    own_house: House, source: Path, disk_format: "DiskImageFormatType"
) -> None:
    task_id = begun(own_house, source, disk_format)
    stop_program(own_house, WRITER)
    own_house.kill()
    own_house.start()

    cancel(own_house, task_id)

    assert finished(own_house, task_id, timeout=20)["Status"] == "cancelled"
    assert_nothing_else(own_house)


def test_a_bucket_that_goes_meanwhile_ends_the_export(own_house: House, source: Path) -> None:
    task_id = begun(own_house, source)
    program = stop_program(own_house, WRITER)
    bucket = tasks(own_house)[task_id]["S3ExportLocation"]["S3Bucket"]
    own_house.s3().delete_bucket(Bucket=bucket)

    os.kill(program, signal.SIGCONT)

    ended = finished(own_house, task_id)
    assert ended["Status"] != "completed"
    assert ended["StatusMessage"] == f"ClientError: The S3 bucket '{bucket}' does not exist."
    assert "Progress" not in ended
    assert_nothing_else(own_house)


def test_an_ami_that_goes_meanwhile_is_exported_all_the_same(
    own_house: House, source: Path
) -> None:
    task_id = begun(own_house, source)
    program = stop_program(own_house, WRITER)
    (image,) = own_house.ec2().describe_images(Owners=["self"])["Images"]
    own_house.ec2().deregister_image(ImageId=image["ImageId"])
    (mapping,) = image["BlockDeviceMappings"]
    own_house.ec2().delete_snapshot(SnapshotId=mapping["Ebs"]["SnapshotId"])

    os.kill(program, signal.SIGCONT)

    assert_made(own_house, finished(own_house, task_id), source)
    assert_nothing_else(own_house)
