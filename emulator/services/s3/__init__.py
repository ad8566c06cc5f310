"""S3, as far as disks and their files need it."""

from collections.abc import Mapping

from emulator.services.actions import Families, Handler, merge
from emulator.services.s3 import (
    access,
    buckets,
    completion,
    copies,
    encryption,
    listing,
    multipart,
    objects,
    parts,
    reading,
    tagging,
)

AT_START = merge(
    module.actions
    for module in (
        buckets,
        objects,
        reading,
        listing,
        copies,
        tagging,
        access,
        encryption,
        multipart,
        parts,
        completion,
    )
)
# With all of policies, which most servers never need: loaded for the first who asks.
LATER = {
    "emulator.services.s3.bucket_policies": (
        "DeleteBucketPolicy",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "PutBucketPolicy",
    ),
    "emulator.services.s3.ownership": (
        "DeleteBucketOwnershipControls",
        "DeletePublicAccessBlock",
        "GetBucketOwnershipControls",
        "GetPublicAccessBlock",
        "PutBucketOwnershipControls",
        "PutPublicAccessBlock",
    ),
}

ACTIONS: Mapping[str, Handler] = Families(AT_START, LATER)
