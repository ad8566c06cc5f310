"""What becomes of instances whose guests do next to nothing: their machines are real."""

import base64
import os
import signal
import socket
from string import ascii_lowercase
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.ec2.volumes import blobs_and_store
from tests.house import House
from tests.journeys.remains import programs
from tests.machines import jpegs
from tests.machines.conftest import (
    RESETS_ITSELF,
    STAYS,
    TURNS_ITSELF_OFF,
    attachment,
    becomes,
    described,
    image,
    launched,
    root_of,
    runs,
    until,
    volume,
)

GIB = 1 << 30

pytestmark = [pytest.mark.guests, pytest.mark.timeout(300)]
slow = pytest.mark.slow


def machine_of(house: House, instance_id: str) -> int | None:
    """The QEMU of an instance."""
    for pid, line in programs(house).items():
        if line.startswith("/usr/bin/qemu") and instance_id in line:
            return pid
    return None


def written_size(house: House, volume_id: str) -> int:
    """How large the file is that a machine writes a volume's blocks to, by its worker."""
    with blobs_and_store(house) as (_, store), store.read() as tx:
        found = tx.volumes.get(volume_id)
    return found.written.size if found and found.written else 0


def test_a_guest_that_turns_itself_off_is_stopped(running_house: House) -> None:
    instance_id = launched(running_house, image(running_house, TURNS_ITSELF_OFF))

    stopped = becomes(running_house, instance_id, "stopped")

    assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    assert machine_of(running_house, instance_id) is None
    assert stopped.get("Tags", []) == []


def test_a_guest_that_turns_itself_off_is_terminated_if_that_is_its_behaviour(
    running_house: House,
) -> None:
    instance_id = launched(
        running_house,
        image(running_house, TURNS_ITSELF_OFF),
        InstanceInitiatedShutdownBehavior="terminate",
    )

    becomes(running_house, instance_id, "terminated")

    asked: Any = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
    assert running_house.ec2().describe_volumes(Filters=asked)["Volumes"] == []


@slow
def test_what_runs_is_seen_stopped_and_terminated(running_house: House) -> None:
    ec2 = running_house.ec2()
    instance_id = runs(running_house, image(running_house, STAYS))
    root = root_of(running_house, instance_id)

    def screen() -> jpegs.Points | None:
        shown = ec2.get_console_screenshot(InstanceId=instance_id)["ImageData"]
        points = jpegs.read(base64.b64decode(shown))
        # The firmware has found the screen, and has written something on it.
        return points if (points.width, points.height) == (720, 400) else None

    assert until(screen, "a picture").brightest > 150
    ec2.stop_instances(InstanceIds=[instance_id], Force=True)
    becomes(running_house, instance_id, "stopped")

    assert machine_of(running_house, instance_id) is None
    ec2.start_instances(InstanceIds=[instance_id])
    becomes(running_house, instance_id, "running")
    assert volume(running_house, root)["State"] == "in-use"
    ec2.terminate_instances(InstanceIds=[instance_id])
    becomes(running_house, instance_id, "terminated")
    with pytest.raises(ClientError, match=r"InvalidVolume\.NotFound"):
        volume(running_house, root)


def test_a_machine_that_dies_leaves_its_instance_stopped(running_house: House) -> None:
    instance_id = runs(running_house, image(running_house, STAYS))
    pid = machine_of(running_house, instance_id)
    assert pid

    os.kill(pid, signal.SIGKILL)

    stopped = becomes(running_house, instance_id, "stopped")
    assert stopped["StateReason"]["Code"] == "Server.InternalError"


@slow
def test_snapshots_of_volumes_that_are_written_to_are_completed(running_house: House) -> None:
    ec2 = running_house.ec2()
    data: Any = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}]
    instance_id = runs(running_house, image(running_house, STAYS), BlockDeviceMappings=data)
    of_all: Any = {"InstanceSpecification": {"InstanceId": instance_id}}

    made = [each["SnapshotId"] for each in ec2.create_snapshots(**of_all)["Snapshots"]]
    root = root_of(running_house, instance_id)
    made.append(ec2.create_snapshot(VolumeId=root)["SnapshotId"])

    assert len(made) == 3
    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=made, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    assert machine_of(running_house, instance_id)
    again = runs(running_house, image(running_house, STAYS))
    assert machine_of(running_house, again) != machine_of(running_house, instance_id)


@slow
def test_who_talks_to_a_guest_that_resets_itself_is_told(running_house: House) -> None:
    instance_id = runs(running_house, image(running_house, RESETS_ITSELF))
    [tag] = described(running_house, instance_id)["Tags"]
    host, _, port = tag["Value"].rpartition(":")

    call = socket.create_connection((host, int(port)), timeout=30)
    with call, pytest.raises(ConnectionResetError):
        call.recv(1)

    assert described(running_house, instance_id)["State"]["Name"] == "running"
    running_house.ec2().terminate_instances(InstanceIds=[instance_id], SkipOsShutdown=True)


@slow
def test_an_instance_has_all_the_volumes_that_its_type_allows(running_house: House) -> None:
    ec2 = running_house.ec2()
    names = [f"/dev/xvd{first}{second}" for first in "bc" for second in ascii_lowercase][:39]
    disks: Any = [{"DeviceName": name, "Ebs": {"VolumeSize": 1}} for name in names[:36]]
    instance_id = runs(running_house, image(running_house, STAYS), BlockDeviceMappings=disks)
    zone = volume(running_house, root_of(running_house, instance_id))["AvailabilityZone"]

    for name in names[36:]:
        more = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
        ec2.attach_volume(InstanceId=instance_id, VolumeId=more, Device=name)
        until(lambda: attachment(running_house, more) == "attached", "the plug")  # noqa: B023

    assert len(described(running_house, instance_id)["BlockDeviceMappings"]) == 40
    assert machine_of(running_house, instance_id)


@slow
def test_volumes_come_and_go_while_a_machine_runs(running_house: House) -> None:
    ec2 = running_house.ec2()
    instance_id = runs(running_house, image(running_house, STAYS))
    zone = volume(running_house, root_of(running_house, instance_id))["AvailabilityZone"]
    key = running_house.kms().create_key()["KeyMetadata"]["Arn"]
    plain = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    sealed = ec2.create_volume(AvailabilityZone=zone, Size=1, Encrypted=True, KmsKeyId=key)[
        "VolumeId"
    ]

    for device, each in (("/dev/sdf", plain), ("/dev/sdg", sealed)):
        ec2.attach_volume(InstanceId=instance_id, VolumeId=each, Device=device)
    for each in (plain, sealed):
        until(lambda each=each: attachment(running_house, each) == "attached", "the plug")  # type: ignore[misc]
    made = ec2.create_snapshot(VolumeId=sealed)["SnapshotId"]
    ec2.get_waiter("snapshot_completed").wait(
        SnapshotIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    # What is written to grows with its volume, plain or not.
    for each in (plain, sealed):
        ec2.modify_volume(VolumeId=each, Size=2)
        until(lambda each=each: written_size(running_house, each) == 2 * GIB, "the size")  # type: ignore[misc]
    # Nobody in the machine lets go of them: they can only be torn out.
    for each in (plain, sealed):
        ec2.detach_volume(VolumeId=each, Force=True)
    for each in (plain, sealed):
        until(lambda each=each: volume(running_house, each)["State"] == "available", "the end")  # type: ignore[misc]
    ec2.attach_volume(InstanceId=instance_id, VolumeId=plain, Device="/dev/sdf")
    until(lambda: attachment(running_house, plain) == "attached", "the second plug")

    ec2.modify_volume(VolumeId=plain, Size=3)
    until(lambda: written_size(running_house, plain) == 3 * GIB, "the size")
    assert machine_of(running_house, instance_id)
    ec2.terminate_instances(InstanceIds=[instance_id], SkipOsShutdown=True)
    becomes(running_house, instance_id, "terminated")
    assert volume(running_house, plain)["State"] == "available"


@slow
def test_an_encrypted_disk_is_started_if_its_key_may_be_used(running_house: House) -> None:
    ec2, kms = running_house.ec2(), running_house.kms()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    image_id = image(running_house, TURNS_ITSELF_OFF, Encrypted=True, KmsKeyArn=key)

    instance_id = launched(running_house, image_id)

    stopped = becomes(running_house, instance_id, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    kms.disable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[instance_id])
    stopped = becomes(running_house, instance_id, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.InternalError"


def test_more_than_there_is_memory_for_is_refused(running_house: House) -> None:
    image_id = image(running_house, STAYS)

    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        launched(running_house, image_id, InstanceType="r3.8xlarge")
    with pytest.raises(ClientError, match="InsufficientInstanceCapacity"):
        launched(running_house, image_id, InstanceType="t2.large", MinCount=100, MaxCount=100)


def test_another_account_sees_nothing_of_a_machine(running_house: House) -> None:
    instance_id = runs(running_house, image(running_house, STAYS))
    stranger = House(running_house.server)

    assert stranger.ec2().describe_instances()["Reservations"] == []
    for ask in ("get_console_output", "get_console_screenshot"):
        with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
            getattr(stranger.ec2(), ask)(InstanceId=instance_id)
    with pytest.raises(ClientError, match=r"InvalidInstanceID\.NotFound"):
        stranger.ec2().terminate_instances(InstanceIds=[instance_id])
    running_house.ec2().terminate_instances(InstanceIds=[instance_id])
