"""Managed policies and their versions."""

import json
import re
from typing import Any

import pytest

from tests.house import House
from tests.iam.conftest import POLICY, READING, TRUST, refusal

OTHER = json.dumps({**READING, "Id": "other"})
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_policy_is_what_was_asked_for(house: House, iam: Any) -> None:
    made = iam.create_policy(
        PolicyName="reading",
        Path="/a/b/",
        PolicyDocument=POLICY,
        Description="reads",
        Tags=[{"Key": "k", "Value": "v"}],
    )["Policy"]
    shown = iam.get_policy(PolicyArn=made["Arn"])["Policy"]

    assert made["Arn"] == f"arn:aws:iam::{house.account_id}:policy/a/b/reading"
    assert re.fullmatch("ANPA[A-Z2-7]{17}", made["PolicyId"])
    assert made["DefaultVersionId"] == "v1"
    assert made["IsAttachable"] is True
    assert (made["AttachmentCount"], made["PermissionsBoundaryUsageCount"]) == (0, 0)
    assert made["CreateDate"] == made["UpdateDate"]
    assert shown == {**made, "Description": "reads"}


def test_a_name_is_taken_whatever_its_path_and_case(iam: Any, policy: str) -> None:
    again = refusal(iam.create_policy, PolicyName="READING", Path="/x/", PolicyDocument=POLICY)

    assert again == (
        409,
        "EntityAlreadyExists",
        "A policy called READING already exists. Duplicate names are not allowed.",
    )


@pytest.mark.parametrize("text", ["x", "[]", TRUST, POLICY.replace("2012-10-17", "2008-10-17")])
def test_a_document_that_is_none_is_refused(iam: Any, policy: str, text: str) -> None:
    made = refusal(iam.create_policy, PolicyName="new", PolicyDocument=text)
    added = refusal(iam.create_policy_version, PolicyArn=policy, PolicyDocument=text)

    assert made[:2] == added[:2] == (400, "MalformedPolicyDocument")


def test_a_document_has_at_most_6144_characters(iam: Any) -> None:
    text = json.dumps({**READING, "Id": "x" * 6144})

    refused = refusal(iam.create_policy, PolicyName="new", PolicyDocument=text)

    assert refused == (409, "LimitExceeded", "Cannot exceed quota for PolicySize: 6144")


def test_versions_are_added_shown_chosen_and_deleted(iam: Any, policy: str) -> None:
    second = iam.create_policy_version(PolicyArn=policy, PolicyDocument=OTHER)["PolicyVersion"]
    before = iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"]
    held = refusal(iam.delete_policy, PolicyArn=policy)
    iam.set_default_policy_version(PolicyArn=policy, VersionId="v2")
    default = refusal(iam.delete_policy_version, PolicyArn=policy, VersionId="v2")
    shown = iam.get_policy_version(PolicyArn=policy, VersionId="v2")["PolicyVersion"]
    iam.delete_policy_version(PolicyArn=policy, VersionId="v1")
    third = iam.create_policy_version(PolicyArn=policy, PolicyDocument=POLICY, SetAsDefault=True)[
        "PolicyVersion"
    ]

    assert (second["VersionId"], second["IsDefaultVersion"], before) == ("v2", False, "v1")
    assert "Document" not in second
    assert (shown["Document"], shown["IsDefaultVersion"]) == (json.loads(OTHER), True)
    assert (third["VersionId"], third["IsDefaultVersion"]) == ("v3", True)
    listed = iam.list_policy_versions(PolicyArn=policy)["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in listed] == [
        ("v3", True),
        ("v2", False),
    ]
    assert held[:2] == default[:2] == (409, "DeleteConflict")
    assert held[2].startswith("This policy has more than one version.")
    assert default[2] == "Cannot delete the default version of a policy."


def test_a_policy_has_at_most_five_versions(iam: Any, policy: str) -> None:
    for _ in range(4):
        iam.create_policy_version(PolicyArn=policy, PolicyDocument=POLICY)

    refused = refusal(iam.create_policy_version, PolicyArn=policy, PolicyDocument=POLICY)
    pages = iam.get_paginator("list_policy_versions").paginate(
        PolicyArn=policy, PaginationConfig={"PageSize": 2}
    )

    assert refused[:2] == (409, "LimitExceeded")
    assert refused[2].startswith("A managed policy can have up to 5 versions.")
    named = [[each["VersionId"] for each in page["Versions"]] for page in pages]
    assert named == [["v5", "v4"], ["v3", "v2"], ["v1"]]


def test_a_version_that_is_not_there(iam: Any, policy: str) -> None:
    for call in (
        iam.get_policy_version,
        iam.delete_policy_version,
        iam.set_default_policy_version,
    ):
        assert refusal(call, PolicyArn=policy, VersionId="v7") == (
            404,
            "NoSuchEntity",
            f"Policy {policy} version v7 does not exist or is not attachable.",
        )


def test_policies_are_listed_by_scope_path_and_use(iam: Any, role: str, policy: str) -> None:
    below = iam.create_policy(PolicyName="below", Path="/p/", PolicyDocument=POLICY)["Policy"]
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=below["Arn"])

    def listed(**members: Any) -> list[str]:
        pages = iam.get_paginator("list_policies").paginate(
            **members, PaginationConfig={"PageSize": 2}
        )
        return [each["PolicyName"] for page in pages for each in page["Policies"]]

    of_aws = listed(Scope="AWS")
    assert {"AdministratorAccess", "AmazonS3FullAccess", "AmazonEC2FullAccess"} <= set(of_aws)
    assert listed(Scope="Local") == ["below", "reading"]
    assert listed() == sorted([*of_aws, "below", "reading"], key=str.lower)
    assert listed(Scope="Local", PathPrefix="/p/") == ["below"]
    assert listed(OnlyAttached=True) == ["below", "reading"]
    assert listed(PolicyUsageFilter="PermissionsBoundary") == ["below"]
    assert listed(PolicyUsageFilter="PermissionsPolicy") == ["reading"]


def test_an_attached_policy_stays(iam: Any, role: str, policy: str) -> None:
    iam.attach_role_policy(RoleName=role, PolicyArn=policy)
    held = refusal(iam.delete_policy, PolicyArn=policy)
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)
    iam.delete_policy(PolicyArn=policy)

    assert held == (409, "DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refusal(iam.get_policy, PolicyArn=policy) == (
        404,
        "NoSuchEntity",
        f"Policy {policy} was not found.",
    )


def test_a_policy_of_aws_is_shown_and_never_changed(iam: Any) -> None:
    shown = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    version = iam.get_policy_version(PolicyArn=ADMINISTRATOR, VersionId="v1")["PolicyVersion"]

    assert shown["PolicyName"] == "AdministratorAccess"
    assert version["Document"]["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    assert refusal(iam.delete_policy, PolicyArn=ADMINISTRATOR)[:2] == (403, "AccessDenied")
    added = refusal(iam.create_policy_version, PolicyArn=ADMINISTRATOR, PolicyDocument=POLICY)
    assert added[:2] == (403, "AccessDenied")
