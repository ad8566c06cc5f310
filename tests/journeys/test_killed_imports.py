"""kill -9 in the middle of an import: it goes on where it was, or it had never been more."""

import contextlib
import filecmp
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from tests import disks
from tests.house import House, Server
from tests.journeys.remains import (
    MIB,
    assert_programs_die,
    assert_tidy,
    names,
    stop_converter,
    until,
    writes_held,
)

pytestmark = pytest.mark.slow  # it starts many servers

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SnapshotTaskDetailTypeDef

STOPPED_WITHIN = 5.0  # seconds from SIGTERM to the end of the server
KINDS = ["stream VMDK", "dynamic VHD", "dynamic VHDX"]


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that takes a while to convert."""
    return disks.raw(tmp_path_factory.mktemp("disk") / "disk", 128 * MIB)


@pytest.fixture(scope="session")
def image(disk: Path) -> Path:
    """The disk as a stream VMDK."""
    return disks.converted("stream VMDK", disk, disk.with_name("image"))


def uploaded(house: House, body: Path | bytes) -> str:
    """Upload an image; return the bucket, in which its key is `disk`."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", body)
    return bucket


def start(house: House, bucket: str, key: str = "disk") -> Any:
    return house.ec2().import_snapshot(
        DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": key}}
    )


def details(house: House) -> dict[str, "SnapshotTaskDetailTypeDef"]:
    """What there is to say of every task of the account."""
    return {
        task["ImportTaskId"]: task["SnapshotTaskDetail"]
        for task in house.ec2().describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    }


def snapshots(house: House) -> set[str]:
    found = house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    return {each["SnapshotId"] for each in found}


@pytest.mark.parametrize("kind", KINDS)
def test_killed_while_it_converts_a_task_goes_on_at_the_next_start(
    own_house: House, disk: Path, tmp_path: Path, kind: str
) -> None:
    image = disks.converted(kind, disk, tmp_path / "image")
    task = start(own_house, uploaded(own_house, image))
    stop_converter(own_house)

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert details(own_house)[task["ImportTaskId"]]["Status"] == "active"
    detail = own_house.finished(task)
    assert detail["Status"] == "completed"
    assert filecmp.cmp(own_house.snapshot_bytes(detail["SnapshotId"]), disk, shallow=False)
    assert snapshots(own_house) == {detail["SnapshotId"]}
    assert_tidy(own_house)


def test_told_to_stop_a_server_stops_and_its_tasks_go_on_at_the_next_start(
    own_house: House, disk: Path, image: Path
) -> None:
    bucket = uploaded(own_house, image)
    tasks = [start(own_house, bucket) for _ in range(3)]
    stop_converter(own_house)

    before = time.monotonic()
    code = own_house.stop()

    assert code == 0
    assert time.monotonic() - before < STOPPED_WITHIN
    assert_programs_die(own_house)
    assert "Traceback" not in own_house.server.log
    own_house.start()
    for task in tasks:
        detail = own_house.finished(task)
        assert detail["Status"] == "completed"
        assert filecmp.cmp(own_house.snapshot_bytes(detail["SnapshotId"]), disk, shallow=False)
    assert_tidy(own_house)


def test_a_cancelled_task_stays_cancelled_when_the_server_is_killed_at_once(
    own_house: House, image: Path
) -> None:
    task = start(own_house, uploaded(own_house, image))
    stop_converter(own_house)

    answer = own_house.ec2().cancel_import_task(
        ImportTaskId=task["ImportTaskId"], CancelReason="changed my mind"
    )
    own_house.kill()
    assert answer["State"] == "deleting"
    assert_programs_die(own_house)
    own_house.start()

    detail = own_house.finished(task)
    assert (detail["Status"], detail["StatusMessage"]) == ("deleted", "changed my mind")
    assert snapshots(own_house) == set()
    assert_tidy(own_house)


def killed_at(house: House, bucket: str, state: str) -> Any:
    """Start a task and kill the server when its row is in a state, before it writes another row.

    Killed at `publishing`, it has kept the bytes already.
    """
    while True:
        task = start(house, bucket)
        kept = len(names(house, "blobs"))
        found = ""
        while found != "completed":  # then it is too late: the next one
            with writes_held(house) as connection:
                (found,) = connection.execute(
                    "SELECT state FROM tasks WHERE id = ?", [task["ImportTaskId"]]
                ).fetchone()
                if found == state:
                    wanted = kept + 1
                    until(lambda wanted=wanted: len(names(house, "blobs")) == wanted, "the bytes")  # type: ignore[misc]
                    house.kill()
                    return task
            time.sleep(0.0005)


@pytest.mark.parametrize("state", ["publishing", "completed"])
def test_killed_around_the_commit_a_task_completes_once(own_house: House, state: str) -> None:
    body = random.Random(1).randbytes(MIB + 17)
    bucket = uploaded(own_house, body)

    task = killed_at(own_house, bucket, state)
    own_house.start()

    if state == "completed":
        assert details(own_house)[task["ImportTaskId"]]["Status"] == "completed"
    detail = own_house.finished(task)
    assert detail["Status"] == "completed"
    assert own_house.snapshot_bytes(detail["SnapshotId"]).read_bytes() == body
    told = {each["SnapshotId"] for each in details(own_house).values()}
    assert snapshots(own_house) == told
    assert_tidy(own_house)


def test_killed_before_the_commit_a_task_can_still_be_cancelled(own_house: House) -> None:
    bucket = uploaded(own_house, b"disk" * MIB)

    task = killed_at(own_house, bucket, "publishing")
    own_house.start()
    with contextlib.suppress(ClientError):  # it was quicker
        own_house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])
        assert own_house.finished(task)["Status"] == "deleted"

    own_house.finished(task)
    told = {each["SnapshotId"] for each in details(own_house).values() if "SnapshotId" in each}
    assert snapshots(own_house) == told
    assert_tidy(own_house)


class Customer:
    """A client that starts and cancels tasks, and knows what it was told of each."""

    def __init__(self, server: Server, images: dict[str, bytes], seed: int) -> None:
        self.house = House(server)
        self.bucket = self.house.bucket()
        for key, image in images.items():
            self.house.put_object(self.bucket, key, image)
        self.keys = list(images)
        self.chance = random.Random(seed)
        self.key_of: dict[str, str] = {}
        self.told: dict[str, str] = {}  # the last status that an answer has shown

    def work(self, enough: threading.Event) -> None:
        """Start tasks, cancel some of them, look at them, until the server is gone."""
        ec2 = self.house.ec2()
        # The second: the head of an answer has come, and nothing after it.
        with contextlib.suppress(BotoCoreError, ResponseParserError):
            while not enough.wait(self.chance.uniform(0, 0.2)):
                key = self.chance.choice(self.keys)
                task_id = start(self.house, self.bucket, key)["ImportTaskId"]
                self.key_of[task_id] = key
                self.told[task_id] = "active"
                if self.chance.random() < 0.4:
                    enough.wait(self.chance.uniform(0, 1.5))
                    try:
                        answer = ec2.cancel_import_task(ImportTaskId=task_id)
                        self.told[task_id] = answer["State"]
                    except ClientError as late:
                        if late.response["Error"]["Code"] != "IncorrectState":
                            raise
                        self.told[task_id] = "completed"
                if self.chance.random() < 0.3:
                    self.told |= {
                        task_id: detail["Status"]
                        for task_id, detail in details(self.house).items()
                        if task_id in self.told
                    }

    def check(self, bodies: dict[str, bytes]) -> None:
        """See that every task ends, as it was told, with all of its bytes or with nothing."""
        ended = {
            task_id: self.house.finished({"ImportTaskId": task_id})  # type: ignore[typeddict-item]
            for task_id, status in self.told.items()
        }
        for task_id, detail in ended.items():
            before, now = self.told[task_id], detail["Status"]
            match before:
                case "completed":
                    assert now == "completed"
                case "deleting" | "deleted":
                    assert now == "deleted"
                    assert detail["StatusMessage"] == "Task canceled by user"
            if now == "completed":
                path = self.house.snapshot_bytes(detail["SnapshotId"])
                assert path.read_bytes() == bodies[self.key_of[task_id]]
            self.told[task_id] = now
        unanswered = details(self.house).keys() - ended.keys()  # started, but nobody was told
        for task_id in unanswered:
            assert self.house.finished({"ImportTaskId": task_id})["Status"] == "completed"  # type: ignore[typeddict-item]


@pytest.mark.timeout(600)
def test_whenever_it_dies_every_task_ends_as_was_told(own_house: House, tmp_path: Path) -> None:
    source = disks.raw(tmp_path / "small", 3 * MIB)
    vmdk = disks.converted("stream VMDK", source, tmp_path / "small.vmdk")
    bodies = {"raw": b"disk" * (MIB // 8), "vmdk": source.read_bytes()}
    images = bodies | {"vmdk": vmdk.read_bytes()}
    customers = [Customer(own_house.server, images, seed) for seed in range(3)]
    chance = random.Random(3)
    for _ in range(15):
        enough = threading.Event()
        with ThreadPoolExecutor(len(customers)) as pool:
            working = [pool.submit(customer.work, enough) for customer in customers]
            enough.wait(chance.uniform(0.3, 4))  # the engine runs tasks a second after the start
            own_house.kill()
            enough.set()
            for each in working:
                each.result()
        assert_programs_die(own_house)
        own_house.start()

    for customer in customers:
        customer.check(bodies)
        assert {"completed", "deleted"} == set(customer.told.values())
        assert snapshots(customer.house) == {
            detail["SnapshotId"]
            for detail in details(customer.house).values()
            if detail["Status"] == "completed"
        }
    assert_tidy(own_house)
