"""VPCs and subnets that an account makes, and takes away."""

from typing import Any

import pytest

from tests.ec2.conftest import refusal
from tests.house import House

MISSING_VPC = "vpc-0123456789abcdef0"


def tagged(resource_type: str) -> Any:
    return [{"ResourceType": resource_type, "Tags": [{"Key": "Name", "Value": "mine"}]}]


def made_vpc(house: House, cidr: str = "10.0.0.0/16", **more: Any) -> str:
    return house.ec2().create_vpc(CidrBlock=cidr, **more)["Vpc"]["VpcId"]


def test_a_vpc_comes_with_its_route_table_acl_and_group(house: House) -> None:
    ec2 = house.ec2()

    made = ec2.create_vpc(CidrBlock="10.0.0.18/16", TagSpecifications=tagged("vpc"))["Vpc"]

    assert made["State"] == "pending"
    assert made["CidrBlock"] == "10.0.0.0/16"
    assert not made["IsDefault"]
    assert made["Tags"] == [{"Key": "Name", "Value": "mine"}]
    ec2.get_waiter("vpc_available").wait(VpcIds=[made["VpcId"]])
    own: Any = [{"Name": "vpc-id", "Values": [made["VpcId"]]}]
    (table,) = ec2.describe_route_tables(Filters=own)["RouteTables"]
    assert [route["GatewayId"] for route in table["Routes"]] == ["local"]
    (group,) = ec2.describe_security_groups(Filters=own)["SecurityGroups"]
    assert group["GroupName"] == "default"
    assert len(ec2.describe_network_acls(Filters=own)["NetworkAcls"]) == 1
    assert ec2.describe_subnets(Filters=own)["Subnets"] == []
    assert len(ec2.describe_dhcp_options()["DhcpOptions"]) == 1


@pytest.mark.parametrize(
    ("cidr", "code", "message"),
    [
        ("10.0.0.0/15", "InvalidVpc.Range", "The CIDR '10.0.0.0/15' is invalid."),
        ("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        (
            "10.0.0.0",
            "InvalidParameterValue",
            "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block.",
        ),
        (
            "300.0.0.0/16",
            "InvalidParameterValue",
            "Value (300.0.0.0/16) for parameter cidrBlock is invalid. "
            "This is not a valid CIDR block.",
        ),
    ],
)
def test_a_vpc_has_between_16_and_65536_addresses(
    shared_house: House, cidr: str, code: str, message: str
) -> None:
    assert refusal(lambda: made_vpc(shared_house, cidr)) == (code, message)


def test_a_vpc_has_attributes(house: House) -> None:
    ec2, vpc_id = house.ec2(), made_vpc(house)

    def attributes(vpc_id: str) -> list[bool]:
        names: list[Any] = [
            "enableDnsSupport",
            "enableDnsHostnames",
            "enableNetworkAddressUsageMetrics",
        ]
        answers: list[Any] = [
            ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name) for name in names
        ]
        return [
            answer[name[:1].upper() + name[1:]]["Value"]
            for answer, name in zip(answers, names, strict=True)
        ]

    (default,) = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert attributes(default["VpcId"]) == [True, True, False]
    assert attributes(vpc_id) == [True, False, False]
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
    ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": False})
    assert attributes(vpc_id) == [False, True, False]


def test_the_default_vpc_goes_and_comes_back(house: House) -> None:
    ec2 = house.ec2()
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert refusal(lambda: ec2.create_default_vpc()) == (
        "DefaultVpcAlreadyExists",
        "A Default VPC already exists for this account in this region.",
    )
    assert refusal(lambda: ec2.delete_vpc(VpcId=vpc["VpcId"])) == (
        "DependencyViolation",
        f"The vpc '{vpc['VpcId']}' has dependencies and cannot be deleted.",
    )

    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc["VpcId"])
    ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    ec2.delete_vpc(VpcId=vpc["VpcId"])

    assert ec2.describe_vpcs()["Vpcs"] == []
    assert ec2.describe_security_group_rules()["SecurityGroupRules"] == []
    assert refusal(lambda: ec2.create_security_group(GroupName="a", Description="b")) == (
        "VPCIdNotSpecified",
        "No default VPC for this user",
    )
    assert refusal(lambda: ec2.describe_security_groups(GroupNames=["default"]))[0] == (
        "VPCIdNotSpecified"
    )
    again = ec2.create_default_vpc()["Vpc"]
    assert again["IsDefault"]
    assert again["VpcId"] != vpc["VpcId"]
    assert again["DhcpOptionsId"] == vpc["DhcpOptionsId"]
    assert len(ec2.describe_subnets()["Subnets"]) == 6


def test_a_subnet_is_a_part_of_its_vpc(house: House) -> None:
    ec2, vpc_id = house.ec2(), made_vpc(house)

    made = ec2.create_subnet(
        VpcId=vpc_id,
        CidrBlock="10.0.1.0/24",
        AvailabilityZone="us-east-1c",
        TagSpecifications=tagged("subnet"),
    )["Subnet"]

    assert made["State"] == "available"
    assert made["CidrBlock"] == "10.0.1.0/24"
    assert made["AvailabilityZone"] == "us-east-1c"
    assert made["AvailableIpAddressCount"] == 251
    assert not made["MapPublicIpOnLaunch"]
    assert not made["DefaultForAz"]
    assert made["Tags"] == [{"Key": "Name", "Value": "mine"}]
    ec2.modify_subnet_attribute(SubnetId=made["SubnetId"], MapPublicIpOnLaunch={"Value": True})
    (seen,) = ec2.describe_subnets(SubnetIds=[made["SubnetId"]])["Subnets"]
    assert seen == {**made, "MapPublicIpOnLaunch": True}
    assert refusal(lambda: ec2.delete_vpc(VpcId=vpc_id))[0] == "DependencyViolation"
    ec2.delete_subnet(SubnetId=made["SubnetId"])
    ec2.delete_vpc(VpcId=vpc_id)


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        ({"CidrBlock": "10.0.1.128/25"}, "InvalidSubnet.Conflict",
         "The CIDR '10.0.1.128/25' conflicts with another subnet"),
        ({"CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range",
         "The CIDR '10.1.0.0/24' is invalid."),
        ({"CidrBlock": "10.0.2.0/29"}, "InvalidSubnet.Range",
         "The CIDR '10.0.2.0/29' is invalid."),
        ({"CidrBlock": "10.0.2.0/24", "VpcId": MISSING_VPC}, "InvalidVpcID.NotFound",
         f"The vpc ID '{MISSING_VPC}' does not exist"),
        ({"CidrBlock": "10.0.2.0/24", "AvailabilityZone": "us-east-1z"}, "InvalidParameterValue",
         "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only "
         "be created in the following availability zones: us-east-1a, us-east-1b, us-east-1c, "
         "us-east-1d, us-east-1e, us-east-1f."),
        ({}, "MissingParameter", "The request must contain the parameter cidrBlock"),
        ({"CidrBlock": "10.0.2.0/24", "DryRun": True}, "DryRunOperation", None),
    ],
)  # fmt: skip
def test_a_subnet_that_cannot_be_is_refused(
    house: House, more: dict[str, Any], code: str, message: str | None
) -> None:
    ec2, vpc_id = house.ec2(), made_vpc(house)
    ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.0.1.0/24")

    found = refusal(lambda: ec2.create_subnet(**{"VpcId": vpc_id, **more}))

    assert found[0] == code
    assert message is None or found[1] == message


def test_a_default_subnet_goes_and_comes_back(house: House) -> None:
    ec2 = house.ec2()
    first, second, *_ = ec2.describe_subnets()["Subnets"]
    assert refusal(lambda: ec2.create_default_subnet(AvailabilityZone="us-east-1a")) == (
        "DefaultSubnetAlreadyExistsInAvailabilityZone",
        f"'{first['SubnetId']}' is already the default subnet in us-east-1a.",
    )

    ec2.delete_subnet(SubnetId=second["SubnetId"])
    made = ec2.create_default_subnet(AvailabilityZone="us-east-1b")["Subnet"]

    assert made["CidrBlock"] == second["CidrBlock"]
    assert made["DefaultForAz"]
    assert made["MapPublicIpOnLaunch"]


def test_nobody_changes_the_network_of_another(house: House, friend: House) -> None:
    vpc_id = made_vpc(house)
    subnet = house.ec2().create_subnet(VpcId=vpc_id, CidrBlock="10.0.1.0/24")["Subnet"]
    other: Any = friend.ec2()

    for attempt in (
        lambda: other.delete_vpc(VpcId=vpc_id),
        lambda: other.create_subnet(VpcId=vpc_id, CidrBlock="10.0.2.0/24"),
        lambda: other.modify_vpc_attribute(VpcId=vpc_id, EnableDnsSupport={"Value": False}),
        lambda: other.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsSupport"),
        lambda: other.create_security_group(GroupName="a", Description="b", VpcId=vpc_id),
    ):
        assert refusal(attempt)[0] == "InvalidVpcID.NotFound"
    assert refusal(lambda: other.delete_subnet(SubnetId=subnet["SubnetId"]))[0] == (
        "InvalidSubnetID.NotFound"
    )
