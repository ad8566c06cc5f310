"""RunInstances: what is started, with what, where; and what is not."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from state.blobs import Blobs
from tests.ec2.conftest import made_key, made_snapshot, refusal
from tests.ec2.volumes import found_volume
from tests.house import House
from tests.instances.conftest import an_image, described, run, started, volumes_of
from tests.journeys.remains import until

QUICK: Any = {"Delay": 1, "MaxAttempts": 5}
NONE = "i-0123456789abcdef0"


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own instances."""
    return shared_house


def test_an_instance_is_pending_then_runs_as_it_was_asked_for(house: House, image_id: str) -> None:
    ec2: Any = house.ec2()
    ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    tags = [{"Key": "Name", "Value": "web"}]

    (answer,) = run(
        house,
        image_id,
        KeyName="mine",
        UserData="#!/bin/sh\n",
        MaintenanceOptions={"AutoRecovery": "disabled"},
        PrivateDnsNameOptions={"EnableResourceNameDnsARecord": True},
        Monitoring={"Enabled": True},
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        TagSpecifications=[
            {"ResourceType": kind, "Tags": tags}
            for kind in ("instance", "volume", "network-interface")
        ],
    )

    assert answer["State"] == {"Code": 0, "Name": "pending"}
    assert answer["StateReason"] == {"Code": "pending", "Message": "pending"}
    assert abs(answer["LaunchTime"] - datetime.now(UTC)) < timedelta(minutes=1)
    found = described(house, answer["InstanceId"])
    assert answer["BlockDeviceMappings"] == []
    assert answer["MetadataOptions"]["State"] == "pending"
    assert answer["NetworkInterfaces"][0]["Attachment"]["Status"] == "attaching"
    begun = ("BlockDeviceMappings", "MetadataOptions", "NetworkInterfaces", "State", "StateReason")
    assert {**found, **{each: answer[each] for each in begun}} == answer
    assert found["State"] == {"Code": 16, "Name": "running"}
    assert found["Tags"] == tags
    assert found["KeyName"] == "mine"
    assert found["MaintenanceOptions"]["AutoRecovery"] == "disabled"
    assert found["PrivateDnsNameOptions"] == {
        "EnableResourceNameDnsAAAARecord": False,
        "EnableResourceNameDnsARecord": True,
        "HostnameType": "ip-name",
    }
    assert found["UsageOperationUpdateTime"] == found["LaunchTime"]
    assert found["Monitoring"] == {"State": "enabled"}
    assert found["MetadataOptions"] == {
        "HttpEndpoint": "enabled",
        "HttpProtocolIpv6": "disabled",
        "HttpPutResponseHopLimit": 2,
        "HttpTokens": "required",
        "InstanceMetadataTags": "disabled",
        "State": "applied",
    }
    interface = found["NetworkInterfaces"][0]
    listed = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ][0]
    assert listed["Attachment"]["InstanceId"] == found["InstanceId"]
    assert listed["TagSet"] == tags
    assert interface["PrivateIpAddress"] == found["PrivateIpAddress"]
    assert found["PrivateDnsName"].startswith("ip-172-31-")
    volume = volumes_of(house, found["InstanceId"])["/dev/sda1"]
    assert (volume["State"], volume["Tags"]) == ("in-use", tags)
    attribute = ec2.describe_instance_attribute(
        InstanceId=found["InstanceId"], Attribute="userData"
    )
    assert base64.b64decode(attribute["UserData"]["Value"]) == b"#!/bin/sh\n"


def test_the_waiters_end(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    instance_ids = [started(house, ImageId=image_id)]

    for waiter in ("instance_exists", "instance_running", "instance_status_ok", "system_status_ok"):
        ec2.get_waiter(waiter).wait(InstanceIds=instance_ids, WaiterConfig=QUICK)
    ec2.stop_instances(InstanceIds=instance_ids)
    ec2.get_waiter("instance_stopped").wait(InstanceIds=instance_ids, WaiterConfig=QUICK)
    ec2.terminate_instances(InstanceIds=instance_ids)
    ec2.get_waiter("instance_terminated").wait(InstanceIds=instance_ids, WaiterConfig=QUICK)


def test_as_many_as_are_wanted_come_in_one_reservation(house: House, image_id: str) -> None:
    answer = house.ec2().run_instances(
        ImageId=image_id, InstanceType="t2.nano", MinCount=2, MaxCount=3
    )

    instances = answer["Instances"]
    assert [each["AmiLaunchIndex"] for each in instances] == [0, 1, 2]
    assert len({each["PrivateIpAddress"] for each in instances}) == 3
    asked: Any = [{"Name": "reservation-id", "Values": [answer["ReservationId"]]}]
    (found,) = house.ec2().describe_instances(Filters=asked)["Reservations"]
    assert [each["InstanceId"] for each in found["Instances"]] == [
        each["InstanceId"] for each in instances
    ]
    pages = (
        house.ec2()
        .get_paginator("describe_instances")
        .paginate(Filters=asked, PaginationConfig={"PageSize": 5})
    )
    assert len([each for page in pages for each in page["Reservations"]]) == 1


def test_a_client_token_starts_once(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    request: Any = {"ImageId": image_id, "InstanceType": "t2.micro", "ClientToken": "once"}

    first = ec2.run_instances(MinCount=1, MaxCount=2, **request)
    again = ec2.run_instances(MinCount=1, MaxCount=2, **request)

    assert again["ReservationId"] == first["ReservationId"]
    assert [each["InstanceId"] for each in again["Instances"]] == [
        each["InstanceId"] for each in first["Instances"]
    ]
    assert again["Instances"][0]["State"]["Name"] == "running"
    other = refusal(lambda: ec2.run_instances(MinCount=1, MaxCount=1, **request))
    assert other[0] == "IdempotentParameterMismatch"


def test_a_dry_run_starts_nothing(house: House, image_id: str) -> None:
    before = len(house.ec2().describe_instances()["Reservations"])

    assert refusal(lambda: run(house, image_id, DryRun=True))[0] == "DryRunOperation"

    assert len(house.ec2().describe_instances()["Reservations"]) == before


# disks --------------------------------------------------------------------------------------------


def test_volumes_are_those_of_the_ami_as_the_request_changes_them(house: House) -> None:
    root, data, third = (made_snapshot(house, text) for text in (b"root", b"data", b"third"))
    image = an_image(house, root, data, third)
    other = made_snapshot(house, b"other")

    instance = started(
        house,
        ImageId=image,
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {"VolumeSize": 3, "VolumeType": "gp3", "DeleteOnTermination": False},
            },
            {"DeviceName": "/dev/sdf", "NoDevice": ""},
            {"DeviceName": "/dev/sdh", "Ebs": {"SnapshotId": other}},
            {"DeviceName": "/dev/sdi", "Ebs": {"VolumeSize": 2}},
            {"DeviceName": "/dev/sdj", "VirtualName": "ephemeral0"},
        ],
    )

    volumes = volumes_of(house, instance)
    told = {
        device: (volume["Size"], volume["VolumeType"], volume["SnapshotId"])
        for device, volume in volumes.items()
    }
    assert told == {
        "/dev/sda1": (3, "gp3", root),
        "/dev/sdg": (1, "gp2", third),
        "/dev/sdh": (1, "gp2", other),
        "/dev/sdi": (2, "gp2", ""),
    }
    goes = {
        device: volume["Attachments"][0]["DeleteOnTermination"]
        for device, volume in volumes.items()
    }
    assert goes == {"/dev/sda1": False, "/dev/sdg": True, "/dev/sdh": True, "/dev/sdi": True}
    (layer,) = found_volume(house, volumes["/dev/sda1"]["VolumeId"]).layers
    assert Blobs(house.data_dir).path(layer.blob_id).read_bytes() == b"root"


def test_an_instance_of_a_plain_ami_may_have_encrypted_volumes(house: House, image_id: str) -> None:
    key = made_key(house, alias="alias/instances")

    instance = started(
        house,
        ImageId=image_id,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/sda1", "Ebs": {"Encrypted": True, "KmsKeyId": key}},
            {"DeviceName": "/dev/sdf", "Ebs": {"Encrypted": True, "VolumeSize": 1}},
        ],
    )

    volumes = volumes_of(house, instance)
    assert [volume["Encrypted"] for volume in volumes.values()] == [True, True]
    assert volumes["/dev/sda1"]["KmsKeyId"] == key
    assert volumes["/dev/sdf"]["KmsKeyId"] != key

    def root_is_sealed() -> bool:
        (layer,) = found_volume(house, volumes["/dev/sda1"]["VolumeId"]).files
        return layer.sealed

    until(root_is_sealed, "its bytes to be encrypted")


# places -------------------------------------------------------------------------------------------


def test_an_instance_is_put_where_it_is_said(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.2.0/24", AvailabilityZone="us-east-1c")
    subnet_id = subnet["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]

    instance = started(
        house,
        ImageId=image_id,
        SubnetId=subnet_id,
        PrivateIpAddress="10.1.2.9",
        SecurityGroupIds=[group],
    )

    found = described(house, instance)
    assert (found["SubnetId"], found["VpcId"]) == (subnet_id, vpc)
    assert found["PrivateIpAddress"] == "10.1.2.9"
    assert found["SecurityGroups"] == [{"GroupId": group, "GroupName": "web"}]
    assert found["Placement"]["AvailabilityZone"] == "us-east-1c"
    assert volumes_of(house, instance)["/dev/sda1"]["AvailabilityZone"] == "us-east-1c"
    taken = refusal(lambda: run(house, image_id, SubnetId=subnet_id, PrivateIpAddress="10.1.2.9"))
    assert taken[0] == "InvalidIPAddress.InUse"
    assert refusal(lambda: ec2.delete_security_group(GroupId=group))[0] == "DependencyViolation"
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnet_id))[0] == "DependencyViolation"


def test_a_zone_and_group_names_are_of_the_default_vpc(house: House, image_id: str) -> None:
    house.ec2().create_security_group(GroupName="by name", Description="-")

    instance = started(
        house,
        ImageId=image_id,
        Placement={"AvailabilityZone": "us-east-1b"},
        SecurityGroups=["by name"],
    )

    found = described(house, instance)
    assert found["Placement"]["AvailabilityZone"] == "us-east-1b"
    assert [group["GroupName"] for group in found["SecurityGroups"]] == ["by name"]


def test_a_network_interface_may_be_described_or_wait(house: House, image_id: str) -> None:
    ec2 = house.ec2()
    subnet_id = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    waiting = ec2.create_network_interface(SubnetId=subnet_id, Description="waits")
    waiting_id = waiting["NetworkInterface"]["NetworkInterfaceId"]
    described_one = {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "Description": "new",
        "AssociatePublicIpAddress": True,
    }

    first = described(house, started(house, ImageId=image_id, NetworkInterfaces=[described_one]))
    second_id = started(
        house,
        ImageId=image_id,
        NetworkInterfaces=[{"DeviceIndex": 0, "NetworkInterfaceId": waiting_id}],
    )
    second = described(house, second_id)

    assert first["NetworkInterfaces"][0]["Description"] == "new"
    assert first["NetworkInterfaces"][0]["Attachment"]["DeleteOnTermination"] is True
    assert second["NetworkInterfaces"][0]["NetworkInterfaceId"] == waiting_id
    again: Any = [{"DeviceIndex": 0, "NetworkInterfaceId": waiting_id}]
    assert "currently in use" in refusal(lambda: run(house, image_id, NetworkInterfaces=again))[1]
    ec2.terminate_instances(InstanceIds=[second_id])
    assert described(house, second_id)["NetworkInterfaces"] == []
    (left,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[waiting_id])["NetworkInterfaces"]
    assert left["Status"] == "available"


# whose --------------------------------------------------------------------------------------------


def test_an_ami_of_another_account_is_started_by_permission(
    house: House, friend: House, image_id: str
) -> None:
    before = refusal(lambda: run(friend, image_id))
    house.ec2().modify_image_attribute(
        ImageId=image_id, LaunchPermission={"Add": [{"UserId": friend.account_id}]}
    )

    instance = started(friend, ImageId=image_id)

    assert before == ("AuthFailure", f"Not authorized for images: [{image_id}]")
    assert described(friend, instance)["ImageId"] == image_id
    assert refusal(lambda: described(house, instance)) == (
        "InvalidInstanceID.NotFound",
        f"The instance ID '{instance}' does not exist",
    )
    for action in ("start", "stop", "reboot", "terminate"):
        other = getattr(house.ec2(), f"{action}_instances")
        asked = refusal(lambda other=other: other(InstanceIds=[instance]))  # type: ignore[misc]
        assert asked[0] == "InvalidInstanceID.NotFound"


# refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"MinCount": 0}, "InvalidParameterValue", "Minimum instance count must be greater"),
        ({"MaxCount": 0}, "InvalidParameterValue", "Maximum instance count must be greater"),
        ({"MinCount": 2}, "InvalidParameterValue", "must not be smaller than minimum"),
        ({"MinCount": 101, "MaxCount": 101}, "InstanceLimitExceeded", "101"),
        ({"ImageId": "ami-0123456789abcdef0"}, "InvalidAMIID.NotFound", "ami-0123456789abcdef0"),
        ({"ImageId": "image"}, "InvalidAMIID.Malformed", "image"),
        ({"InstanceType": "t2.big"}, "InvalidParameterValue", "'t2.big' for InstanceType."),
        ({"InstanceType": "t4g.micro"}, "InvalidParameterValue", "The architecture 'arm64'"),
        ({"EbsOptimized": True}, "Unsupported", "currently not supported"),
        ({"InstanceType": "t3.micro"}, "InvalidParameterCombination", "(ENA) is required"),
        ({"KeyName": "nobody's"}, "InvalidKeyPair.NotFound", "'nobody's' does not exist"),
        ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound", "subnet-01"),
        ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound", "sg-01"),
        (
            {"SecurityGroupIds": [""]},
            "InvalidParameterValue",
            "groupId is invalid. The value cannot",
        ),
        ({"SecurityGroups": ["nobody's"]}, "InvalidGroup.NotFound", "nobody's"),
        ({"Placement": {"AvailabilityZone": "us-east-1z"}}, "InvalidParameterValue", "us-east-1z"),
        ({"Placement": {"GroupName": "close"}}, "UnsupportedOperation", "Placement by GroupName"),
        ({"IamInstanceProfile": {"Name": "me"}}, "InvalidParameterValue", "IAM Instance Profile"),
        ({"LaunchTemplate": {"LaunchTemplateName": "x"}}, "InvalidLaunchTemplateId.NotFound", ""),
        ({"InstanceMarketOptions": {"MarketType": "spot"}}, "UnsupportedOperation", "spot"),
        ({"HibernationOptions": {"Configured": True}}, "UnsupportedOperation", "Hibernation"),
        ({"Ipv6AddressCount": 1}, "UnsupportedOperation", "IPv6"),
        ({"Operator": {"Principal": "x"}}, "UnsupportedOperation", "service provider"),
        ({"MaintenanceOptions": {"AutoRecovery": "on"}}, "InvalidParameterValue", "AutoRecovery"),
        ({"PrivateDnsNameOptions": {"HostnameType": "x"}}, "InvalidParameterValue", "HostnameType"),
        (
            {"PrivateDnsNameOptions": {"HostnameType": "resource-name"}},
            "UnsupportedOperation",
            "resource-name",
        ),
        (
            {"PrivateDnsNameOptions": {"EnableResourceNameDnsAAAARecord": True}},
            "UnsupportedOperation",
            "IPv6",
        ),
        (
            {"NetworkPerformanceOptions": {"BandwidthWeighting": "all"}},
            "InvalidParameterValue",
            "BandwidthWeighting",
        ),
        (
            {"NetworkPerformanceOptions": {"BandwidthWeighting": "vpc-1"}},
            "UnsupportedOperation",
            "vpc-1",
        ),
        ({"MetadataOptions": {"HttpPutResponseHopLimit": 65}}, "InvalidParameterValue", "65"),
        ({"CreditSpecification": {"CpuCredits": "none"}}, "InvalidParameterValue", "CpuCredits"),
        (
            {"MaxCount": 2, "PrivateIpAddress": "172.31.0.200"},
            "InvalidParameterCombination",
            "single instance",
        ),
        (
            {"SubnetId": "subnet-0123456789abcdef0", "SecurityGroups": ["x"]},
            "InvalidParameterCombination",
            "groupName cannot be used with the parameter subnet",
        ),
        (
            {"SubnetId": "subnet-0123456789abcdef0", "NetworkInterfaces": [{"DeviceIndex": 0}]},
            "InvalidParameterCombination",
            "instance-level subnet ID",
        ),
        ({"NetworkInterfaces": [{"DeviceIndex": 1}]}, "InvalidParameterCombination", "index 0"),
        (
            {"NetworkInterfaces": [{"DeviceIndex": 0}, {"DeviceIndex": 1}]},
            "UnsupportedOperation",
            "more than one network interface",
        ),
        (
            {"TagSpecifications": [{"ResourceType": "snapshot", "Tags": []}]},
            "InvalidParameterValue",
            "'snapshot' is not a valid taggable resource type",
        ),
    ],
)
def test_what_no_instance_can_be_is_refused(
    house: House, image_id: str, changes: dict[str, Any], code: str, text: str
) -> None:
    found = refusal(lambda: run(house, **{"ImageId": image_id, **changes}))

    assert found[0] == code
    assert text in found[1]


@pytest.mark.parametrize(
    ("mapping", "code", "text"),
    [
        ({"DeviceName": "/dev/sda1", "NoDevice": ""}, "InvalidBlockDeviceMapping", "/dev/sda1"),
        ({"Ebs": {"VolumeSize": 1}}, "MissingParameter", "DeviceName"),
        (
            {"DeviceName": "/dev/sdf1", "Ebs": {"VolumeSize": 1}},
            "InvalidBlockDeviceMapping",
            "Invalid device name /dev/sdf1",
        ),
        ({"DeviceName": "/dev/sdf", "Ebs": {}}, "InvalidBlockDeviceMapping", "/dev/sdf"),
        (
            {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}},
            "InvalidBlockDeviceMapping",
            "snapshotId cannot be modified on root device",
        ),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "VolumeType": "gp9"}},
            "InvalidParameterValue",
            "gp9",
        ),
        (
            {"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}},
            "InvalidSnapshot.NotFound",
            "snap-0123456789abcdef0",
        ),
    ],
)
def test_what_no_disk_can_be_is_refused(
    house: House, image_id: str, mapping: dict[str, Any], code: str, text: str
) -> None:
    found = refusal(lambda: run(house, image_id, BlockDeviceMappings=[mapping]))

    assert found[0] == code
    assert text in found[1]


def test_a_disk_does_not_shrink(house: House) -> None:
    snapshot = made_snapshot(house, size_gib=2)
    small: Any = [{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 1}}]

    found = refusal(lambda: run(house, an_image(house, snapshot), BlockDeviceMappings=small))

    assert found == (
        "InvalidBlockDeviceMapping",
        f"Volume of size 1GB is smaller than  snapshot '{snapshot}', expect size >= 2GB",
    )


def test_firmware_must_fit_the_type(house: House) -> None:
    image = an_image(house, BootMode="uefi", EnaSupport=True)

    assert "boot mode 'uefi'" in refusal(lambda: run(house, image))[1]
    found = described(house, started(house, ImageId=image, InstanceType="t3.micro"))

    assert (found["BootMode"], found["CurrentInstanceBootMode"]) == ("uefi", "uefi")
    assert found["EnaSupport"]
    assert found["EbsOptimized"]  # as every instance of such a type is


@pytest.mark.parametrize(
    ("mode", "instance_type", "current"),
    [
        ({}, "t3.micro", "legacy-bios"),
        ({"BootMode": "uefi-preferred"}, "t2.micro", "legacy-bios"),
        ({"BootMode": "uefi-preferred"}, "t3.micro", "uefi"),
    ],
)
def test_an_instance_tells_what_it_starts_by(
    house: House, mode: dict[str, str], instance_type: str, current: str
) -> None:
    image = an_image(house, EnaSupport=True, **mode)

    found = described(house, started(house, ImageId=image, InstanceType=instance_type))

    assert (found.get("BootMode"), found["CurrentInstanceBootMode"]) == (
        mode.get("BootMode"),
        current,
    )


def test_without_a_default_vpc_a_subnet_must_be_named(friend: House) -> None:
    ec2 = friend.ec2()
    image = an_image(friend)
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    zone = ec2.describe_subnets()["Subnets"]
    ec2.delete_subnet(SubnetId=zone[0]["SubnetId"])
    first: Any = {"AvailabilityZone": zone[0]["AvailabilityZone"]}

    assert refusal(lambda: run(friend, image, Placement=first))[0] == "MissingInput"
    for subnet in zone[1:]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    assert refusal(lambda: run(friend, image))[0] == "MissingInput"
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])
    assert refusal(lambda: run(friend, image)) == (
        "VPCIdNotSpecified",
        "No default VPC for this user",
    )
    named = refusal(lambda: run(friend, image, SecurityGroups=["default"]))
    assert (named[0], "GroupName is only supported" in named[1]) == ("VPCIdNotSpecified", True)


def test_several_get_the_lowest_addresses_that_are_free(house: House) -> None:
    ec2 = house.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/28")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.5")
    image = an_image(house)

    made = run(house, image, SubnetId=subnet, MinCount=3, MaxCount=3)

    assert [each["PrivateIpAddress"] for each in made] == ["10.0.0.4", "10.0.0.6", "10.0.0.7"]
    refused = refusal(lambda: run(house, image, SubnetId=subnet, MinCount=8, MaxCount=8))
    assert refused[0] == "InsufficientFreeAddressesInSubnet"
    assert len(run(house, image, SubnetId=subnet, MinCount=2, MaxCount=20)) == 7
