"""Conditional requests (RFC 9110 §13) and byte ranges (§14), as S3 reads them.

    If-Match holds          If-Unmodified-Since is not looked at
    If-None-Match given     If-Modified-Since is not looked at

S3 knows single ranges only: it ignores several ones, and those it can't read, and answers with the
whole object.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import cast

from emulator.services.s3 import errors
from state.objects import Object

RANGE = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
COPY_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must be true of an object for a request to be carried out."""

    match: str | None = None
    none_match: str | None = None
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None

    @classmethod
    def of(cls, request: Mapping[str, object], prefix: str = "") -> "Conditions":
        """Take the conditions out of a request; a copy's begin with CopySource."""
        return cls(
            cast(str | None, request.get(f"{prefix}IfMatch")),
            cast(str | None, request.get(f"{prefix}IfNoneMatch")),
            cast(datetime | None, request.get(f"{prefix}IfModifiedSince")),
            cast(datetime | None, request.get(f"{prefix}IfUnmodifiedSince")),
        )

    def failed(self, found: Object) -> str | None:
        """Name the first condition that an existing object doesn't meet."""
        if self.match is not None:
            if not matches(self.match, found.etag):
                return "If-Match"
        elif self.unmodified_since is not None and found.modified_at > self.unmodified_since:
            return "If-Unmodified-Since"
        if self.none_match is not None:
            if matches(self.none_match, found.etag):
                return "If-None-Match"
        elif self.modified_since is not None and found.modified_at <= self.modified_since:
            return "If-Modified-Since"
        return None

    def check_read(self, found: Object) -> None:
        """Raise 412 if the object must not be read, 304 if the client has it already."""
        failed = self.failed(found)
        if failed in ("If-None-Match", "If-Modified-Since"):
            raise errors.not_modified(
                {
                    "ETag": quoted(found.etag),
                    "Last-Modified": format_datetime(found.modified_at, usegmt=True),
                }
            )
        if failed:
            raise errors.precondition_failed(failed)

    def check_copy(self, source: Object) -> None:
        """Raise 412 if the object must not be copied."""
        if failed := self.failed(source):
            raise errors.precondition_failed(f"x-amz-copy-source-{failed}")

    def check_write(self, found: Object | None, key: str) -> None:
        """Raise 412 if a key must not be written, NoSuchKey if it should have been there."""
        if self.match is not None:
            if found is None:
                raise errors.no_such_key(key)
            if not matches(self.match, found.etag):
                raise errors.precondition_failed("If-Match")
        if (
            self.none_match is not None
            and found is not None
            and matches(self.none_match, found.etag)
        ):
            raise errors.precondition_failed("If-None-Match")


def matches(tags: str, etag: str) -> bool:
    """Tell whether an entity tag is in a list of them; `*` stands for any."""
    return any(
        tag == "*" or tag.removeprefix("W/").strip('"') == etag
        for tag in (part.strip() for part in tags.split(","))
    )


def quoted(etag: str) -> str:
    """Write an entity tag with the quotes it has on the wire."""
    return f'"{etag}"'


def byte_range(text: str, size: int) -> tuple[int, int] | None:
    """Read a Range header: first byte and length, None for the whole. Raises InvalidRange."""
    found = RANGE.fullmatch(text)
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        length = min(int(last), size)
        if length == 0:
            raise errors.invalid_range(text, size)
        return size - length, length
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return None
    if start >= size:
        raise errors.invalid_range(text, size)
    return start, end - start + 1


def copy_range(text: str, size: int) -> tuple[int, int]:
    """Read x-amz-copy-source-range, which must lie inside the source: first byte and length."""
    found = COPY_RANGE.fullmatch(text)
    if found is None or int(found[1]) > int(found[2]):
        raise errors.copy_range_malformed(text)
    first, last = int(found[1]), int(found[2])
    if last >= size:
        raise errors.copy_range_invalid(text, size)
    return first, last - first + 1


def content_range(start: int, length: int, size: int) -> str:
    """Write a Content-Range header."""
    return f"bytes {start}-{start + length - 1}/{size}"
