"""Bucket policies, and all that they decide, from outside."""

import json
import secrets
from typing import Any
from urllib.parse import urlencode

import boto3
import pytest
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from emulator.services import s3
from tests.house import House, Server, new_account
from tests.policy.texts import allow, deny, text
from tests.s3.raw import ask
from tests.s3.refused import refused
from tests.s3.sessions import session

FRIEND = "210987654321"


def put(house: House, bucket: str, *statements: Any) -> None:
    house.s3().put_bucket_policy(Bucket=bucket, Policy=text(*statements))


def everything_in(bucket: str) -> list[str]:
    return [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]


def test_a_policy_is_kept_until_it_is_deleted(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    written = text(allow("s3:GetObject", everything_in(bucket)[1], Principal={"AWS": FRIEND}))

    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy(Bucket=bucket)
    answer = s3.put_bucket_policy(Bucket=bucket, Policy=written)

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == json.loads(written)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": False}
    s3.delete_bucket_policy(Bucket=bucket)
    s3.delete_bucket_policy(Bucket=bucket)
    with refused("NoSuchBucketPolicy", 404):
        s3.get_bucket_policy_status(Bucket=bucket)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("hello", "Policies must be valid JSON and the first byte must be '{'"),
        (text(), "Could not parse the policy: Statement is empty!"),
        (text(allow("s3:GetObject", "*", Principal="*")), "Policy has invalid resource"),
        (text(allow("s3:*", "arn:aws:s3:::other")), "Missing required field Principal"),
        (
            text(allow("s3:*", "arn:aws:s3:::other/*", Principal="*")),
            "Policy has invalid resource",
        ),
        (
            text(allow("ec2:*", "arn:aws:s3:::other/*", Principal="*")),
            "Policy has invalid action",
        ),
    ],
)
def test_what_is_no_policy(house: House, policy: str, message: str) -> None:
    bucket = house.bucket()

    with refused("MalformedPolicy") as refusal:
        house.s3().put_bucket_policy(Bucket=bucket, Policy=policy)

    assert refusal.error["Message"] == message


def test_a_policy_has_room_for_20_kb_without_its_spaces(house: House) -> None:
    bucket = house.bucket()
    keys = [f"arn:aws:s3:::{bucket}/{number:090}" for number in range(200)]
    policy = text(allow("s3:GetObject", keys, Principal={"AWS": FRIEND}))

    with refused("PolicyTooLarge"):
        house.s3().put_bucket_policy(Bucket=bucket, Policy=policy)
    house.s3().put_bucket_policy(
        Bucket=bucket,
        Policy=text(allow("s3:GetObject", keys[:100], Principal={"AWS": FRIEND})) + " " * 9000,
    )


def test_another_account_comes_in_by_the_policy_alone(house: House) -> None:
    s3, friend, bucket = house.s3(), house.s3(FRIEND), house.bucket()
    house.put_object(bucket, "key", b"x")
    with refused("AccessDenied", 403) as refusal:
        friend.get_object(Bucket=bucket, Key="key")
    assert refusal.error["Message"] == "Access Denied"

    put(house, bucket, allow("s3:GetObject", everything_in(bucket)[1], Principal={"AWS": FRIEND}))

    assert friend.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    with refused("AccessDenied", 403):  # whether the key is there is not for all to know
        friend.get_object(Bucket=bucket, Key="missing")
    with refused("403", 403):
        friend.head_object(Bucket=bucket, Key="missing")
    with refused("AccessDenied", 403):
        friend.put_object(Bucket=bucket, Key="new", Body=b"x")
    with refused("AccessDenied", 403):
        friend.copy_object(Bucket=bucket, Key="new", CopySource=f"{bucket}/key")
    with refused("AccessDenied", 403):
        house.s3(new_account()).get_object(Bucket=bucket, Key="key")

    put(house, bucket, allow("s3:*", everything_in(bucket), Principal={"AWS": FRIEND}))
    with refused("NoSuchKey", 404):
        friend.get_object(Bucket=bucket, Key="missing")
    friend.put_object(Bucket=bucket, Key="new", Body=b"x")
    assert s3.get_object(Bucket=bucket, Key="new")["Body"].read() == b"x"  # the bucket owns it
    with refused("MethodNotAllowed", 405):
        friend.get_bucket_policy(Bucket=bucket)


def test_who_deletes_many_is_asked_for_each(house: House) -> None:
    friend, bucket = house.s3(FRIEND), house.bucket()
    for key in "a/1", "b/1":
        house.put_object(bucket, key, b"x")
    put(
        house, bucket,
        allow("s3:DeleteObject", f"arn:aws:s3:::{bucket}/a/*", Principal={"AWS": FRIEND}),
    )  # fmt: skip

    answer = friend.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": "a/1"}, {"Key": "b/1"}]}
    )

    assert [each["Key"] for each in answer["Deleted"]] == ["a/1"]
    assert answer["Errors"] == [{"Key": "b/1", "Code": "AccessDenied", "Message": "Access Denied"}]


def test_a_policy_can_shut_its_owner_out_but_for_the_policy(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")

    put(house, bucket, deny("s3:*", everything_in(bucket), Principal="*"))

    with refused("AccessDenied", 403) as refusal:
        s3.get_object(Bucket=bucket, Key="key")
    assert refusal.error["Message"] == (
        f"User: arn:aws:iam::{house.account_id}:root is not authorized to perform: s3:GetObject on "
        f'resource: "arn:aws:s3:::{bucket}/key" with an explicit deny in a resource-based policy'
    )
    at: Any = {"Bucket": bucket}
    refusals: list[tuple[Any, dict[str, Any]]] = [
        (s3.put_object, {**at, "Key": "key", "Body": b"y"}),
        (s3.create_multipart_upload, {**at, "Key": "key"}),
        (s3.list_objects_v2, at),
        (s3.delete_bucket, at),
        (s3.get_bucket_location, at),
        (s3.put_bucket_tagging, {**at, "Tagging": {"TagSet": []}}),
    ]
    for action, members in refusals:
        with refused("AccessDenied", 403):
            action(**members)
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


def test_a_public_policy_is_blocked_unless_the_owner_wants_it(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    public = allow("s3:GetObject", everything_in(bucket)[1], Principal="*")

    with refused("AccessDenied", 403) as refusal:
        put(house, bucket, public)
    assert refusal.error["Message"].endswith(
        "because public policies are prevented by the BlockPublicPolicy setting in S3 Block "
        "Public Access."
    )
    assert ask(house, "GET", f"/{bucket}/key", signed=False).code == "AccessDenied"

    s3.delete_public_access_block(Bucket=bucket)
    put(house, bucket, public)
    assert ask(house, "GET", f"/{bucket}/key", signed=False).body == b"x"
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"] == {"IsPublic": True}

    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert ask(house, "GET", f"/{bucket}/key", signed=False).code == "AccessDenied"
    with refused("AccessDenied", 403):
        house.s3(FRIEND).get_object(Bucket=bucket, Key="key")
    assert s3.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({"StringEquals": {"s3:prefix": "home/"}}, {"home/"}),
        ({"StringLike": {"aws:UserAgent": "Boto3/*"}}, {"", "home/"}),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, {"", "home/"}),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, set()),
        ({"Bool": {"aws:SecureTransport": "true"}}, set()),
        ({"StringEquals": {"s3:authType": "REST-HEADER"}}, {"", "home/"}),
        ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, {"", "home/"}),
    ],
)
def test_a_condition_looks_at_the_request(
    house: House, condition: object, allowed: set[str]
) -> None:
    bucket, friend = house.bucket(), house.s3(FRIEND)
    lets = allow("s3:ListBucket", everything_in(bucket)[0], Condition=condition)
    put(house, bucket, {**lets, "Principal": {"AWS": FRIEND}})

    found = set()
    for prefix in "", "home/":
        try:
            friend.list_objects_v2(Bucket=bucket, Prefix=prefix)
        except friend.exceptions.ClientError:
            continue
        found.add(prefix)

    assert found == allowed


def test_a_condition_looks_at_what_is_written_and_read(house: House) -> None:
    bucket, friend = house.bucket(), house.s3(FRIEND)
    house.s3().put_object(Bucket=bucket, Key="open", Body=b"x", Tagging="for=all")
    house.s3().put_object(Bucket=bucket, Key="shut", Body=b"x")
    keys, who = everything_in(bucket)[1], {"AWS": FRIEND}
    tagged = {"StringEquals": {"s3:ExistingObjectTag/for": "all"}}
    sealed = {"StringEquals": {"s3:x-amz-server-side-encryption": "AES256"}}
    put(
        house, bucket,
        allow("s3:GetObject", keys, Principal=who, Condition=tagged),
        allow("s3:PutObject", keys, Principal=who, Condition=sealed),
    )  # fmt: skip

    assert friend.get_object(Bucket=bucket, Key="open")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        friend.get_object(Bucket=bucket, Key="shut")
    friend.put_object(Bucket=bucket, Key="new", Body=b"x", ServerSideEncryption="AES256")
    with refused("AccessDenied", 403):
        friend.put_object(Bucket=bucket, Key="new", Body=b"x")
    with refused("AccessDenied", 403):
        friend.put_object(
            Bucket=bucket, Key="new", Body=b"x", ServerSideEncryption="AES256", Tagging="for=all"
        )


def test_a_presigned_url_may_hold_what_else_stands_in_headers(house: House) -> None:
    bucket = house.bucket()
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{house.account_id}/20260101/us-east-1/s3/aws4_request",
        "X-Amz-Date": "20260101T000000Z",
        "X-Amz-Expires": "604800000",
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Signature": "00",
    }

    def put(**more: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        url = f"/{bucket}/key?{urlencode({**query, **named})}"
        return ask(house, "PUT", url, body=b"x", signed=False)

    assert put(x_amz_meta_a="b", x_amz_server_side_encryption="aws:kms").status == 200
    assert put(x_amz_acl="public-read").code == "AccessControlListNotSupported"
    assert put(x_amz_expected_bucket_owner=FRIEND).code == "AccessDenied"
    head = house.s3().head_object(Bucket=bucket, Key="key")
    assert (head["Metadata"], head["ServerSideEncryption"]) == ({"a": "b"}, "aws:kms")


# every action ------------------------------------------------------------------------------------

MEMBERS: dict[str, Any] = {
    "Key": "key",
    "UploadId": "0" * 64,
    "PartNumber": 1,
    "Delete": {"Objects": [{"Key": "key"}]},
    "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]},
    "Policy": text(deny("s3:GetObject", "arn:aws:s3:::other/*", Principal="*")),
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
    "PublicAccessBlockConfiguration": {},
    "ServerSideEncryptionConfiguration": {
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    },
}
# Without a bucket that is there, or only the caller's own are concerned.
OF_NO_BUCKET = {"CreateBucket", "ListBuckets"}


@pytest.mark.parametrize("action", sorted(set(s3.ACTIONS) - OF_NO_BUCKET))
@pytest.mark.parametrize("who", ["another account", "a session without rights", "nobody"])
def test_every_action_asks_who_may(house: House, strangers: Any, action: str, who: str) -> None:
    bucket, clients = strangers
    client = clients[who]
    operation = client.meta.service_model.operation_model(action)
    needed = {"Bucket": bucket}
    for name in operation.input_shape.required_members:
        if name not in needed:
            needed[name] = f"{bucket}/key" if name == "CopySource" else MEMBERS[name]
    if action.endswith("Acl") and action.startswith("Put"):
        needed["ACL"] = "bucket-owner-full-control"
    if action == "CompleteMultipartUpload":
        needed["MultipartUpload"] = {"Parts": [{"PartNumber": 1, "ETag": "x"}]}

    if action == "DeleteObjects":
        (error,) = client.delete_objects(**needed)["Errors"]
        assert error["Code"] == "AccessDenied"
        return
    with pytest.raises(ClientError) as caught:
        getattr(client, xform_name(action))(**needed)

    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert answer["Error"]["Code"] in ("AccessDenied", "403")  # an answer to HEAD has no code


@pytest.fixture(scope="module")
def strangers(server: Server) -> tuple[str, dict[str, Any]]:
    """A bucket with an object, and clients of three who may do nothing with it."""
    house = House(server)
    bucket = house.bucket()
    house.put_object(bucket, "key", b"x")
    unsigned = boto3.client(
        "s3",
        endpoint_url=house.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=UNSIGNED, s3={"addressing_style": "path"}, proxies={}),
    )
    return bucket, {
        "another account": house.s3(FRIEND),
        "a session without rights": session(house),
        "nobody": unsigned,
    }


# sessions ----------------------------------------------------------------------------------------


def test_a_session_may_what_its_role_may(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "key", b"x")
    reads = allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    reader = session(house, reads, deny("s3:GetObject", f"arn:aws:s3:::{bucket}/secret"))

    assert reader.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    with refused("AccessDenied", 403) as missing:
        reader.put_object(Bucket=bucket, Key="key", Body=b"y")
    with refused("AccessDenied", 403) as denied:
        reader.get_object(Bucket=bucket, Key="secret")
    with refused("AccessDenied", 403) as listing:
        reader.list_buckets()
    with refused("AccessDenied", 403):
        reader.create_bucket(Bucket=f"of-{bucket}")
    with refused("AccessDenied", 403):
        session(house).get_object(Bucket=bucket, Key="key")

    assert missing.error["Message"].endswith(
        f'is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::{bucket}/key" '
        "because no identity-based policy allows the s3:PutObject action"
    )
    assert denied.error["Message"].endswith("with an explicit deny in an identity-based policy")
    assert listing.error["Message"].endswith(
        "is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows "
        "the s3:ListAllMyBuckets action"
    )


def test_a_session_may_make_buckets_if_its_role_may(house: House) -> None:
    maker = session(house, allow(["s3:CreateBucket", "s3:ListAllMyBuckets"], "*"))
    name = f"made-{secrets.token_hex(6)}"

    maker.create_bucket(Bucket=name)

    assert name in [each["Name"] for each in maker.list_buckets()["Buckets"]]
    with refused("AccessDenied", 403):
        maker.create_bucket(Bucket=f"{name}-2", ObjectOwnership="ObjectWriter")
    with refused("403", 403):
        maker.head_bucket(Bucket=name)


def test_the_bucket_may_let_in_a_role_that_has_no_rights(house: House) -> None:
    bucket = house.bucket()
    house.put_object(bucket, "key", b"x")
    nobody = session(house)
    role = house.iam().list_roles()["Roles"][0]["Arn"]

    put(house, bucket, allow("s3:GetObject", everything_in(bucket)[1], Principal={"AWS": role}))

    assert nobody.get_object(Bucket=bucket, Key="key")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        nobody.list_objects_v2(Bucket=bucket)
