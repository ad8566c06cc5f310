"""Whether a bucket lets the Region's exporter in: what it takes to export an instance into it.

    access control list    READ_ACP and WRITE                    │ to the exporter's canonical id,
    bucket policy          s3:GetBucketAcl and s3:PutObject      │ or to everybody

Where the bucket enforces its ownership there are no lists, and the exporter, whose objects come
with one, stays out whatever the policy says.
"""

import logging
from datetime import UTC, datetime
from typing import Final

from state.acls import enforces_ownership
from state.exporters import exporter
from state.objects import Bucket

log = logging.getLogger(__name__)

# The list that the exporter's objects come with.
ACL: Final = "bucket-owner-full-control"


def granted(bucket: Bucket, key: str, now: datetime) -> bool:
    """Tell whether the exporter of a bucket's Region may read its list and write a key."""
    if enforces_ownership(bucket):
        log.info("the bucket %s has no access control list", bucket.name)
        return False
    from state import bucket_access  # with all of policies, which few servers need
    from state.callers import Caller
    from state.policy.evaluation import Principal

    name = exporter(bucket.region)
    caller = Caller(Principal.root(name, name))
    context = {
        "aws:CurrentTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": "true",
        "s3:x-amz-acl": ACL,
    }
    for action, of_key in (("s3:GetBucketAcl", None), ("s3:PutObject", key)):
        decision = bucket_access.may(caller, action, bucket, of_key, context=context)
        log.info("%s on %s: %s", action, bucket_access.arn_of(bucket, of_key), decision.why)
        if not decision.allowed:
            return False
    return True


def owner_of_exports(bucket: Bucket) -> str:
    """Name the account whose the objects are that the exporter writes."""
    if bucket.ownership == "BucketOwnerPreferred" or enforces_ownership(bucket):
        return bucket.account_id
    return exporter(bucket.region)
