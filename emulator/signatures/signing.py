"""Signs requests of our own commands, to AWS or to a vmie: presigned URLs, and headers."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from emulator.incoming import Incoming, nothing
from emulator.signatures import canonical
from emulator.signatures.keys import Key
from emulator.signatures.sigv4 import ALGORITHM, Claim, signature, signing_key
from emulator.signatures.words import STAMP

UNSIGNED = "UNSIGNED-PAYLOAD"


def presigned(key: Key, method: str, url: str, region: str, now: datetime, seconds: int) -> str:
    """Return a URL of S3 with all that its request needs; its query may have more already."""
    parts = urlsplit(url)
    claim = claimed(key, region, "s3", now, ("host",))
    named = {
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{key.id}/{claim.scope}",
        "X-Amz-Date": claim.stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": "host",
    }
    if key.token is not None:
        named["X-Amz-Security-Token"] = key.token
    added = urlencode(named, quote_via=quote, safe="")
    query = "&".join(filter(None, (parts.query, added)))
    path = parts.path or "/"
    incoming = asked(method, path, query, {"host": parts.netloc})
    signed = signed_by(key, claim, incoming, UNSIGNED)
    query = f"{query}&X-Amz-Signature={signed}"
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


def headers(
    key: Key,
    url: str,
    body: bytes | None,
    region: str,
    service: str,
    now: datetime,
    method: str = "POST",
) -> Mapping[str, str]:
    """Return the headers that sign a request to a service; a body that is None is not signed."""
    parts = urlsplit(url)
    payload = UNSIGNED if body is None else sha256(body).hexdigest()
    named = {"host": parts.netloc, "x-amz-date": f"{now:{STAMP}}"}
    if service == "s3":
        named["x-amz-content-sha256"] = payload
    if key.token is not None:
        named["x-amz-security-token"] = key.token
    claim = claimed(key, region, service, now, tuple(sorted(named)))
    incoming = asked(method, parts.path or "/", parts.query, named)
    signed = signed_by(key, claim, incoming, payload)
    named["authorization"] = (
        f"{ALGORITHM} Credential={key.id}/{claim.scope}, "
        f"SignedHeaders={';'.join(claim.headers)}, Signature={signed}"
    )
    return named


def claimed(key: Key, region: str, service: str, now: datetime, names: tuple[str, ...]) -> Claim:
    """Return what a request claims, but for its signature."""
    return Claim(key.id, f"{now:%Y%m%d}", region, service, now, names, "", key.token)


def signed_by(key: Key, claim: Claim, incoming: Incoming, payload: str) -> str:
    """Return the signature."""
    request = canonical.request(incoming, claim.service, claim.headers, payload)
    text = f"{ALGORITHM}\n{claim.stamp}\n{claim.scope}\n{sha256(request).hexdigest()}"
    return signature(signing_key(key, claim), text)


def asked(method: str, path: str, query: str, named: Mapping[str, str]) -> Incoming:
    """Return a request as its server will see it."""
    scope = {
        "method": method,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "scheme": "https",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    return Incoming(scope, nothing)
