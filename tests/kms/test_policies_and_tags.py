"""What a key carries with it: its policy and its tags."""

import json
from typing import Any

import pytest

from tests.house import House
from tests.kms.conftest import refusal


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allowing(principal: object, action: object = "kms:*") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}


def test_the_policy_of_a_key_for_which_none_was_given(house: House, kms: Any, key_id: str) -> None:
    shown = kms.get_key_policy(KeyId=key_id, PolicyName="default")

    assert shown["PolicyName"] == "default"
    assert json.loads(shown["Policy"]) == {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{house.account_id}:root"},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }


def test_a_policy_is_given_with_a_key_or_later(house: House, kms: Any) -> None:
    first = policy(allowing({"AWS": house.account_id}))
    second = policy(allowing("*", ["kms:Get*", "kms:Put*"]))
    key_id = kms.create_key(Policy=first)["KeyMetadata"]["KeyId"]

    assert kms.get_key_policy(KeyId=key_id)["Policy"] == first
    kms.put_key_policy(KeyId=key_id, PolicyName="default", Policy=second)
    assert kms.get_key_policy(KeyId=key_id)["Policy"] == second


def test_a_policy_must_leave_the_account_a_way_back(kms: Any, key_id: str) -> None:
    expected = (
        "MalformedPolicyDocumentException",
        "The new key policy will not allow you to update the key policy in the future.",
    )
    for locked in (
        policy(allowing({"AWS": "arn:aws:iam::999999999999:root"})),
        policy(allowing("*", "kms:Decrypt")),
        policy(allowing("*") | {"Effect": "Deny"}),
    ):
        assert refusal(kms.put_key_policy, KeyId=key_id, Policy=locked) == expected
        assert refusal(kms.create_key, Policy=locked) == expected
        made = kms.create_key(Policy=locked, BypassPolicyLockoutSafetyCheck=True)["KeyMetadata"]
        code, _ = refusal(kms.put_key_policy, KeyId=made["KeyId"], Policy=locked)
        assert code in ("AccessDeniedException", expected[0])  # nobody changes it any more
    kms.put_key_policy(KeyId=key_id, Policy=locked, BypassPolicyLockoutSafetyCheck=True)
    assert refusal(kms.describe_key, KeyId=key_id)[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    "text",
    [
        "no JSON",
        "[]",
        "{}",
        '{"Version": "2012-10-17", "Statement": []}',
        '{"Version": "2012-10-17", "Statement": ["x"]}',
        policy({"Principal": "*", "Action": "kms:*", "Resource": "*"}),
        policy({"Effect": "Allow", "Action": "kms:*", "Resource": "*"}),
        policy({"Effect": "Allow", "Principal": "*", "Resource": "*"}),
        policy({"Effect": "Perhaps", "Principal": "*", "Action": "kms:*", "Resource": "*"}),
        '{"Version": "2012-10-17", "Statement": [' + "[" * 5000,
    ],
)
def test_a_text_that_is_no_policy(kms: Any, key_id: str, text: str) -> None:
    assert refusal(kms.put_key_policy, KeyId=key_id, Policy=text)[0] == (
        "MalformedPolicyDocumentException"
    )
    assert refusal(kms.create_key, Policy=text)[0] == "MalformedPolicyDocumentException"


def test_a_key_has_no_other_policy(kms: Any, key_id: str) -> None:
    expected = ("NotFoundException", "No such policy exists")

    assert refusal(kms.get_key_policy, KeyId=key_id, PolicyName="other") == expected
    assert (
        refusal(kms.put_key_policy, KeyId=key_id, PolicyName="other", Policy=policy(allowing("*")))
        == expected
    )


# tags --------------------------------------------------------------------------------------------


def tags(**named: str) -> list[dict[str, str]]:
    return [{"TagKey": name, "TagValue": text} for name, text in named.items()]


def test_tags_are_given_changed_and_taken(kms: Any) -> None:
    key_id = kms.create_key(Tags=tags(a="1", b="2"))["KeyMetadata"]["KeyId"]
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == tags(a="1", b="2")

    kms.tag_resource(KeyId=key_id, Tags=tags(c="", a="3"))
    kms.untag_resource(KeyId=key_id, TagKeys=["b", "never"])

    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == tags(a="3", c="")


def test_tags_are_listed_page_by_page(kms: Any, key_id: str) -> None:
    kms.tag_resource(KeyId=key_id, Tags=tags(a="1", b="2", c="3"))

    first = kms.list_resource_tags(KeyId=key_id, Limit=2)
    second = kms.list_resource_tags(KeyId=key_id, Limit=2, Marker=first["NextMarker"])

    assert (first["Tags"], first["Truncated"]) == (tags(a="1", b="2"), True)
    assert (second["Tags"], second["Truncated"]) == (tags(c="3"), False)


def test_tags_that_cannot_be_given(kms: Any, key_id: str) -> None:
    many = tags(**{f"t{number}": "x" for number in range(51)})

    for wrong, code in [
        (tags(**{"aws:mine": "x"}), "TagException"),
        (tags(a="1") + tags(a="2"), "TagException"),
        (many, "LimitExceededException"),
        (tags(**{"k" * 129: "x"}), "ValidationException"),
        (tags(k="x" * 257), "ValidationException"),
    ]:
        assert refusal(kms.tag_resource, KeyId=key_id, Tags=wrong)[0] == code
        assert refusal(kms.create_key, Tags=wrong)[0] == code
    assert kms.list_resource_tags(KeyId=key_id)["Tags"] == []


def test_tags_of_keys_are_not_tags_of_ec2(house: House, kms: Any) -> None:
    kms.create_key(Tags=tags(a="1"))

    assert house.ec2().describe_tags()["Tags"] == []
