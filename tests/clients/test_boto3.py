"""boto3 as scripts use it: the waiters that apply to imports, and the loops people write."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import WaiterError

from tests.house import House, new_account

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_ec2.type_defs import ImportImageTaskTypeDef, WaiterConfigTypeDef

pytestmark = pytest.mark.slow

SOON: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 60}
ONCE: "WaiterConfigTypeDef" = {"Delay": 1, "MaxAttempts": 1}
PENDING = {"active", "updating", "validating", "validated", "converting"}

Loop = Callable[["EC2Client", str], "ImportImageTaskTypeDef"]


def until_an_end(ec2: "EC2Client", task_id: str) -> "ImportImageTaskTypeDef":
    """Success when every Status is completed, failure when any is deleted."""
    while True:
        tasks = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
        states = {task["Status"] for task in tasks}
        if states == {"completed"} or "deleted" in states:
            return tasks[0]
        time.sleep(0.1)


def while_pending(ec2: "EC2Client", task_id: str) -> "ImportImageTaskTypeDef":
    """Go on while the Status is one of those that are known, by a filter."""
    while True:
        (task,) = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
        if task["Status"] not in PENDING | {"deleting"}:
            return task
        time.sleep(0.1)


def while_progress(ec2: "EC2Client", task_id: str) -> "ImportImageTaskTypeDef":
    """Go on while there is a Progress; where there is none, a failure has a StatusMessage."""
    while True:
        (task,) = ec2.describe_import_image_tasks(ImportTaskIds=[task_id])["ImportImageTasks"]
        if "Progress" not in task:
            return task
        time.sleep(0.1)


LOOPS = [until_an_end, while_pending, while_progress]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_a_loop_sees_a_vm_become_an_image(house: House, ova: Path, loop: Loop) -> None:
    ec2, bucket = house.ec2(), house.bucket()
    house.put_object(bucket, "vm.ova", ova)
    task = ec2.import_image(DiskContainers=[{"Format": "OVA", "Url": f"s3://{bucket}/vm.ova"}])

    done = loop(ec2, task["ImportTaskId"])

    assert done["Status"] == "completed"
    by_name = ec2.describe_images(Filters=[{"Name": "name", "Values": ["import-ami-*"]}])
    by_description = ec2.describe_images(
        Owners=["self"], Filters=[{"Name": "description", "Values": ["AWS-VMImport service*"]}]
    )
    assert [image["ImageId"] for image in by_name["Images"]] == [done["ImageId"]]
    assert [image["ImageId"] for image in by_description["Images"]] == [done["ImageId"]]


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)
def test_a_loop_sees_an_import_fail(house: House, loop: Loop) -> None:
    ec2, bucket = house.ec2(), house.bucket()
    house.put_object(bucket, "vm.ova", b"not an archive" * 100)
    task = ec2.import_image(DiskContainers=[{"Format": "OVA", "Url": f"s3://{bucket}/vm.ova"}])

    done = loop(ec2, task["ImportTaskId"])

    assert done["Status"] in ("deleting", "deleted")
    assert done["StatusMessage"].startswith("ClientError: Disk validation failed [")
    assert "ImageId" not in done


def test_a_disk_becomes_an_image_without_modification(house: House, disk: Path) -> None:
    ec2, bucket = house.ec2(), house.bucket()
    house.put_object(bucket, "disk.raw", disk)

    task = ec2.import_snapshot(DiskContainer={"Format": "RAW", "Url": f"s3://{bucket}/disk.raw"})
    ids = [task["ImportTaskId"]]
    ec2.get_waiter("snapshot_imported").wait(ImportTaskIds=ids, WaiterConfig=SOON)
    (done,) = ec2.describe_import_snapshot_tasks(ImportTaskIds=ids)["ImportSnapshotTasks"]
    snapshot_id = done["SnapshotTaskDetail"]["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id], WaiterConfig=SOON)
    image_id = ec2.register_image(
        Name="as it is",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )["ImageId"]
    ec2.get_waiter("image_exists").wait(ImageIds=[image_id], WaiterConfig=SOON)
    ec2.get_waiter("image_available").wait(ImageIds=[image_id], WaiterConfig=SOON)

    (image,) = ec2.describe_images(ImageIds=[image_id])["Images"]
    assert image["RootDeviceName"] == "/dev/xvda"
    (device,) = image["BlockDeviceMappings"]
    assert house.snapshot_bytes(device["Ebs"]["SnapshotId"]).read_bytes() == disk.read_bytes()


def test_a_waiter_ends_where_there_is_nothing_to_wait_for(house: House) -> None:
    ec2, unknown = house.ec2(), "ami-0123456789abcdef0"

    with pytest.raises(WaiterError, match="does not exist"):
        ec2.get_waiter("image_available").wait(ImageIds=[unknown], WaiterConfig=SOON)
    with pytest.raises(WaiterError, match="Max attempts exceeded"):  # it takes NotFound for not yet
        ec2.get_waiter("image_exists").wait(ImageIds=[unknown], WaiterConfig=ONCE)


def test_a_waiter_ends_on_a_failed_import(house: House) -> None:
    ec2, bucket = house.ec2(), house.bucket()
    house.put_object(bucket, "disk.vmdk", b"no disk")
    task = ec2.import_snapshot(DiskContainer={"Format": "VMDK", "Url": f"s3://{bucket}/disk.vmdk"})
    house.finished(task)

    with pytest.raises(WaiterError, match="Max attempts"):  # it knows only "error", never sent
        ec2.get_waiter("snapshot_imported").wait(
            ImportTaskIds=[task["ImportTaskId"]], WaiterConfig=ONCE
        )


def test_a_waiter_sees_what_is_shared(house: House, disk: Path) -> None:
    ec2, bucket, friend = house.ec2(), house.bucket(), new_account()
    house.put_object(bucket, "disk.raw", disk)
    task = ec2.import_image(DiskContainers=[{"Format": "RAW", "Url": f"s3://{bucket}/disk.raw"}])
    image_id = until_an_end(ec2, task["ImportTaskId"])["ImageId"]

    ec2.modify_image_attribute(
        ImageId=image_id, Attribute="launchPermission", OperationType="add", UserIds=[friend]
    )

    house.ec2(friend).get_waiter("image_available").wait(ImageIds=[image_id], WaiterConfig=ONCE)
