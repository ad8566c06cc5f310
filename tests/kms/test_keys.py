"""Keys and what can be done with them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.house import House
from tests.kms.conftest import NOWHERE, arn, let_its_days_pass, refusal


def test_a_new_key(house: House, kms: Any) -> None:
    before = datetime.now(UTC)
    made = kms.create_key(Description="for disks")["KeyMetadata"]

    key_id = made["KeyId"]
    assert before - timedelta(seconds=1) < made.pop("CreationDate") < datetime.now(UTC)
    assert made == {
        "AWSAccountId": house.account_id,
        "KeyId": key_id,
        "Arn": arn(house, f"key/{key_id}"),
        "Enabled": True,
        "Description": "for disks",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeyState": "Enabled",
        "Origin": "AWS_KMS",
        "KeyManager": "CUSTOMER",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "MultiRegion": False,
    }


def test_a_key_is_described_by_all_its_names(house: House, kms: Any, key_id: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)

    for name in (
        key_id,
        arn(house, f"key/{key_id}"),
        "alias/mine",
        arn(house, "alias/mine"),
    ):
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"] == key_id


def test_keys_are_listed_page_by_page(house: House, kms: Any) -> None:
    made = [kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(5)]

    pages = list(kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}))

    listed = [key for page in pages for key in page["Keys"]]
    assert [len(page["Keys"]) for page in pages] == [2, 2, 1]
    assert [page["Truncated"] for page in pages] == [True, True, False]
    assert [key["KeyId"] for key in listed] == made
    assert listed[0]["KeyArn"] == arn(house, f"key/{made[0]}")


def test_a_key_belongs_to_its_account_and_region(house: House, friend: House, key_id: str) -> None:
    there = arn(house, f"key/{key_id}")

    assert friend.kms().list_keys()["Keys"] == []
    assert house.kms(region="eu-west-1").list_keys()["Keys"] == []
    assert refusal(house.kms(region="eu-west-1").describe_key, KeyId=there) == (
        "NotFoundException",
        "Invalid arn us-east-1",
    )
    assert refusal(house.kms(region="eu-west-1").describe_key, KeyId=key_id) == (
        "NotFoundException",
        f"Key '{arn(house, f'key/{key_id}', 'eu-west-1')}' does not exist",
    )
    assert refusal(friend.kms().describe_key, KeyId=key_id) == (
        "NotFoundException",
        f"Key '{arn(friend, f'key/{key_id}')}' does not exist",
    )


@pytest.mark.parametrize("name", ["key/{}", f"key/{NOWHERE}", "alias/mine", "alias/aws/ebs"])
def test_a_foreign_key_is_refused_be_it_there_or_not(
    house: House, friend: House, key_id: str, name: str
) -> None:
    there = arn(house, name.format(key_id))

    code, message = refusal(friend.kms().describe_key, KeyId=there)

    assert code == "AccessDeniedException"
    assert message == (
        f"User: arn:aws:iam::{friend.account_id}:root is not authorized to perform: "
        "kms:DescribeKey on this resource because the resource does not exist in this Region, no "
        "resource-based policies allow access, or a resource-based policy explicitly denies access"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (NOWHERE, "Key '{arn}key/" + NOWHERE + "' does not exist"),
        ("{arn}key/" + NOWHERE, "Key '{arn}key/" + NOWHERE + "' does not exist"),
        ("alias/none", "Alias {arn}alias/none is not found."),
        ("{arn}alias/none", "Alias {arn}alias/none is not found."),
        ("nonsense", "Invalid keyId 'nonsense'"),
        ("key/" + NOWHERE, "Invalid keyId 'key/" + NOWHERE + "'"),
        ("{arn}" + NOWHERE, "Invalid keyId '{arn}" + NOWHERE + "'"),
        ("arn:aws:s3:::bucket", "Invalid keyId 'arn:aws:s3:::bucket'"),
    ],
)
def test_a_key_that_is_not_there(house: House, kms: Any, name: str, message: str) -> None:
    prefix = arn(house, "")

    assert refusal(kms.describe_key, KeyId=name.format(arn=prefix)) == (
        "NotFoundException",
        message.format(arn=prefix),
    )


def test_actions_that_take_no_alias(kms: Any, key_id: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    request = {"KeyId": "alias/mine"}
    expected = ("NotFoundException", "Invalid keyId 'alias/mine'")

    for attempt in (
        kms.enable_key, kms.disable_key, kms.schedule_key_deletion, kms.cancel_key_deletion,
        kms.get_key_policy, kms.list_grants, kms.list_resource_tags,
    ):  # fmt: skip
        assert refusal(attempt, **request) == expected
    assert refusal(kms.untag_resource, **request, TagKeys=["a"]) == expected
    assert refusal(kms.tag_resource, **request, Tags=[]) == expected


@pytest.mark.parametrize(
    "kind",
    [
        {"KeySpec": "RSA_2048"},
        {"CustomerMasterKeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY"},
        {"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"},
        {"Origin": "EXTERNAL"},
        {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1234567890abcdef0"},
        {"MultiRegion": True},
    ],
)
def test_kinds_of_keys_that_are_not_made_here(kms: Any, kind: dict[str, Any]) -> None:
    code, message = refusal(kms.create_key, **kind)

    assert code == "UnsupportedOperationException"
    assert "not supported here" in message


def test_a_symmetric_key_cannot_sign(kms: Any) -> None:
    assert refusal(kms.create_key, KeyUsage="SIGN_VERIFY") == (
        "ValidationException",
        "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT",
    )


# states ------------------------------------------------------------------------------------------


def state(kms: Any, key_id: str) -> tuple[str, bool]:
    described = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    return described["KeyState"], described["Enabled"]


def test_a_key_is_disabled_and_enabled_again(house: House, kms: Any, key_id: str) -> None:
    kms.disable_key(KeyId=key_id)
    kms.disable_key(KeyId=key_id)
    assert state(kms, key_id) == ("Disabled", False)
    assert refusal(kms.encrypt, KeyId=key_id, Plaintext=b"x") == (
        "DisabledException",
        f"{arn(house, f'key/{key_id}')} is disabled.",
    )

    kms.enable_key(KeyId=arn(house, f"key/{key_id}"))
    assert state(kms, key_id) == ("Enabled", True)
    assert kms.encrypt(KeyId=key_id, Plaintext=b"x")


def test_a_deletion_is_scheduled_and_cancelled(house: House, kms: Any, key_id: str) -> None:
    scheduled = kms.schedule_key_deletion(KeyId=key_id, PendingWindowInDays=7)

    left = scheduled["DeletionDate"] - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert scheduled["KeyId"] == arn(house, f"key/{key_id}")
    assert scheduled["KeyState"] == "PendingDeletion"
    assert scheduled["PendingWindowInDays"] == 7
    described = kms.describe_key(KeyId=key_id)["KeyMetadata"]
    assert (described["KeyState"], described["Enabled"]) == ("PendingDeletion", False)
    assert described["DeletionDate"] == scheduled["DeletionDate"]

    assert kms.cancel_key_deletion(KeyId=key_id)["KeyId"] == arn(house, f"key/{key_id}")
    assert state(kms, key_id) == ("Disabled", False)
    assert "DeletionDate" not in kms.describe_key(KeyId=key_id)["KeyMetadata"]


def test_a_deletion_takes_thirty_days_where_nothing_is_said(kms: Any, key_id: str) -> None:
    assert kms.schedule_key_deletion(KeyId=key_id)["PendingWindowInDays"] == 30


@pytest.mark.parametrize(
    ("days", "bound"), [(6, "greater than or equal to 7"), (31, "less than or equal to 30")]
)
def test_a_deletion_takes_a_week_to_a_month(kms: Any, key_id: str, days: int, bound: str) -> None:
    code, message = refusal(kms.schedule_key_deletion, KeyId=key_id, PendingWindowInDays=days)

    assert code == "ValidationException"
    assert message.startswith(f"1 validation error detected: Value '{days}' at")
    assert message.endswith(f"Member must have value {bound}")


def test_what_cannot_be_done_with_a_key_that_goes(house: House, kms: Any, key_id: str) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/other", TargetKeyId=other)
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_id)
    named = {"KeyId": key_id}
    grant = {"GranteePrincipal": "arn:aws:iam::123456789012:role/x", "Operations": ["Decrypt"]}
    expected = ("KMSInvalidStateException", f"{arn(house, f'key/{key_id}')} is pending deletion.")

    attempts: list[tuple[Any, dict[str, Any]]] = [
        (kms.enable_key, named),
        (kms.disable_key, named),
        (kms.schedule_key_deletion, named),
        (kms.encrypt, named | {"Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": sealed}),
        (kms.generate_data_key, named | {"KeySpec": "AES_256"}),
        (kms.generate_data_key_without_plaintext, named | {"KeySpec": "AES_256"}),
        (kms.re_encrypt, {"CiphertextBlob": sealed, "DestinationKeyId": other}),
        (kms.create_grant, named | grant),
        (kms.create_alias, {"AliasName": "alias/new", "TargetKeyId": key_id}),
        (kms.update_alias, {"AliasName": "alias/other", "TargetKeyId": key_id}),
        (kms.tag_resource, named | {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        (kms.untag_resource, named | {"TagKeys": ["a"]}),
    ]
    for attempt, request in attempts:
        assert refusal(attempt, **request) == expected


def test_only_what_is_scheduled_is_cancelled(house: House, kms: Any, key_id: str) -> None:
    assert refusal(kms.cancel_key_deletion, KeyId=key_id) == (
        "KMSInvalidStateException",
        f"{arn(house, f'key/{key_id}')} is not pending deletion.",
    )


def test_a_key_is_gone_once_its_days_have_passed(house: House, kms: Any, key_id: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
    kms.schedule_key_deletion(KeyId=key_id)

    let_its_days_pass(house, key_id)

    code, message = refusal(kms.describe_key, KeyId=key_id)
    assert (code, message) == (
        "NotFoundException",
        f"Key '{arn(house, f'key/{key_id}')}' does not exist",
    )
    assert refusal(kms.cancel_key_deletion, KeyId=key_id) == (code, message)
    assert refusal(kms.describe_key, KeyId="alias/mine")[0] == "NotFoundException"
    assert refusal(kms.decrypt, CiphertextBlob=sealed)[0] == "AccessDeniedException"
    assert kms.list_keys()["Keys"] == []
    assert "alias/mine" not in [each["AliasName"] for each in kms.list_aliases()["Aliases"]]
    # and the name is free
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == other


# keys that AWS manages ---------------------------------------------------------------------------


@pytest.mark.parametrize("alias", ["alias/aws/ebs", "alias/aws/s3"])
def test_the_key_of_a_service_is_made_when_it_is_first_asked_for(
    house: House, kms: Any, alias: str
) -> None:
    assert kms.list_keys()["Keys"] == []
    made = kms.describe_key(KeyId=alias)["KeyMetadata"]
    again = kms.describe_key(KeyId=arn(house, alias))["KeyMetadata"]

    assert made == again
    assert made["KeyManager"] == "AWS"
    assert "when no other key is defined" in made["Description"]
    assert [key["KeyId"] for key in kms.list_keys()["Keys"]] == [made["KeyId"]]
    policy = json.loads(kms.get_key_policy(KeyId=made["KeyId"])["Policy"])
    service = {"alias/aws/ebs": "ec2", "alias/aws/s3": "s3"}[alias]
    condition = policy["Statement"][0]["Condition"]["StringEquals"]
    assert condition["kms:ViaService"] == f"{service}.us-east-1.amazonaws.com"
    assert condition["kms:CallerAccount"] == house.account_id


def test_the_key_of_a_service_is_for_that_service_alone(house: House, kms: Any) -> None:
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    named = {"KeyId": key["KeyId"]}

    attempts: list[tuple[str, Any, dict[str, Any]]] = [
        ("Encrypt", kms.encrypt, {"Plaintext": b"x", "KeyId": "alias/aws/ebs"}),
        ("GenerateDataKey", kms.generate_data_key, named | {"KeySpec": "AES_256"}),
        ("DisableKey", kms.disable_key, named),
        ("ScheduleKeyDeletion", kms.schedule_key_deletion, named),
        ("PutKeyPolicy", kms.put_key_policy, named | {"Policy": usual_policy(house)}),
        ("TagResource", kms.tag_resource, named | {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ]
    for action, attempt, request in attempts:
        assert refusal(attempt, **request) == (
            "AccessDeniedException",
            f"User: arn:aws:iam::{house.account_id}:root is not authorized to perform: "
            f"kms:{action} on resource: {key['Arn']} because no resource-based policy allows the "
            f"kms:{action} action",
        )


def usual_policy(house: House) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{house.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


# restarts ----------------------------------------------------------------------------------------


def test_keys_outlive_the_server(own_house: House) -> None:
    kms = own_house.kms()
    key_id = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    sealed = kms.encrypt(KeyId=key_id, Plaintext=b"secret")["CiphertextBlob"]

    own_house.kill()
    own_house.start()

    assert own_house.kms().decrypt(CiphertextBlob=sealed)["Plaintext"] == b"secret"
    assert own_house.kms().describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == key_id
