"""Instances that were started of AMIs, and those that run: which are exported, and what of them."""

from pathlib import Path
from typing import Any

import pytest

from state import machines
from state.tasks import TaskState
from tests.ec2.conftest import made_snapshot, refusal
from tests.ec2.volumes import blobs_and_store, found_volume, written_to
from tests.house import House
from tests.instance_exports.exportable import export_bucket, exported, finished, look, start
from tests.instances.conftest import an_image, started, volumes_of
from tests.journeys.remains import until

NOT_IMPORTED = ("NotExportable", "Only imported instances can be exported.")


@pytest.fixture(scope="module")
def bucket(shared_house: House) -> str:
    """A bucket into which instances can be exported."""
    return export_bucket(shared_house)


def test_an_instance_of_ones_own_ami_is_exported_while_it_runs(
    shared_house: House, bucket: str
) -> None:
    instance_id = started(shared_house)

    running = start(shared_house, instance_id, bucket)
    shared_house.ec2().stop_instances(InstanceIds=[instance_id])
    stopped = start(shared_house, instance_id, bucket)

    for task in (running, stopped):
        assert finished(shared_house, task["ExportTaskId"])["State"] == "completed"


def test_an_instance_whose_ami_has_product_codes_or_is_gone(
    shared_house: House, bucket: str
) -> None:
    image_id, ec2 = an_image(shared_house), shared_house.ec2()
    instance_id = started(shared_house, ImageId=image_id)
    ec2.modify_image_attribute(ImageId=image_id, Attribute="productCodes", ProductCodes=["abcdef"])

    sold = refusal(lambda: start(shared_house, instance_id, bucket))
    ec2.deregister_image(ImageId=image_id)
    gone = refusal(lambda: start(shared_house, instance_id, bucket))

    assert sold == gone == NOT_IMPORTED


def test_an_instance_of_the_ami_of_another_account(
    house: House, friend: House, bucket: str
) -> None:
    snapshot_id = made_snapshot(friend)
    image_id = an_image(friend, snapshot_id)
    friend.ec2().modify_image_attribute(
        ImageId=image_id, LaunchPermission={"Add": [{"UserId": house.account_id}]}
    )
    instance_id = started(house, ImageId=image_id)

    assert refusal(lambda: start(house, instance_id, export_bucket(house))) == (
        "NotExportable",
        f"The snapshot ID ({snapshot_id}) of the instance neither is owned by current user nor "
        "had been previously imported through VMIE.",
    )


def test_an_instance_whose_root_was_replaced_by_a_disk_of_another_account(
    house: House, friend: House
) -> None:
    snapshot_id, ec2 = made_snapshot(friend), house.ec2()
    friend.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot_id, Attribute="createVolumePermission",
        OperationType="add", UserIds=[house.account_id],
    )  # fmt: skip
    instance_id, bucket = started(house), export_bucket(house)
    ec2.stop_instances(InstanceIds=[instance_id])
    ec2.detach_volume(VolumeId=volumes_of(house, instance_id)["/dev/sda1"]["VolumeId"])
    theirs = ec2.create_volume(AvailabilityZone="us-east-1a", SnapshotId=snapshot_id)["VolumeId"]
    ec2.attach_volume(VolumeId=theirs, InstanceId=instance_id, Device="/dev/sda1")

    code, message = refusal(lambda: start(house, instance_id, bucket))

    assert code == "NotExportable"
    assert message.startswith(f"The snapshot ID ({snapshot_id}) of the instance neither is owned")


def test_an_instance_with_a_disk_of_the_host_or_with_two_volumes(
    shared_house: House, bucket: str
) -> None:
    snapshot_id = made_snapshot(shared_house)
    root = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id}}
    local = {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"}
    image_id = an_image(shared_house, snapshot_id, BlockDeviceMappings=[root, local])
    second: Any = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}
    without: Any = {"DeviceName": "/dev/sdb", "NoDevice": ""}
    of_image = started(shared_house, ImageId=image_id)
    of_request = started(shared_house, BlockDeviceMappings=[{**local, "DeviceName": "/dev/sdc"}])
    left_out = started(shared_house, ImageId=image_id, BlockDeviceMappings=[without])
    with_two = started(shared_house, BlockDeviceMappings=[second])

    for with_local in (of_image, of_request):
        assert refusal(lambda each=with_local: start(shared_house, each, bucket)) == (  # type: ignore[misc]
            "NotExportable",
            "This instance cannot be exported.",
        )
    assert start(shared_house, left_out, bucket)["State"] == "active"
    assert refusal(lambda: start(shared_house, with_two, bucket))[0] == "UnsupportedOperation"


def test_what_a_machine_still_writes_to_is_waited_for(
    shared_house: House, bucket: str, tmp_path: Path
) -> None:
    house = shared_house
    instance_id = started(house)
    volume_id = volumes_of(house, instance_id)["/dev/sda1"]["VolumeId"]
    written_to(house, volume_id, "write -P 1 0 64k")
    written = found_volume(house, volume_id).written
    assert written

    def writes(blob_id: str | None) -> None:
        with blobs_and_store(house) as (_, store), store.begin() as tx:
            machines.writes(tx, volume_id, blob_id)

    def state() -> TaskState:
        with blobs_and_store(house) as (_, store), store.read() as tx:
            task = tx.tasks.get(task_id)
        assert task
        return task.state

    writes(written.blob_id)
    task_id = start(house, instance_id, bucket)["ExportTaskId"]
    until(lambda: state() is TaskState.VALIDATING, "its beginning")
    after = found_volume(house, volume_id)
    writes("another-blob")

    assert (after.written, after.layers[-1], after.unsaved) == (None, written, 1)
    assert exported(house, look(house, task_id), tmp_path).stat().st_size
