"""A tiny guest on a machine: what it sees of its instance, and what is seen of it."""

from pathlib import Path

import pytest

from tests.boot.tiny import Tinies, Tiny, missing
from tests.house import House
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
"""
TURN_OFF = "(sleep 1; poweroff) &\n"


def imported(house: House, disk: Path) -> str:
    """Import a disk as it is, and register an AMI of it."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    source = {"S3Bucket": bucket, "S3Key": "disk"}
    task = house.ec2().import_snapshot(
        DiskContainer={"Format": "raw", "UserBucket": source}  # type: ignore[typeddict-item]
    )
    return registered(house, house.finished(task)["SnapshotId"])


def test_the_life_of_an_instance(running_house: House, tinies: Tinies) -> None:
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
    ec2.detach_volume(VolumeId=added["VolumeId"])
    until(lambda: volume(house, added["VolumeId"])["State"] == "available", "the guest to let go")

    # What it has written is in a snapshot that is made meanwhile, and there after a reboot.
    made = ec2.create_snapshot(VolumeId=root_of(house, instance_id))["SnapshotId"]
    ec2.reboot_instances(InstanceIds=[instance_id])
    assert "I was here before" in says(house, instance_id, "tiny login:", 2)
    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )

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
