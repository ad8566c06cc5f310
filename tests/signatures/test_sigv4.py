"""What botocore signs is let in; whatever differs from it by a single byte is not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote_to_bytes

import pytest
from botocore import auth
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emulator.errors import AwsError
from emulator.forms import Malformed
from emulator.protocol.faults import WireError
from emulator.signatures import canonical, sigv4
from emulator.signatures.keys import Key
from emulator.signatures.words import S3
from tests.signatures.signed import ALICE, BOB, GUEST, Request, admitted, signed

PATHS = [
    "/",
    "/bucket/key",
    "/bucket//a/./b/../c//",
    "/bucket/a%20b%2Bc%25d~e-f_g.h",
    "/bucket/%C3%BC%E2%82%AC/%F0%9F%92%BE",
    "/bucket/%21%27%28%29%2A%3B%3A%40%26%3D%24%2C%3F%23%5B%5D",
]
QUERIES = [
    "",
    "acl",
    "list-type=2&prefix=a%2Fb&delimiter=%2F",
    "uploads=&prefix=%C3%BC",
    "b=2&a=2&a=1&A=0&aa=",
    "prefix=a%2Bb%20c~d",
]
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
DESCRIBE = b"Action=DescribeImages&Version=2016-11-15&Owner.1=self&Filter.1.Name=a%2Bb%20c"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
def test_what_botocore_signs_for_s3_is_let_in(path: str, query: str) -> None:
    for key in (ALICE, GUEST):
        request = signed("s3", "GET", path, query, key=key, headers={"x-amz-meta-a": " b   c "})
        assert admitted(request).account_id == key.account_id


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("query", QUERIES)
def test_what_botocore_presigns_for_s3_is_let_in(path: str, query: str) -> None:
    for key in (ALICE, GUEST):
        request = signed("s3", "GET", path, query, key=key, signer=auth.S3SigV4QueryAuth)
        assert admitted(request).account_id == key.account_id


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("service", ["ec2", "sts", "iam", "kms", "ebs"])
def test_what_botocore_signs_for_other_services_is_let_in(service: str, path: str) -> None:
    request = signed(service, "POST", path, body=DESCRIBE, headers=FORM, key=GUEST)

    assert admitted(request).account_id == GUEST.account_id


def test_what_botocore_presigns_for_sts_is_let_in() -> None:
    query = "Action=GetCallerIdentity&Version=2011-06-15"
    request = signed("sts", "GET", "/", query, signer=auth.SigV4QueryAuth, expires=60)

    assert admitted(request).account_id == ALICE.account_id


def test_a_caller_is_known_by_the_account_of_the_key_and_the_region_of_the_scope() -> None:
    caller = admitted(signed("ec2", "POST", body=DESCRIBE, headers=FORM, key=BOB))

    assert (caller.access_key_id, caller.account_id) == (BOB.id, BOB.account_id)
    assert (caller.region, caller.service) == ("eu-west-1", "ec2")


def test_what_is_escaped_otherwise_is_the_same() -> None:
    request = signed("s3", "GET", "/bucket/a%20b%2Bc%28", "prefix=%C3%BC%20")

    admitted(request.changed(path=b"/bucket/a%20b+c("))
    admitted(request.changed(query=b"prefix=%c3%bc+"))


def test_the_example_of_aws_documentation_is_let_in() -> None:
    """The signature of GET Object in "Signature Calculations for the Authorization Header"."""
    request = Request(
        "GET",
        b"/test.txt",
        headers=(
            (b"host", b"examplebucket.s3.amazonaws.com"),
            (
                b"authorization",
                b"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"
                b"aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                b"Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
            ),
            (b"range", b"bytes=0-9"),
            (b"x-amz-content-sha256", canonical.EMPTY.encode()),
            (b"x-amz-date", b"20130524T000000Z"),
        ),
    ).incoming()
    key = Key("AKIAIOSFODNN7EXAMPLE", "1" * 12, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")

    claim = sigv4.in_header(request, S3())

    sigv4.check(claim, key, request, canonical.EMPTY, S3())  # does not raise


# one byte ----------------------------------------------------------------------------------------

SIGNED_AT = datetime.now(UTC)
PUT = {"x-amz-meta-name": "A  value", "Content-Type": "text/plain", "Content-MD5": "x"}
SAMPLES = {
    "s3 header": signed(
        "s3", "PUT", "/bucket/a%20key/%C3%BC", "partNumber=1&uploadId=a%2Fb", b"the body", PUT
    ),
    "s3 token": signed("s3", "GET", "/bucket", "list-type=2", key=GUEST),
    "s3 presigned": signed(
        "s3", "GET", "/bucket/key", "versionId=null", signer=auth.S3SigV4QueryAuth, key=GUEST
    ),
    "ec2": signed("ec2", "POST", "/", body=DESCRIBE, headers=FORM),
    "sts presigned": signed(
        "sts", "GET", "/", "Action=GetCallerIdentity&Version=2011-06-15",
        signer=auth.SigV4QueryAuth,
    ),
    "kms": signed(
        "kms", "POST", body=b'{"KeyId": "alias/x"}', headers={
            "X-Amz-Target": "TrentService.DescribeKey",
            "Content-Type": "application/x-amz-json-1.1",
        },
    ),
}  # fmt: skip


def same_path(one: bytes, other: bytes) -> bool:
    return unquote_to_bytes(one) == unquote_to_bytes(other)


def same_query(one: bytes, other: bytes) -> bool:
    def meant(query: bytes) -> list[tuple[bytes, bytes]]:
        parts = (part.replace(b"+", b" ").partition(b"=") for part in query.split(b"&") if part)
        return sorted((unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in parts)

    return meant(one) == meant(other)


@st.composite
def mutants(draw: st.DrawFn) -> tuple[str, Request]:
    """A signed request with one byte of path, query, a header's value or the body exchanged."""
    sample = draw(st.sampled_from(sorted(SAMPLES)))
    request = SAMPLES[sample]
    parts = ["path", *(part for part in ("query", "body") if getattr(request, part))]
    part = draw(st.sampled_from([*parts, "header", "header"]))
    if part == "header":
        index = draw(st.integers(0, len(request.headers) - 1))
        name, old = request.headers[index]
    else:
        name, old = b"", getattr(request, part)
    at = draw(st.integers(0, len(old) - 1))
    byte = draw(
        st.integers(32, 126) | st.integers(0, 255) if part == "body" else st.integers(33, 126)
    )
    assume(byte != old[at])
    new = old[:at] + bytes([byte]) + old[at + 1 :]
    if part == "path":
        assume(not same_path(old, new))
    elif part == "query":
        assume(not same_query(old, new))
    elif part == "header":
        headers = list(request.headers)
        headers[index] = (name, new)
        return f"{sample} {name.decode()} {at}", request.changed(headers=tuple(headers))
    return f"{sample} {part} {at}", request.changed(**{part: new})


@given(mutants())
@settings(max_examples=150)
def test_a_request_with_another_byte_is_refused(mutant: tuple[str, Request]) -> None:
    _, request = mutant

    with pytest.raises((AwsError, WireError, Malformed)):
        admitted(request, SIGNED_AT)


@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_every_byte_of_a_request_matters(sample: str) -> None:
    request = SAMPLES[sample]
    assert admitted(request, SIGNED_AT).access_key_id
    for part in ("path", "query", "body"):
        text = getattr(request, part)
        for at in range(len(text)):
            other = b"x" if text[at : at + 1] != b"x" else b"y"
            with pytest.raises((AwsError, WireError, Malformed)):
                admitted(request.changed(**{part: text[:at] + other + text[at + 1 :]}), SIGNED_AT)
    for index, (name, text) in enumerate(request.headers):
        for at in range(len(text)):
            other = b"x" if text[at : at + 1] != b"x" else b"y"
            headers = list(request.headers)
            headers[index] = (name, text[:at] + other + text[at + 1 :])
            with pytest.raises((AwsError, WireError, Malformed)):
                admitted(request.changed(headers=tuple(headers)), SIGNED_AT)
    with pytest.raises(AwsError):
        admitted(request.changed(method="DELETE"), SIGNED_AT)


def test_a_wrong_body_comes_to_no_end() -> None:
    request = signed("s3", "PUT", "/bucket/key", body=b"a" * 1000)

    for wrong in (b"a" * 999, b"a" * 999 + b"b", b"a" * 1001, b""):
        with pytest.raises(AwsError, match="XAmzContentSHA256Mismatch"):
            admitted(request.changed(body=wrong), piece=100)


# time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "minutes", "code"),
    [
        ("s3", 14, None), ("s3", 16, "RequestTimeTooSkewed"),
        ("ec2", 14, None), ("ec2", 16, "RequestExpired"),
        ("sts", 4, None), ("sts", 6, "SignatureDoesNotMatch"),
        ("kms", 4, None), ("kms", 6, "InvalidSignatureException"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("sign", [1, -1])
def test_clocks_may_differ_by_minutes(
    service: str, minutes: int, code: str | None, sign: int
) -> None:
    request = signed(service, "POST", headers=FORM)
    now = datetime.now(UTC) + sign * timedelta(minutes=minutes)

    if code is None:
        admitted(request, now)
    else:
        with pytest.raises(AwsError, match=code):
            admitted(request, now)


def test_sts_says_how_far_the_clocks_are_apart() -> None:
    request = signed("sts", "POST", headers=FORM)
    now = datetime.strptime(request.header("x-amz-date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    late = now + timedelta(minutes=7)

    with pytest.raises(AwsError) as refused:
        admitted(request, late)

    stamps = [f"{moment:%Y%m%dT%H%M%SZ}" for moment in (now, late - timedelta(minutes=5), late)]
    assert refused.value.message == (
        f"Signature expired: {stamps[0]} is now earlier than {stamps[1]} ({stamps[2]} - 5 min.)"
    )


def test_a_presigned_url_is_good_until_it_expires() -> None:
    request = signed(query="x=1", signer=auth.S3SigV4QueryAuth, expires=100)
    now = datetime.now(UTC)

    admitted(request, now + timedelta(seconds=98))
    with pytest.raises(AwsError, match="Request has expired"):
        admitted(request, now + timedelta(seconds=101))
    with pytest.raises(AwsError, match="Request is not yet valid"):
        admitted(request, now - timedelta(minutes=16))


@pytest.mark.parametrize(("expires", "good"), [(604800, True), (604801, False), (-1, False)])
def test_a_presigned_url_is_good_for_a_week_at_most(expires: int, good: bool) -> None:
    request = signed(signer=auth.S3SigV4QueryAuth, expires=expires)

    if good:
        admitted(request)
    else:
        with pytest.raises(AwsError, match="AuthorizationQueryParametersError"):
            admitted(request)


# refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("s3", "InvalidAccessKeyId", 403),
        ("ec2", "AuthFailure", 401),
        ("sts", "InvalidClientTokenId", 403),
        ("kms", "UnrecognizedClientException", 400),
    ],
)
def test_an_unknown_key_is_refused(service: str, code: str, status: int) -> None:
    with pytest.raises(AwsError) as refused:
        admitted(signed(service, "POST", key=Key("AKIANOBODY", "1" * 12, "x"), headers=FORM))

    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    ("service", "code", "status"),
    [
        ("s3", "SignatureDoesNotMatch", 403),
        ("ec2", "SignatureDoesNotMatch", 403),
        ("sts", "SignatureDoesNotMatch", 403),
        ("kms", "InvalidSignatureException", 400),
    ],
)
def test_a_wrong_secret_is_refused(service: str, code: str, status: int) -> None:
    with pytest.raises(AwsError) as refused:
        admitted(signed(service, "POST", key=Key(ALICE.id, "1" * 12, "x"), headers=FORM))

    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    ("service", "protocol", "code", "status"),
    [
        ("s3", "rest-xml", "AccessDenied", 403),
        ("ec2", "ec2", "MissingAuthenticationToken", 403),
        ("sts", "query", "MissingAuthenticationToken", 403),
        ("kms", "json", "MissingAuthenticationTokenException", 400),
    ],
)
def test_who_has_not_signed_is_refused(service: str, protocol: str, code: str, status: int) -> None:
    with pytest.raises(AwsError) as refused:
        admitted(Request("GET", b"/", service=service, protocol=protocol))

    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize(
    "key", [replace(GUEST, token=None), replace(GUEST, token="x"), replace(ALICE, token="x")]
)
def test_a_session_token_belongs_to_its_key(key: Key) -> None:
    with pytest.raises(AwsError, match="InvalidToken"):
        admitted(signed("s3", key=key))
    with pytest.raises(AwsError, match="InvalidClientTokenId"):
        admitted(signed("sts", "POST", key=key, headers=FORM))


def test_headers_of_s3_must_be_signed() -> None:
    for request in (signed(), signed(signer=auth.S3SigV4QueryAuth)):
        with pytest.raises(AwsError) as refused:
            admitted(request.with_header("x-amz-acl", "public-read"))

        assert refused.value.code == "AccessDenied"
        assert refused.value.members == {"HeadersNotSigned": "x-amz-acl"}


def test_s3_wants_to_know_the_hash_of_the_body() -> None:
    request = signed()
    headers = tuple(each for each in request.headers if each[0] != b"x-amz-content-sha256")

    with pytest.raises(AwsError, match="Missing required header"):
        admitted(request.changed(headers=headers))


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("AWS4-HMAC-SHA256 Credential=a/b/c/s3/aws4_request", "AuthorizationHeaderMalformed"),
        ("AWS4-HMAC-SHA256", "AuthorizationHeaderMalformed"),
        ("AWS4-ECDSA-P256-SHA256 Credential=a/20200101/s3/aws4_request, SignedHeaders=host, "
         "Signature=00", "AuthorizationHeaderMalformed"),
        ("Bearer x", "AuthorizationHeaderMalformed"),
        ("", "AuthorizationHeaderMalformed"),
    ],
)  # fmt: skip
def test_a_header_that_cannot_be_read_is_refused(authorization: str, code: str) -> None:
    with pytest.raises(AwsError, match=code):
        admitted(signed().with_header("Authorization", authorization))


def test_no_refusal_repeats_a_query_or_a_token() -> None:
    request = signed(query="response-content-type=hidden", key=GUEST, signer=auth.S3SigV4QueryAuth)
    query = request.query
    assert b"hidden" in query

    with pytest.raises(AwsError) as refused:
        admitted(request.changed(path=b"/other"))

    said = f"{refused.value} {refused.value.members}"
    assert "hidden" not in said
    assert "token" not in said
    assert query[-64:].decode() not in said
