"""The same through the AWS CLI, as the service's user guide writes it."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from tests import forks
from tests.ec2.conftest import MIB, convert, made_snapshot, random_disk
from tests.house import House

pytestmark = pytest.mark.slow  # it starts many processes


def aws(house: House, *words: str, fails: bool = False) -> Any:
    """Run the AWS CLI; return what it prints, read as JSON, or what it complains of."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": house.endpoint,
        "AWS_ACCESS_KEY_ID": house.account_id,
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
    done = forks.run("awscli", *words, environ=environ)
    assert bool(done.returncode) is fails, done.stderr
    if fails:
        return done.stderr
    return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout


def test_the_journey_of_the_user_guide(house: House, tmp_path: Path) -> None:
    disk = random_disk(tmp_path / "disk", 5 * MIB)
    image = convert(disk, "vmdk")
    container = tmp_path / "container.json"
    bucket = f"cli-{house.account_id}"
    container.write_text(
        json.dumps({
            "Description": "My server VMDK",
            "Format": "VMDK",
            "UserBucket": {"S3Bucket": bucket, "S3Key": "my-server-vm.vmdk"},
        })
    )  # fmt: skip

    aws(house, "s3", "mb", f"s3://{bucket}")
    aws(house, "s3", "cp", str(image), f"s3://{bucket}/my-server-vm.vmdk")
    task = aws(
        house,
        *("ec2", "import-snapshot", "--description", "My server VM"),
        *("--disk-container", f"file://{container}"),
        *("--tag-specifications", "ResourceType=import-snapshot-task,Tags=[{Key=a,Value=b}]"),
    )
    assert task["SnapshotTaskDetail"]["StatusMessage"] == "pending"
    task_id = task["ImportTaskId"]
    aws_status = ("ec2", "describe-import-snapshot-tasks", "--import-task-ids", task_id)
    deadline = time.monotonic() + 60
    while True:
        (found,) = aws(house, *aws_status)["ImportSnapshotTasks"]
        if found["SnapshotTaskDetail"]["Status"] != "active":
            break
        assert time.monotonic() < deadline

    detail = found["SnapshotTaskDetail"]
    assert detail["Status"] == "completed"
    assert found["Tags"] == [{"Key": "a", "Value": "b"}]
    snapshot_id = detail["SnapshotId"]
    ids = aws(
        house,
        *("ec2", "describe-snapshots", "--owner-ids", "self"),
        *("--filters", "Name=description,Values=*import-snap-*", "Name=status,Values=completed"),
        *("--query", "Snapshots[].SnapshotId"),
    )
    assert ids == [snapshot_id]
    assert house.snapshot_bytes(snapshot_id).read_bytes() == disk.read_bytes()

    aws(house, "ec2", "create-tags", "--resources", snapshot_id, "--tags", "Key=Name,Value=mine")
    found = aws(house, "ec2", "describe-tags", "--filters", "Name=key,Values=Name")
    assert found["Tags"] == [
        {
            "Key": "Name",
            "ResourceId": snapshot_id,
            "ResourceType": "snapshot",
            "Value": "mine",
        }
    ]
    aws(house, "ec2", "delete-tags", "--resources", snapshot_id, "--tags", "Key=Name")
    aws(house, "ec2", "delete-snapshot", "--snapshot-id", snapshot_id)
    assert aws(house, "ec2", "describe-snapshots", "--owner-ids", "self")["Snapshots"] == []


def test_a_snapshot_becomes_an_image_and_both_go(house: House) -> None:
    snapshot_id = made_snapshot(house)
    register = ("ec2", "register-image", "--root-device-name", "/dev/sda1", "--ena-support")
    devices = (f"DeviceName=/dev/sda1,Ebs={{SnapshotId={snapshot_id},VolumeType=gp3}}",)
    no_disk = ('[{"DeviceName": "/dev/sdb", "NoDevice": ""}]',)

    ids = [
        aws(house, *register, "--name", f"image {number}", "--block-device-mappings", *devices)
        for number in range(3)
    ]
    refused = aws(
        house, *register, "--name", "none", "--block-device-mappings", *no_disk, fails=True
    )
    found = aws(
        house,
        *("ec2", "describe-images", "--owners", "self", "--page-size", "1"),
        *("--filters", "Name=block-device-mapping.volume-type,Values=gp?", "Name=state,Values=*"),
    )["Images"]
    gone = aws(
        house,
        *("ec2", "deregister-image", "--image-id", ids[0]["ImageId"]),
        "--delete-associated-snapshots",
    )

    assert "No root snapshot specified in device mapping." in refused
    assert [image["ImageId"] for image in found] == [each["ImageId"] for each in ids]
    assert found[0]["BlockDeviceMappings"][0]["Ebs"]["Throughput"] == 125
    assert gone["DeleteSnapshotResults"] == [{"SnapshotId": snapshot_id, "ReturnCode": "skipped"}]
    assert "(InvalidSnapshot.InUse)" in aws(
        house, "ec2", "delete-snapshot", "--snapshot-id", snapshot_id, fails=True
    )


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["ec2", "cancel-import-task", "--import-task-id", "import-snap-0123456789abcdef0"],
            "(InvalidConversionTaskId.Malformed)",
        ),
        (
            ["ec2", "import-snapshot", "--disk-container", "Url=s3://no-such-bucket/disk.vmdk"],
            "User does not have access to the S3 object (no-such-bucket/disk.vmdk).",
        ),
        (
            ["ec2", "describe-snapshots", "--snapshot-ids", "snap-0123456789abcdef0"],
            "The snapshot 'snap-0123456789abcdef0' does not exist.",
        ),
        (["ec2", "describe-regions", "--dry-run"], "(DryRunOperation)"),
    ],
)
def test_a_refusal_is_shown_as_the_service_says_it(
    house: House, words: list[str], says: str
) -> None:
    assert says in aws(house, *words, fails=True)


def test_who_is_asking_and_where(house: House) -> None:
    assert aws(house, "sts", "get-caller-identity")["Account"] == house.account_id
    zones = aws(house, "ec2", "describe-availability-zones", "--zone-ids", "use1-az1")
    assert zones["AvailabilityZones"][0]["ZoneName"] == "us-east-1a"
    regions = aws(
        house, "ec2", "describe-regions", "--query", "sort(Regions[].RegionName)", "--all-regions"
    )
    assert {"us-east-1", "eu-central-1", "af-south-1"} <= set(regions)


def test_a_volume_is_made_grows_and_has_a_snapshot(house: House) -> None:
    source = made_snapshot(house, size_gib=2)

    made = aws(
        house,
        *("ec2", "create-volume", "--volume-type", "gp3", "--snapshot-id", source),
        *("--availability-zone", "us-east-1a", "--client-token", "once"),
        *("--tag-specifications", "ResourceType=volume,Tags=[{Key=Name,Value=data}]"),
    )
    volume = ("--volume-id", made["VolumeId"])
    aws(house, "ec2", "wait", "volume-available", "--volume-ids", made["VolumeId"])
    grown = aws(house, "ec2", "modify-volume", *volume, "--size", "3")
    refused = aws(
        house,
        *("ec2", "attach-volume", *volume, "--device", "/dev/sdf"),
        *("--instance-id", "i-0123456789abcdef0"),
        fails=True,
    )
    snapshot = aws(house, "ec2", "create-snapshot", *volume, "--description", "backup")
    aws(house, "ec2", "wait", "snapshot-completed", "--snapshot-ids", snapshot["SnapshotId"])
    aws(house, "ec2", "delete-volume", *volume)
    aws(house, "ec2", "wait", "volume-deleted", "--volume-ids", made["VolumeId"])

    assert (made["State"], made["Size"], made["Iops"]) == ("creating", 2, 3000)
    assert grown["VolumeModification"]["TargetSize"] == 3
    assert "(InvalidInstanceID.NotFound)" in refused
    assert (snapshot["State"], snapshot["VolumeSize"]) == ("pending", 3)
