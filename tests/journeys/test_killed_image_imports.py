"""kill -9, cancel, failure amid the import of a machine: one AMI comes of it, or nothing."""

import contextlib
import filecmp
import json
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from state.blobs import Blobs
from state.objects import Object
from tests import disks, ovas
from tests.house import House
from tests.journeys.remains import (
    DEAD_WITHIN,
    MIB,
    assert_programs_die,
    assert_tidy,
    names,
    programs,
    stop_converters,
    store_of,
    until,
    writes_held,
)

pytestmark = pytest.mark.slow  # it starts many servers

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import (
        ImageDiskContainerTypeDef,
        ImportImageResultTypeDef,
        ImportImageTaskTypeDef,
    )

AT_ONCE = min(2, os.cpu_count() or 1)  # disks of one machine
VAST = 64 << 30  # bytes; hashing them takes longer than any test
NAMES = ["first.vmdk", "second.vhd"]


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two disks that take a while to convert."""
    folder = tmp_path_factory.mktemp("machine")
    return [disks.raw(folder / str(n), (96 + n) * MIB, seed=n) for n in range(2)]


@pytest.fixture(scope="session")
def machine(sources: list[Path]) -> Path:
    """Both in an OVA."""
    folder = sources[0].parent
    images = {
        name: disks.converted(kind, source, folder / name)
        for name, kind, source in zip(NAMES, ["stream VMDK", "dynamic VHD"], sources, strict=True)
    }
    return ovas.ova(folder / "vm.ova", images, manifest="SHA256")


def bucket_with(house: House, bodies: dict[str, bytes | Path]) -> str:
    bucket = house.bucket()
    for key, body in bodies.items():
        house.put_object(bucket, key, body)
    return bucket


def start(house: House, bucket: str, *keys: str) -> "ImportImageResultTypeDef":
    containers: list[ImageDiskContainerTypeDef] = [
        {"UserBucket": {"S3Bucket": bucket, "S3Key": key}} for key in keys
    ]
    return house.ec2().import_image(DiskContainers=containers)


def tasks(house: House) -> dict[str, "ImportImageTaskTypeDef"]:
    found = house.ec2().describe_import_image_tasks()["ImportImageTasks"]
    return {task["ImportTaskId"]: task for task in found}


def shown(house: House, task: "ImportImageResultTypeDef") -> "ImportImageTaskTypeDef":
    return tasks(house)[task["ImportTaskId"]]


def assert_made(house: House, task: "ImportImageTaskTypeDef", sources: list[Path]) -> None:
    """The task has one AMI, whose disks are these."""
    assert task["Status"] == "completed", task
    (image,) = house.ec2().describe_images(ImageIds=[task["ImageId"]])["Images"]
    assert image["Name"] == task["ImportTaskId"]
    found = [mapping["Ebs"]["SnapshotId"] for mapping in image["BlockDeviceMappings"]]
    assert [detail["SnapshotId"] for detail in task["SnapshotDetails"]] == found
    for snapshot_id, source in zip(found, sources, strict=True):
        assert filecmp.cmp(house.snapshot_bytes(snapshot_id), source, shallow=False)


def assert_nothing_else(house: House) -> None:
    """There are no AMIs and snapshots but those that tasks tell of, and nothing is left over."""
    told = tasks(house).values()
    images = house.ec2().describe_images(Owners=["self"])["Images"]
    snapshots = house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert sorted(each["ImageId"] for each in images) == sorted(
        task["ImageId"] for task in told if "ImageId" in task
    )
    assert sorted(each["SnapshotId"] for each in snapshots) == sorted(
        detail["SnapshotId"]
        for task in told
        for detail in task["SnapshotDetails"]
        if "SnapshotId" in detail
    )
    assert_tidy(house)


# killed ------------------------------------------------------------------------------------------


def test_killed_while_it_converts_a_machine_goes_on_at_the_next_start(
    own_house: House, machine: Path, sources: list[Path]
) -> None:
    task = start(own_house, bucket_with(own_house, {"vm.ova": machine}), "vm.ova")
    stop_converters(own_house, AT_ONCE)
    assert shown(own_house, task)["StatusMessage"] == "converting"

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert shown(own_house, task)["Status"] == "active"
    assert_made(own_house, own_house.finished_image(task), sources)
    assert_nothing_else(own_house)


def test_told_to_stop_a_server_stops_and_its_machines_go_on_at_the_next_start(
    own_house: House, machine: Path, sources: list[Path]
) -> None:
    bucket = bucket_with(own_house, {"vm.ova": machine})
    started = [start(own_house, bucket, "vm.ova") for _ in range(2)]
    stop_converters(own_house, AT_ONCE)

    assert own_house.stop() == 0

    assert_programs_die(own_house)
    assert "Traceback" not in own_house.server.log
    own_house.start()
    for task in started:
        assert_made(own_house, own_house.finished_image(task), sources)
    assert_nothing_else(own_house)


def killed_at(house: House, bucket: str, state: str, message: str) -> "ImportImageResultTypeDef":
    """Start a task and kill the server when its row says so, before it writes another row.

    Killed at `publishing`, it has kept the bytes already.
    """
    while True:
        task = start(house, bucket, "0", "1")
        kept = len(names(house, "blobs"))
        found = ""
        while found != "completed":  # then it is too late: the next one
            with writes_held(house) as connection:
                found, document = connection.execute(
                    "SELECT state, document FROM tasks WHERE id = ?", [task["ImportTaskId"]]
                ).fetchone()
                if (found, json.loads(document)["message"]) == (state, message):
                    wanted = kept + 2
                    until(lambda wanted=wanted: len(names(house, "blobs")) == wanted, "the bytes")  # type: ignore[misc]
                    house.kill()
                    return task
            time.sleep(0.0005)


@pytest.mark.parametrize("state", ["publishing", "completed"])
def test_killed_around_the_commit_a_machine_becomes_one_ami(
    own_house: House, tmp_path: Path, state: str
) -> None:
    small = [disks.raw(tmp_path / str(n), MIB + n, seed=n) for n in range(2)]
    bucket = bucket_with(own_house, {source.name: source for source in small})

    task = killed_at(own_house, bucket, state, "preparing ami")
    own_house.start()

    if state == "completed":
        assert shown(own_house, task)["Status"] == "completed"
    assert_made(own_house, own_house.finished_image(task), small)
    assert_nothing_else(own_house)


@pytest.mark.timeout(300)
def test_whenever_it_dies_every_machine_ends_as_was_told(own_house: House, tmp_path: Path) -> None:
    small = [disks.raw(tmp_path / str(n), (2 + n) * MIB, seed=n) for n in range(2)]
    images = {
        name: disks.converted("stream VMDK", source, tmp_path / name)
        for name, source in zip(["0.vmdk", "1.vmdk"], small, strict=True)
    }
    ova = ovas.ova(tmp_path / "vm.ova", images)
    bucket = bucket_with(own_house, {**images, "vm.ova": ova, "0": small[0], "1": small[1]})
    chance = random.Random(5)
    cancelled = set()
    for _ in range(8):
        for _ in range(3):
            keys = chance.choice([["vm.ova"], ["0", "1"], ["0.vmdk", "1"]])
            task_id = start(own_house, bucket, *keys)["ImportTaskId"]
            time.sleep(chance.uniform(0, 0.5))
            if chance.random() < 0.3:
                with contextlib.suppress(ClientError):  # it was quicker
                    own_house.ec2().cancel_import_task(ImportTaskId=task_id)
                    cancelled.add(task_id)
        time.sleep(chance.uniform(0, 1))
        own_house.kill()
        assert_programs_die(own_house)
        own_house.start()

    for task_id, task in tasks(own_house).items():
        ended = own_house.finished_image(task)  # type: ignore[arg-type]
        if task_id in cancelled:
            assert (ended["Status"], ended["StatusMessage"]) == (
                "deleted",
                "Task canceled by user",
            )
        else:
            assert_made(own_house, ended, small)
    assert cancelled
    assert_nothing_else(own_house)


# cancelled, and failed ---------------------------------------------------------------------------


def put_vast_ova(house: House, bucket: str) -> None:
    """Put an OVA with a disk that is nothing but a hole, and a manifest."""
    said = ovas.descriptor([ovas.Disk(href="disk.vmdk", size=VAST, capacity=VAST)])
    head = (
        ovas.member(b"vm.ovf", said.encode())
        + ovas.member(b"vm.mf", f"SHA256(disk.vmdk)= {'0' * 64}\n".encode())
        + ovas.header(b"disk.vmdk", ovas.base_256(VAST))
    )
    blobs = Blobs(house.data_dir)
    blob_id, size = blobs.new_id(), len(head) + VAST + 1024
    blobs.keep(disks.sparse(blobs.incoming(), size, head), blob_id)
    row = Object(
        bucket=bucket,
        key="vm.ova",
        blob_id=blob_id,
        size=size,
        etag="",
        modified_at=datetime.now(UTC),
    )
    with store_of(house) as store, store.begin() as tx:
        tx.objects.put(row)


def test_cancelled_while_it_is_validated_a_machine_leaves_nothing(own_house: House) -> None:
    bucket = own_house.bucket()
    put_vast_ova(own_house, bucket)
    task = start(own_house, bucket, "vm.ova")
    until(lambda: shown(own_house, task)["StatusMessage"] == "validating", "its validation")

    own_house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])

    ended = own_house.finished_image(task, timeout=5)
    assert (ended["Status"], ended["StatusMessage"]) == ("deleted", "Task canceled by user")
    assert_nothing_else(own_house)


def test_killed_while_it_is_validated_a_machine_can_still_be_cancelled(own_house: House) -> None:
    bucket = own_house.bucket()
    put_vast_ova(own_house, bucket)
    task = start(own_house, bucket, "vm.ova")
    until(lambda: shown(own_house, task)["StatusMessage"] == "validating", "its validation")

    own_house.kill()
    own_house.start()
    answer = own_house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])

    assert answer["State"] == "deleting"
    assert own_house.finished_image(task, timeout=20)["Status"] == "deleted"
    assert_nothing_else(own_house)


def test_cancelled_while_it_converts_a_machine_leaves_nothing(
    own_house: House, machine: Path
) -> None:
    task = start(own_house, bucket_with(own_house, {"vm.ova": machine}), "vm.ova")
    converters = stop_converters(own_house, AT_ONCE)

    answer = own_house.ec2().cancel_import_task(
        ImportTaskId=task["ImportTaskId"], CancelReason="changed my mind"
    )

    assert answer["State"] == "deleting"
    until(lambda: not converters & programs(own_house).keys(), "their end", DEAD_WITHIN)
    ended = own_house.finished_image(task, timeout=5)
    assert (ended["Status"], ended["StatusMessage"]) == ("deleted", "changed my mind")
    assert_nothing_else(own_house)


def test_one_disk_that_fails_ends_the_others_too(
    own_house: House, sources: list[Path], tmp_path: Path
) -> None:
    good = disks.converted("stream VMDK", sources[0], tmp_path / "good")
    build, _, sentence = disks.REFUSED["VMDK with garbled grains"]
    bucket = bucket_with(own_house, {"good": good, "bad": build(tmp_path)})

    task = start(own_house, bucket, "good", "bad", "good")
    ended = own_house.finished_image(task)

    assert ended["Status"] == "deleted"
    assert ended["StatusMessage"] == f"ClientError: {sentence}"
    assert not {"ImageId", "Progress"} & ended.keys()
    assert_nothing_else(own_house)
