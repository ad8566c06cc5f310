"""Tags of buckets and objects, from outside."""

from tests.house import House
from tests.s3.refused import refused

TAGS = [{"Key": "name", "Value": "a disk"}, {"Key": "empty", "Value": ""}]


def test_tags_of_an_object(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == []

    s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": TAGS})  # type: ignore[typeddict-item]

    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == TAGS
    assert s3.head_object(Bucket=bucket, Key="key")["TagCount"] == 2
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    s3.delete_object_tagging(Bucket=bucket, Key="key")
    assert s3.get_object_tagging(Bucket=bucket, Key="key")["TagSet"] == []
    with refused("NoSuchKey", 404):
        s3.get_object_tagging(Bucket=bucket, Key="missing")
    with refused("NoSuchKey", 404):
        s3.put_object_tagging(Bucket=bucket, Key="missing", Tagging={"TagSet": []})


def test_tags_of_a_bucket(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)

    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": TAGS})  # type: ignore[typeddict-item]

    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == TAGS
    s3.delete_bucket_tagging(Bucket=bucket)
    with refused("NoSuchTagSet", 404):
        s3.get_bucket_tagging(Bucket=bucket)


def test_tags_that_break_the_rules(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    many = [{"Key": f"k{n}", "Value": ""} for n in range(11)]
    with refused("InvalidTag"):
        s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": twice})  # type: ignore[typeddict-item]
    with refused("BadRequest"):
        s3.put_object_tagging(Bucket=bucket, Key="key", Tagging={"TagSet": many})  # type: ignore[typeddict-item]
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": many})  # type: ignore[typeddict-item]
    with refused("InvalidArgument"):
        s3.put_object(Bucket=bucket, Key="key", Tagging="a=1&a=2")
