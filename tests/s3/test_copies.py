"""Copies, from outside."""

import os

from tests.house import House, new_account
from tests.s3.raw import ask
from tests.s3.refused import refused
from tests.s3.test_objects import blobs

MIB = 1 << 20


def test_a_copy_has_the_bytes_and_all_that_goes_with_them(house: House) -> None:
    s3, source, target = house.s3(), house.bucket(), house.bucket()
    put = s3.put_object(
        Bucket=source,
        Key="a/ü +",
        Body=b"x" * MIB,
        ContentType="text/plain",
        CacheControl="no-store",
        Metadata={"a": "b"},
        Tagging="t=1",
        StorageClass="STANDARD_IA",
    )
    before = blobs(house)

    copied = s3.copy_object(
        Bucket=target, Key="copy", CopySource={"Bucket": source, "Key": "a/ü +"}
    )

    assert copied["CopyObjectResult"]["ETag"] == put["ETag"]
    got = s3.get_object(Bucket=target, Key="copy")
    assert got["Body"].read() == b"x" * MIB
    assert (got["ContentType"], got["CacheControl"]) == ("text/plain", "no-store")
    assert (got["Metadata"], got["TagCount"]) == ({"a": "b"}, 1)
    assert "StorageClass" not in list(got)  # as on AWS, a copy is STANDARD unless it says otherwise
    (blob,) = blobs(house) - before
    assert next(house.data_dir.rglob(blob)).stat().st_nlink == 2  # the bytes are shared
    s3.delete_object(Bucket=source, Key="a/ü +")
    assert s3.get_object(Bucket=target, Key="copy")["Body"].read() == b"x" * MIB


def test_directives_give_a_copy_its_own(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", Metadata={"a": "b"}, Tagging="t=1")

    s3.copy_object(
        Bucket=bucket,
        Key="copy",
        CopySource=f"{bucket}/key",
        MetadataDirective="REPLACE",
        Metadata={"c": "d"},
        ContentType="text/html",
        TaggingDirective="REPLACE",
        Tagging="u=2",
        StorageClass="GLACIER_IR",
    )

    head = s3.head_object(Bucket=bucket, Key="copy")
    assert (head["Metadata"], head["ContentType"]) == ({"c": "d"}, "text/html")
    assert head["StorageClass"] == "GLACIER_IR"
    tags = s3.get_object_tagging(Bucket=bucket, Key="copy")["TagSet"]
    assert tags == [{"Key": "u", "Value": "2"}]
    for name in ("metadata", "tagging"):
        headers = {"x-amz-copy-source": f"{bucket}/key", f"x-amz-{name}-directive": "KEEP"}
        refusal = ask(house, "PUT", f"/{bucket}/copy", headers)
        assert (refusal.status, refusal.code) == (400, "InvalidArgument")


def test_a_copy_onto_itself_must_change_something(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", Metadata={"a": "b"})
    before = blobs(house)
    with refused("InvalidRequest") as refusal:
        s3.copy_object(Bucket=bucket, Key="key", CopySource=f"{bucket}/key")
    assert "trying to copy an object to itself" in refusal.error["Message"]
    assert blobs(house) == before
    s3.copy_object(
        Bucket=bucket,
        Key="key",
        CopySource=f"/{bucket}/key",
        MetadataDirective="REPLACE",
        Metadata={"c": "d"},
    )
    got = s3.get_object(Bucket=bucket, Key="key")
    assert (got["Body"].read(), got["Metadata"]) == (b"x", {"c": "d"})
    assert len(blobs(house)) == len(before)


def test_conditions_on_the_source_and_on_the_target(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    etag = s3.put_object(Bucket=bucket, Key="key", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="key")["LastModified"]
    source = f"{bucket}/key"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfMatch=etag)
    s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=source, CopySourceIfUnmodifiedSince=modified
    )
    before = blobs(house)
    with refused("PreconditionFailed", 412) as refusal:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, CopySourceIfNoneMatch=etag)
    assert refusal.error["Condition"] == "x-amz-copy-source-If-None-Match"
    with refused("PreconditionFailed", 412):
        s3.copy_object(
            Bucket=bucket, Key="copy", CopySource=source, CopySourceIfModifiedSince=modified
        )
    with refused("PreconditionFailed", 412):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, IfNoneMatch="*")
    assert blobs(house) == before


def test_sources_that_are_not_there(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    with refused("NoSuchKey", 404) as refusal:
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/missing")
    assert refusal.error["Key"] == "missing"
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource="no-such-bucket-here/missing")
    with refused("InvalidArgument"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/")
    house.put_object(bucket, "key", b"x")
    stranger = house.s3(new_account())
    stranger.create_bucket(Bucket=f"{bucket}-other")
    with refused("AccessDenied", 403):
        stranger.copy_object(Bucket=f"{bucket}-other", Key="copy", CopySource=f"{bucket}/key")
    with refused("NoSuchBucket", 404):
        s3.copy_object(Bucket="no-such-bucket-here", Key="copy", CopySource=f"{bucket}/key")


def test_a_copy_may_ask_for_another_checksum(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    put = s3.put_object(Bucket=bucket, Key="key", Body=b"x", ChecksumAlgorithm="SHA256")
    s3.put_object(Bucket=bucket, Key="other", Body=b"x", ChecksumAlgorithm="CRC32")

    copied = s3.copy_object(
        Bucket=bucket, Key="copy", CopySource=f"{bucket}/other", ChecksumAlgorithm="SHA256"
    )

    assert copied["CopyObjectResult"]["ChecksumSHA256"] == put["ChecksumSHA256"]


def test_parts_copied_from_objects(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    body = os.urandom(6 * MIB)
    house.put_object(bucket, "source", body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    source = f"{bucket}/source"

    def copy(number: int, **range_: str) -> dict[str, object]:
        answer = s3.upload_part_copy(
            Bucket=bucket,
            Key="key",
            UploadId=upload,
            PartNumber=number,
            CopySource=source,
            **range_,  # type: ignore[arg-type]
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    parts = [
        copy(1),
        copy(2, CopySourceRange=f"bytes=1000-{6 * MIB - 1}"),
        copy(3, CopySourceRange="bytes=7-7"),
    ]

    with refused("InvalidArgument"):
        copy(4, CopySourceRange=f"bytes=0-{6 * MIB}")
    with refused("InvalidArgument"):
        copy(4, CopySourceRange="bytes=5-")
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="key",
        UploadId=upload,
        MultipartUpload={"Parts": parts},  # type: ignore[typeddict-item]
    )
    got = s3.get_object(Bucket=bucket, Key="key")["Body"].read()
    assert got == body + body[1000:] + body[7:8]
