"""Who may come in: the account whose key has signed a request, or a refusal in its service's words.

The signature is verified before anything else is done with a request. The body of a form is
here by then; that of S3 is verified while it streams.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from emulator import forms
from emulator.credentials import REGION, Caller
from emulator.errors import AwsError, body_too_large
from emulator.incoming import Incoming, escaped, nothing
from emulator.signatures import bodies, sigv2, sigv4, words
from emulator.signatures.keys import Key
from emulator.signatures.sigv4 import Claim, same
from emulator.signatures.words import S3, Json

if TYPE_CHECKING:
    from state.iam import Session

UNSIGNED = "UNSIGNED-PAYLOAD"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
CHUNKS_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)

Find = Callable[[str], "Session | None"]


class Door:
    """Knows the access keys of the file; those of sessions come with a request."""

    def __init__(self, keys: Mapping[str, Key]) -> None:
        self.keys = keys

    async def admit(
        self,
        incoming: Incoming,
        service: str,
        protocol: str,
        parameters: Sequence[tuple[str, str]],
        now: datetime,
        limit: int,
        resource: Callable[[], Awaitable[str]],
        session: "Session | None" = None,
    ) -> Caller:
        """Tell who has signed a request; AwsError if nobody we know has signed exactly this one.

        The body of another service than S3 is read, up to a limit; resource gives the path of S3
        with its bucket in front. The session is that of the access key, if it is temporary.
        """
        said = words.of(service, protocol)
        named = dict(parameters)
        authorization = incoming.headers.get("authorization")
        in_query = "X-Amz-Algorithm" in named or "X-Amz-Signature" in named
        old = "AWSAccessKeyId" in named or "Signature" in named
        if authorization is not None and (in_query or old) and isinstance(said, S3):
            raise said.two_mechanisms()
        if isinstance(said, S3) and (authorization or "").startswith("AWS "):
            found = sigv2.in_header(incoming, said)
            return await self.admit_old(found, incoming, named, resource, now, said, session)
        if authorization is not None:
            claim = sigv4.in_header(incoming, said)
        elif in_query:
            claim = sigv4.in_query(incoming, said)
        elif old and isinstance(said, S3):
            found = sigv2.in_query(incoming, named, said)
            return await self.admit_old(found, incoming, named, resource, now, said, session)
        elif old:
            found = sigv2.of_form(parameters, said)
            sigv4.check_time(found, now, said)
            key = self.key(found.key_id, found.token, said, session)
            sigv2.check_form(found, key, incoming, parameters, said)
            return Caller(found.key_id, None, service, key.account_id)
        else:
            raise said.missing()
        if claim.service.lower() != service:  # it was read otherwise when the request was routed
            raise said.incomplete("the credential scope is ambiguous.")
        sigv4.check_time(claim, now, said)
        key = self.key(claim.key_id, claim.token, said, session)
        if isinstance(said, S3):
            payload = payload_hash(incoming, named, claim, said)
            sigv4.check(claim, key, incoming, payload, said)
            watch(incoming, payload, claim, key, said)
        elif leaves_body_unsigned(incoming, service):
            sigv4.check_checksum(incoming, claim, said)
            sigv4.check(claim, key, incoming, UNSIGNED, said)
        else:
            body = await incoming.read(limit, body_too_large)
            sigv4.check(claim, key, incoming, sha256(body).hexdigest(), said)
        region = claim.region if REGION.fullmatch(claim.region) else None
        return Caller(claim.key_id, region, service, key.account_id)

    async def admit_old(
        self,
        claim: Claim,
        incoming: Incoming,
        named: Mapping[str, str],
        resource: Callable[[], Awaitable[str]],
        now: datetime,
        said: S3,
        session: "Session | None",
    ) -> Caller:
        """Do the same for a request to S3 with a signature of version 2."""
        if claim.expires_at is None or claim.expires_at <= now:
            sigv4.check_time(claim, now, said)
        key = self.key(claim.key_id, claim.token, said, session)
        sigv2.check(claim, key, incoming, named, await resource(), said)
        return Caller(claim.key_id, None, "s3", key.account_id)

    def signer_of(self, url: str, place: tuple[str, str], now: datetime, find: Find) -> str | None:
        """Tell which account has presigned a Url for reading an object; None if nobody has."""
        parts = urlsplit(url)
        path, query, host = (
            escaped(text.encode(errors="replace"))
            for text in (parts.path, parts.query, parts.netloc.rpartition("@")[2])
        )
        scope = {
            "method": "GET", "raw_path": path, "query_string": query, "scheme": parts.scheme,
            "headers": [(b"host", host)],
        }  # fmt: skip
        incoming = Incoming(scope, nothing)
        said = words.S3_WORDS
        try:
            named = dict(forms.pairs(incoming.query_string))
            if "X-Amz-Signature" in named:
                claim = sigv4.in_query(incoming, said)
                sigv4.check_time(claim, now, said)
                key = self.key(claim.key_id, claim.token, said, good(find(claim.key_id), now))
                sigv4.check(claim, key, incoming, payload_hash(incoming, named, claim, said), said)
            else:
                claim = sigv2.in_query(incoming, named, said)
                key = self.key(claim.key_id, claim.token, said, good(find(claim.key_id), now))
                bucket, name = place
                in_host = unquote(parts.path.removeprefix("/")) == name
                resource = f"/{bucket}{incoming.path}" if in_host else incoming.path
                sigv2.check(claim, key, incoming, named, resource, said)
        except (AwsError, forms.Malformed):
            return None
        return key.account_id

    def key(self, key_id: str, token: str | None, said: Json, session: "Session | None") -> Key:
        """Get the key of an id, whose token must be the one that was sent."""
        key = self.keys.get(key_id)
        if key is None and session is not None and session.access_key_id == key_id:
            key = Key(key_id, session.account_id, session.secret_access_key, session.token)
        if key is None:
            raise said.unknown_key(key_id)
        if not same(key.token or "", token or ""):
            raise said.bad_token()
        return key


def leaves_body_unsigned(incoming: Incoming, service: str) -> bool:
    """Tell whether a request is PutSnapshotBlock, whose signature covers the body's checksum."""
    sent = incoming.headers.get("x-amz-content-sha256")
    return service == "ebs" and incoming.method == "PUT" and sent == UNSIGNED


def payload_hash(incoming: Incoming, named: Mapping[str, str], claim: Claim, said: S3) -> str:
    """Get what S3's canonical request has in the place of the body's hash."""
    text = incoming.headers.get("x-amz-content-sha256") or named.get("X-Amz-Content-Sha256")
    if text is None:
        if claim.expires_at is None:
            raise said.content_hash_missing()
        return UNSIGNED
    if text in (UNSIGNED, UNSIGNED_TRAILER, CHUNKS, CHUNKS_TRAILER) or HASH.fullmatch(text):
        return text
    raise said.content_hash_invalid(text)


def watch(incoming: Incoming, payload: str, claim: Claim, key: Key, said: S3) -> None:
    """Have the body verified while it streams."""
    if payload in (CHUNKS, CHUNKS_TRAILER):
        signing = sigv4.signing_key(key, claim)
        trailing = payload == CHUNKS_TRAILER
        incoming.watch = bodies.verified(
            lambda: bodies.Chunks(claim, signing, trailing, said.mismatch)
        )
    elif payload not in (UNSIGNED, UNSIGNED_TRAILER):
        incoming.watch = bodies.verified(lambda: bodies.Hash(payload, said.body_differs))


def good(session: "Session | None", now: datetime) -> "Session | None":
    """Give a session back while it lasts."""
    return session if session is not None and now < session.expires_at else None
