"""Access control lists, as far as they are shown: whose buckets and objects are, and who may read.

An object keeps the canned list that it was written with. A bucket is its owner's alone. There are
no lists of grants: nothing here lets anybody in or keeps anybody out.
"""

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3.buckets import find_bucket, owner
from emulator.services.s3.objects import check_version, find_object
from emulator.shapes import s3

actions = Actions()

GROUPS = {
    "public-read": [("global/AllUsers", "READ")],
    "public-read-write": [("global/AllUsers", "READ"), ("global/AllUsers", "WRITE")],
    "authenticated-read": [("global/AuthenticatedUsers", "READ")],
}
FOR_BUCKET_OWNER = {
    "bucket-owner-read": "READ",
    "bucket-owner-full-control": "FULL_CONTROL",
}


@actions
def get_bucket_acl(ctx: Context, request: s3.GetBucketAclRequest) -> s3.GetBucketAclOutput:
    """Tell whose a bucket is."""
    with ctx.store.read() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
    return {
        "Owner": owner(bucket.account_id),
        "Grants": grants("private", bucket.account_id, bucket.account_id),
    }


@actions
def get_object_acl(ctx: Context, request: s3.GetObjectAclRequest) -> s3.GetObjectAclOutput:
    """Tell whose an object is, and for whom it was written."""
    check_version(request.get("VersionId"))
    with ctx.store.read() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
        found = find_object(tx, request["Bucket"], request["Key"])
    owner_id = found.owner_id or bucket.account_id
    return {
        "Owner": owner(owner_id),
        "Grants": grants(found.acl, owner_id, bucket.account_id),
    }


def grants(acl: str, owner_id: str, bucket_owner_id: str) -> list[s3.Grant]:
    """Return what a canned list grants to whom."""
    found = [account_grant(owner_id, "FULL_CONTROL")]
    if acl in FOR_BUCKET_OWNER and owner_id != bucket_owner_id:
        found.append(account_grant(bucket_owner_id, FOR_BUCKET_OWNER[acl]))
    found += [
        {
            "Grantee": {"Type": "Group", "URI": f"http://acs.amazonaws.com/groups/{group}"},
            "Permission": permission,
        }
        for group, permission in GROUPS.get(acl, ())
    ]
    return found


def account_grant(account_id: str, permission: str) -> s3.Grant:
    """Return what an account is granted."""
    return {
        "Grantee": {"Type": "CanonicalUser", "ID": owner(account_id)["ID"]},
        "Permission": permission,
    }
