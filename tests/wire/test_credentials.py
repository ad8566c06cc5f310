"""Who is asking, from every kind of signature met in the wild."""

from datetime import UTC, datetime

import pytest

from emulator.credentials import Caller, caller_of, expires_at

SCOPE = "123456789012/20260131/eu-west-1/ec2/aws4_request"


@pytest.mark.parametrize(
    ("authorization", "caller"),
    [
        (
            f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=00",
            Caller("123456789012", "eu-west-1", "ec2"),
        ),
        (
            f"AWS4-HMAC-SHA256 SignedHeaders=host,Credential={SCOPE},Signature=00",
            Caller("123456789012", "eu-west-1", "ec2"),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=a/b/20260131/us-east-1/S3/aws4_request,Signature=00",
            Caller("a/b", "us-east-1", "s3"),
        ),
        (
            "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260131/s3/aws4_request, Signature=00",
            Caller("AKID", None, "s3"),
        ),
        (
            "AWS4-HMAC-SHA256 Credential=AKID/20260131/no.region/ec2/aws4_request, Signature=00",
            Caller("AKID", None, "ec2"),
        ),
        ("AWS AKID:c2lnbmF0dXJl", Caller("AKID")),
        ("AWS4-HMAC-SHA256 Credential=AKID, Signature=00", Caller("AKID")),
        ("AWS4-HMAC-SHA256 nonsense", Caller()),
        ("Bearer token", Caller()),
        ("", Caller()),
        (None, Caller()),
    ],
)
def test_the_authorization_header_says_who_asks(authorization: str | None, caller: Caller) -> None:
    assert caller_of(authorization, []) == caller


@pytest.mark.parametrize(
    ("parameters", "caller"),
    [
        ([("X-Amz-Credential", SCOPE)], Caller("123456789012", "eu-west-1", "ec2")),
        ([("Action", "X"), ("AWSAccessKeyId", "AKID")], Caller("AKID")),
        ([("Expires", "1"), ("AWSAccessKeyId", "AKID"), ("Signature", "x")], Caller("AKID")),
        ([("Action", "X")], Caller()),
    ],
)
def test_else_the_parameters_say_who_asks(
    parameters: list[tuple[str, str]], caller: Caller
) -> None:
    assert caller_of(None, parameters) == caller


@pytest.mark.parametrize(
    ("key", "account"),
    [
        ("123456789012", "123456789012"),
        ("AKIAIOSFODNN7EXAMPLE", "000000000000"),
        ("1234567890123", "000000000000"),
        ("١٢٣٤٥٦٧٨٩٠١٢", "000000000000"),
        (None, "000000000000"),
    ],
)
def test_a_key_of_twelve_digits_is_the_account(key: str | None, account: str) -> None:
    assert Caller(key).account_id == account


SIGNED = {"X-Amz-Signature": "00", "X-Amz-Date": "20260131T120000Z"}


@pytest.mark.parametrize(
    ("parameters", "expires"),
    [
        (SIGNED | {"X-Amz-Expires": "90"}, datetime(2026, 1, 31, 12, 1, 30, tzinfo=UTC)),
        ({"Signature": "x", "Expires": "1769860890"}, datetime(2026, 1, 31, 12, 1, 30, tzinfo=UTC)),
        (SIGNED | {"X-Amz-Expires": "9" * 30}, None),
        (SIGNED | {"X-Amz-Expires": "soon"}, None),
        (SIGNED, None),
        ({"Signature": "x", "Expires": "9" * 30}, None),
        ({"Expires": "1769860890"}, None),
        ({}, None),
    ],
)
def test_a_presigned_url_says_until_when_it_is_good(
    parameters: dict[str, str], expires: datetime | None
) -> None:
    assert expires_at(parameters) == expires
