"""Buckets: their names are unique over all accounts and Regions.

A bucket is its owner's alone until there are policies: other accounts get AccessDenied, but who
doesn't sign at all is let in. Requests are answered whatever Region they were signed for, where AWS
would redirect: all Regions are here, and who cares asks HeadBucket or GetBucketLocation.
"""

import hashlib
import re

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors, tags
from emulator.shapes import s3
from state.objects import Bucket
from state.store import Duplicate, Tx

actions = Actions()

# Wider than a DNS name: Import_Bucket and its like were allowed once, and some still exist.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
US_EAST_1 = "us-east-1"
OLD_NAMES = {"EU": "eu-west-1"}
MAX_BUCKETS = 10_000


def find_bucket(tx: Tx, ctx: Context, name: str, expected_owner: str | None = None) -> Bucket:
    """Get a bucket that the caller may use; raises NoSuchBucket or AccessDenied."""
    bucket = tx.buckets.get(name) if NAME.fullmatch(name) else None
    if bucket is None:
        raise errors.no_such_bucket(name)
    if ctx.access_key_id is not None and bucket.account_id != ctx.account_id:
        raise errors.access_denied()
    if expected_owner is not None and expected_owner != bucket.account_id:
        raise errors.access_denied()
    return bucket


def owner(account_id: str) -> s3.Owner:
    """Give an account the way S3 does: by its canonical user id, made up here."""
    return {"ID": hashlib.sha256(account_id.encode()).hexdigest()}


@actions
def list_buckets(ctx: Context, request: s3.ListBucketsRequest) -> s3.ListBucketsOutput:
    """List the caller's own buckets, by name."""
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
                "BucketArn": f"arn:aws:s3:::{bucket.name}",
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
    bucket = Bucket(
        name=name,
        account_id=ctx.account_id,
        region=bucket_region(configuration.get("LocationConstraint"), ctx.region),
        created_at=ctx.now().replace(microsecond=0),
        tags=tags.from_document(configuration.get("Tags", []), tags.MAX_BUCKET_TAGS),
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
        "BucketArn": f"arn:aws:s3:::{name}",
    }


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
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
    return {
        "BucketRegion": bucket.region,
        "BucketArn": f"arn:aws:s3:::{bucket.name}",
        "AccessPointAlias": False,
    }


@actions
def get_bucket_location(
    ctx: Context, request: s3.GetBucketLocationRequest
) -> s3.GetBucketLocationOutput:
    """Tell a bucket's Region; for us-east-1 the answer has always been empty."""
    with ctx.store.read() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
    return {} if bucket.region == US_EAST_1 else {"LocationConstraint": bucket.region}


@actions
def delete_bucket(ctx: Context, request: s3.DeleteBucketRequest) -> dict[str, object]:
    """Delete an empty bucket, and with it the uploads that nobody finished."""
    name = request["Bucket"]
    left: set[str] = set()
    with ctx.store.begin() as tx:
        find_bucket(tx, ctx, name, request.get("ExpectedBucketOwner"))
        if tx.objects.any(name):
            raise errors.bucket_not_empty(name)
        for upload in tx.uploads.list(name):
            left |= {upload.id, *(part.blob_id for part in tx.uploads.remove(upload.id))}
        tx.buckets.remove(name)
    for blob_id in left:
        ctx.blobs.remove(blob_id)
    return {}
