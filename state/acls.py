"""Access control lists: whom they name, what canned ones grant, whose buckets and objects are.

A bucket that enforces its ownership owns all that is in it, and no list counts. Without that an
object is the account's that wrote it.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from state.exporters import EXPORTERS
from state.objects import Bucket, Grant, Object, Permission, PublicAccessBlock

GROUPS: Final = "http://acs.amazonaws.com/groups/"
EVERYBODY: Final = f"{GROUPS}global/AllUsers"
SIGNED_IN: Final = f"{GROUPS}global/AuthenticatedUsers"
LOG_DELIVERY: Final = f"{GROUPS}s3/LogDelivery"
PUBLIC: Final = frozenset({EVERYBODY, SIGNED_IN})

NOBODY: Final = "anonymous"  # the owner of what somebody has written who did not sign
NOBODY_ID: Final = "65a011a29cdf8ec533ec3d1ccaae921c"
# Whose lists with aws-exec-read let EC2 fetch the parts of an instance-store AMI.
EC2_ID: Final = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"


@lru_cache(1024)
def canonical_id(account_id: str) -> str:
    """Name an account the way S3 does; made up here, the same everywhere.

    An account of AWS's own, of which nobody knows more than that name, is called by it already.
    """
    if account_id in EXPORTERS:
        return account_id
    return NOBODY_ID if account_id == NOBODY else hashlib.sha256(account_id.encode()).hexdigest()


def enforces_ownership(bucket: Bucket) -> bool:
    """Tell whether all in a bucket is its owner's, and lists count for nothing."""
    return bucket.ownership == "BucketOwnerEnforced"


def object_owner(bucket: Bucket, found: Object) -> str:
    """Name the account whose an object is."""
    if enforces_ownership(bucket):
        return bucket.account_id
    return found.owner_id or bucket.account_id


def public_access_block(bucket: Bucket) -> PublicAccessBlock:
    """Return what keeps a bucket from the public; nothing does where that was deleted."""
    return bucket.public_access_block or PublicAccessBlock(
        block_acls=False, ignore_acls=False, block_policy=False, restrict=False
    )


def list_of_bucket(bucket: Bucket) -> tuple[Grant, ...]:
    """Return the access control list of a bucket."""
    mine = Grant(grantee=canonical_id(bucket.account_id), permission="FULL_CONTROL")
    if bucket.grants is None or enforces_ownership(bucket):
        return (mine,)
    return bucket.grants


def list_of_object(bucket: Bucket, found: Object) -> tuple[Grant, ...]:
    """Return the access control list of an object."""
    owner = object_owner(bucket, found)
    if enforces_ownership(bucket):
        return canned("private", owner, owner)
    if found.grants is not None:
        return found.grants
    return canned(found.acl, owner, bucket.account_id)


def canned(name: str, owner: str, bucket_owner: str) -> tuple[Grant, ...]:
    """Return what a canned list grants to whom; owner and bucket_owner are accounts."""
    mine, others = canonical_id(owner), canonical_id(bucket_owner)
    more: Mapping[str, Sequence[tuple[str, Permission]]] = {
        "public-read": [(EVERYBODY, "READ")],
        "public-read-write": [(EVERYBODY, "READ"), (EVERYBODY, "WRITE")],
        "authenticated-read": [(SIGNED_IN, "READ")],
        "aws-exec-read": [(EC2_ID, "READ")],
        "log-delivery-write": [(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")],
        "bucket-owner-read": [(others, "READ")],
        "bucket-owner-full-control": [(others, "FULL_CONTROL")],
    }
    return (
        Grant(grantee=mine, permission="FULL_CONTROL"),
        *(
            Grant(grantee=grantee, permission=permission)
            for grantee, permission in more.get(name, ())
            if grantee != mine
        ),
    )


def is_public_list(grants: Iterable[Grant]) -> bool:
    """Tell whether a list lets the public in, if only those of it that have an account."""
    return any(grant.grantee in PUBLIC for grant in grants)
