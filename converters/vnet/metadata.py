"""The metadata service: what a request gets.

    PUT /latest/api/token     a token, for so many seconds         "version 2"
    GET /VERSION/…            with a token; or without, where none is required
        401 by a token that is wrong or over    404 where there is nothing
        400 for so many seconds as there may not be
        403 where the service is off, and to a token that a proxy asks for

A token tells itself until when it holds, and is sealed: nothing is kept of it. All versions show
the same. What the real service says in its headers was recorded by others, in 2020 and 2022.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from converters.vnet import http, tree
from converters.vnet.guest import Guest
from converters.vnet.http import Request, Response

TOKEN_PATH: Final = "/latest/api/token"
TOKEN: Final = "x-aws-ec2-metadata-token"
SECONDS: Final = "x-aws-ec2-metadata-token-ttl-seconds"
SECONDS_SHOWN: Final = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
LONGEST: Final = 21_600  # seconds: six hours
TOKEN_HEAD: Final = b"\1\0\0\0"
TOKEN_LENGTH, SEAL = 40, 20  # bytes of it, and of its seal
PAGE: Final = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN"
         "http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">
<html xmlns="http://www.w3.org/1999/xhtml" xml:lang="en" lang="en">
 <head>
  <title>{0} - {1}</title>
 </head>
 <body>
  <h1>{0} - {1}</h1>
 </body>
</html>
"""


class Metadata:
    """The service of one guest."""

    def __init__(
        self,
        guest: Callable[[], Guest],
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        secret: bytes | None = None,
    ) -> None:
        self.today = today
        self._guest = guest
        self._secret = secret or secrets.token_bytes(32)

    def answer(self, request: Request, now: float) -> Response:
        """Return what a request gets; now is in seconds, since whenever."""
        guest = self._guest()
        if not guest.options.enabled:
            return refused(403)
        if request.path.rstrip("/") == TOKEN_PATH:
            return self._token(request, now)
        if request.method not in ("GET", "HEAD"):
            return Response(405, headers={"Allow": "OPTIONS, HEAD, GET"})
        left = None
        if (token := request.headers.get(TOKEN)) is not None:
            if (left := self._left(token, now)) is None:
                return refused(401)
        elif guest.options.token_required:
            return refused(401)
        return _shown(guest, request.path, left)

    def hops(self, request: Request) -> int | None:
        """Return how many hops the answer may take, where that is limited."""
        return self._guest().options.hops if request.method == "PUT" else None

    def _token(self, request: Request, now: float) -> Response:
        if request.method != "PUT":
            return Response(405, headers={"Allow": "OPTIONS, PUT"})
        if "x-forwarded-for" in request.headers:
            return refused(403)
        seconds = request.headers.get(SECONDS, "")
        if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 9):
            return refused(400)
        if not 1 <= int(seconds) <= LONGEST:
            return refused(400)
        until = int((now + int(seconds)) * 1_000_000).to_bytes(8)
        told = TOKEN_HEAD + until + secrets.token_bytes(TOKEN_LENGTH - SEAL - 12)
        token = base64.urlsafe_b64encode(told + self._seal(told))
        return Response(200, token, headers={SECONDS_SHOWN: str(int(seconds))})

    def _left(self, token: str, now: float) -> int | None:
        """Return for how many seconds a token still holds."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("latin-1"))
        except (binascii.Error, ValueError):
            return None
        told, seal = raw[:-SEAL], raw[-SEAL:]
        if len(raw) != TOKEN_LENGTH or not hmac.compare_digest(seal, self._seal(told)):
            return None
        left = int.from_bytes(told[4:12]) / 1_000_000 - now
        return int(left) if left > 0 else None

    def _seal(self, told: bytes) -> bytes:
        return hmac.digest(self._secret, told, hashlib.sha256)[:SEAL]


def _shown(guest: Guest, path: str, left: int | None) -> Response:
    headers = {"Last-Modified": http.date(guest.launched_at.astimezone(UTC))}
    if left is not None:
        headers[SECONDS_SHOWN] = str(left)
    version, *parts = [part for part in path.split("/") if part] or [""]
    if not version:
        return Response(200, "\n".join(tree.VERSIONS).encode(), headers=headers)
    if version not in tree.VERSIONS:
        return refused(404)
    found = tree.find(tree.of(guest), parts)
    if found is None:
        return refused(404)
    if isinstance(found, bytes):
        return Response(200, found, http.BYTES, headers)
    text = tree.listing(guest, parts, found) if isinstance(found, dict) else found
    return Response(200, text.encode(), headers=headers)


def refused(status: int) -> Response:
    """Return the page that says no."""
    return Response(status, PAGE.format(status, http.PHRASES[status]).encode(), http.PAGE)
