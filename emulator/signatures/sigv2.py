r"""Signature Version 2, which old clients still use, and boto3 for presigned URLs of S3.

    query services  HMAC(secret, METHOD \n host \n path \n name=value&…), all but Signature
    S3              HMAC-SHA1(secret, METHOD \n md5 \n type \n date \n x-amz-…:… \n resource)

S3's covers neither the host nor the body, and of the query only what names a subresource: that is
how it was made. A presigned URL has the time at which it expires in the place of the date, and may
carry headers in its query.
https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import quote, unquote_to_bytes

from emulator.errors import AwsError
from emulator.incoming import Incoming
from emulator.signatures.keys import Key
from emulator.signatures.sigv4 import Claim, same, stamped
from emulator.signatures.words import Json

METHODS = {"HmacSHA256": "sha256", "HmacSHA1": "sha1"}
SUBRESOURCES = frozenset({
    "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory",
    "lifecycle", "location", "logging", "metrics", "notification", "object-lock", "partNumber",
    "policy", "replication", "requestPayment", "response-cache-control",
    "response-content-disposition", "response-content-encoding", "response-content-language",
    "response-content-type", "response-expires", "restore", "select", "select-type",
    "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning",
    "versions", "website",
})  # fmt: skip
STANDARD = ("content-md5", "content-type")


# the query services ------------------------------------------------------------------------------


def of_form(parameters: Sequence[tuple[str, str]], words: Json) -> Claim:
    """Read the claim in the parameters of a query or form."""
    named = dict(parameters)
    if len(named) != len(parameters):  # which of two would be meant is not said
        raise words.incomplete("A parameter is there more than once.")
    for name in ("AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion"):
        if not named.get(name):
            raise words.incomplete(f"Request must contain the parameter '{name}'.")
    if named["SignatureVersion"] != "2" or named["SignatureMethod"] not in METHODS:
        raise words.incomplete("The version or method of the signature is not supported.")
    expires = moment(named["Expires"], words) if "Expires" in named else None
    signed = moment(named.get("Timestamp", ""), words) if expires is None else expires
    return claim(
        named["AWSAccessKeyId"], named["Signature"], named.get("SecurityToken"), signed, expires
    )


def moment(text: str, words: Json) -> datetime:
    """Read a time like 2026-01-31T12:00:00Z."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise words.incomplete("Timestamp must be in ISO-8601 format.") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def check_form(
    found: Claim, key: Key, incoming: Incoming, parameters: Sequence[tuple[str, str]], words: Json
) -> None:
    """Refuse a query or form whose signature is not its own."""
    pairs = sorted(
        (name.encode(), value.encode()) for name, value in parameters if name != "Signature"
    )
    line = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    text = f"{incoming.method}\n{incoming.host.lower()}\n{incoming.path}\n{line}"
    method = METHODS[dict(parameters)["SignatureMethod"]]
    if not same(signature(key, text.encode("latin-1", "replace"), method), found.signature):
        raise words.mismatch()


# S3 ----------------------------------------------------------------------------------------------


def in_header(incoming: Incoming, words: Json) -> Claim:
    """Read the claim in the Authorization header of a request to S3."""
    key_id, colon, signed = incoming.headers["authorization"][4:].partition(":")
    if not colon:
        raise words.incomplete("it must be AWS AWSAccessKeyId:Signature.")
    date = incoming.headers.get("x-amz-date") or incoming.headers.get("date", "")
    try:
        when = parsedate_to_datetime(date)
    except ValueError:
        when = stamped(date, words)
    when = when.astimezone(UTC) if when.tzinfo else when.replace(tzinfo=UTC)
    return claim(key_id, signed, incoming.headers.get("x-amz-security-token"), when, None)


def in_query(incoming: Incoming, named: Mapping[str, str], words: Json) -> Claim:
    """Read the claim in the query of a presigned URL of S3."""
    try:
        expires = datetime.fromtimestamp(int(named["Expires"]), UTC)
        key_id, signed = named["AWSAccessKeyId"], named["Signature"]
    except (KeyError, ValueError, OverflowError, OSError):
        raise AwsError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
            "parameters",
            403,
        ) from None
    token = incoming.headers.get("x-amz-security-token") or named.get("x-amz-security-token")
    return claim(key_id, signed, token, expires, expires)


def check(
    found: Claim,
    key: Key,
    incoming: Incoming,
    named: Mapping[str, str],
    resource: str,
    words: Json,
) -> None:
    """Refuse a request to S3 whose signature is not its own; resource is path style."""
    headers = dict(incoming.headers)
    if found.expires_at is not None:
        date = named["Expires"]
        for name, value in named.items():
            if name.startswith("x-amz-") or name in STANDARD:
                headers.setdefault(name, value)
    else:
        date = "" if "x-amz-date" in headers else headers.get("date", "")
    lines = [incoming.method, *(headers.get(name, "").strip() for name in STANDARD), date]
    lines += [
        f"{name}:{','.join(part.strip() for part in text.split(', '))}"
        for name, text in sorted(headers.items())
        if name.startswith("x-amz-")
    ]
    # A bucket alone is signed with a slash behind it by some, whether they send one or not.
    written = (resource, f"{resource}/") if resource.count("/") == 1 else (resource,)
    texts = ("\n".join([*lines, each + subresources(incoming.query_string)]) for each in written)
    signatures = [signature(key, each.encode("latin-1", "replace"), "sha1") for each in texts]
    if not any(same(each, found.signature) for each in signatures):
        raise words.mismatch(found.key_id)


def subresources(query: bytes) -> str:
    """Return the part of a query that is signed."""
    kept = []
    for part in query.split(b"&"):
        name, equals, value = part.partition(b"=")
        if name.decode("latin-1") in SUBRESOURCES:
            kept.append((name, equals + unquote_to_bytes(value)))
    kept.sort(key=lambda each: each[0])
    joined = b"&".join(name + value for name, value in kept).decode("latin-1")
    return f"?{joined}" if kept else ""


# both --------------------------------------------------------------------------------------------


def claim(
    key_id: str, signed: str, token: str | None, when: datetime, expires: datetime | None
) -> Claim:
    """Put a claim together; there is no scope."""
    return Claim(key_id, "", "", "", when, (), signed, token, expires)


def signature(key: Key, text: bytes, method: str) -> str:
    """Sign a text."""
    return base64.b64encode(hmac.digest(key.secret.encode(), text, method)).decode()
