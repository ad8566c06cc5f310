"""The attributes of instances, the options of their metadata service, and their credits."""

import base64
from typing import Any

import pytest

from tests.ec2.conftest import refusal
from tests.house import House
from tests.instances.conftest import described, name, started, volumes_of

NONE = "i-0123456789abcdef0"
ATTRIBUTES = (
    "blockDeviceMapping", "disableApiStop", "disableApiTermination", "ebsOptimized", "enaSupport",
    "enclaveOptions", "groupSet", "instanceInitiatedShutdownBehavior", "instanceType", "kernel",
    "productCodes", "ramdisk", "rootDeviceName", "sourceDestCheck", "sriovNetSupport", "userData",
)  # fmt: skip


@pytest.fixture
def house(shared_house: House) -> House:
    """One account for all tests here: each looks at its own instances."""
    return shared_house


def attribute(house: House, instance: str, asked: str) -> Any:
    """Return an attribute of an instance."""
    found: Any = house.ec2().describe_instance_attribute(InstanceId=instance, Attribute=asked)  # type: ignore[arg-type]
    assert found.pop("InstanceId") == instance
    assert found.pop("ResponseMetadata")
    return found


def test_attributes_are_what_was_asked_for(house: House, image_id: str) -> None:
    instance = started(house, ImageId=image_id, InstanceInitiatedShutdownBehavior="terminate")

    found: dict[str, Any] = {}
    for asked in ATTRIBUTES:
        found |= attribute(house, instance, asked)

    shown = described(house, instance)
    assert found == {
        "BlockDeviceMappings": shown["BlockDeviceMappings"],
        "DisableApiStop": {"Value": False},
        "DisableApiTermination": {"Value": False},
        "EbsOptimized": {"Value": False},
        "EnaSupport": {"Value": False},
        "EnclaveOptions": {"Enabled": False},
        "Groups": shown["SecurityGroups"],
        "InstanceInitiatedShutdownBehavior": {"Value": "terminate"},
        "InstanceType": {"Value": "t2.micro"},
        "KernelId": {},
        "ProductCodes": [],
        "RamdiskId": {},
        "RootDeviceName": {"Value": "/dev/sda1"},
        "SourceDestCheck": {"Value": True},
        "SriovNetSupport": {},
        "UserData": {},
    }


def test_what_a_machine_is_made_of_changes_while_it_is_stopped(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    larger: Any = {"InstanceType": {"Value": "t2.medium"}}

    assert refusal(lambda: ec2.modify_instance_attribute(InstanceId=instance, **larger)) == (
        "IncorrectInstanceState",
        f"The instance '{instance}' is not in the 'stopped' state.",
    )
    ec2.stop_instances(InstanceIds=[instance])
    ec2.modify_instance_attribute(InstanceId=instance, **larger)
    ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"hello"})
    ec2.modify_instance_attribute(InstanceId=instance, EnaSupport={"Value": True})
    ec2.modify_instance_attribute(InstanceId=instance, SriovNetSupport={"Value": "simple"})

    assert described(house, instance)["InstanceType"] == "t2.medium"
    assert described(house, instance)["EnaSupport"]
    assert described(house, instance)["SriovNetSupport"] == "simple"
    data = attribute(house, instance, "userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"hello"
    ec2.modify_instance_attribute(
        InstanceId=instance, Attribute="userData", Value=base64.b64encode(b"again").decode()
    )
    data = attribute(house, instance, "userData")["UserData"]["Value"]
    assert base64.b64decode(data) == b"again"


def test_what_is_told_of_a_machine_changes_at_any_time(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    group = ec2.create_security_group(GroupName=name(), Description="-")["GroupId"]
    device: Any = {"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}

    for change in (
        {"Groups": [group]},
        {"SourceDestCheck": {"Value": False}},
        {"InstanceInitiatedShutdownBehavior": {"Value": "terminate"}},
        {"DisableApiTermination": {"Value": True}},
        {"BlockDeviceMappings": [device]},
    ):
        ec2.modify_instance_attribute(InstanceId=instance, **change)

    found = described(house, instance)
    assert [each["GroupId"] for each in found["SecurityGroups"]] == [group]
    interface = found["NetworkInterfaces"][0]
    assert (found["SourceDestCheck"], interface["SourceDestCheck"]) == (False, False)
    assert [each["GroupId"] for each in interface["Groups"]] == [group]
    (attached,) = volumes_of(house, instance)["/dev/sda1"]["Attachments"]
    assert attached["DeleteOnTermination"] is False
    assert attribute(house, instance, "disableApiTermination") == {
        "DisableApiTermination": {"Value": True}
    }
    ec2.reset_instance_attribute(InstanceId=instance, Attribute="sourceDestCheck")
    assert described(house, instance)["SourceDestCheck"] is True


@pytest.mark.parametrize(
    ("change", "code", "text"),
    [
        ({}, "InvalidParameterCombination", "No attributes specified."),
        (
            {"InstanceType": {"Value": "t2.nano"}, "UserData": {"Value": b"x"}},
            "InvalidParameterCombination",
            "multiple attribute types",
        ),
        ({"Attribute": "productCodes", "Value": "x"}, "InvalidParameterValue", "productCodes"),
        (
            {"Attribute": "disableApiStop", "Value": "perhaps"},
            "InvalidInstanceAttributeValue",
            "perhaps",
        ),
        (
            {"BlockDeviceMappings": [{"DeviceName": "/dev/sdz", "Ebs": {}}]},
            "InvalidInstanceAttributeValue",
            "/dev/sdz",
        ),
        ({"Groups": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound", "sg-0123456789abcdef0"),
        (
            {"InstanceInitiatedShutdownBehavior": {"Value": "burn"}},
            "InvalidParameterValue",
            "burn",
        ),
        ({"DisableApiStop": {"Value": True}, "DryRun": True}, "DryRunOperation", ""),
    ],
)
def test_what_no_attribute_can_be_is_refused(
    house: House, image_id: str, change: dict[str, Any], code: str, text: str
) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    found = refusal(lambda: ec2.modify_instance_attribute(InstanceId=instance, **change))

    assert found[0] == code
    assert text in found[1]
    ec2.terminate_instances(InstanceIds=[instance])


def test_a_type_must_fit_the_ami(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    ec2.stop_instances(InstanceIds=[instance])

    for wrong, code in (
        ("t9.huge", "InvalidInstanceAttributeValue"),
        ("t4g.micro", "InvalidParameterValue"),
    ):
        change: Any = {"InstanceId": instance, "InstanceType": {"Value": wrong}}
        asked = refusal(lambda change=change: ec2.modify_instance_attribute(**change))  # type: ignore[misc]
        assert asked[0] == code
    modern: Any = {"Value": "t3.micro"}
    ec2.modify_instance_attribute(InstanceId=instance, InstanceType=modern)
    assert refusal(lambda: ec2.start_instances(InstanceIds=[instance])) == (
        "InvalidParameterCombination",
        "Enhanced networking with the Elastic Network Adapter (ENA) is required for the 't3.micro' "
        "instance type. Ensure that your instance is enabled for ENA.",
    )
    ec2.modify_instance_attribute(InstanceId=instance, EnaSupport={"Value": True})
    ec2.start_instances(InstanceIds=[instance])


def test_the_options_of_the_metadata_service_change(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    answer = ec2.modify_instance_metadata_options(
        InstanceId=instance, HttpTokens="required", HttpPutResponseHopLimit=3
    )
    ec2.modify_instance_metadata_options(
        InstanceId=instance, HttpEndpoint="disabled", InstanceMetadataTags="enabled"
    )

    assert answer["InstanceId"] == instance
    assert answer["InstanceMetadataOptions"]["State"] == "pending"
    assert described(house, instance)["MetadataOptions"] == {
        "HttpEndpoint": "disabled",
        "HttpProtocolIpv6": "disabled",
        "HttpPutResponseHopLimit": 3,
        "HttpTokens": "required",
        "InstanceMetadataTags": "enabled",
        "State": "applied",
    }


def test_credits_are_those_of_the_type_or_as_they_were_asked_for(friend: House) -> None:
    ec2 = friend.ec2()
    plain = started(friend)
    unlimited = started(friend, CreditSpecification={"CpuCredits": "unlimited"})

    named = ec2.describe_instance_credit_specifications(InstanceIds=[plain, unlimited])
    every = ec2.describe_instance_credit_specifications()

    assert {
        each["InstanceId"]: each["CpuCredits"] for each in named["InstanceCreditSpecifications"]
    } == {plain: "standard", unlimited: "unlimited"}
    assert [each["InstanceId"] for each in every["InstanceCreditSpecifications"]] == [unlimited]


def test_credits_change_where_there_are_any(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)
    steady = started(house, ImageId=image_id, InstanceType="m3.medium")
    wanted: Any = [
        {"InstanceId": each, "CpuCredits": "unlimited"} for each in (instance, steady, NONE)
    ]

    dry = refusal(
        lambda: ec2.modify_instance_credit_specification(
            DryRun=True, InstanceCreditSpecifications=wanted
        )
    )
    assert dry[0] == "DryRunOperation"
    answer = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=wanted)

    assert answer["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": instance}]
    failed = answer["UnsuccessfulInstanceCreditSpecifications"]
    assert [(each["InstanceId"], each["Error"]["Code"]) for each in failed] == [
        (steady, "InstanceCreditSpecification.NotSupported"),
        (NONE, "InvalidInstanceID.NotFound"),
    ]
    found = ec2.describe_instance_credit_specifications(InstanceIds=[instance])
    assert found["InstanceCreditSpecifications"][0]["CpuCredits"] == "unlimited"
    wanted[0]["CpuCredits"] = "standard"
    ec2.modify_instance_credit_specification(InstanceCreditSpecifications=wanted[:1])
    ec2.terminate_instances(InstanceIds=[instance])
    gone = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=wanted[:1])
    [failure] = gone["UnsuccessfulInstanceCreditSpecifications"]
    assert failure["Error"]["Code"] == "IncorrectInstanceState"


def test_how_an_instance_is_watched_is_remembered(house: House, image_id: str) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    begun = ec2.monitor_instances(InstanceIds=[instance])["InstanceMonitorings"]
    assert begun == [{"InstanceId": instance, "Monitoring": {"State": "pending"}}]
    assert described(house, instance)["Monitoring"] == {"State": "enabled"}
    dry = refusal(lambda: ec2.unmonitor_instances(InstanceIds=[instance], DryRun=True))
    assert dry[0] == "DryRunOperation"
    ended = ec2.unmonitor_instances(InstanceIds=[instance])["InstanceMonitorings"]
    assert ended == [{"InstanceId": instance, "Monitoring": {"State": "disabling"}}]
    assert described(house, instance)["Monitoring"] == {"State": "disabled"}
    assert refusal(lambda: ec2.monitor_instances(InstanceIds=[NONE]))[0] == (
        "InvalidInstanceID.NotFound"
    )


def test_what_becomes_of_an_instance_whose_host_fails_is_remembered(
    house: House, image_id: str
) -> None:
    ec2, instance = house.ec2(), started(house, ImageId=image_id)

    ec2.modify_instance_maintenance_options(InstanceId=instance, AutoRecovery="disabled")
    answer = ec2.modify_instance_maintenance_options(
        InstanceId=instance, RebootMigration="disabled"
    )

    both = {"AutoRecovery": "disabled", "RebootMigration": "disabled"}
    assert {**answer, "ResponseMetadata": None} == {
        **both,
        "InstanceId": instance,
        "ResponseMetadata": None,
    }
    assert described(house, instance)["MaintenanceOptions"] == both
    wrong: Any = {"AutoRecovery": "sometimes"}
    change = ec2.modify_instance_maintenance_options
    assert refusal(lambda: change(InstanceId=instance, **wrong)) == (
        "InvalidParameterValue",
        "Invalid value 'sometimes' for AutoRecovery",
    )
    assert refusal(lambda: change(InstanceId=instance, DryRun=True))[0] == "DryRunOperation"
    ec2.terminate_instances(InstanceIds=[instance])
    assert refusal(lambda: change(InstanceId=instance))[0] == "IncorrectInstanceState"
