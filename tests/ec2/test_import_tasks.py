"""DescribeImportSnapshotTasks: ids, filters, pages."""

import threading
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.ec2.conftest import MIB
from tests.house import House

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import TagTypeDef

COUNT = 7


@pytest.fixture(scope="module")
def tasks(shared_house: House) -> list[str]:
    """Seven finished tasks of one account: the last one has failed."""
    bucket = shared_house.bucket()
    shared_house.put_object(bucket, "disk.raw", b"x" * MIB)
    shared_house.put_object(bucket, "bad.vmdk", b"x" * MIB)
    ec2 = shared_house.ec2()
    started = []
    for number in range(COUNT):
        tags: list[TagTypeDef] = [{"Key": "Number", "Value": str(number)}]
        if number % 2:
            tags.append({"Key": "Odd", "Value": "yes"})
        last = number == COUNT - 1
        started.append(
            ec2.import_snapshot(
                Description=f"task {number}",
                DiskContainer={
                    "Format": "VMDK" if last else "RAW",
                    "UserBucket": {
                        "S3Bucket": bucket,
                        "S3Key": "bad.vmdk" if last else "disk.raw",
                    },
                },
                TagSpecifications=[{"ResourceType": "import-snapshot-task", "Tags": tags}],
            )
        )
    for task in started:
        shared_house.finished(task)
    return [task["ImportTaskId"] for task in started]


def numbers(house: House, tasks: list[str], *filters: tuple[str, list[str]]) -> list[int]:
    found = house.ec2().describe_import_snapshot_tasks(
        Filters=[{"Name": name, "Values": values} for name, values in filters]
    )
    return [tasks.index(task["ImportTaskId"]) for task in found["ImportSnapshotTasks"]]


def test_tasks_come_in_order_of_their_creation(shared_house: House, tasks: list[str]) -> None:
    assert numbers(shared_house, tasks) == list(range(COUNT))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ([("task-state", ["completed"])], [0, 1, 2, 3, 4, 5]),
        ([("task-state", ["deleted"])], [6]),
        ([("task-state", ["active"])], []),
        ([("task-state", ["deleting", "de*"])], [6]),
        ([("tag:Number", ["1", "3", "9"])], [1, 3]),
        ([("tag:Number", ["?"]), ("task-state", ["deleted"])], [6]),
        ([("tag-key", ["Odd"])], [1, 3, 5]),
        ([("tag-key", ["odd"])], []),
        ([("tag:Odd", ["y*"]), ("tag:Number", ["5"])], [5]),
    ],
)
def test_tasks_are_filtered(
    shared_house: House,
    tasks: list[str],
    filters: list[tuple[str, list[str]]],
    expected: list[int],
) -> None:
    assert numbers(shared_house, tasks, *filters) == expected


def test_an_unknown_filter_is_refused(shared_house: House, tasks: list[str]) -> None:
    with pytest.raises(ClientError, match=r"\(InvalidParameterValue\).*The filter 'st' is invalid"):
        numbers(shared_house, tasks, ("st", ["x"]))


def test_tasks_are_found_by_their_ids(shared_house: House, tasks: list[str]) -> None:
    found = shared_house.ec2().describe_import_snapshot_tasks(
        ImportTaskIds=[tasks[4], tasks[1], tasks[4]]
    )["ImportSnapshotTasks"]

    assert [task["ImportTaskId"] for task in found] == [tasks[1], tasks[4]]


@pytest.mark.parametrize(
    "task_id",
    [
        "import-snap-0123456789abcdef0",
        "import-snap-ffffffff",
        "import-snap-x",
        "snap-1",
        "xyz",
    ],
)
def test_an_unknown_id_is_malformed(shared_house: House, tasks: list[str], task_id: str) -> None:
    with pytest.raises(ClientError) as caught:
        shared_house.ec2().describe_import_snapshot_tasks(ImportTaskIds=[tasks[0], task_id])

    error = caught.value.response["Error"]
    assert error["Code"] == "InvalidConversionTaskId.Malformed"
    assert error["Message"] == f'The conversion task ID "{task_id}" is not valid'


def test_of_many_unknown_ids_the_lowest_is_named(house: House) -> None:
    unknown = [f"import-snap-{number:017x}" for number in range(40)]

    with pytest.raises(ClientError) as caught:
        house.ec2().describe_import_snapshot_tasks(ImportTaskIds=unknown)

    message = caught.value.response["Error"]["Message"]
    assert message == f'The conversion task ID "{unknown[0]}" is not valid'


def test_a_task_of_another_account_or_region_is_unknown(house: House, tasks: list[str]) -> None:
    for client in (house.ec2(), house.ec2(region="eu-west-1")):
        assert client.describe_import_snapshot_tasks()["ImportSnapshotTasks"] == []
        with pytest.raises(ClientError, match=r"InvalidConversionTaskId\.Malformed"):
            client.describe_import_snapshot_tasks(ImportTaskIds=[tasks[0]])


@pytest.mark.parametrize("size", [1, 2, 3, COUNT - 1, COUNT, 1000])
def test_pages_hold_every_task_once(shared_house: House, tasks: list[str], size: int) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_import_snapshot_tasks")
        .paginate(PaginationConfig={"PageSize": size})
    )

    assert [task["ImportTaskId"] for page in pages for task in page["ImportSnapshotTasks"]] == tasks
    assert len(pages) == -(-COUNT // size)


def test_pages_and_filters_go_together(shared_house: House, tasks: list[str]) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_import_snapshot_tasks")
        .paginate(
            Filters=[{"Name": "tag-key", "Values": ["Odd"]}], PaginationConfig={"PageSize": 2}
        )
    )

    assert [[task["ImportTaskId"] for task in page["ImportSnapshotTasks"]] for page in pages] == [
        [tasks[1], tasks[3]],
        [tasks[5]],
    ]


def test_nothing_is_skipped_or_repeated_while_tasks_are_being_added(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.raw", b"x" * 512)
    ec2 = house.ec2()

    def start() -> str:
        return ec2.import_snapshot(
            DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "disk.raw"}}
        )["ImportTaskId"]

    before = [start() for _ in range(10)]
    added: list[str] = []
    adding = threading.Thread(target=lambda: added.extend(start() for _ in range(10)))
    adding.start()
    seen = [
        task["ImportTaskId"]
        for page in ec2.get_paginator("describe_import_snapshot_tasks").paginate(
            PaginationConfig={"PageSize": 1}
        )
        for task in page["ImportSnapshotTasks"]
    ]
    adding.join()

    assert len(seen) == len(set(seen))
    assert seen[:10] == before
    assert seen[10:] == added[: len(seen) - 10]


@pytest.mark.parametrize("size", [0, -1, 1001])
def test_a_page_has_between_1_and_1000_tasks(house: House, size: int) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().describe_import_snapshot_tasks(MaxResults=size)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert f"Value ( {size} ) for parameter maxResults" in str(caught.value)


def test_a_token_of_another_making_is_refused(house: House) -> None:
    with pytest.raises(ClientError, match="InvalidNextToken"):
        house.ec2().describe_import_snapshot_tasks(MaxResults=5, NextToken="nonsense")


def test_a_dry_run_shows_nothing(house: House) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        house.ec2().describe_import_snapshot_tasks(DryRun=True)
