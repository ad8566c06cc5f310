"""Memory stays flat: a gibibyte goes in and out, and the server's peak hardly moves."""

import http.client
import re
import time
import zlib
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from boto3.s3.transfer import TransferConfig

from tests.house import House
from tests.s3.raw import ask

GIB = 1 << 30
MIB = 1 << 20
ALLOWED = 64 * MIB
PIECE = bytes(range(256)) * (MIB // 256)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


class Gibibyte:
    """A file of 1 GiB that is nowhere."""

    def __init__(self) -> None:
        self.at = 0

    def read(self, size: int = -1) -> bytes:
        size = min(GIB - self.at, size if size >= 0 else GIB)
        start = self.at % MIB
        self.at += size
        copies = (start + size) // MIB + 1
        return (PIECE * copies)[start : start + size]

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = (0, self.at, GIB)[whence] + offset
        return self.at

    def tell(self) -> int:
        return self.at


def peak(house: House) -> int:
    """The most memory that the server has had so far, in bytes."""
    status = Path(f"/proc/{house.server.pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024


def warm_up(house: House) -> None:
    """Wait until the server has loaded all that it loads once."""
    deadline = time.monotonic() + 60
    while b'"running"' not in (health := ask(house, "GET", "/_vmie/health").body):
        assert time.monotonic() < deadline, health
        time.sleep(0.1)


def put_plain(house: House, bucket: str) -> None:
    send(house, bucket, {"Content-Length": str(GIB)}, iter([PIECE] * 1024))


def put_chunked(house: House, bucket: str) -> None:
    check = 0
    for _ in range(1024):
        check = zlib.crc32(PIECE, check)
    trailer = b64encode(check.to_bytes(4, "big")).decode()
    size = 1024 * (MIB + len("100000\r\n\r\n")) + len(
        f"0\r\nx-amz-checksum-crc32:{trailer}\r\n\r\n"
    )

    def pieces() -> Iterator[bytes]:
        for _ in range(1024):
            yield b"100000\r\n" + PIECE + b"\r\n"
        yield f"0\r\nx-amz-checksum-crc32:{trailer}\r\n\r\n".encode()

    headers = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(GIB),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Length": str(size),
    }
    send(house, bucket, headers, pieces())


def send(house: House, bucket: str, headers: dict[str, str], pieces: Iterator[bytes]) -> None:
    connection = http.client.HTTPConnection(urlsplit(house.endpoint).netloc, timeout=300)
    signed = {"Authorization": f"AWS {house.account_id}:x", **headers}
    connection.request("PUT", f"/{bucket}/key", pieces, signed, encode_chunked=False)
    reply = connection.getresponse()
    assert reply.status == 200, reply.read()
    connection.close()


def put_in_parts(house: House, bucket: str) -> None:
    config = TransferConfig(max_concurrency=10)
    house.s3().upload_fileobj(Gibibyte(), bucket, "key", Config=config)  # type: ignore[arg-type]


@pytest.mark.parametrize("put", [put_plain, put_chunked, put_in_parts])
def test_a_gibibyte_passes_through_little_memory(
    own_house: House, put: Callable[[House, str], None]
) -> None:
    bucket = own_house.bucket()
    warm_up(own_house)
    before = peak(own_house)

    put(own_house, bucket)
    size = sum(
        len(piece)
        for piece in own_house.s3().get_object(Bucket=bucket, Key="key")["Body"].iter_chunks(MIB)
    )

    risen = peak(own_house) - before
    print(f"{put.__name__}: {risen / MIB:.1f} MiB")
    assert size == GIB
    assert risen <= ALLOWED, f"{risen / MIB:.1f} MiB"
