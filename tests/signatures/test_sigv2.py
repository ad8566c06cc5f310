"""Signature Version 2, as botocore makes it."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator.errors import AwsError
from emulator.forms import Malformed
from emulator.signatures.keys import Key
from tests.signatures.signed import ALICE, GUEST, HOST, Request, admitted

OLD = [ALICE, GUEST]
QUERIES = ["", "uploads", "uploads=", "prefix=a%20b&acl", "uploadId=a%2Fb%2B&partNumber=1"]


def s3(
    method: str = "PUT", query: str = "", key: Key = ALICE, expires: int | None = None
) -> Request:
    """A request to S3, signed in its header, or presigned."""
    url = f"http://{HOST}/bucket/a%20key{'?' if query else ''}{query}"
    headers = {"x-amz-meta-b": "b", "x-amz-meta-a": " a ", "Content-Type": "text/plain"}
    request = AWSRequest(method=method, url=url, headers=headers)
    credentials = Credentials(key.id, key.secret, key.token)
    signer = auth.HmacV1Auth(credentials)
    if expires is not None:
        signer = auth.HmacV1QueryAuth(credentials, expires)
    signer.add_auth(request)
    path, _, query = str(request.url).removeprefix(f"http://{HOST}").partition("?")
    sent = {"Host": HOST, **({} if expires is not None else dict(request.headers.items()))}
    pairs = tuple((name.lower().encode(), value.encode()) for name, value in sent.items())
    return Request(method, path.encode(), query.encode(), pairs)


def ec2(key: Key = ALICE, post: bool = True) -> Request:
    """A request to EC2."""
    parameters = {"Action": "DescribeImages", "Version": "2016-11-15", "Owner.1": "a b+c/ü~*"}
    request = AWSRequest("POST" if post else "GET", f"http://{HOST}/")
    request.data, request.params = (parameters, {}) if post else ({}, parameters)
    auth.SigV2Auth(Credentials(key.id, key.secret, key.token)).add_auth(request)
    line = urlencode(parameters).encode()
    return Request(
        request.method or "", b"/", b"" if post else line, ((b"host", HOST.encode()),),
        line if post else b"", "ec2", "ec2",
    )  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("key", OLD)
def test_what_botocore_signs_is_let_in(query: str, key: Key) -> None:
    for request in (s3(query=query, key=key), s3("GET", query, key, expires=60)):
        assert admitted(request).account_id == key.account_id


@pytest.mark.parametrize("key", OLD)
@pytest.mark.parametrize("post", [True, False])
def test_what_botocore_signs_for_ec2_is_let_in(key: Key, post: bool) -> None:
    assert admitted(ec2(key, post)).account_id == key.account_id


def test_every_byte_of_path_and_form_matters() -> None:
    for request in (ec2(), ec2(post=False), s3("GET", expires=60), s3(query="uploadId=a&acl")):
        for part in ("path", "query", "body"):
            text = getattr(request, part)
            for at in range(len(text)):
                other = b"x" if text[at : at + 1] != b"x" else b"y"
                with pytest.raises((AwsError, Malformed)):
                    admitted(request.changed(**{part: text[:at] + other + text[at + 1 :]}))
        with pytest.raises(AwsError):
            admitted(request.changed(method="DELETE"))


def test_headers_of_s3_matter() -> None:
    request = s3()

    for name in ("x-amz-meta-a", "content-type", "date", "authorization"):
        with pytest.raises(AwsError):
            admitted(request.with_header(name, request.header(name).replace("a", "b") + "x"))
    for presigned in (s3(expires=60), request):
        with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
            admitted(presigned.with_header("x-amz-acl", "public-read"))


def test_wrong_secrets_and_unknown_keys_are_refused() -> None:
    wrong, nobody = replace(ALICE, secret="x"), replace(ALICE, id="AKIANOBODY")
    for request, code in (
        (s3(key=wrong), "SignatureDoesNotMatch"), (s3(key=nobody), "InvalidAccessKeyId"),
        (ec2(wrong), "SignatureDoesNotMatch"), (ec2(nobody), "AuthFailure"),
        (s3(key=replace(GUEST, token="x")), "InvalidToken"),
        (s3(key=replace(GUEST, token=None), expires=60), "InvalidToken"),
    ):  # fmt: skip
        with pytest.raises(AwsError, match=code):
            admitted(request)


def test_clocks_may_differ_by_minutes() -> None:
    now = datetime.now(UTC)
    for minutes in (14, -14):
        admitted(s3(), now + timedelta(minutes=minutes))
        admitted(ec2(), now + timedelta(minutes=minutes))
    for minutes in (16, -16):
        with pytest.raises(AwsError, match="RequestTimeTooSkewed"):
            admitted(s3(), now + timedelta(minutes=minutes))
        with pytest.raises(AwsError, match="RequestExpired"):
            admitted(ec2(), now + timedelta(minutes=minutes))
    admitted(s3(expires=100_000))
    with pytest.raises(AwsError, match="Request has expired"):
        admitted(s3(expires=60), datetime.fromtimestamp(time.time() + 61, UTC))


@pytest.mark.parametrize(
    "query", ["AWSAccessKeyId=x", "Signature=x", "AWSAccessKeyId=x&Signature=x&Expires=soon"]
)
def test_a_presigned_url_needs_all_its_parts(query: str) -> None:
    with pytest.raises(AwsError, match="AccessDenied"):
        admitted(Request("GET", b"/", query.encode()))


def test_a_form_with_a_parameter_twice_is_refused() -> None:
    request = ec2()

    with pytest.raises(AwsError, match="IncompleteSignature"):
        admitted(request.changed(body=request.body + b"&Owner.1=other"))
