"""What travels with an object's bytes: Content-Type and its kin, x-amz-meta-*, tags, storage class.

Names in user metadata are lower case. Values may be any Unicode, in UTF-8 or as RFC 2047 has it; on
the way out what is not plain ASCII is written as RFC 2047 has it. Object lock and website redirects
are taken and forgotten; every storage class is as near as STANDARD.
"""

import base64
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.utils import format_datetime, parsedate_to_datetime
from typing import cast

from emulator.services.s3 import errors, tags

DEFAULT_TYPE = "binary/octet-stream"
STANDARD = "STANDARD"
STORAGE_CLASSES = frozenset(
    {
        STANDARD,
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "OUTPOSTS",
        "GLACIER_IR",
        "SNOW",
        "EXPRESS_ONEZONE",
        "FSX_OPENZFS",
        "FSX_ONTAP",
    }
)
MAX_METADATA = 2048  # bytes of all names and values
HEADERS = {
    "CacheControl": "Cache-Control",
    "ContentDisposition": "Content-Disposition",
    "ContentEncoding": "Content-Encoding",
    "ContentLanguage": "Content-Language",
}
EXPIRES = "Expires"
PLAIN = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a client sent along."""

    content_type: str
    headers: dict[str, str]
    metadata: dict[str, str]
    tags: dict[str, str]
    storage_class: str


def sent(request: Mapping[str, object]) -> Sent:
    """Take what was sent along out of a request; raises what is wrong with it."""
    return Sent(
        content_type=str(request.get("ContentType") or DEFAULT_TYPE),
        headers=sent_headers(request),
        metadata=sent_metadata(cast(Mapping[str, str], request.get("Metadata") or {})),
        tags=tags.from_header(cast(str | None, request.get("Tagging"))),
        storage_class=storage_class(cast(str | None, request.get("StorageClass"))),
    )


def storage_class(name: str | None) -> str:
    """Check the name of a storage class; raises InvalidStorageClass."""
    if name and name not in STORAGE_CLASSES:
        raise errors.invalid_storage_class(name)
    return name or STANDARD


def sent_headers(request: Mapping[str, object]) -> dict[str, str]:
    """Give the headers to be kept; aws-chunked was about the journey, not about the bytes."""
    headers = {
        name: str(request[member]) for member, name in HEADERS.items() if request.get(member)
    }
    if encodings := headers.pop("Content-Encoding", None):
        parts = [part.strip() for part in encodings.split(",")]
        if kept := ",".join(part for part in parts if part and part != "aws-chunked"):
            headers["Content-Encoding"] = kept
    expires = request.get(EXPIRES)
    if isinstance(expires, datetime):
        headers[EXPIRES] = format_datetime(expires.astimezone(UTC), usegmt=True)
    return headers


def sent_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Give the user metadata to be kept; raises MetadataTooLarge."""
    kept = {name.lower(): decoded(text) for name, text in metadata.items()}
    size = sum(len(name.encode()) + len(text.encode()) for name, text in kept.items())
    if size > MAX_METADATA:
        raise errors.metadata_too_large(size, MAX_METADATA)
    return kept


def shown(
    content_type: str, headers: Mapping[str, str], metadata: Mapping[str, str]
) -> dict[str, object]:
    """Give what was kept as the members of an answer."""
    members: dict[str, object] = {"ContentType": content_type}
    members |= {member: headers[name] for member, name in HEADERS.items() if name in headers}
    if EXPIRES in headers:
        members[EXPIRES] = parsedate_to_datetime(headers[EXPIRES])
    members["Metadata"] = {name: encoded(text) for name, text in metadata.items()}
    return members


def decoded(text: str) -> str:
    """Read a header's text: bytes beyond ASCII are UTF-8, encoded words are RFC 2047."""
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode()  # HTTP libraries hand on bytes as Latin-1
    if "=?" not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        return text


def encoded(text: str) -> str:
    """Write a header's text: as it is, or as an encoded word."""
    if PLAIN.fullmatch(text):
        return text
    return f"=?UTF-8?B?{base64.b64encode(text.encode()).decode()}?="
