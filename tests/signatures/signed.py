"""Requests that botocore has signed, as they would arrive."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore import auth, compat
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from emulator import forms
from emulator.credentials import Caller, caller_of
from emulator.incoming import Incoming, Message
from emulator.signatures.door import Door
from emulator.signatures.keys import Key

HOST = "127.0.0.1:4577"
ALICE = Key("AKIAALICE00000000000", "111111111111", "alice's secret/+=")
BOB = Key("AKIABOB0000000000000", "222222222222", "bob's secret")
GUEST = Key("ASIAGUEST00000000000", "333333333333", "guest's secret", "a token/+==")
KEYS = {each.id: each for each in (ALICE, BOB, GUEST)}
LIMIT = 1 << 20


@dataclass(frozen=True)
class Request:
    """A request, in pieces that can be changed."""

    method: str
    path: bytes
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    service: str = "s3"
    protocol: str = "rest-xml"

    def changed(self, **parts: Any) -> "Request":
        """Return another request that differs in some parts."""
        return replace(self, **parts)

    def header(self, name: str) -> str:
        """Return the value of a header."""
        return dict(self.headers)[name.lower().encode()].decode()

    def with_header(self, name: str, value: str) -> "Request":
        """Return a request with another value of a header, or with one header more."""
        pair = (name.lower().encode(), value.encode())
        return self.changed(headers=(*(each for each in self.headers if each[0] != pair[0]), pair))

    def incoming(self, piece: int = 1 << 16) -> Incoming:
        """Return what ASGI would make of it."""
        pieces = [self.body[at : at + piece] for at in range(0, len(self.body), piece)] or [b""]

        async def receive() -> Message:
            part = pieces.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(pieces)}

        scope = {
            "method": self.method, "raw_path": self.path, "query_string": self.query,
            "scheme": "http", "headers": list(self.headers),
        }  # fmt: skip
        return Incoming(scope, receive)


def signed(
    service: str = "s3",
    method: str = "GET",
    path: str = "/",
    query: str = "",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    key: Key = ALICE,
    signer: Any = None,
    **options: Any,
) -> Request:
    """Have botocore sign a request; path and query are as they go over the wire."""
    url = f"http://{HOST}{path}{'?' if query else ''}{query}"
    request = AWSRequest(method=method, url=url, data=body, headers=dict(headers or {}))
    if service == "s3":
        request.context["payload_signing_enabled"] = True
    signer = signer or (auth.S3SigV4Auth if service == "s3" else auth.SigV4Auth)
    credentials = Credentials(key.id, key.secret, key.token)
    signer(credentials, service, "eu-west-1", **options).add_auth(request)
    split = compat.urlsplit(request.url)
    sent = {"Host": HOST, **dict(request.headers.items())}
    protocol = {"s3": "rest-xml", "ec2": "ec2", "sts": "query", "iam": "query"}.get(service, "json")
    return Request(
        method,
        str(split.path).encode(),
        str(split.query).encode(),
        tuple((name.lower().encode(), value.encode()) for name, value in sent.items()),
        body,
        service,
        protocol,
    )


def admitted(request: Request, now: datetime | None = None, piece: int = 1 << 16) -> Caller:
    """Let a request come to the door and send its body; AwsError if it is refused."""
    return asyncio.run(come(request, now or datetime.now(UTC), piece))[0]


async def come(request: Request, now: datetime, piece: int) -> tuple[Caller, bytes]:
    """Do what the gateway does with a request; give the caller and the body that came through."""
    incoming = request.incoming(piece)
    parameters = forms.pairs(request.query)
    read = caller_of(incoming.headers.get("authorization"), parameters)
    service = read.service or request.service
    if request.protocol == "ec2":
        parameters += forms.pairs(request.body)

    async def resource() -> str:
        return request.path.decode()

    caller = await Door(KEYS).admit(
        incoming, service, request.protocol, parameters, now, LIMIT, resource
    )
    return caller, b"".join([each async for each in incoming.pieces()])
