"""Roles: made, shown, listed, changed and deleted, as boto3 sees them."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import httpx
import pytest

from tests.house import House
from tests.iam.conftest import POLICY, SERVICE_TRUST, TRUST, refusal


def test_a_role_is_what_was_asked_for(house: House, iam: Any) -> None:
    made = iam.create_role(
        RoleName="vmimport",
        Path="/imports/",
        AssumeRolePolicyDocument=TRUST,
        Description="for imports",
        MaxSessionDuration=7200,
        Tags=[{"Key": "Team", "Value": ""}],
    )["Role"]
    shown = iam.get_role(RoleName="vmimport")["Role"]

    assert shown["Arn"] == f"arn:aws:iam::{house.account_id}:role/imports/vmimport"
    assert re.fullmatch("AROA[A-Z2-7]{17}", shown["RoleId"])
    assert datetime.now(UTC) - shown["CreateDate"] < timedelta(minutes=1)
    assert shown["AssumeRolePolicyDocument"] == SERVICE_TRUST
    assert shown["Description"] == "for imports"
    assert shown["MaxSessionDuration"] == 7200
    assert shown["Tags"] == [{"Key": "Team", "Value": ""}]
    assert shown["RoleLastUsed"] == {}
    assert {**made, "RoleLastUsed": {}} == shown


def test_a_set_up_asks_creates_and_puts(iam: Any) -> None:
    missing = refusal(iam.get_role, RoleName="vmimport")
    iam.create_role(RoleName="vmimport", AssumeRolePolicyDocument=TRUST)
    again = refusal(iam.create_role, RoleName="VMimport", AssumeRolePolicyDocument=TRUST)

    assert missing == (404, "NoSuchEntity", "The role with name vmimport cannot be found.")
    assert again == (409, "EntityAlreadyExists", "Role with name VMimport already exists.")


def test_documents_are_percent_encoded_on_the_wire_as_they_were_written(house: House) -> None:
    house.iam().create_role(RoleName="vmimport", AssumeRolePolicyDocument=TRUST)

    answer = httpx.post(
        house.endpoint,
        data={"Action": "GetRole", "Version": "2010-05-08", "RoleName": "vmimport"},
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 Credential={house.account_id}/20260101/us-east-1"
            "/iam/aws4_request, SignedHeaders=host, Signature=00"
        },
    )

    found = re.search("<AssumeRolePolicyDocument>(.*)</AssumeRolePolicyDocument>", answer.text)
    assert found is not None
    assert found[1].startswith("%7B%0A%20%22Version%22%3A%20%222012-10-17%22%2C")
    assert unquote(found[1]) == TRUST


def test_roles_are_the_accounts_in_every_region(house: House, role: str) -> None:
    elsewhere = house.iam(region="eu-central-1")

    assert elsewhere.get_role(RoleName=role)["Role"]["RoleName"] == role


def test_no_account_sees_the_roles_of_another(house: House, role: str) -> None:
    stranger = House(house.server).iam()

    assert refusal(stranger.get_role, RoleName=role)[1] == "NoSuchEntity"
    assert stranger.list_roles()["Roles"] == []
    stranger.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)


def test_roles_are_listed_by_name_and_path_page_by_page(iam: Any) -> None:
    for name in ("b", "C", "a", "d"):
        path = "/one/" if name in "ab" else "/two/"
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=TRUST)

    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 3}))
    below = iam.list_roles(PathPrefix="/one")["Roles"]

    assert [[role["RoleName"] for role in page["Roles"]] for page in pages] == [
        ["a", "b", "C"],
        ["d"],
    ]
    assert [page["IsTruncated"] for page in pages] == [True, False]
    assert [role["RoleName"] for role in below] == ["a", "b"]
    assert below[0]["AssumeRolePolicyDocument"] == SERVICE_TRUST
    assert refusal(iam.list_roles, Marker="bm9uZQ==")[1:] == ("ValidationError", "Invalid Marker.")


def test_nothing_is_left_out_or_repeated_while_roles_come_and_go(iam: Any) -> None:
    for name in ("a", "b", "d"):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)

    first = iam.list_roles(MaxItems=2)
    iam.delete_role(RoleName="b")
    iam.create_role(RoleName="aa", AssumeRolePolicyDocument=TRUST)
    rest = iam.list_roles(Marker=first["Marker"])

    assert [role["RoleName"] for role in first["Roles"] + rest["Roles"]] == ["a", "b", "d"]


def test_a_role_changes_only_where_it_is_asked_to(iam: Any, role: str) -> None:
    other = {**SERVICE_TRUST, "Id": "other"}

    iam.update_role(RoleName=role, Description="new")
    iam.update_role(RoleName=role, MaxSessionDuration=43200)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(other))
    shown = iam.get_role(RoleName=role)["Role"]
    described = iam.update_role_description(RoleName=role, Description="newer")["Role"]

    assert (shown["Description"], shown["MaxSessionDuration"]) == ("new", 43200)
    assert shown["AssumeRolePolicyDocument"] == other
    assert described["Description"] == "newer"


def test_a_role_goes_when_its_policies_have_gone(iam: Any, role: str, policy: str) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="own", PolicyDocument=POLICY)
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=policy)

    with_both = refusal(iam.delete_role, RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="own")
    with_one = refusal(iam.delete_role, RoleName=role)
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    iam.delete_role(RoleName=role)

    conflict = (409, "DeleteConflict")
    assert with_both == (*conflict, "Cannot delete entity, must delete policies first.")
    assert with_one == (*conflict, "Cannot delete entity, must detach all policies first.")
    assert refusal(iam.delete_role, RoleName=role)[1] == "NoSuchEntity"
    assert iam.get_policy(PolicyArn=policy)["Policy"]["PermissionsBoundaryUsageCount"] == 0


def test_a_boundary_is_a_policy_that_exists(house: House, iam: Any, policy: str) -> None:
    missing = f"arn:aws:iam::{house.account_id}:policy/none"
    role = {"RoleName": "bound", "AssumeRolePolicyDocument": TRUST}

    refused = refusal(iam.create_role, **role, PermissionsBoundary=missing)
    iam.create_role(**role, PermissionsBoundary=policy)
    shown = iam.get_role(RoleName="bound")["Role"]["PermissionsBoundary"]
    held = refusal(iam.delete_policy, PolicyArn=policy)
    iam.delete_role_permissions_boundary(RoleName="bound")

    assert refused == (
        404,
        "NoSuchEntity",
        f"Scope ARN: {missing} does not exist or is not attachable.",
    )
    assert shown == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": policy}
    assert held[1] == "DeleteConflict"
    assert "PermissionsBoundary" not in iam.get_role(RoleName="bound")["Role"]
    assert refusal(iam.delete_role_permissions_boundary, RoleName="bound")[1] == "NoSuchEntity"
    iam.delete_policy(PolicyArn=policy)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("not JSON", "This policy contains invalid Json"),
        (TRUST.replace('"Action"', '"Resource": "*", "Action"'), "Has prohibited field Resource"),
        (TRUST.replace("sts:Assume", "s3:Get"), "AssumeRole policy may only specify STS"),
    ],
)
def test_a_trust_that_is_none_is_refused(iam: Any, role: str, document: str, reason: str) -> None:
    made = refusal(iam.create_role, RoleName="new", AssumeRolePolicyDocument=document)
    changed = refusal(iam.update_assume_role_policy, RoleName=role, PolicyDocument=document)

    assert made[:2] == changed[:2] == (400, "MalformedPolicyDocument")
    assert made[2].startswith(reason)
    assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == SERVICE_TRUST


def test_a_trust_has_at_most_2048_characters_without_space(iam: Any) -> None:
    text = json.dumps(SERVICE_TRUST).replace("vmimport", "x" * 2048)

    refused = refusal(iam.create_role, RoleName="new", AssumeRolePolicyDocument=text)
    iam.create_role(RoleName="new", AssumeRolePolicyDocument=TRUST + " " * 3000)

    assert refused == (409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")


def test_an_account_in_china_has_arns_of_its_partition(house: House) -> None:
    china = house.iam(region="cn-north-1")
    made = china.create_role(RoleName="vmimport", AssumeRolePolicyDocument=TRUST)["Role"]

    assert made["Arn"] == f"arn:aws-cn:iam::{house.account_id}:role/vmimport"


def test_a_role_has_no_instance_profiles(iam: Any, role: str) -> None:
    assert iam.list_instance_profiles_for_role(RoleName=role)["InstanceProfiles"] == []
    assert refusal(iam.list_instance_profiles_for_role, RoleName="none")[1] == "NoSuchEntity"
