"""The encryption of objects, and what buckets have by default, from outside."""

import base64
import json
from typing import Any

import pytest

from tests.house import House, Server
from tests.policy.texts import allow
from tests.s3.raw import ask
from tests.s3.refused import refused
from tests.s3.sessions import session

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


# objects -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(server: Server) -> tuple[House, str]:
    """An account, and the ARN of a key that it has, which is called alias/mine."""
    house = House(server)
    arn = house.kms().create_key()["KeyMetadata"]["Arn"]
    house.kms().create_alias(AliasName="alias/mine", TargetKeyId=arn)
    return house, arn


def shown(answer: Any) -> tuple[str | None, str | None, bool]:
    return (
        answer.get("ServerSideEncryption"),
        answer.get("SSEKMSKeyId"),
        answer.get("BucketKeyEnabled", False),
    )


def test_an_object_is_encrypted_by_s3_if_nobody_says_anything(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()

    put = s3.put_object(Bucket=bucket, Key="key", Body=b"x")

    for answer in put, s3.head_object(Bucket=bucket, Key="key"):
        assert shown(answer) == ("AES256", None, False)


def test_a_key_has_four_spellings(keys: tuple[House, str]) -> None:
    house, arn = keys
    s3: Any = house.s3()
    bucket, alias = house.bucket(), arn.rpartition(":")[0] + ":alias/mine"

    for name in arn, arn.rpartition("/")[2], "alias/mine", alias:
        asked = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": name}
        put = s3.put_object(Bucket=bucket, Key="key", Body=b"x", **asked)
        got = s3.get_object(Bucket=bucket, Key="key")

        assert shown(put) == shown(got) == ("aws:kms", arn, False)
        assert got["Body"].read() == b"x"


def test_every_way_of_writing_takes_a_key(keys: tuple[House, str]) -> None:
    house, arn = keys
    s3: Any = house.s3()
    bucket = house.bucket()
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x")
    asked = {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/mine",
        "BucketKeyEnabled": True,
        "SSEKMSEncryptionContext": base64.b64encode(b'{"a":"b"}').decode(),
    }
    expected = ("aws:kms", arn, True)

    copy = s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/plain", **asked)
    same = s3.copy_object(Bucket=bucket, Key="plain", CopySource=f"{bucket}/plain", **asked)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **asked)
    at = {"Bucket": bucket, "Key": "parts", "UploadId": upload["UploadId"]}
    part = s3.upload_part(**at, PartNumber=1, Body=b"x")
    listed = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    whole = s3.complete_multipart_upload(**at, MultipartUpload=listed)

    for answer in copy, same, upload, part, whole:
        assert shown(answer) == expected
    assert copy["SSEKMSEncryptionContext"] == asked["SSEKMSEncryptionContext"]
    for key in "copy", "plain", "parts":
        assert shown(s3.head_object(Bucket=bucket, Key=key)) == expected
    s3.copy_object(Bucket=bucket, Key="back", CopySource=f"{bucket}/copy")
    assert shown(s3.head_object(Bucket=bucket, Key="back")) == ("AES256", None, False)


def test_the_bucket_says_what_else_is_used(keys: tuple[House, str]) -> None:
    house, arn = keys
    s3: Any = house.s3()
    bucket = house.bucket()
    put(
        house,
        bucket,
        {**by_default("aws:kms", KMSMasterKeyID="alias/mine"), "BucketKeyEnabled": True},
    )

    s3.put_object(Bucket=bucket, Key="default", Body=b"x")
    s3.put_object(Bucket=bucket, Key="plain", Body=b"x", ServerSideEncryption="AES256")
    s3.put_object(Bucket=bucket, Key="aws", Body=b"x", ServerSideEncryption="aws:kms")

    managed = house.kms().describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    assert shown(s3.head_object(Bucket=bucket, Key="default")) == ("aws:kms", arn, True)
    assert shown(s3.head_object(Bucket=bucket, Key="plain")) == ("AES256", None, False)
    assert shown(s3.head_object(Bucket=bucket, Key="aws")) == ("aws:kms", managed, True)
    assert s3.get_object(Bucket=bucket, Key="aws")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mine", "Invalid keyId 'mine'"),
        ("alias/yours", "Alias arn:aws:kms:us-east-1:{}:alias/yours is not found."),
        (
            KEY.rpartition("/")[2],
            "Key 'arn:aws:kms:us-east-1:{}:key/" + KEY[-36:] + "' does not exist",
        ),
        (KEY, f"Key '{KEY}' does not exist"),
        (KEY.replace("us-east-1", "eu-west-1"), "Invalid arn eu-west-1"),
    ],
)
def test_a_key_that_is_not_there(house: House, name: str, message: str) -> None:
    s3: Any = house.s3()
    bucket = house.bucket()
    put(house, bucket, by_default("aws:kms", KMSMasterKeyID=name))  # S3 does not look

    for asked in {}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": name}:
        with refused("KMS.NotFoundException") as refusal:
            s3.put_object(Bucket=bucket, Key="key", Body=b"x", **asked)
        assert refusal.error["Message"] == message.format(house.account_id)


def test_an_encryption_that_cannot_be(house: House) -> None:
    s3: Any = house.s3()
    bucket = house.bucket()
    house.put_object(bucket, "key", b"x")
    customers = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}

    for asked in (
        {"ServerSideEncryption": "rot13"},
        {"ServerSideEncryption": "AES256", "SSEKMSKeyId": KEY},
        {"SSEKMSKeyId": KEY},
        {"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": "e30"},
        {"ServerSideEncryption": "aws:kms", "SSEKMSEncryptionContext": "W10="},
    ):
        with refused("InvalidArgument"):
            s3.put_object(Bucket=bucket, Key="key", Body=b"y", **asked)
    with refused("AccessDenied", 403) as blocked:
        s3.put_object(Bucket=bucket, Key="key", Body=b"y", **customers)
    with refused("InvalidRequest"):
        s3.get_object(Bucket=bucket, Key="key", **customers)
    of_source = {f"CopySource{name}": text for name, text in customers.items()}
    with refused("InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key", **of_source)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    part = {"Bucket": bucket, "Key": "parts", "UploadId": upload, "PartNumber": 1}
    with refused("InvalidRequest"):
        s3.upload_part(**part, Body=b"y", **customers)
    with refused("InvalidRequest"):
        s3.upload_part_copy(**part, CopySource=f"{bucket}/key", **customers)

    assert "Server Side Encryption with Customer provided keys" in blocked.error["Message"]
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_without_its_key_an_object_can_be_looked_at_but_not_read(house: House) -> None:
    s3: Any = house.s3()
    kms, bucket = house.kms(), house.bucket()
    key = kms.create_key()["KeyMetadata"]["Arn"]
    asked: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", **asked)

    kms.disable_key(KeyId=key)
    with refused("KMS.DisabledException") as disabled:
        s3.get_object(Bucket=bucket, Key="key")
    with refused("KMS.DisabledException"):
        s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/key")
    with refused("KMS.DisabledException"):
        s3.put_object(Bucket=bucket, Key="new", Body=b"x", **asked)
    assert s3.head_object(Bucket=bucket, Key="key")["SSEKMSKeyId"] == key
    kms.schedule_key_deletion(KeyId=key)
    with refused("KMS.KMSInvalidStateException"):
        s3.get_object(Bucket=bucket, Key="key")
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)

    assert disabled.error["Message"] == f"{key} is disabled."
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_who_may_read_the_object_needs_the_key_too(keys: tuple[House, str]) -> None:
    house, arn = keys
    s3: Any = house.s3()
    bucket = house.bucket()
    asked: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", **asked)
    of_s3 = allow("s3:*", "*")
    reads = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/key"}

    without = session(house, of_s3)
    reader = session(house, of_s3, allow("kms:Decrypt", arn, Condition={"StringEquals": reads}))
    writer = session(house, of_s3, allow("kms:GenerateDataKey", arn))

    with refused("AccessDenied", 403) as refusal:
        without.get_object(Bucket=bucket, Key="key")
    assert refusal.error["Message"].endswith(
        f"is not authorized to perform: kms:Decrypt on resource: {arn} because no identity-based "
        "policy allows the kms:Decrypt action"
    )
    assert without.head_object(Bucket=bucket, Key="key")["SSEKMSKeyId"] == arn
    with refused("AccessDenied", 403):
        reader.put_object(Bucket=bucket, Key="new", Body=b"x", **asked)
    assert reader.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    writer.put_object(Bucket=bucket, Key="new", Body=b"x", **asked)
    with refused("AccessDenied", 403):
        writer.get_object(Bucket=bucket, Key="new")


def test_a_key_of_another_account_must_let_one_in(keys: tuple[House, str]) -> None:
    house, arn = keys
    other = House(house.server)
    bucket = other.bucket()
    asked: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}

    with refused("AccessDenied", 403) as refusal:
        other.s3().put_object(Bucket=bucket, Key="key", Body=b"x", **asked)

    assert "because the resource does not exist in this Region" in refusal.error["Message"]
    policy = house.kms().get_key_policy(KeyId=arn)["Policy"]
    lets = allow("kms:*", "*", Principal={"AWS": other.account_id})
    both = {**json.loads(policy), "Statement": [*json.loads(policy)["Statement"], lets]}
    house.kms().put_key_policy(KeyId=arn, Policy=json.dumps(both))
    other.s3().put_object(Bucket=bucket, Key="key", Body=b"x", **asked)
    assert other.s3().get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_nobody_has_a_key(keys: tuple[House, str]) -> None:
    house, arn = keys
    bucket = house.open_bucket()
    asked: Any = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": arn}
    house.s3().put_object(Bucket=bucket, Key="key", Body=b"x", **asked)

    reply = ask(house, "GET", f"/{bucket}/key", signed=False)

    assert (reply.status, reply.code) == (400, "InvalidArgument")
