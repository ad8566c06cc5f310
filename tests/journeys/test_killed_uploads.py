"""kill -9 in the middle of an upload: what was acknowledged is there, and nothing of the rest."""

import contextlib
import os
import random
import threading
import zlib
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from tests.house import House
from tests.journeys.remains import MIB, assert_tidy, names, until, writes_held
from tests.s3.raw import ask, aws_chunked
from tests.wire.sockets import Wire

pytestmark = pytest.mark.slow  # it starts many servers

PART = 5 * MIB
OLD = b"what was there before" * 1000
BODY = bytes(range(256)) * (12 * MIB // 256)
CRC32 = b64encode(zlib.crc32(BODY).to_bytes(4, "big")).decode()
FRAMED = aws_chunked(BODY, 65536, {"x-amz-checksum-crc32": CRC32})

WAYS: dict[str, tuple[bytes, dict[str, str]]] = {
    "as it is": (BODY, {"Content_Length": str(len(BODY))}),
    "aws-chunked": (
        FRAMED,
        {
            "Content_Length": str(len(FRAMED)),
            "Content_Encoding": "aws-chunked",
            "x_amz_content_sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "x_amz_decoded_content_length": str(len(BODY)),
            "x_amz_trailer": "x-amz-checksum-crc32",
        },
    ),
    "in HTTP's chunks": (
        f"{len(BODY):x}\r\n".encode() + BODY + b"\r\n0\r\n\r\n",
        {"Transfer_Encoding": "chunked"},
    ),
}


class Multipart:
    """A multipart upload, and the parts that were acknowledged."""

    def __init__(self, house: House, bucket: str, key: str = "key") -> None:
        self.house = house
        self.at: Any = {"Bucket": bucket, "Key": key}
        self.at["UploadId"] = house.s3().create_multipart_upload(**self.at)["UploadId"]
        self.parts: dict[int, bytes] = {}

    def path(self, number: int) -> str:
        """Where a part is to be put."""
        upload_id = self.at["UploadId"]
        return f"/{self.at['Bucket']}/{self.at['Key']}?partNumber={number}&uploadId={upload_id}"

    def put(self, number: int, body: bytes) -> None:
        """Send a part."""
        self.house.s3().upload_part(**self.at, PartNumber=number, Body=body)
        self.parts[number] = body

    def complete(self) -> None:
        """Make an object of them."""
        listed: Any = [
            {"PartNumber": number, "ETag": md5(body).hexdigest()}
            for number, body in sorted(self.parts.items())
        ]
        self.house.s3().complete_multipart_upload(**self.at, MultipartUpload={"Parts": listed})

    @property
    def whole(self) -> bytes:
        """What the object is made of."""
        return b"".join(body for _, body in sorted(self.parts.items()))

    def listed(self) -> dict[int, int]:
        """The parts that the server knows, with their sizes."""
        parts = self.house.s3().list_parts(**self.at).get("Parts", [])
        return {part["PartNumber"]: part["Size"] for part in parts}


def content(house: House, bucket: str, key: str) -> bytes:
    return house.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


def bytes_on_disk(house: House) -> int:
    """How much has been written of all uploads."""
    total = 0
    for folder in ("incoming", "blobs"):
        for path in (house.data_dir / folder).rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                total += path.stat().st_blocks * 512
    return total


def keys(house: House, bucket: str) -> list[str]:
    return [each["Key"] for each in house.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


@pytest.mark.parametrize("way", WAYS)
def test_an_object_that_was_arriving_never_was(own_house: House, way: str) -> None:
    body, headers = WAYS[way]
    bucket = own_house.open_bucket()
    own_house.put_object(bucket, "old", OLD)
    before = bytes_on_disk(own_house)
    with Wire(own_house.endpoint) as new, Wire(own_house.endpoint) as over:
        new.send(f"PUT /{bucket}/new", body[: len(body) * 2 // 3], **headers)
        over.send(f"PUT /{bucket}/old", body[: len(body) * 2 // 3], **headers)
        until(lambda: bytes_on_disk(own_house) > before + 4 * MIB, "bytes of both on the disk")

        own_house.kill()
    own_house.start()

    assert keys(own_house, bucket) == ["old"]
    assert content(own_house, bucket, "old") == OLD
    assert_tidy(own_house)
    with Wire(own_house.endpoint) as wire:
        assert wire.ask(f"PUT /{bucket}/new", body, **headers).status == 200
    assert content(own_house, bucket, "new") == BODY


@pytest.mark.parametrize(
    ("number", "way"),
    [(1, "as it is"), (2, "aws-chunked"), (4, "as it is"), (4, "in HTTP's chunks")],
)
def test_a_part_that_was_arriving_is_sent_again(own_house: House, number: int, way: str) -> None:
    body, headers = WAYS[way]
    bucket = own_house.open_bucket()
    upload = Multipart(own_house, bucket)
    for done in {1, 2, 3} - {number}:
        upload.put(done, os.urandom(len(BODY)))
    before = bytes_on_disk(own_house)
    with Wire(own_house.endpoint) as wire:
        wire.send(f"PUT {upload.path(number)}", body[: len(body) * 2 // 3], **headers)
        until(lambda: bytes_on_disk(own_house) > before + 2 * MIB, "bytes on the disk")

        own_house.kill()
    own_house.start()

    assert upload.listed() == {done: len(BODY) for done in upload.parts}
    if number == 2:
        upload.put(number, BODY)
    upload.complete()
    assert content(own_house, bucket, "key") == upload.whole
    assert_tidy(own_house)


def test_a_part_may_come_again_before_the_server_has_cleared_up(own_house: House) -> None:
    bucket = own_house.open_bucket()
    upload = Multipart(own_house, bucket)
    with Wire(own_house.endpoint) as wire:
        wire.send(f"PUT {upload.path(1)}", BODY[: 3 * MIB], Content_Length=str(len(BODY)))
        until(lambda: bytes_on_disk(own_house) >= 2 * MIB, "bytes on the disk")
        own_house.kill()
    own_house.start()

    with Wire(own_house.endpoint) as wire:
        wire.send(f"PUT {upload.path(1)}", BODY[:1000], Content_Length=str(len(BODY)))
        until(lambda: engine(own_house) == "running", "the engine")
        assert_tidy(own_house)
        wire.socket.sendall(BODY[1000:])
        assert wire.receive("PUT").status == 200

    upload.parts[1] = BODY
    upload.complete()
    assert content(own_house, bucket, "key") == BODY
    assert_tidy(own_house)


def engine(house: House) -> str:
    health = ask(house, "GET", "/_vmie/health").body.decode()
    return health.partition('"engine":"')[2].partition('"')[0]


@pytest.mark.parametrize("kind", ["new", "over another", "copied"])
def test_killed_between_bytes_and_row_an_object_never_was(own_house: House, kind: str) -> None:
    s3, bucket = own_house.s3(), own_house.open_bucket()
    own_house.put_object(bucket, "old", OLD)
    before = names(own_house, "blobs")
    key = "old" if kind == "over another" else "new"

    def send() -> None:
        if kind == "copied":
            s3.copy_object(Bucket=bucket, Key=key, CopySource=f"{bucket}/old")
        else:
            s3.put_object(Bucket=bucket, Key=key, Body=BODY)

    with ThreadPoolExecutor(1) as pool, writes_held(own_house):
        sending = pool.submit(send)
        until(lambda: names(own_house, "blobs") - before, "the bytes to be kept")
        own_house.kill()
        with pytest.raises(BotoCoreError):
            sending.result()
    own_house.start()

    assert keys(own_house, bucket) == ["old"]
    assert content(own_house, bucket, "old") == OLD
    assert_tidy(own_house)


def test_killed_between_bytes_and_row_a_part_never_was(own_house: House) -> None:
    bucket = own_house.open_bucket()
    upload = Multipart(own_house, bucket)
    upload.put(1, os.urandom(len(BODY)))
    (common,) = (own_house.data_dir / "blobs").glob("*/*")
    with ThreadPoolExecutor(1) as pool, writes_held(own_house):
        sending = pool.submit(upload.put, 2, BODY)
        until(lambda: common.stat().st_size == 2 * len(BODY), "the bytes of part 2")
        own_house.kill()
        with pytest.raises(BotoCoreError):
            sending.result()
    own_house.start()

    assert upload.listed() == {1: len(BODY)}
    upload.put(2, BODY[:-1])
    upload.complete()
    assert content(own_house, bucket, "key") == upload.whole
    assert_tidy(own_house)


@pytest.mark.parametrize("sizes", [(PART, PART, 7), (PART, PART + 1, 7)], ids=["linked", "copied"])
def test_killed_between_bytes_and_row_an_upload_goes_on(
    own_house: House, sizes: tuple[int, ...]
) -> None:
    bucket = own_house.open_bucket()
    own_house.put_object(bucket, "key", OLD)
    upload = Multipart(own_house, bucket)
    for number, size in enumerate(sizes, 1):
        upload.put(number, os.urandom(size))
    before = names(own_house, "blobs")
    with ThreadPoolExecutor(1) as pool, writes_held(own_house):
        completing = pool.submit(upload.complete)
        until(lambda: names(own_house, "blobs") - before, "the bytes to be kept")
        own_house.kill()
        with pytest.raises(BotoCoreError):
            completing.result()
    own_house.start()

    assert content(own_house, bucket, "key") == OLD
    assert upload.listed() == dict(enumerate(sizes, 1))
    assert_tidy(own_house)
    upload.complete()
    assert content(own_house, bucket, "key") == upload.whole
    assert_tidy(own_house)


def test_killed_while_the_parts_are_being_copied_together_an_upload_goes_on(
    own_house: House,
) -> None:
    bucket = own_house.open_bucket()
    upload = Multipart(own_house, bucket)
    for number in range(1, 9):
        upload.put(number, random.Random(number).randbytes(16 * MIB + number))
    with ThreadPoolExecutor(1) as pool:
        completing = pool.submit(upload.complete)
        until(lambda: names(own_house, "incoming") or completing.done(), "the copy to begin")
        own_house.kill()
        with pytest.raises(BotoCoreError):
            completing.result()
    own_house.start()

    assert keys(own_house, bucket) == []
    upload.complete()
    assert content(own_house, bucket, "key") == upload.whole
    assert_tidy(own_house)


class Writer:
    """A client that knows what it was told is there, and what may be there."""

    def __init__(self, house: House, bucket: str, number: int) -> None:
        self.house = house
        self.bucket = bucket
        self.number = number
        self.chance = random.Random(number)
        self.there: dict[str, bytes] = {}  # acknowledged
        self.doing: tuple[str, bytes | None] | None = None  # None: it is being deleted

    def write(self) -> None:
        """Put, replace and delete objects until the server is gone."""
        s3 = self.house.s3()
        with contextlib.suppress(BotoCoreError):
            while True:
                key = f"{self.number}/{self.chance.randrange(6)}"
                body = self.chance.randbytes(self.chance.choice([0, 100, 70_000, 2 * MIB]))
                match self.chance.choice(["put", "put", "multipart", "delete"]):
                    case "put":
                        self.doing = key, body
                        s3.put_object(Bucket=self.bucket, Key=key, Body=body)
                    case "multipart":
                        upload = Multipart(self.house, self.bucket, key)
                        upload.put(1, body)
                        self.doing = key, body
                        upload.complete()
                    case "delete":
                        self.doing = key, None
                        s3.delete_object(Bucket=self.bucket, Key=key)
                self.note()

    def note(self) -> None:
        """What it was doing is done."""
        assert self.doing is not None
        key, body = self.doing
        self.doing = None
        if body is None:
            self.there.pop(key, None)
        else:
            self.there[key] = body

    def check(self) -> None:
        """See that all is as it was told, or as it was about to be told."""
        listing = keys(self.house, self.bucket)
        found = {
            key: content(self.house, self.bucket, key)
            for key in listing
            if key.startswith(f"{self.number}/")
        }
        if self.doing is not None and found.get(self.doing[0]) == self.doing[1]:
            self.note()
        self.doing = None
        assert found == self.there


@pytest.mark.timeout(400)
def test_whatever_was_acknowledged_is_there_whenever_it_dies(own_house: House) -> None:
    bucket = own_house.open_bucket()
    writers = [Writer(own_house, bucket, number) for number in range(4)]
    chance = random.Random(5)
    for _ in range(10):
        with ThreadPoolExecutor(len(writers)) as pool:
            writing = [pool.submit(writer.write) for writer in writers]
            threading.Event().wait(chance.uniform(0.2, 2))
            own_house.kill()
            for each in writing:
                each.result()
        own_house.start()
        for writer in writers:
            writer.check()
        for upload in own_house.s3().list_multipart_uploads(Bucket=bucket).get("Uploads", []):
            own_house.s3().abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )
        assert_tidy(own_house)
