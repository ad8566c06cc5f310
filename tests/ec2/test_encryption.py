"""Encryption from outside: by default, of copies, and what becomes of both without the key."""

import json
import time
from typing import Any

import pytest

from state.disk_keys import KeyUnusable
from tests.disks import MIB, words
from tests.ec2.conftest import key_arn, made_image, made_key, made_snapshot, refusal
from tests.house import House
from tests.iam.test_session_rights import Worker, statement

ELSEWHERE = "eu-west-1"
NOT_ACCESSIBLE = (
    "The specified KMS key is not accessible. If this is a default EBS CMK, "
    "please retry your request without specifying the key explicitly"
)


@pytest.fixture(scope="module")
def disk() -> bytes:
    return words(MIB)


def at(house: House, content: bytes) -> Any:
    bucket = house.bucket()
    house.put_object(bucket, "disk", content)
    return {"UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}


def snapshot_of(house: House, snapshot_id: str, region: str | None = None) -> Any:
    """A snapshot, once it is not pending any more."""
    ec2 = house.ec2(region=region)
    deadline = time.monotonic() + 60
    while True:
        (found,) = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
        if found["State"] != "pending":
            return found
        assert time.monotonic() < deadline
        assert int(found["Progress"].rstrip("%")) < 100
        assert "CompletionTime" not in found
        time.sleep(0.05)


def image_of(house: House, image_id: str) -> Any:
    """An AMI, once it is not pending any more."""
    ec2 = house.ec2()
    deadline = time.monotonic() + 60
    while True:
        (found,) = ec2.describe_images(ImageIds=[image_id])["Images"]
        if found["State"] != "pending":
            return found
        assert time.monotonic() < deadline
        time.sleep(0.05)


def read(house: House, snapshot_id: str, length: int) -> bytes:
    disk = house.disk(snapshot_id)
    try:
        return disk.read(0, length)
    finally:
        disk.close()


def encrypted_snapshot(house: House, key: str, content: bytes) -> str:
    """Import an encrypted snapshot."""
    task = house.ec2().import_snapshot(
        DiskContainer=at(house, content), Encrypted=True, KmsKeyId=key
    )
    return house.finished(task)["SnapshotId"]


# copies ------------------------------------------------------------------------------------------


def test_a_copy_of_a_plain_snapshot_is_encrypted_by_a_worker(house: House, disk: bytes) -> None:
    key = made_key(house)
    source = made_snapshot(house, disk)

    copy = house.ec2().copy_snapshot(
        SourceRegion="us-east-1", SourceSnapshotId=source, Encrypted=True, KmsKeyId=key
    )["SnapshotId"]
    first = house.ec2().describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    house.ec2().delete_snapshot(SnapshotId=source)

    assert (first["Encrypted"], first["KmsKeyId"]) == (True, key)
    found = snapshot_of(house, copy)
    assert (found["State"], found["Progress"]) == ("completed", "100%")
    assert found["CompletionTime"] >= found["StartTime"]
    assert read(house, copy, MIB) == disk
    assert words(20) not in house.snapshot_bytes(copy).read_bytes()
    assert house.snapshot_bytes(copy).stat().st_size < 4 * MIB
    house.ec2().get_waiter("snapshot_completed").wait(SnapshotIds=[copy])
    tasks = house.ec2().describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    assert tasks == []


def test_a_copy_that_is_pending_can_be_deleted(house: House) -> None:
    source = made_snapshot(house)
    copy = house.ec2().copy_snapshot(
        SourceRegion="us-east-1", SourceSnapshotId=source, Encrypted=True
    )["SnapshotId"]

    house.ec2().delete_snapshot(SnapshotId=copy)

    (left,) = house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert left["SnapshotId"] == source


def test_an_image_whose_copy_is_being_encrypted_is_pending(house: House, disk: bytes) -> None:
    key = made_key(house)
    source = made_image(house, made_snapshot(house, disk), made_snapshot(house, b"other"))

    copy = house.ec2().copy_image(
        Name="copy", SourceImageId=source, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=key
    )["ImageId"]

    found = image_of(house, copy)
    assert found["State"] == "available"
    assert "StateReason" not in found
    first, second = (device["Ebs"] for device in found["BlockDeviceMappings"])
    assert first["Encrypted"] is second["Encrypted"] is True
    assert snapshot_of(house, first["SnapshotId"])["KmsKeyId"] == key
    assert read(house, first["SnapshotId"], MIB) == disk
    assert read(house, second["SnapshotId"], 5) == b"other"
    house.ec2().get_waiter("image_available").wait(ImageIds=[copy])


def test_without_its_key_an_encrypted_snapshot_is_neither_copied_nor_imported(
    house: House,
) -> None:
    key = made_key(house)
    source = encrypted_snapshot(house, key, b"the bytes" * 100)
    image = made_image(house, source)
    house.kms().disable_key(KeyId=key)
    ec2 = house.ec2()

    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=source)["SnapshotId"]
    found = snapshot_of(house, copy)
    assert (found["State"], found["StateMessage"]) == ("error", "Given key ID is not accessible")
    assert "CompletionTime" not in found

    copied = ec2.copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    failed = image_of(house, copied)
    assert failed["State"] == "failed"
    assert failed["StateReason"]["Message"] == "Given key ID is not accessible"
    assert (
        refusal(
            lambda: ec2.copy_image(Name="again", SourceImageId=copied, SourceRegion="us-east-1")
        )[0]
        == "InvalidAMIID.Unavailable"
    )

    assert refusal(
        lambda: ec2.import_image(DiskContainers=[{"SnapshotId": source}])
    ) == ("InvalidParameterValue", NOT_ACCESSIBLE)  # fmt: skip

    ec2.delete_snapshot(SnapshotId=copy)
    house.kms().enable_key(KeyId=key)
    again = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=source)["SnapshotId"]
    assert read(house, again, 9) == b"the bytes"


# by default --------------------------------------------------------------------------------------


def test_encryption_by_default_is_off_until_it_is_switched_on(house: House) -> None:
    ec2 = house.ec2()
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False

    assert ec2.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True

    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    for other in (house.ec2(region=ELSEWHERE), House(house.server).ec2()):
        assert other.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False


@pytest.mark.parametrize("spelling", ["{id}", "{arn}", "{alias}", "{alias_arn}"])
def test_the_default_key_can_be_named_in_four_ways(house: House, spelling: str) -> None:
    ec2 = house.ec2()
    arn = made_key(house)
    prefix, _, key_id = arn.partition("key/")
    named = spelling.format(id=key_id, arn=arn, alias="alias/mine", alias_arn=prefix + "alias/mine")
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"

    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=named)["KmsKeyId"] == arn

    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == arn
    for other in (house.ec2(region=ELSEWHERE), House(house.server).ec2()):
        assert other.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_the_key_that_aws_manages_is_told_by_its_arn_once_it_is_there(house: House) -> None:
    managed = key_arn(house, "alias/aws/ebs")

    ec2 = house.ec2()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == managed
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId="alias/aws/ebs")["KmsKeyId"] == managed
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == managed


def test_a_key_that_cannot_be_used_does_not_become_the_default(house: House) -> None:
    disabled = made_key(house)
    house.kms().disable_key(KeyId=disabled)

    foreign = made_key(House(house.server))
    for key in (disabled, foreign, "alias/none", "no key", key_arn(house, "alias/aws/s3")):
        assert refusal(
            lambda key=key: house.ec2().modify_ebs_default_kms_key_id(KmsKeyId=key)  # type: ignore[misc]
        ) == ("InvalidParameterValue", NOT_ACCESSIBLE)
    assert house.ec2().get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_nothing_is_changed_by_a_dry_run(house: House) -> None:
    ec2 = house.ec2()
    key = made_key(house)

    for attempt in (
        lambda: ec2.get_ebs_encryption_by_default(DryRun=True),
        lambda: ec2.enable_ebs_encryption_by_default(DryRun=True),
        lambda: ec2.disable_ebs_encryption_by_default(DryRun=True),
        lambda: ec2.get_ebs_default_kms_key_id(DryRun=True),
        lambda: ec2.modify_ebs_default_kms_key_id(KmsKeyId=key, DryRun=True),
        lambda: ec2.reset_ebs_default_kms_key_id(DryRun=True),
    ):
        assert refusal(attempt)[0] == "DryRunOperation"
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


@pytest.mark.parametrize("named", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_by_default_everything_new_is_encrypted(house: House, disk: bytes, named: bool) -> None:
    ec2 = house.ec2()
    plain = made_snapshot(house, disk)
    image = made_image(house, plain)
    ec2.enable_ebs_encryption_by_default()
    default, other = made_key(house), made_key(house, alias="alias/other")
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=default)
    key: Any = {"KmsKeyId": "alias/other"} if named else {}
    wanted = other if named else default

    task = ec2.import_snapshot(DiskContainer=at(house, disk), Encrypted=False, **key)
    assert task["SnapshotTaskDetail"]["Encrypted"] is True
    imported = house.finished(task)["SnapshotId"]
    made = house.finished_image(
        ec2.import_image(DiskContainers=[at(house, disk)], **key)
    )["SnapshotDetails"][0]["SnapshotId"]  # fmt: skip
    place: Any = {"SourceRegion": "us-east-1"}
    copy = ec2.copy_snapshot(**place, SourceSnapshotId=plain, **key)["SnapshotId"]
    copied = ec2.copy_image(**place, Name="copy", SourceImageId=image, **key)["ImageId"]
    of_image = image_of(house, copied)["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]

    for snapshot_id in (imported, made, copy, of_image):
        found = snapshot_of(house, snapshot_id)
        assert (found["Encrypted"], found["KmsKeyId"]) == (True, wanted)
        assert read(house, snapshot_id, MIB) == disk
    house.kms().disable_key(KeyId=wanted)
    with pytest.raises(KeyUnusable):
        house.disk(imported)
    if not named:
        assert refusal(lambda: ec2.import_snapshot(DiskContainer=at(house, disk))) == (
            "InvalidParameterValue",
            NOT_ACCESSIBLE,
        )


# other accounts, and sessions of roles -----------------------------------------------------------


def key_for(house: House, *principals: str) -> str:
    """A key of the account that lets in others, too."""
    root = f"arn:aws:iam::{house.account_id}:root"
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": each}, "Action": "kms:*", "Resource": "*"}
        for each in (root, *principals)
    ]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    made: str = house.kms().create_key(Policy=policy)["KeyMetadata"]["Arn"]
    return made


@pytest.mark.parametrize("let_in", [True, False])
def test_a_shared_snapshot_is_copied_by_whom_its_key_lets_in(
    house: House, friend: House, let_in: bool
) -> None:
    principals = [f"arn:aws:iam::{friend.account_id}:root"] if let_in else []
    source = encrypted_snapshot(house, key_for(house, *principals), b"the bytes" * 100)
    house.ec2().modify_snapshot_attribute(
        SnapshotId=source,
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=[friend.account_id],
    )

    copy = friend.ec2().copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=source)[
        "SnapshotId"
    ]

    found = snapshot_of(friend, copy)
    if let_in:
        assert found["State"] == "completed"
        assert found["KmsKeyId"] == key_arn(friend, "alias/aws/ebs")
        assert read(friend, copy, 9) == b"the bytes"
    else:
        assert found["StateMessage"] == "Given key ID is not accessible"
        assert refusal(
            lambda: friend.ec2().create_volume(
                SnapshotId=source, AvailabilityZone="us-east-1a", VolumeType="gp3"
            )
        ) == ("InvalidParameterValue", NOT_ACCESSIBLE)


def test_a_session_encrypts_with_the_keys_that_its_role_may_use(house: House) -> None:
    source = made_snapshot(house)
    key = made_key(house)
    worker = Worker(house, statement("ec2:*"))

    def copied() -> str:
        made: str = worker.client("ec2").copy_snapshot(
            SourceRegion="us-east-1", SourceSnapshotId=source, Encrypted=True, KmsKeyId=key
        )["SnapshotId"]
        return made

    assert refusal(copied) == ("InvalidParameterValue", NOT_ACCESSIBLE)
    worker.may(statement("ec2:*"), statement("kms:GenerateDataKey*", key))
    assert snapshot_of(house, copied())["State"] == "completed"
