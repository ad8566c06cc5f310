"""Objects written, read and deleted, from outside."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from tests.house import House
from tests.s3.raw import ask
from tests.s3.refused import refused


def test_an_object_comes_back_with_all_that_was_sent(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    body = bytes(range(256)) * 5000
    expires = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)

    put = s3.put_object(
        Bucket=bucket,
        Key="a/b c+ü☃.vmdk",
        Body=body,
        ContentType="application/x-vmdk",
        CacheControl="no-store",
        ContentDisposition='attachment; filename="x"',
        ContentEncoding="gzip",
        ContentLanguage="en",
        Expires=expires,
        Metadata={"Origin": "the lab", "n": "1"},
        Tagging="a=1&b=",
        StorageClass="STANDARD_IA",
    )

    assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    got = s3.get_object(Bucket=bucket, Key="a/b c+ü☃.vmdk")
    head = s3.head_object(Bucket=bucket, Key="a/b c+ü☃.vmdk")
    assert got["Body"].read() == body
    for answer in (got, head):
        assert answer["ContentLength"] == len(body)
        assert answer["ETag"] == put["ETag"]
        assert answer["ContentType"] == "application/x-vmdk"
        assert answer["CacheControl"] == "no-store"
        assert answer["ContentDisposition"] == 'attachment; filename="x"'
        assert answer["ContentEncoding"] == "gzip"
        assert answer["ContentLanguage"] == "en"
        assert answer["Expires"] == expires
        assert answer["Metadata"] == {"origin": "the lab", "n": "1"}
        assert answer["StorageClass"] == "STANDARD_IA"
        assert answer["AcceptRanges"] == "bytes"
        assert answer["TagCount"] == 2
        assert timedelta(0) <= datetime.now(UTC) - answer["LastModified"] < timedelta(seconds=60)


def test_an_empty_object(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    s3.put_object(Bucket=bucket, Key="empty")
    got = s3.get_object(Bucket=bucket, Key="empty")
    assert (got["Body"].read(), got["ContentLength"]) == (b"", 0)
    assert got["ContentType"] == "binary/octet-stream"
    assert got["ETag"] == '"d41d8cd98f00b204e9800998ecf8427e"'
    with refused("InvalidRange", 416):
        s3.get_object(Bucket=bucket, Key="empty", Range="bytes=0-0")


def test_metadata_in_utf_8(house: House) -> None:
    bucket = house.bucket()
    ask(house, "PUT", f"/{bucket}/key", {"x-amz-meta-name": "Ä ☃".encode().decode("latin-1")}, b"")
    reply = ask(house, "HEAD", f"/{bucket}/key")
    assert reply.headers["x-amz-meta-name"] == "=?UTF-8?B?w4Qg4piD?="
    ask(house, "PUT", f"/{bucket}/key", {"x-amz-meta-name": "=?UTF-8?B?w4Qg4piD?="}, b"")
    assert ask(house, "HEAD", f"/{bucket}/key").headers["x-amz-meta-name"] == "=?UTF-8?B?w4Qg4piD?="


def test_ranges(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"0123456789")

    for text, body, content_range in [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=7-", b"789", "bytes 7-9/10"),
        ("bytes=-2", b"89", "bytes 8-9/10"),
        ("bytes=0-99", b"0123456789", "bytes 0-9/10"),
    ]:
        got = s3.get_object(Bucket=bucket, Key="key", Range=text)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert (got["Body"].read(), got["ContentRange"]) == (body, content_range)
        head = ask(house, "HEAD", f"/{bucket}/key", {"Range": text})
        assert (head.status, head.headers["content-range"]) == (206, content_range)
        assert head.headers["content-length"] == str(len(body))
    whole = s3.get_object(Bucket=bucket, Key="key", Range="bytes=0-1,3-4")
    assert whole["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert whole["Body"].read() == b"0123456789"
    with refused("InvalidRange", 416) as refusal:
        s3.get_object(Bucket=bucket, Key="key", Range="bytes=10-")
    assert refusal.error["ActualObjectSize"] == "10"
    assert refusal.headers["content-range"] == "bytes */10"


def test_conditional_reads(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    etag = s3.put_object(Bucket=bucket, Key="key", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="key")["LastModified"]
    before, after = modified - timedelta(hours=1), modified + timedelta(hours=1)

    assert s3.get_object(Bucket=bucket, Key="key", IfMatch=etag)["ETag"] == etag
    assert s3.get_object(Bucket=bucket, Key="key", IfModifiedSince=before)["ETag"] == etag
    assert s3.get_object(Bucket=bucket, Key="key", IfUnmodifiedSince=after)["ETag"] == etag
    with refused("PreconditionFailed", 412) as refusal:
        s3.get_object(Bucket=bucket, Key="key", IfMatch='"other"')
    assert refusal.error["Condition"] == "If-Match"
    with refused("PreconditionFailed", 412):
        s3.get_object(Bucket=bucket, Key="key", IfUnmodifiedSince=before)
    for headers in ({"If-None-Match": etag}, {"If-Modified-Since": http_date(after)}):
        for method in ("GET", "HEAD"):
            reply = ask(house, method, f"/{bucket}/key", headers)
            assert (reply.status, reply.body, reply.headers["etag"]) == (304, b"", etag)
            assert "content-type" not in reply.headers


def http_date(moment: datetime) -> str:
    return moment.strftime("%a, %d %b %Y %H:%M:%S GMT")


def test_conditional_writes(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()

    etag = s3.put_object(Bucket=bucket, Key="key", Body=b"one", IfNoneMatch="*")["ETag"]
    with refused("PreconditionFailed", 412) as refusal:
        s3.put_object(Bucket=bucket, Key="key", Body=b"two", IfNoneMatch="*")
    assert refusal.error["Condition"] == "If-None-Match"
    with refused("PreconditionFailed", 412):
        s3.put_object(Bucket=bucket, Key="key", Body=b"two", IfMatch='"other"')
    with refused("NoSuchKey", 404):
        s3.put_object(Bucket=bucket, Key="missing", Body=b"two", IfMatch=etag)
    s3.put_object(Bucket=bucket, Key="key", Body=b"three", IfMatch=etag)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"three"
    with refused("PreconditionFailed", 412):
        s3.delete_object(Bucket=bucket, Key="key", IfMatch=etag)


def test_what_is_not_there(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    with refused("NoSuchKey", 404) as refusal:
        s3.get_object(Bucket=bucket, Key="a/b")
    assert refusal.error["Key"] == "a/b"
    assert refusal.error["Message"] == "The specified key does not exist."
    reply = ask(house, "HEAD", f"/{bucket}/a/b")
    assert (reply.status, reply.body) == (404, b"")
    with refused("NoSuchBucket", 404):
        s3.get_object(Bucket="no-such-bucket-here", Key="x")
    with refused("NoSuchBucket", 404):
        s3.put_object(Bucket="no-such-bucket-here", Key="x", Body=b"x" * 100_000)
    with refused("InvalidArgument"):
        s3.get_object(Bucket=bucket, Key="x", VersionId="1")


def test_a_key_has_at_most_1024_bytes(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    s3.put_object(Bucket=bucket, Key="ü" * 512, Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="ü" * 512)["Body"].read() == b"x"
    with refused("KeyTooLongError") as refusal:
        s3.put_object(Bucket=bucket, Key="ü" * 512 + "x", Body=b"x")
    assert refusal.error["Size"] == "1025"
    with refused("InvalidStorageClass"):
        s3.put_object(Bucket=bucket, Key="x", StorageClass="COLD")  # type: ignore[arg-type]


def test_an_overwritten_object_has_its_new_bytes_and_only_those(house: House) -> None:
    s3, bucket, before = house.s3(), house.bucket(), blobs(house)
    s3.put_object(Bucket=bucket, Key="key", Body=b"old" * 1000, Metadata={"a": "b"})
    reading = s3.get_object(Bucket=bucket, Key="key")

    s3.put_object(Bucket=bucket, Key="key", Body=b"new")

    assert reading["Body"].read() == b"old" * 1000
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["Body"].read(), got["Metadata"]) == (b"new", {})
    assert len(blobs(house) - before) == 1
    s3.delete_object(Bucket=bucket, Key="key")
    assert blobs(house) == before


def blobs(house: House) -> set[str]:
    """All files of bytes, kept or arriving."""
    return {
        path.name
        for folder in ("blobs", "incoming")
        for path in (house.data_dir / folder).rglob("*")
        if path.is_file()
    }


def test_deleting(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    deleted = s3.delete_object(Bucket=bucket, Key="key")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 204
    s3.delete_object(Bucket=bucket, Key="key")  # it need not be there
    with refused("NoSuchKey", 404):
        s3.get_object(Bucket=bucket, Key="key")


def test_deleting_many(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    for key in ("a", "b&<>", "c", "d"):
        house.put_object(bucket, key, b"x")

    answer = s3.delete_objects(
        Bucket=bucket,
        Delete={
            "Objects": [
                {"Key": "a"},
                {"Key": "b&<>"},
                {"Key": "missing"},
                {"Key": "c", "VersionId": "1"},
                {"Key": "d", "ETag": '"other"'},
            ]
        },
    )

    assert [each["Key"] for each in answer["Deleted"]] == ["a", "b&<>", "missing"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("c", "NoSuchVersion"),
        ("d", "PreconditionFailed"),
    ]
    quiet = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "c"}], "Quiet": True})
    assert "Deleted" not in list(quiet)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["d"]
    many = "".join(f"<Object><Key>{n}</Key></Object>" for n in range(1001))
    for document in (f"<Delete>{many}</Delete>", "<Delete></Delete>", "<Delete><Object>"):
        reply = ask(house, "POST", f"/{bucket}?delete", body=document.encode())
        assert (reply.status, reply.code) == (400, "MalformedXML")


def test_a_presigned_get_overrides_headers(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", ContentType="text/plain")
    url = s3.generate_presigned_url(
        "get_object",
        Params={
            "Bucket": bucket,
            "Key": "key",
            "ResponseContentType": "application/x-disk",
            "ResponseContentDisposition": "attachment",
            "ResponseCacheControl": "no-cache",
            "ResponseContentEncoding": "identity",
            "ResponseContentLanguage": "de",
            "ResponseExpires": datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        },
    )

    reply = ask(house, "GET", url.removeprefix(house.endpoint), signed=False)

    assert (reply.status, reply.body) == (200, b"x")
    assert reply.headers["content-type"] == "application/x-disk"
    assert reply.headers["content-disposition"] == "attachment"
    assert reply.headers["cache-control"] == "no-cache"
    assert reply.headers["content-encoding"] == "identity"
    assert reply.headers["content-language"] == "de"
    assert reply.headers["expires"] == "Wed, 02 Jan 2030 03:04:05 GMT"
    anonymous = ask(house, "GET", f"/{bucket}/key?response-content-type=text/html", signed=False)
    assert (anonymous.status, anonymous.code) == (400, "InvalidRequest")


def test_a_presigned_put_and_anonymous_requests(house: House) -> None:
    s3, bucket = house.s3(), house.open_bucket()
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "key"})

    put = ask(house, "PUT", url.removeprefix(house.endpoint), body=b"presigned", signed=False)

    assert put.headers["etag"] == f'"{hashlib.md5(b"presigned").hexdigest()}"'
    assert ask(house, "GET", f"/{bucket}/key", signed=False).body == b"presigned"


@pytest.mark.parametrize("tail", ["?x-id=PutObject", "?progressbar_label=x"])
def test_stray_parameters_are_ignored(house: House, tail: str) -> None:
    bucket = house.bucket()
    assert ask(house, "PUT", f"/{bucket}/key{tail}", body=b"x").status == 200
    assert ask(house, "GET", f"/{bucket}/key").body == b"x"


@pytest.mark.slow
def test_everything_is_there_after_a_restart(own_house: House) -> None:
    s3, bucket = own_house.s3(), own_house.bucket("eu-west-1")
    own_house.put_object(bucket, "key", b"x" * 100_000)
    s3.put_object_tagging(
        Bucket=bucket, Key="key", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    )
    upload = s3.create_multipart_upload(Bucket=bucket, Key="big")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="big", UploadId=upload, PartNumber=1, Body=b"part")

    own_house.kill()
    own_house.start()

    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "eu-west-1"
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x" * 100_000
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="big",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert s3.get_object(Bucket=bucket, Key="big")["Body"].read() == b"part"
