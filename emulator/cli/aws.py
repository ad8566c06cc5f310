"""A small client of EC2 and S3, of AWS or of any endpoint, for the commands that import disks.

It is told where to go and who asks by the variables that every AWS client reads: AWS_ENDPOINT_URL
(_EC2, _S3), AWS_REGION or AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
AWS_SESSION_TOKEN, AWS_CA_BUNDLE; and by the profile that AWS_PROFILE names.
"""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote, urlencode
from xml.parsers.expat import ExpatError

import httpx
import xmltodict

from emulator.cli import profiles
from emulator.parts import StartError
from emulator.signatures import signing
from emulator.signatures.keys import Key

VERSION = "2016-11-15"
WEEK = 7 * 24 * 60 * 60  # seconds; a presigned URL is good for no longer
SOON = 3600
TIMEOUT = httpx.Timeout(60.0, connect=20.0)
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds, before a request comes again


class AwsRefusal(Exception):
    """A service has answered with an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go and who asks."""

    region: str
    ec2: str  # endpoints
    s3: str
    key: Key
    trusted: str | None = None  # a file of certificates

    @classmethod
    def of(cls, environ: Mapping[str, str], endpoint: str | None, region: str | None) -> Self:
        """Read the variables, and the profile; StartError if something is missing."""
        environ = profiles.completed(environ)
        region = region or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
        if not region:
            raise StartError("no Region is named: give --region, or set AWS_REGION")
        key_id, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if not key_id or not secret:
            raise StartError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set")
        suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"

        def at(service: str) -> str:
            named = endpoint or environ.get(f"AWS_ENDPOINT_URL_{service.upper()}")
            named = named or environ.get("AWS_ENDPOINT_URL")
            return (named or f"https://{service}.{region}.{suffix}").rstrip("/")

        token = environ.get("AWS_SESSION_TOKEN") or None
        bundle = environ.get("AWS_CA_BUNDLE") or None
        return cls(region, at("ec2"), at("s3"), Key(key_id, "", secret, token), bundle)

    def object_url(self, bucket: str, key: str) -> str:
        """Return the URL of an object, path style."""
        return f"{self.s3}/{quote(bucket)}/{quote(key, safe='/~')}"

    def presigned(
        self, method: str, bucket: str, key: str, seconds: int = SOON, query: str = ""
    ) -> str:
        """Return a presigned URL of an object."""
        url = self.object_url(bucket, key) + (f"?{query}" if query else "")
        return signing.presigned(self.key, method, url, self.region, datetime.now(UTC), seconds)


class Aws:
    """The client."""

    def __init__(self, place: Place) -> None:
        self.place = place
        verify = ssl.create_default_context(cafile=place.trusted) if place.trusted else True
        self.http = httpx.AsyncClient(timeout=TIMEOUT, verify=verify, follow_redirects=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.http.aclose()

    async def ec2(self, action: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Call an action of EC2; return what stands in the answer. AwsRefusal."""
        body = urlencode({"Action": action, "Version": VERSION, **form}).encode()
        url = f"{self.place.ec2}/"
        now = datetime.now(UTC)
        signed = signing.headers(self.place.key, url, body, self.place.region, "ec2", now)
        kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        response = await self.http.post(url, content=body, headers={**signed, **kind})
        check(response)
        (answer,) = parsed(response).values()
        return dict(answer)

    async def s3(
        self, method: str, bucket: str, key: str = "", body: bytes | None = None
    ) -> httpx.Response:
        """Ask S3 for something, whatever the answer."""
        url = self.place.presigned(method, bucket, key)
        return await self.http.request(method, url, content=body)

    async def s3_patiently(
        self, method: str, bucket: str, key: str, body: bytes | None = None
    ) -> httpx.Response:
        """Ask S3 for what may be asked for twice, and again if the network or S3 fails."""
        for pause in PAUSES:
            with suppress(httpx.TransportError):
                response = await self.s3(method, bucket, key, body)
                if not response.is_server_error:
                    return response
            await asyncio.sleep(pause)
        return await self.s3(method, bucket, key, body)

    async def head(self, bucket: str, key: str) -> httpx.Response:
        """Ask for an object, whatever the answer."""
        return await self.s3_patiently("HEAD", bucket, key)

    async def put(self, bucket: str, key: str, body: bytes) -> None:
        """Put a small object."""
        check(await self.s3_patiently("PUT", bucket, key, body))

    async def get(self, bucket: str, key: str) -> bytes | None:
        """Get a small object; None if there is none."""
        response = await self.s3_patiently("GET", bucket, key)
        if response.status_code == 404:
            return None
        check(response)
        return response.content

    async def delete(self, bucket: str, key: str) -> None:
        """Delete an object."""
        check(await self.s3_patiently("DELETE", bucket, key))


def check(response: httpx.Response) -> None:
    """Raise AwsRefusal unless a request was granted."""
    if response.is_success:
        return
    code, message = str(response.status_code), response.reason_phrase
    try:
        error = parsed(response)
        inner = error.get("Error") or error["Response"]["Errors"]["Error"]
        code, message = inner["Code"], inner.get("Message") or ""
    except (KeyError, TypeError, ExpatError, ValueError):
        pass
    raise AwsRefusal(response.status_code, code, message)


def parsed(response: httpx.Response) -> dict[str, Any]:
    """Return an answer's XML as dictionaries."""
    found: dict[str, Any] = xmltodict.parse(response.content, disable_entities=True)
    return found


def listed(value: Any) -> list[Any]:
    """Return the items of a list, which xmltodict leaves out if there is one, or none."""
    items = (value or {}).get("item", [])
    return items if isinstance(items, list) else [items]
