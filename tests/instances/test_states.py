"""StartInstances, StopInstances, RebootInstances, TerminateInstances, of instances as records."""

import re
from string import ascii_lowercase
from typing import Any

import pytest

from state.volumes import Shape
from tests.ec2.conftest import refusal
from tests.ec2.volumes import attached_volume, described_volume
from tests.house import House
from tests.instance_exports.exportable import put_instance
from tests.instances.conftest import described, started, volumes_of

UNKNOWN = "i-0123456789abcdef0"


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own instances."""
    return shared_house


def changes(answer: Any) -> list[tuple[str, str]]:
    """Return from what to what instances went, by an answer."""
    (found,) = (value for name, value in answer.items() if name.endswith("Instances"))
    return [(each["PreviousState"]["Name"], each["CurrentState"]["Name"]) for each in found]


def test_an_instance_is_stopped_and_started_again(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    before = described(house, instance)

    assert changes(ec2.stop_instances(InstanceIds=[instance])) == [("running", "stopping")]
    stopped = described(house, instance)
    assert changes(ec2.stop_instances(InstanceIds=[instance])) == [("stopped", "stopped")]
    assert changes(ec2.start_instances(InstanceIds=[instance])) == [("stopped", "pending")]
    assert changes(ec2.start_instances(InstanceIds=[instance])) == [("running", "running")]
    after = described(house, instance)

    assert stopped["State"] == {"Code": 80, "Name": "stopped"}
    assert stopped["StateReason"] == {
        "Code": "Client.UserInitiatedShutdown",
        "Message": "Client.UserInitiatedShutdown: User initiated shutdown",
    }
    user = r"User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)"
    assert re.fullmatch(user, stopped["StateTransitionReason"])
    assert stopped["PrivateIpAddress"] == before["PrivateIpAddress"]
    assert after["State"]["Name"] == "running"
    assert after["StateTransitionReason"] == ""
    assert "StateReason" not in after
    assert after["LaunchTime"] > before["LaunchTime"]
    assert after["NetworkInterfaces"] == before["NetworkInterfaces"]


def test_a_terminated_instance_takes_along_what_was_made_with_it(
    house: House, image_id: str
) -> None:
    ec2 = house.ec2()
    instance = started(
        house,
        ImageId=image_id,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": False}}
        ],
    )
    volumes = volumes_of(house, instance)
    interface = described(house, instance)["NetworkInterfaces"][0]["NetworkInterfaceId"]

    assert changes(ec2.terminate_instances(InstanceIds=[instance])) == [
        ("running", "shutting-down")
    ]

    kept = described_volume(house, volumes["/dev/sdf"]["VolumeId"])
    assert (kept["State"], kept["Attachments"]) == ("available", [])
    gone = volumes["/dev/sda1"]["VolumeId"]
    assert refusal(lambda: described_volume(house, gone))[0] == "InvalidVolume.NotFound"
    asked = refusal(lambda: ec2.describe_network_interfaces(NetworkInterfaceIds=[interface]))
    assert asked[0] == "InvalidNetworkInterfaceID.NotFound"
    found = described(house, instance)
    assert found["State"] == {"Code": 48, "Name": "terminated"}
    assert (found["NetworkInterfaces"], found["BlockDeviceMappings"]) == ([], [])
    assert "PrivateIpAddress" not in found
    assert changes(ec2.terminate_instances(InstanceIds=[instance])) == [
        ("terminated", "terminated")
    ]
    for refused in (
        refusal(lambda: ec2.start_instances(InstanceIds=[instance])),
        refusal(lambda: ec2.stop_instances(InstanceIds=[instance])),
        refusal(lambda: ec2.reboot_instances(InstanceIds=[instance])),
    ):
        assert refused[0] == "IncorrectInstanceState"


def test_all_that_are_named_or_none(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    assert refusal(lambda: ec2.stop_instances(InstanceIds=[instance, UNKNOWN])) == (
        "InvalidInstanceID.NotFound",
        f"The instance ID '{UNKNOWN}' does not exist",
    )
    malformed = refusal(lambda: ec2.stop_instances(InstanceIds=[instance, "i-x"]))
    assert malformed == ("InvalidInstanceID.Malformed", 'Invalid id: "i-x"')
    dry = refusal(lambda: ec2.stop_instances(InstanceIds=[instance], DryRun=True))
    assert dry[0] == "DryRunOperation"

    assert described(house, instance)["State"]["Name"] == "running"


def test_a_protected_instance_stays(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    instance = started(house, ImageId=image_id, DisableApiTermination=True, DisableApiStop=True)

    assert refusal(lambda: ec2.terminate_instances(InstanceIds=[instance])) == (
        "OperationNotPermitted",
        f"The instance '{instance}' may not be terminated. "
        "Modify its 'disableApiTermination' instance attribute and try again.",
    )
    assert "'disableApiStop'" in refusal(lambda: ec2.stop_instances(InstanceIds=[instance]))[1]

    for attribute in ("disableApiTermination", "disableApiStop"):
        ec2.modify_instance_attribute(InstanceId=instance, Attribute=attribute, Value="false")
    ec2.terminate_instances(InstanceIds=[instance])
    assert described(house, instance)["State"]["Name"] == "terminated"


def test_a_protected_instance_protects_those_of_its_zone(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    kept = started(house, ImageId=image_id, DisableApiTermination=True)
    beside = started(house, ImageId=image_id)
    elsewhere: Any = {"AvailabilityZone": "us-east-1b"}
    gone = started(house, ImageId=image_id, Placement=elsewhere)
    every = [gone, beside, kept]

    dry = refusal(lambda: ec2.terminate_instances(InstanceIds=every, DryRun=True))
    assert described(house, gone)["State"]["Name"] == "running"
    real = refusal(lambda: ec2.terminate_instances(InstanceIds=every))

    assert dry == real
    assert (real[0], kept in real[1]) == ("OperationNotPermitted", True)
    states = [described(house, each)["State"]["Name"] for each in every]
    assert states == ["terminated", "running", "running"]


def test_an_instance_is_rebooted_while_it_runs(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    ec2.reboot_instances(InstanceIds=[instance])
    assert described(house, instance)["State"]["Name"] == "running"

    ec2.stop_instances(InstanceIds=[instance])
    assert refusal(lambda: ec2.reboot_instances(InstanceIds=[instance])) == (
        "IncorrectInstanceState",
        f"The instance '{instance}' is not in the 'running' state.",
    )
    hibernated = refusal(lambda: ec2.stop_instances(InstanceIds=[started(house)], Hibernate=True))
    assert hibernated[0] == "UnsupportedOperation"


def test_a_root_volume_is_only_detached_from_a_stopped_instance(
    house: House, image_id: str
) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    volume = volumes_of(house, instance)["/dev/sda1"]["VolumeId"]
    data = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]

    attached = ec2.attach_volume(VolumeId=data, InstanceId=instance, Device="/dev/sdf")
    refused = refusal(lambda: ec2.detach_volume(VolumeId=volume))
    ec2.detach_volume(VolumeId=data)
    ec2.stop_instances(InstanceIds=[instance])
    ec2.detach_volume(VolumeId=volume)

    assert attached["State"] == "attaching"
    assert refused == (
        "OperationNotPermitted",
        f"Unable to detach root volume '/dev/sda1' from instance '{instance}'",
    )
    assert described_volume(house, volume)["State"] == "available"
    assert described_volume(house, data)["State"] == "available"
    started_without = refusal(lambda: ec2.start_instances(InstanceIds=[instance]))
    assert "does not have a volume attached at root" in started_without[1]


@pytest.mark.parametrize("state", ["pending", "stopping", "shutting-down", "terminated"])
def test_what_comes_or_goes_is_given_no_volume(house: House, state: str) -> None:
    ec2, instance = house.ec2(), put_instance(house, state=state)
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]

    assert refusal(
        lambda: ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    ) == ("IncorrectState", f"Instance '{instance}' is not 'running'.")


def test_an_instance_has_as_many_volumes_as_its_type_allows(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), put_instance(house, instance_type="t3.micro", state="stopped")
    names = [f"/dev/xvd{first}{second}" for first in "bc" for second in ascii_lowercase]
    for name in names[:27]:
        attached_volume(house, instance, device=name)
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]

    code, message = refusal(
        lambda: ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=names[27])
    )
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType={"Value": "t2.micro"})
    ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device=names[27])

    assert code == "AttachmentLimitExceeded"
    assert message.startswith("You may attach up to 27 devices for this instance type.")
    disks = [{"DeviceName": name, "Ebs": {"VolumeSize": 1}} for name in names[:40]]
    refused = refusal(lambda: started(house, ImageId=image_id, BlockDeviceMappings=disks))
    assert refused[0] == "AttachmentLimitExceeded"


def test_a_volume_is_shared_by_sixteen_instances_at_most(house: House) -> None:
    ec2, instance = house.ec2(), put_instance(house, state="stopped")
    others = [f"i-{number:017x}" for number in range(16)]
    shape = Shape(size_gib=4, volume_type="io2", iops=100, multi_attach=True)
    volume = attached_volume(house, *others, shape=shape)

    attach: Any = {"VolumeId": volume, "InstanceId": instance, "Device": "/dev/sdf"}
    assert refusal(lambda: ec2.attach_volume(**attach))[0] == "AttachmentLimitExceeded"
    ec2.detach_volume(VolumeId=volume, InstanceId=others[0])
    assert ec2.attach_volume(**attach)["State"] == "attaching"


@pytest.mark.slow
def test_an_instance_whose_worker_has_died_is_stopped(house: House) -> None:
    ec2 = house.ec2()
    instance = put_instance(house, state="running", real=True, worker="a dead one")

    ec2.get_waiter("instance_stopped").wait(
        InstanceIds=[instance], WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )

    assert described(house, instance)["StateReason"]["Code"] == "Server.InternalError"
