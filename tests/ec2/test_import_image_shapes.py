"""What a task of ImportImage shows in each phase of its life."""

from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.services.ec2.import_images import task_shape
from state.tasks import (
    DiskContainer,
    DiskProgress,
    DiskSource,
    GuestSummary,
    ImportImageWork,
    Task,
    TaskState,
)

DISK = DiskContainer(source=DiskSource(bucket="images", key="disk.vmdk"), format="vmdk")
OVA = DiskContainer(
    source=DiskSource(bucket="images", key="vm.ova", url="s3://images/vm.ova"),
    format="Ova",
    description="all of it",
    device_name="/dev/xvda",
)
SNAPSHOT = DiskContainer(snapshot_id="snap-0123456789abcdef0")
ARN = "arn:aws:license-manager:us-east-1:123456789012:license-configuration:lic-" + "0" * 32

AT = {"UserBucket": {"S3Bucket": "images", "S3Key": "disk.vmdk"}}
INSIDE = {
    "UserBucket": {"S3Bucket": "images", "S3Key": "vm.ova"},
    "Url": "s3://images/vm.ova",
    "Description": "all of it",
}


def task(
    state: TaskState, *containers: DiskContainer, asked: dict[str, Any] | None = None, **more: Any
) -> Task:
    return Task(
        id="import-ami-0123456789abcdef0",
        account_id="123456789012",
        region="us-east-1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        work=ImportImageWork(containers=containers or (DISK,), **(asked or {})),
        state=state,
        **more,
    )


def test_a_task_that_waits_shows_what_the_client_has_said() -> None:
    waiting = task(
        TaskState.PENDING,
        OVA,
        asked={
            "architecture": "x86_64",
            "platform": "Windows",
            "hypervisor": "xen",
            "boot_mode": "uefi",
            "license_type": "BYOL",
            "usage_operation": None,
            "license_configurations": (ARN,),
            "encrypted": True,
            "kms_key_id": "arn:aws:kms:us-east-1:123456789012:alias/aws/ebs",
        },
        description="my server",
        progress=1,
    )

    assert task_shape(waiting, {"Name": "mine"}) == {
        "ImportTaskId": "import-ami-0123456789abcdef0",
        "Architecture": "x86_64",
        "BootMode": "uefi",
        "Description": "my server",
        "Encrypted": True,
        "Hypervisor": "xen",
        "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:alias/aws/ebs",
        "LicenseSpecifications": [{"LicenseConfigurationArn": ARN}],
        "LicenseType": "BYOL",
        "Platform": "Windows",
        "Progress": "1",
        "SnapshotDetails": [
            {"DiskImageSize": 0.0, "Format": "OVA", "DeviceName": "/dev/xvda", **INSIDE}
        ],
        "Status": "active",
        "StatusMessage": "pending",
        "Tags": [{"Key": "Name", "Value": "mine"}],
    }


def test_a_task_of_which_nothing_is_said_shows_little() -> None:
    assert task_shape(task(TaskState.PENDING, progress=1), {}) == {
        "ImportTaskId": "import-ami-0123456789abcdef0",
        "Progress": "1",
        "SnapshotDetails": [{"DiskImageSize": 0.0, "Format": "VMDK", **AT}],
        "Status": "active",
        "StatusMessage": "pending",
        "Tags": [],
    }


FOUND = DiskProgress(format="VMDK", size_bytes=4096)


@pytest.mark.parametrize(
    ("state", "disk", "shown"),
    [
        (TaskState.VALIDATING, FOUND, {}),
        (
            TaskState.CONVERTING,
            FOUND.model_copy(update={"progress": 40}),
            {"Status": "active", "Progress": "40"},
        ),
        (
            TaskState.CONVERTING,
            FOUND.model_copy(update={"progress": 100, "status": "completed"}),
            {"Status": "completed"},
        ),
        (
            TaskState.PUBLISHING,
            FOUND.model_copy(
                update={
                    "status": "completed",
                    "snapshot_id": "snap-0123456789abcdef0",
                    "device_name": "/dev/sda1",
                }
            ),
            {
                "Status": "completed",
                "SnapshotId": "snap-0123456789abcdef0",
                "DeviceName": "/dev/sda1",
            },
        ),
    ],
)
def test_a_disk_shows_more_with_each_phase(
    state: TaskState, disk: DiskProgress, shown: dict[str, str]
) -> None:
    shape = task_shape(task(state, disks=(disk,), progress=20, message="converting"), {})

    assert shape["SnapshotDetails"] == [{"DiskImageSize": 4096.0, "Format": "VMDK", **AT, **shown}]
    assert (shape["Status"], shape["StatusMessage"], shape["Progress"]) == (
        "active",
        "converting",
        "20",
    )


def test_each_disk_is_shown_with_its_container_and_the_first_has_the_name() -> None:
    disks = (
        DiskProgress(container=0, format="VMDK", size_bytes=1),
        DiskProgress(container=0, format="VHD", size_bytes=2),
        DiskProgress(container=1, format="RAW", size_bytes=3),
        DiskProgress(container=2, size_bytes=4),
    )

    shape = task_shape(task(TaskState.VALIDATING, OVA, DISK, SNAPSHOT, disks=disks), {})

    assert shape["SnapshotDetails"] == [
        {"DiskImageSize": 1.0, "Format": "VMDK", "DeviceName": "/dev/xvda", **INSIDE},
        {"DiskImageSize": 2.0, "Format": "VHD", **INSIDE},
        {"DiskImageSize": 3.0, "Format": "RAW", **AT},
        {"DiskImageSize": 4.0},
    ]


def test_what_is_found_of_the_guest_comes_before_what_was_said() -> None:
    guest = GuestSummary(
        architecture="x86_64",
        platform="Windows",
        license_type="AWS",
        usage_operation="RunInstances:0002",
        boot_mode="legacy-bios",
    )

    shape = task_shape(
        task(
            TaskState.PUBLISHING, asked={"architecture": "i386", "boot_mode": "uefi"}, guest=guest
        ),
        {},
    )

    assert {name: shape.get(name) for name in ("Architecture", "Platform", "LicenseType")} == {
        "Architecture": "x86_64",
        "Platform": "Windows",
        "LicenseType": "AWS",
    }
    assert shape["UsageOperation"] == "RunInstances:0002"
    assert shape["BootMode"] == "legacy-bios"


def test_a_task_that_is_completed_shows_its_image_and_no_progress() -> None:
    done = FOUND.model_copy(
        update={"status": "completed", "snapshot_id": "snap-1", "progress": 100}
    )

    shape = task_shape(
        task(TaskState.COMPLETED, disks=(done,), image_id="ami-0123456789abcdef0", progress=100), {}
    )

    assert shape == {
        "ImportTaskId": "import-ami-0123456789abcdef0",
        "ImageId": "ami-0123456789abcdef0",
        "SnapshotDetails": [
            {
                "DiskImageSize": 4096.0,
                "Format": "VMDK",
                "SnapshotId": "snap-1",
                "Status": "completed",
                **AT,
            }
        ],
        "Status": "completed",
        "Tags": [],
    }


@pytest.mark.parametrize(
    ("state", "status"),
    [
        (TaskState.DELETING, "deleting"),
        (TaskState.CANCELLED, "deleted"),
        (TaskState.FAILED, "deleted"),
    ],
)
@pytest.mark.parametrize(
    ("why", "message"),
    [
        ({"message": "Task canceled by user"}, "Task canceled by user"),
        ({"message": "converting", "error": "ClientError: no"}, "ClientError: no"),
    ],
)
def test_a_task_that_comes_to_nothing_says_why_and_shows_nothing_made(
    state: TaskState, status: str, why: dict[str, Any], message: str
) -> None:
    disks = (
        FOUND.model_copy(update={"progress": 40}),
        FOUND.model_copy(update={"status": "completed", "snapshot_id": "snap-1"}),
    )

    shape = task_shape(task(state, disks=disks, progress=40, image_id="ami-1", **why), {})

    assert shape == {
        "ImportTaskId": "import-ami-0123456789abcdef0",
        "SnapshotDetails": [
            {"DiskImageSize": 4096.0, "Format": "VMDK", **AT},
            {"DiskImageSize": 4096.0, "Format": "VMDK", "Status": "completed", **AT},
        ],
        "Status": status,
        "StatusMessage": message,
        "Tags": [],
    }
