"""Where a disk image is: the object that a UserBucket or a Url names, and whether it is there.

What a Url may mean is told in `state.urls`. This server cannot know all its names, so a Url is
taken to be ours if one of the buckets exists that it may mean. The query of a presigned Url is a
secret: it is read for the time at which the Url expires, its signature is verified where there are
credentials, and then it is forgotten.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from pydantic import SecretStr

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.ec2 import errors, task_errors
from emulator.shapes.ec2 import ImageDiskContainer, SnapshotDiskContainer, UserBucket
from state import urls
from state.store import Tx
from state.urls import Location

__all__ = ["Location"]


class Source(NamedTuple):
    """What a client said, as the locations it may mean, the likeliest first."""

    locations: tuple[Location, ...]
    url: str | None = None  # without its query
    host: str | None = None  # of a Url that is neither s3:// nor one of S3's own
    expires_at: datetime | None = None
    presigned: SecretStr | None = None  # the whole Url, if someone has signed it


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
        mine = may_read(ctx, tx, source, place, bucket.account_id)
        expired = source.expires_at is not None and source.expires_at <= ctx.now()
        if not mine or expired or tx.objects.get(place.bucket, place.key) is None:
            raise task_errors.no_access_to_object(*place)
        return place
    if source.host is None or urls.is_local(source.host) or is_this_server(ctx, source.host):
        raise task_errors.no_access_to_object(*source.locations[-1])
    raise task_errors.invalid_s3_location()


def may_read(ctx: Context, tx: Tx, source: Source, place: Location, owner_id: str) -> bool:
    """Tell whether a bucket is the caller's, or its owner has presigned the Url.

    Where anyone may call, anyone may have signed.
    """
    if source.presigned is None:
        return owner_id == ctx.account_id
    if ctx.door is None:
        return True
    url = source.presigned.get_secret_value()
    return ctx.door.signer_of(url, place, ctx.now(), tx.sessions.get) == owner_id


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
    return Source(said.locations, said.shown, said.host, said.expires_at, secret)


def location(bucket: str, key: str) -> Location:
    """Return a location; `Invalid S3 source location` if there can be no such object."""
    if not urls.valid(bucket, key):
        raise task_errors.invalid_s3_location()
    return Location(bucket, key)


def is_this_server(ctx: Context, host: str) -> bool:
    """Tell whether a host is the one that the client has just called us by."""
    return ctx.host.rpartition(":")[0].strip("[]").lower() == host or ctx.host.lower() == host
