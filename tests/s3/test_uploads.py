"""Bodies as clients send them: framed, checked, cut off."""

import base64
import hashlib
import socket
import time
import zlib

import pytest

from tests.house import House
from tests.s3.raw import ask, aws_chunked, connect
from tests.s3.refused import refused
from tests.s3.test_objects import blobs

BODY = bytes(range(256)) * 9000  # 2.3 MB: more than two pieces, and not a whole number of them
UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def base64_of(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


CRC32 = base64_of(zlib.crc32(BODY).to_bytes(4, "big"))
SHA256 = base64_of(hashlib.sha256(BODY).digest())
MD5 = base64_of(hashlib.md5(BODY).digest())


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"])
def test_a_checksum_is_verified_kept_and_shown(house: House, algorithm: str) -> None:
    s3, bucket = house.s3(), house.bucket()
    member = f"Checksum{algorithm}"

    put = s3.put_object(Bucket=bucket, Key="key", Body=BODY, ChecksumAlgorithm=algorithm)  # type: ignore[arg-type]

    text = put[member]  # type: ignore[literal-required]
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert got["Body"].read() == BODY  # botocore compares
    assert got[member] == head[member] == text  # type: ignore[literal-required]
    assert head["ChecksumType"] == "FULL_OBJECT"
    assert member not in s3.head_object(Bucket=bucket, Key="key")
    assert s3.list_objects_v2(Bucket=bucket)["Contents"][0]["ChecksumAlgorithm"] == [algorithm]
    other = base64_of(bytes(len(base64.b64decode(text))))
    with refused("BadDigest") as refusal:
        s3.put_object(Bucket=bucket, Key="key", Body=BODY, **{member: other})  # type: ignore[arg-type]
    assert refusal.error["Message"] == (
        f"The {algorithm} you specified did not match the calculated checksum."
    )


def test_who_claims_nothing_gets_a_crc64nvme(house: House) -> None:
    bucket = house.bucket()
    put = ask(house, "PUT", f"/{bucket}/key", body=b"123456789")
    assert put.headers["x-amz-checksum-crc64nvme"] == base64_of(bytes.fromhex("ae8b14860a799888"))
    assert put.headers["x-amz-checksum-type"] == "FULL_OBJECT"
    ranged = ask(
        house,
        "GET",
        f"/{bucket}/key",
        {"Range": "bytes=0-1", "x-amz-checksum-mode": "ENABLED"},
    )
    assert "x-amz-checksum-crc64nvme" not in ranged.headers


def test_content_md5_is_verified(house: House) -> None:
    bucket = house.bucket()
    path = f"/{bucket}/key"
    assert ask(house, "PUT", path, {"Content-MD5": MD5}, BODY).status == 200
    wrong = ask(house, "PUT", path, {"Content-MD5": base64_of(bytes(16))}, BODY)
    assert (wrong.status, wrong.code) == (400, "BadDigest")
    assert wrong.error["CalculatedDigest"] == MD5
    for text in ("nonsense", base64_of(b"short")):
        invalid = ask(house, "PUT", path, {"Content-MD5": text}, b"x")
        assert (invalid.status, invalid.code) == (400, "InvalidDigest")


@pytest.mark.parametrize("size", [8192, 65536, 1 << 20, 1 << 22])
@pytest.mark.parametrize("signed", [False, True])
def test_framed_bodies(house: House, size: int, signed: bool) -> None:
    bucket = house.bucket()
    body = aws_chunked(BODY, size, {"x-amz-checksum-crc32": CRC32}, signed)

    put = ask(
        house, "PUT", f"/{bucket}/key", framed(SIGNED + "-TRAILER" if signed else UNSIGNED), body
    )

    assert put.status == 200, put.body
    assert put.headers["x-amz-checksum-crc32"] == CRC32
    got = ask(house, "GET", f"/{bucket}/key")
    assert got.body == BODY
    assert "content-encoding" not in got.headers


def framed(kind: str, trailer: str = "x-amz-checksum-crc32") -> dict[str, str]:
    return {
        "x-amz-content-sha256": kind,
        "x-amz-decoded-content-length": str(len(BODY)),
        "Content-Encoding": "aws-chunked",
        "x-amz-trailer": trailer,
    }


def test_framed_bodies_with_signatures_and_no_trailer(house: House) -> None:
    bucket = house.bucket()
    headers = framed(SIGNED)
    del headers["x-amz-trailer"]
    put = ask(house, "PUT", f"/{bucket}/key", headers, aws_chunked(BODY, 65536, None, True))
    assert put.status == 200, put.body
    assert ask(house, "GET", f"/{bucket}/key").body == BODY


@pytest.mark.parametrize(
    ("trailers", "announced", "code"),
    [
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "x-amz-checksum-crc32", "BadDigest"),
        ({"x-amz-checksum-crc32": "AAA"}, "x-amz-checksum-crc32", "InvalidRequest"),
        ({}, "x-amz-checksum-crc32", "MalformedTrailerError"),
        ({"x-amz-checksum-crc32": CRC32}, "x-amz-checksum-sha256", "MalformedTrailerError"),
    ],
)
def test_trailers_that_are_wrong(
    house: House, trailers: dict[str, str], announced: str, code: str
) -> None:
    bucket = house.bucket()
    before = blobs(house)
    body = aws_chunked(BODY, 1 << 20, trailers)
    reply = ask(house, "PUT", f"/{bucket}/key", framed(UNSIGNED, announced), body)
    assert (reply.status, reply.code) == (400, code)
    assert ask(house, "HEAD", f"/{bucket}/key").status == 404
    assert blobs(house) == before


def test_a_body_shorter_than_announced(house: House) -> None:
    bucket = house.bucket()
    headers = framed(UNSIGNED) | {"x-amz-decoded-content-length": str(len(BODY) + 1)}
    body = aws_chunked(BODY, 65536, {"x-amz-checksum-crc32": CRC32})
    reply = ask(house, "PUT", f"/{bucket}/key", headers, body)
    assert (reply.status, reply.code) == (400, "IncompleteBody")
    assert ask(house, "HEAD", f"/{bucket}/key").status == 404


def test_a_body_in_http_chunks(house: House) -> None:
    bucket = house.bucket()
    put = ask(house, "PUT", f"/{bucket}/key", body=iter([BODY[:100_000], BODY[100_000:]]))
    assert put.status == 200
    assert ask(house, "GET", f"/{bucket}/key").body == BODY


def test_an_object_is_no_larger_than_5_gib(house: House) -> None:
    bucket = house.bucket()
    with connect(house) as connection:
        connection.sendall(
            f"PUT /{bucket}/key HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: AWS {house.account_id}:x\r\nContent-Length: {(5 << 30) + 1}\r\n"
            "Expect: 100-continue\r\n\r\n".encode()
        )
        reply = b"".join(iter(lambda: connection.recv(65536), b""))  # until the server hangs up
    assert reply.startswith(b"HTTP/1.1 400")
    assert b"<Code>EntityTooLarge</Code>" in reply
    assert b"<MaxSizeAllowed>5368709120</MaxSizeAllowed>" in reply


@pytest.mark.parametrize("sent", [0, 1000, 3 << 20])
@pytest.mark.parametrize("part", [False, True])
def test_an_upload_cut_off_leaves_nothing_behind(house: House, sent: int, part: bool) -> None:
    s3, bucket = house.s3(), house.bucket()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    query = f"?partNumber=1&uploadId={upload}" if part else ""
    before = blobs(house)
    size = used(house)
    with connect(house) as connection:
        connection.sendall(
            f"PUT /{bucket}/key{query} HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: AWS {house.account_id}:x\r\n"
            f"Content-Length: {10 << 20}\r\n\r\n".encode()
            + bytes(sent)
        )
        wait_until(lambda: used(house) > size or sent < (1 << 20))
        connection.shutdown(socket.SHUT_RDWR)

    wait_until(lambda: blobs(house) == before)

    assert ask(house, "HEAD", f"/{bucket}/key").status == 404
    assert s3.list_parts(Bucket=bucket, Key="key", UploadId=upload).get("Parts", []) == []


def used(house: House) -> int:
    """Bytes in all files of bytes."""
    total = 0
    for folder in ("blobs", "incoming"):
        for path in (house.data_dir / folder).rglob("*"):
            try:
                total += path.stat().st_size if path.is_file() else 0
            except FileNotFoundError:
                continue
    return total


def wait_until(condition: object) -> None:
    assert callable(condition)
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_server_leaves_nothing_of_an_upload(own_house: House) -> None:
    bucket = own_house.bucket()
    own_house.put_object(bucket, "kept", b"kept")
    before = blobs(own_house)
    with connect(own_house) as connection:
        connection.sendall(
            f"PUT /{bucket}/key HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: AWS {own_house.account_id}:x\r\n"
            f"Content-Length: {10 << 20}\r\n\r\n".encode()
            + bytes(3 << 20)
        )
        wait_until(lambda: len(blobs(own_house)) > len(before))

        own_house.kill()
        own_house.start()

    wait_until(lambda: blobs(own_house) == before)
    keys = [each["Key"] for each in own_house.s3().list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == ["kept"]
