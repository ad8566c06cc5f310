"""CreateImage: AMIs of instances, and snapshots of volumes that machines write to."""

import subprocess
from typing import Any

import pytest

from state import machines
from state.blobs import Blobs
from state.tasks import work_of
from tests.ec2.conftest import made_snapshot, refusal
from tests.ec2.volumes import (
    blobs_and_store,
    content,
    found_volume,
    snapshot_content,
    written_to,
)
from tests.house import House
from tests.instances.conftest import an_image, described, name, started, volumes_of
from tests.journeys.remains import until

SECONDS = 60
BLOCK = 512 << 10


def available(house: House, image_id: str) -> Any:
    """Return an AMI as soon as it is available."""
    ec2 = house.ec2()
    ec2.get_waiter("image_available").wait(
        ImageIds=[image_id], WaiterConfig={"Delay": 1, "MaxAttempts": SECONDS}
    )
    return ec2.describe_images(ImageIds=[image_id])["Images"][0]


@pytest.mark.slow
def test_an_ami_of_an_instance_has_what_was_written_to_its_volumes(house: House) -> None:
    ec2 = house.ec2()
    image = an_image(house, made_snapshot(house, b"\x07" * 4096), BootMode="legacy-bios")
    empty: Any = {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}
    first = started(house, ImageId=image, BlockDeviceMappings=[empty])
    ec2.stop_instances(InstanceIds=[first])
    volumes = volumes_of(house, first)
    written_to(house, volumes["/dev/sda1"]["VolumeId"], f"write -P 0x41 {BLOCK} 4k")
    written_to(house, volumes["/dev/sdf"]["VolumeId"], "write -P 0x42 0 4k")
    tags: Any = [{"Key": "a", "Value": "b"}]

    made = ec2.create_image(
        InstanceId=first,
        Name=name(),
        Description="as it was",
        TagSpecifications=[{"ResourceType": kind, "Tags": tags} for kind in ("image", "snapshot")],
    )["ImageId"]

    shown = available(house, made)
    assert (shown["Description"], shown["Tags"]) == ("as it was", tags)
    assert (shown["Architecture"], shown["BootMode"]) == ("x86_64", "legacy-bios")
    assert (shown["SourceInstanceId"], shown["SourceImageId"]) == (first, image)
    assert shown["SourceImageRegion"] == house.region
    devices = {each["DeviceName"]: each["Ebs"] for each in shown["BlockDeviceMappings"]}
    assert list(devices) == ["/dev/sda1", "/dev/sdf"]
    root = devices["/dev/sda1"]["SnapshotId"]
    (snapshot,) = ec2.describe_snapshots(SnapshotIds=[root])["Snapshots"]
    assert snapshot["Description"] == f"Created by CreateImage({first}) for {made}"
    assert snapshot["Tags"] == tags
    blocks = snapshot_content(house, root)
    assert (blocks[0][:4096], blocks[1][:4096]) == (b"\x07" * 4096, b"\x41" * 4096)
    second = started(house, ImageId=made)
    again = content(house, volumes_of(house, second)["/dev/sdf"]["VolumeId"])
    assert again[0][:4096] == b"\x42" * 4096


def test_an_ami_has_the_devices_that_are_asked_for(house: House) -> None:
    ec2 = house.ec2()
    root, data = made_snapshot(house), made_snapshot(house)
    running = started(house, ImageId=an_image(house, root, data))

    made = ec2.create_image(
        InstanceId=running,
        Name=name(),
        NoReboot=True,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 4, "DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdf", "NoDevice": ""},
            {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 2, "VolumeType": "gp3"}},
        ],
    )["ImageId"]

    devices = available(house, made)["BlockDeviceMappings"]
    assert [(each["DeviceName"], each["Ebs"]["VolumeSize"]) for each in devices] == [
        ("/dev/sda1", 4),
        ("/dev/sdg", 2),
    ]
    assert devices[0]["Ebs"]["DeleteOnTermination"] is False
    assert described(house, running)["State"]["Name"] == "running"


def test_what_no_ami_can_be_made_of_is_refused(house: House) -> None:
    ec2, instance = house.ec2(), started(house)
    taken = name()
    ec2.create_image(InstanceId=instance, Name=taken)

    def refused(**request: Any) -> tuple[str, str]:
        return refusal(
            lambda: ec2.create_image(**{"InstanceId": instance, "Name": name(), **request})
        )

    assert refused(Name=taken)[0] == "InvalidAMIName.Duplicate"
    assert refused(Name="what?")[0] == "InvalidAMIName.Malformed"
    assert refused(InstanceId="i-0123456789abcdef0")[0] == "InvalidInstanceID.NotFound"
    assert refused(DryRun=True)[0] == "DryRunOperation"
    root: Any = [{"DeviceName": "/dev/sda1", "NoDevice": ""}]
    assert refused(BlockDeviceMappings=root)[0] == "InvalidBlockDeviceMapping"
    ec2.terminate_instances(InstanceIds=[instance])
    assert refused() == (
        "IncorrectState",
        f"Instance '{instance}' is not in state 'running' or 'stopped'.",
    )


def hold(house: House, volume_id: str, blob_id: str | None) -> None:
    """Say, as its machine does, which file of a volume is written to."""
    with blobs_and_store(house) as (_, store), store.begin() as tx:
        machines.writes(tx, volume_id, blob_id)


def test_a_snapshot_waits_until_its_machine_writes_elsewhere(house: House) -> None:
    ec2 = house.ec2()
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    written_to(house, volume, "write -P 0x41 0 4k")
    written = found_volume(house, volume).written
    assert written is not None
    hold(house, volume, written.blob_id)
    snapshots = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(2)]

    def begun() -> bool:
        with blobs_and_store(house) as (_, store), store.read() as tx:
            tasks = [tx.tasks.get(work_of(each)) for each in snapshots]
        return all(task is not None and task.attempt for task in tasks)

    until(begun, "the snapshots are begun")
    path = Blobs(house.data_dir).path(written.blob_id)
    late = ["qemu-io", "-f", "qcow2", "-c", f"write -P 0x42 {BLOCK} 4k", str(path)]
    subprocess.run(late, check=True, capture_output=True)
    hold(house, volume, None)

    for snapshot in snapshots:
        ec2.get_waiter("snapshot_completed").wait(
            SnapshotIds=[snapshot], WaiterConfig={"Delay": 1, "MaxAttempts": SECONDS}
        )
        blocks = snapshot_content(house, snapshot)
        assert (blocks[0][:4096], blocks[1][:4096]) == (b"\x41" * 4096, b"\x42" * 4096)


def test_what_firmware_was_told_goes_along(house: House) -> None:
    ec2, memories = house.ec2(), house.data_dir / "firmware"
    instance_id = started(house)
    memories.mkdir(exist_ok=True)
    (memories / instance_id).write_bytes(b"its disks")

    first = ec2.create_image(InstanceId=instance_id, Name=name())["ImageId"]
    (memories / instance_id).write_bytes(b"another")
    available(house, first)
    never_ran = started(house, ImageId=first)
    ec2.deregister_image(ImageId=ec2.create_image(InstanceId=never_ran, Name=name())["ImageId"])
    copy = ec2.copy_image(Name=name(), SourceImageId=first, SourceRegion="us-east-1")["ImageId"]

    assert {each.name: each.read_bytes() for each in memories.iterdir()} == {
        instance_id: b"another", first: b"its disks", copy: b"its disks"
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["legacy-bios", "uefi"])
def test_the_boot_mode_may_be_another(house: House, mode: str) -> None:
    made = house.ec2().create_image(
        InstanceId=started(house),
        Name=name(),
        BootModeOverride=mode,  # type: ignore[arg-type]
    )["ImageId"]

    assert available(house, made)["BootMode"] == mode
