"""Tags of buckets and of objects."""

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors, tags
from emulator.services.s3.buckets import find_bucket
from emulator.services.s3.objects import check_version, find_object
from emulator.shapes import s3

actions = Actions()


@actions
def get_bucket_tagging(
    ctx: Context, request: s3.GetBucketTaggingRequest
) -> s3.GetBucketTaggingOutput:
    """Give a bucket's tags; raises NoSuchTagSet if it has none."""
    with ctx.store.read() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
    if not bucket.tags:
        raise errors.no_such_tag_set(bucket.name)
    return {"TagSet": tags.tag_set(bucket.tags)}


@actions
def put_bucket_tagging(ctx: Context, request: s3.PutBucketTaggingRequest) -> dict[str, object]:
    """Replace all of a bucket's tags."""
    wanted = tags.from_document(request["Tagging"]["TagSet"], tags.MAX_BUCKET_TAGS)
    with ctx.store.begin() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
        tx.buckets.replace(bucket.model_copy(update={"tags": wanted}))
    return {}


@actions
def delete_bucket_tagging(
    ctx: Context, request: s3.DeleteBucketTaggingRequest
) -> dict[str, object]:
    """Remove all of a bucket's tags."""
    with ctx.store.begin() as tx:
        bucket = find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
        tx.buckets.replace(bucket.model_copy(update={"tags": {}}))
    return {}


@actions
def get_object_tagging(
    ctx: Context, request: s3.GetObjectTaggingRequest
) -> s3.GetObjectTaggingOutput:
    """Give an object's tags."""
    check_version(request.get("VersionId"))
    with ctx.store.read() as tx:
        find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
        found = find_object(tx, request["Bucket"], request["Key"])
    return {"TagSet": tags.tag_set(found.tags)}


@actions
def put_object_tagging(
    ctx: Context, request: s3.PutObjectTaggingRequest
) -> s3.PutObjectTaggingOutput:
    """Replace all of an object's tags."""
    wanted = tags.from_document(request["Tagging"]["TagSet"], tags.MAX_OBJECT_TAGS)
    retag(ctx, request, wanted)
    return {}


@actions
def delete_object_tagging(
    ctx: Context, request: s3.DeleteObjectTaggingRequest
) -> s3.DeleteObjectTaggingOutput:
    """Remove all of an object's tags."""
    retag(ctx, request, {})
    return {}


def retag(
    ctx: Context,
    request: s3.PutObjectTaggingRequest | s3.DeleteObjectTaggingRequest,
    wanted: dict[str, str],
) -> None:
    """Give an object other tags; nothing else about it changes."""
    check_version(request.get("VersionId"))
    with ctx.store.begin() as tx:
        find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
        found = find_object(tx, request["Bucket"], request["Key"])
        tx.objects.replace(found.model_copy(update={"tags": wanted}))
