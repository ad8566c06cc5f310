"""DescribeImportImageTasks: ids, filters, pages; and an import that is cancelled while it waits."""

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.ec2.conftest import refusal
from tests.house import House, MakeHouse

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import FilterTypeDef

COUNT = 7


def start(house: House, bucket: str, key: str = "disk.raw", **more: Any) -> Any:
    return house.ec2().import_image(
        DiskContainers=[{"Format": "RAW", "Url": f"s3://{bucket}/{key}"}], **more
    )


@pytest.fixture
def bucket(house: House) -> str:
    """A bucket with a small raw disk in it."""
    name = house.bucket()
    house.put_object(name, "disk.raw", b"x" * 512)
    return name


@pytest.fixture(scope="module")
def tasks(shared_house: House) -> list[str]:
    """Seven finished image imports of one account, the last has failed; and snapshot imports."""
    bucket = shared_house.bucket()
    shared_house.put_object(bucket, "disk.raw", b"x" * 512)
    shared_house.put_object(bucket, "empty", b"")
    started = []
    for number in range(COUNT):
        tags = [{"Key": "Number", "Value": str(number)}]
        if number % 2:
            tags.append({"Key": "Odd", "Value": "yes"})
        key = "empty" if number == COUNT - 1 else "disk.raw"
        specification = {"ResourceType": "import-image-task", "Tags": tags}
        started.append(start(shared_house, bucket, key, TagSpecifications=[specification]))
        shared_house.ec2().import_snapshot(DiskContainer={"Url": f"s3://{bucket}/disk.raw"})
    for task in started:
        shared_house.finished_image(task)
    return [task["ImportTaskId"] for task in started]


def numbers(house: House, tasks: list[str], filters: "list[FilterTypeDef]") -> list[int]:
    found = house.ec2().describe_import_image_tasks(Filters=filters)["ImportImageTasks"]
    return [tasks.index(task["ImportTaskId"]) for task in found]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [0, 1, 2, 3, 4, 5, 6]),
        ({"task-state": ["completed"]}, [0, 1, 2, 3, 4, 5]),
        ({"task-state": ["deleted"]}, [6]),
        ({"task-state": ["active", "deleting"]}, []),
        ({"task-state": ["*"]}, [0, 1, 2, 3, 4, 5, 6]),
        ({"tag:Number": ["1", "3", "9"]}, [1, 3]),
        ({"tag:Number": ["?"], "task-state": ["deleted"]}, [6]),
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

    assert numbers(shared_house, tasks, given) == expected


def test_an_unknown_filter_is_refused(shared_house: House) -> None:
    ec2 = shared_house.ec2()

    assert refusal(lambda: ec2.describe_import_image_tasks(Filters=[{"Name": "st"}])) == (
        "InvalidParameterValue",
        "The filter 'st' is invalid",
    )


def test_tasks_are_found_by_their_ids(shared_house: House, tasks: list[str]) -> None:
    named = [tasks[4], tasks[1], tasks[4], tasks[6]]

    found = shared_house.ec2().describe_import_image_tasks(ImportTaskIds=named)
    completed = shared_house.ec2().describe_import_image_tasks(
        ImportTaskIds=named, Filters=[{"Name": "task-state", "Values": ["completed"]}]
    )
    pages = (
        shared_house.ec2()
        .get_paginator("describe_import_image_tasks")
        .paginate(ImportTaskIds=named, PaginationConfig={"PageSize": 2})
    )

    assert ids(found) == [tasks[1], tasks[4], tasks[6]]
    assert ids(completed) == [tasks[1], tasks[4]]
    assert [ids(page) for page in pages] == [[tasks[1], tasks[4]], [tasks[6]]]


def ids(page: Any) -> list[str]:
    return [task["ImportTaskId"] for task in page["ImportImageTasks"]]


def test_an_unknown_id_is_malformed(shared_house: House, house: House, tasks: list[str]) -> None:
    snapshot_tasks = shared_house.ec2().describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    unknown = [
        (shared_house, "import-ami-0123456789abcdef0"),
        (shared_house, "import-ami-ffffffff"),
        (shared_house, "import-ami-x"),
        (shared_house, "ami-0123456789abcdef0"),
        (shared_house, "xyz"),
        (shared_house, snapshot_tasks[0]["ImportTaskId"]),
        (house, tasks[0]),
    ]

    for account, task_id in unknown:
        ec2 = account.ec2()
        assert refusal(
            lambda ec2=ec2, task_id=task_id: ec2.describe_import_image_tasks(  # type: ignore[misc]
                ImportTaskIds=[task_id]
            )
        ) == (
            "InvalidConversionTaskId.Malformed",
            f'The conversion task ID "{task_id}" is not valid',
        )
    named = [tasks[0]]
    assert refusal(
        lambda: shared_house.ec2(region="eu-west-1").describe_import_image_tasks(
            ImportTaskIds=named
        )
    )[0] == ("InvalidConversionTaskId.Malformed")
    assert house.ec2().describe_import_image_tasks()["ImportImageTasks"] == []


@pytest.mark.parametrize("size", [1, 2, 3, COUNT - 1, COUNT, 1000])
def test_pages_hold_every_task_once(shared_house: House, tasks: list[str], size: int) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_import_image_tasks")
        .paginate(PaginationConfig={"PageSize": size})
    )

    assert [task_id for page in pages for task_id in ids(page)] == tasks
    assert len(pages) == -(-COUNT // size)


def test_pages_and_filters_go_together(shared_house: House, tasks: list[str]) -> None:
    pages = (
        shared_house.ec2()
        .get_paginator("describe_import_image_tasks")
        .paginate(
            Filters=[{"Name": "tag-key", "Values": ["Odd"]}], PaginationConfig={"PageSize": 2}
        )
    )

    assert [ids(page) for page in pages] == [[tasks[1], tasks[3]], [tasks[5]]]


def test_a_page_is_of_one_action_and_of_1_to_1000_tasks(
    shared_house: House, tasks: list[str]
) -> None:
    ec2 = shared_house.ec2()
    token = ec2.describe_import_snapshot_tasks(MaxResults=1)["NextToken"]
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"MaxResults": 0}, "InvalidParameterValue"),
        ({"MaxResults": 1001}, "InvalidParameterValue"),
        ({"MaxResults": 1, "NextToken": token}, "InvalidNextToken"),
        ({"NextToken": "nonsense"}, "InvalidNextToken"),
        ({"DryRun": True}, "DryRunOperation"),
    ]

    for request, code in wrong:
        assert (
            refusal(lambda request=request: ec2.describe_import_image_tasks(**request))[0]  # type: ignore[misc]
            == code
        )


def test_nothing_is_skipped_or_repeated_while_tasks_are_being_added(
    house: House, bucket: str
) -> None:
    before = [start(house, bucket)["ImportTaskId"] for _ in range(10)]
    added: list[str] = []
    adding = threading.Thread(
        target=lambda: added.extend(start(house, bucket)["ImportTaskId"] for _ in range(10))
    )
    adding.start()
    pages = (
        house.ec2()
        .get_paginator("describe_import_image_tasks")
        .paginate(PaginationConfig={"PageSize": 1})
    )

    seen = [task_id for page in pages for task_id in ids(page)]

    adding.join()
    assert len(seen) == len(set(seen))
    assert seen[:10] == before
    assert seen[10:] == added[: len(seen) - 10]


@pytest.mark.slow
def test_a_task_that_waits_for_its_turn_is_deleted_at_once(
    make_house: MakeHouse, long_image: Any
) -> None:
    house = make_house(quota=1)
    bucket = house.bucket()
    house.put_object(bucket, "long.vhdx", long_image)
    ec2 = house.ec2()
    containers: Any = [{"Url": f"s3://{bucket}/long.vhdx"}]
    first = ec2.import_image(DiskContainers=containers)
    while begun(house, first["ImportTaskId"]) == "pending":
        time.sleep(0.02)
    second = ec2.import_image(DiskContainers=containers)["ImportTaskId"]

    answer = ec2.cancel_import_task(ImportTaskId=second)

    assert (answer["PreviousState"], answer["State"]) == ("active", "deleted")
    assert begun(house, second) == "Task canceled by user"
    assert refusal(lambda: ec2.cancel_import_task(ImportTaskId=second))[0] == "IncorrectState"
    ec2.cancel_import_task(ImportTaskId=first["ImportTaskId"])
    house.finished_image(first)


def begun(house: House, task_id: str) -> str | None:
    (task,) = house.ec2().describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
    return task.get("StatusMessage")
