"""Bucket policies: who may do what with a bucket and what is in it, as a document.

Only the account of a bucket can have to do with its policy; its root can even if that shuts it out.
Left out: whether the users and roles that a policy names exist.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors
from emulator.services.s3.rights import Guard, bucket_for
from emulator.shapes import s3
from state.acls import public_access_block
from state.bucket_access import arn_of
from state.objects import Bucket
from state.policy.documents import Malformed, Use, parse, size
from state.policy.publicity import is_public
from state.role_policies import document
from state.store import Tx

actions = Actions()

MOST = 20_480  # characters without white space


def own_bucket(tx: Tx, ctx: Context, request: Mapping[str, object], action: str) -> Bucket:
    """Get a bucket of the caller's account; MethodNotAllowed if that is another's and lets it."""
    bucket = bucket_for(tx, ctx, request, action)
    if ctx.access_key_id is None or bucket.account_id != ctx.account_id:
        raise errors.foreign_account()
    return bucket


def policy_of(bucket: Bucket) -> str:
    """Give a bucket's policy; raises NoSuchBucketPolicy."""
    if bucket.policy is None:
        raise errors.no_such_bucket_policy(bucket.name)
    return bucket.policy


@actions
def get_bucket_policy(ctx: Context, request: s3.GetBucketPolicyRequest) -> s3.GetBucketPolicyOutput:
    """Give a bucket's policy, as it was written."""
    with ctx.store.read() as tx:
        bucket = own_bucket(tx, ctx, request, "s3:GetBucketPolicy")
    return {"Policy": policy_of(bucket)}


@actions
def get_bucket_policy_status(
    ctx: Context, request: s3.GetBucketPolicyStatusRequest
) -> s3.GetBucketPolicyStatusOutput:
    """Tell whether a bucket's policy lets the public in."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetBucketPolicyStatus")
    return {"PolicyStatus": {"IsPublic": is_public(document(policy_of(bucket), Use.BUCKET))}}


@actions
def put_bucket_policy(ctx: Context, request: s3.PutBucketPolicyRequest) -> dict[str, object]:
    """Give a bucket a policy in place of the one that it has."""
    text = request["Policy"]
    with ctx.store.begin() as tx:
        bucket = own_bucket(tx, ctx, request, "s3:PutBucketPolicy")
        if size(text) > MOST:
            raise errors.policy_too_large(MOST)
        try:
            found = parse(text, Use.BUCKET, arn_of(bucket))
        except Malformed as problem:
            raise errors.malformed_policy(problem.reason) from None
        if public_access_block(bucket).block_policy and is_public(found):
            guard = Guard(tx, ctx, bucket, request)
            raise guard.denied("s3:PutBucketPolicy", errors.PUBLIC_POLICY_BLOCKED)
        tx.buckets.replace(bucket.model_copy(update={"policy": text}))
    return {}


@actions
def delete_bucket_policy(ctx: Context, request: s3.DeleteBucketPolicyRequest) -> dict[str, object]:
    """Let a bucket have no policy; it need not have had one."""
    with ctx.store.begin() as tx:
        bucket = own_bucket(tx, ctx, request, "s3:DeleteBucketPolicy")
        tx.buckets.replace(bucket.model_copy(update={"policy": None}))
    return {}


ACTIONS = actions.handlers
