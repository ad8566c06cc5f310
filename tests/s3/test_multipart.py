"""Multipart uploads, from outside."""

import base64
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from emulator.services.s3.checksums import ALGORITHMS, encoded
from tests.house import House
from tests.s3.raw import ask, connect
from tests.s3.refused import refused
from tests.s3.test_objects import blobs

MIB = 1 << 20
SIZE = 5 * MIB


class Upload:
    """An upload under way."""

    def __init__(self, house: House, bucket: str, **begin: Any) -> None:
        self.s3 = house.s3()
        self.at: Any = {"Bucket": bucket, "Key": "key"}
        self.begun = self.s3.create_multipart_upload(**self.at, **begin)
        self.at["UploadId"] = self.begun["UploadId"]
        self.parts: dict[int, dict[str, Any]] = {}

    def part(self, number: int, body: bytes, **more: Any) -> None:
        """Send a part and remember what is to be said of it at the end."""
        answer = self.s3.upload_part(**self.at, PartNumber=number, Body=body, **more)
        claims = {name: text for name, text in answer.items() if name.startswith("Checksum")}
        self.parts[number] = {"PartNumber": number, "ETag": answer["ETag"], **claims}

    def wait_for(self, house: House, number: int) -> None:
        """Wait until the first bytes of a part are in its place."""
        (common,) = (house.data_dir / "blobs").rglob(self.at["UploadId"])
        deadline = time.monotonic() + 30
        while common.stat().st_size <= (number - 1) * SIZE:
            assert time.monotonic() < deadline, "the part does not come"
            time.sleep(0.01)

    def complete(self, *numbers: int, **more: Any) -> Any:
        """End it with some of the parts, or all."""
        listed = [self.parts[number] for number in numbers or sorted(self.parts)]
        return self.s3.complete_multipart_upload(
            **self.at,
            MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
            **more,
        )


def test_parts_become_one_object(house: House) -> None:
    bucket = house.bucket()
    before = blobs(house)
    bodies = [os.urandom(SIZE), os.urandom(SIZE + 1), os.urandom(123)]
    upload = Upload(
        house, bucket, ContentType="text/plain", Metadata={"a": "b"}, Tagging="t=1",
        StorageClass="STANDARD_IA",
    )  # fmt: skip
    for number in (3, 1, 2):  # in any order
        upload.part(number, bodies[number - 1])

    done = upload.complete()

    md5s = b"".join(hashlib.md5(body).digest() for body in bodies)
    assert done["ETag"] == f'"{hashlib.md5(md5s).hexdigest()}-3"'
    assert done["Location"] == f"{house.endpoint}/{bucket}/key"
    got = house.s3().get_object(Bucket=bucket, Key="key")
    assert got["Body"].read() == b"".join(bodies)
    assert (got["ETag"], got["ContentType"]) == (done["ETag"], "text/plain")
    assert (got["Metadata"], got["TagCount"]) == ({"a": "b"}, 1)
    assert got["StorageClass"] == "STANDARD_IA"
    assert len(blobs(house) - before) == 1
    with refused("NoSuchUpload", 404):
        upload.complete()


def test_an_object_is_read_by_its_parts(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    upload = Upload(house, bucket)
    bodies = {1: b"a" * SIZE, 5: b"b" * SIZE, 9: b"c"}
    for number, body in bodies.items():
        upload.part(number, body)
    upload.complete()

    for number, body in enumerate(bodies.values(), start=1):
        got = s3.get_object(Bucket=bucket, Key="key", PartNumber=number)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (got["Body"].read(), got["PartsCount"]) == (body, 3)
    head = s3.head_object(Bucket=bucket, Key="key", PartNumber=2)
    assert (head["ContentLength"], head["PartsCount"]) == (SIZE, 3)
    with refused("InvalidPartNumber", 416) as refusal:
        s3.get_object(Bucket=bucket, Key="key", PartNumber=4)
    assert refusal.error["ActualPartCount"] == "3"
    with refused("InvalidRequest"):
        s3.get_object(Bucket=bucket, Key="key", PartNumber=1, Range="bytes=0-1")


def test_a_part_sent_again_counts_and_parts_left_out_are_gone(house: House) -> None:
    bucket = house.bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    upload.part(1, b"old" * SIZE)
    upload.part(2, b"left out" * MIB)
    upload.part(3, b"last")
    upload.part(1, b"n" * (SIZE + 7))

    upload.complete(1, 3)

    got = house.s3().get_object(Bucket=bucket, Key="key")
    assert got["Body"].read() == b"n" * (SIZE + 7) + b"last"
    assert len(blobs(house) - before) == 1
    house.s3().delete_object(Bucket=bucket, Key="key")
    assert blobs(house) == before


def test_an_aborted_upload_leaves_nothing(house: House) -> None:
    bucket = house.bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    upload.part(1, b"x" * SIZE)
    upload.part(2, b"x")

    house.s3().abort_multipart_upload(**upload.at)

    assert blobs(house) == before
    for ask_again in (
        lambda: house.s3().abort_multipart_upload(**upload.at),
        lambda: house.s3().list_parts(**upload.at),
        lambda: upload.part(3, b"x"),
        lambda: upload.complete(),
    ):
        with refused("NoSuchUpload", 404) as refusal:
            ask_again()
    assert refusal.error["UploadId"] == upload.at["UploadId"]
    assert blobs(house) == before


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "SHA1", "SHA256"])
def test_composite_checksums(house: House, algorithm: str) -> None:
    s3, bucket = house.s3(), house.bucket()
    bodies = [os.urandom(SIZE), os.urandom(100)]
    member = f"Checksum{algorithm}"
    upload = Upload(house, bucket, ChecksumAlgorithm=algorithm)
    assert upload.begun["ChecksumAlgorithm"] == algorithm
    assert upload.begun["ChecksumType"] == "COMPOSITE"
    for number, body in enumerate(bodies, start=1):
        upload.part(number, body, ChecksumAlgorithm=algorithm)
    listed = s3.list_parts(**upload.at)
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == (algorithm, "COMPOSITE")
    digest = ALGORITHMS[algorithm].start()
    for part in listed["Parts"]:
        digest.update(base64.b64decode(part[member]))  # type: ignore[literal-required]
    expected = encoded(digest.digest()) + "-2"

    done = upload.complete()

    assert (done[member], done["ChecksumType"]) == (expected, "COMPOSITE")
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert head[member] == expected  # type: ignore[literal-required]
    assert head["ChecksumType"] == "COMPOSITE"
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")["Body"].read()
    assert got == b"".join(bodies)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
def test_full_object_checksums(house: House, algorithm: str) -> None:
    s3, bucket = house.s3(), house.bucket()
    bodies = [os.urandom(SIZE), os.urandom(SIZE + 3), b"end"]
    digest = ALGORITHMS[algorithm].start()
    digest.update(b"".join(bodies))
    expected = {f"Checksum{algorithm}": encoded(digest.digest())}
    upload = Upload(house, bucket, ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
    for number, body in enumerate(bodies, start=1):
        upload.part(number, body, ChecksumAlgorithm=algorithm)
    with refused("BadDigest"):
        upload.complete(**{f"Checksum{algorithm}": encoded(bytes(ALGORITHMS[algorithm].size))})

    done = upload.complete(**expected, MpuObjectSize=2 * SIZE + 6)

    assert done.items() >= {**expected, "ChecksumType": "FULL_OBJECT"}.items()
    head = s3.head_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")
    assert head.items() >= expected.items()
    got = s3.get_object(Bucket=bucket, Key="key", ChecksumMode="ENABLED")["Body"].read()
    assert got == b"".join(bodies)  # botocore compares


def test_an_upload_without_a_checksum_gets_a_crc64nvme(house: House) -> None:
    bucket = house.bucket()
    upload = ask(house, "POST", f"/{bucket}/key?uploads").body.decode()
    upload_id = upload.partition("<UploadId>")[2].partition("<")[0]
    etags = [
        ask(
            house,
            "PUT",
            f"/{bucket}/key?partNumber={n}&uploadId={upload_id}",
            body=bytes([n]) * SIZE,
        ).headers["etag"]
        for n in (1, 2)
    ]
    document = "".join(
        f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>"
        for n, etag in enumerate(etags, start=1)
    )
    done = ask(
        house,
        "POST",
        f"/{bucket}/key?uploadId={upload_id}",
        body=f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>".encode(),
    )
    digest = ALGORITHMS["CRC64NVME"].start()
    digest.update(b"\1" * SIZE + b"\2" * SIZE)
    assert (
        f"<ChecksumCRC64NVME>{encoded(digest.digest())}</ChecksumCRC64NVME>" in done.body.decode()
    )


def test_an_end_that_does_not_fit_is_refused(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    upload = Upload(house, bucket)
    upload.part(1, b"x" * SIZE)
    upload.part(2, b"too small")
    upload.part(3, b"last")
    before = blobs(house)

    with refused("EntityTooSmall") as refusal:
        upload.complete()
    assert refusal.error["PartNumber"] == "2"
    assert refusal.error["MinSizeAllowed"] == str(SIZE)
    with refused("InvalidPartOrder"):
        upload.complete(3, 1)
    with refused("InvalidPartOrder"):
        upload.complete(1, 1)
    upload.parts[4] = {"PartNumber": 4, "ETag": upload.parts[1]["ETag"]}
    with refused("InvalidPart") as refusal:
        upload.complete(1, 4)
    assert refusal.error["PartNumber"] == "4"
    upload.parts[1]["ETag"] = '"0123456789abcdef0123456789abcdef"'
    with refused("InvalidPart"):
        upload.complete(1, 3)
    for document in ("", "<CompleteMultipartUpload></CompleteMultipartUpload>", "<Complete"):
        path = f"/{bucket}/key?uploadId={upload.at['UploadId']}"
        reply = ask(house, "POST", path, body=document.encode())
        assert (reply.status, reply.code) == (400, "MalformedXML"), document
    with refused("NoSuchUpload", 404):
        s3.complete_multipart_upload(
            Bucket=bucket, Key="other", UploadId=upload.at["UploadId"],
            MultipartUpload={"Parts": [upload.parts[3]]},  # type: ignore[list-item]
        )  # fmt: skip
    assert blobs(house) == before
    assert len(s3.list_parts(**upload.at)["Parts"]) == 3


def test_an_end_is_checked_against_checksums_sizes_and_conditions(house: House) -> None:
    bucket = house.bucket()
    upload = Upload(house, bucket, ChecksumAlgorithm="SHA256")
    upload.part(1, b"x", ChecksumAlgorithm="SHA256")
    claim = upload.parts[1].pop("ChecksumSHA256")
    with refused("InvalidRequest") as refusal:
        upload.complete()
    assert "It was missing for part 1 in the request." in refusal.error["Message"]
    upload.parts[1]["ChecksumSHA256"] = encoded(bytes(32))
    with refused("InvalidPart"):
        upload.complete()
    upload.parts[1]["ChecksumSHA256"] = claim
    with refused("InvalidRequest"):
        upload.complete(MpuObjectSize=2)
    house.put_object(bucket, "key", b"there")
    with refused("PreconditionFailed", 412):
        upload.complete(IfNoneMatch="*")
    with refused("InvalidRequest") as refusal:
        upload.part(2, b"x", ChecksumAlgorithm="CRC32")
    assert "expected checksum Type: sha256, actual checksum Type: crc32" in refusal.error["Message"]
    upload.complete()
    assert house.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_beginnings_that_are_refused(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    for begin in (
        {"ChecksumAlgorithm": "SHA256", "ChecksumType": "FULL_OBJECT"},
        {"ChecksumAlgorithm": "CRC64NVME", "ChecksumType": "COMPOSITE"},
        {"ChecksumAlgorithm": "NONE"},
    ):
        with refused("InvalidRequest"):
            s3.create_multipart_upload(Bucket=bucket, Key="key", **begin)  # type: ignore[arg-type]
    upload = Upload(house, bucket)
    for number in (0, 10_001):
        with refused("InvalidArgument"):
            upload.part(number, b"x")


def test_parts_are_listed_by_pages(house: House) -> None:
    s3 = house.s3()
    upload = Upload(house, house.bucket())
    for number in (7, 2, 10_000, 4):
        upload.part(number, b"x" * number)

    pages = list(
        s3.get_paginator("list_parts").paginate(**upload.at, PaginationConfig={"PageSize": 3})
    )

    numbers = [[part["PartNumber"] for part in page["Parts"]] for page in pages]
    assert numbers == [[2, 4, 7], [10_000]]
    assert pages[0]["Parts"][0]["Size"] == 2
    assert pages[0]["NextPartNumberMarker"] == 7
    assert "ChecksumAlgorithm" not in pages[0]


def test_uploads_are_listed_by_pages(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    begun = [
        (key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"])
        for key in ("b/1", "a", "b/2", "a", "c ü")
    ]

    for size in (1, 2, 10):
        paginator = s3.get_paginator("list_multipart_uploads")
        pages = paginator.paginate(Bucket=bucket, PaginationConfig={"PageSize": size})
        listed = [(each["Key"], each["UploadId"]) for page in pages for each in page["Uploads"]]
        assert listed == sorted(begun)
    rolled = s3.list_multipart_uploads(Bucket=bucket, Delimiter="/")
    assert [each["Key"] for each in rolled["Uploads"]] == ["a", "a", "c ü"]
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["b/"]
    inner = s3.list_multipart_uploads(Bucket=bucket, Prefix="b/", MaxUploads=1)
    assert (inner["NextKeyMarker"], inner["IsTruncated"]) == ("b/1", True)
    after = s3.list_multipart_uploads(Bucket=bucket, KeyMarker="b/1")
    assert [each["Key"] for each in after["Uploads"]] == ["b/2", "c ü"]


def test_parts_sent_at_once_by_many(house: House) -> None:
    bucket = house.bucket()
    upload = Upload(house, bucket)
    bodies = {number: os.urandom(SIZE + number % 3) for number in range(1, 9)}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: upload.part(*item), bodies.items()))
        list(pool.map(lambda item: upload.part(*item), list(bodies.items())[::2]))
    upload.complete()
    got = house.s3().get_object(Bucket=bucket, Key="key")["Body"].read()
    assert got == b"".join(bodies[number] for number in sorted(bodies))


def test_one_of_many_ends_of_an_upload_wins(house: House) -> None:
    bucket = house.bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    upload.part(1, b"a" * SIZE)
    upload.part(2, b"b")

    def end(_: int) -> str:
        try:
            upload.complete()
        except house.s3().exceptions.ClientError as error:
            return str(error.response["Error"]["Code"])
        return "done"

    with ThreadPoolExecutor(4) as pool:
        ends = sorted(pool.map(end, range(4)))

    assert ends == ["NoSuchUpload"] * 3 + ["done"]
    assert len(blobs(house) - before) == 1
    assert house.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"a" * SIZE + b"b"


def test_parts_of_one_size_are_written_where_they_stay(house: House) -> None:
    bucket = house.bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    bodies = {2: b"b" * SIZE, 4: b"d" * 100, 1: b"a" * SIZE, 3: b"c" * SIZE}
    for number, body in bodies.items():
        upload.part(number, body)
    (common,) = blobs(house) - before
    file = next(house.data_dir.rglob(common)).stat()
    assert file.st_size == 3 * SIZE + 100

    upload.complete()

    (kept,) = blobs(house) - before
    assert next(house.data_dir.rglob(kept)).stat().st_ino == file.st_ino
    got = house.s3().get_object(Bucket=bucket, Key="key")["Body"].read()
    assert got == b"".join(bodies[number] for number in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("sizes", "listed"),
    [
        ({3: 7, 1: SIZE, 2: SIZE}, (1, 2, 3)),  # the smallest came first
        ({1: SIZE + 5, 2: SIZE, 3: SIZE + 9}, (1, 2, 3)),  # all different
        ({1: SIZE, 2: SIZE, 3: SIZE}, (1, 3)),  # a gap
        ({1: SIZE, 2: SIZE, 3: SIZE}, (1, 2)),  # more than is listed
        ({5: SIZE, 9: SIZE}, (5, 9)),  # not from the beginning
        ({1: 0}, (1,)),  # nothing at all
        ({1: SIZE, 2: 0}, (1, 2)),
        ({1: 7}, (1,)),
    ],
)
def test_parts_of_any_size_become_one_object(
    house: House, sizes: dict[int, int], listed: tuple[int, ...]
) -> None:
    bucket = house.bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    bodies = {number: os.urandom(size) for number, size in sizes.items()}
    for number, body in bodies.items():
        upload.part(number, body)

    upload.complete(*listed)

    got = house.s3().get_object(Bucket=bucket, Key="key")["Body"].read()
    assert got == b"".join(bodies[number] for number in listed)
    (kept,) = blobs(house) - before
    assert next(house.data_dir.rglob(kept)).stat().st_size == len(got)
    house.s3().delete_object(Bucket=bucket, Key="key")
    assert blobs(house) == before


def test_a_part_cut_off_and_sent_again(house: House) -> None:
    bucket = house.open_bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    upload.part(1, b"a" * SIZE)
    path = f"/{bucket}/key?partNumber=2&uploadId={upload.at['UploadId']}"
    with connect(house) as connection:
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * (3 * MIB))
        upload.wait_for(house, 2)
        upload.part(2, b"b" * SIZE)  # while the first attempt still has the place
    upload.part(3, b"c")

    upload.complete()

    got = house.s3().get_object(Bucket=bucket, Key="key")["Body"].read()
    assert got == b"a" * SIZE + b"b" * SIZE + b"c"
    assert len(blobs(house) - before) == 1


def test_an_end_while_a_part_still_comes(house: House) -> None:
    bucket = house.open_bucket()
    before = blobs(house)
    upload = Upload(house, bucket)
    upload.part(1, b"a" * SIZE)
    path = f"/{bucket}/key?partNumber=2&uploadId={upload.at['UploadId']}"
    with connect(house) as connection:
        head = f"PUT {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {SIZE}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * (3 * MIB))
        upload.wait_for(house, 2)
        upload.complete()
        connection.sendall(b"x" * (2 * MIB))
        reply = b"".join(iter(lambda: connection.recv(65536), b""))  # until the server hangs up
    assert b"<Code>NoSuchUpload</Code>" in reply
    assert house.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"a" * SIZE
    (kept,) = blobs(house) - before
    assert next(house.data_dir.rglob(kept)).stat().st_size == SIZE
