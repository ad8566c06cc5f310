"""Where a disk image may be said to be, and what can be no such place."""

from datetime import UTC, datetime

import pytest

from emulator.errors import AwsError
from emulator.services.ec2.sources import Location, bucket_source, url_source


@pytest.mark.parametrize(
    ("url", "bucket", "key"),
    [
        ("s3://images/disk.vmdk", "images", "disk.vmdk"),
        ("S3://images/a/b c/disk%20.vmdk", "images", "a/b c/disk%20.vmdk"),
        ("s3://Import_Bucket/disk?x#y", "Import_Bucket", "disk?x#y"),
        ("s3://images//slash", "images", "/slash"),
        ("https://s3.amazonaws.com/images/disk.vmdk", "images", "disk.vmdk"),
        ("https://S3.AmazonAWS.com/images/a%20b/d+e.vmdk", "images", "a b/d+e.vmdk"),
        ("https://s3.eu-west-1.amazonaws.com/images/disk.vmdk", "images", "disk.vmdk"),
        ("https://s3-eu-west-1.amazonaws.com/images/disk.vmdk", "images", "disk.vmdk"),
        ("https://s3.dualstack.eu-west-1.amazonaws.com/images/d", "images", "d"),
        ("https://s3.cn-north-1.amazonaws.com.cn/images/d", "images", "d"),
        ("https://images.s3.amazonaws.com/disk.vmdk", "images", "disk.vmdk"),
        ("https://my.images.s3.us-west-2.amazonaws.com/a/b", "my.images", "a/b"),
        ("https://my.s3.images.s3-us-west-2.amazonaws.com/a/b", "my.s3.images", "a/b"),
        ("https://images.s3.dualstack.us-west-2.amazonaws.com:443/d", "images", "d"),
        ("http://images.s3.amazonaws.com/%C3%A4", "images", "ä"),
    ],
)
def test_a_url_names_one_object(url: str, bucket: str, key: str) -> None:
    source = url_source(url)

    assert source.locations == (Location(bucket, key),)
    assert source.host is None


@pytest.mark.parametrize(
    ("url", "locations"),
    [
        ("http://127.0.0.1:4577/images/a/d.vmdk", [("images", "a/d.vmdk")]),
        ("http://[::1]:4577/images/d", [("images", "d")]),
        ("http://localhost:4577/images/d", [("images", "d")]),
        ("http://images.localhost:4577/dir/disk", [("images", "dir/disk"), ("dir", "disk")]),
        ("http://images.localhost:4577/disk", [("images", "disk")]),
        (
            "http://my.images.aws.test/dir/disk",
            [
                ("my", "dir/disk"),
                ("my.images", "dir/disk"),
                ("my.images.aws", "dir/disk"),
                ("dir", "disk"),
            ],
        ),
    ],
)
def test_a_url_of_this_server_is_read_both_ways(url: str, locations: list[tuple[str, str]]) -> None:
    source = url_source(url)

    assert source.locations == tuple(Location(*each) for each in locations)
    assert source.host is not None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "disk.vmdk",
        "images/disk.vmdk",
        "s3:",
        "s3://",
        "s3://images",
        "s3://images/",
        "s3:///disk.vmdk",
        "s3://im ages/disk",
        "s3://a/disk",
        "s3:images/disk",
        "s3://images/" + "k" * 1025,
        "s3://images/" + "ä" * 513,
        "file:///etc/passwd",
        "ftp://s3.amazonaws.com/images/disk",
        "https://",
        "https:///images/disk",
        "https://s3.amazonaws.com/",
        "https://s3.amazonaws.com/images",
        "https://s3.amazonaws.com/images/",
        "https://images.s3.amazonaws.com/",
        "https://images.s3.amazonaws.com",
        "http://localhost:4577/",
        "http://localhost:99999/images/disk",
        "http://[::1/images/disk",
        "javascript:alert(1)",
    ],
)
def test_what_names_no_object_is_refused(url: str) -> None:
    with pytest.raises(AwsError) as caught:
        url_source(url)

    assert caught.value.code == "InvalidParameter"
    assert caught.value.message == "Invalid S3 source location"


def test_the_secrets_of_a_url_are_forgotten() -> None:
    source = url_source(
        "https://user:word@images.s3.amazonaws.com/a%20b.vmdk?X-Amz-Signature=abc&X-Amz-Expires=60"
        "&X-Amz-Date=20240229T235930Z#part"
    )

    assert source.url == "https://images.s3.amazonaws.com/a%20b.vmdk"
    assert source.expires_at == datetime(2024, 3, 1, 0, 0, 30, tzinfo=UTC)


def test_the_older_kind_of_presigned_url_expires_too() -> None:
    source = url_source("http://[::1]:4577/images/d?AWSAccessKeyId=A&Signature=b&Expires=86400")

    assert source.url == "http://[::1]:4577/images/d"
    assert source.expires_at == datetime(1970, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "query", ["X-Amz-Expires=60", "X-Amz-Expires=x&X-Amz-Date=20240229T235930Z",
              "X-Amz-Expires=60&X-Amz-Date=today", "Signature=a&Expires=soon"]
)  # fmt: skip
def test_a_url_that_expires_no_one_knows_when_is_refused(query: str) -> None:
    with pytest.raises(AwsError, match="Invalid S3 source location"):
        url_source(f"https://s3.amazonaws.com/images/disk?{query}")


def test_a_bucket_and_a_key_name_an_object() -> None:
    source = bucket_source({"S3Bucket": "Import_Bucket", "S3Key": "a/b c.vmdk"})

    assert source.locations == (Location("Import_Bucket", "a/b c.vmdk"),)
    assert source.url is None


@pytest.mark.parametrize(
    "bucket",
    [
        {},
        {"S3Bucket": "images"},
        {"S3Key": "disk"},
        {"S3Bucket": "im/ages", "S3Key": "disk"},
        {"S3Bucket": "x", "S3Key": "disk"},
        {"S3Bucket": "x" * 256, "S3Key": "disk"},
        {"S3Bucket": "images", "S3Key": "x" * 1025},
    ],
)
def test_a_bucket_or_key_that_cannot_be_is_refused(bucket: dict[str, str]) -> None:
    with pytest.raises(AwsError, match="Invalid S3 source location"):
        bucket_source(bucket)  # type: ignore[arg-type]
