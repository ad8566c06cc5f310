"""What comes of exports of instances: their bytes, imported again; killed, cancelled, refused."""

import os
import signal
import tarfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from state.disks import open_raw
from tests import disks
from tests.conversions.uploads import Upload, ended, tidied, with_mbr
from tests.disks import MIB
from tests.ec2.conftest import refusal
from tests.ec2.test_cli import aws
from tests.ec2.volumes import (
    blocks_of,
    changed_blocks,
    content,
    found_volume,
    snapshot_content,
    written_to,
)
from tests.exports import assert_holds, etag_of
from tests.house import House
from tests.instance_exports.exportable import (
    export_bucket,
    exported,
    finished,
    look,
    policy,
    put_instance,
    put_machine,
    put_root,
    start,
)
from tests.journeys.remains import (
    DEAD_WITHIN,
    assert_programs_die,
    assert_tidy,
    killed_at,
    programs,
    stop_program,
    until,
)

pytestmark = pytest.mark.slow  # disks are converted, and servers killed

NO_GRANTS: Final = (
    "ClientError: vm-import-export@amazon.com must have WRITE and READ_ACL permission on the S3 "
    "bucket."
)


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disk that takes a moment to write."""
    return disks.raw(tmp_path_factory.mktemp("export") / "disk", 24 * MIB + 512)


def snapshot(house: House, volume: str) -> str:
    """Make a snapshot of a volume, and wait until it is completed."""
    ec2 = house.ec2()
    made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    return made


# bytes --------------------------------------------------------------------------------------------


def test_an_imported_machine_leaves_as_an_ova_and_comes_back(
    shared_house: House, tmp_path: Path
) -> None:
    house, ec2 = shared_house, shared_house.ec2()
    upload = Upload(house, with_mbr(2 * MIB + 512))
    upload.put_all()
    imported = ended(house, upload.import_instance()["ConversionTaskId"])["ImportInstance"]
    instance_id = imported["InstanceId"]
    volume = imported["Volumes"][0]["Volume"]["Id"]
    first = snapshot(house, volume)
    written_to(house, volume, "write -P 7 1M 512k", "write -P 8 900M 512k")
    before = content(house, volume)
    bucket = export_bucket(house)

    task = start(house, instance_id, bucket)
    written_to(house, volume, "write -P 9 2M 512k")  # as the instance does, started meanwhile
    archive = exported(house, task, tmp_path)
    container: Any = {"Url": f"s3://{bucket}/{task['ExportToS3Task']['S3Key']}", "Format": "OVA"}
    again = house.finished_image(ec2.import_image(DiskContainers=[container]))
    second = snapshot(house, volume)

    assert again["Status"] == "completed", again
    (detail,) = again["SnapshotDetails"]
    assert detail["Format"] == "VMDK"
    assert snapshot_content(house, detail["SnapshotId"]) == before
    head = house.s3().head_object(Bucket=bucket, Key=task["ExportToS3Task"]["S3Key"])
    assert head["ETag"] == f'"{etag_of(archive)}"'
    # The export is no snapshot: what was written before it and after it is what has changed.
    assert changed_blocks(house, first, second) == [2, 4, 1800]
    assert snapshot_content(house, second) == content(house, volume) != before
    assert found_volume(house, volume).unsaved == 0


@pytest.mark.parametrize(("environment", "disk_format"), [("microsoft", "VHD"), ("vmware", "VMDK")])
def test_a_disk_leaves_alone(
    shared_house: House, tmp_path: Path, source: Path, environment: str, disk_format: str
) -> None:
    house = shared_house
    instance_id, bucket = put_machine(house, source), export_bucket(house)

    task = start(
        house,
        instance_id,
        bucket,
        TargetEnvironment=environment,
        ExportToS3Task={"S3Bucket": bucket, "DiskImageFormat": disk_format},
    )

    place = task["ExportToS3Task"]
    assert "ContainerFormat" not in place
    assert place["S3Key"] == f"{task['ExportTaskId']}.{disk_format.lower()}"
    assert_holds(exported(house, task, tmp_path), disk_format, source)


def test_an_instance_is_exported_as_it_was_though_a_snapshot_follows(
    shared_house: House, tmp_path: Path, source: Path
) -> None:
    house, bucket = shared_house, export_bucket(shared_house)
    instance_id = put_instance(house)
    volume = put_root(house, instance_id, source)
    written_to(house, volume, "write -P 1 100M 512k")
    place = {"S3Bucket": bucket, "DiskImageFormat": "VMDK"}
    expected = content(house, volume)

    tasks = []
    for byte in (2, 3):
        tasks.append(start(house, instance_id, bucket, ExportToS3Task=place))
        written_to(house, volume, f"write -P {byte} 200M 512k")
    snapshot(house, volume)

    first, second = (exported(house, task, tmp_path) for task in tasks)
    for path, more in ((first, {}), (second, {400: bytes([2]) * (512 << 10)})):
        raw = tmp_path / f"{path.name}.raw"
        disks.qemu_img("convert", "-f", "vmdk", "-O", "raw", path, raw)
        with closing(open_raw(raw, raw.stat().st_size)) as disk:
            found = blocks_of(disk)
        assert found == {**expected, **more}


def test_a_machine_leaves_with_the_firmware_that_starts_it(
    shared_house: House, tmp_path: Path
) -> None:
    house, bucket = shared_house, export_bucket(shared_house)
    disk = disks.raw(tmp_path / "disk", MIB)
    has_uefi = {}
    for mode, kind, uefi in (
        ("uefi", "t2.medium", True),
        ("uefi-preferred", "t3.medium", True),
        ("uefi-preferred", "t2.medium", False),
        (None, "t3.medium", False),
    ):
        instance_id = put_machine(house, disk, boot_mode=mode, instance_type=kind)
        has_uefi[start(house, instance_id, bucket)["ExportTaskId"]] = uefi

    for task_id, uefi in has_uefi.items():
        with tarfile.open(exported(house, look(house, task_id), tmp_path)) as opened:
            descriptor = opened.extractfile(f"{task_id}.ovf")
            assert descriptor
            told = descriptor.read().decode()
        assert ('vmw:key="firmware" vmw:value="efi"' in told) is uefi


@pytest.mark.parametrize("ownership", ["BucketOwnerPreferred", "ObjectWriter"])
def test_the_object_is_its_writers_or_the_bucket_owners(
    shared_house: House, ownership: str
) -> None:
    house, bucket = shared_house, export_bucket(shared_house, ownership)
    task = finished(house, start(house, put_machine(house), bucket)["ExportTaskId"])
    s3, key = house.s3(), task["ExportToS3Task"]["S3Key"]

    acl = s3.get_object_acl(Bucket=bucket, Key=key)

    mine = s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    owner = acl["Owner"]["ID"]
    assert (owner == mine) == (ownership == "BucketOwnerPreferred")
    grantees = {(each["Grantee"]["ID"], each["Permission"]) for each in acl["Grants"]}
    assert grantees == {(owner, "FULL_CONTROL"), (mine, "FULL_CONTROL")}
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read(512)
    s3.delete_object(Bucket=bucket, Key=key)


def test_the_journey_of_the_user_guide(house: House, tmp_path: Path, source: Path) -> None:
    instance_id, bucket = put_machine(house, source), f"cli-{house.account_id}"
    rules = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    target = {
        "ContainerFormat": "ova", "DiskImageFormat": "VMDK",
        "S3Bucket": bucket, "S3Prefix": "vms/",
    }  # fmt: skip
    aws(house, "s3", "mb", f"s3://{bucket}")
    aws(
        house,
        *("s3api", "put-bucket-ownership-controls", "--bucket", bucket),
        *("--ownership-controls", str(rules).replace("'", '"')),
    )
    aws(house, "s3api", "put-bucket-policy", "--bucket", bucket, "--policy", policy(bucket))
    task = aws(
        house,
        *("ec2", "create-instance-export-task", "--instance-id", instance_id),
        *("--target-environment", "vmware", "--description", "Jul 15 14:55 My instance export"),
        *("--export-to-s3-task", str(target).replace("'", '"')),
    )["ExportTask"]
    task_id = task["ExportTaskId"]
    assert finished(house, task_id)["State"] == "completed"  # the CLI would look every 15 s
    aws(house, "ec2", "wait", "export-task-completed", "--export-task-ids", task_id)

    table = aws(
        house,
        *("ec2", "describe-export-tasks", "--output", "text", "--query"),
        "ExportTasks[*].[ExportTaskId,State,InstanceExportDetails.InstanceId]",
    )

    assert table.split() == [task_id, "completed", instance_id]
    aws(house, "s3", "cp", f"s3://{bucket}/vms/{task_id}.ova", str(tmp_path / "vm.ova"))
    late = aws(house, "ec2", "cancel-export-task", "--export-task-id", task_id, fails=True)
    assert "IncorrectState" in late


# killed, cancelled, and refused late --------------------------------------------------------------


def begun(house: House, source: Path) -> tuple[str, str, str, int]:
    """Begin an export, and have it stand still amid writing.

    Returns the instance, the bucket, the task and the program that writes.
    """
    instance_id, bucket = put_machine(house, source), export_bucket(house)
    task_id = start(house, instance_id, bucket)["ExportTaskId"]
    return instance_id, bucket, task_id, stop_program(house, f"/{task_id}/")


def repeated(house: House, source: Path) -> tuple[str, Callable[[], str]]:
    """Prepare exports of one instance; return their bucket, and what begins another."""
    instance_id, bucket = put_machine(house, source), export_bucket(house)

    def begin() -> str:
        task_id: str = start(house, instance_id, bucket)["ExportTaskId"]
        return task_id

    return bucket, begin


def assert_nothing(house: House, bucket: str, task_id: str) -> None:
    """There is no object, and nothing is left over."""
    assert "Contents" not in house.s3().list_objects_v2(Bucket=bucket)
    assert tidied(house, task_id)


def test_killed_while_it_converts_an_export_goes_on_at_the_next_start(
    own_house: House, tmp_path: Path, source: Path
) -> None:
    _, _, task_id, _ = begun(own_house, source)

    own_house.kill()
    assert_programs_die(own_house)
    own_house.start()

    assert look(own_house, task_id)["State"] == "active"
    archive = exported(own_house, look(own_house, task_id), tmp_path)
    with tarfile.open(archive) as opened:
        opened.extract(f"{task_id}-disk1.vmdk", tmp_path, filter="data")
    assert_holds(tmp_path / f"{task_id}-disk1.vmdk", "VMDK", source)
    assert_tidy(own_house)


def test_killed_in_any_phase_an_export_makes_one_object(own_house: House, tmp_path: Path) -> None:
    house = own_house
    small = disks.raw(tmp_path / "disk", MIB + 512)
    bucket, begin = repeated(house, small)

    for state in ("pending", "validating", "converting", "publishing", "completed"):
        task_id = killed_at(house, begin, state)
        house.start()
        with tarfile.open(exported(house, look(house, task_id), tmp_path)) as opened:
            opened.extract(f"{task_id}-disk1.vmdk", tmp_path, filter="data")
        assert_holds(tmp_path / f"{task_id}-disk1.vmdk", "VMDK", small)

    told = house.ec2().describe_export_tasks()["ExportTasks"]
    for task in told:
        assert finished(house, task["ExportTaskId"])["State"] == "completed"
    found = house.s3().list_objects_v2(Bucket=bucket)["Contents"]
    assert {each["Key"] for each in found} == {each["ExportToS3Task"]["S3Key"] for each in told}
    assert_tidy(house)


def test_an_export_can_be_cancelled_until_its_object_is_written(
    own_house: House, tmp_path: Path
) -> None:
    house = own_house
    small = disks.raw(tmp_path / "disk", MIB + 512)
    bucket, begin = repeated(house, small)

    ends = {}
    for state in ("pending", "validating", "converting", "publishing"):
        task_id = killed_at(house, begin, state)
        house.server.settings["role"] = "api"  # nobody works on it meanwhile
        house.start()
        if state == "publishing":
            refused = refusal(partial(house.ec2().cancel_export_task, ExportTaskId=task_id))
            assert refused[0] == "IncorrectState"
        else:
            house.ec2().cancel_export_task(ExportTaskId=task_id)
            assert look(house, task_id)["State"] in ("cancelling", "cancelled")
        house.stop()
        house.server.settings["role"] = "all"
        house.start()
        ends[state] = finished(house, task_id)["State"]
        key = look(house, task_id)["ExportToS3Task"]["S3Key"]
        there = house.s3().list_objects_v2(Bucket=bucket, Prefix=key).get("KeyCount")
        assert there == (1 if state == "publishing" else 0)

    assert set(ends.values()) == {"cancelled", "completed"}
    assert ends["publishing"] == "completed"
    assert_tidy(house)


def test_cancelled_while_it_converts_an_export_leaves_nothing(
    shared_house: House, source: Path
) -> None:
    instance_id, bucket, task_id, program = begun(shared_house, source)

    shared_house.ec2().cancel_export_task(ExportTaskId=task_id)

    until(lambda: program not in programs(shared_house), "its end", DEAD_WITHIN)
    done = finished(shared_house, task_id)
    assert (done["State"], done["StatusMessage"]) == ("cancelled", "Task canceled by user")
    assert done["InstanceExportDetails"]["InstanceId"] == instance_id
    shared_house.ec2().get_waiter("export_task_cancelled").wait(ExportTaskIds=[task_id])
    assert_nothing(shared_house, bucket, task_id)


def test_a_bucket_that_lets_it_in_no_more_ends_the_export(
    shared_house: House, source: Path
) -> None:
    _, bucket, task_id, program = begun(shared_house, source)
    shared_house.s3().delete_bucket_policy(Bucket=bucket)

    os.kill(program, signal.SIGCONT)

    done = finished(shared_house, task_id)
    assert (done["State"], done["StatusMessage"]) == ("cancelled", NO_GRANTS)
    assert_nothing(shared_house, bucket, task_id)


def test_an_instance_that_goes_meanwhile_is_exported_all_the_same(
    shared_house: House, tmp_path: Path, source: Path
) -> None:
    instance_id, _, task_id, program = begun(shared_house, source)
    ec2 = shared_house.ec2()
    (reservation,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (mapping,) = reservation["Instances"][0]["BlockDeviceMappings"]
    ec2.terminate_instances(InstanceIds=[instance_id])
    ec2.delete_volume(VolumeId=mapping["Ebs"]["VolumeId"])

    os.kill(program, signal.SIGCONT)

    task = look(shared_house, task_id)
    assert exported(shared_house, task, tmp_path).stat().st_size > MIB
    assert tidied(shared_house, task_id)
