"""The default encryption of buckets, from outside."""

from typing import Any

import pytest

from tests.house import House
from tests.s3.refused import refused

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
SSE_S3 = {
    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
    "BucketKeyEnabled": False,
}


def put(house: House, bucket: str, *rules: Any) -> None:
    house.s3().put_bucket_encryption(
        Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": list(rules)}
    )


def rules(house: House, bucket: str) -> Any:
    found: Any = house.s3().get_bucket_encryption(Bucket=bucket)
    return found["ServerSideEncryptionConfiguration"]["Rules"]


def by_default(algorithm: str, **more: str) -> Any:
    return {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm, **more}}


def test_a_new_bucket_encrypts_with_keys_of_s3(house: House) -> None:
    assert rules(house, house.bucket()) == [SSE_S3]


def test_what_is_chosen_is_kept_until_it_is_deleted(house: House) -> None:
    bucket = house.bucket()
    chosen = {**by_default("aws:kms", KMSMasterKeyID=KEY), "BucketKeyEnabled": True}

    put(house, bucket, chosen)

    assert rules(house, bucket) == [chosen]
    put(house, bucket, by_default("aws:kms:dsse"))
    assert rules(house, bucket) == [{**by_default("aws:kms:dsse"), "BucketKeyEnabled": False}]
    house.s3().delete_bucket_encryption(Bucket=bucket)
    assert rules(house, bucket) == [SSE_S3]


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ([], "MalformedXML"),
        ([SSE_S3, SSE_S3], "MalformedXML"),
        ([by_default("rot13")], "MalformedXML"),
        ([by_default("AES256", KMSMasterKeyID=KEY)], "InvalidArgument"),
    ],
)
def test_a_choice_that_cannot_be(house: House, chosen: list[Any], code: str) -> None:
    bucket = house.bucket()

    with refused(code):
        put(house, bucket, *chosen)

    assert rules(house, bucket) == [SSE_S3]


def test_the_bucket_is_ones_own(house: House) -> None:
    with refused("NoSuchBucket", 404):
        house.s3().get_bucket_encryption(Bucket="nowhere-at-all")
    with refused("AccessDenied", 403):
        house.s3("210987654321").get_bucket_encryption(Bucket=house.bucket())
