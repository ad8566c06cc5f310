"""Buckets, from outside."""

import secrets

from tests.house import House, new_account
from tests.s3.raw import ask
from tests.s3.refused import refused


def name() -> str:
    return f"bucket-{secrets.token_hex(6)}"


def test_a_bucket_is_created_listed_and_deleted(house: House) -> None:
    s3, bucket = house.s3(), name()

    created = s3.create_bucket(Bucket=bucket)

    assert created["Location"] == f"/{bucket}"
    listed = s3.list_buckets()
    assert [each["Name"] for each in listed["Buckets"]] == [bucket]
    assert listed["Buckets"][0]["BucketRegion"] == "us-east-1"
    assert len(listed["Owner"]["ID"]) == 64
    s3.delete_bucket(Bucket=bucket)
    assert s3.list_buckets()["Buckets"] == []
    with refused("404", 404):
        s3.head_bucket(Bucket=bucket)
    with refused("NoSuchBucket", 404) as refusal:
        s3.delete_bucket(Bucket=bucket)
    assert refusal.error["BucketName"] == bucket


def test_buckets_are_listed_by_name_prefix_region_and_page(house: House) -> None:
    stem = name()
    for letter in "cab":
        house.s3().create_bucket(Bucket=f"{stem}-{letter}")
    house.s3().create_bucket(
        Bucket=f"{stem}-d", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    s3 = house.s3()

    pages = list(s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 2}))

    names = [[bucket["Name"] for bucket in page["Buckets"]] for page in pages]
    assert names == [[f"{stem}-a", f"{stem}-b"], [f"{stem}-c", f"{stem}-d"]]
    assert [b["Name"] for b in s3.list_buckets(Prefix=f"{stem}-c")["Buckets"]] == [f"{stem}-c"]
    there = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [b["Name"] for b in there] == [f"{stem}-d"]
    with refused("InvalidArgument"):
        s3.list_buckets(MaxBuckets=10_001)


def test_a_bucket_knows_its_region(house: House) -> None:
    here, there = house.bucket(), house.bucket("eu-central-1")
    s3 = house.s3()

    assert s3.get_bucket_location(Bucket=here)["LocationConstraint"] is None
    assert s3.get_bucket_location(Bucket=there)["LocationConstraint"] == "eu-central-1"
    assert s3.head_bucket(Bucket=here)["BucketRegion"] == "us-east-1"
    reply = ask(house, "HEAD", f"/{there}")
    assert reply.headers["x-amz-bucket-region"] == "eu-central-1"


def test_the_region_and_the_constraint_must_agree(house: House) -> None:
    abroad = house.s3(region="eu-west-1")
    with refused("IllegalLocationConstraintException"):
        abroad.create_bucket(Bucket=name())
    with refused("IllegalLocationConstraintException"):
        abroad.create_bucket(
            Bucket=name(), CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
        )
    with refused("InvalidLocationConstraint"):
        house.s3().create_bucket(
            Bucket=name(),
            CreateBucketConfiguration={"LocationConstraint": "nowhere"},  # type: ignore[typeddict-item]
        )
    bucket = name()
    house.s3().create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert house.s3().head_bucket(Bucket=bucket)["BucketRegion"] == "eu-west-1"


def test_names_are_unique_over_all_accounts(house: House) -> None:
    here, there = house.bucket(), house.bucket("eu-west-1")

    house.s3().create_bucket(Bucket=here)  # in us-east-1 an owner may say it twice
    with refused("BucketAlreadyOwnedByYou", 409) as refusal:
        house.s3(region="eu-west-1").create_bucket(
            Bucket=there, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
    assert refusal.error["BucketName"] == there
    with refused("BucketAlreadyExists", 409):
        house.s3(new_account()).create_bucket(Bucket=here)


def test_names_that_are_not_dns_names(house: House) -> None:
    bucket = f"Import_Bucket.{secrets.token_hex(4)}"
    assert ask(house, "PUT", f"/{bucket}").status == 200
    assert ask(house, "PUT", f"/{bucket}/disk.vmdk", body=b"x").status == 200
    assert ask(house, "GET", f"/{bucket}/disk.vmdk").body == b"x"
    for bad in ("ab", "a%20b", "-abc", "x" * 256):
        reply = ask(house, "PUT", f"/{bad}")
        assert (reply.status, reply.code) == (400, "InvalidBucketName")


def test_a_bucket_is_its_owners_alone(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "key", b"x")
    stranger = house.s3(new_account())

    with refused("403", 403):
        stranger.head_bucket(Bucket=bucket)
    with refused("AccessDenied", 403):
        stranger.get_object(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        stranger.put_object(Bucket=bucket, Key="key", Body=b"y")
    with refused("AccessDenied", 403):
        stranger.list_objects_v2(Bucket=bucket)
    with refused("AccessDenied", 403):
        stranger.delete_bucket(Bucket=bucket)
    with refused("AccessDenied", 403):
        house.s3().get_object(Bucket=bucket, Key="key", ExpectedBucketOwner=new_account())
    assert stranger.list_buckets()["Buckets"] == []
    assert (
        house.s3()
        .get_object(Bucket=bucket, Key="key", ExpectedBucketOwner=house.account_id)["Body"]
        .read()
        == b"x"
    )


def test_requests_signed_for_another_region_are_answered(house: House) -> None:
    bucket = house.bucket("ap-southeast-2")
    house.s3(region="us-west-1").put_object(Bucket=bucket, Key="key", Body=b"x")
    assert house.s3(region="eu-north-1").get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_only_an_empty_bucket_is_deleted_but_uploads_go_with_it(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    with refused("BucketNotEmpty", 409) as refusal:
        s3.delete_bucket(Bucket=bucket)
    assert refusal.error["BucketName"] == bucket
    s3.delete_object(Bucket=bucket, Key="key")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="key")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="key", UploadId=upload, PartNumber=1, Body=b"x")

    s3.delete_bucket(Bucket=bucket)

    with refused("NoSuchBucket", 404):
        s3.list_parts(Bucket=bucket, Key="key", UploadId=upload)


def test_a_virtual_host_names_the_bucket(house: House) -> None:
    bucket = house.bucket()
    port = house.endpoint.rpartition(":")[2]
    for host in (f"{bucket}.localhost:{port}", f"{bucket}.ec2.us-east-1.aws.test"):
        assert ask(house, "PUT", "/a/key", {"Host": host}, b"by host").status == 200
        assert ask(house, "GET", f"/{bucket}/a/key").body == b"by host"
        assert ask(house, "GET", "/a/key?x-id=GetObject", {"Host": host}).body == b"by host"
