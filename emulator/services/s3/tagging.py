"""Tags of buckets and of objects."""

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors, tags
from emulator.services.s3.objects import check_version
from emulator.services.s3.rights import bucket_for, object_for
from emulator.shapes import s3

actions = Actions()


@actions
def get_bucket_tagging(
    ctx: Context, request: s3.GetBucketTaggingRequest
) -> s3.GetBucketTaggingOutput:
    """Give a bucket's tags; raises NoSuchTagSet if it has none."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketTagging")
    if not bucket.tags:
        raise errors.no_such_tag_set(bucket.name)
    return {"TagSet": tags.tag_set(bucket.tags)}


@actions
def put_bucket_tagging(ctx: Context, request: s3.PutBucketTaggingRequest) -> dict[str, object]:
    """Replace all of a bucket's tags."""
    wanted = tags.from_document(request["Tagging"]["TagSet"], tags.MAX_BUCKET_TAGS)
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketTagging")
        tx.buckets.replace(bucket.model_copy(update={"tags": wanted}))
    return {}


@actions
def delete_bucket_tagging(
    ctx: Context, request: s3.DeleteBucketTaggingRequest
) -> dict[str, object]:
    """Remove all of a bucket's tags."""
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketTagging")
        tx.buckets.replace(bucket.model_copy(update={"tags": {}}))
    return {}


@actions
def get_object_tagging(
    ctx: Context, request: s3.GetObjectTaggingRequest
) -> s3.GetObjectTaggingOutput:
    """Give an object's tags."""
    check_version(request.get("VersionId"))
    with ctx.store.read() as tx:
        found = object_for(tx, ctx, request, "s3:GetObjectTagging")[1]
    return {"TagSet": tags.tag_set(found.tags)}


@actions
def put_object_tagging(
    ctx: Context, request: s3.PutObjectTaggingRequest
) -> s3.PutObjectTaggingOutput:
    """Replace all of an object's tags."""
    wanted = tags.from_document(request["Tagging"]["TagSet"], tags.MAX_OBJECT_TAGS)
    retag(ctx, request, "s3:PutObjectTagging", wanted)
    return {}


@actions
def delete_object_tagging(
    ctx: Context, request: s3.DeleteObjectTaggingRequest
) -> s3.DeleteObjectTaggingOutput:
    """Remove all of an object's tags."""
    retag(ctx, request, "s3:DeleteObjectTagging", {})
    return {}


def retag(
    ctx: Context,
    request: s3.PutObjectTaggingRequest | s3.DeleteObjectTaggingRequest,
    action: str,
    wanted: dict[str, str],
) -> None:
    """Give an object other tags; nothing else about it changes."""
    check_version(request.get("VersionId"))
    with ctx.store.begin() as tx:
        found = object_for(tx, ctx, request, action)[1]
        tx.objects.replace(found.model_copy(update={"tags": wanted}))
