"""As much of HTTP as a metadata service needs: a request a connection, and an answer. RFC 9112."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Final
from urllib.parse import unquote

END: Final = b"\r\n\r\n"
LONGEST: Final = 16_384  # bytes of a head
LINE: Final = re.compile(rb"([A-Z]{1,16}) (\S+) (HTTP/1\.[01])")
PLAIN, BYTES, PAGE = "text/plain", "application/octet-stream", "text/html"
PHRASES: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Not Allowed",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A request; the names of its headers are in small letters."""

    method: str
    path: str
    version: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer."""

    status: int
    content: bytes = b""
    kind: str = PLAIN
    headers: Mapping[str, str] = field(default_factory=dict)


def request(head: bytes) -> Request | None:
    """Read the head of a request, without the empty line; None to what is none."""
    first, *lines = head.split(b"\r\n")
    if (found := LINE.fullmatch(first)) is None:
        return None
    method, target, version = (part.decode("latin-1") for part in found.groups())
    path = re.sub("^http://[^/]*", "", target, flags=re.IGNORECASE).partition("?")[0]
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon or not name or name != name.strip():
            return None
        headers[name.lower()] = value.strip()
    return Request(method, unquote(path), version, headers)


def written(
    response: Response, now: datetime, version: str = "HTTP/1.1", body: bool = True
) -> bytes:
    """Return the bytes of an answer, as the service writes it."""
    headers = {
        "Content-Type": response.kind,
        "Accept-Ranges": "none",
        **response.headers,
        "Content-Length": str(len(response.content)),
        "Date": date(now),
        "Server": "EC2ws",
        "Connection": "close",
    }
    lines = [f"{version} {response.status} {PHRASES[response.status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines).encode("latin-1") + END
    return head + response.content if body else head


def date(moment: datetime) -> str:
    """Return a moment of UTC as headers have it."""
    return format_datetime(moment, usegmt=True)
