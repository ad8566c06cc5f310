"""Keys lent to others."""

from typing import Any

import pytest

from tests.house import House
from tests.kms.conftest import arn, refusal

ROLE = "arn:aws:iam::123456789012:role/worker"
BOSS = "arn:aws:iam::123456789012:role/boss"
LENT: dict[str, Any] = {"GranteePrincipal": ROLE, "Operations": ["Decrypt", "GenerateDataKey"]}


def grants(kms: Any, key_id: str, **wanted: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = kms.list_grants(KeyId=key_id, **wanted)["Grants"]
    return found


def test_a_key_is_lent(house: House, kms: Any, key_id: str) -> None:
    constraints = {"EncryptionContextSubset": {"a": "b"}}
    made = kms.create_grant(
        KeyId=key_id, RetiringPrincipal=BOSS, Name="mine", Constraints=constraints, **LENT
    )

    (shown,) = grants(kms, key_id)
    assert made["GrantToken"]
    assert shown.pop("CreationDate")
    assert shown == {
        "KeyId": arn(house, f"key/{key_id}"),
        "GrantId": made["GrantId"],
        "Name": "mine",
        "GranteePrincipal": ROLE,
        "RetiringPrincipal": BOSS,
        "IssuingAccount": f"arn:aws:iam::{house.account_id}:root",
        "Operations": ["Decrypt", "GenerateDataKey"],
        "Constraints": constraints,
    }


def test_the_same_under_the_same_name_is_the_same_grant(kms: Any, key_id: str) -> None:
    first = kms.create_grant(KeyId=key_id, Name="mine", **LENT)["GrantId"]
    again = kms.create_grant(KeyId=key_id, Name="mine", **LENT)["GrantId"]
    other = kms.create_grant(KeyId=key_id, Name="mine", **LENT | {"Operations": ["Encrypt"]})
    nameless = {kms.create_grant(KeyId=key_id, **LENT)["GrantId"] for _ in range(2)}

    assert first == again != other["GrantId"]
    assert len(nameless) == 2
    assert len(grants(kms, key_id)) == 4


def test_a_grant_is_revoked_or_retired(kms: Any, key_id: str) -> None:
    made = [kms.create_grant(KeyId=key_id, **LENT) for _ in range(4)]

    kms.revoke_grant(KeyId=key_id, GrantId=made[0]["GrantId"])
    kms.retire_grant(KeyId=key_id, GrantId=made[1]["GrantId"])
    kms.retire_grant(GrantToken=made[2]["GrantToken"])

    assert [each["GrantId"] for each in grants(kms, key_id)] == [made[3]["GrantId"]]
    assert refusal(kms.revoke_grant, KeyId=key_id, GrantId=made[0]["GrantId"]) == (
        "NotFoundException",
        f"Grant ID {made[0]['GrantId']} not found",
    )
    assert refusal(kms.retire_grant, GrantToken=made[2]["GrantToken"])[0] == "NotFoundException"


def test_a_grant_belongs_to_its_key_and_account(friend: House, kms: Any, key_id: str) -> None:
    made = kms.create_grant(KeyId=key_id, **LENT)
    other = kms.create_key()["KeyMetadata"]["KeyId"]

    assert refusal(kms.revoke_grant, KeyId=other, GrantId=made["GrantId"])[0] == "NotFoundException"
    code, _ = refusal(friend.kms().retire_grant, GrantToken=made["GrantToken"])
    assert code == "AccessDeniedException"
    assert len(grants(kms, key_id)) == 1


@pytest.mark.parametrize("token", ["nonsense", "AAAA", "é"])
def test_a_text_that_is_no_grant_token(kms: Any, token: str) -> None:
    assert refusal(kms.retire_grant, GrantToken=token)[0] == "InvalidGrantTokenException"


def test_grants_are_looked_for_and_listed_page_by_page(kms: Any, key_id: str) -> None:
    made = [kms.create_grant(KeyId=key_id, **LENT)["GrantId"] for _ in range(3)]
    theirs = kms.create_grant(KeyId=key_id, **LENT | {"GranteePrincipal": BOSS})["GrantId"]

    first = kms.list_grants(KeyId=key_id, Limit=2, GranteePrincipal=ROLE)
    second = kms.list_grants(
        KeyId=key_id, Limit=2, GranteePrincipal=ROLE, Marker=first["NextMarker"]
    )

    assert [each["GrantId"] for each in first["Grants"] + second["Grants"]] == made
    assert [each["GrantId"] for each in grants(kms, key_id, GrantId=theirs)] == [theirs]


def test_grants_that_cannot_be_made(kms: Any, key_id: str) -> None:
    refused: list[tuple[dict[str, Any], str]] = [
        ({"Operations": ["Sign"]}, "ValidationException"),
        ({"Operations": ["Fly"]}, "ValidationException"),
        ({"GranteePrincipal": "a" * 257}, "ValidationException"),
        ({"DryRun": True}, "DryRunOperationException"),
    ]
    for wrong, code in refused:
        assert refusal(kms.create_grant, KeyId=key_id, **LENT | wrong)[0] == code
    assert grants(kms, key_id) == []
    kms.disable_key(KeyId=key_id)
    assert refusal(kms.create_grant, KeyId=key_id, **LENT)[0] == "DisabledException"
    assert refusal(kms.retire_grant)[0] == "ValidationException"
