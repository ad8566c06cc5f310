"""Access control lists of buckets and objects: shown and set."""

from collections.abc import Mapping
from typing import cast

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import acls, errors
from emulator.services.s3.buckets import owner
from emulator.services.s3.objects import check_version
from emulator.services.s3.rights import bucket_for, object_for
from emulator.shapes import s3
from state.acls import canonical_id, list_of_bucket, list_of_object, object_owner

actions = Actions()


@actions
def get_bucket_acl(ctx: Context, request: s3.GetBucketAclRequest) -> s3.GetBucketAclOutput:
    """Tell whose a bucket is, and whom it lets in."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketAcl")
    return {"Owner": owner(bucket.account_id), "Grants": acls.shown(list_of_bucket(bucket))}


@actions
def get_object_acl(ctx: Context, request: s3.GetObjectAclRequest) -> s3.GetObjectAclOutput:
    """Tell whose an object is, and whom it lets in."""
    check_version(request.get("VersionId"))
    with ctx.store.read() as tx:
        bucket, found = object_for(tx, ctx, request, "s3:GetObjectAcl")
    return {
        "Owner": owner(object_owner(bucket, found)),
        "Grants": acls.shown(list_of_object(bucket, found)),
    }


@actions
def put_bucket_acl(ctx: Context, request: s3.PutBucketAclRequest) -> dict[str, object]:
    """Say whom a bucket lets in."""
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutBucketAcl")
        acl, me = given(request, bucket.account_id), bucket.account_id
        grants = acls.check(tx, ctx, bucket, request, "s3:PutBucketAcl", acl, me)
        tx.buckets.replace(bucket.model_copy(update={"grants": grants}))
    return {}


@actions
def put_object_acl(ctx: Context, request: s3.PutObjectAclRequest) -> s3.PutObjectAclOutput:
    """Say whom an object lets in."""
    check_version(request.get("VersionId"))
    with ctx.store.begin() as tx:
        bucket, found = object_for(tx, ctx, request, "s3:PutObjectAcl")
        me = object_owner(bucket, found)
        acl = given(request, me)
        if acls.check(tx, ctx, bucket, request, "s3:PutObjectAcl", acl, me) is not None:
            change = {"acl": acl.canned, "grants": acl.grants}
            tx.objects.replace(found.model_copy(update=change))
    return {}


def given(request: Mapping[str, object], owner: str) -> acls.Acl:
    """Take the list out of a request: from its headers or from its body, one of which there is."""
    acl = acls.sent(request)
    document = cast(s3.AccessControlPolicy | None, request.get("AccessControlPolicy"))
    if document is None:
        if acl is None:
            raise errors.acl_missing()
        return acl
    if acl is not None:
        raise errors.acl_in_body_too()
    return acls.from_document(document, canonical_id(owner))
