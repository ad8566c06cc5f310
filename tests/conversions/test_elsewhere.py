"""Parts that are on another server: fetched if the settings name it, and checked on arrival."""

import hashlib
import secrets
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.conversions.uploads import MIB, Upload, ended, look, until, volume_bytes
from tests.ec2.conftest import refusal
from tests.house import House, Server

IMAGE = secrets.token_bytes(2 * MIB + 100)


class Elsewhere(BaseHTTPRequestHandler):
    """Objects in memory, with their MD5s, or what is said to be that."""

    objects: dict[str, bytes] = {}
    garbled: set[str] = set()
    denied: set[str] = set()
    moved: set[str] = set()

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.denied:
            self.send_error(403)
        elif path in self.moved:
            self.send_response(307)
            self.send_header("Location", "/x/manifest")
            self.end_headers()
        elif (body := self.objects.get(path)) is None:
            self.send_error(404)
        else:
            self.send_response(200)
            digest = hashlib.md5(body if path not in self.garbled else b"other").hexdigest()
            self.send_header("ETag", f'"{digest}"')
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Distant(Upload):
    """An upload to that server."""

    port = 0

    def url(self, key: str, method: str = "get_object") -> str:
        return f"http://localhost:{self.port}/{self.bucket}/{key}?X-Amz-Signature=secret"

    def put(self, key: str, body: bytes) -> str:
        Elsewhere.objects[path := f"/{self.bucket}/{key}"] = body
        return path

    def put_manifest(self, **changes: object) -> None:
        self.put(self.key, self.manifest(**changes).encode())

    def put_part(self, number: int) -> None:
        self.put(self.key_of(number), self.bytes_of(number))


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Distant.port = server.server_address[1]
    yield Distant.port
    server.shutdown()


@pytest.fixture(scope="module")
def fetching(port: int, tmp_path_factory: pytest.TempPathFactory) -> Any:
    server = Server(
        tmp_path_factory.mktemp("fetching") / "data",
        fetch_hosts=f"localhost:{port}",
        fetch_networks="127.0.0.0/8,::1/128",
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture
def distant(fetching: Server) -> Distant:
    return Distant(House(fetching), IMAGE, bucket=secrets.token_hex(4))


@pytest.mark.slow
def test_parts_are_fetched_as_they_appear(distant: Distant) -> None:
    house = distant.house
    house.s3().create_bucket(Bucket=distant.bucket)  # of the same name, but another server's
    task_id = distant.import_volume()["ConversionTaskId"]
    distant.put_manifest()
    distant.put_part(1)
    denied = f"/{distant.bucket}/{distant.key_of(0)}"
    Elsewhere.denied.add(denied)  # as S3 denies what is not there to who may not list
    half = until(house, task_id, lambda task: "Downloaded" in task["StatusMessage"])
    Elsewhere.denied.remove(denied)
    distant.put_part(0)
    distant.put_part(2)

    done = ended(house, task_id)

    assert half["StatusMessage"] == f"Pending : Downloaded {MIB}"
    volume = done["ImportVolume"]
    assert volume_bytes(house, volume["Volume"]["Id"]) == IMAGE
    digests = b"".join(hashlib.md5(distant.bytes_of(each)).digest() for each in range(3))
    assert volume["Image"]["Checksum"] == f"{hashlib.md5(digests).hexdigest()}-3"
    assert "X-Amz-Signature=secret" not in house.server.log


@pytest.mark.slow
def test_a_part_without_the_md5_of_its_etag_is_not_taken(distant: Distant) -> None:
    distant.put_all()
    Elsewhere.garbled.add(f"/{distant.bucket}/{distant.key_of(1)}")

    done = ended(distant.house, distant.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == (
        "ClientError: The checksum of part 1 of the disk image does not match"
    )


@pytest.mark.slow
def test_a_part_of_another_size_is_not_taken(distant: Distant) -> None:
    distant.put_all()
    distant.put(distant.key_of(2), bytes(101))

    done = ended(distant.house, distant.import_volume()["ConversionTaskId"])

    assert "Part 2 of the disk image has 101 bytes instead of 100" in done["StatusMessage"]


@pytest.mark.slow
def test_a_redirect_is_not_followed(distant: Distant) -> None:
    Elsewhere.moved.add(f"/{distant.bucket}/{distant.key}")

    done = ended(distant.house, distant.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == (
        "ClientError: The host localhost redirects, which is not followed"
    )


@pytest.mark.slow
def test_a_manifest_leads_nowhere_else(distant: Distant, house: House) -> None:
    text = distant.manifest().replace(f"localhost:{distant.port}", "169.254.169.254")
    distant.put(distant.key, text.encode())

    done = ended(distant.house, distant.import_volume()["ConversionTaskId"])

    assert done["StatusMessage"] == (
        "ClientError: The host 169.254.169.254 is not one that disk images are imported from"
    )
    # A server that is told of no host takes not even the manifest from there.
    strange = Distant(house, IMAGE, bucket=distant.bucket)
    assert refusal(strange.import_volume)[0] == "InaccessibleStorageLocation"
    assert look(distant.house, done["ConversionTaskId"]) == done
