"""A tiny guest on a machine: what it sees of its instance, and what is seen of it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.boot.test_service import FROM_ELSEWHERE
from tests.boot.tiny import Tinies, Tiny, missing
from tests.guests.filesystems import MIB
from tests.house import House, MakeHouse
from tests.instance_exports.exportable import export_bucket, finished, start
from tests.machines.conftest import (
    attachment,
    becomes,
    described,
    launched,
    registered,
    root_of,
    says,
    until,
    volume,
)

pytestmark = [pytest.mark.slow, pytest.mark.guests, pytest.mark.timeout(600)]

# What it is told is run, as cloud-init would; and what disks it has is said whenever that changes.
THEN = """wget -q -O /run/user-data http://169.254.169.254/latest/user-data
sh /run/user-data >/dev/console 2>&1
(while sleep 1; do
  disks=$(cat /proc/partitions)
  [ "$disks" = "$known" ] || echo "$disks" >/dev/console
  known=$disks
done) &
"""
GUEST = Tiny("instance", then=THEN)
METADATA = "http://169.254.169.254/latest/meta-data"
USER_DATA = f"""echo "I am $(wget -q -O - {METADATA}/instance-id)"
echo "my key is $(wget -q -O - {METADATA}/public-keys/0/openssh-key)"
[ -e /root/kept ] && echo "I was here before"
echo kept >/root/kept; sync
(trap "echo kept >/root/last-words; exit" TERM; while sleep 1; do :; done) &
"""
REMEMBER = """kept=/sys/firmware/efi/efivars/Kept-0c0c0c0c-1111-4222-8333-444444444444
mount -t efivarfs efivars /sys/firmware/efi/efivars
[ -e $kept ] && echo "My firmware remembers me" >/dev/console
printf '\\007\\0\\0\\0kept' >$kept
"""
TURN_OFF = "(sleep 1; poweroff) &\n"


def imported(house: House, disk: Path, **more: Any) -> str:
    """Import a disk as it is, and register an AMI of it."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    source = {"S3Bucket": bucket, "S3Key": "disk"}
    task = house.ec2().import_snapshot(
        DiskContainer={"Format": "raw", "UserBucket": source}  # type: ignore[typeddict-item]
    )
    return registered(house, house.finished(task)["SnapshotId"], **more)


def of_file(house: House, snapshot_id: str, name: str, folder: Path) -> str:
    """Return the text of a file on the root filesystem in a snapshot; empty if there is none."""
    root = folder / snapshot_id
    if not root.exists():
        with house.snapshot_bytes(snapshot_id).open("rb") as disk:
            disk.seek(MIB)
            root.write_bytes(disk.read(40 * MIB))
        subprocess.run(
            ["e2fsck", "-y", "-E", "journal_only", root], check=True, capture_output=True
        )
    shown = ["debugfs", "-R", f"cat {name}", str(root)]
    return subprocess.run(shown, check=True, capture_output=True, text=True).stdout


def test_the_life_of_an_instance(running_house: House, tinies: Tinies, tmp_path: Path) -> None:
    assert not missing(), f"not installed: {missing()}"
    house, ec2 = running_house, running_house.ec2()
    image_id = imported(house, tinies.disk(GUEST))
    key = ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    public = ec2.describe_key_pairs(KeyNames=["mine"], IncludePublicKey=True)["KeyPairs"][0]
    instance_id = launched(house, image_id, UserData=USER_DATA, KeyName=key["KeyName"])

    # It starts, is told who it is, and asks for a login.
    said = says(house, instance_id, "tiny login:")
    assert f"I am {instance_id}" in said
    assert f"my key is {public['PublicKey'].split()[1]}" in said.replace("ssh-ed25519 ", "")
    assert "I was here before" not in said
    instance = described(house, instance_id)
    assert f"dhcp: {instance['PrivateIpAddress']} via" in said
    [tag] = instance["Tags"]
    assert tag["Key"] == "vmie:ssh"
    ec2.get_waiter("instance_status_ok").wait(
        InstanceIds=[instance_id], WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )

    # A disk that is plugged in is there, and lets itself be unplugged.
    added = ec2.create_volume(AvailabilityZone=instance["Placement"]["AvailabilityZone"], Size=1)
    ec2.attach_volume(InstanceId=instance_id, VolumeId=added["VolumeId"], Device="/dev/sdf")
    says(house, instance_id, "vdb")
    assert attachment(house, added["VolumeId"]) == "attached"
    for name, each in (("vda", root_of(house, instance_id)), ("vdb", added["VolumeId"])):
        ec2.modify_volume(VolumeId=each, Size=3)
        says(house, instance_id, f"{3 << 20} {name}")
    ec2.detach_volume(VolumeId=added["VolumeId"])
    until(lambda: volume(house, added["VolumeId"])["State"] == "available", "the guest to let go")

    # What it has written is in a snapshot that is made meanwhile, and there after a reboot. It is
    # rebooted for an AMI, which has what it has written at its end, too.
    made = ec2.create_snapshot(VolumeId=root_of(house, instance_id))["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )
    image = ec2.create_image(InstanceId=instance_id, Name="with its last words")["ImageId"]
    assert "I was here before" in says(house, instance_id, "tiny login:", 2)
    ec2.get_waiter("image_available").wait(
        ImageIds=[image], WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )
    [device] = ec2.describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"]
    for snapshot_id, last_words in ((made, ""), (device["Ebs"]["SnapshotId"], "kept\n")):
        assert of_file(house, snapshot_id, "/root/kept", tmp_path) == "kept\n"
        assert of_file(house, snapshot_id, "/root/last-words", tmp_path) == last_words

    # Its power button is pressed, and it turns itself off.
    ec2.stop_instances(InstanceIds=[instance_id])
    stopped = becomes(house, instance_id, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert "Requesting system poweroff" in says(house, instance_id, "poweroff")
    ec2.terminate_instances(InstanceIds=[instance_id])

    # The snapshot starts, too, as it was; and who turns itself off is stopped.
    again = launched(house, registered(house, made), UserData=USER_DATA + TURN_OFF)
    stopped = becomes(house, again, "stopped", 300)
    assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert "I was here before" in says(house, again, "poweroff")


def test_what_firmware_for_uefi_was_told_stays_with_the_instance_and_its_ami(
    running_house: House, tinies: Tinies
) -> None:
    house, ec2 = running_house, running_house.ec2()
    disk = tinies.disk(Tiny("remembering", uefi=True, then=REMEMBER))
    image_id = imported(house, disk, BootMode="uefi", EnaSupport=True)

    instance_id = launched(house, image_id, InstanceType="t3.nano")
    first = says(house, instance_id, "tiny login:")
    assert "My firmware remembers me" not in first
    ec2.stop_instances(InstanceIds=[instance_id])
    becomes(house, instance_id, "stopped")
    made = ec2.create_image(InstanceId=instance_id, Name=f"of-{instance_id}")["ImageId"]
    ec2.get_waiter("image_available").wait(ImageIds=[made], WaiterConfig={"Delay": 1})
    ec2.start_instances(InstanceIds=[instance_id])
    another = launched(house, made, InstanceType="t3.nano")

    for each in (instance_id, another):
        becomes(house, each, "running")
        assert "My firmware remembers me" in says(house, each, "tiny login:")
    ec2.terminate_instances(InstanceIds=[instance_id, another], SkipOsShutdown=True)


def test_a_machine_is_imported_run_exported_imported_and_run_again(
    make_house: MakeHouse, tinies: Tinies
) -> None:
    house = make_house(guests="auto", instances="auto")
    ec2, bucket = house.ec2(), export_bucket(house)
    house.put_object(bucket, "disk", tinies.disk(FROM_ELSEWHERE))

    first = launched(house, image_of(house, bucket, "raw", "disk"), InstanceType="t2.micro")
    says(house, first, "tiny login:")
    assert ec2.get_console_screenshot(InstanceId=first)["ImageData"]
    ec2.stop_instances(InstanceIds=[first])
    becomes(house, first, "stopped")
    task = finished(house, start(house, first, bucket)["ExportTaskId"])
    key = task["ExportToS3Task"]["S3Key"]
    second = launched(house, image_of(house, bucket, "ova", key), InstanceType="t2.micro")

    assert f"dhcp: {described(house, second)['PrivateIpAddress']} via" in says(
        house, second, "tiny login:"
    )


def image_of(house: House, bucket: str, form: str, key: str) -> str:
    """Import a machine; return the id of its AMI."""
    container: Any = {"Format": form, "UserBucket": {"S3Bucket": bucket, "S3Key": key}}
    task = house.finished_image(house.ec2().import_image(DiskContainers=[container]))
    assert task["Status"] == "completed", task.get("StatusMessage")
    return task["ImageId"]
