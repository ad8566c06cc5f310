"""Uploads whose chunks are signed, by the examples of AWS's documentation and by one of our own."""

import asyncio
import hmac
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from botocore import auth

from emulator.errors import AwsError
from emulator.protocol.faults import WireError
from emulator.signatures import bodies, sigv4
from emulator.signatures.keys import Key
from emulator.signatures.sigv4 import Claim
from emulator.signatures.words import S3
from tests.signatures.signed import ALICE, HOST, Request, come, signed

PLAIN, TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
DATA = bytes(range(256)) * 10
TRAILERS = {"x-amz-checksum-crc32c": "sOO8/Q=="}


def example(seed: str) -> Claim:
    """The request of the examples, of which the chunks need only this."""
    moment = datetime(2013, 5, 24, tzinfo=UTC)
    return Claim("", "20130524", "us-east-1", "s3", moment, (), seed, None)


@pytest.mark.parametrize(
    ("seed", "chunks", "trailer"),
    [
        (
            "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
            (
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ),
            None,
        ),
        (
            "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
            (
                "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            ),
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
        ),
    ],
)
def test_the_examples_of_aws_documentation_are_let_in(
    seed: str, chunks: tuple[str, ...], trailer: str | None
) -> None:
    key = Key("", "1" * 12, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    found = example(seed)
    body = b"".join(
        f"{len(data):x};chunk-signature={signature}\r\n".encode()
        + (data + b"\r\n" if data else b"")
        for data, signature in zip((b"a" * 65536, b"a" * 1024, b""), chunks, strict=True)
    )
    if trailer is not None:
        body += f"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:{trailer}\r\n".encode()
    body += b"\r\n"
    verifier = bodies.Chunks(
        found, sigv4.signing_key(key, found), trailer is not None, S3().mismatch
    )

    for at in range(0, len(body), 1000):
        verifier.update(body[at : at + 1000])

    verifier.finish()  # does not raise


class Declared(auth.S3SigV4Auth):
    """Signs with a declared x-amz-content-sha256 instead of the body's own hash."""

    def payload(self, request: object) -> str:
        return str(request.headers["x-amz-decoded-kind"])  # type: ignore[attr-defined]


def chunked(kind: str = PLAIN, size: int = 1000, data: bytes = DATA, host: str = HOST) -> Request:
    """An upload whose chunks are signed as the documentation says, written a second time here."""
    request = signed(
        "s3", "PUT", "/bucket/key", signer=Declared,
        headers={"x-amz-decoded-content-length": str(len(data)), "x-amz-decoded-kind": kind,
                 "Host": host},
    )  # fmt: skip
    previous = request.header("authorization").rpartition("=")[2]
    stamp = request.header("x-amz-date")
    signing = f"AWS4{ALICE.secret}".encode()
    for part in (stamp[:8], "eu-west-1", "s3", "aws4_request"):
        signing = hmac.new(signing, part.encode(), sha256).digest()

    def sign(what: str, *rest: bytes) -> str:
        nonlocal previous
        scope = f"{stamp[:8]}/eu-west-1/s3/aws4_request"
        hashes = [sha256(each).hexdigest() for each in rest]
        text = "\n".join([f"AWS4-HMAC-SHA256-{what}", stamp, scope, previous, *hashes])
        previous = hmac.new(signing, text.encode(), sha256).hexdigest()
        return previous

    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    body = b""
    for piece in pieces:
        line = f"{len(piece):x};chunk-signature={sign('PAYLOAD', b'', piece)}\r\n"
        body += line.encode() + piece + b"\r\n"
    body += f"0;chunk-signature={sign('PAYLOAD', b'', b'')}\r\n".encode()
    if kind == TRAILER:
        lines = "".join(f"{name}:{text}\n" for name, text in TRAILERS.items())
        body += lines.replace("\n", "\r\n").encode()
        body += f"x-amz-trailer-signature:{sign('TRAILER', lines.encode())}\r\n".encode()
    return request.changed(body=body + b"\r\n")


def sent(request: Request, piece: int = 333) -> bytes:
    """Send a request, return what came through of its body."""
    return asyncio.run(come(request, datetime.now(UTC), piece))[1]


@pytest.mark.parametrize("kind", [PLAIN, TRAILER])
@pytest.mark.parametrize("piece", [1, 333, 1 << 20])
def test_signed_chunks_are_let_in(kind: str, piece: int) -> None:
    request = chunked(kind)

    assert sent(request, piece) == request.body


@pytest.mark.parametrize("kind", [PLAIN, TRAILER])
def test_every_byte_of_signed_chunks_matters(kind: str) -> None:
    request = chunked(kind, 40, DATA[60:150])
    body = request.body
    assert sent(request)

    for at in range(len(body)):
        other = b"x" if body[at : at + 1] != b"x" else b"y"
        with pytest.raises((AwsError, WireError)):
            sent(request.changed(body=body[:at] + other + body[at + 1 :]))


def test_chunks_cannot_change_places_or_be_left_out() -> None:
    request = chunked(size=100, data=DATA[:300])
    one, two, three, end = (
        b"64;chunk" + part if index < 3 else part
        for index, part in enumerate(
            [*request.body.split(b"64;chunk")[1:3],
             request.body.split(b"64;chunk")[3].rpartition(b"0;chunk")[0],
             b"0;chunk" + request.body.rpartition(b"0;chunk")[2]]
        )
    )  # fmt: skip
    assert sent(request.changed(body=one + two + three + end))

    for body in (two + one + three + end, one + two + end, end, one + two + three, one + one + end):
        with pytest.raises((AwsError, WireError)):
            sent(request.changed(body=body))


def test_trailers_need_a_signature() -> None:
    request = chunked(TRAILER)
    body = request.body.partition(b"x-amz-trailer-signature")[0] + b"\r\n"

    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        sent(request.changed(body=body))
    with pytest.raises(AwsError, match="SignatureDoesNotMatch"):
        sent(chunked(PLAIN).changed(body=chunked(PLAIN).body[:-2] + b"a:b\r\n\r\n"))
