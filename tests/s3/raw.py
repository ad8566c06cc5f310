"""Requests to S3 that no SDK would send: bytes on a socket."""

import http.client
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

from tests.house import House


@dataclass(frozen=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def error(self) -> dict[str, str]:
        """The members of an error document."""
        return {child.tag: child.text or "" for child in ElementTree.fromstring(self.body)}

    @property
    def code(self) -> str:
        """The error's code."""
        return self.error["Code"]


def ask(
    house: House,
    method: str,
    path: str,
    headers: Mapping[str, str] | None = None,
    body: bytes | Iterable[bytes] | None = None,
    signed: bool = True,
) -> Reply:
    """Send one request, signed by the house's account (with SigV2, which is short) or by nobody."""
    signature = {"Authorization": f"AWS {house.account_id}:x"} if signed else {}
    connection = http.client.HTTPConnection(urlsplit(house.endpoint).netloc, timeout=60)
    try:
        connection.request(method, path, body, {**signature, **(headers or {})})
        reply = connection.getresponse()
        names = {name.lower(): text for name, text in reply.getheaders()}
        return Reply(reply.status, names, reply.read())
    finally:
        connection.close()


def connect(house: House) -> socket.socket:
    """Open a bare connection."""
    place = urlsplit(house.endpoint)
    return socket.create_connection((place.hostname, place.port), timeout=60)


def aws_chunked(
    body: bytes, size: int, trailers: Mapping[str, str] | None = None, signed: bool = False
) -> bytes:
    """Frame a body in chunks of a size."""
    signature = ";chunk-signature=" + "0" * 64 if signed else ""
    framed = bytearray()
    for start in range(0, len(body), size):
        chunk = body[start : start + size]
        framed += f"{len(chunk):x}{signature}\r\n".encode() + chunk + b"\r\n"
    framed += f"0{signature}\r\n".encode()
    for name, text in (trailers or {}).items():
        framed += f"{name}:{text}\r\n".encode()
    if signed and trailers:
        framed += b"x-amz-trailer-signature:" + b"0" * 64 + b"\r\n"
    return bytes(framed + b"\r\n")
