"""Security groups and their rules."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.ec2.conftest import refusal
from tests.house import House

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import IpPermissionTypeDef

MISSING = "sg-0123456789abcdef0"
EVERYWHERE = "0.0.0.0/0"
OTHERS: Any = {"UserIdGroupPairs": [], "Ipv6Ranges": [], "PrefixListIds": []}
NOT_IN_GROUP = (
    "InvalidPermission.NotFound",
    "The specified rule does not exist in this security group.",
)


def made_group(house: House, name: str = "web", **more: Any) -> str:
    return house.ec2().create_security_group(GroupName=name, Description="x", **more)["GroupId"]


def made_vpc(house: House) -> str:
    return house.ec2().create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


def permission(
    first: int | None = 22, last: int | None = None, protocol: str = "tcp", **more: Any
) -> "IpPermissionTypeDef":
    found: Any = {"IpProtocol": protocol, **more}
    if first is not None:
        found |= {"FromPort": first, "ToPort": first if last is None else last}
    if not more:
        found["IpRanges"] = [{"CidrIp": EVERYWHERE}]
    return found  # type: ignore[no-any-return]


def ingress(house: House, group_id: str) -> Any:
    (group,) = house.ec2().describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    return group["IpPermissions"]


def test_a_new_group_lets_everything_out_and_nothing_in(house: House) -> None:
    ec2 = house.ec2()

    made = ec2.create_security_group(
        GroupName="web servers",
        Description="what the world sees",
        TagSpecifications=[
            {"ResourceType": "security-group", "Tags": [{"Key": "Name", "Value": "web"}]}
        ],
    )

    (group,) = ec2.describe_security_groups(GroupNames=["web servers"])["SecurityGroups"]
    assert group["GroupId"] == made["GroupId"]
    assert group["SecurityGroupArn"] == made["SecurityGroupArn"]
    assert group["Tags"] == made["Tags"] == [{"Key": "Name", "Value": "web"}]
    assert group["VpcId"] == ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert group["IpPermissions"] == []
    assert group["IpPermissionsEgress"] == [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": EVERYWHERE}], **OTHERS}
    ]
    ec2.get_waiter("security_group_exists").wait(GroupIds=[made["GroupId"]])


def test_a_name_is_free_once_in_a_vpc(house: House) -> None:
    ec2 = house.ec2()
    made_group(house)
    (vpc,) = ec2.describe_vpcs()["Vpcs"]

    assert refusal(lambda: made_group(house)) == (
        "InvalidGroup.Duplicate",
        f"The security group 'web' already exists for VPC '{vpc['VpcId']}'",
    )
    other = made_vpc(house)
    made_group(house, VpcId=other)
    found = ec2.describe_security_groups(
        Filters=[
            {"Name": "group-name", "Values": ["web"]},
            {"Name": "vpc-id", "Values": [other]},
        ]
    )
    assert len(found["SecurityGroups"]) == 1


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("default", "Cannot use reserved security group name: default"),
        (
            "sg-web",
            "Value (sg-web) for parameter GroupName is invalid. "
            "Group names may not be in the format sg-*.",
        ),
        (
            "wéb",
            "Value (wéb) for parameter GroupName is invalid. "
            "Character sets beyond ASCII are not supported.",
        ),
        ("a|b", None),
        ("x" * 256, None),
    ],
)
def test_some_names_cannot_be(shared_house: House, name: str, message: str | None) -> None:
    code, said = refusal(lambda: made_group(shared_house, name))

    assert code == "InvalidParameterValue"
    assert message is None or said == message


def test_a_group_that_is_needed_stays(house: House) -> None:
    ec2 = house.ec2()
    web, database = made_group(house), made_group(house, "database")
    pairs: Any = [{"GroupId": web}]
    for group_id in (web, database):
        ec2.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[permission(UserIdGroupPairs=pairs)]
        )
    (default,) = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]

    assert refusal(lambda: ec2.delete_security_group(GroupId=web)) == (
        "DependencyViolation",
        f"resource {web} has a dependent object",
    )
    assert refusal(lambda: ec2.delete_security_group(GroupName="default")) == (
        "CannotDelete",
        f'the specified group: "{default["GroupId"]}" name: "default" cannot be deleted by a user',
    )
    assert ec2.delete_security_group(GroupName="database")["GroupId"] == database
    assert ec2.delete_security_group(GroupId=web)["Return"]
    assert len(ec2.describe_security_group_rules()["SecurityGroupRules"]) == 2


def test_a_group_that_is_not_there_is_not_found(shared_house: House) -> None:
    ec2 = shared_house.ec2()
    (vpc,) = ec2.describe_vpcs()["Vpcs"]

    assert refusal(lambda: ec2.delete_security_group(GroupId=MISSING)) == (
        "InvalidGroup.NotFound",
        f"The security group '{MISSING}' does not exist",
    )
    assert refusal(lambda: ec2.delete_security_group(GroupName="nope")) == (
        "InvalidGroup.NotFound",
        f"The security group 'nope' does not exist in default VPC '{vpc['VpcId']}'",
    )
    assert refusal(lambda: ec2.delete_security_group(GroupId="web")) == (
        "InvalidGroupId.Malformed",
        'Invalid id: "web" (expecting "sg-...")',
    )
    assert refusal(lambda: ec2.delete_security_group()) == (
        "MissingParameter",
        "The request must contain the parameter groupName or groupId",
    )


# rules -------------------------------------------------------------------------------------------


def test_a_rule_has_one_peer_and_is_shown_by_its_ports(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)

    made = ec2.authorize_security_group_ingress(
        GroupId=group_id,
        IpPermissions=[
            permission(
                22,
                IpRanges=[
                    {"CidrIp": "192.0.2.77/24", "Description": "the office"},
                    {"CidrIp": "198.51.100.7/32"},
                ],
                Ipv6Ranges=[{"CidrIpv6": "2001:DB8::1/64"}],
                UserIdGroupPairs=[{"GroupId": group_id}],
            ),
            permission(-1, protocol="icmp"),
            permission(53, protocol="17"),
            permission(None, protocol="50"),
        ],
        TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "Team", "Value": "red"}]}
        ],
    )["SecurityGroupRules"]

    assert [
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"], rule["IsEgress"]) for rule in made
    ] == [
        *[("tcp", 22, 22, False)] * 4,
        ("icmp", -1, -1, False),
        ("udp", 53, 53, False),
        ("50", -1, -1, False),
    ]
    assert made[0]["CidrIpv4"] == "192.0.2.0/24"
    assert made[0]["Description"] == "the office"
    assert made[2]["CidrIpv6"] == "2001:db8::/64"
    assert made[3]["ReferencedGroupInfo"] == {"GroupId": group_id, "UserId": house.account_id}
    assert all(rule["Tags"] == [{"Key": "Team", "Value": "red"}] for rule in made)
    own: Any = [{"Name": "group-id", "Values": [group_id]}]
    listed = ec2.describe_security_group_rules(Filters=own)["SecurityGroupRules"]
    assert listed[1:] == made
    assert ingress(house, group_id) == [
        {
            "IpProtocol": "tcp",
            "FromPort": 22,
            "ToPort": 22,
            "IpRanges": [
                {"CidrIp": "192.0.2.0/24", "Description": "the office"},
                {"CidrIp": "198.51.100.7/32"},
            ],
            "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/64"}],
            "UserIdGroupPairs": [{"GroupId": group_id, "UserId": house.account_id}],
            "PrefixListIds": [],
        },
        {"FromPort": -1, "ToPort": -1, **said(protocol="icmp")},
        {"FromPort": 53, "ToPort": 53, **said(protocol="udp")},
        said(protocol="50"),
    ]


def said(protocol: str) -> dict[str, Any]:
    return {"IpProtocol": protocol, "IpRanges": [{"CidrIp": EVERYWHERE}], **OTHERS}


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        (permission(22), "InvalidPermission.Duplicate",
         'the specified rule "peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW" '
         "already exists"),
        (permission(-1, protocol="icmp"), "InvalidPermission.Duplicate",
         'the specified rule "peer: 0.0.0.0/0, ICMP, type: ALL, code: ALL, ALLOW" already exists'),
        (permission(None, protocol="50"), "InvalidPermission.Duplicate",
         'the specified rule "peer: 0.0.0.0/0, protocol: 50, ALLOW" already exists'),
        (permission(None), "InvalidParameterValue",
         "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."),
        (permission(None, protocol="icmp"), "InvalidParameterValue",
         "Invalid value 'Must specify both from and to ports with ICMP.' for portRange."),
        (permission(-1), "InvalidPermission.Malformed", "TCP/UDP port (-1) out of range"),
        (permission(0, 65536), "InvalidPermission.Malformed", "TCP/UDP port (65536) out of range"),
        (permission(23, 22), "InvalidParameterValue", "Invalid TCP/UDP port range (23:22)"),
        (permission(protocol="tcpp"), "InvalidParameterValue",
         "Invalid value 'tcpp' for IP protocol. Unknown protocol."),
        (permission(IpRanges=[{"CidrIp": "192.0.2.1"}]), "InvalidParameterValue",
         "CIDR block 192.0.2.1 is malformed"),
        (permission(IpRanges=[{"CidrIp": "2001:db8::/64"}]), "InvalidParameterValue",
         "CIDR block 2001:db8::/64 is malformed"),
        (permission(Ipv6Ranges=[{"CidrIpv6": "192.0.2.0/24"}]), "InvalidParameterValue",
         "CIDR block 192.0.2.0/24 is malformed"),
        (permission(80, IpRanges=[{"CidrIp": "192.0.2.0/24"}, {"CidrIp": "192.0.2.1/24"}]),
         "InvalidParameterValue", "The same permission must not appear multiple times"),
        (permission(80, IpRanges=[{"CidrIp": EVERYWHERE, "Description": "é"}]),
         "InvalidParameterValue", None),
        (permission(80, UserIdGroupPairs=[{"GroupId": MISSING}]), "InvalidGroup.NotFound",
         f"The security group '{MISSING}' does not exist"),
        (permission(80, UserIdGroupPairs=[{"GroupName": "nope"}]), "InvalidGroup.NotFound", None),
        (permission(80, PrefixListIds=[{"PrefixListId": "pl-12345678"}]),
         "InvalidPrefixListID.NotFound", "The prefix list ID 'pl-12345678' does not exist"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(
    house: House, given: Any, code: str, message: str | None
) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    there = [
        permission(22),
        permission(-1, protocol="icmp"),
        permission(None, protocol="50"),
    ]
    ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=there)
    before = ingress(house, group_id)

    found = refusal(
        lambda: ec2.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[permission(443), given]
        )
    )

    assert found[0] == code
    assert message is None or found[1] == message
    assert ingress(house, group_id) == before


def test_what_goes_out_has_rules_of_its_own(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    everything = permission(None, protocol="-1")

    assert refusal(
        lambda: ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[everything])
    ) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 0.0.0.0/0, ALL, ALLOW" already exists',
    )
    (gone,) = ec2.revoke_security_group_egress(GroupId=group_id, IpPermissions=[everything])[
        "RevokedSecurityGroupRules"
    ]
    ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[permission(443)])

    assert gone["IsEgress"]
    assert gone["CidrIpv4"] == EVERYWHERE
    (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    assert group["IpPermissionsEgress"] == [
        {"FromPort": 443, "ToPort": 443, **said(protocol="tcp")}
    ]
    assert group["IpPermissions"] == []


def test_the_old_way_to_say_a_rule(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)

    ec2.authorize_security_group_ingress(
        GroupName="web", IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="192.0.2.0/24"
    )
    ec2.authorize_security_group_ingress(GroupId=group_id, SourceSecurityGroupName="default")

    rules = [
        (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) for rule in ingress(house, group_id)
    ]
    assert rules == [("tcp", 80, 80), ("tcp", 0, 65535), ("udp", 0, 65535), ("icmp", -1, -1)]
    ec2.revoke_security_group_ingress(
        GroupId=group_id, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="192.0.2.0/24"
    )
    assert len(ingress(house, group_id)) == 3


def test_rules_are_revoked_by_what_they_say_or_by_their_ids(house: House) -> None:
    ec2, vpc_id = house.ec2(), made_vpc(house)
    group_id = made_group(house, VpcId=vpc_id)
    made = ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[permission(22), permission(80), permission(443)]
    )["SecurityGroupRules"]

    gone = ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[permission(80)])
    also = ec2.revoke_security_group_ingress(
        GroupId=group_id, SecurityGroupRuleIds=[made[2]["SecurityGroupRuleId"]]
    )

    assert [
        (rule["SecurityGroupRuleId"], rule["FromPort"])
        for answer in (gone, also)
        for rule in answer["RevokedSecurityGroupRules"]
    ] == [(made[1]["SecurityGroupRuleId"], 80), (made[2]["SecurityGroupRuleId"], 443)]
    assert [rule["FromPort"] for rule in ingress(house, group_id)] == [22]
    both = [permission(22), permission(80)]
    assert (
        refusal(lambda: ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=both))
        == NOT_IN_GROUP
    )
    assert [rule["FromPort"] for rule in ingress(house, group_id)] == [22]
    missing = "sgr-0123456789abcdef0"
    assert refusal(
        lambda: ec2.revoke_security_group_ingress(GroupId=group_id, SecurityGroupRuleIds=[missing])
    ) == (
        "InvalidSecurityGroupRuleId.NotFound",
        f"The security group rule ID '{missing}' does not exist",
    )
    assert refusal(lambda: ec2.revoke_security_group_ingress(GroupId=group_id)) == (
        "MissingParameter",
        "Either 'ipPermissions' or 'securityGroupRuleIds' should be provided.",
    )


def test_in_a_default_vpc_a_rule_that_is_not_there_is_only_told(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)

    answer = ec2.revoke_security_group_ingress(GroupId=group_id, IpPermissions=[permission(80)])

    (unknown,) = answer["UnknownIpPermissions"]
    assert unknown["FromPort"] == 80
    assert answer["RevokedSecurityGroupRules"] == []


def test_a_group_has_60_rules_in_each_direction(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    sixty: Any = [{"CidrIp": f"192.0.2.{number}/32"} for number in range(60)]

    ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[permission(22, IpRanges=sixty)]
    )
    ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[permission(22, Ipv6Ranges=[{"CidrIpv6": "::/0"}])]
    )

    assert refusal(
        lambda: ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission()])
    ) == (
        "RulesPerSecurityGroupLimitExceeded",
        "The maximum number of rules per security group has been reached.",
    )
    ec2.authorize_security_group_egress(GroupId=group_id, IpPermissions=[permission()])


def test_rules_are_described_anew(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    made = ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[permission(22), permission(80)]
    )["SecurityGroupRules"]
    ranges: Any = [{"CidrIp": EVERYWHERE, "Description": "ssh"}]

    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group_id, IpPermissions=[permission(22, IpRanges=ranges)]
    )
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group_id,
        SecurityGroupRuleDescriptions=[
            {"SecurityGroupRuleId": made[1]["SecurityGroupRuleId"], "Description": "web"}
        ],
    )

    assert [rule["IpRanges"][0]["Description"] for rule in ingress(house, group_id)] == [
        "ssh",
        "web",
    ]
    assert (
        refusal(
            lambda: ec2.update_security_group_rule_descriptions_egress(
                GroupId=group_id, IpPermissions=[permission(22)]
            )
        )
        == NOT_IN_GROUP
    )
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group_id, IpPermissions=[permission(22)]
    )
    assert "Description" not in ingress(house, group_id)[0]["IpRanges"][0]


def test_a_rule_is_modified_in_its_place(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    made = ec2.authorize_security_group_ingress(
        GroupId=group_id, IpPermissions=[permission(22), permission(80)]
    )["SecurityGroupRules"]
    rule_id = made[0]["SecurityGroupRuleId"]

    ec2.modify_security_group_rules(
        GroupId=group_id,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": rule_id,
                "SecurityGroupRule": {
                    "IpProtocol": "tcp",
                    "FromPort": 8000,
                    "ToPort": 8080,
                    "CidrIpv6": "::/0",
                    "Description": "other",
                },
            }
        ],
    )

    (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule_id])[
        "SecurityGroupRules"
    ]
    assert (rule["FromPort"], rule["ToPort"], rule["CidrIpv6"]) == (8000, 8080, "::/0")
    assert rule["Description"] == "other"
    assert "CidrIpv4" not in rule
    same: Any = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIpv4": EVERYWHERE}
    assert (
        refusal(
            lambda: ec2.modify_security_group_rules(
                GroupId=group_id,
                SecurityGroupRules=[{"SecurityGroupRuleId": rule_id, "SecurityGroupRule": same}],
            )
        )[0]
        == "InvalidPermission.Duplicate"
    )


def test_a_rule_cannot_name_a_group_of_another_vpc(house: House) -> None:
    group_id, other = made_group(house), made_group(house, VpcId=made_vpc(house))

    assert refusal(
        lambda: house.ec2().authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[permission(UserIdGroupPairs=[{"GroupId": other}])]
        )
    ) == (
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )


def test_a_dry_run_changes_nothing(house: House) -> None:
    ec2, group_id = house.ec2(), made_group(house)
    attempts: Any = [
        lambda: made_group(house, "other", DryRun=True),
        lambda: ec2.delete_security_group(GroupId=group_id, DryRun=True),
        lambda: ec2.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[permission()], DryRun=True
        ),
        lambda: ec2.revoke_security_group_egress(
            GroupId=group_id, IpPermissions=[permission(None, protocol="-1")], DryRun=True
        ),
    ]

    for attempt in attempts:
        assert refusal(attempt)[0] == "DryRunOperation"
    (group,) = ec2.describe_security_groups(GroupIds=[group_id])["SecurityGroups"]
    assert group["IpPermissions"] == []
    assert group["IpPermissionsEgress"] != []
    assert len(ec2.describe_security_groups()["SecurityGroups"]) == 2


def test_nobody_changes_the_groups_of_another(house: House, friend: House) -> None:
    group_id, other = made_group(house), friend.ec2()

    for attempt in (
        lambda: other.delete_security_group(GroupId=group_id),
        lambda: other.authorize_security_group_ingress(
            GroupId=group_id, IpPermissions=[permission()]
        ),
        lambda: other.describe_security_groups(GroupIds=[group_id]),
    ):
        assert refusal(attempt)[0] == "InvalidGroup.NotFound"
