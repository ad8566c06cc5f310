"""Access control lists and object ownership, from outside."""

import json
from typing import Any

import pytest

from state.acls import canonical_id
from tests.house import House, new_account
from tests.s3.raw import ask
from tests.s3.refused import refused

ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
FRIEND = "210987654321"
NO_BLOCK = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


def full_control(account: str) -> dict[str, object]:
    return grant(canonical_id(account), "FULL_CONTROL")


def grant(who: str, permission: str) -> dict[str, object]:
    if who.startswith("http"):
        return {"Grantee": {"Type": "Group", "URI": who}, "Permission": permission}
    return {"Grantee": {"Type": "CanonicalUser", "ID": who}, "Permission": permission}


@pytest.fixture
def listed(house: House) -> str:
    """A bucket whose lists count, public ones too."""
    s3: Any = house.s3()
    bucket = house.bucket()
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=NO_BLOCK)
    return bucket


# lists -------------------------------------------------------------------------------------------


def test_what_one_owns_is_ones_own(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    me = s3.list_buckets()["Owner"]["ID"]

    of_bucket = s3.get_bucket_acl(Bucket=bucket)
    of_object = s3.get_object_acl(Bucket=bucket, Key="key")

    for acl in (of_bucket, of_object):
        assert acl["Owner"] == {"ID": me}
        assert acl["Grants"] == [full_control(house.account_id)]


def test_what_is_not_there_or_anothers_has_none(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    stranger = house.s3(FRIEND)

    with refused("NoSuchBucket", 404):
        s3.get_bucket_acl(Bucket="nowhere-at-all")
    with refused("NoSuchKey", 404):
        s3.get_object_acl(Bucket=bucket, Key="missing")
    with refused("AccessDenied", 403):
        stranger.get_bucket_acl(Bucket=bucket)
    with refused("AccessDenied", 403):
        stranger.get_object_acl(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        s3.get_bucket_acl(Bucket=bucket, ExpectedBucketOwner=FRIEND)


def test_a_bucket_lets_an_account_in_by_its_list(house: House, listed: str) -> None:
    s3, friend = house.s3(), house.s3(FRIEND)
    house.put_object(listed, "key", b"x")

    s3.put_bucket_acl(Bucket=listed, GrantRead=f'id="{canonical_id(FRIEND)}"')

    assert s3.get_bucket_acl(Bucket=listed)["Grants"] == [grant(canonical_id(FRIEND), "READ")]
    assert [each["Key"] for each in friend.list_objects_v2(Bucket=listed)["Contents"]] == ["key"]
    with refused("AccessDenied", 403):
        friend.get_object(Bucket=listed, Key="key")
    with refused("AccessDenied", 403):
        friend.put_object(Bucket=listed, Key="other", Body=b"x")
    with refused("AccessDenied", 403):
        house.s3(new_account()).list_objects_v2(Bucket=listed)


def test_a_list_may_be_a_document(house: House, listed: str) -> None:
    s3, friend = house.s3(), house.s3(FRIEND)
    house.put_object(listed, "key", b"x")
    grants: Any = [
        full_control(house.account_id),
        grant(canonical_id(FRIEND), "READ"),
        grant(ALL, "READ_ACP"),
    ]

    s3.put_object_acl(
        Bucket=listed,
        Key="key",
        AccessControlPolicy={"Owner": {"ID": canonical_id(house.account_id)}, "Grants": grants},
    )

    assert s3.get_object_acl(Bucket=listed, Key="key")["Grants"] == grants
    assert friend.get_object(Bucket=listed, Key="key")["Body"].read() == b"x"
    assert ask(house, "GET", f"/{listed}/key?acl", signed=False).status == 200
    assert ask(house, "GET", f"/{listed}/key", signed=False).code == "AccessDenied"


def test_a_public_object_is_everybodys(house: House, listed: str) -> None:
    house.s3().put_object(Bucket=listed, Key="open", Body=b"x", ACL="public-read")
    house.s3().put_object(Bucket=listed, Key="shut", Body=b"x")

    assert ask(house, "GET", f"/{listed}/open", signed=False).body == b"x"
    assert ask(house, "HEAD", f"/{listed}/open", signed=False).status == 200
    assert house.s3(FRIEND).get_object(Bucket=listed, Key="open")["Body"].read() == b"x"
    assert ask(house, "GET", f"/{listed}/shut", signed=False).code == "AccessDenied"
    assert ask(house, "GET", f"/{listed}/missing", signed=False).code == "AccessDenied"

    house.s3().put_public_access_block(
        Bucket=listed, PublicAccessBlockConfiguration={"IgnorePublicAcls": True}
    )
    assert ask(house, "GET", f"/{listed}/open", signed=False).code == "AccessDenied"


def test_a_list_that_cannot_be(house: House, listed: str) -> None:
    s3: Any = house.s3()
    house.put_object(listed, "key", b"x")
    mail = {"Type": "AmazonCustomerByEmail", "EmailAddress": "me@example.com"}
    owner = {"ID": canonical_id(house.account_id)}

    with refused("InvalidRequest"):
        s3.put_bucket_acl(Bucket=listed, ACL="private", GrantRead=f'uri="{ALL}"')
    with refused("InvalidArgument"):
        s3.put_bucket_acl(Bucket=listed, ACL="nobodys")
    with refused("InvalidArgument"):
        s3.put_bucket_acl(Bucket=listed, GrantRead='id="me"')
    with refused("InvalidArgument"):
        s3.put_object(Bucket=listed, Key="key", GrantRead='uri="http://example.com/"')
    with refused("MethodNotAllowed", 405):
        s3.put_bucket_acl(Bucket=listed, GrantRead='emailAddress="me@example.com"')
    with refused("MethodNotAllowed", 405):
        s3.put_bucket_acl(
            Bucket=listed,
            AccessControlPolicy={
                "Owner": owner,
                "Grants": [{"Grantee": mail, "Permission": "READ"}],
            },
        )
    with refused("AccessDenied", 403):
        s3.put_object_acl(
            Bucket=listed,
            Key="key",
            AccessControlPolicy={"Owner": {"ID": canonical_id(FRIEND)}, "Grants": []},
        )
    with refused("UnexpectedContent"):
        s3.put_bucket_acl(
            Bucket=listed, ACL="private", AccessControlPolicy={"Owner": owner, "Grants": []}
        )
    assert ask(house, "PUT", f"/{listed}?acl").code == "MissingSecurityHeader"
    with refused("NoSuchKey", 404):
        s3.put_object_acl(Bucket=listed, Key="missing", ACL="private")


# ownership ---------------------------------------------------------------------------------------


def test_lists_are_off_in_a_new_bucket(house: House) -> None:
    s3: Any = house.s3()
    bucket = house.bucket()

    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    s3.put_object(Bucket=bucket, Key="key", Body=b"x", ACL="bucket-owner-full-control")
    s3.put_object(
        Bucket=bucket, Key="key", GrantFullControl=f'id="{canonical_id(house.account_id)}"'
    )
    s3.put_bucket_acl(Bucket=bucket, ACL="bucket-owner-full-control")

    assert controls == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    with refused("AccessControlListNotSupported") as refusal:
        s3.put_object(Bucket=bucket, Key="key", Body=b"x", ACL="public-read")
    assert refusal.error["Message"] == "The bucket does not allow ACLs"
    with refused("AccessControlListNotSupported"):
        s3.create_multipart_upload(Bucket=bucket, Key="key", ACL="public-read")
    with refused("AccessControlListNotSupported"):
        s3.copy_object(Bucket=bucket, Key="new", CopySource=f"{bucket}/key", ACL="public-read")
    for acl in "private", "public-read":
        with refused("AccessControlListNotSupported"):
            s3.put_object_acl(Bucket=bucket, Key="key", ACL=acl)
        with refused("AccessControlListNotSupported"):
            s3.put_bucket_acl(Bucket=bucket, ACL=acl)


def test_a_new_object_of_the_owner_may_be_called_private(house: House) -> None:
    s3: Any = house.s3()
    bucket, friend = house.bucket(), House(house.server)
    may_put = {
        "Effect": "Allow", "Principal": {"AWS": friend.account_id}, "Action": "s3:PutObject*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": may_put})
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)

    s3.put_object(Bucket=bucket, Key="key", Body=b"x", ACL="private")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", ACL="private")

    assert upload["UploadId"]
    with refused("AccessControlListNotSupported"):
        friend.s3().put_object(Bucket=bucket, Key="theirs", Body=b"x", ACL="private")


def test_ownership_is_chosen_at_the_start_or_later(house: House) -> None:
    s3: Any = house.s3()
    bucket = f"own-{house.account_id}"
    s3.create_bucket(
        Bucket=bucket,
        ObjectOwnership="BucketOwnerPreferred",
        GrantRead=f'id="{canonical_id(FRIEND)}"',
    )

    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        )
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.delete_bucket_ownership_controls(Bucket=bucket)

    with refused("OwnershipControlsNotFoundError", 404):
        s3.get_bucket_ownership_controls(Bucket=bucket)
    s3.put_bucket_acl(Bucket=bucket, ACL="private")
    for rules in [], [{"ObjectOwnership": "Mine"}]:
        with refused("MalformedXML"):
            s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": rules})


def test_a_new_bucket_with_a_list(house: House) -> None:
    s3: Any = house.s3()
    name = f"new-{house.account_id}"

    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket=name, ACL="public-read")
    with refused("InvalidBucketAclWithBlockPublicAccessError"):
        s3.create_bucket(Bucket=name, ACL="public-read", ObjectOwnership="ObjectWriter")
    with refused("InvalidArgument"):
        s3.create_bucket(Bucket=name, ObjectOwnership="Mine")
    s3.create_bucket(Bucket=name, ACL="private")


def test_an_object_is_its_writers_until_the_bucket_takes_it(house: House, listed: str) -> None:
    s3, friend = house.s3(), house.s3(FRIEND)
    s3.put_bucket_acl(Bucket=listed, GrantWrite=f'id="{canonical_id(FRIEND)}"')

    friend.put_object(Bucket=listed, Key="theirs", Body=b"x")
    friend.put_object(Bucket=listed, Key="shared", Body=b"x", ACL="bucket-owner-full-control")
    upload = friend.create_multipart_upload(Bucket=listed, Key="parts")["UploadId"]
    part = friend.upload_part(Bucket=listed, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")[
        "ETag"
    ]
    assert len(friend.list_parts(Bucket=listed, Key="parts", UploadId=upload)["Parts"]) == 1
    friend.complete_multipart_upload(
        Bucket=listed,
        Key="parts",
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]},
    )

    for key in "theirs", "parts":
        assert friend.get_object(Bucket=listed, Key=key)["Body"].read() == b"x"
        with refused("AccessDenied", 403):
            s3.get_object(Bucket=listed, Key=key)
    assert s3.get_object(Bucket=listed, Key="shared")["Body"].read() == b"x"
    owners = {
        each["Key"]: each["Owner"]["ID"]
        for each in s3.list_objects_v2(Bucket=listed, FetchOwner=True)["Contents"]
    }
    assert set(owners.values()) == {canonical_id(FRIEND)}

    s3.put_bucket_acl(Bucket=listed, ACL="private")
    s3.put_bucket_ownership_controls(
        Bucket=listed, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    assert s3.get_object(Bucket=listed, Key="theirs")["Body"].read() == b"x"
    with refused("AccessDenied", 403):
        friend.get_object(Bucket=listed, Key="theirs")


def test_the_owner_is_preferred_if_the_writer_says_so(house: House, listed: str) -> None:
    s3, friend = house.s3(), house.s3(FRIEND)
    s3.put_bucket_ownership_controls(
        Bucket=listed, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    s3.put_bucket_acl(Bucket=listed, GrantWrite=f'id="{canonical_id(FRIEND)}"')

    friend.put_object(Bucket=listed, Key="mine", Body=b"x", ACL="bucket-owner-full-control")
    friend.put_object(Bucket=listed, Key="theirs", Body=b"x")

    mine, theirs = canonical_id(house.account_id), canonical_id(FRIEND)
    assert s3.get_object_acl(Bucket=listed, Key="mine")["Owner"] == {"ID": mine}
    assert friend.get_object_acl(Bucket=listed, Key="theirs")["Owner"] == {"ID": theirs}


# public access block -----------------------------------------------------------------------------


def test_a_new_bucket_is_blocked_for_the_public(house: House) -> None:
    s3: Any = house.s3()
    bucket = house.bucket()

    found = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )
    changed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.delete_public_access_block(Bucket=bucket)

    assert found == dict.fromkeys(NO_BLOCK, True)
    assert changed == {**NO_BLOCK, "BlockPublicAcls": True}
    with refused("NoSuchPublicAccessBlockConfiguration", 404):
        s3.get_public_access_block(Bucket=bucket)


def test_public_lists_are_blocked(house: House, listed: str) -> None:
    s3: Any = house.s3()
    house.put_object(listed, "key", b"x")
    s3.put_public_access_block(
        Bucket=listed, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )

    with refused("AccessDenied", 403) as refusal:
        s3.put_bucket_acl(Bucket=listed, ACL="public-read")
    with refused("AccessDenied", 403):
        s3.put_object_acl(Bucket=listed, Key="key", ACL="authenticated-read")
    with refused("AccessDenied", 403):
        s3.put_object(Bucket=listed, Key="new", Body=b"x", ACL="public-read")

    assert refusal.error["Message"] == (
        f"User: arn:aws:iam::{house.account_id}:root is not authorized to perform: "
        f's3:PutBucketAcl on resource: "arn:aws:s3:::{listed}" because public access control '
        "lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access."
    )


def test_who_does_not_sign_owns_nothing(house: House, listed: str) -> None:
    house.s3().put_bucket_acl(Bucket=listed, ACL="public-read-write")

    assert ask(house, "PUT", f"/{listed}/key", body=b"x", signed=False).status == 200
    assert ask(house, "GET", "/", signed=False).code == "AccessDenied"
    assert ask(house, "PUT", "/a-new-bucket", signed=False).code == "AccessDenied"
    with refused("AccessDenied", 403):
        house.s3().get_object(Bucket=listed, Key="key")
    house.s3().delete_object(Bucket=listed, Key="key")
