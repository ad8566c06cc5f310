"""Where a disk image is: the object that a UserBucket or a Url names, and whether it is there.

    s3://bucket/key                                  the key as it is written
    https://s3.amazonaws.com/bucket/key              S3's own host names, with or without a Region,
    https://bucket.s3.eu-west-1.amazonaws.com/key    path style and virtual host
    http://any.host:4577/bucket/key?X-Amz-…          this server, by whatever name the client has
    http://bucket.any.host:4577/key                  for it; presigned or plain

This server cannot know all its names, so such a Url is read both ways and taken to be ours if
one of the buckets exists. The query of a presigned Url is a secret: it is read for the time
at which the Url expires, its signature is verified where there are credentials, and then it is
forgotten.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import SecretStr

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.ec2 import errors, task_errors
from emulator.shapes.ec2 import ImageDiskContainer, SnapshotDiskContainer, UserBucket
from state.store import Tx

S3_HOST = re.compile(r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9.-]+?)?\.amazonaws\.com(?:\.cn)?")
BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")  # the names of old buckets included
LONGEST_KEY = 1024  # bytes


class Location(NamedTuple):
    """An object in a bucket."""

    bucket: str
    key: str


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
    if source.host is None or is_local(source.host) or is_this_server(ctx, source.host):
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
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "s3":
        bucket, _, key = rest.partition("/")
        return Source((location(bucket, key),), url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise task_errors.invalid_s3_location() from error
    if parts.scheme not in ("http", "https") or not host:
        raise task_errors.invalid_s3_location()
    shown_host = f"[{host}]" if ":" in host else host
    shown = f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path}"
    path = unquote(parts.path.removeprefix("/"))
    query = parse_qs(parts.query)
    presigned = "X-Amz-Signature" in query or "Signature" in query
    more = (expiry(query), SecretStr(url) if presigned else None)
    if s3 := S3_HOST.fullmatch(host):
        bucket, key = (s3["bucket"], path) if s3["bucket"] else split(path)
        return Source((location(bucket, key),), shown, None, *more)
    named = tuple(Location(*each) for each in readings(host, path) if valid(*each))
    if not named:
        raise task_errors.invalid_s3_location()
    return Source(named, shown, host, *more)


def location(bucket: str, key: str) -> Location:
    """Return a location; `Invalid S3 source location` if there can be no such object."""
    if not valid(bucket, key):
        raise task_errors.invalid_s3_location()
    return Location(bucket, key)


def valid(bucket: str, key: str) -> bool:
    """Tell whether a bucket and a key may have these names."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return False
    return BUCKET.fullmatch(bucket) is not None and 0 < length <= LONGEST_KEY


def readings(host: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the buckets and keys that a Url of this server may mean."""
    if not is_address(host):
        labels = host.split(".")
        for length in range(1, len(labels)):  # the names of buckets may have dots
            yield ".".join(labels[:length]), path
    yield split(path)


def split(path: str) -> tuple[str, str]:
    """Return bucket and key of a path-style Url."""
    bucket, _, key = path.partition("/")
    return bucket, key


def is_local(host: str) -> bool:
    """Tell whether a host name always means this machine or one nearby."""
    return is_address(host) or host == "localhost" or host.endswith(".localhost")


def is_this_server(ctx: Context, host: str) -> bool:
    """Tell whether a host is the one that the client has just called us by."""
    return ctx.host.rpartition(":")[0].strip("[]").lower() == host or ctx.host.lower() == host


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def expiry(query: dict[str, list[str]]) -> datetime | None:
    """Return when a presigned Url expires; `Invalid S3 source location` if it says so wrongly."""
    try:
        if "X-Amz-Expires" in query:
            signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
        if "Expires" in query and "Signature" in query:
            return datetime.fromtimestamp(int(query["Expires"][0]), UTC)
    except (KeyError, ValueError, OverflowError, OSError) as error:
        raise task_errors.invalid_s3_location() from error
    return None
