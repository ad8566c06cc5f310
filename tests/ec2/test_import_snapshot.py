"""ImportSnapshot: the whole journey, every parameter, every refusal of the request."""

import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from tests.ec2.conftest import FORMATS, MIB, convert, key_arn, made_key, random_disk
from tests.house import House

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import SnapshotDiskContainerTypeDef

MESSAGES = ["pending", "validating", "validated", "downloading/converting", "updating"]


def at(bucket: str, key: str, **more: Any) -> "SnapshotDiskContainerTypeDef":
    return {"UserBucket": {"S3Bucket": bucket, "S3Key": key}, **more}  # type: ignore[typeddict-item]


@pytest.fixture
def bucket(house: House) -> str:
    """A bucket with a small raw disk in it."""
    name = house.bucket()
    house.put_object(name, "disk.raw", b"disk" * (MIB // 4))
    return name


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


# the journey -------------------------------------------------------------------------------------


def test_a_disk_becomes_a_snapshot_with_the_same_bytes(house: House, tmp_path: Path) -> None:
    disk = random_disk(tmp_path / "disk", 24 * MIB + 512)
    image = convert(disk, "vmdk")
    bucket = house.bucket()
    house.put_object(bucket, "disks/linux.vmdk", image)
    ec2 = house.ec2()

    task = ec2.import_snapshot(
        Description="my disk", DiskContainer=at(bucket, "disks/linux.vmdk", Format="vmdk")
    )

    assert re.fullmatch(r"import-snap-[0-9a-f]{17}", task["ImportTaskId"])
    assert task["Description"] == "my disk"
    assert task["Tags"] == []
    assert task["SnapshotTaskDetail"] == {
        "Description": "my disk",
        "DiskImageSize": 0.0,
        "Format": "VMDK",
        "Progress": "3",
        "Status": "active",
        "StatusMessage": "pending",
        "UserBucket": {"S3Bucket": bucket, "S3Key": "disks/linux.vmdk"},
    }

    ec2.get_waiter("snapshot_imported").wait(
        ImportTaskIds=[task["ImportTaskId"]], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )

    (done,) = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task["ImportTaskId"]])[
        "ImportSnapshotTasks"
    ]
    detail = done["SnapshotTaskDetail"]
    snapshot_id = detail["SnapshotId"]
    assert detail == {
        "Description": "my disk",
        "DiskImageSize": float(image.stat().st_size),
        "Format": "VMDK",
        "SnapshotId": snapshot_id,
        "Status": "completed",
        "UserBucket": {"S3Bucket": bucket, "S3Key": "disks/linux.vmdk"},
    }

    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=[snapshot_id], WaiterConfig={"Delay": 1, "MaxAttempts": 5}
    )
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    assert snapshot["Description"] == (
        f"Created by AWS-VMImport service for {task['ImportTaskId']}"
    )
    assert snapshot["VolumeId"] == "vol-ffffffff"
    assert snapshot["VolumeSize"] == 1
    assert snapshot["State"] == "completed"
    assert snapshot["Progress"] == "100%"
    assert snapshot["Encrypted"] is False
    assert "KmsKeyId" not in snapshot
    assert snapshot["OwnerId"] == house.account_id
    assert snapshot["StorageTier"] == "standard"
    assert snapshot["Tags"] == []
    assert house.snapshot_bytes(snapshot_id).read_bytes() == disk.read_bytes()


def test_progress_only_rises_and_messages_come_in_their_order(house: House, tmp_path: Path) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "disk.vmdk", convert(random_disk(tmp_path / "d", 256 * MIB), "vmdk"))
    ec2 = house.ec2()
    task_id = ec2.import_snapshot(DiskContainer=at(bucket, "disk.vmdk"))["ImportTaskId"]

    seen = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        detail = ec2.describe_import_snapshot_tasks(ImportTaskIds=[task_id])["ImportSnapshotTasks"][
            0
        ]["SnapshotTaskDetail"]
        if detail["Status"] != "active":
            break
        seen.append((int(detail["Progress"]), detail["StatusMessage"]))

    assert detail["Status"] == "completed"
    assert seen[0] == (3, "pending")
    assert [progress for progress, _ in seen] == sorted(progress for progress, _ in seen)
    assert all(3 <= progress < 100 for progress, _ in seen)
    places = [MESSAGES.index(message) for _, message in seen]
    assert places == sorted(places)
    assert not {"Progress", "StatusMessage"} & detail.keys()


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_is_taken_however_it_is_spelled(
    house: House, tmp_path: Path, kind: str
) -> None:
    disk = random_disk(tmp_path / "disk", 3 * MIB)
    bucket = house.bucket()
    house.put_object(bucket, "disk", convert(disk, kind))
    name = kind.removesuffix("-fixed")
    spellings: list[dict[str, str]] = [{"Format": name}, {"Format": name.upper()}, {}]

    tasks = [
        house.ec2().import_snapshot(DiskContainer=at(bucket, "disk", **given))
        for given in spellings
    ]

    shown = [task["SnapshotTaskDetail"].get("Format") for task in tasks]
    assert shown == [name.upper(), name.upper(), None]
    for detail in map(house.finished, tasks):
        assert detail["Status"] == "completed", detail
        assert detail["Format"] == name.upper()
        assert house.snapshot_bytes(detail["SnapshotId"]).read_bytes() == disk.read_bytes()


def test_a_bad_disk_fails_the_task_not_the_request(house: House, bucket: str) -> None:
    house.put_object(bucket, "empty", b"")
    house.put_object(bucket, "lies.vmdk", b"no VMDK at all" * 1000)

    for key in ("empty", "lies.vmdk"):
        task = house.ec2().import_snapshot(DiskContainer=at(bucket, key, Format="VMDK"))
        detail = house.finished(task)

        assert detail["Status"] == "deleted"
        assert detail["StatusMessage"].startswith("ClientError: ")
        assert "Progress" not in detail
        assert "SnapshotId" not in detail
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []


# where the disk is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "s3://{bucket}/disk.raw",
        "https://s3.amazonaws.com/{bucket}/disk.raw",
        "https://s3.us-east-1.amazonaws.com/{bucket}/disk.raw",
        "https://{bucket}.s3.amazonaws.com/disk.raw",
        "https://{bucket}.s3.us-east-1.amazonaws.com/disk.raw",
        "{endpoint}/{bucket}/disk.raw",
        "http://localhost:4577/{bucket}/disk.raw",
        "https://vmie.example.com/{bucket}/disk.raw",
        "http://{bucket}.ec2.us-east-1.aws.test:8080/disk.raw",
    ],
)
def test_the_disk_may_be_named_by_a_url(house: House, bucket: str, url: str) -> None:
    url = url.format(bucket=bucket, endpoint=house.endpoint)

    task = house.ec2().import_snapshot(DiskContainer={"Format": "RAW", "Url": url})

    assert task["SnapshotTaskDetail"]["Url"] == url
    assert task["SnapshotTaskDetail"]["UserBucket"] == {"S3Bucket": bucket, "S3Key": "disk.raw"}
    assert house.finished(task)["Status"] == "completed"


def test_a_presigned_url_is_read_and_its_signature_never_shown(house: House, bucket: str) -> None:
    url = house.s3().generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "disk.raw"}
    )
    assert "Signature=" in url

    task = house.ec2().import_snapshot(DiskContainer={"Url": url})

    assert task["SnapshotTaskDetail"]["Url"] == f"{house.endpoint}/{bucket}/disk.raw"
    detail = house.finished(task)
    assert detail["Status"] == "completed"
    assert detail["Url"] == f"{house.endpoint}/{bucket}/disk.raw"
    secret = re.search(r"Signature=([^&]+)", url)
    assert secret is not None
    assert secret[1] not in house.server.log


def test_the_disk_of_another_account_needs_a_presigned_url(house: House, bucket: str) -> None:
    other = house.ec2("210987654321")
    for container in (at(bucket, "disk.raw"), {"Url": f"s3://{bucket}/disk.raw"}):
        with pytest.raises(ClientError) as caught:
            other.import_snapshot(DiskContainer=container)  # type: ignore[arg-type]
        assert refusal(caught) == (
            "InvalidParameter",
            f"User does not have access to the S3 object ({bucket}/disk.raw).",
        )

    url = house.s3().generate_presigned_url(
        "get_object", Params={"Bucket": bucket, "Key": "disk.raw"}
    )
    assert other.import_snapshot(DiskContainer={"Url": url})["ImportTaskId"]


def test_a_presigned_url_that_has_expired_gives_no_access(house: House, bucket: str) -> None:
    url = f"{house.endpoint}/{bucket}/disk.raw?X-Amz-Date=20240101T000000Z&X-Amz-Expires=60"

    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(DiskContainer={"Url": url})

    assert refusal(caught) == (
        "InvalidParameter",
        f"User does not have access to the S3 object ({bucket}/disk.raw).",
    )


@pytest.mark.parametrize(
    ("container", "code", "message"),
    [
        (None, "MissingParameter", "The request must contain the parameter DiskContainer"),
        (
            {"Format": "RAW"},
            "MissingParameter",
            "The request must contain the parameter DiskContainer.UserBucket",
        ),
        (
            {"UserBucket": {"S3Bucket": "{bucket}", "S3Key": "disk.raw"}, "Url": "s3://b1/key"},
            "InvalidParameterCombination",
            "The parameter Url cannot be used with the parameter UserBucket",
        ),
        ({"Url": "nonsense"}, "InvalidParameter", "Invalid S3 source location"),
        ({"Url": "s3://{bucket}"}, "InvalidParameter", "Invalid S3 source location"),
        (
            {"Url": "https://example.com/images/disk.raw"},
            "InvalidParameter",
            "Invalid S3 source location",
        ),
        (
            {"UserBucket": {"S3Bucket": "{bucket}"}},
            "InvalidParameter",
            "Invalid S3 source location",
        ),
        (
            {"UserBucket": {"S3Bucket": "not/a/bucket", "S3Key": "disk.raw"}},
            "InvalidParameter",
            "Invalid S3 source location",
        ),
        (
            {"UserBucket": {"S3Bucket": "{bucket}", "S3Key": "gone.raw"}},
            "InvalidParameter",
            "User does not have access to the S3 object ({bucket}/gone.raw).",
        ),
        (
            {"UserBucket": {"S3Bucket": "no-{bucket}", "S3Key": "disk.raw"}},
            "InvalidParameter",
            "User does not have access to the S3 object (no-{bucket}/disk.raw).",
        ),
        (
            {"Url": "s3://{bucket}/gone.raw"},
            "InvalidParameter",
            "User does not have access to the S3 object ({bucket}/gone.raw).",
        ),
        (
            {"Url": "http://localhost:1/no-{bucket}/disk.raw"},
            "InvalidParameter",
            "User does not have access to the S3 object (no-{bucket}/disk.raw).",
        ),
        (
            {"UserBucket": {"S3Bucket": "{bucket}", "S3Key": "disk.raw"}, "Format": "qcow2"},
            "InvalidParameter",
            "Parameter disk-image-format=qcow2 has an invalid format",
        ),
        (
            {"UserBucket": {"S3Bucket": "{bucket}", "S3Key": "disk.raw"}, "Format": "OVA"},
            "InvalidParameter",
            "Parameter disk-image-format=OVA has an invalid format",
        ),
    ],
)
def test_a_disk_that_cannot_be_is_refused(
    house: House, bucket: str, container: dict[str, Any] | None, code: str, message: str
) -> None:
    given = {} if container is None else {"DiskContainer": filled(container, bucket)}

    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(**given)

    assert refusal(caught) == (code, message.format(bucket=bucket))
    assert house.ec2().describe_import_snapshot_tasks()["ImportSnapshotTasks"] == []


def filled(value: Any, bucket: str) -> Any:
    if isinstance(value, dict):
        return {name: filled(each, bucket) for name, each in value.items()}
    return value.format(bucket=bucket)


def test_an_object_in_another_region_is_refused(house: House) -> None:
    bucket = house.bucket(region="eu-central-1")
    house.s3(region="eu-central-1").put_object(Bucket=bucket, Key="disk.raw", Body=b"x" * MIB)

    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(DiskContainer=at(bucket, "disk.raw"))

    assert refusal(caught) == (
        "InvalidParameter",
        "The given S3 object is not local to the region. The object must be located in us-east-1.",
    )
    task = house.ec2(region="eu-central-1").import_snapshot(DiskContainer=at(bucket, "disk.raw"))
    assert house.finished(task, region="eu-central-1")["Status"] == "completed"


# the other parameters ----------------------------------------------------------------------------


def test_the_same_client_token_gives_the_same_task(house: House, bucket: str) -> None:
    ec2 = house.ec2()
    request: dict[str, Any] = {
        "ClientToken": "token-1",
        "Description": "once",
        "DiskContainer": at(bucket, "disk.raw"),
        "ClientData": {"Comment": "x", "UploadSize": 1.5, "UploadStart": datetime.now(UTC)},
        "TagSpecifications": [
            {"ResourceType": "import-snapshot-task", "Tags": [{"Key": "a", "Value": "b"}]}
        ],
    }
    task = ec2.import_snapshot(**request)

    again = ec2.import_snapshot(**request)
    house.finished(task)
    house.s3().delete_object(Bucket=bucket, Key="disk.raw")
    after_its_end = ec2.import_snapshot(**request)

    assert again["ImportTaskId"] == after_its_end["ImportTaskId"] == task["ImportTaskId"]
    assert again["Tags"] == [{"Key": "a", "Value": "b"}]
    assert after_its_end["SnapshotTaskDetail"]["Status"] == "completed"
    assert len(ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"]) == 1


def test_a_client_token_survives_that_a_url_is_signed_anew(house: House, bucket: str) -> None:
    ec2 = house.ec2()
    plain = f"{house.endpoint}/{bucket}/disk.raw"

    one = ec2.import_snapshot(ClientToken="t", DiskContainer={"Url": plain})
    other = ec2.import_snapshot(ClientToken="t", DiskContainer={"Url": f"{plain}?x-id=GetObject"})

    assert one["ImportTaskId"] == other["ImportTaskId"]


@pytest.mark.parametrize("token", ["x" * 65, "é"])
def test_a_client_token_has_at_most_64_ascii_characters(
    house: House, bucket: str, token: str
) -> None:
    ec2, container = house.ec2(), at(bucket, "disk.raw")

    ec2.import_snapshot(ClientToken="x" * 64, DiskContainer=container)
    with pytest.raises(ClientError) as caught:
        ec2.import_snapshot(ClientToken=token, DiskContainer=container)

    assert caught.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert "clientToken" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "other",
    [
        {"Description": "another"},
        {"Encrypted": True},
        {"RoleName": "other"},
        {"ClientData": {"Comment": "y"}},
        {"TagSpecifications": [{"ResourceType": "snapshot", "Tags": [{"Key": "k", "Value": ""}]}]},
    ],
)
def test_a_client_token_with_other_parameters_is_refused(
    house: House, bucket: str, other: dict[str, Any]
) -> None:
    ec2 = house.ec2()
    ec2.import_snapshot(ClientToken="token", DiskContainer=at(bucket, "disk.raw"))

    with pytest.raises(ClientError) as caught:
        ec2.import_snapshot(ClientToken="token", DiskContainer=at(bucket, "disk.raw"), **other)

    assert refusal(caught)[0] == "IdempotentParameterMismatch"


def test_a_client_token_counts_for_one_account_and_region(house: House) -> None:
    regions = ("us-east-1", "us-west-2")
    tasks = set()
    for region in regions:
        for account in (house.account_id, str(int(house.account_id) - 1)):
            other = House(house.server, account)
            bucket = other.bucket(region=region)
            other.s3(region=region).put_object(Bucket=bucket, Key="disk.raw", Body=b"x" * MIB)
            task = house.ec2(account, region).import_snapshot(
                ClientToken=house.account_id, DiskContainer=at(bucket, "disk.raw")
            )
            tasks.add(task["ImportTaskId"])

    assert len(tasks) == 4


def test_a_dry_run_starts_nothing_and_comes_after_every_check(house: House, bucket: str) -> None:
    ec2 = house.ec2()

    with pytest.raises(ClientError) as caught:
        ec2.import_snapshot(DryRun=True, DiskContainer=at(bucket, "disk.raw"))
    assert refusal(caught) == (
        "DryRunOperation",
        "Request would have succeeded, but DryRun flag is set.",
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412

    with pytest.raises(ClientError) as caught:
        ec2.import_snapshot(DryRun=True, DiskContainer=at(bucket, "gone.raw"))
    assert refusal(caught)[0] == "InvalidParameter"
    assert ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"] == []


def test_tags_are_for_the_task_and_for_the_snapshot(house: House, bucket: str) -> None:
    ec2 = house.ec2()

    task = ec2.import_snapshot(
        DiskContainer=at(bucket, "disk.raw"),
        TagSpecifications=[
            {
                "ResourceType": "import-snapshot-task",
                "Tags": [{"Key": "Name", "Value": "task"}, {"Key": "Empty", "Value": ""}],
            },
            {"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "result"}]},
        ],
    )

    tags = [{"Key": "Name", "Value": "task"}, {"Key": "Empty", "Value": ""}]
    assert task["Tags"] == tags
    detail = house.finished(task)
    (described,) = ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    assert described["Tags"] == tags
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[detail["SnapshotId"]])["Snapshots"]
    assert snapshot["Tags"] == [{"Key": "Name", "Value": "result"}]


@pytest.mark.parametrize(
    ("specification", "code", "message"),
    [
        (
            {"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]},
            "InvalidParameterValue",
            "'instance' is not a valid taggable resource type for this operation.",
        ),
        (
            {
                "ResourceType": "import-snapshot-task",
                "Tags": [{"Key": "aws:x", "Value": "b"}],
            },
            "InvalidParameterValue",
            "Value ( aws:x ) for parameter key is invalid. "
            "Tag keys starting with 'aws:' are reserved for internal use",
        ),
        (
            {
                "ResourceType": "snapshot",
                "Tags": [{"Key": f"k{number}", "Value": ""} for number in range(51)],
            },
            "TagLimitExceeded",
            "The maximum number of Tags for a resource has been reached.",
        ),
    ],
)
def test_tags_that_cannot_be_start_no_task(
    house: House, bucket: str, specification: Any, code: str, message: str
) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(
            DiskContainer=at(bucket, "disk.raw"), TagSpecifications=[specification]
        )

    assert refusal(caught) == (code, message)


@pytest.mark.parametrize("spelling", ["{id}", "{arn}", "{alias}", "{alias_arn}", None])
def test_an_encrypted_import_makes_an_encrypted_snapshot(
    house: House, bucket: str, spelling: str | None
) -> None:
    arn = made_key(house)
    named: dict[str, Any] = {}
    if spelling is not None:
        prefix, _, key_id = arn.partition("key/")
        alias = "alias/mine"
        named["KmsKeyId"] = spelling.format(
            id=key_id, arn=arn, alias=alias, alias_arn=prefix + alias
        )

    task = house.ec2().import_snapshot(
        DiskContainer=at(bucket, "disk.raw"), Encrypted=True, **named
    )

    if spelling is None:
        arn = key_arn(house, "alias/aws/ebs")
    assert task["SnapshotTaskDetail"]["Encrypted"] is True
    assert task["SnapshotTaskDetail"]["KmsKeyId"] == arn
    detail = house.finished(task)
    (snapshot,) = house.ec2().describe_snapshots(SnapshotIds=[detail["SnapshotId"]])["Snapshots"]
    assert snapshot["Encrypted"] is True
    assert snapshot["KmsKeyId"] == arn


def test_a_key_that_cannot_be_used_is_refused(house: House, bucket: str) -> None:
    kms = house.kms()
    disabled, going = made_key(house), made_key(house, alias="alias/going")
    kms.disable_key(KeyId=disabled)
    kms.schedule_key_deletion(KeyId=going)
    of_s3 = key_arn(house, "alias/aws/s3")

    for key in (disabled, "alias/mine", going, "alias/going", of_s3, "alias/aws/s3"):
        with pytest.raises(ClientError) as caught:
            house.ec2().import_snapshot(
                DiskContainer=at(bucket, "disk.raw"), Encrypted=True, KmsKeyId=key
            )
        code, message = refusal(caught)
        assert code == "InvalidParameterValue"
        assert message.startswith("The specified KMS key is not accessible.")
    kms.enable_key(KeyId=disabled)
    task = house.ec2().import_snapshot(
        DiskContainer=at(bucket, "disk.raw"), Encrypted=True, KmsKeyId=disabled
    )
    assert house.finished(task)["Status"] == "completed"


@pytest.mark.parametrize(
    "key",
    [
        "arn:aws:kms:us-west-2:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:kms:us-east-1:999999999999:alias/theirs",
        "arn:aws:kms:us-east-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "alias/none",
        "no key",
    ],
)
def test_a_key_that_is_not_accessible_is_refused(house: House, bucket: str, key: str) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(
            DiskContainer=at(bucket, "disk.raw"),
            Encrypted=True,
            KmsKeyId=key.format(account=house.account_id),
        )

    assert refusal(caught) == (
        "InvalidParameterValue",
        "The specified KMS key is not accessible. If this is a default EBS CMK, "
        "please retry your request without specifying the key explicitly",
    )


def test_a_key_needs_encryption(house: House, bucket: str) -> None:
    with pytest.raises(ClientError) as caught:
        house.ec2().import_snapshot(DiskContainer=at(bucket, "disk.raw"), KmsKeyId="alias/mine")

    assert refusal(caught)[0] == "InvalidParameterDependency"


def test_a_container_has_a_description_of_its_own(house: House, bucket: str) -> None:
    task = house.ec2().import_snapshot(
        Description="the task", DiskContainer=at(bucket, "disk.raw", Description="the disk")
    )

    assert task["Description"] == "the task"
    assert task["SnapshotTaskDetail"]["Description"] == "the disk"


def test_the_tag_set_is_there_even_when_empty_and_empty_texts_are_not_given(
    house: House, bucket: str
) -> None:
    query = {
        "Action": "ImportSnapshot",
        "Version": "2015-10-01",
        "AWSAccessKeyId": house.account_id,
        "DiskContainer.Format": "",
        "DiskContainer.Description": "",
        "DiskContainer.Url": "",
        "DiskContainer.UserBucket.S3Bucket": bucket,
        "DiskContainer.UserBucket.S3Key": "disk.raw",
        "ClientToken": "",
        "KmsKeyId": "",
    }

    with urlopen(f"{house.endpoint}/?{urlencode(query)}") as answer:
        document = answer.read().decode()

    assert re.search(r"<tagSet\s*/>|<tagSet></tagSet>", document)
    assert "<description>" not in document
    assert "<snapshotId>" not in document
    assert "<format>" not in document
