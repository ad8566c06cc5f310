"""Who may use a key: what its policy, the caller's policies and grants say, as callers see it."""

import json
from typing import Any

import pytest

from tests.house import House
from tests.iam.test_session_rights import Worker, statement
from tests.kms.conftest import arn, refusal

FOREIGN = (
    "AccessDeniedException",
    "User: {} is not authorized to perform: kms:{} on this resource because the resource does not "
    "exist in this Region, no resource-based policies allow access, or a resource-based policy "
    "explicitly denies access",
)


def policy(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def to(principal: str, action: Any = "kms:*", **condition: Any) -> Any:
    return {**statement(action, "*", **condition), "Principal": {"AWS": principal}}


def root(house: House) -> str:
    return f"arn:aws:iam::{house.account_id}:root"


def not_allowed(worker: Worker, action: str, key: str, why: str = "identity-based") -> Any:
    return (
        "AccessDeniedException",
        f"User: {worker.arn} is not authorized to perform: kms:{action} on resource: "
        f"{arn(worker.house, f'key/{key}')} because no {why} policy allows the kms:{action} action",
    )


def test_a_session_may_with_a_key_what_its_role_may(house: House, kms: Any, key_id: str) -> None:
    worker = Worker(house, statement(["kms:Encrypt", "kms:DescribeKey"], arn(house, "key/*")))
    mine = worker.client("kms")

    sealed = mine.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]

    assert refusal(mine.decrypt, CiphertextBlob=sealed) == not_allowed(worker, "Decrypt", key_id)
    assert refusal(mine.disable_key, KeyId=key_id) == not_allowed(worker, "DisableKey", key_id)
    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"


def test_a_key_that_is_for_its_root_alone(house: House, kms: Any) -> None:
    alone = {"StringLike": {"aws:PrincipalArn": "*:root"}}
    key_id = kms.create_key(Policy=policy(to(root(house), **alone)))["KeyMetadata"]["KeyId"]
    worker = Worker(house, statement("kms:*"))

    assert refusal(worker.client("kms").describe_key, KeyId=key_id) == not_allowed(
        worker, "DescribeKey", key_id, "resource-based"
    )


def test_a_key_can_let_a_role_in_by_itself(house: House, kms: Any, key_id: str) -> None:
    worker = Worker(house)
    kms.put_key_policy(
        KeyId=key_id, Policy=policy(to(root(house)), to(worker.role, "kms:GenerateDataKey"))
    )

    assert worker.client("kms").generate_data_key(KeyId=key_id, KeySpec="AES_256")["Plaintext"]


def test_a_grant_lends_a_key_for_one_context(house: House, kms: Any, key_id: str) -> None:
    worker = Worker(house)
    mine = worker.client("kms")
    grant = kms.create_grant(
        KeyId=key_id,
        GranteePrincipal=worker.role,
        Operations=["Encrypt", "Decrypt", "RetireGrant"],
        Constraints={"EncryptionContextSubset": {"disk": "1"}},
    )

    sealed = mine.encrypt(KeyId=key_id, Plaintext=b"x", EncryptionContext={"disk": "1", "a": "b"})
    opened = mine.decrypt(
        CiphertextBlob=sealed["CiphertextBlob"], EncryptionContext={"disk": "1", "a": "b"}
    )

    assert opened["Plaintext"] == b"x"
    assert refusal(mine.encrypt, KeyId=key_id, Plaintext=b"x", EncryptionContext={"disk": "2"}) == (
        not_allowed(worker, "Encrypt", key_id)
    )
    mine.retire_grant(GrantToken=grant["GrantToken"])
    assert refusal(mine.encrypt, KeyId=key_id, Plaintext=b"x", EncryptionContext={"disk": "1"}) == (
        not_allowed(worker, "Encrypt", key_id)
    )


def test_who_may_give_a_grant_back(house: House, kms: Any, key_id: str) -> None:
    worker = Worker(house)
    lent: Any = {"KeyId": key_id, "GranteePrincipal": worker.role, "Operations": ["Decrypt"]}
    kept = kms.create_grant(**lent)
    given = kms.create_grant(**lent, RetiringPrincipal=worker.role)
    mine = worker.client("kms")

    assert refusal(mine.retire_grant, GrantToken=kept["GrantToken"]) == not_allowed(
        worker, "RetireGrant", key_id
    )
    mine.retire_grant(KeyId=arn(house, f"key/{key_id}"), GrantId=given["GrantId"])
    assert [each["GrantId"] for each in kms.list_grants(KeyId=key_id)["Grants"]] == [
        kept["GrantId"]
    ]


def test_another_account_uses_a_key_that_lets_it(house: House, friend: House, kms: Any) -> None:
    use = ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:DisableKey"]
    made = kms.create_key(Policy=policy(to(root(house)), to(root(friend), use)))["KeyMetadata"]
    theirs = friend.kms()
    kms.create_alias(AliasName="alias/shared", TargetKeyId=made["KeyId"])

    sealed = theirs.encrypt(KeyId=made["Arn"], Plaintext=b"x")["CiphertextBlob"]

    assert kms.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    assert theirs.decrypt(CiphertextBlob=sealed)["Plaintext"] == b"x"
    found = theirs.describe_key(KeyId=arn(house, "alias/shared"))["KeyMetadata"]
    assert found["AWSAccountId"] == house.account_id
    for call, action in (
        (theirs.list_grants, "ListGrants"),  # not in the policy
        (theirs.disable_key, "DisableKey"),  # nobody does that to another account's key
    ):
        expected = (FOREIGN[0], FOREIGN[1].format(root(friend), action))
        assert refusal(call, KeyId=made["Arn"]) == expected


def test_a_role_of_another_account_needs_both_sides(house: House, friend: House, kms: Any) -> None:
    made = kms.create_key(Policy=policy(to(root(house)), to(root(friend))))["KeyMetadata"]
    worker = Worker(friend)
    theirs = worker.client("kms")

    expected = (FOREIGN[0], FOREIGN[1].format(worker.arn, "Encrypt"))
    assert refusal(theirs.encrypt, KeyId=made["Arn"], Plaintext=b"x") == expected
    worker.may(statement("kms:Encrypt", made["Arn"]))
    assert theirs.encrypt(KeyId=made["Arn"], Plaintext=b"x")["KeyId"] == made["Arn"]


def test_a_stranger_cannot_tell_whether_a_key_is_there(house: House, friend: House) -> None:
    there = house.kms().create_key()["KeyMetadata"]["Arn"]
    nowhere = arn(house, "key/01234567-89ab-cdef-0123-456789abcdef")
    alias = arn(house, "alias/none")
    theirs = friend.kms()
    sealed = house.kms().encrypt(KeyId=there, Plaintext=b"x")["CiphertextBlob"]

    expected = (FOREIGN[0], FOREIGN[1].format(root(friend), "DescribeKey"))
    for each in (there, nowhere, alias):
        assert refusal(theirs.describe_key, KeyId=each) == expected
    assert refusal(theirs.decrypt, CiphertextBlob=sealed)[1].startswith("The ciphertext refers to")


@pytest.mark.parametrize(
    ("condition", "good"),
    [
        ({"StringEquals": {"kms:EncryptionContext:disk": "1"}}, True),
        ({"StringEquals": {"kms:EncryptionContext:disk": "2"}}, False),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["disk"]}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "disks"}}, True),
        ({"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}, False),
        ({"StringLike": {"kms:RequestAlias": "alias/mi*"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, False),
    ],
)
def test_conditions_of_a_key(house: House, kms: Any, condition: Any, good: bool) -> None:
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "disks"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    mine = Worker(house, statement("kms:Encrypt", "*", **condition)).client("kms")
    asked: Any = {
        "KeyId": "alias/mine", "Plaintext": b"x", "EncryptionContext": {"disk": "1"},
    }  # fmt: skip

    if good:
        assert mine.encrypt(**asked)["CiphertextBlob"]
    else:
        assert refusal(mine.encrypt, **asked)[0] == "AccessDeniedException"


def test_an_alias_takes_rights_on_itself_and_on_its_key(house: House, key_id: str) -> None:
    worker = Worker(house, statement("kms:CreateAlias", arn(house, f"key/{key_id}")))
    mine = worker.client("kms")
    asked: Any = {"AliasName": "alias/new", "TargetKeyId": key_id}

    code, message = refusal(mine.create_alias, **asked)
    assert code == "AccessDeniedException"
    assert f"kms:CreateAlias on resource: {arn(house, 'alias/new')} because" in message
    worker.may(statement("kms:*Alias", [arn(house, f"key/{key_id}"), arn(house, "alias/new")]))
    mine.create_alias(**asked)
    mine.delete_alias(AliasName="alias/new")


def test_a_grant_is_made_as_conditions_want_it(house: House, kms: Any, key_id: str) -> None:
    few: Any = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt"]}}
    mine = Worker(house, statement("kms:CreateGrant", "*", **few)).client("kms")
    asked: Any = {"KeyId": key_id, "GranteePrincipal": root(house)}

    assert mine.create_grant(**asked, Operations=["Decrypt"])["GrantId"]
    refused = refusal(mine.create_grant, **asked, Operations=["Decrypt", "Encrypt"])
    assert refused[0] == "AccessDeniedException"


def test_a_session_cannot_lock_itself_out(house: House, kms: Any) -> None:
    worker = Worker(house, statement("kms:*"))
    alone = policy(to(root(house), **{"StringLike": {"aws:PrincipalArn": "*:root"}}))

    code, _ = refusal(worker.client("kms").create_key, Policy=alone)

    assert code == "MalformedPolicyDocumentException"
    assert kms.create_key(Policy=alone)["KeyMetadata"]["KeyId"]
