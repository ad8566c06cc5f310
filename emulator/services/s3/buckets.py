"""Buckets: their names are unique over all accounts and Regions.

A bucket is its owner's alone until a policy or a list lets others in. Requests are answered
whatever Region they were signed for, where AWS would redirect: all Regions are here, and who cares
asks HeadBucket or GetBucketLocation.
"""

import re
from typing import cast, get_args

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import acls, errors, tags
from emulator.services.s3.rights import NAME, bucket_for, check_account
from emulator.shapes import s3
from state.acls import canonical_id, is_public_list
from state.objects import Bucket, Grant, Ownership
from state.partitions import partition_of
from state.store import Duplicate

actions = Actions()

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
US_EAST_1 = "us-east-1"
OLD_NAMES = {"EU": "eu-west-1"}
MAX_BUCKETS = 10_000


def owner(account_id: str) -> s3.Owner:
    """Give an account the way S3 does: by its canonical user id."""
    return {"ID": canonical_id(account_id)}


@actions
def list_buckets(ctx: Context, request: s3.ListBucketsRequest) -> s3.ListBucketsOutput:
    """List the caller's own buckets, by name."""
    check_account(ctx, "s3:ListAllMyBuckets", f"arn:{partition_of(ctx.region)}:s3:::*", shown=False)
    prefix, region = request.get("Prefix", ""), request.get("BucketRegion")
    after = request.get("ContinuationToken", "")
    limit = request.get("MaxBuckets", MAX_BUCKETS)
    if not 0 < limit <= MAX_BUCKETS:
        raise errors.invalid_argument(
            f"Argument max-buckets must be an integer between 1 and {MAX_BUCKETS}",
            "max-buckets",
            str(limit),
        )
    with ctx.store.read() as tx:
        own = tx.buckets.list(ctx.account_id)
    found = [
        bucket
        for bucket in sorted(own, key=lambda bucket: bucket.name)
        if bucket.name.startswith(prefix)
        and bucket.name > after
        and region in (None, bucket.region)
    ]
    result: s3.ListBucketsOutput = {
        "Owner": owner(ctx.account_id),
        "Buckets": [
            {
                "Name": bucket.name,
                "CreationDate": bucket.created_at,
                "BucketRegion": bucket.region,
                "BucketArn": bucket.arn,
            }
            for bucket in found[:limit]
        ],
    }
    if "Prefix" in request:
        result["Prefix"] = prefix
    if len(found) > limit:
        result["ContinuationToken"] = found[limit - 1].name
    return result


@actions
def create_bucket(ctx: Context, request: s3.CreateBucketRequest) -> s3.CreateBucketOutput:
    """Create a bucket in the Region that the request names, or was signed for."""
    name = request["Bucket"]
    if not NAME.fullmatch(name):
        raise errors.invalid_bucket_name(name)
    configuration = request.get("CreateBucketConfiguration", {})
    region = bucket_region(configuration.get("LocationConstraint"), ctx.region)
    arn = f"arn:{partition_of(region)}:s3:::{name}"
    check_account(ctx, "s3:CreateBucket", arn)
    ownership, acl = ownership_of(request.get("ObjectOwnership")), acls.sent(request)
    if "ObjectOwnership" in request:
        check_account(ctx, "s3:PutBucketOwnershipControls", arn)
    if acl is not None:
        check_account(ctx, "s3:PutBucketAcl", arn)
    bucket = Bucket(
        name=name,
        account_id=ctx.account_id,
        region=region,
        created_at=ctx.now().replace(microsecond=0),
        tags=tags.from_document(configuration.get("Tags", []), tags.MAX_BUCKET_TAGS),
        ownership=ownership,
        grants=grants_of(ctx, acl, ownership),
    )
    try:
        with ctx.store.begin() as tx:
            tx.buckets.add(bucket)
    except Duplicate:
        refuse_second(ctx, bucket)
    return {
        "Location": f"/{name}"
        if bucket.region == US_EAST_1
        else f"http://{name}.s3.amazonaws.com/",
        "BucketArn": arn,
    }


def ownership_of(text: str | None) -> Ownership:
    """Read x-amz-object-ownership; raises InvalidArgument."""
    if text is None:
        return "BucketOwnerEnforced"
    if text not in get_args(Ownership):
        raise errors.invalid_argument(
            f"Invalid x-amz-object-ownership header: {text}", "x-amz-object-ownership", text
        )
    return cast(Ownership, text)


def grants_of(ctx: Context, acl: acls.Acl | None, ownership: Ownership) -> tuple[Grant, ...] | None:
    """Give the list of a new bucket; raises what is wrong with the one that was sent."""
    if acl is None or (acl.canned in ("private", acls.FULL) and acl.grants is None):
        return None
    if ownership == "BucketOwnerEnforced":
        raise errors.acl_of_new_bucket()
    grants = acl.for_owner(ctx.account_id, ctx.account_id)
    if is_public_list(grants):
        raise errors.public_acl_of_new_bucket()
    return grants


def bucket_region(constraint: str | None, region: str) -> str:
    """Decide where a bucket is to be; raises what AWS does when constraint and Region disagree."""
    if not constraint:
        if region != US_EAST_1:
            raise errors.unspecified_location_constraint()
        return region
    wanted = OLD_NAMES.get(constraint, constraint)
    if wanted == US_EAST_1 or not REGION.fullmatch(wanted):
        raise errors.invalid_location_constraint(constraint)
    if region not in (US_EAST_1, wanted):  # us-east-1 is also the global endpoint
        raise errors.illegal_location_constraint(constraint)
    return wanted


def refuse_second(ctx: Context, bucket: Bucket) -> None:
    """Raise the error for a name that is taken; in us-east-1 an owner may create again."""
    with ctx.store.read() as tx:
        there = tx.buckets.get(bucket.name)
    if there is None or there.account_id != ctx.account_id:
        raise errors.bucket_already_exists(bucket.name)
    if not there.region == bucket.region == US_EAST_1:
        raise errors.bucket_already_owned_by_you(bucket.name)


@actions
def head_bucket(ctx: Context, request: s3.HeadBucketRequest) -> s3.HeadBucketOutput:
    """Tell whether a bucket is there, and in which Region."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:ListBucket")
    return {
        "BucketRegion": bucket.region,
        "BucketArn": bucket.arn,
        "AccessPointAlias": False,
    }


@actions
def get_bucket_location(
    ctx: Context, request: s3.GetBucketLocationRequest
) -> s3.GetBucketLocationOutput:
    """Tell a bucket's Region; for us-east-1 the answer has always been empty."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketLocation")
    return {} if bucket.region == US_EAST_1 else {"LocationConstraint": bucket.region}


@actions
def delete_bucket(ctx: Context, request: s3.DeleteBucketRequest) -> dict[str, object]:
    """Delete an empty bucket, and with it the uploads that nobody finished."""
    name = request["Bucket"]
    left: set[str] = set()
    with ctx.store.begin() as tx:
        bucket_for(tx, ctx, request, "s3:DeleteBucket")
        if tx.objects.any(name):
            raise errors.bucket_not_empty(name)
        for upload in tx.uploads.list(name):
            left |= {upload.id, *(part.blob_id for part in tx.uploads.remove(upload.id))}
        tx.buckets.remove(name)
    for blob_id in left:
        ctx.blobs.remove(blob_id)
    return {}
