"""The commands of the service's user guide, word for word, with the answers it prints.

Only ids, a KMS key's too, and the paths of files are put in for the guide's own. The service role
has a module of its own, `test_guide_roles`. Left for later are create-volume and attach-volume
(volumes), create-instance-export-task, put-bucket-ownership-controls and put-bucket-policy
(exports of instances). The samples for PowerShell are not run.
"""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from state.disk_keys import KeyUnusable
from tests.clients.programs import run
from tests.ec2.conftest import long_snapshot, made_image
from tests.exports import assert_holds
from tests.house import House, Server

pytestmark = pytest.mark.slow  # it starts many processes

BUCKET = "amzn-s3-demo-import-bucket"
EXPORT_BUCKET = "amzn-s3-demo-export-bucket"

IMPORT_OVA = """
aws ec2 import-image \\
--description "$(date '+%b %d %H:%M') My server VM" \\
--license-type "AWS" \\
--disk-containers '[{
  "Format": "OVA",
  "UserBucket": {
    "S3Bucket": "amzn-s3-demo-import-bucket",
    "S3Key": "vms/my-server-vm.ova"
  }
}]'
"""

IMPORT_DISKS = """
aws ec2 import-image \\
--description "$(date '+%b %d %H:%M') My server disks" \\
--license-type "AWS" \\
--disk-containers '[
{
    "Description": "First disk",
    "Format": "vmdk",
    "UserBucket": {
        "S3Bucket": "amzn-s3-demo-import-bucket",
        "S3Key": "disks/my-server-vm-disk2.vmdk"
    }
},
{
    "Description": "Second disk",
    "Format": "vmdk",
    "UserBucket": {
        "S3Bucket": "amzn-s3-demo-import-bucket",
        "S3Key": "disks/my-server-vm-disk2.vmdk"
    }
}]'
"""

IMPORT_ENCRYPTED = """
aws ec2 import-image \\
--description "$(date '+%b %d %H:%M') My server OVA" \\
--encrypted \\
--kms-key-id 0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE \\
--disk-containers '[{
    "Format": "OVA",
    "UserBucket": {
        "S3Bucket": "amzn-s3-demo-import-bucket",
        "S3Key": "vms/my-server-vm.ova"
    }
}]'
"""

# The guide breaks these two lines before Format.
IMPORT_WITH_LICENSE = """
aws ec2 import-image --license-type aws --disk-containers \\
Format=OVA,Url=S3://bucket_name/sql_std_image.ova
"""

IMPORT_WITH_OPERATION = """
aws ec2 import-image --usage-operation RunInstances:0006 --disk-containers \\
Format=OVA,Url=S3://bucket_name/sql_std_image.ova
"""

DESCRIBE_IMAGE_TASK = """
aws ec2 describe-import-image-tasks \\
--import-task-ids import-ami-1234567890abcdef0
"""

IMAGE_TASK = {
    "ImportImageTasks": [
        {
            "ImportTaskId": "import-ami-01234567890abcdef",
            "ImageId": "ami-1234567890EXAMPLE",
            "SnapshotDetails": [
                {
                    "DiskImageSize": 705638400.0,
                    "Format": "ova",
                    "SnapshotId": "snap-111222333444aaabb",
                    "Status": "completed",
                    "UserBucket": {
                        "S3Bucket": "amzn-s3-demo-import-bucket",
                        "S3Key": "vms/my-server-vm.ova",
                    },
                }
            ],
            "Status": "completed",
        }
    ]
}

# The guide's sed has lost its -E.
DESCRIBE_IMAGE_TASKS = """
aws ec2 describe-import-image-tasks \\
--query "ImportImageTasks[*].{Description:Description, Progress:Progress,
Status:Status, ImportTaskId:ImportTaskId, StatusMessage:StatusMessage}" \\
--output table | \\
sed -E 's/^(.{120}).*/\\1/'
"""

CANCEL_IMAGE_TASK = """
aws ec2 cancel-import-task \\
--import-task-id import-ami-1234567890abcdef0
"""

IMPORT_SNAPSHOT = """
aws ec2 import-snapshot \\
--description "My server VM" \\
--disk-container "file://C:\\import\\containers.json"
"""

CONTAINERS = """
{
    "Description": "My server VM",
    "Format": "VMDK",
    "UserBucket": {
        "S3Bucket": "amzn-s3-demo-import-bucket",
        "S3Key": "vms/my-server-vm.vmdk"
    }
}
"""

# The guide prints DiskImageSize in quotation marks; the model has a number, and so prints the CLI.
SNAPSHOT_STARTED = {
    "Description": "My server VM",
    "ImportTaskId": "import-snap-1234567890abcdef0",
    "SnapshotTaskDetail": {
        "Description": "My server VMDK",
        "DiskImageSize": 0.0,
        "Format": "VMDK",
        "Progress": "3",
        "Status": "active",
        "StatusMessage": "pending",
        "UserBucket": {
            "S3Bucket": "amzn-s3-demo-import-bucket",
            "S3Key": "vms/my-server-vm.vmdk",
        },
    },
}

DESCRIBE_SNAPSHOT_TASK = """
aws ec2 describe-import-snapshot-tasks \\
--import-task-ids import-snap-1234567890abcdef0
"""

# Here, too, DiskImageSize is printed as a number.
SNAPSHOT_TASK = {
    "ImportSnapshotTasks": [
        {
            "Description": "My server VM",
            "ImportTaskId": "import-snap-1234567890abcdef0",
            "SnapshotTaskDetail": {
                "Description": "My server VMDK",
                "DiskImageSize": 3.115815424e9,
                "Format": "VMDK",
                "Progress": "22",
                "Status": "active",
                "StatusMessage": "downloading/convert",
                "UserBucket": {
                    "S3Bucket": "amzn-s3-demo-import-bucket",
                    "S3Key": "vms/my-server-vm.vmdk",
                },
            },
        }
    ]
}

DESCRIBE_SNAPSHOT_TASKS = """
aws ec2 describe-import-snapshot-tasks \\
--query "ImportSnapshotTasks[*].{Description:Description,
ImportTaskId:ImportTaskId, Status:SnapshotTaskDetail.Status, Progress:
SnapshotTaskDetail.Progress, SnapshotID: SnapshotTaskDetail.SnapshotId, S3Key:
SnapshotTaskDetail.UserBucket.S3Key}" \\
--output table
"""

CANCEL_SNAPSHOT_TASK = """
aws ec2 cancel-import-task \\
--import-task-id import-snap-1234567890abcdef0
"""

EXPORT_IMAGE = """
aws ec2 export-image \\
--description "$(date '+%b %d %H:%M') My image export" \\
--image-id ami-1234567890abcdef0 \\
--disk-image-format VMDK \\
--s3-export-location S3Bucket=amzn-s3-demo-export-bucket,S3Prefix=exports/
"""

EXPORT_STARTED = {
    "Description": "Jul 15 16:31 My image export",
    "DiskImageFormat": "VMDK",
    "ExportImageTaskId": "export-ami-36a041c1000000000",
    "ImageId": "ami-1234567890abcdef0",
    "Progress": "0",
    "S3ExportLocation": {
        "S3Bucket": "amzn-s3-demo-export-bucket",
        "S3Prefix": "exports/",
    },
    "Status": "active",
    "StatusMessage": "validating",
}

DESCRIBE_EXPORT = """
aws ec2 describe-export-image-tasks \\
--export-image-task-ids export-ami-1234567890abcdef0
"""

EXPORT_TASK = {
    "ExportImageTasks": [
        {
            "Description": "Jul 15 16:31 My image export",
            "ExportImageTaskId": "export-ami-1234567890abcdef0",
            "Progress": "21",
            "S3ExportLocation": {
                "S3Bucket": "amzn-s3-demo-export-bucket",
                "S3Prefix": "exports/",
            },
            "Status": "active",
            "StatusMessage": "updating",
        }
    ]
}

# The guide prints a quotation mark behind some backslashes, and Status>Status.
DESCRIBE_EXPORTS = """
aws ec2 describe-export-image-tasks \\
--query "ExportImageTasks[*].{\\
  Description:Description,\\
  ExportImageTaskId:ExportImageTaskId,\\
  ImageId:ImageId,\\
  Status:Status,\\
  Progress:Progress,\\
  S3Bucket:S3ExportLocation.S3Bucket}" \\
--output table
"""

# Of the guide's query the end is lost; its table has an InstanceId, too.
DESCRIBE_EXPORTS_OF_ALL_KINDS = """
aws ec2 describe-export-tasks \\
--query "ExportTasks[*].
{Description:Description,ExportTaskId:ExportTaskId,State:State,S3Bucket:ExportToS3Task.S3Bucket,
InstanceId:InstanceExportDetails.InstanceId}" \\
--output table
"""

CANCEL_EXPORT = """
aws ec2 cancel-export-task \\
--export-task-id export-ami-1234567890abcdef0
"""


@pytest.fixture(scope="module")
def guide(
    tmp_path_factory: pytest.TempPathFactory, vmdk: Path, long_vhdx: Path, ova: Path
) -> Iterator[House]:
    """A server of its own, because the names of the guide's buckets are taken only once."""
    server = Server(tmp_path_factory.mktemp("guide") / "data")
    server.start()
    house = House(server)
    for bucket in (BUCKET, EXPORT_BUCKET, "bucket_name"):
        house.s3().create_bucket(Bucket=bucket)
    house.put_object(BUCKET, "vms/my-server-vm.ova", ova)
    house.put_object(BUCKET, "vms/my-server-vm.vmdk", vmdk)
    house.put_object(BUCKET, "disks/my-server-vm-disk2.vmdk", vmdk)
    house.put_object("bucket_name", "sql_std_image.ova", ova)
    yield house
    server.kill()


def command(house: House, folder: Path, sample: str, **ids: str) -> Any:
    """Run a sample in a shell, with these ids for those of the guide."""
    for kind, known in ids.items():
        sample = re.sub(rf"{kind.replace('_', '-')}-1234567890abcdef0", known, sample)
    said = run(house, folder, "sh", "-c", sample)
    return json.loads(said) if said.startswith("{") else said


def image_task(house: House, folder: Path, task_id: str) -> Any:
    """Describe a task as the guide does, until it is no longer active."""
    deadline = time.monotonic() + 60
    while True:
        answer = command(house, folder, DESCRIBE_IMAGE_TASK, import_ami=task_id)
        if answer["ImportImageTasks"][0]["Status"] != "active":
            return answer
        assert time.monotonic() < deadline, answer


def assert_agrees(answer: Any, sample: Any, at: str = "answer") -> None:
    """See that an answer has the sample's members, with the same types and sorts of ids."""
    assert type(answer) is type(sample), at
    if isinstance(sample, dict):
        for name, value in sample.items():
            assert name in answer, f"{at}.{name}"
            assert_agrees(answer[name], value, f"{at}.{name}")
    elif isinstance(sample, list):
        assert len(answer) == len(sample), at
        for number, value in enumerate(sample):
            assert_agrees(answer[number], value, f"{at}[{number}]")
    elif found := re.match(r"(import-ami|import-snap|export-ami|ami|snap)-", str(sample)):
        assert answer.startswith(found[0]), at


def test_an_ova_is_imported_and_watched(guide: House, tmp_path: Path) -> None:
    task = command(guide, tmp_path, IMPORT_OVA)
    assert task["Status"] == "active"
    assert re.fullmatch(r"[A-Z][a-z]{2} \d\d \d\d:\d\d My server VM", task["Description"])
    assert task["LicenseType"] == "AWS"

    done = image_task(guide, tmp_path, task["ImportTaskId"])

    assert_agrees(done, IMAGE_TASK)
    assert not {"Progress", "StatusMessage"} & done["ImportImageTasks"][0].keys()


def test_several_disks_are_imported(guide: House, tmp_path: Path) -> None:
    task = command(guide, tmp_path, IMPORT_DISKS)
    started = [(disk["Description"], disk["Format"]) for disk in task["SnapshotDetails"]]
    assert started == [("First disk", "VMDK"), ("Second disk", "VMDK")]

    (done,) = image_task(guide, tmp_path, task["ImportTaskId"])["ImportImageTasks"]

    assert done["Status"] == "completed"
    assert len({disk["SnapshotId"] for disk in done["SnapshotDetails"]}) == 2


def test_an_encrypted_image_has_encrypted_snapshots(guide: House, tmp_path: Path) -> None:
    key = guide.kms().create_key()["KeyMetadata"]
    sample = IMPORT_ENCRYPTED.replace("0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE", key["KeyId"])
    task = command(guide, tmp_path, sample)
    assert task["Encrypted"] is True
    assert task["KmsKeyId"] == key["Arn"]

    (done,) = image_task(guide, tmp_path, task["ImportTaskId"])["ImportImageTasks"]

    (image,) = guide.ec2().describe_images(ImageIds=[done["ImageId"]])["Images"]
    volume = image["BlockDeviceMappings"][0]["Ebs"]
    assert volume["Encrypted"]
    assert guide.snapshot_bytes(volume["SnapshotId"]).read_bytes().startswith(b"QFI\xfb")
    guide.kms().disable_key(KeyId=key["KeyId"])
    with pytest.raises(KeyUnusable):
        guide.disk(volume["SnapshotId"])


@pytest.mark.parametrize(
    ("sample", "operation", "details"),
    [
        (IMPORT_WITH_LICENSE, "RunInstances:0002", "Windows"),
        (IMPORT_WITH_OPERATION, "RunInstances:0006", "Windows with SQL Server Standard"),
    ],
    ids=["license type", "usage operation"],
)
def test_a_licence_is_given(
    guide: House, tmp_path: Path, sample: str, operation: str, details: str
) -> None:
    task = command(guide, tmp_path, sample)

    (done,) = image_task(guide, tmp_path, task["ImportTaskId"])["ImportImageTasks"]

    assert done["UsageOperation"] == operation
    (image,) = guide.ec2().describe_images(ImageIds=[done["ImageId"]])["Images"]
    assert (image["UsageOperation"], image["PlatformDetails"]) == (operation, details)


def test_an_image_import_is_cancelled(guide: House, long_vhdx: Path, tmp_path: Path) -> None:
    guide.put_object(BUCKET, "long.vhdx", long_vhdx)
    task = guide.ec2().import_image(DiskContainers=[{"Url": f"s3://{BUCKET}/long.vhdx"}])

    said = command(guide, tmp_path, CANCEL_IMAGE_TASK, import_ami=task["ImportTaskId"])

    assert said["ImportTaskId"] == task["ImportTaskId"]
    (gone,) = guide.ec2().describe_import_image_tasks(ImportTaskIds=[task["ImportTaskId"]])[
        "ImportImageTasks"
    ]
    assert gone["Status"] in ("deleting", "deleted")


def test_a_disk_is_imported_as_a_snapshot_and_watched(
    guide: House, disk: Path, tmp_path: Path
) -> None:
    (tmp_path / "containers.json").write_text(CONTAINERS)
    sample = IMPORT_SNAPSHOT.replace("C:\\import\\", "")

    task = command(guide, tmp_path, sample)

    assert_agrees(task, SNAPSHOT_STARTED)
    assert task["SnapshotTaskDetail"]["StatusMessage"] == "pending"
    guide.ec2().get_waiter("snapshot_imported").wait(
        ImportTaskIds=[task["ImportTaskId"]], WaiterConfig={"Delay": 1}
    )
    answer = command(guide, tmp_path, DESCRIBE_SNAPSHOT_TASK, import_snap=task["ImportTaskId"])
    (done,) = answer["ImportSnapshotTasks"]
    assert done["SnapshotTaskDetail"]["Status"] == "completed"
    assert not {"Progress", "StatusMessage"} & done["SnapshotTaskDetail"].keys()
    snapshot_id = done["SnapshotTaskDetail"]["SnapshotId"]
    assert guide.snapshot_bytes(snapshot_id).read_bytes() == disk.read_bytes()


def test_a_snapshot_import_is_watched_and_cancelled(
    guide: House, long_vhdx: Path, tmp_path: Path
) -> None:
    guide.put_object(BUCKET, "long.vhdx", long_vhdx)
    containers = CONTAINERS.replace("vms/my-server-vm.vmdk", "long.vhdx").replace("VMDK", "VHDX")
    (tmp_path / "containers.json").write_text(containers)
    task = command(guide, tmp_path, IMPORT_SNAPSHOT.replace("C:\\import\\", ""))
    task_id = task["ImportTaskId"]

    seen = command(guide, tmp_path, DESCRIBE_SNAPSHOT_TASK, import_snap=task_id)
    said = command(guide, tmp_path, CANCEL_SNAPSHOT_TASK, import_snap=task_id)

    assert_agrees(seen, SNAPSHOT_TASK)
    assert said["ImportTaskId"] == task_id


def test_tables_of_all_tasks(guide: House, tmp_path: Path) -> None:
    ec2 = guide.ec2()
    image = ec2.import_image(
        Description="My server OVA", DiskContainers=[{"Url": f"s3://{BUCKET}/vms/my-server-vm.ova"}]
    )
    snapshot = ec2.import_snapshot(
        Description="My server VM", DiskContainer={"Url": f"s3://{BUCKET}/vms/my-server-vm.vmdk"}
    )

    images = command(guide, tmp_path, DESCRIBE_IMAGE_TASKS)
    snapshots = command(guide, tmp_path, DESCRIBE_SNAPSHOT_TASKS)

    assert "DescribeImportImageTasks" in images
    assert re.search(rf"My server OVA *\| *{image['ImportTaskId']} ", images)
    assert "DescribeImportSnapshotTasks" in snapshots
    assert re.search(rf"My server VM *\| *{snapshot['ImportTaskId']} ", snapshots)


# exports -----------------------------------------------------------------------------------------


def export(house: House, folder: Path, task_id: str) -> Any:
    """Describe an export as the guide does, until it is no longer active."""
    deadline = time.monotonic() + 60
    while True:
        (task,) = command(house, folder, DESCRIBE_EXPORT, export_ami=task_id)["ExportImageTasks"]
        if task["Status"] != "active":
            return task
        assert time.monotonic() < deadline, task


def test_an_image_is_exported_and_watched(guide: House, disk: Path, tmp_path: Path) -> None:
    imported = guide.finished_image(
        guide.ec2().import_image(
            DiskContainers=[{"Url": f"s3://{BUCKET}/vms/my-server-vm.ova"}],
        )
    )

    task = command(guide, tmp_path, EXPORT_IMAGE, ami=imported["ImageId"])

    assert_agrees(task, EXPORT_STARTED)
    assert re.fullmatch(r"[A-Z][a-z]{2} \d\d \d\d:\d\d My image export", task["Description"])
    unlike = ("Description", "ExportImageTaskId", "ImageId")
    sample = {name: value for name, value in EXPORT_STARTED.items() if name not in unlike}
    assert {name: task[name] for name in sample} == sample
    done = export(guide, tmp_path, task["ExportImageTaskId"])
    assert done["Status"] == "completed"
    assert not {"Progress", "StatusMessage"} & done.keys()
    exported = tmp_path / "exported.vmdk"
    key = f"exports/{task['ExportImageTaskId']}.vmdk"
    run(guide, tmp_path, "aws", "s3", "cp", f"s3://{EXPORT_BUCKET}/{key}", str(exported))
    assert_holds(exported, "VMDK", disk)


def test_an_export_is_watched_and_cancelled(guide: House, tmp_path: Path) -> None:
    sample = EXPORT_IMAGE.replace("VMDK", "RAW")
    task = command(guide, tmp_path, sample, ami=large_image(guide))
    task_id = task["ExportImageTaskId"]

    seen = command(guide, tmp_path, DESCRIBE_EXPORT, export_ami=task_id)
    said = command(guide, tmp_path, CANCEL_EXPORT, export_ami=task_id)

    assert_agrees(seen, EXPORT_TASK)
    assert said == ""
    assert export(guide, tmp_path, task_id)["Status"] in ("cancelling", "cancelled")


def test_tables_of_all_exports(guide: House, tmp_path: Path) -> None:
    task = command(guide, tmp_path, EXPORT_IMAGE.replace("VMDK", "RAW"), ami=large_image(guide))
    task_id, image_id = task["ExportImageTaskId"], task["ImageId"]

    images = command(guide, tmp_path, DESCRIBE_EXPORTS)
    exports = command(guide, tmp_path, DESCRIBE_EXPORTS_OF_ALL_KINDS)
    guide.ec2().cancel_export_task(ExportTaskId=task_id)

    title, described = "My image export", task["Description"]
    assert described.endswith(title)
    assert "DescribeExportImageTasks" in images
    assert re.search(rf"{described} *\| *{task_id} *\| *{image_id} *\| *\d+ *\| ", images)
    assert re.search(rf"{task_id} .* {EXPORT_BUCKET} *\| *active ", images)
    assert "DescribeExportTasks" in exports
    assert re.search(
        rf"{described} *\| *{task_id} *\| *None *\| *{EXPORT_BUCKET} *\| *active ", exports
    )


def large_image(house: House) -> str:
    """An AMI that takes many minutes to export as RAW: 1 TiB, all of it to be hashed."""
    ebs = {"SnapshotId": long_snapshot(house), "VolumeSize": 1024}
    return made_image(house, BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": ebs}])
