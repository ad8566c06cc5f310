"""Whose the objects of a bucket are, and what keeps it from the public."""

from typing import cast, get_args

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors
from emulator.services.s3.rights import bucket_for
from emulator.shapes import s3
from state.acls import canonical_id
from state.objects import Ownership, PublicAccessBlock

actions = Actions()

MEMBERS = {
    "BlockPublicAcls": "block_acls",
    "IgnorePublicAcls": "ignore_acls",
    "BlockPublicPolicy": "block_policy",
    "RestrictPublicBuckets": "restrict",
}


@actions
def get_bucket_ownership_controls(
    ctx: Context, request: s3.GetBucketOwnershipControlsRequest
) -> s3.GetBucketOwnershipControlsOutput:
    """Tell whose the objects of a bucket are."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketOwnershipControls")
    if bucket.ownership is None:
        raise errors.no_ownership_controls(bucket.name)
    return {"OwnershipControls": {"Rules": [{"ObjectOwnership": bucket.ownership}]}}


@actions
def put_bucket_ownership_controls(
    ctx: Context, request: s3.PutBucketOwnershipControlsRequest
) -> dict[str, object]:
    """Say whose the objects of a bucket are; lists that let others in must be gone by then."""
    rules = request["OwnershipControls"]["Rules"]
    if len(rules) != 1 or rules[0]["ObjectOwnership"] not in get_args(Ownership):
        raise errors.malformed_xml()
    wanted = cast(Ownership, rules[0]["ObjectOwnership"])
    change: dict[str, object] = {"ownership": wanted}
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketOwnershipControls")
        if wanted == "BucketOwnerEnforced":
            mine = canonical_id(bucket.account_id)
            if any(grant.grantee != mine for grant in bucket.grants or ()):
                raise errors.acl_of_new_bucket()
            change["grants"] = None
        tx.buckets.replace(bucket.model_copy(update=change))
    return {}


@actions
def delete_bucket_ownership_controls(
    ctx: Context, request: s3.DeleteBucketOwnershipControlsRequest
) -> dict[str, object]:
    """Leave objects to who writes them, as it was before there were such controls."""
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketOwnershipControls")
        tx.buckets.replace(bucket.model_copy(update={"ownership": None}))
    return {}


@actions
def get_public_access_block(
    ctx: Context, request: s3.GetPublicAccessBlockRequest
) -> s3.GetPublicAccessBlockOutput:
    """Tell what keeps a bucket from the public."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketPublicAccessBlock")
    if bucket.public_access_block is None:
        raise errors.no_public_access_block(bucket.name)
    found = bucket.public_access_block.model_dump()
    shape = {member: found[name] for member, name in MEMBERS.items()}
    return {
        "PublicAccessBlockConfiguration": cast(s3.PublicAccessBlockConfiguration, shape),
    }


@actions
def put_public_access_block(
    ctx: Context, request: s3.PutPublicAccessBlockRequest
) -> dict[str, object]:
    """Say what keeps a bucket from the public; what is not said does not."""
    given = request["PublicAccessBlockConfiguration"]
    wanted = PublicAccessBlock.model_validate(
        {name: given.get(member, False) for member, name in MEMBERS.items()}
    )
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketPublicAccessBlock")
        tx.buckets.replace(bucket.model_copy(update={"public_access_block": wanted}))
    return {}


@actions
def delete_public_access_block(
    ctx: Context, request: s3.DeletePublicAccessBlockRequest
) -> dict[str, object]:
    """Let nothing keep a bucket from the public but its policy and its lists."""
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketPublicAccessBlock")
        tx.buckets.replace(bucket.model_copy(update={"public_access_block": None}))
    return {}


ACTIONS = actions.handlers
