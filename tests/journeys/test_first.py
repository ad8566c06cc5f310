"""The first journey as a whole, on both databases: a disk is uploaded and becomes a snapshot."""

import filecmp
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from boto3.s3.transfer import TransferConfig

from tests import disks
from tests.house import House
from tests.journeys.remains import MIB, assert_tidy

pytestmark = pytest.mark.slow  # it starts many servers

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import TagTypeDef


def tags_of(resource: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in resource["Tags"]}


def test_from_the_upload_to_the_snapshot_and_over_a_restart(
    house_on: House, tmp_path: Path
) -> None:
    house = house_on
    s3, ec2, bucket = house.s3(), house.ec2(), house.bucket()
    disk = disks.raw(tmp_path / "disk", 40 * MIB + 512)
    image = disks.converted("stream VMDK", disk, tmp_path / "disk.vmdk")
    tags: list[TagTypeDef] = [{"Key": "stage", "Value": "one"}]

    s3.upload_file(
        str(image), bucket, "disk.vmdk", Config=TransferConfig(5 * MIB, multipart_chunksize=5 * MIB)
    )
    task = ec2.import_snapshot(
        Description="a task",
        ClientToken="once",
        DiskContainer={
            "Description": "a disk",
            "Format": "vmdk",
            "Url": f"s3://{bucket}/disk.vmdk",
        },
        TagSpecifications=[
            {"ResourceType": "import-snapshot-task", "Tags": tags},
            {"ResourceType": "snapshot", "Tags": tags},
        ],
    )
    assert task["SnapshotTaskDetail"]["Status"] == "active"
    detail = house.finished(task)
    snapshot_id = detail["SnapshotId"]
    assert (detail["Status"], detail["Format"]) == ("completed", "VMDK")
    assert detail["DiskImageSize"] == image.stat().st_size
    assert filecmp.cmp(house.snapshot_bytes(snapshot_id), disk, shallow=False)
    s3.delete_object(Bucket=bucket, Key="disk.vmdk")
    ec2.create_tags(Resources=[snapshot_id], Tags=[{"Key": "Name", "Value": "root"}])
    ec2.delete_tags(Resources=[snapshot_id], Tags=[{"Key": "stage"}])
    before = ec2.describe_snapshots(Filters=[{"Name": "tag:Name", "Values": ["root"]}])
    tasks = ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"]
    (snapshot,) = before["Snapshots"]
    assert (snapshot["SnapshotId"], snapshot["VolumeSize"]) == (snapshot_id, 1)
    assert tags_of(snapshot) == {"Name": "root"}
    assert [(each["ImportTaskId"], tags_of(each)) for each in tasks] == [
        (task["ImportTaskId"], {"stage": "one"})
    ]

    assert house.stop() == 0
    house.start()

    again = ec2.describe_snapshots(SnapshotIds=[snapshot_id])
    assert again["Snapshots"] == before["Snapshots"]
    assert ec2.describe_import_snapshot_tasks()["ImportSnapshotTasks"] == tasks
    assert filecmp.cmp(house.snapshot_bytes(snapshot_id), disk, shallow=False)
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    s3.delete_bucket(Bucket=bucket)
    assert_tidy(house)
    assert list((house.data_dir / "blobs").glob("*/*")) == []
