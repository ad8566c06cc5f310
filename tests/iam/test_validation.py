"""What the model does not allow is refused in the service's words."""

from typing import Any

import pytest

from tests.house import House
from tests.iam.conftest import TRUST, refusal, unchecked

NAMES = "It must contain only alphanumeric characters and/or the following: +=,.@_-"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"RoleName": "r" * 65},
            f"1 validation error detected: Value '{'r' * 65}' at 'roleName' failed to satisfy "
            "constraint: Member must have length less than or equal to 64",
        ),
        ({"RoleName": "a b"}, f"The specified value for roleName is invalid. {NAMES}"),
        ({"RoleName": "é"}, f"The specified value for roleName is invalid. {NAMES}"),
        (
            {"Path": "imports"},
            "The specified value for path is invalid. It must begin and end with / and contain "
            "only alphanumeric characters and/or / characters.",
        ),
        (
            {"AssumeRolePolicyDocument": "{日}"},
            "The specified value for assumeRolePolicyDocument is invalid. It must contain only "
            "printable ASCII characters.",
        ),
        (
            {"MaxSessionDuration": 60, "Tags": [{"Key": "k" * 129, "Value": ""}]},
            "2 validation errors detected: Value '60' at 'maxSessionDuration' failed to satisfy "
            "constraint: Member must have value greater than or equal to 3600; Value "
            f"'{'k' * 129}' at 'tags.1.member.key' failed to satisfy constraint: Member must have "
            "length less than or equal to 128",
        ),
        (
            {"Tags": [{"Key": "a!b", "Value": ""}]},
            "1 validation error detected: Value 'a!b' at 'tags.1.member.key' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [\p{L}\p{Z}\p{N}_.:/=+"
            r"\-@]+",
        ),
    ],
)
def test_a_value_that_the_model_forbids(
    house: House, members: dict[str, Any], message: str
) -> None:
    role = {"RoleName": "role", "AssumeRolePolicyDocument": TRUST, **members}

    assert refusal(unchecked(house, "iam").create_role, **role) == (400, "ValidationError", message)


def test_a_tag_may_have_letters_of_any_script(iam: Any) -> None:
    tags = [{"Key": "équipe 日本 ٣", "Value": "a+b@c"}]

    role = iam.create_role(RoleName="role", AssumeRolePolicyDocument=TRUST, Tags=tags)["Role"]

    assert role["Tags"] == tags


def test_a_page_has_1_to_1000_items(iam: Any) -> None:
    message = (
        "1 validation error detected: Value '1001' at 'maxItems' failed to satisfy constraint: "
        "Member must have value less than or equal to 1000"
    )

    assert refusal(iam.list_roles, MaxItems=1001) == (400, "ValidationError", message)


def test_a_scope_is_one_of_three(iam: Any) -> None:
    message = (
        "1 validation error detected: Value 'Mine' at 'scope' failed to satisfy constraint: "
        "Member must satisfy enum value set: [All, AWS, Local]"
    )

    assert refusal(iam.list_policies, Scope="Mine") == (400, "ValidationError", message)


def test_what_is_missing_is_told_by_its_name(house: House) -> None:
    assert refusal(unchecked(house, "iam").get_role) == (
        400,
        "ValidationError",
        "1 validation error detected: Value null at 'roleName' failed to satisfy constraint: "
        "Member must not be null",
    )
