"""What object of ours a URL may mean.

    s3://bucket/key                                  the key as it is written
    https://s3.amazonaws.com/bucket/key              S3's own host names, with or without a Region,
    https://bucket.s3.eu-west-1.amazonaws.com/key    path style and virtual host
    http://any.host:4577/bucket/key?X-Amz-…          this server, by whatever name the client has
    http://bucket.any.host:4577/key                  for it; presigned or plain

This server cannot know all its names, so such a URL is read both ways. The query of a presigned
one is a secret: here it is read only for the time at which the URL expires.
"""

import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

S3_HOST: Final = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:[.-][a-z0-9.-]+?)?\.amazonaws\.com(?:\.cn)?"
)
BUCKET: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")  # the names of old buckets included
LONGEST_KEY: Final = 1024  # bytes


class Unreadable(ValueError):
    """A text that is no URL of an object."""


class Location(NamedTuple):
    """An object in a bucket."""

    bucket: str
    key: str


class ObjectUrl(NamedTuple):
    """What a URL says, as the locations it may mean, the likeliest first."""

    locations: tuple[Location, ...]
    shown: str  # the URL without its query
    host: str | None = None  # of a URL that is neither s3:// nor one of S3's own
    expires_at: datetime | None = None
    presigned: bool = False
    access_key_id: str | None = None  # of whom it says that they have presigned it


def read(url: str) -> ObjectUrl:
    """Return what a URL may name; Unreadable if that can be no object."""
    scheme, _, rest = url.partition("://")
    if scheme.lower() == "s3":
        bucket, _, key = rest.partition("/")
        return ObjectUrl((location(bucket, key),), url)
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise Unreadable from error
    if parts.scheme not in ("http", "https") or not host:
        raise Unreadable
    shown_host = f"[{host}]" if ":" in host else host
    shown = f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}{parts.path}"
    path = unquote(parts.path.removeprefix("/"))
    query = parse_qs(parts.query)
    signed = "X-Amz-Signature" in query or "Signature" in query
    named = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId") or [""]
    more = (expiry(query), signed, named[0].partition("/")[0] or None)
    if s3 := S3_HOST.fullmatch(host):
        bucket, key = (s3["bucket"], path) if s3["bucket"] else split(path)
        return ObjectUrl((location(bucket, key),), shown, None, *more)
    locations = tuple(Location(*each) for each in readings(host, path) if valid(*each))
    if not locations:
        raise Unreadable
    return ObjectUrl(locations, shown, host, *more)


def location(bucket: str, key: str) -> Location:
    """Return a location; Unreadable if there can be no such object."""
    if not valid(bucket, key):
        raise Unreadable
    return Location(bucket, key)


def valid(bucket: str, key: str) -> bool:
    """Tell whether a bucket and a key may have these names."""
    try:
        length = len(key.encode())
    except UnicodeEncodeError:
        return False
    return BUCKET.fullmatch(bucket) is not None and 0 < length <= LONGEST_KEY


def readings(host: str, path: str) -> Iterator[tuple[str, str]]:
    """Yield the buckets and keys that a URL of this server may mean."""
    if not is_address(host):
        labels = host.split(".")
        for length in range(1, len(labels)):  # the names of buckets may have dots
            yield ".".join(labels[:length]), path
    yield split(path)


def split(path: str) -> tuple[str, str]:
    """Return bucket and key of a path-style URL."""
    bucket, _, key = path.partition("/")
    return bucket, key


def is_local(host: str) -> bool:
    """Tell whether a host name always means this machine or one nearby."""
    return is_address(host) or host == "localhost" or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def expiry(query: dict[str, list[str]]) -> datetime | None:
    """Return when a presigned URL expires; Unreadable if it says so wrongly."""
    try:
        if "X-Amz-Expires" in query:
            signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
        if "Expires" in query and "Signature" in query:
            return datetime.fromtimestamp(int(query["Expires"][0]), UTC)
    except (KeyError, ValueError, OverflowError, OSError) as error:
        raise Unreadable from error
    return None
