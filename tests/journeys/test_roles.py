"""A server that only answers and two workers, on PostgreSQL: any of them may die."""

import filecmp
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import disks, ovas
from tests.house import House, MakeHouse, launch
from tests.journeys.remains import (
    DEAD_WITHIN,
    MIB,
    assert_tidy,
    parent,
    programs,
    stop_converter,
    until,
)

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

LEASE = 15  # seconds; what a dead worker had is taken over at most a look of 2.5 s later
Workers = dict[int, "subprocess.Popen[str]"]


@pytest.fixture
def house_of_three(make_house: MakeHouse, postgres_url: str) -> House:
    """A server that runs no tasks."""
    return make_house(role="api", database_url=postgres_url)


@pytest.fixture
def workers(house_of_three: House, postgres_url: str) -> Iterator[Workers]:
    """Two workers for it, by their process ids."""
    started: Workers = {}
    for number in range(2):
        worker = launch(
            "worker",
            "--data-dir", str(house_of_three.data_dir), "--guests", "off",
            "--database-url", postgres_url,
            log=house_of_three.data_dir.with_name(f"worker-{number}.log"),
        )  # fmt: skip
        started[worker.pid] = worker
    for worker in started.values():
        assert worker.stdout is not None
        assert worker.stdout.readline() == "vmie is ready to run tasks\n"
    yield started
    for worker in started.values():
        worker.kill()
        worker.communicate()


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that takes a while to convert."""
    return disks.raw(tmp_path_factory.mktemp("disk") / "disk", 128 * MIB)


@pytest.fixture
def task(house_of_three: House, workers: Workers, disk: Path) -> Any:
    """A task whose disk is being converted by one of them, which stands still."""
    image = disks.converted("stream VMDK", disk, disk.with_name("image"))
    bucket = house_of_three.bucket()
    house_of_three.put_object(bucket, "disk.vmdk", image)
    task = house_of_three.ec2().import_snapshot(
        DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "disk.vmdk"}}
    )
    return {**task, "converter": stop_converter(house_of_three)}


def worker_of(pid: int) -> int:
    """The worker that a converter works for: it is below a wrapper."""
    return parent(parent(pid))


def assert_completed(house: House, task: Any, disk: Path, timeout: float) -> None:
    detail = house.finished(task, timeout=timeout)
    assert detail["Status"] == "completed"
    assert filecmp.cmp(house.snapshot_bytes(detail["SnapshotId"]), disk, shallow=False)
    found = house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert [each["SnapshotId"] for each in found] == [detail["SnapshotId"]]
    assert_tidy(house)


def test_when_a_worker_is_killed_the_other_takes_over(
    house_of_three: House, workers: Workers, task: Any, disk: Path
) -> None:
    doomed = workers[worker_of(task["converter"])]

    doomed.kill()
    doomed.wait()

    until(lambda: task["converter"] not in programs(house_of_three), "its end", DEAD_WITHIN)
    assert_completed(house_of_three, task, disk, timeout=LEASE + 45)


def test_when_a_worker_is_told_to_stop_the_other_takes_over_at_once(
    house_of_three: House, workers: Workers, task: Any, disk: Path
) -> None:
    leaving = workers[worker_of(task["converter"])]

    leaving.send_signal(signal.SIGTERM)

    assert leaving.wait(5) == 0
    until(lambda: task["converter"] not in programs(house_of_three), "its end", DEAD_WITHIN)
    assert_completed(house_of_three, task, disk, timeout=60)


def test_when_a_worker_is_killed_the_other_takes_over_its_machine_with_all_disks(
    house_of_three: House, workers: Workers, disk: Path
) -> None:
    image = disks.converted("stream VMDK", disk, disk.with_name("image"))
    machine = ovas.ova(disk.with_name("vm.ova"), {"a.vmdk": image, "b.vmdk": image})
    bucket = house_of_three.bucket()
    house_of_three.put_object(bucket, "vm.ova", machine)
    task = house_of_three.ec2().import_image(
        DiskContainers=[{"UserBucket": {"S3Bucket": bucket, "S3Key": "vm.ova"}}]
    )
    doomed = workers[worker_of(stop_converter(house_of_three))]

    doomed.kill()
    doomed.wait()

    ended = house_of_three.finished_image(task, timeout=LEASE + 45)
    assert ended["Status"] == "completed"
    (image_made,) = house_of_three.ec2().describe_images(Owners=["self"])["Images"]
    assert image_made["ImageId"] == ended["ImageId"]
    told = [detail["SnapshotId"] for detail in ended["SnapshotDetails"]]
    for snapshot_id in told:
        assert filecmp.cmp(house_of_three.snapshot_bytes(snapshot_id), disk, shallow=False)
    found = house_of_three.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert sorted(each["SnapshotId"] for each in found) == sorted(told)
    assert_tidy(house_of_three)


def test_when_the_server_is_killed_the_workers_go_on(
    house_of_three: House, task: Any, disk: Path
) -> None:
    house_of_three.kill()
    assert task["converter"] in programs(house_of_three)
    house_of_three.start()

    os.kill(task["converter"], signal.SIGCONT)
    assert_completed(house_of_three, task, disk, timeout=60)


def test_a_cancel_reaches_the_worker_that_converts(house_of_three: House, task: Any) -> None:
    answer = house_of_three.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])
    house_of_three.kill()

    assert answer["State"] == "deleting"
    until(lambda: task["converter"] not in programs(house_of_three), "its end", DEAD_WITHIN)
    house_of_three.start()
    assert house_of_three.finished(task)["Status"] == "deleted"
    assert house_of_three.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert_tidy(house_of_three)
