"""The policies of a role: inline ones, and managed ones that are attached."""

import json
from typing import Any

from tests.house import House
from tests.iam.conftest import POLICY, READING, TRUST, refusal

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def test_an_inline_policy_is_put_shown_replaced_and_deleted(iam: Any, role: str) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="vmimport", PolicyDocument=POLICY)
    shown = iam.get_role_policy(RoleName=role, PolicyName="vmimport")
    other = {**READING, "Id": "other"}
    iam.put_role_policy(RoleName=role, PolicyName="vmimport", PolicyDocument=json.dumps(other))
    replaced = iam.get_role_policy(RoleName=role, PolicyName="vmimport")["PolicyDocument"]
    named = iam.list_role_policies(RoleName=role)
    iam.delete_role_policy(RoleName=role, PolicyName="vmimport")

    assert (shown["RoleName"], shown["PolicyName"]) == (role, "vmimport")
    assert shown["PolicyDocument"] == READING
    assert replaced == other
    assert (named["PolicyNames"], named["IsTruncated"]) == (["vmimport"], False)
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == []


def test_inline_policies_are_listed_page_by_page(iam: Any, role: str) -> None:
    for name in ("c", "a", "b"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=POLICY)

    pages = iam.get_paginator("list_role_policies").paginate(
        RoleName=role, PaginationConfig={"PageSize": 2}
    )

    assert [page["PolicyNames"] for page in pages] == [["a", "b"], ["c"]]


def test_what_is_not_there_is_told(iam: Any, role: str) -> None:
    own = {"RoleName": role, "PolicyName": "none"}
    missing = (404, "NoSuchEntity", "The role policy with name none cannot be found.")

    assert refusal(iam.get_role_policy, **own) == missing
    assert refusal(iam.delete_role_policy, **own) == missing
    for call in (iam.list_role_policies, iam.list_attached_role_policies):
        assert refusal(call, RoleName="none")[1] == "NoSuchEntity"
    put = refusal(iam.put_role_policy, RoleName="none", PolicyName="p", PolicyDocument=POLICY)
    assert put == (404, "NoSuchEntity", "The role with name none cannot be found.")


def test_a_document_that_is_none_is_refused_and_nothing_changes(iam: Any, role: str) -> None:
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=POLICY)
    for text in ("x", "{}", TRUST, POLICY.replace("s3:Get*", "Get*"), POLICY[:-1]):
        refused = refusal(iam.put_role_policy, RoleName=role, PolicyName="p", PolicyDocument=text)

        assert refused[:2] == (400, "MalformedPolicyDocument"), text
    assert iam.get_role_policy(RoleName=role, PolicyName="p")["PolicyDocument"] == READING


def test_inline_policies_have_10240_characters_together(iam: Any, role: str) -> None:
    text = json.dumps({**READING, "Id": "x" * 5000})
    for name in ("one", "two"):
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=text)

    refused = refusal(iam.put_role_policy, RoleName=role, PolicyName="three", PolicyDocument=text)

    assert refused == (
        409,
        "LimitExceeded",
        "Maximum policy size of 10240 bytes exceeded for role vmimport",
    )


def test_managed_policies_are_attached_and_detached(iam: Any, role: str, policy: str) -> None:
    for arn in (policy, ADMINISTRATOR, policy):
        iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName=role)
    count = iam.get_policy(PolicyArn=policy)["Policy"]["AttachmentCount"]
    entities = iam.list_entities_for_policy(PolicyArn=policy)
    iam.detach_role_policy(RoleName=role, PolicyArn=policy)

    assert attached["AttachedPolicies"] == [
        {"PolicyName": "AdministratorAccess", "PolicyArn": ADMINISTRATOR},
        {"PolicyName": "reading", "PolicyArn": policy},
    ]
    assert attached["IsTruncated"] is False
    assert count == 1
    assert [each["RoleName"] for each in entities["PolicyRoles"]] == [role]
    assert (entities["PolicyUsers"], entities["PolicyGroups"]) == ([], [])
    assert len(iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]) == 1
    assert refusal(iam.detach_role_policy, RoleName=role, PolicyArn=policy) == (
        404,
        "NoSuchEntity",
        f"Policy {policy} was not found.",
    )


def test_a_policy_to_attach_exists_and_is_the_accounts(
    house: House, iam: Any, role: str, policy: str
) -> None:
    missing = f"arn:aws:iam::{house.account_id}:policy/none"
    stranger = House(house.server).iam()
    stranger.create_role(RoleName=role, AssumeRolePolicyDocument=TRUST)

    refused = refusal(iam.attach_role_policy, RoleName=role, PolicyArn=missing)
    no_arn = refusal(iam.attach_role_policy, RoleName=role, PolicyArn="policy/of/no/account")
    foreign = refusal(stranger.attach_role_policy, RoleName=role, PolicyArn=policy)

    assert refused == (
        404,
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
    )
    assert no_arn == (400, "InvalidInput", "ARN policy/of/no/account is not valid.")
    assert foreign[:2] == (404, "NoSuchEntity")
    assert refusal(stranger.get_policy, PolicyArn=policy)[:2] == (404, "NoSuchEntity")


def test_a_role_has_at_most_ten_managed_policies(iam: Any, role: str) -> None:
    for number in range(11):
        made = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=POLICY)["Policy"]
        if number < 10:
            iam.attach_role_policy(RoleName=role, PolicyArn=made["Arn"])

    refused = refusal(iam.attach_role_policy, RoleName=role, PolicyArn=made["Arn"])

    assert refused == (409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")


def test_attached_policies_are_listed_by_path_page_by_page(iam: Any, role: str) -> None:
    for name in ("c", "a", "b"):
        path = "/other/" if name == "b" else "/mine/"
        made = iam.create_policy(PolicyName=name, Path=path, PolicyDocument=POLICY)
        iam.attach_role_policy(RoleName=role, PolicyArn=made["Policy"]["Arn"])

    pages = iam.get_paginator("list_attached_role_policies").paginate(
        RoleName=role, PathPrefix="/mine/", PaginationConfig={"PageSize": 1}
    )

    named = [[each["PolicyName"] for each in page["AttachedPolicies"]] for page in pages]
    assert named == [["a"], ["c"]]
