"""DescribeSnapshots and DeleteSnapshot."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator.services.ec2.snapshots import FILTERS
from state.blobs import Blobs
from state.snapshots import Snapshot
from tests.ec2.conftest import put_snapshots
from tests.house import House, Server

START = datetime(2024, 2, 29, 23, 59, 58, 123456, tzinfo=UTC)
COUNT = 12
UNKNOWN = "snap-0123456789abcdef0"


def snapshot(house: House, number: int, **more: Any) -> Snapshot:
    snapshot_id = f"snap-{int(house.account_id):010x}{number:07x}"
    return Snapshot(
        **{
            "id": snapshot_id,
            "account_id": house.account_id,
            "region": "us-east-1",
            "created_at": START + timedelta(days=number),
            "completed_at": START + timedelta(days=number, seconds=5),
            "size_gib": number + 1,
            "size_bytes": (number + 1) << 30,
            "blob_id": f"{snapshot_id}-blob",
            "description": f"disk {number}",
            **more,
        }
    )


@pytest.fixture(scope="module")
def snapshots(shared_house: House) -> list[str]:
    """Twelve snapshots of one account; the tests look at the first three by number."""
    arn = f"arn:aws:kms:us-east-1:{shared_house.account_id}:alias/aws/ebs"
    found = [snapshot(shared_house, number) for number in range(COUNT)]
    found[1] = snapshot(shared_house, 1, encrypted=True, kms_key_id=arn)
    found[2] = snapshot(shared_house, 2, description="a * and a ? \\ here", state="pending")
    put_snapshots(shared_house, found)
    ec2 = shared_house.ec2()
    ids = [each.id for each in found]
    ec2.create_tags(Resources=[ids[0], ids[1]], Tags=[{"Key": "Team", "Value": "red"}])
    ec2.create_tags(Resources=[ids[1]], Tags=[{"Key": "Name", "Value": ""}])
    return ids


def numbers(house: House, snapshots: list[str], **request: Any) -> list[int]:
    found = house.ec2().describe_snapshots(**request)["Snapshots"]
    return [snapshots.index(each["SnapshotId"]) for each in found]


ALL = list(range(COUNT))


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("description", ["disk 1"], [1]),
        ("description", ["disk 1*"], [1, 10, 11]),
        ("description", ["disk ?"], [0, 1, 3, 4, 5, 6, 7, 8, 9]),
        ("description", [r"a \* and a \? \\ here"], [2]),
        ("description", [r"disk \*"], []),
        ("description", ["DISK 1"], []),
        ("encrypted", ["true"], [1]),
        ("encrypted", ["false", "true"], ALL),
        ("owner-alias", ["*"], []),
        ("owner-id", ["{account}"], ALL),
        ("owner-id", ["000000000000"], []),
        ("progress", ["100%"], [0, 1, *range(3, COUNT)]),
        ("progress", ["0%"], [2]),
        ("snapshot-id", ["{1}", "{3}", UNKNOWN], [1, 3]),
        ("snapshot-id", ["snap-*"], ALL),
        ("start-time", ["2024-02-29T23:59:58.123Z"], [0]),
        ("start-time", ["2024-03-0?T*"], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("status", ["completed"], [0, 1, *range(3, COUNT)]),
        ("status", ["pending", "error"], [2]),
        ("storage-tier", ["standard"], ALL),
        ("storage-tier", ["archive"], []),
        ("tag-key", ["Team"], [0, 1]),
        ("tag-key", ["Na*"], [1]),
        ("tag:Team", ["red", "blue"], [0, 1]),
        ("tag:Name", [""], [1]),
        ("tag:Name", ["*"], [1]),
        ("tag:team", ["red"], []),
        ("transfer-type", ["*"], []),
        ("volume-id", ["vol-ffffffff"], ALL),
        ("volume-id", ["vol-0*"], []),
        ("volume-size", ["1", "12"], [0, 11]),
        ("volume-size", ["1?"], [9, 10, 11]),
    ],
)
def test_snapshots_are_filtered(
    shared_house: House, snapshots: list[str], name: str, values: list[str], expected: list[int]
) -> None:
    filled = [
        value.replace("{account}", shared_house.account_id)
        .replace("{1}", snapshots[1])
        .replace("{3}", snapshots[3])
        for value in values
    ]

    found = numbers(shared_house, snapshots, Filters=[{"Name": name, "Values": filled}])

    assert found == expected


def test_the_table_above_is_whole() -> None:
    marks = test_snapshots_are_filtered.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}

    assert {name for name in tried if not name.startswith("tag")} == FILTERS.fields.keys()


def test_filters_are_joined_with_and(shared_house: House, snapshots: list[str]) -> None:
    filters = [
        {"Name": "tag:Team", "Values": ["red"]},
        {"Name": "encrypted", "Values": ["false"]},
    ]

    assert numbers(shared_house, snapshots, Filters=filters) == [0]
    assert numbers(
        shared_house, snapshots, Filters=filters, SnapshotIds=[snapshots[1], snapshots[0]]
    ) == [0]


@pytest.mark.parametrize("name", ["nope", "Description", "tag-value", "tag"])
def test_an_unknown_filter_is_refused(shared_house: House, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        shared_house.ec2().describe_snapshots(Filters=[{"Name": name, "Values": ["x"]}])

    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert caught.value.response["Error"]["Message"] == f"The filter '{name}' is invalid"


def test_a_snapshot_is_shown_as_the_service_shows_it(
    shared_house: House, snapshots: list[str]
) -> None:
    found = shared_house.ec2().describe_snapshots(SnapshotIds=snapshots[:2])["Snapshots"]

    moment = START.replace(microsecond=123000)
    assert found[0] == {
        "CompletionTime": moment + timedelta(seconds=5),
        "Description": "disk 0",
        "Encrypted": False,
        "OwnerId": shared_house.account_id,
        "Progress": "100%",
        "SnapshotId": snapshots[0],
        "StartTime": moment,
        "State": "completed",
        "StorageTier": "standard",
        "Tags": [{"Key": "Team", "Value": "red"}],
        "VolumeId": "vol-ffffffff",
        "VolumeSize": 1,
    }
    assert found[1]["Encrypted"] is True
    assert found[1]["KmsKeyId"].endswith(":alias/aws/ebs")
    assert {"Key": "Name", "Value": ""} in found[1]["Tags"]


@pytest.mark.parametrize(
    ("request_", "shown"),
    [
        ({"OwnerIds": ["self"]}, True),
        ({"OwnerIds": ["{account}"]}, True),
        ({"OwnerIds": ["amazon", "self"]}, True),
        ({"OwnerIds": ["amazon"]}, False),
        ({"OwnerIds": ["210987654321"]}, False),
        ({"RestorableByUserIds": ["self"]}, True),
        ({"RestorableByUserIds": ["{account}"]}, True),
        ({"RestorableByUserIds": ["all"]}, False),
        ({"RestorableByUserIds": ["210987654321"]}, False),
        ({"OwnerIds": ["self"], "RestorableByUserIds": ["all"]}, False),
    ],
)
def test_snapshots_are_found_by_owner_and_by_who_may_restore_them(
    shared_house: House, snapshots: list[str], request_: dict[str, list[str]], shown: bool
) -> None:
    filled = {
        name: [value.replace("{account}", shared_house.account_id) for value in values]
        for name, values in request_.items()
    }

    assert numbers(shared_house, snapshots, **filled) == (ALL if shown else [])


@pytest.mark.parametrize("name", ["OwnerIds", "RestorableByUserIds"])
def test_an_owner_that_cannot_be_is_malformed(shared_house: House, name: str) -> None:
    with pytest.raises(ClientError) as caught:
        shared_house.ec2().describe_snapshots(**{name: ["me"]})  # type: ignore[arg-type]

    assert caught.value.response["Error"]["Code"] == "InvalidUserID.Malformed"


@pytest.mark.parametrize("size", [5, 6, COUNT, 1000, 5000])
def test_pages_hold_every_snapshot_once(
    shared_house: House, snapshots: list[str], size: int
) -> None:
    pages = list(
        shared_house.ec2()
        .get_paginator("describe_snapshots")
        .paginate(OwnerIds=["self"], PaginationConfig={"PageSize": size})
    )

    assert [each["SnapshotId"] for page in pages for each in page["Snapshots"]] == snapshots
    assert len(pages) == -(-COUNT // size)


def test_snapshots_may_go_between_pages(shared_house: House, snapshots: list[str]) -> None:
    ec2 = shared_house.ec2()
    extra = [snapshot(shared_house, number) for number in range(100, 104)]
    put_snapshots(shared_house, extra)
    first = ec2.describe_snapshots(MaxResults=COUNT + 1)
    ec2.delete_snapshot(SnapshotId=extra[0].id)
    ec2.delete_snapshot(SnapshotId=extra[1].id)

    second = ec2.describe_snapshots(MaxResults=COUNT + 1, NextToken=first["NextToken"])

    assert [each["SnapshotId"] for each in second["Snapshots"]] == [extra[2].id, extra[3].id]
    assert "NextToken" not in second
    for each in extra[2:]:
        ec2.delete_snapshot(SnapshotId=each.id)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"MaxResults": 4}, "InvalidParameterValue"),
        ({"MaxResults": 0}, "InvalidParameterValue"),
        ({"MaxResults": 5, "NextToken": "nonsense"}, "InvalidNextToken"),
        ({"MaxResults": 5, "SnapshotIds": [UNKNOWN]}, "InvalidParameterCombination"),
        ({"NextToken": "x", "SnapshotIds": [UNKNOWN]}, "InvalidParameterCombination"),
        ({"SnapshotIds": [UNKNOWN]}, "InvalidSnapshot.NotFound"),
        ({"SnapshotIds": ["snap-x"]}, "InvalidSnapshotID.Malformed"),
        ({"SnapshotIds": ["vol-0123456789abcdef0"]}, "InvalidSnapshotID.Malformed"),
        ({"DryRun": True}, "DryRunOperation"),
        ({"DryRun": True, "SnapshotIds": ["snap-x"]}, "InvalidSnapshotID.Malformed"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    shared_house: House, snapshots: list[str], request_: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError) as caught:
        shared_house.ec2().describe_snapshots(**request_)

    assert caught.value.response["Error"]["Code"] == code


def test_one_unknown_id_among_others_is_named(shared_house: House, snapshots: list[str]) -> None:
    with pytest.raises(ClientError) as caught:
        shared_house.ec2().describe_snapshots(SnapshotIds=[snapshots[0], UNKNOWN])

    assert caught.value.response["Error"] == {
        "Code": "InvalidSnapshot.NotFound",
        "Message": f"The snapshot '{UNKNOWN}' does not exist.",
    }


def test_another_account_sees_nothing_and_gets_no_error(house: House, snapshots: list[str]) -> None:
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert house.ec2().describe_snapshots(SnapshotIds=snapshots[:1])["Snapshots"] == []


def test_another_region_does_not_know_the_snapshot(
    shared_house: House, snapshots: list[str]
) -> None:
    elsewhere = shared_house.ec2(region="eu-west-1")

    assert elsewhere.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        elsewhere.describe_snapshots(SnapshotIds=snapshots[:1])


# DeleteSnapshot ----------------------------------------------------------------------------------


@pytest.fixture
def doomed(house: House) -> Snapshot:
    """A snapshot with a tag."""
    found = snapshot(house, 1)
    put_snapshots(house, [found])
    house.ec2().create_tags(Resources=[found.id], Tags=[{"Key": "a", "Value": "b"}])
    return found


def test_a_deleted_snapshot_is_gone_with_its_tags_and_bytes(house: House, doomed: Snapshot) -> None:
    path = Blobs(house.data_dir).path(doomed.blob_id)
    assert path.exists()
    ec2 = house.ec2()

    ec2.delete_snapshot(SnapshotId=doomed.id)

    assert not path.exists()
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert ec2.describe_tags()["Tags"] == []
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
        ec2.delete_snapshot(SnapshotId=doomed.id)


@pytest.mark.parametrize(
    ("snapshot_id", "code"),
    [(UNKNOWN, "InvalidSnapshot.NotFound"), ("snap-x", "InvalidSnapshotID.Malformed")],
)
def test_what_is_not_there_cannot_be_deleted(house: House, snapshot_id: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().delete_snapshot(SnapshotId=snapshot_id)

    assert caught.value.response["Error"]["Code"] == code


def test_nobody_deletes_the_snapshot_of_another(
    house: House, doomed: Snapshot, server: Server
) -> None:
    for client in (House(server).ec2(), house.ec2(region="eu-west-1")):
        with pytest.raises(ClientError, match=r"InvalidSnapshot\.NotFound"):
            client.delete_snapshot(SnapshotId=doomed.id)

    assert len(house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1


def test_a_dry_run_deletes_nothing(house: House, doomed: Snapshot) -> None:
    with pytest.raises(ClientError, match="DryRunOperation"):
        house.ec2().delete_snapshot(SnapshotId=doomed.id, DryRun=True)

    assert Blobs(house.data_dir).path(doomed.blob_id).exists()
    assert len(house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
