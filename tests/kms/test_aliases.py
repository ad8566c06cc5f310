"""Names of keys."""

from typing import Any

import pytest

from tests.house import House
from tests.kms.conftest import NOWHERE, arn, refusal

AWS = ["alias/aws/ebs", "alias/aws/s3"]


def names(aliases: dict[str, Any]) -> list[str]:
    return [alias["AliasName"] for alias in aliases["Aliases"]]


def test_a_name_is_given_moved_and_taken_away(house: House, kms: Any, key_id: str) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]

    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)
    (given,) = kms.list_aliases(KeyId=key_id)["Aliases"]
    kms.update_alias(AliasName="alias/mine", TargetKeyId=arn(house, f"key/{other}"))
    (moved,) = kms.list_aliases(KeyId=other)["Aliases"]
    left = kms.list_aliases(KeyId=key_id)["Aliases"]
    kms.delete_alias(AliasName="alias/mine")

    assert given["AliasArn"] == arn(house, "alias/mine")
    assert given["TargetKeyId"] == key_id
    assert given["CreationDate"] == given["LastUpdatedDate"]
    assert moved["TargetKeyId"] == other
    assert moved["CreationDate"] == given["CreationDate"] < moved["LastUpdatedDate"]
    assert left == []
    assert names(kms.list_aliases()) == AWS
    assert kms.describe_key(KeyId=key_id)


def test_names_are_listed_in_order_page_by_page(kms: Any, key_id: str) -> None:
    for name in ("b", "a/x", "z", "B"):
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key_id)

    pages = list(kms.get_paginator("list_aliases").paginate(PaginationConfig={"PageSize": 4}))

    assert [name for page in pages for name in names(page)] == [
        "alias/B", "alias/a/x", "alias/aws/ebs", "alias/aws/s3", "alias/b", "alias/z",
    ]  # fmt: skip
    assert [page["Truncated"] for page in pages] == [True, False]


def test_the_name_of_a_service_has_a_target_once_its_key_is_made(house: House, kms: Any) -> None:
    ebs, s3 = kms.list_aliases()["Aliases"]
    assert ebs == {"AliasName": "alias/aws/ebs", "AliasArn": arn(house, "alias/aws/ebs")}

    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]

    ebs, s3 = kms.list_aliases()["Aliases"]
    assert ebs["TargetKeyId"] == key["KeyId"]
    assert "TargetKeyId" not in s3


def test_a_name_is_taken_within_an_account_and_region(
    house: House, friend: House, kms: Any, key_id: str
) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)

    assert refusal(kms.create_alias, AliasName="alias/mine", TargetKeyId=key_id) == (
        "AlreadyExistsException",
        f"An alias with the name {arn(house, 'alias/mine')} already exists",
    )
    for elsewhere in (friend.kms(), house.kms(region="eu-west-1")):
        key = elsewhere.create_key()["KeyMetadata"]["KeyId"]
        elsewhere.create_alias(AliasName="alias/mine", TargetKeyId=key)
        assert elsewhere.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == key


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("mine", "ValidationException"),
        ("alias/aws/mine", "NotAuthorizedException"),
        ("alias/aws/ebs", "NotAuthorizedException"),
        ("alias/my key", "ValidationException"),
        ("alias/a:b", "ValidationException"),
        ("alias/", "ValidationException"),
        ("alias/" + "a" * 251, "ValidationException"),
    ],
)
def test_names_that_cannot_be_given(kms: Any, key_id: str, name: str, code: str) -> None:
    assert refusal(kms.create_alias, AliasName=name, TargetKeyId=key_id)[0] == code


def test_a_name_needs_a_key(house: House, kms: Any, key_id: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key_id)

    assert refusal(kms.create_alias, AliasName="alias/new", TargetKeyId=NOWHERE) == (
        "NotFoundException",
        f"Key '{arn(house, f'key/{NOWHERE}')}' does not exist",
    )
    assert refusal(kms.create_alias, AliasName="alias/new", TargetKeyId="alias/mine") == (
        "ValidationException",
        "Aliases must refer to keys. Not aliases",
    )


def test_a_name_that_is_not_there(house: House, kms: Any, key_id: str) -> None:
    expected = ("NotFoundException", f"Alias {arn(house, 'alias/none')} is not found.")

    assert refusal(kms.delete_alias, AliasName="alias/none") == expected
    assert refusal(kms.update_alias, AliasName="alias/none", TargetKeyId=key_id) == expected
