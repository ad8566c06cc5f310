"""Whether the one who asks may: looked at by every action, in the transaction that it acts in.

    the owner of a bucket without a policy     yes, and nothing is looked up
    everybody else                             `state.bucket_access` decides

What is refused says why to those of the bucket's own account, and to others nothing, as in S3.
"""

import logging
import re
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, cast

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.s3 import errors, tags
from state.acls import NOBODY, object_owner
from state.objects import Bucket, Object
from state.store import Tx

if TYPE_CHECKING:
    from state.callers import Caller
    from state.policy.evaluation import Decision

Members = Mapping[str, object]

# Wider than a DNS name: Import_Bucket and its like were allowed once, and some still exist.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}")
# The root of the bucket's account may always do these, whatever the policy says.
LAST_RESORT = frozenset({"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"})
OF_MEMBERS = {
    "Prefix": "s3:prefix",
    "Delimiter": "s3:delimiter",
    "MaxKeys": "s3:max-keys",
    "VersionId": "s3:VersionId",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
}
SECRET = "x-amz-security-token"

log = logging.getLogger(__name__)


def bucket_for(
    tx: Tx, ctx: Context, request: Members, *actions: str, initiator: str | None = None
) -> Bucket:
    """Get a bucket on which, or on whose key, the caller may do something.

    Raises NoSuchBucket or AccessDenied. Who began an upload may give it up and look at it.
    """
    bucket = existing(tx, request)
    if is_at_home(ctx, bucket):
        return bucket
    guard = Guard(tx, ctx, bucket, request)
    began = initiator == account_of(ctx) != NOBODY and ctx.session is None
    for action in actions:
        guard.check(action, cast(str | None, request.get("Key")), exempt=began)
    return bucket


def object_for(tx: Tx, ctx: Context, request: Members, *actions: str) -> tuple[Bucket, Object]:
    """Get a bucket and an object in it with which the caller may do something.

    Raises NoSuchBucket, AccessDenied or, if the caller may know, NoSuchKey.
    """
    bucket, key = existing(tx, request), str(request["Key"])
    found = tx.objects.get(bucket.name, key)
    if is_at_home(ctx, bucket) and (found is None or is_owners(bucket, found)):
        if found is None:
            raise errors.no_such_key(key)
        return bucket, found
    guard = Guard(tx, ctx, bucket, request)
    for action in actions:
        guard.check(action, key, found)
    if found is None:
        if not guard.decide("s3:ListBucket").allowed:
            raise errors.access_denied()
        raise errors.no_such_key(key)
    return bucket, found


def existing(tx: Tx, request: Members) -> Bucket:
    """Get the bucket of a request; NoSuchBucket, and AccessDenied if another owner is expected."""
    name, expected = str(request["Bucket"]), request.get("ExpectedBucketOwner")
    bucket = tx.buckets.get(name) if NAME.fullmatch(name) else None
    if bucket is None:
        raise errors.no_such_bucket(name)
    if expected is not None and expected != bucket.account_id:
        raise errors.access_denied()
    return bucket


def is_at_home(ctx: Context, bucket: Bucket) -> bool:
    """Tell whether the owner of a bucket asks, and no policy could be in the way."""
    return (
        bucket.policy is None
        and bucket.account_id == ctx.account_id
        and ctx.session is None
        and ctx.access_key_id is not None
    )


def is_owners(bucket: Bucket, found: Object) -> bool:
    """Tell whether an object belongs to the owner of its bucket."""
    return found.owner_id is None or object_owner(bucket, found) == bucket.account_id


def account_of(ctx: Context) -> str:
    """Name the account that asks, as an owner of objects; who did not sign has none."""
    return NOBODY if ctx.access_key_id is None else ctx.account_id


def caller_of(tx: Tx, ctx: Context) -> "Caller":
    """Return who asks, and what that one may."""
    from state import callers  # with all of policies, which the owner of a bucket never needs

    if ctx.access_key_id is None:
        return callers.NOBODY
    if ctx.session is not None:
        return callers.of_session(tx, ctx.session)
    return callers.of_account(ctx.account_id, ctx.region)


class Guard:
    """Decides what the caller may do with one bucket."""

    def __init__(self, tx: Tx, ctx: Context, bucket: Bucket, request: Members) -> None:
        self.ctx = ctx
        self.bucket = bucket
        self.caller = caller_of(tx, ctx)
        self.context = context_of(ctx, bucket, request)

    def decide(
        self, action: str, key: str | None = None, found: Object | None = None
    ) -> "Decision":
        """Decide on an action on the bucket, or on a key."""
        from state import bucket_access

        context = self.context
        if found is not None and found.tags:
            known = {f"s3:ExistingObjectTag/{name}": text for name, text in found.tags.items()}
            context = {**context, **known}
        decision = bucket_access.may(self.caller, action, self.bucket, key, found, context)
        log.info("%s on %s: %s", action, bucket_access.arn_of(self.bucket, key), decision.why)
        return decision

    def check(
        self,
        action: str,
        key: str | None = None,
        found: Object | None = None,
        exempt: bool = False,
    ) -> None:
        """Raise AccessDenied if the caller may not; who is exempt may, unless it is denied."""
        decision = self.decide(action, key, found)
        if decision.allowed or (exempt and decision.statement is None):
            return
        if not (action in LAST_RESORT and self.is_owners_root):
            raise self.denied(action, decision.because, key)

    @property
    def is_owners_root(self) -> bool:
        """Whether the root of the bucket's account asks."""
        who = self.caller.principal
        return who.is_root and who.account_id == self.bucket.account_id

    def denied(self, action: str, because: str, key: str | None = None) -> AwsError:
        """Say no: with the reason to those of the same account."""
        from state import bucket_access

        if self.caller.principal.account_id != self.bucket.account_id:
            return errors.access_denied()
        arn = bucket_access.arn_of(self.bucket, key)
        return errors.not_authorized(str(self.caller.principal), action, arn, because)


def check_account(ctx: Context, action: str, arn: str, shown: bool = True) -> None:
    """Refuse what somebody may not do in its own account; nobody has one."""
    if ctx.access_key_id is None:
        raise errors.access_denied()
    if ctx.session is None:
        return
    with ctx.store.read() as tx:
        caller = caller_of(tx, ctx)
    decision = caller.decide(action, arn, owner=ctx.account_id)
    log.info("%s on %s: %s", action, arn, decision.why)
    if not decision.allowed:
        who = str(caller.principal)
        raise errors.not_authorized(who, action, arn if shown else None, decision.because)


def context_of(ctx: Context, bucket: Bucket, request: Members) -> dict[str, str | list[str]]:
    """Return what conditions of a policy may ask about a request.

    Left out: what only stands in the query of a presigned URL, and s3:signatureAge.
    """
    now, headers = ctx.now().astimezone(UTC), ctx.headers
    values: dict[str, str | list[str]] = {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": str(ctx.secure).lower(),
        "aws:RequestedRegion": bucket.region,
        "s3:ResourceAccount": bucket.account_id,
    }
    if ctx.address:
        values["aws:SourceIp"] = ctx.address
    for name, key in (("user-agent", "aws:UserAgent"), ("referer", "aws:Referer")):
        if name in headers:
            values[key] = headers[name]
    if ctx.access_key_id is not None:
        signed = headers.get("authorization")
        values["s3:authType"] = "REST-QUERY-STRING" if signed is None else "REST-HEADER"
        if signed is not None:
            values["s3:signatureversion"] = signed.partition(" ")[0]
    values |= {
        f"s3:{name}": text
        for name, text in headers.items()
        if name.startswith("x-amz-") and name != SECRET
    }
    values |= {key: str(request[name]) for name, key in OF_MEMBERS.items() if name in request}
    if sent := tags.from_header(headers.get("x-amz-tagging")):
        values |= {f"s3:RequestObjectTag/{name}": text for name, text in sent.items()}
        values["s3:RequestObjectTagKeys"] = list(sent)
    return values
