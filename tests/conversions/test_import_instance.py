"""A machine whose boot disk is uploaded in parts becomes a stopped instance."""

import base64
from functools import partial
from typing import Any

import pytest

from tests.conversions.uploads import MIB, Upload, ended, look, volume_bytes, with_mbr
from tests.ec2.conftest import refusal
from tests.house import House

DISK = with_mbr(2 * MIB + 512)
LAUNCH = {"InstanceType": "t2.micro", "Architecture": "x86_64"}


def instance(house: House, instance_id: str) -> Any:
    found = house.ec2().describe_instances(InstanceIds=[instance_id])
    return found["Reservations"][0]["Instances"][0]


def test_a_machine_becomes_a_stopped_instance(house: House) -> None:
    upload = Upload(house, DISK)
    group = house.ec2().create_security_group(GroupName="web", Description="web")["GroupId"]
    launch = {
        **LAUNCH,
        "Placement": {"AvailabilityZone": "us-east-1b"},
        "UserData": {"Data": base64.b64encode(b"#!/bin/sh").decode()},
        "GroupNames": ["web"],
        "Monitoring": True,
    }

    task = upload.import_instance(Description="mine", LaunchSpecification=launch)
    before = instance(house, task["ImportInstance"]["InstanceId"])
    upload.put_all()
    done = ended(house, task["ConversionTaskId"])

    assert task["ConversionTaskId"].startswith("import-i-")
    assert task["StatusMessage"] == "Pending"
    assert before["State"] == {"Code": 80, "Name": "stopped"}
    assert before["BlockDeviceMappings"] == []
    (interface,) = before["NetworkInterfaces"]
    assert before["PrivateIpAddress"] == interface["PrivateIpAddress"]
    assert done["State"] == "completed"
    shown = done["ImportInstance"]
    (disk,) = shown["Volumes"]
    assert (shown["Platform"], shown["Description"]) == ("Linux", "mine")
    assert (disk["Status"], disk["AvailabilityZone"]) == ("completed", "us-east-1b")
    assert disk["BytesConverted"] == len(DISK)
    made = instance(house, shown["InstanceId"])
    (mapping,) = made["BlockDeviceMappings"]
    assert mapping["DeviceName"] == made["RootDeviceName"] == "/dev/sda1"
    assert mapping["Ebs"]["VolumeId"] == disk["Volume"]["Id"]
    assert made["State"]["Name"] == "stopped"
    assert made["InstanceType"] == "t2.micro"
    assert made["Placement"]["AvailabilityZone"] == "us-east-1b"
    assert made["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    (subnet,) = house.ec2().describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"]
    assert (subnet["AvailabilityZone"], subnet["VpcId"]) == ("us-east-1b", made["VpcId"])
    assert made["Monitoring"] == {"State": "enabled"}
    volume = house.ec2().describe_volumes(VolumeIds=[disk["Volume"]["Id"]])["Volumes"][0]
    assert volume["State"] == "in-use"
    assert volume["Attachments"][0]["InstanceId"] == made["InstanceId"]
    assert volume_bytes(house, volume["VolumeId"]) == DISK


def test_what_was_imported_is_found_and_terminated(house: House, friend: House) -> None:
    upload = Upload(house, DISK)
    upload.put_all()
    task = upload.import_instance(Platform="windows")
    instance_id = task["ImportInstance"]["InstanceId"]
    volume_id = ended(house, task["ConversionTaskId"])["ImportInstance"]["Volumes"][0]["Volume"][
        "Id"
    ]
    ec2 = house.ec2()
    ec2.create_tags(Resources=[instance_id], Tags=[{"Key": "role", "Value": "web"}])

    def found(name: str, value: str) -> list[str]:
        pages = ec2.describe_instances(Filters=[{"Name": name, "Values": [value]}])
        return [each["Instances"][0]["InstanceId"] for each in pages["Reservations"]]

    for name, value in (
        ("instance-state-name", "stopped"),
        ("tag:role", "web"),
        ("block-device-mapping.volume-id", volume_id),
        ("platform", "windows"),
        ("usage-operation", "RunInstances:0002"),
        ("launch-time", "20*"),
    ):
        assert found(name, value) == [instance_id], name
    assert found("instance-state-code", "16") == found("key-name", "*") == []
    assert friend.ec2().describe_instances()["Reservations"] == []
    (change,) = ec2.terminate_instances(InstanceIds=[instance_id])["TerminatingInstances"]
    assert change["PreviousState"]["Name"] == "stopped"
    assert change["CurrentState"] == {"Code": 48, "Name": "terminated"}
    assert found("instance-state-name", "terminated") == [instance_id]
    assert ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["State"] == "available"
    ec2.delete_volume(VolumeId=volume_id)


def test_an_imported_instance_starts_once_its_disk_is_there(house: House) -> None:
    upload, ec2 = Upload(house, DISK), house.ec2()
    task = upload.import_instance()
    instance_id = task["ImportInstance"]["InstanceId"]

    early = refusal(lambda: ec2.start_instances(InstanceIds=[instance_id]))
    upload.put_all()
    ended(house, task["ConversionTaskId"])
    (change,) = ec2.start_instances(InstanceIds=[instance_id])["StartingInstances"]

    assert early == (
        "InvalidParameterValue",
        f"Invalid value '{instance_id}' for instanceId. "
        "Instance does not have a volume attached at root (/dev/sda1)",
    )
    assert change["CurrentState"]["Name"] == "pending"
    (reservation,) = ec2.describe_instances(InstanceIds=[instance_id])["Reservations"]
    (found,) = reservation["Instances"]
    assert found["State"]["Name"] == "running"
    assert found["PrivateIpAddress"] == found["NetworkInterfaces"][0]["PrivateIpAddress"]
    assert found["SecurityGroups"][0]["GroupName"] == "default"


def test_a_volume_is_attached_to_a_stopped_instance(house: House) -> None:
    upload = Upload(house, DISK)
    upload.put_all()
    task = upload.import_instance()
    instance_id = task["ImportInstance"]["InstanceId"]
    ended(house, task["ConversionTaskId"])
    ec2 = house.ec2()
    here = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    there = ec2.create_volume(AvailabilityZone="us-east-1b", Size=1)["VolumeId"]

    def attach(volume_id: str, device: str) -> Any:
        return ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device=device)

    assert refusal(lambda: attach(here, "/dev/sda1"))[1] == (
        "Invalid value '/dev/sda1' for unixDevice. Attachment point /dev/sda1 is already in use"
    )
    assert refusal(lambda: attach(there, "/dev/sdf"))[0] == "InvalidVolume.ZoneMismatch"
    assert attach(here, "/dev/sdf")["State"] == "attaching"
    assert refusal(lambda: attach(here, "/dev/sdg")) == (
        "VolumeInUse",
        f"{here} is already attached to an instance",
    )
    mappings = instance(house, instance_id)["BlockDeviceMappings"]
    assert [each["DeviceName"] for each in mappings] == ["/dev/sda1", "/dev/sdf"]
    ec2.detach_volume(VolumeId=here)
    assert len(instance(house, instance_id)["BlockDeviceMappings"]) == 1
    ec2.terminate_instances(InstanceIds=[instance_id])
    assert refusal(lambda: attach(here, "/dev/sdf"))[0] == "IncorrectState"


def test_a_gpt_disk_has_no_bootable_partition(house: House) -> None:
    upload = Upload(house, with_mbr(MIB, kind=0xEE))
    upload.put_all()
    task = upload.import_instance()

    done = ended(house, task["ConversionTaskId"])

    assert done["State"] == "cancelled"
    assert done["StatusMessage"] == "ClientError: No bootable partition found."
    gone = instance(house, task["ImportInstance"]["InstanceId"])
    assert gone["State"]["Name"] == "terminated"
    assert gone["StateReason"]["Code"] == "Client.InstanceImportFailed"


def test_a_cancelled_import_leaves_no_instance(house: House) -> None:
    task = Upload(house, DISK).import_instance()

    house.ec2().cancel_conversion_task(ConversionTaskId=task["ConversionTaskId"])
    done = ended(house, task["ConversionTaskId"])

    assert done["StatusMessage"] == "Task canceled by user"
    gone = instance(house, task["ImportInstance"]["InstanceId"])
    assert gone["State"]["Name"] == "terminated"
    assert house.ec2().describe_network_interfaces()["NetworkInterfaces"] == []


def test_what_else_an_instance_has_outlives_its_import(house: House) -> None:
    upload, ec2 = Upload(house, DISK), house.ec2()

    def given(device: str) -> tuple[str, Any]:
        task = upload.import_instance()
        made = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
        ec2.attach_volume(
            VolumeId=made, InstanceId=task["ImportInstance"]["InstanceId"], Device=device
        )
        return made, task

    def now(volume_id: str) -> str:
        return ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"][0]["State"]

    other, cancelled = given("/dev/sdf")
    root, started = given("/dev/sda1")
    another, failed = given("/dev/sda1")
    ec2.cancel_conversion_task(ConversionTaskId=cancelled["ConversionTaskId"])
    running = started["ImportInstance"]["InstanceId"]
    ec2.start_instances(InstanceIds=[running])
    upload.put_all()
    ended(house, cancelled["ConversionTaskId"])
    messages = [
        ended(house, task["ConversionTaskId"])["StatusMessage"] for task in (started, failed)
    ]

    for message in messages:
        assert message.endswith("has a volume attached at /dev/sda1 already")
    assert (now(other), now(root), now(another)) == ("available", "in-use", "available")
    assert instance(house, running)["State"]["Name"] == "running"
    gone = instance(house, failed["ImportInstance"]["InstanceId"])
    assert gone["State"]["Name"] == "terminated"


def test_an_instance_that_is_terminated_has_no_use_for_a_disk(house: House) -> None:
    upload = Upload(house, DISK)
    task = upload.import_instance()
    instance_id = task["ImportInstance"]["InstanceId"]

    house.ec2().terminate_instances(InstanceIds=[instance_id])
    upload.put_all()
    done = ended(house, task["ConversionTaskId"])

    assert done["StatusMessage"] == (
        f"ClientError: The instance '{instance_id}' has been terminated"
    )
    assert house.ec2().describe_volumes()["Volumes"] == []


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"LaunchSpecification": {"InstanceType": "m1.small"}},
            "Unsupported",
            "Linux is not supported on the requested instance",
        ),
        (
            {"Platform": "Windows", "LaunchSpecification": {"InstanceType": "t0.tiny"}},
            "InvalidParameterValue",
            "Invalid value 't0.tiny' for InstanceType.",
        ),
        *(
            (
                {"Platform": "Windows", "LaunchSpecification": {"InstanceType": kind, **more}},
                "Unsupported",
                "The requested configuration is currently not supported. "
                "Please check the documentation for supported configurations.",
            )
            for kind, more in (("t4g.micro", {}), ("m3.xlarge", {"Architecture": "i386"}))
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "Placement": {"Tenancy": "mine"}}},
            "InvalidParameterValue",
            "Invalid value 'mine' for tenancy",
        ),
        (
            {"LaunchSpecification": {}},
            "MissingParameter",
            "The request must contain the parameter LaunchSpecification.InstanceType",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "Architecture": "arm64"}},
            "InvalidParameter",
            "Parameter architecture=arm64 has an invalid format",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "PrivateIpAddress": "10.0.0.7"}},
            "InvalidParameterCombination",
            "The parameter PrivateIpAddress requires the parameter SubnetId to be set.",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "Placement": {"AvailabilityZone": "eu-west-1a"}}},
            "InvalidZone.NotFound",
            "The zone 'eu-west-1a' does not exist.",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "SubnetId": "subnet-0123456789abcdef0"}},
            "InvalidSubnetID.NotFound",
            "The subnet ID 'subnet-0123456789abcdef0' does not exist",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "GroupIds": ["sg-0123456789abcdef0"]}},
            "InvalidGroup.NotFound",
            "The security group 'sg-0123456789abcdef0' does not exist",
        ),
        (
            {"LaunchSpecification": {**LAUNCH, "UserData": {"Data": "no base64"}}},
            "InvalidUserData.Malformed",
            "Invalid BASE64 encoding of user data.",
        ),
        ({"Platform": "BeOS"}, "InvalidParameter", "Parameter platform=BeOS has an invalid format"),
        (
            {"DiskImages": []},
            "MissingParameter",
            "The request must contain the parameter DiskImage.1",
        ),
        (
            {"DryRun": True},
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        ),
    ],
)
def test_what_an_instance_cannot_be_is_refused(
    house: House, changes: dict[str, Any], code: str, message: str
) -> None:
    upload = Upload(house, DISK)

    assert refusal(lambda: upload.import_instance(**changes)) == (code, message)

    assert house.ec2().describe_instances()["Reservations"] == []
    assert house.ec2().describe_conversion_tasks()["ConversionTasks"] == []


@pytest.mark.parametrize(
    ("image", "volume", "code", "message"),
    [
        (
            {"Format": "VHDX"},
            1,
            "InvalidParameter",
            "Parameter disk-image-size=0 has an invalid format",
        ),
        ({"Bytes": 0}, 1, "InvalidParameter", "Parameter disk-image-size=0 has an invalid format"),
        (
            {"Bytes": 16 << 40},
            1,
            "DiskImageSizeTooLarge",
            f"The disk image size ({16 << 40} bytes) exceeds the allowed limit.",
        ),
        (
            {},
            0,
            "InvalidParameterValue",
            "Value (0) for parameter size is invalid. A volume has 1 to 16384 GiB.",
        ),
        *(
            (
                {"ImportManifestUrl": url},
                1,
                "InaccessibleStorageLocation",
                "The specified Amazon S3 URL cannot be accessed. Check the URL and try again.",
            )
            for url in (
                "ftp://bucket/manifest",
                "http://169.254.169.254/latest/meta-data",
                "http://localhost:22/a/b",
                "https://s3.amazonaws.com/no-such-bucket-here/manifest.xml",
                "http://[::1/",
            )
        ),
    ],
)
def test_what_a_disk_cannot_be_is_refused(
    house: House, image: dict[str, Any], volume: int, code: str, message: str
) -> None:
    upload = Upload(house, DISK)
    asked = {**upload.asked(), **image}

    attempts = (
        lambda: upload.import_volume(Image=asked, Volume={"Size": volume}),
        lambda: upload.import_instance(DiskImages=[{"Image": asked, "Volume": {"Size": volume}}]),
    )

    assert [refusal(attempt) for attempt in attempts] == [(code, message)] * 2


def test_an_instance_may_be_in_a_subnet_of_ones_own(house: House) -> None:
    ec2 = house.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.1.0/24", AvailabilityZone="us-east-1d")
    subnet = made["Subnet"]["SubnetId"]
    launch = {**LAUNCH, "SubnetId": subnet, "PrivateIpAddress": "10.1.1.9"}

    task = Upload(house, DISK).import_instance(LaunchSpecification=launch)

    found = instance(house, task["ImportInstance"]["InstanceId"])
    assert (found["SubnetId"], found["VpcId"]) == (subnet, vpc)
    assert found["PrivateIpAddress"] == "10.1.1.9"
    assert found["Placement"]["AvailabilityZone"] == "us-east-1d"
    assert [group["GroupName"] for group in found["SecurityGroups"]] == ["default"]
    (disk,) = task["ImportInstance"]["Volumes"]
    assert disk["AvailabilityZone"] == "us-east-1d"
    elsewhere = {**launch, "Placement": {"AvailabilityZone": "us-east-1a"}}
    for wrong, code in (
        (elsewhere, "InvalidParameterValue"),
        (launch, "InvalidIPAddress.InUse"),
        ({**launch, "PrivateIpAddress": "10.2.0.9"}, "InvalidParameterValue"),
    ):
        refused = refusal(partial(Upload(house, DISK).import_instance, LaunchSpecification=wrong))
        assert refused[0] == code
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnet))[0] == "DependencyViolation"


def test_not_every_region_imports_instances(house: House) -> None:
    far = House(house.server, house.account_id, region="eu-north-1")
    upload = Upload(house, DISK)
    request = {"Image": upload.asked(), "Volume": {"Size": 1}, "AvailabilityZone": "eu-north-1a"}

    assert refusal(lambda: far.ec2().import_volume(**request))[0] == "UnsupportedOperation"


def test_ids_of_tasks_and_instances_are_looked_at(house: House) -> None:
    ec2 = house.ec2()

    for task_id in ("import-i-00000000", "import-ami-0123456789abcdef0", "x"):
        refused = refusal(partial(look, house, task_id))
        assert refused[0] == "InvalidConversionTaskId.Malformed"
    assert refusal(lambda: ec2.describe_instances(InstanceIds=["i-x"])) == (
        "InvalidInstanceID.Malformed",
        'Invalid id: "i-x"',
    )
    assert refusal(lambda: ec2.terminate_instances(InstanceIds=["i-00000000"])) == (
        "InvalidInstanceID.NotFound",
        "The instance ID 'i-00000000' does not exist",
    )
