"""Exports that are listed, by both actions, and cancelled."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from emulator.services.ec2 import export_tasks
from state.tasks import SERVER_ERROR, ExportImageWork, Task, TaskState
from tests.ec2.conftest import long_snapshot, made_image, made_snapshot, refusal
from tests.house import House, MakeHouse

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

COUNT = 7
UNKNOWN = "InvalidExportTaskID.NotFound"
MALFORMED = "InvalidExportTaskID.Malformed"


def start(house: House, image_id: str, bucket: str, **more: Any) -> str:
    return house.ec2().export_image(
        **{
            "ImageId": image_id,
            "DiskImageFormat": "VMDK",
            "S3ExportLocation": {"S3Bucket": bucket, "S3Prefix": "x/"},
            **more,
        }
    )["ExportImageTaskId"]


def one(house: House, task_id: str) -> Any:
    (task,) = house.ec2().describe_export_image_tasks(ExportImageTaskIds=[task_id])[
        "ExportImageTasks"
    ]
    return task


def other(house: House, task_id: str) -> Any:
    """The same as DescribeExportTasks shows it."""
    (task,) = house.ec2().describe_export_tasks(ExportTaskIds=[task_id])["ExportTasks"]
    return task


def wait(house: House, task_id: str, *statuses: str) -> Any:
    deadline = time.monotonic() + 60
    while (task := one(house, task_id))["Status"] not in statuses:
        assert time.monotonic() < deadline, task
        time.sleep(0.02)
    return task


def image(house: House, gib: int = 1) -> str:
    """An AMI; one of 1024 GiB takes many minutes to export as RAW."""
    if gib == 1024:
        snapshot_id = long_snapshot(house)
    else:
        snapshot_id = made_snapshot(house, b"disk", size_bytes=4)
    mapping = {
        "DeviceName": "/dev/sda1",
        "Ebs": {"SnapshotId": snapshot_id, "VolumeSize": gib},
    }
    return made_image(house, snapshot_id, BlockDeviceMappings=[mapping])


@pytest.fixture
def running(house: House) -> str:
    """An export that is converting, and will be for long."""
    task_id = start(house, image(house, 1024), house.bucket(), DiskImageFormat="RAW")
    while one(house, task_id)["StatusMessage"] != "converting":
        time.sleep(0.02)
    return task_id


@pytest.fixture(scope="module")
def tasks(shared_house: House) -> list[str]:
    """Seven exports of one account that have ended: the last was cancelled."""
    bucket = shared_house.bucket()
    started = []
    for number in range(COUNT):
        tags = [{"Key": "Number", "Value": str(number)}]
        if number % 2:
            tags.append({"Key": "Odd", "Value": "yes"})
        last = number == COUNT - 1
        task_id = start(
            shared_house,
            image(shared_house, 1024 if last else 1),
            bucket,
            DiskImageFormat="RAW" if last else "VMDK",
            Description=f"task {number}",
            TagSpecifications=[{"ResourceType": "export-image-task", "Tags": tags}],
        )
        if last:
            shared_house.ec2().cancel_export_task(ExportTaskId=task_id)
        started.append(task_id)
    for task_id in started:
        wait(shared_house, task_id, "completed", "cancelled")
    return started


# listing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6]),
        ({"task-state": ["completed"]}, [0, 1, 2, 3, 4, 5]),
        ({"task-state": ["cancelled"]}, [6]),
        ({"task-state": ["deleted"]}, [6]),
        ({"task-state": ["active", "deleting", "cancelling"]}, []),
        ({"tag:Number": ["1", "3", "9"]}, [1, 3]),
        ({"tag:Number": ["?"], "task-state": ["cancel*"]}, [6]),
        ({"tag-key": ["Odd"]}, [1, 3, 5]),
        ({"tag:Odd": ["y*"], "tag:Number": ["5"]}, [5]),
    ],
)
def test_tasks_are_filtered(
    shared_house: House, tasks: list[str], filters: dict[str, list[str]], expected: list[int]
) -> None:
    given: list[FilterTypeDef] = [
        {"Name": name, "Values": values} for name, values in filters.items()
    ]
    ec2 = shared_house.ec2()

    images = ec2.describe_export_image_tasks(Filters=given)["ExportImageTasks"]
    exports = ec2.describe_export_tasks(Filters=given)["ExportTasks"]

    assert [tasks.index(task["ExportImageTaskId"]) for task in images] == expected
    assert [tasks.index(task["ExportTaskId"]) for task in exports] == expected


def test_an_unknown_filter_is_refused(shared_house: House) -> None:
    ec2 = shared_house.ec2()
    given: list[FilterTypeDef] = [{"Name": "st", "Values": ["x"]}]
    said = ("InvalidParameterValue", "The filter 'st' is invalid")

    assert refusal(lambda: ec2.describe_export_image_tasks(Filters=given)) == said
    assert refusal(lambda: ec2.describe_export_tasks(Filters=given)) == said


def test_tasks_are_found_by_their_ids(shared_house: House, tasks: list[str]) -> None:
    named = [tasks[4], tasks[1], tasks[4], tasks[6]]
    ec2 = shared_house.ec2()

    images = ec2.describe_export_image_tasks(ExportImageTaskIds=named)
    exports = ec2.describe_export_tasks(ExportTaskIds=named)["ExportTasks"]
    pages = ec2.get_paginator("describe_export_image_tasks").paginate(
        ExportImageTaskIds=named, PaginationConfig={"PageSize": 2}
    )

    assert ids(images) == [tasks[1], tasks[4], tasks[6]]
    assert [task["ExportTaskId"] for task in exports] == [tasks[1], tasks[4], tasks[6]]
    assert [ids(page) for page in pages] == [[tasks[1], tasks[4]], [tasks[6]]]


def ids(page: Any) -> list[str]:
    return [task["ExportImageTaskId"] for task in page["ExportImageTasks"]]


@pytest.mark.parametrize(
    ("task_id", "of_images", "of_all"),
    [
        ("export-ami-0123456789abcdef0", UNKNOWN, UNKNOWN),
        ("export-ami-ffffffff", UNKNOWN, UNKNOWN),
        ("export-i-0123456789abcdef0", MALFORMED, UNKNOWN),
        ("export-ami-x", MALFORMED, MALFORMED),
        ("import-ami-0123456789abcdef0", MALFORMED, MALFORMED),
        ("xyz", MALFORMED, MALFORMED),
    ],
)
def test_an_unknown_id_is_refused(
    shared_house: House, tasks: list[str], task_id: str, of_images: str, of_all: str
) -> None:
    ec2 = shared_house.ec2()
    named = [tasks[0], task_id]

    first = refusal(lambda: ec2.describe_export_image_tasks(ExportImageTaskIds=named))
    second = refusal(lambda: ec2.describe_export_tasks(ExportTaskIds=named))
    third = refusal(lambda: ec2.cancel_export_task(ExportTaskId=task_id))

    assert (first[0], second[0], third[0]) == (of_images, of_all, of_all)
    assert task_id in first[1]
    assert second == third


def test_a_task_of_another_account_or_region_is_unknown(house: House, tasks: list[str]) -> None:
    west = House(house.server, house.account_id, "us-west-2")

    for client in (house.ec2(), west.ec2()):
        assert client.describe_export_image_tasks()["ExportImageTasks"] == []
        assert client.describe_export_tasks()["ExportTasks"] == []
        refused = [
            refusal(lambda: client.describe_export_image_tasks(ExportImageTaskIds=tasks[:1])),  # noqa: B023
            refusal(lambda: client.describe_export_tasks(ExportTaskIds=tasks[:1])),  # noqa: B023
            refusal(lambda: client.cancel_export_task(ExportTaskId=tasks[0])),  # noqa: B023
        ]
        assert {code for code, _ in refused} == {UNKNOWN}


@pytest.mark.parametrize("size", [1, 2, COUNT - 1, COUNT, 500])
def test_pages_hold_every_task_once(shared_house: House, tasks: list[str], size: int) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_export_image_tasks")
        .paginate(PaginationConfig={"PageSize": size})
    )

    assert [task_id for page in pages for task_id in ids(page)] == tasks
    assert len(pages) == -(-COUNT // size)


def test_a_page_is_of_one_action_and_of_up_to_500_tasks(
    shared_house: House, tasks: list[str]
) -> None:
    ec2 = shared_house.ec2()
    token = ec2.describe_export_image_tasks(MaxResults=1)["NextToken"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"MaxResults": 501}, "InvalidParameterValue"),
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"DryRun": True}, "DryRunOperation"),
    ]

    for request, code in wrong:
        assert (
            refusal(lambda request=request: ec2.describe_export_image_tasks(**request))[0]  # type: ignore[misc]
            == code
        )
    refused = refusal(lambda: ec2.describe_import_image_tasks(NextToken=token))
    assert refused[0] == "InvalidNextToken"


def test_nothing_is_skipped_or_repeated_while_tasks_are_being_added(house: House) -> None:
    bucket, images = house.bucket(), [image(house) for _ in range(12)]
    before = [start(house, each, bucket) for each in images[:6]]
    added: list[str] = []
    adding = threading.Thread(
        target=lambda: added.extend(start(house, each, bucket) for each in images[6:])
    )
    adding.start()
    pages = (
        house.ec2()
        .get_paginator("describe_export_image_tasks")
        .paginate(PaginationConfig={"PageSize": 1})
    )

    seen = [task_id for page in pages for task_id in ids(page)]

    adding.join()
    assert len(seen) == len(set(seen))
    assert seen[:6] == before
    assert seen[6:] == added[: len(seen) - 6]


@pytest.mark.slow
def test_an_export_is_shown_among_those_of_all_kinds(house: House, running: str) -> None:
    bucket = one(house, running)["S3ExportLocation"]["S3Bucket"]
    shown = {
        "ExportTaskId": running,
        "ExportToS3Task": {
            "DiskImageFormat": "RAW",
            "S3Bucket": bucket,
            "S3Key": f"x/{running}.raw",
        },
        "Tags": [],
    }

    active = other(house, running)
    house.ec2().cancel_export_task(ExportTaskId=running)
    house.ec2().get_waiter("export_task_cancelled").wait(
        ExportTaskIds=[running], WaiterConfig={"Delay": 1}
    )
    done = start(house, image(house), bucket, Description="mine")
    house.ec2().get_waiter("export_task_completed").wait(
        ExportTaskIds=[done], WaiterConfig={"Delay": 1}
    )

    assert active == {**shown, "State": "active", "StatusMessage": "converting"}
    cancelled = {**shown, "State": "cancelled", "StatusMessage": "Task canceled by user"}
    assert other(house, running) == cancelled
    completed = other(house, done)
    assert (completed["State"], completed["Description"]) == ("completed", "mine")
    assert "StatusMessage" not in completed
    assert [
        each["ExportTaskId"] for each in house.ec2().describe_export_tasks()["ExportTasks"]
    ] == [running, done]


@pytest.mark.parametrize(
    ("state", "error", "shown"),
    [
        (TaskState.PENDING, None, ("active", "active")),
        (TaskState.VALIDATING, None, ("active", "active")),
        (TaskState.CONVERTING, None, ("active", "active")),
        (TaskState.UPDATING, None, ("active", "active")),
        (TaskState.BOOTING, None, ("active", "active")),
        (TaskState.PUBLISHING, None, ("active", "active")),
        (TaskState.COMPLETED, None, ("completed", "completed")),
        (TaskState.DELETING, None, ("cancelling", "cancelling")),
        (TaskState.DELETING, SERVER_ERROR, ("cancelling", "deleting")),
        (TaskState.CANCELLED, None, ("cancelled", "cancelled")),
        (TaskState.FAILED, SERVER_ERROR, ("cancelled", "deleted")),
    ],
)
def test_every_state_has_its_words(
    state: TaskState, error: str | None, shown: tuple[str, str]
) -> None:
    work = ExportImageWork(image_id="ami-1", disk_format="RAW", bucket="b", key="k")
    task = Task.model_validate(
        {
            "id": "export-ami-1",
            "account_id": "123456789012",
            "region": "us-east-1",
            "created_at": "2026-01-01T00:00:00Z",
            "work": work,
            "state": state,
            "error": error,
        }
    )

    assert (export_tasks.state(task), export_tasks.status(task)) == shown


# tags --------------------------------------------------------------------------------------------


def test_exports_are_tagged(house: House) -> None:
    task_id = start(house, image(house), house.bucket())
    ec2 = house.ec2()

    ec2.create_tags(Resources=[task_id], Tags=[{"Key": "Name", "Value": "mine"}])

    assert one(house, task_id)["Tags"] == [{"Key": "Name", "Value": "mine"}]
    assert other(house, task_id)["Tags"] == [{"Key": "Name", "Value": "mine"}]
    (tag,) = ec2.describe_tags()["Tags"]
    assert (tag["ResourceId"], tag["ResourceType"]) == (task_id, "export-image-task")
    ec2.delete_tags(Resources=[task_id])
    assert one(house, task_id)["Tags"] == []
    code, _ = refusal(
        lambda: ec2.create_tags(
            Resources=["export-ami-0123456789abcdef0"], Tags=[{"Key": "k", "Value": "v"}]
        )
    )
    assert code == UNKNOWN


# cancelling --------------------------------------------------------------------------------------


def test_a_running_export_is_cancelled_and_leaves_nothing(house: House, running: str) -> None:
    bucket = one(house, running)["S3ExportLocation"]["S3Bucket"]

    answer = house.ec2().cancel_export_task(ExportTaskId=running)
    begun = time.monotonic()

    assert answer.keys() == {"ResponseMetadata"}
    task = wait(house, running, "cancelled")
    assert time.monotonic() < begun + 5
    assert task["StatusMessage"] == "Task canceled by user"
    assert "Progress" not in task
    assert not (house.data_dir / "scratch" / running).exists()
    assert "Contents" not in house.s3().list_objects_v2(Bucket=bucket)


def test_cancelling_again_while_it_is_being_cancelled_changes_nothing(
    house: House, running: str
) -> None:
    ec2 = house.ec2()
    ec2.cancel_export_task(ExportTaskId=running)

    def again() -> None:
        while one(house, running)["Status"] != "cancelled":
            ec2.cancel_export_task(ExportTaskId=running)
        ec2.cancel_export_task(ExportTaskId=running)

    assert refusal(again) == (
        "IncorrectState",
        f"The export task {running} is cancelled and cannot be canceled.",
    )


def test_a_finished_export_cannot_be_cancelled(house: House) -> None:
    task_id = start(house, image(house), house.bucket())
    before = wait(house, task_id, "completed")

    assert refusal(lambda: house.ec2().cancel_export_task(ExportTaskId=task_id)) == (
        "IncorrectState",
        f"The export task {task_id} is completed and cannot be canceled.",
    )
    assert one(house, task_id) == before


def test_an_export_that_is_being_published_cannot_be_cancelled() -> None:
    work = ExportImageWork(image_id="ami-1", disk_format="RAW", bucket="b", key="k")
    task = Task.model_validate(
        {
            "id": "export-ami-1",
            "account_id": "123456789012",
            "region": "us-east-1",
            "created_at": "2026-01-01T00:00:00Z",
            "work": work,
        }
    )

    refused = {
        state: export_tasks.too_late(task.model_copy(update={"state": state}))
        for state in TaskState
    }

    assert {state for state, error in refused.items() if error is not None} == {
        TaskState.PUBLISHING,
        TaskState.COMPLETED,
        TaskState.CANCELLED,
        TaskState.FAILED,
    }
    assert "transferring the final disk image" in str(refused[TaskState.PUBLISHING])


@pytest.mark.slow
def test_an_export_that_waits_for_its_turn_is_cancelled_at_once(make_house: MakeHouse) -> None:
    house = make_house(quota=1)
    bucket = house.bucket()
    first = start(house, image(house, 1024), bucket, DiskImageFormat="RAW")
    while one(house, first)["StatusMessage"] == "validating":
        time.sleep(0.02)
    second = start(house, image(house), bucket)

    house.ec2().cancel_export_task(ExportTaskId=second)

    assert one(house, second)["Status"] == "cancelled"
    house.ec2().cancel_export_task(ExportTaskId=first)
    wait(house, first, "cancelled")


@pytest.mark.slow
def test_after_a_storm_of_cancels_there_are_the_objects_of_those_that_came_too_late(
    own_house: House,
) -> None:
    house, bucket, chance = own_house, own_house.bucket(), random.Random(7)
    snapshot_id = made_snapshot(house, b"disk", size_bytes=4)
    plan = [(chance.choice(["VMDK", "VHD"]), chance.uniform(0, 1.5)) for _ in range(24)]

    def start_and_cancel(step: tuple[str, float]) -> tuple[str, bool]:
        disk_format, delay = step
        image_id = made_image(house, snapshot_id)
        task_id = start(house, image_id, bucket, DiskImageFormat=disk_format)
        time.sleep(delay)
        try:
            house.ec2().cancel_export_task(ExportTaskId=task_id)
        except ClientError as late:
            if late.response["Error"]["Code"] != "IncorrectState":
                raise
            return task_id, False
        return task_id, True

    with ThreadPoolExecutor(6) as pool:
        cancelled = dict(pool.map(start_and_cancel, plan))

    assert any(cancelled.values()), "no cancel came in time"
    for task_id, in_time in cancelled.items():
        task = wait(house, task_id, "completed", "cancelled")
        assert task["Status"] == ("cancelled" if in_time else "completed")
    objects = house.s3().list_objects_v2(Bucket=bucket).get("Contents", [])
    assert {each["Key"].removeprefix("x/").partition(".")[0] for each in objects} == {
        task_id for task_id, in_time in cancelled.items() if not in_time
    }
    assert not any((house.data_dir / "scratch").iterdir())
