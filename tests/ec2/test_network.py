"""What every account has in a Region: the default VPC, and how its parts are listed."""

from collections.abc import Callable
from typing import Any

import pytest

from emulator.services.ec2.network import (
    acls,
    dhcp_options,
    gateways,
    interfaces,
    route_tables,
    security_groups,
    security_rules,
    subnets,
    vpcs,
)
from tests.ec2.conftest import refusal
from tests.house import House

EVERYWHERE = "0.0.0.0/0"


def filtered(name: str, *values: str) -> Any:
    return [{"Name": name, "Values": list(values)}]


def test_every_account_has_a_default_vpc_with_a_subnet_in_every_zone(house: House) -> None:
    ec2 = house.ec2()

    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    found = ec2.describe_subnets()["Subnets"]

    assert vpc["IsDefault"]
    assert vpc["CidrBlock"] == "172.31.0.0/16"
    assert vpc["State"] == "available"
    assert vpc["OwnerId"] == house.account_id
    zones = ec2.describe_availability_zones()["AvailabilityZones"]
    assert [each["AvailabilityZone"] for each in found] == [zone["ZoneName"] for zone in zones]
    assert [each["AvailabilityZoneId"] for each in found] == [zone["ZoneId"] for zone in zones]
    assert [each["CidrBlock"] for each in found][:3] == [
        "172.31.0.0/20",
        "172.31.16.0/20",
        "172.31.32.0/20",
    ]
    for each in found:
        assert each["VpcId"] == vpc["VpcId"]
        assert each["DefaultForAz"]
        assert each["MapPublicIpOnLaunch"]
        assert each["AvailableIpAddressCount"] == 4091
        assert each["SubnetArn"].endswith(f":{house.account_id}:subnet/{each['SubnetId']}")


def test_the_default_vpc_leads_to_the_internet(house: House) -> None:
    ec2 = house.ec2()

    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    (table,) = ec2.describe_route_tables()["RouteTables"]

    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert gateway["Attachments"] == [{"State": "available", "VpcId": vpc["VpcId"]}]
    assert [
        (route["DestinationCidrBlock"], route["GatewayId"], route["Origin"], route["State"])
        for route in table["Routes"]
    ] == [
        ("172.31.0.0/16", "local", "CreateRouteTable", "active"),
        (EVERYWHERE, gateway["InternetGatewayId"], "CreateRoute", "active"),
    ]
    (association,) = table["Associations"]
    assert association["Main"]
    assert association["RouteTableId"] == table["RouteTableId"]


def test_the_default_network_acl_lets_everything_through(house: House) -> None:
    ec2 = house.ec2()

    (acl,) = ec2.describe_network_acls()["NetworkAcls"]

    assert acl["IsDefault"]
    assert [
        (entry["Egress"], entry["RuleNumber"], entry["RuleAction"], entry["CidrBlock"])
        for entry in acl["Entries"]
    ] == [
        (True, 100, "allow", EVERYWHERE),
        (True, 32767, "deny", EVERYWHERE),
        (False, 100, "allow", EVERYWHERE),
        (False, 32767, "deny", EVERYWHERE),
    ]
    found = {each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]}
    assert {each["SubnetId"] for each in acl["Associations"]} == found


def test_the_default_security_group_trusts_itself(house: House) -> None:
    ec2 = house.ec2()

    (group,) = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]

    assert group["Description"] == "default VPC security group"
    assert group["IpPermissions"] == [
        {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [{"GroupId": group["GroupId"], "UserId": house.account_id}],
            "IpRanges": [],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
        }
    ]
    assert group["IpPermissionsEgress"] == [
        {
            "IpProtocol": "-1",
            "UserIdGroupPairs": [],
            "IpRanges": [{"CidrIp": EVERYWHERE}],
            "Ipv6Ranges": [],
            "PrefixListIds": [],
        }
    ]


@pytest.mark.parametrize(
    ("region", "domain"),
    [("us-east-1", "ec2.internal"), ("eu-west-1", "eu-west-1.compute.internal")],
)
def test_dhcp_tells_of_the_regions_dns(house: House, region: str, domain: str) -> None:
    ec2 = house.ec2(region=region)

    (options,) = ec2.describe_dhcp_options()["DhcpOptions"]

    assert options["DhcpConfigurations"] == [
        {"Key": "domain-name", "Values": [{"Value": domain}]},
        {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
    ]
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert vpc["DhcpOptionsId"] == options["DhcpOptionsId"]


def test_the_network_is_made_once(house: House) -> None:
    def seen() -> list[Any]:
        ec2 = house.ec2()
        return [
            ec2.describe_subnets()["Subnets"],
            ec2.describe_security_group_rules()["SecurityGroupRules"],
            ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"],
        ]

    assert seen() == seen()


def test_accounts_and_regions_have_their_own(house: House, friend: House) -> None:
    own = house.ec2().describe_subnets()["Subnets"]

    for other in (friend.ec2(), house.ec2(region="eu-west-1")):
        theirs = other.describe_subnets()["Subnets"]
        assert {each["SubnetId"] for each in theirs}.isdisjoint(each["SubnetId"] for each in own)
        code, _ = refusal(lambda: other.describe_subnets(SubnetIds=[own[0]["SubnetId"]]))  # noqa: B023
        assert code == "InvalidSubnetID.NotFound"


LISTS: dict[str, tuple[str, str, str, str, str]] = {
    # by action: the ids' parameter, the result, the prefix, the errors' codes
    "describe_vpcs": ("VpcIds", "Vpcs", "vpc", "InvalidVpcID.NotFound", "InvalidVpcId.Malformed"),
    "describe_subnets": (
        "SubnetIds", "Subnets", "subnet", "InvalidSubnetID.NotFound", "InvalidSubnetId.Malformed",
    ),
    "describe_security_groups": (
        "GroupIds", "SecurityGroups", "sg", "InvalidGroup.NotFound", "InvalidGroupId.Malformed",
    ),
    "describe_security_group_rules": (
        "SecurityGroupRuleIds", "SecurityGroupRules", "sgr",
        "InvalidSecurityGroupRuleId.NotFound", "InvalidSecurityGroupRuleId.Malformed",
    ),
    "describe_route_tables": (
        "RouteTableIds", "RouteTables", "rtb",
        "InvalidRouteTableID.NotFound", "InvalidRouteTableId.Malformed",
    ),
    "describe_internet_gateways": (
        "InternetGatewayIds", "InternetGateways", "igw",
        "InvalidInternetGatewayID.NotFound", "InvalidInternetGatewayId.Malformed",
    ),
    "describe_network_acls": (
        "NetworkAclIds", "NetworkAcls", "acl",
        "InvalidNetworkAclID.NotFound", "InvalidNetworkAclId.Malformed",
    ),
    "describe_dhcp_options": (
        "DhcpOptionsIds", "DhcpOptions", "dopt",
        "InvalidDhcpOptionID.NotFound", "InvalidDhcpOptionsId.Malformed",
    ),
    "describe_network_interfaces": (
        "NetworkInterfaceIds", "NetworkInterfaces", "eni",
        "InvalidNetworkInterfaceID.NotFound", "InvalidNetworkInterfaceId.Malformed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("action", LISTS)
def test_what_is_not_there_cannot_be_named(shared_house: House, action: str) -> None:
    parameter, _, prefix, not_found, malformed = LISTS[action]
    call = getattr(shared_house.ec2(), action)
    missing = f"{prefix}-0123456789abcdef0"

    assert refusal(lambda: call(**{parameter: [missing]}))[0] == not_found
    assert missing in refusal(lambda: call(**{parameter: [missing]}))[1]
    assert refusal(lambda: call(**{parameter: ["nonsense"]})) == (
        malformed,
        f'Invalid id: "nonsense" (expecting "{prefix}-...")',
    )
    assert refusal(lambda: call(DryRun=True))[0] == "DryRunOperation"
    assert refusal(lambda: call(Filters=filtered("nope", "x")))[0] == "InvalidParameterValue"


def test_pages_hold_everything_once(house: House) -> None:
    ec2 = house.ec2()

    pages = list(ec2.get_paginator("describe_subnets").paginate(PaginationConfig={"PageSize": 5}))

    assert [len(page["Subnets"]) for page in pages] == [5, 1]
    found = [each["SubnetId"] for page in pages for each in page["Subnets"]]
    assert found == [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]]


# Filters: a value that fits something in the default network, or None where nothing can fit.
FITTING: dict[str, dict[str, Callable[[Any], str | None]]] = {
    "describe_vpcs": {
        "cidr": lambda vpc: vpc["CidrBlock"],
        "cidr-block": lambda vpc: vpc["CidrBlock"],
        "cidr-block-association.association-id": lambda vpc: vpc["CidrBlockAssociationSet"][0][
            "AssociationId"
        ],
        "cidr-block-association.cidr-block": lambda vpc: "172.31.*",
        "cidr-block-association.state": lambda vpc: "associated",
        "dhcp-options-id": lambda vpc: vpc["DhcpOptionsId"],
        "is-default": lambda vpc: "true",
        "isDefault": lambda vpc: "true",
        "owner-id": lambda vpc: vpc["OwnerId"],
        "state": lambda vpc: "available",
        "vpc-id": lambda vpc: vpc["VpcId"],
    },
    "describe_subnets": {
        "availability-zone": lambda subnet: subnet["AvailabilityZone"],
        "availability-zone-id": lambda subnet: subnet["AvailabilityZoneId"],
        "availabilityZone": lambda subnet: subnet["AvailabilityZone"],
        "availabilityZoneId": lambda subnet: subnet["AvailabilityZoneId"],
        "available-ip-address-count": lambda subnet: "4091",
        "cidr": lambda subnet: subnet["CidrBlock"],
        "cidr-block": lambda subnet: subnet["CidrBlock"],
        "cidrBlock": lambda subnet: subnet["CidrBlock"],
        "default-for-az": lambda subnet: "true",
        "defaultForAz": lambda subnet: "true",
        "enable-dns64": lambda subnet: "false",
        "ipv6-native": lambda subnet: "false",
        "map-customer-owned-ip-on-launch": lambda subnet: "false",
        "map-public-ip-on-launch": lambda subnet: "true",
        "owner-id": lambda subnet: subnet["OwnerId"],
        "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda _: "false",
        "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": (
            lambda _: "false"
        ),
        "private-dns-name-options-on-launch.hostname-type": lambda _: "ip-name",
        "state": lambda subnet: "available",
        "subnet-arn": lambda subnet: subnet["SubnetArn"],
        "subnet-id": lambda subnet: subnet["SubnetId"],
        "vpc-id": lambda subnet: subnet["VpcId"],
    },
    "describe_security_groups": {
        "description": lambda group: "default VPC *",
        "egress.ip-permission.cidr": lambda group: EVERYWHERE,
        "egress.ip-permission.protocol": lambda group: "-1",
        "group-id": lambda group: group["GroupId"],
        "group-name": lambda group: "default",
        "ip-permission.group-id": lambda group: group["GroupId"],
        "ip-permission.group-name": lambda group: "default",
        "ip-permission.protocol": lambda group: "-1",
        "ip-permission.user-id": lambda group: group["OwnerId"],
        "owner-id": lambda group: group["OwnerId"],
        "vpc-id": lambda group: group["VpcId"],
    },
    "describe_security_group_rules": {
        "group-id": lambda rule: rule["GroupId"],
        "security-group-rule-id": lambda rule: rule["SecurityGroupRuleId"],
    },
    "describe_route_tables": {
        "association.main": lambda table: "true",
        "association.route-table-association-id": lambda table: table["Associations"][0][
            "RouteTableAssociationId"
        ],
        "association.route-table-id": lambda table: table["RouteTableId"],
        "owner-id": lambda table: table["OwnerId"],
        "route-table-id": lambda table: table["RouteTableId"],
        "route.destination-cidr-block": lambda table: EVERYWHERE,
        "route.gateway-id": lambda table: "igw-*",
        "route.origin": lambda table: "CreateRoute",
        "route.state": lambda table: "active",
        "vpc-id": lambda table: table["VpcId"],
    },
    "describe_internet_gateways": {
        "attachment.state": lambda gateway: "available",
        "attachment.vpc-id": lambda gateway: gateway["Attachments"][0]["VpcId"],
        "internet-gateway-id": lambda gateway: gateway["InternetGatewayId"],
        "owner-id": lambda gateway: gateway["OwnerId"],
    },
    "describe_network_acls": {
        "association.association-id": lambda acl: acl["Associations"][0]["NetworkAclAssociationId"],
        "association.network-acl-id": lambda acl: acl["NetworkAclId"],
        "association.subnet-id": lambda acl: acl["Associations"][0]["SubnetId"],
        "default": lambda acl: "true",
        "entry.cidr": lambda acl: EVERYWHERE,
        "entry.egress": lambda acl: "true",
        "entry.protocol": lambda acl: "-1",
        "entry.rule-action": lambda acl: "deny",
        "entry.rule-number": lambda acl: "32767",
        "network-acl-id": lambda acl: acl["NetworkAclId"],
        "owner-id": lambda acl: acl["OwnerId"],
        "vpc-id": lambda acl: acl["VpcId"],
    },
    "describe_dhcp_options": {
        "dhcp-options-id": lambda options: options["DhcpOptionsId"],
        "key": lambda options: "domain-name",
        "owner-id": lambda options: options["OwnerId"],
        "value": lambda options: "AmazonProvidedDNS",
    },
}
TABLES = {
    "describe_vpcs": vpcs.FILTERS,
    "describe_subnets": subnets.FILTERS,
    "describe_security_groups": security_groups.FILTERS,
    "describe_security_group_rules": security_rules.FILTERS,
    "describe_route_tables": route_tables.FILTERS,
    "describe_internet_gateways": gateways.FILTERS,
    "describe_network_acls": acls.FILTERS,
    "describe_dhcp_options": dhcp_options.FILTERS,
    "describe_network_interfaces": interfaces.FILTERS,
}


@pytest.mark.parametrize("action", FITTING)
def test_lists_are_filtered(shared_house: House, action: str) -> None:
    call, result = getattr(shared_house.ec2(), action), LISTS[action][1]
    first = call()[result][0]
    table: Any = TABLES[action]

    for name in (*table.fields, *table.lists):
        fits = FITTING[action].get(name)
        if fits is None:
            assert call(Filters=filtered(name, "*"))[result] == [], name
        else:
            assert first in call(Filters=filtered(name, "-", fits(first) or ""))[result], name
            assert call(Filters=filtered(name, "-"))[result] == [], name
    assert FITTING[action].keys() <= {*table.fields, *table.lists}


def test_everything_has_tags(house: House) -> None:
    ec2 = house.ec2()
    firsts = {}
    for action, (parameter, result, prefix, *_) in LISTS.items():
        if prefix == "eni":
            continue
        shown = getattr(ec2, action)()[result][0]
        member = "SecurityGroupRuleId" if prefix == "sgr" else parameter.removesuffix("s")
        firsts[action] = shown[member if prefix != "dopt" else "DhcpOptionsId"]

    ec2.create_tags(Resources=list(firsts.values()), Tags=[{"Key": "Team", "Value": "red"}])

    for action, resource_id in firsts.items():
        found = getattr(ec2, action)(Filters=filtered("tag:Team", "red"))[LISTS[action][1]]
        assert len(found) == 1, action
        assert resource_id in found[0].values()
        assert found[0]["Tags"] == [{"Key": "Team", "Value": "red"}]
    kinds = {tag["ResourceType"] for tag in ec2.describe_tags()["Tags"]}
    assert kinds == {
        "dhcp-options",
        "internet-gateway",
        "network-acl",
        "route-table",
        "security-group",
        "security-group-rule",
        "subnet",
        "vpc",
    }


def test_account_attributes_are_those_of_a_new_account(house: House) -> None:
    ec2 = house.ec2()

    found = {
        each["AttributeName"]: [value["AttributeValue"] for value in each["AttributeValues"]]
        for each in ec2.describe_account_attributes()["AccountAttributes"]
    }

    assert found == {
        "supported-platforms": ["VPC"],
        "default-vpc": [ec2.describe_vpcs()["Vpcs"][0]["VpcId"]],
        "max-instances": ["20"],
        "max-elastic-ips": ["5"],
        "vpc-max-elastic-ips": ["5"],
        "vpc-max-security-groups-per-interface": ["5"],
    }
    named = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    assert [each["AttributeName"] for each in named] == ["default-vpc"]
