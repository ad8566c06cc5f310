"""Where a disk image is: the object that a UserBucket or a Url names, and whether it is there.

What a Url may mean is told in `state.urls`. This server cannot know all its names, so a Url is
taken to be ours if one of the buckets exists that it may mean. The query of a presigned Url is a
secret: it is read for the time at which the Url expires, its signature is verified where there are
credentials, and then it is forgotten.

Who asks must be allowed to read the object, whatever the service role may: by the bucket's policy
and lists, from another account too, as the session of a role by the role's policies, and by the
object's key, if it has one. And who exports must be allowed to write one.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from pydantic import SecretStr

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.rights.asking import caller_of, surroundings
from emulator.services.ec2 import errors, task_errors
from emulator.shapes.ec2 import ImageDiskContainer, SnapshotDiskContainer, UserBucket
from state import urls
from state.acls import object_owner
from state.objects import Bucket, Object
from state.store import Tx
from state.urls import Location

if TYPE_CHECKING:
    from state.callers import Caller

__all__ = ["Location"]

log = logging.getLogger(__name__)


class Source(NamedTuple):
    """What a client said, as the locations it may mean, the likeliest first."""

    locations: tuple[Location, ...]
    url: str | None = None  # without its query
    host: str | None = None  # of a Url that is neither s3:// nor one of S3's own
    expires_at: datetime | None = None
    presigned: SecretStr | None = None  # the whole Url, if someone has signed it
    signer: str | None = None  # the access key that it names


def source_of(container: SnapshotDiskContainer | ImageDiskContainer, name: str) -> Source:
    """Return where a disk image is said to be; there must be one such place."""
    bucket, url = container.get("UserBucket"), container.get("Url")
    if bucket is not None and url is not None:
        raise errors.not_together("Url", "UserBucket")
    if url is not None:
        return url_source(url)
    if bucket is None:
        raise missing_parameter(f"{name}.UserBucket")
    return bucket_source(bucket)


def lasting_part(
    container: SnapshotDiskContainer | ImageDiskContainer, source: Source | None
) -> Mapping[str, object]:
    """Return a container without what a Url is signed with, which changes from call to call."""
    return {**container, "Url": source.url} if source and source.url else {**container}


def find_object(ctx: Context, tx: Tx, source: Source) -> Location:
    """Return which of a source's locations is an object that the task can read."""
    for place in source.locations:
        bucket = tx.buckets.get(place.bucket)
        if bucket is None:
            continue
        if bucket.region != ctx.region:
            raise task_errors.object_elsewhere(ctx.region)
        expired = source.expires_at is not None and source.expires_at <= ctx.now()
        found = tx.objects.get(place.bucket, place.key)
        if found is None or expired or not may_read(ctx, tx, source, bucket, found):
            raise task_errors.no_access_to_object(*place)
        return place
    if source.host is None or urls.is_local(source.host) or is_this_server(ctx, source.host):
        raise task_errors.no_access_to_object(*source.locations[-1])
    raise task_errors.invalid_s3_location()


def may_read(ctx: Context, tx: Tx, source: Source, bucket: Bucket, found: Object) -> bool:
    """Tell whether who asks, or who has presigned the Url, may read an object."""
    owner_id = bucket.account_id
    if source.presigned is None:
        at_home = bucket.policy is None and ctx.session is None and ctx.account_id == owner_id
        if at_home and found.kms_key_id is None:
            return object_owner(bucket, found) == owner_id  # the usual case needs no policies
        caller: Caller | None = caller_of(tx, ctx)
    else:
        caller = signer_of(ctx, tx, source, Location(bucket.name, found.key), owner_id)
    if caller is None:
        return False
    from state import bucket_access, key_access  # with all of policies

    known = surroundings(ctx)
    decision = bucket_access.may(caller, "s3:GetObject", bucket, found.key, found, known)
    log.info("s3:GetObject on %s/%s: %s", bucket.name, found.key, decision.why)
    if not decision.allowed or found.kms_key_id is None:
        return decision.allowed
    decision = key_access.opens(tx, caller, bucket, found, ctx.now(), known)
    log.info("kms:Decrypt on %s: %s", found.kms_key_id, decision.why)
    return decision.allowed


def may_write(ctx: Context, tx: Tx, bucket: Bucket, key: str) -> bool:
    """Tell whether who asks may write an object into a bucket of its account."""
    if bucket.policy is None and ctx.session is None:
        return True  # the usual case needs no policies
    from state import bucket_access  # with all of policies

    known = surroundings(ctx)
    decision = bucket_access.may(caller_of(tx, ctx), "s3:PutObject", bucket, key, context=known)
    log.info("s3:PutObject on %s/%s: %s", bucket.name, key, decision.why)
    return decision.allowed


def signer_of(
    ctx: Context, tx: Tx, source: Source, place: Location, owner_id: str
) -> "Caller | None":
    """Return who has presigned a Url, None if nobody we know; where anyone may call, the owner."""
    from state import callers

    assert source.presigned is not None
    account_id: str | None = owner_id
    if ctx.door is not None:
        url = source.presigned.get_secret_value()
        account_id = ctx.door.signer_of(url, place, ctx.now(), tx.sessions.get)
    session = tx.sessions.get(source.signer) if source.signer else None
    if account_id is not None and session is not None:
        return callers.of_session(tx, session)
    return callers.of_account(account_id, ctx.region) if account_id is not None else None


# what is written ---------------------------------------------------------------------------------


def bucket_source(bucket: UserBucket) -> Source:
    """Return what a UserBucket names; `Invalid S3 source location` if that can be no object."""
    return Source((location(bucket.get("S3Bucket") or "", bucket.get("S3Key") or ""),))


def url_source(url: str) -> Source:
    """Return what a Url names; `Invalid S3 source location` if that can be no object."""
    try:
        said = urls.read(url)
    except urls.Unreadable as error:
        raise task_errors.invalid_s3_location() from error
    secret = SecretStr(url) if said.presigned else None
    return Source(
        said.locations, said.shown, said.host, said.expires_at, secret, said.access_key_id
    )


def location(bucket: str, key: str) -> Location:
    """Return a location; `Invalid S3 source location` if there can be no such object."""
    if not urls.valid(bucket, key):
        raise task_errors.invalid_s3_location()
    return Location(bucket, key)


def is_this_server(ctx: Context, host: str) -> bool:
    """Tell whether a host is the one that the client has just called us by."""
    return ctx.host.rpartition(":")[0].strip("[]").lower() == host or ctx.host.lower() == host
