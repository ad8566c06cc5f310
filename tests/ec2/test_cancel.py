"""CancelImportTask, at any moment; whatever the moment, nothing is left over."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from state.store import Store
from tests.ec2.conftest import MIB, convert, random_disk
from tests.house import House, MakeHouse, default_url

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImportSnapshotResultTypeDef, SnapshotTaskDetailTypeDef

CONVERTING = "downloading/converting"


def start(house: House, bucket: str, key: str) -> "ImportSnapshotResultTypeDef":
    return house.ec2().import_snapshot(
        DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": key}}
    )


def detail_of(house: House, task_id: str) -> "SnapshotTaskDetailTypeDef":
    (task,) = house.ec2().describe_import_snapshot_tasks(ImportTaskIds=[task_id])[
        "ImportSnapshotTasks"
    ]
    return task["SnapshotTaskDetail"]


def wait_for(house: House, task_id: str, message: str) -> None:
    deadline = time.monotonic() + 60
    while (detail := detail_of(house, task_id)).get("StatusMessage") != message:
        assert detail["Status"] == "active", detail
        assert time.monotonic() < deadline, detail
        time.sleep(0.02)


def programs(house: House) -> list[str]:
    """The command lines of all programs that work for the server, however deep."""
    parents: dict[int, int] = {}
    lines: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(folder.name)
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if fields[0] != "Z":
            parents[pid], lines[pid] = int(fields[1]), line
    descendants = {house.server.pid}
    while more := {pid for pid, parent in parents.items() if parent in descendants} - descendants:
        descendants |= more
    return [lines[pid] for pid in descendants if pid != house.server.pid]


def scratch(house: House, task_id: str) -> Path:
    return house.data_dir / "scratch" / task_id


def blobs(house: House) -> set[str]:
    return {path.name for path in (house.data_dir / "blobs").glob("*/*")}


def named_blobs(house: House) -> set[str]:
    """The bytes that a row names."""
    store = Store(default_url(house.data_dir))
    try:
        with store.read() as tx:
            return tx.known_blobs(blobs(house))
    finally:
        store.close()


def assert_nothing_is_left(house: House) -> None:
    """Wait until no program works, and see that no bytes are there that no row names."""
    deadline = time.monotonic() + 5
    while (running := programs(house)) or any((house.data_dir / "scratch").iterdir()):
        assert time.monotonic() < deadline, (running, list((house.data_dir / "scratch").iterdir()))
        time.sleep(0.05)
    assert blobs(house) == named_blobs(house)
    assert not any((house.data_dir / "incoming").iterdir())


@pytest.fixture
def long_bucket(own_house: House, long_image: Path) -> str:
    """A bucket with an image in it that takes many seconds to import."""
    bucket = own_house.bucket()
    own_house.put_object(bucket, "long.vhdx", long_image)
    return bucket


def test_a_task_can_be_cancelled_at_once(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"x" * MIB)
    task = start(house, bucket, "disk.raw")

    answer = house.ec2().cancel_import_task(
        ImportTaskId=task["ImportTaskId"], CancelReason="changed my mind"
    )

    assert answer["ImportTaskId"] == task["ImportTaskId"]
    assert answer["PreviousState"] == "active"
    assert answer["State"] in ("deleting", "deleted")
    detail = house.finished(task)
    assert detail["Status"] == "deleted"
    assert detail["StatusMessage"] == "changed my mind"
    assert not {"Progress", "SnapshotId"} & detail.keys()
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


@pytest.mark.slow
def test_a_task_that_waits_for_its_turn_is_deleted_at_once(
    make_house: MakeHouse, long_image: Path
) -> None:
    house = make_house(quota=1)
    bucket = house.bucket()
    house.put_object(bucket, "long.vhdx", long_image)
    first = start(house, bucket, "long.vhdx")
    wait_for(house, first["ImportTaskId"], CONVERTING)
    second = start(house, bucket, "long.vhdx")

    answer = house.ec2().cancel_import_task(ImportTaskId=second["ImportTaskId"])

    assert (answer["PreviousState"], answer["State"]) == ("active", "deleted")
    detail = detail_of(house, second["ImportTaskId"])
    assert detail["Status"] == "deleted"
    assert detail["StatusMessage"]
    assert detail_of(house, first["ImportTaskId"])["Status"] == "active"


@pytest.mark.slow
def test_a_conversion_is_dead_within_two_seconds_and_leaves_nothing(
    own_house: House, long_bucket: str
) -> None:
    task = start(own_house, long_bucket, "long.vhdx")
    task_id = task["ImportTaskId"]
    wait_for(own_house, task_id, CONVERTING)
    deadline = time.monotonic() + 10
    while not any("qemu-img" in line for line in programs(own_house)):
        assert time.monotonic() < deadline
    before = blobs(own_house)

    answer = own_house.ec2().cancel_import_task(ImportTaskId=task_id)
    cancelled = time.monotonic()

    assert (answer["PreviousState"], answer["State"]) == ("active", "deleting")
    while any("qemu-img" in line for line in programs(own_house)):
        assert time.monotonic() < cancelled + 2, programs(own_house)
    detail = own_house.finished(task, timeout=5)
    assert detail["Status"] == "deleted"
    assert not scratch(own_house, task_id).exists()
    assert blobs(own_house) == before
    assert_nothing_is_left(own_house)


@pytest.mark.slow
def test_cancelling_again_while_it_is_being_deleted_changes_nothing(
    own_house: House, long_bucket: str
) -> None:
    task = start(own_house, long_bucket, "long.vhdx")
    task_id = task["ImportTaskId"]
    wait_for(own_house, task_id, CONVERTING)
    own_house.ec2().cancel_import_task(ImportTaskId=task_id, CancelReason="first")

    try:
        again = own_house.ec2().cancel_import_task(ImportTaskId=task_id, CancelReason="second")
        assert (again["PreviousState"], again["State"]) == ("deleting", "deleting")
    except ClientError as late:  # it was quicker
        assert late.response["Error"]["Code"] == "IncorrectState"  # noqa: PT017

    assert own_house.finished(task)["StatusMessage"] == "first"


def test_a_finished_task_cannot_be_cancelled(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"x" * MIB)
    house.put_object(bucket, "empty", b"")

    for key in ("disk.raw", "empty"):
        task = start(house, bucket, key)
        before = house.finished(task)
        with pytest.raises(ClientError) as caught:
            house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])

        assert caught.value.response["Error"]["Code"] == "IncorrectState"
        assert task["ImportTaskId"] in caught.value.response["Error"]["Message"]
        assert detail_of(house, task["ImportTaskId"]) == before


@pytest.mark.parametrize(
    "task_id",
    [
        "import-snap-0123456789abcdef0",
        "import-ami-0123456789abcdef0",
        "import-i-12345678",
        "snap-0123456789abcdef0",
        "nonsense",
    ],
)
def test_an_unknown_task_cannot_be_cancelled(house: House, task_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().cancel_import_task(ImportTaskId=task_id)

    assert caught.value.response["Error"] == {
        "Code": "InvalidConversionTaskId.Malformed",
        "Message": f'The conversion task ID "{task_id}" is not valid',
    }


def test_an_id_is_needed(house: House) -> None:
    with pytest.raises(ClientError, match=r"\(MissingParameter\).*ImportTaskId"):
        house.ec2().cancel_import_task()


def test_nobody_cancels_the_task_of_another_and_a_dry_run_cancels_nothing(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"x" * MIB)
    task = start(house, bucket, "disk.raw")
    task_id = task["ImportTaskId"]

    for client in (house.ec2("210987654321"), house.ec2(region="eu-west-1")):
        with pytest.raises(ClientError, match=r"InvalidConversionTaskId\.Malformed"):
            client.cancel_import_task(ImportTaskId=task_id)
    with pytest.raises(ClientError, match=r"DryRunOperation|IncorrectState"):
        house.ec2().cancel_import_task(ImportTaskId=task_id, DryRun=True)

    assert house.finished(task)["Status"] == "completed"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_storm_of_cancels_leaves_nothing_over(own_house: House, tmp_path: Path) -> None:
    count, threads = 50, 8
    bucket = own_house.bucket()
    own_house.put_object(
        bucket, "disk.vmdk", convert(random_disk(tmp_path / "d", 64 * MIB), "vmdk")
    )
    own_house.put_object(bucket, "disk.raw", b"disk" * (2 * MIB))
    chance = random.Random(7)
    plan = [(chance.choice(["disk.vmdk", "disk.raw"]), chance.uniform(0, 6)) for _ in range(count)]
    refused = threading.Semaphore(0)

    def start_and_cancel(key: str, delay: float) -> "ImportSnapshotResultTypeDef":
        task = start(own_house, bucket, key)
        time.sleep(delay)
        try:
            own_house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])
        except ClientError as error:
            if error.response["Error"]["Code"] != "IncorrectState":
                raise
            refused.release()
        return task

    with ThreadPoolExecutor(threads) as pool:
        tasks = list(pool.map(lambda step: start_and_cancel(*step), plan))
    details = [own_house.finished(task, timeout=120) for task in tasks]

    completed = [detail for detail in details if detail["Status"] == "completed"]
    deleted = [detail for detail in details if detail["Status"] == "deleted"]
    assert len(completed) + len(deleted) == count
    assert deleted, "no cancel came in time"
    assert {detail["StatusMessage"] for detail in deleted} == {"Task canceled by user"}
    snapshots = own_house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert {each["SnapshotId"] for each in snapshots} == {
        detail["SnapshotId"] for detail in completed
    }
    assert_nothing_is_left(own_house)
