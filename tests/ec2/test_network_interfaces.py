"""Network interfaces, and the addresses they get."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.services.ec2.network.interfaces import FILTERS
from state.network import Attachment
from state.store import Store
from tests.ec2.conftest import refusal
from tests.house import House, default_url


def a_subnet(house: House, cidr: str = "10.0.0.0/28") -> str:
    ec2 = house.ec2()
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    return ec2.create_subnet(VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]


def free(house: House, subnet_id: str) -> int:
    (subnet,) = house.ec2().describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    return subnet["AvailableIpAddressCount"]


def test_interfaces_get_the_lowest_free_addresses(house: House) -> None:
    ec2, subnet_id = house.ec2(), a_subnet(house)

    made = [ec2.create_network_interface(SubnetId=subnet_id) for _ in range(3)]
    first, second, third = (each["NetworkInterface"] for each in made)

    assert [each["PrivateIpAddress"] for each in (first, second, third)] == [
        "10.0.0.4",
        "10.0.0.5",
        "10.0.0.6",
    ]
    assert free(house, subnet_id) == 16 - 5 - 3
    assert first["PrivateDnsName"] == "ip-10-0-0-4.ec2.internal"
    assert re.fullmatch(r"0[26ae](:[0-9a-f]{2}){5}", first["MacAddress"])
    assert [group["GroupName"] for group in first["Groups"]] == ["default"]
    ec2.delete_network_interface(NetworkInterfaceId=second["NetworkInterfaceId"])
    again = ec2.create_network_interface(SubnetId=subnet_id)["NetworkInterface"]
    assert again["PrivateIpAddress"] == "10.0.0.5"


def test_a_full_subnet_takes_no_more(house: House) -> None:
    ec2, subnet_id = house.ec2(), a_subnet(house)
    for _ in range(11):
        ec2.create_network_interface(SubnetId=subnet_id)

    assert free(house, subnet_id) == 0
    assert refusal(lambda: ec2.create_network_interface(SubnetId=subnet_id))[0] == (
        "InsufficientFreeAddressesInSubnet"
    )
    assert refusal(lambda: ec2.delete_subnet(SubnetId=subnet_id)) == (
        "DependencyViolation",
        f"The subnet '{subnet_id}' has dependencies and cannot be deleted.",
    )


@pytest.mark.parametrize(
    ("address", "code", "message"),
    [
        ("10.0.0.9", "InvalidIPAddress.InUse", "Address 10.0.0.9 is in use."),
        ("10.0.0.3", "InvalidParameterValue", "Address is in subnet's reserved address range"),
        ("10.0.0.15", "InvalidParameterValue", "Address is in subnet's reserved address range"),
        ("10.0.1.9", "InvalidParameterValue",
         "Address does not fall within the subnet's address range"),
        ("10.0.0", "InvalidParameterValue", "invalid value for parameter address: 10.0.0"),
    ],
)  # fmt: skip
def test_an_address_that_cannot_be_had_is_refused(
    house: House, address: str, code: str, message: str
) -> None:
    ec2, subnet_id = house.ec2(), a_subnet(house)
    ec2.create_network_interface(SubnetId=subnet_id, PrivateIpAddress="10.0.0.9")

    assert refusal(
        lambda: ec2.create_network_interface(SubnetId=subnet_id, PrivateIpAddress=address)
    ) == (code, message)


def test_groups_are_those_of_the_vpc(house: House) -> None:
    ec2, subnet_id = house.ec2(), a_subnet(house)
    (subnet,) = ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"]
    own = [
        ec2.create_security_group(GroupName=f"g{n}", Description="x", VpcId=subnet["VpcId"])
        for n in range(6)
    ]
    other = ec2.create_security_group(GroupName="other", Description="x")["GroupId"]
    ids = [each["GroupId"] for each in own]

    made = ec2.create_network_interface(SubnetId=subnet_id, Groups=ids[:1])["NetworkInterface"]

    assert [group["GroupId"] for group in made["Groups"]] == ids[:1]
    assert refusal(lambda: ec2.delete_security_group(GroupId=ids[0]))[0] == "DependencyViolation"
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=made["NetworkInterfaceId"], Groups=ids[1:3]
    )
    ec2.delete_security_group(GroupId=ids[0])
    assert refusal(lambda: ec2.create_network_interface(SubnetId=subnet_id, Groups=[other])) == (
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )
    third = ec2.create_security_group(GroupName="g0", Description="x", VpcId=subnet["VpcId"])
    six = [*ids[1:], third["GroupId"]]
    assert refusal(lambda: ec2.create_network_interface(SubnetId=subnet_id, Groups=six))[0] == (
        "SecurityGroupsPerInterfaceLimitExceeded"
    )


def test_attributes_are_changed_one_by_one(house: House) -> None:
    ec2 = house.ec2()
    made = ec2.create_network_interface(SubnetId=a_subnet(house), Description="one")
    named: Any = {"NetworkInterfaceId": made["NetworkInterface"]["NetworkInterfaceId"]}

    ec2.modify_network_interface_attribute(**named, Description={"Value": "two"})
    ec2.modify_network_interface_attribute(**named, SourceDestCheck={"Value": False})

    (seen,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[named["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert (seen["Description"], seen["SourceDestCheck"]) == ("two", False)
    assert seen["Status"] == "available"
    ec2.get_waiter("network_interface_available").wait(
        NetworkInterfaceIds=[named["NetworkInterfaceId"]]
    )


def test_a_client_token_makes_one_interface(house: House) -> None:
    ec2, subnet_id = house.ec2(), a_subnet(house)
    asked: Any = {"SubnetId": subnet_id, "ClientToken": "once"}

    made = [ec2.create_network_interface(**asked)["NetworkInterface"] for _ in range(2)]

    assert made[0] == made[1]
    assert refusal(lambda: ec2.create_network_interface(**asked, Description="x"))[0] == (
        "IdempotentParameterMismatch"
    )
    assert refusal(lambda: ec2.create_network_interface(SubnetId=subnet_id, DryRun=True))[0] == (
        "DryRunOperation"
    )
    assert free(house, subnet_id) == 10


def test_interfaces_are_filtered(house: House) -> None:
    """One has all there can be, put into the store: nothing starts instances here yet."""
    ec2, subnet_id = house.ec2(), a_subnet(house)
    made = ec2.create_network_interface(SubnetId=subnet_id, Description="mine")["NetworkInterface"]
    ec2.create_network_interface(SubnetId=subnet_id)
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    attachment = Attachment(
        id="eni-attach-0123456789abcdef0",
        instance_id="i-0123456789abcdef0",
        device_index=0,
        attached_at=now,
    )
    store = Store(default_url(house.data_dir))
    with store.begin() as tx:
        interface = tx.network.interfaces.get(made["NetworkInterfaceId"])
        assert interface is not None
        changes = {"attachment": attachment, "public_ip": "192.0.2.7"}
        tx.network.interfaces.replace(interface.model_copy(update=changes))
    store.close()

    def found(name: str, value: str) -> list[str]:
        filters: Any = [{"Name": name, "Values": [value]}]
        listed = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
        return [each["NetworkInterfaceId"] for each in listed]

    one = {
        "addresses.association.owner-id": "amazon",
        "addresses.association.public-ip": "192.0.2.7",
        "addresses.private-ip-address": "10.0.0.4",
        "association.ip-owner-id": "amazon",
        "association.public-dns-name": "ec2-192-0-2-7.compute-1.amazonaws.com",
        "association.public-ip": "192.0.2.7",
        "attachment.attach-time": "2026-01-02T03:04:05.000Z",
        "attachment.attachment-id": "eni-attach-0123456789abcdef0",
        "attachment.delete-on-termination": "true",
        "attachment.device-index": "0",
        "attachment.instance-id": "i-0123456789abcdef0",
        "attachment.instance-owner-id": house.account_id,
        "attachment.status": "attached",
        "description": "mine",
        "mac-address": made["MacAddress"],
        "network-interface-id": made["NetworkInterfaceId"],
        "private-dns-name": "ip-10-0-0-4.*",
        "private-ip-address": "10.0.0.4",
        "status": "in-use",
    }
    both = {
        "addresses.primary": "true",
        "availability-zone": "us-east-1a",
        "availability-zone-id": "use1-az1",
        "group-id": made["Groups"][0]["GroupId"],
        "group-name": "default",
        "interface-type": "interface",
        "operator.managed": "false",
        "owner-id": house.account_id,
        "requester-managed": "false",
        "source-dest-check": "true",
        "subnet-id": subnet_id,
        "vpc-id": made["VpcId"],
    }
    for name in (*FILTERS.fields, *FILTERS.lists):
        if name in one:
            assert found(name, one[name]) == [made["NetworkInterfaceId"]], name
        elif name in both:
            assert len(found(name, both[name])) == 2, name
        else:
            assert found(name, "*") == [], name
    assert one.keys() | both.keys() <= FILTERS.fields.keys() | FILTERS.lists.keys()
    (seen,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[made["NetworkInterfaceId"]])[
        "NetworkInterfaces"
    ]
    assert seen["Attachment"]["InstanceId"] == "i-0123456789abcdef0"
    assert seen["Association"]["PublicIp"] == "192.0.2.7"
    assert refusal(
        lambda: ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    ) == (
        "InvalidParameterValue",
        f"Network interface '{made['NetworkInterfaceId']}' is currently in use.",
    )


def test_nobody_changes_the_interfaces_of_another(house: House, friend: House) -> None:
    made = house.ec2().create_network_interface(SubnetId=a_subnet(house))["NetworkInterface"]
    named = {"NetworkInterfaceId": made["NetworkInterfaceId"]}
    other: Any = friend.ec2()

    for attempt in (
        lambda: other.delete_network_interface(**named),
        lambda: other.modify_network_interface_attribute(**named, Description={"Value": "x"}),
    ):
        assert refusal(attempt)[0] == "InvalidNetworkInterfaceID.NotFound"
    assert refusal(lambda: other.create_network_interface(SubnetId=made["SubnetId"]))[0] == (
        "InvalidSubnetID.NotFound"
    )
