"""CopySnapshot: bytes are shared, everything else is the copy's own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from state.disk_keys import KeyUnusable
from tests.ec2.conftest import DEFAULT_KEY, OWN_KEY, key_arn, made_key, made_snapshot, refusal
from tests.house import House

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

UNKNOWN = "snap-0123456789abcdef0"
REGIONS = ["us-east-1", "eu-west-1"]


def copied(house: House, source: str, region: str = "us-east-1", **more: Any) -> str:
    request: Any = {"SourceRegion": "us-east-1", "SourceSnapshotId": source, **more}
    return house.ec2(region=region).copy_snapshot(**request)["SnapshotId"]


def described(house: House, snapshot: str, region: str = "us-east-1") -> Any:
    (found,) = house.ec2(region=region).describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    return found


@pytest.mark.parametrize("region", REGIONS)
def test_a_copy_is_another_name_of_the_same_bytes(house: House, region: str) -> None:
    source = made_snapshot(house, b"the bytes")

    copy = copied(house, source, region)

    assert copy != source
    assert house.snapshot_bytes(copy).samefile(house.snapshot_bytes(source))
    assert house.snapshot_bytes(copy) != house.snapshot_bytes(source)


@pytest.mark.parametrize("gone", ["source", "copy"])
@pytest.mark.parametrize("region", REGIONS)
def test_what_remains_keeps_its_bytes(house: House, region: str, gone: str) -> None:
    source = made_snapshot(house, b"the bytes")
    copy = copied(house, source, region)

    if gone == "source":
        house.ec2().delete_snapshot(SnapshotId=source)
    else:
        house.ec2(region=region).delete_snapshot(SnapshotId=copy)

    remaining = copy if gone == "source" else source
    assert house.snapshot_bytes(remaining).read_bytes() == b"the bytes"
    assert house.snapshot_bytes(remaining).stat().st_nlink == 1


def test_a_copy_is_shown_as_one(house: House) -> None:
    source = made_snapshot(house, description="of the source", size_gib=7)

    answer = house.ec2(region="eu-west-1").copy_snapshot(
        SourceRegion="us-east-1",
        SourceSnapshotId=source,
        Description="of the copy",
        TagSpecifications=[
            {"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "copy"}]}
        ],
    )

    assert answer["Tags"] == [{"Key": "Name", "Value": "copy"}]
    found = described(house, answer["SnapshotId"], "eu-west-1")
    assert found.pop("CompletionTime") - found.pop("StartTime") == timedelta(0)
    assert found == {
        "Description": "of the copy",
        "Encrypted": False,
        "OwnerId": house.account_id,
        "Progress": "100%",
        "SnapshotId": answer["SnapshotId"],
        "State": "completed",
        "StorageTier": "standard",
        "Tags": [{"Key": "Name", "Value": "copy"}],
        "TransferType": "standard",
        "VolumeId": "vol-ffffffff",
        "VolumeSize": 7,
    }


def test_a_copy_has_no_description_and_no_tags_of_its_source(house: House) -> None:
    source = made_snapshot(house, description="of the source")
    house.ec2().create_tags(Resources=[source], Tags=[{"Key": "a", "Value": "b"}])

    found = described(house, copied(house, source))

    assert (found["Description"], found["Tags"]) == ("", [])


def test_a_copy_may_be_promised_in_time(house: House) -> None:
    copy = copied(house, made_snapshot(house), CompletionDurationMinutes=30)

    found = described(house, copy)

    assert (found["TransferType"], found["CompletionDurationMinutes"]) == ("time-based", 30)
    filtered = house.ec2().describe_snapshots(
        Filters=[{"Name": "transfer-type", "Values": ["time-based"]}]
    )
    assert [each["SnapshotId"] for each in filtered["Snapshots"]] == [copy]


def test_the_waiter_for_a_copy_ends(house: House) -> None:
    copy = copied(house, made_snapshot(house), "eu-west-1")

    house.ec2(region="eu-west-1").get_waiter("snapshot_completed").wait(
        SnapshotIds=[copy], WaiterConfig={"Delay": 1, "MaxAttempts": 2}
    )


def test_whoever_copies_while_the_source_goes_has_the_bytes_or_nothing(house: House) -> None:
    sources = [made_snapshot(house, b"the bytes") for _ in range(12)]
    ec2 = house.ec2()

    def copy(source: str) -> str | None:
        try:
            return copied(house, source)
        except ClientError as error:
            if error.response["Error"]["Code"] != "InvalidSnapshot.NotFound":
                raise
            return None

    with ThreadPoolExecutor(8) as threads:
        copies = list(
            threads.map(
                lambda number: (
                    copy(sources[number // 2])
                    if number % 2
                    else ec2.delete_snapshot(SnapshotId=sources[number // 2]) and None
                ),
                range(2 * len(sources)),
            )
        )

    found = {each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
    assert found == {copy for copy in copies if copy is not None}
    assert all(house.snapshot_bytes(copy).read_bytes() == b"the bytes" for copy in found)


# encryption --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "request_", "key"),
    [
        ({}, {}, None),
        ({}, {"Encrypted": True}, "alias/aws/ebs"),
        ({}, {"Encrypted": True, "KmsKeyId": "alias/mine"}, "alias/mine"),
        ({"encrypted": True, "kms_key_id": DEFAULT_KEY}, {}, "alias/aws/ebs"),
        ({"encrypted": True, "kms_key_id": OWN_KEY}, {}, "alias/aws/ebs"),
        (
            {"encrypted": True, "kms_key_id": OWN_KEY},
            {"Encrypted": True, "KmsKeyId": "alias/mine"},
            "alias/mine",
        ),
    ],
)
@pytest.mark.parametrize("region", REGIONS)
def test_a_copy_is_encrypted_if_its_source_is_or_if_asked_for(
    house: House, region: str, source: dict[str, Any], request_: dict[str, Any], key: str | None
) -> None:
    made_key(house, region)

    copy = copied(house, made_snapshot(house, **source), region, **request_)

    found = described(house, copy, region)
    assert found["Encrypted"] is (key is not None)
    assert found.get("KmsKeyId") == (key and key_arn(house, key, region))


def test_a_copy_of_an_encrypted_snapshot_has_its_bytes_under_its_own_key(house: House) -> None:
    first = made_key(house)
    house.put_object(bucket := house.bucket(), "disk", b"the bytes" * 1000)
    source = house.finished(
        house.ec2().import_snapshot(
            DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}},
            Encrypted=True,
            KmsKeyId=first,
        )
    )["SnapshotId"]
    second = made_key(house, "eu-west-1")

    copy = copied(house, source, "eu-west-1", Encrypted=True, KmsKeyId=second)

    assert described(house, copy, "eu-west-1")["KmsKeyId"] == second
    assert house.snapshot_bytes(copy).samefile(house.snapshot_bytes(source))
    house.kms().disable_key(KeyId=first)
    assert house.disk(copy).read(0, 9) == b"the bytes"
    with pytest.raises(KeyUnusable):
        house.disk(source)


# other accounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize("users", ["UserIds", "GroupNames"])
@pytest.mark.parametrize("region", REGIONS)
def test_the_copy_of_what_is_shared_belongs_to_the_copier(
    house: House, friend: House, region: str, users: str
) -> None:
    source = made_snapshot(house, b"shared bytes")
    request: Any = {users: [friend.account_id] if users == "UserIds" else ["all"]}
    house.ec2().modify_snapshot_attribute(SnapshotId=source, OperationType="add", **request)

    copy = copied(friend, source, region)
    house.ec2().delete_snapshot(SnapshotId=source)  # so that no other test sees it either

    assert described(friend, copy, region)["OwnerId"] == friend.account_id
    assert house.ec2(region=region).describe_snapshots(SnapshotIds=[copy])["Snapshots"] == []
    assert friend.snapshot_bytes(copy).read_bytes() == b"shared bytes"


def test_what_may_not_be_used_cannot_be_copied(house: House, friend: House) -> None:
    source = made_snapshot(house)

    assert refusal(lambda: copied(friend, source)) == (
        "InvalidSnapshot.NotFound",
        f"The snapshot '{source}' does not exist.",
    )
    assert friend.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


# what is refused ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"SourceSnapshotId": UNKNOWN}, "InvalidSnapshot.NotFound"),
        ({"SourceSnapshotId": "snap-x"}, "InvalidSnapshotID.Malformed"),
        ({"SourceRegion": "eu-west-1"}, "InvalidSnapshot.NotFound"),
        ({"Encrypted": False}, "InvalidParameterValue"),
        ({"KmsKeyId": "alias/mine"}, "InvalidParameterDependency"),
        ({"Encrypted": True, "KmsKeyId": "nonsense"}, "InvalidParameterValue"),
        ({"DestinationOutpostArn": "arn:aws:outposts:x"}, "UnsupportedOperation"),
        ({"DestinationAvailabilityZone": "us-east-1-bos-1a"}, "UnsupportedOperation"),
        ({"CompletionDurationMinutes": 20}, "InvalidParameterValue"),
        ({"CompletionDurationMinutes": 2895}, "InvalidParameterValue"),
        (
            {"TagSpecifications": [{"ResourceType": "image", "Tags": []}]},
            "InvalidParameterValue",
        ),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
def test_a_copy_that_cannot_be_is_refused(house: House, more: dict[str, Any], code: str) -> None:
    source = made_snapshot(house)

    request = {"source": source, **more}
    if "SourceSnapshotId" in request:
        request["source"] = request.pop("SourceSnapshotId")

    assert refusal(lambda: copied(house, **request))[0] == code
    assert len(house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 1
    assert house.snapshot_bytes(source).stat().st_nlink == 1


def test_a_snapshot_that_is_not_ready_cannot_be_copied(house: House) -> None:
    source = made_snapshot(house, state="pending", completed_at=None)

    assert refusal(lambda: copied(house, source))[0] == "InvalidSnapshot.NotFound"
