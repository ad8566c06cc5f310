"""Lists of objects, from outside."""

from typing import Any

import pytest

from tests.house import House
from tests.s3.raw import ask
from tests.s3.refused import refused

KEYS = ["a", "b/1", "b/2", "b/c/3", "c d", "c+d", "e/", "ä", "☃", "\U0001f4bf/disk"]


@pytest.fixture
def bucket(house: House) -> str:
    bucket = house.bucket()
    for key in reversed(KEYS):
        house.put_object(bucket, key, key.encode())
    return bucket


def keys(answer: Any) -> list[str]:
    return [each["Key"] for each in answer.get("Contents", [])]


def prefixes(answer: Any) -> list[str]:
    return [each["Prefix"] for each in answer.get("CommonPrefixes", [])]


def test_keys_come_in_the_order_of_their_bytes(house: House, bucket: str) -> None:
    answer = house.s3().list_objects_v2(Bucket=bucket)
    assert keys(answer) == KEYS
    assert (answer["KeyCount"], answer["MaxKeys"], answer["IsTruncated"]) == (10, 1000, False)
    assert "Owner" not in answer["Contents"][0]
    assert answer["Contents"][0]["Size"] == 1
    assert answer["Contents"][0]["StorageClass"] == "STANDARD"
    first = house.s3().list_objects_v2(Bucket=bucket, FetchOwner=True)["Contents"][0]
    assert first["Owner"] == house.s3().list_buckets()["Owner"]
    assert keys(house.s3().list_objects(Bucket=bucket)) == KEYS


def test_prefix_and_delimiter(house: House, bucket: str) -> None:
    s3 = house.s3()
    top = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert keys(top) == ["a", "c d", "c+d", "ä", "☃"]
    assert prefixes(top) == ["b/", "e/", "\U0001f4bf/"]
    assert top["KeyCount"] == 8
    inner = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="b/")
    assert (keys(inner), prefixes(inner)) == (["b/1", "b/2"], ["b/c/"])
    assert keys(s3.list_objects_v2(Bucket=bucket, Prefix="c")) == ["c d", "c+d"]
    assert keys(s3.list_objects_v2(Bucket=bucket, Prefix="nothing")) == []
    folder = s3.list_objects_v2(Bucket=bucket, Delimiter="/", Prefix="e/")
    assert (keys(folder), prefixes(folder)) == (["e/"], [])


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
@pytest.mark.parametrize("size", [1, 2, 3, 10])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_pages_skip_and_repeat_nothing(
    house: House, bucket: str, operation: str, size: int, delimiter: str
) -> None:
    pages = list(
        house.s3()
        .get_paginator(operation)  # type: ignore[call-overload]
        .paginate(Bucket=bucket, Delimiter=delimiter, PaginationConfig={"PageSize": size})
    )
    entries = [entry for page in pages for entry in sorted(keys(page) + prefixes(page))]
    if delimiter:
        assert entries == ["a", "b/", "c d", "c+d", "e/", "ä", "☃", "\U0001f4bf/"]
    else:
        assert entries == KEYS
    assert all(len(keys(page) + prefixes(page)) <= size for page in pages)


def test_start_after_marker_and_limits(house: House, bucket: str) -> None:
    s3 = house.s3()
    assert keys(s3.list_objects_v2(Bucket=bucket, StartAfter="c d"))[0] == "c+d"
    assert keys(s3.list_objects(Bucket=bucket, Marker="b/2"))[0] == "b/c/3"
    none = s3.list_objects_v2(Bucket=bucket, MaxKeys=0)
    assert (keys(none), none["IsTruncated"]) == ([], False)
    assert s3.list_objects_v2(Bucket=bucket, MaxKeys=5000)["MaxKeys"] == 1000
    page = s3.list_objects(Bucket=bucket, Delimiter="/", MaxKeys=2)
    assert page["NextMarker"] == "b/"
    assert "NextMarker" not in s3.list_objects(Bucket=bucket, MaxKeys=2)
    with refused("InvalidArgument") as refusal:
        s3.list_objects_v2(Bucket=bucket, MaxKeys=-1)
    assert refusal.error["ArgumentName"] == "max-keys"
    with refused("InvalidArgument") as refusal:
        s3.list_objects_v2(Bucket=bucket, ContinuationToken="nonsense")
    assert refusal.error["Message"] == "The continuation token provided is incorrect"
    with refused("NoSuchBucket", 404):
        s3.list_objects_v2(Bucket="no-such-bucket-here")


def test_keys_are_spelled_as_asked(house: House, bucket: str) -> None:
    plain = ask(house, "GET", f"/{bucket}?list-type=2&prefix=c").body.decode()
    assert "<Key>c d</Key>" in plain
    assert "EncodingType" not in plain
    encoded = ask(
        house, "GET", f"/{bucket}?list-type=2&encoding-type=url&start-after=c%20d&delimiter=%2F"
    ).body.decode()
    assert "<Key>c%2Bd</Key>" in encoded
    assert "<Prefix>%F0%9F%92%BF/</Prefix>" in encoded
    assert "<StartAfter>c+d</StartAfter>" in encoded
    assert "<EncodingType>url</EncodingType>" in encoded
    refusal = ask(house, "GET", f"/{bucket}?encoding-type=base64")
    assert (refusal.status, refusal.code) == (400, "InvalidArgument")
