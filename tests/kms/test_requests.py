"""Requests as they stand on the wire, and what is wrong with some of them."""

import json
from typing import Any

import httpx
import pytest

from tests.house import House
from tests.iam.test_assume_role import client_of, made
from tests.kms.conftest import refusal


def ask(house: House, action: str, body: bytes, **headers: str) -> tuple[int, Any]:
    """Send a request as it stands."""
    scope = f"Credential={house.account_id}/20260101/us-east-1/kms/aws4_request"
    answer = httpx.post(
        house.endpoint,
        content=body,
        headers={
            "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0",
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"TrentService.{action}",
            **headers,
        },
        trust_env=False,
    )
    assert answer.headers["content-type"] == "application/x-amz-json-1.1"
    return answer.status_code, answer.json()


def test_an_error_is_a_document_with_a_type(house: House) -> None:
    assert ask(house, "DescribeKey", b'{"KeyId": "nonsense"}') == (
        400,
        {"__type": "NotFoundException", "message": "Invalid keyId 'nonsense'"},
    )


@pytest.mark.parametrize("action", ["MakeCoffee", "Sign", ""])
def test_an_action_that_is_not_served(house: House, action: str) -> None:
    status, answer = ask(house, action, b"{}")

    assert (status, answer["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b"\xff", "SerializationException"),
        (b"[" * 100_000, "SerializationException"),
        (b'{"KeyId": 7}', "SerializationException"),
        (b'{"KeyId": "x", "Plaintext": "no base64"}', "SerializationException"),
        (b"{}", "ValidationException"),
        (b"", "ValidationException"),
        (b'{"KeyId": null, "Plaintext": "eA=="}', "ValidationException"),
        (b'{"KeyId": "", "Plaintext": "eA=="}', "ValidationException"),
        (b'{"KeyId": "x", "Plaintext": ""}', "ValidationException"),
        (b'{"KeyId": "x", "Plaintext": "eA==", "GrantTokens": [""]}', "ValidationException"),
    ],
)
def test_a_document_that_is_no_request(house: House, body: bytes, code: str) -> None:
    status, answer = ask(house, "Encrypt", body)

    assert (status, answer["__type"]) == (400, code)


def test_a_document_may_not_be_endless(house: House) -> None:
    body = json.dumps({"KeyId": "x" * (2 << 20)}).encode()

    status, _ = ask(house, "DescribeKey", body)

    assert status == 413


def test_members_that_nobody_knows_are_no_matter(house: House) -> None:
    status, _ = ask(house, "ListKeys", b'{"Colour": "red", "Limit": 5}')

    assert status == 200


def test_all_that_is_wrong_is_told_at_once(house: House) -> None:
    body = {"AliasName": "alias/my key", "TargetKeyId": "x" * 2049}

    _, answer = ask(house, "CreateAlias", json.dumps(body).encode())

    assert answer["message"] == (
        "2 validation errors detected: Value 'alias/my key' at 'aliasName' failed to satisfy "
        "constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$; "
        f"Value '{'x' * 200}' at 'targetKeyId' failed to satisfy constraint: "
        "Member must have length less than or equal to 2048"
    )


def test_a_member_that_is_missing(house: House) -> None:
    assert ask(house, "CreateKey", b'{"Tags": [{"TagValue": "x"}]}')[1]["message"] == (
        "1 validation error detected: Value null at 'tags.1.member.tagKey' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_a_value_of_no_enumeration(kms: Any) -> None:
    code, message = refusal(kms.create_key, Origin="HEAVEN")

    assert code == "ValidationException"
    assert message == (
        "1 validation error detected: Value 'HEAVEN' at 'origin' failed to satisfy constraint: "
        "Member must satisfy enum value set: "
        "[AWS_KMS, EXTERNAL, AWS_CLOUDHSM, EXTERNAL_KEY_STORE]"
    )


@pytest.mark.parametrize("marker", ["nonsense", "TGlzdEFsaWFzZXM6eA==", "TGlzdEtleXM6LTE="])
def test_a_marker_that_no_page_ended_with(kms: Any, marker: str) -> None:
    assert refusal(kms.list_keys, Marker=marker)[0] == "InvalidMarkerException"


@pytest.mark.parametrize(("action", "limit"), [("list_keys", 1001), ("list_aliases", 101)])
def test_a_page_has_its_bounds(kms: Any, action: str, limit: int) -> None:
    assert refusal(getattr(kms, action), Limit=limit)[0] == "ValidationException"


def test_texts_that_are_none(house: House, kms: Any, key_id: str) -> None:
    def sealed_with(context: str) -> tuple[int, Any]:
        body = {"KeyId": key_id, "Plaintext": "eA==", "EncryptionContext": {"a": context}}
        return ask(house, "Encrypt", json.dumps(body).encode())

    assert sealed_with("\ud800")[1]["__type"] == "SerializationException"
    assert sealed_with("\U0001f600")[0] == 200
    code, _ = refusal(kms.revoke_grant, KeyId=key_id, GrantId="\0")
    assert code == "NotFoundException"


def test_a_host_and_a_target_are_enough(house: House) -> None:
    answer = httpx.post(
        house.endpoint,
        content=b"{}",
        headers={"X-Amz-Target": "TrentService.ListKeys"},
        trust_env=False,
    )

    assert answer.json()["Truncated"] is False


def test_the_session_of_a_role_is_named_in_a_refusal(house: House, friend: House) -> None:
    role = made(house, "worker")
    session = house.sts().assume_role(RoleArn=role, RoleSessionName="me")
    theirs = friend.kms().create_key()["KeyMetadata"]["Arn"]

    code, message = refusal(client_of(house, "kms", session).describe_key, KeyId=theirs)

    assert code == "AccessDeniedException"
    assert message.startswith(f"User: {session['AssumedRoleUser']['Arn']} is not authorized")
