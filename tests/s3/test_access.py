"""Access control lists, from outside and as the canned ones say."""

import pytest

from emulator.services.s3.access import grants
from emulator.services.s3.buckets import owner
from tests.house import House
from tests.s3.refused import refused

ME, FRIEND = "123456789012", "210987654321"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"


def test_what_one_owns_is_ones_own(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    me = s3.list_buckets()["Owner"]["ID"]

    of_bucket = s3.get_bucket_acl(Bucket=bucket)
    of_object = s3.get_object_acl(Bucket=bucket, Key="key")

    mine = {"Grantee": {"Type": "CanonicalUser", "ID": me}, "Permission": "FULL_CONTROL"}
    for acl in (of_bucket, of_object):
        assert acl["Owner"] == {"ID": me}
        assert acl["Grants"] == [mine]


def test_what_is_not_there_or_anothers_has_none(house: House) -> None:
    s3, bucket = house.s3(), house.bucket()
    house.put_object(bucket, "key", b"x")
    stranger = house.s3("210987654321")

    with refused("NoSuchBucket", 404):
        s3.get_bucket_acl(Bucket="nowhere-at-all")
    with refused("NoSuchKey", 404):
        s3.get_object_acl(Bucket=bucket, Key="missing")
    with refused("AccessDenied", 403):
        stranger.get_bucket_acl(Bucket=bucket)
    with refused("AccessDenied", 403):
        stranger.get_object_acl(Bucket=bucket, Key="key")
    with refused("AccessDenied", 403):
        s3.get_bucket_acl(Bucket=bucket, ExpectedBucketOwner="210987654321")


@pytest.mark.parametrize(
    ("acl", "expected"),
    [
        ("private", []),
        ("bucket-owner-full-control", [(FRIEND, "FULL_CONTROL")]),
        ("bucket-owner-read", [(FRIEND, "READ")]),
        ("public-read", [(ALL, "READ")]),
        ("public-read-write", [(ALL, "READ"), (ALL, "WRITE")]),
        ("authenticated-read", [(SIGNED, "READ")]),
    ],
)
def test_a_canned_list_grants(acl: str, expected: list[tuple[str, str]]) -> None:
    of_another = grants(acl, ME, FRIEND)
    of_ones_own = grants(acl, ME, ME)

    names = {owner(account)["ID"]: account for account in (ME, FRIEND)}
    shown = [
        (names.get(each["Grantee"].get("ID", "")) or each["Grantee"]["URI"], each["Permission"])
        for each in of_another
    ]
    assert shown == [(ME, "FULL_CONTROL"), *expected]
    assert len(of_ones_own) == 1 + sum(who != FRIEND for who, _ in expected)
