"""Large objects: 1 GiB up in one piece, in parts, and down again, with the server's peak memory.

Beside them stands `cp`, from page cache to page cache, and beside PUT what MD5 alone takes: its
ETag is the MD5 of the bytes, which one core computes, so no answer can come sooner.
"""

import hashlib
import http.client
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.disks import realistic
from tests.bench.figures import Figure
from tests.bench.servers import Server, moto, vmie

SIZE = 1 << 30
PART = 64 << 20
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
HEADERS = {"Authorization": AUTHORIZATION, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}


def figures(folder: Path) -> Iterator[Figure]:
    """Measure PUT, multipart and GET of 1 GiB in MiB/s, against moto and `cp` on the same disk."""
    source = folder / "object"
    realistic(source, SIZE, SIZE)
    with vmie(folder / "transfers") as ours, moto() as theirs:
        for server in (ours, theirs):
            call(server, "PUT", "/bench")
        actions: list[tuple[str, Callable[[Server], None]]] = [
            ("PUT", lambda server: put(server, source)),
            ("multipart PUT, 16 parts, 4 at once", lambda server: multipart(server, source)),
            ("GET", get),
        ]
        for name, action in actions:
            copied = min(timed(lambda: copy(source)) for _ in range(3))
            ours.forget_peak()
            before = ours.memory("VmRSS")
            mine = min(timed(lambda: action(ours)) for _ in range(3))  # noqa: B023
            grown = ours.memory() - before
            reference = timed(lambda: action(theirs))  # noqa: B023
            speed, bare = SIZE / 2**20 / mine, SIZE / 2**20 / copied
            aim, met = ("≥ 0.7 of cp", speed >= 0.7 * bare) if name == "PUT" else ("", None)
            yield Figure(f"1 GiB {name}", speed, "MiB/s", bare, "MiB/s cp", aim, met)
            if name == "PUT":
                hashed = min(timed(lambda: md5(source)) for _ in range(3))
                yield Figure(
                    "1 GiB PUT, beside MD5", speed, "MiB/s",
                    SIZE / 2**20 / hashed, "MiB/s md5sum", "", None,
                )  # fmt: skip
            yield Figure(
                f"1 GiB {name}, beside moto", speed, "MiB/s",
                SIZE / 2**20 / reference, "MiB/s moto", "", None,
            )  # fmt: skip
            yield Figure(
                f"1 GiB {name}, peak memory grows by",
                grown,
                "MiB",
                None,
                "",
                "≤ 64 MiB",
                grown <= 64,
            )
    source.unlink()


def timed(action: Callable[[], object]) -> float:
    """Return how many seconds an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def copy(source: Path) -> None:
    """Copy the file beside itself as `cp --reflink=never` does: through the page cache."""
    target = source.with_suffix(".copy")
    shutil.copyfile(source, target)
    target.unlink()


def md5(source: Path) -> str:
    """Hash the file as `md5sum` does."""
    with source.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def call(
    server: Server,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] = HEADERS,
) -> tuple[dict[str, str], bytes]:
    """Send one request; return headers and body."""
    return answer(begun(server, method, path, len(body), headers), body)


def send(server: Server, path: str, source: Path, offset: int, length: int) -> dict[str, str]:
    """Upload a range of a file, which the kernel sends; return the headers of the answer."""
    connection = begun(server, "PUT", path, length)
    with source.open("rb") as file:
        connection.sock.sendfile(file, offset, length)
    return answer(connection)[0]


def begun(
    server: Server, method: str, path: str, length: int, headers: Mapping[str, str] = HEADERS
) -> http.client.HTTPConnection:
    """Send the head of a request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest(method, path)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(length))
    connection.endheaders()
    return connection


def answer(
    connection: http.client.HTTPConnection, body: bytes = b""
) -> tuple[dict[str, str], bytes]:
    """Send the rest of a request; return headers and body of the answer."""
    if body:
        connection.send(body)
    reply = connection.getresponse()
    data = reply.read()
    connection.close()
    if reply.status >= 300:
        raise SystemExit(f"{reply.status} {data[:300]!r}")
    return {name.lower(): value for name, value in reply.getheaders()}, data


def put(server: Server, source: Path) -> None:
    """Upload the file in one request."""
    send(server, "/bench/object", source, 0, SIZE)


def multipart(server: Server, source: Path) -> None:
    """Upload the file in parts, four at once."""
    _, started = call(server, "POST", "/bench/parts?uploads")
    upload_id = re.search(rb"<UploadId>(.*?)</UploadId>", started)
    assert upload_id is not None
    upload = upload_id[1].decode()

    def part(number: int) -> str:
        path = f"/bench/parts?partNumber={number}&uploadId={upload}"
        return send(server, path, source, (number - 1) * PART, PART)["etag"]

    with ThreadPoolExecutor(4) as pool:
        etags = list(pool.map(part, range(1, SIZE // PART + 1)))
    listed = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        for number, etag in enumerate(etags, 1)
    )
    body = f"<CompleteMultipartUpload>{listed}</CompleteMultipartUpload>".encode()
    call(server, "POST", f"/bench/parts?uploadId={upload}", body)


def get(server: Server) -> None:
    """Download the object and throw it away."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", "/bench/object", headers=HEADERS)
    answer = connection.getresponse()
    buffer = bytearray(1 << 20)
    received = 0
    while count := answer.readinto(buffer):
        received += count
    connection.close()
    if received != SIZE:
        raise SystemExit(f"GET brought {received} bytes")
