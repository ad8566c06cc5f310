r"""Signature Version 4: what a request claims to be signed with, and whether it is.

    key    = HMAC(HMAC(HMAC(HMAC("AWS4" + secret, DATE), REGION), SERVICE), "aws4_request")
    signed = HMAC(key, "AWS4-HMAC-SHA256" \n STAMP \n SCOPE \n sha256(canonical request))

In the Authorization header, or presigned in the query. Signatures for many Regions (SigV4A) are
refused: they would take a key pair for each secret.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256

from emulator import forms
from emulator.errors import AwsError
from emulator.incoming import Incoming
from emulator.signatures import canonical
from emulator.signatures.keys import Key
from emulator.signatures.words import S3, STAMP, Json

ALGORITHM = "AWS4-HMAC-SHA256"
TERMINATOR = "aws4_request"
STAMPED = re.compile(r"[0-9]{8}T[0-9]{6}Z", re.ASCII)
IN_HEADER = ("Credential", "SignedHeaders", "Signature")
IN_QUERY = (
    "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders",
    "X-Amz-Expires",
)  # fmt: skip
SHORT = timedelta(minutes=15)  # a presigned URL of another service than S3 that does not say it
WEEK = 7 * 24 * 60 * 60  # seconds
CHECKSUM = "x-amz-checksum"
ASKING = frozenset({"host", "x-amz-date", "x-amz-target", "x-amz-security-token"})


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says about its signature."""

    key_id: str
    date: str
    region: str
    service: str
    moment: datetime
    headers: tuple[str, ...]
    signature: str
    token: str | None
    expires_at: datetime | None = None  # of a presigned URL

    @property
    def stamp(self) -> str:
        """When it was signed."""
        return f"{self.moment:{STAMP}}"

    @property
    def scope(self) -> str:
        """What the signing key is good for."""
        return f"{self.date}/{self.region}/{self.service}/{TERMINATOR}"


# read --------------------------------------------------------------------------------------------


def in_header(incoming: Incoming, words: Json) -> Claim:
    """Read the claim in the Authorization header."""
    algorithm, _, text = incoming.headers["authorization"].partition(" ")
    if algorithm != ALGORITHM:
        raise words.incomplete(f"the algorithm must be {ALGORITHM}.")
    parts: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = part.strip(" ").partition("=")
        if not equals or name not in IN_HEADER or name in parts:
            raise words.incomplete("it must be Credential, SignedHeaders and Signature.")
        parts[name] = value
    for name in IN_HEADER:
        if not parts.get(name):
            raise words.incomplete(f"Authorization header requires '{name}' parameter.")
    headers = tuple(parts["SignedHeaders"].split(";"))
    moment = moment_of(incoming, words)
    check_headers(incoming, headers, words)
    return claim(
        parts["Credential"], moment, headers, parts["Signature"],
        incoming.headers.get("x-amz-security-token"), None, words,
    )  # fmt: skip


def moment_of(incoming: Incoming, words: Json) -> datetime:
    """Read when a request was signed, from X-Amz-Date or Date."""
    if stamp := incoming.headers.get("x-amz-date"):
        return stamped(stamp, words)
    try:
        found = parsedate_to_datetime(incoming.headers.get("date", ""))
    except ValueError:
        if isinstance(words, S3):
            raise AwsError(
                "AccessDenied",
                "AWS authentication requires a valid Date or x-amz-date header",
                403,
            ) from None
        raise words.incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        ) from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def in_query(incoming: Incoming, words: Json) -> Claim:
    """Read the claim in the query of a presigned URL."""
    pairs = forms.pairs(incoming.query_string)
    named = dict(pairs)
    given = [name for name, _ in pairs if name in IN_QUERY]
    required = IN_QUERY if isinstance(words, S3) else IN_QUERY[:-1]
    if len(set(given)) != len(given) or not set(required) <= set(given):
        reason = (
            "Query-string authentication version 4 requires the X-Amz-Algorithm, "
            "X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and "
            "X-Amz-Expires parameters."
        )
        raise malformed_query(reason, words)
    if named["X-Amz-Algorithm"] != ALGORITHM:
        raise malformed_query(f'X-Amz-Algorithm only supports "{ALGORITHM}"', words)
    moment = stamped(named["X-Amz-Date"], words)
    headers = tuple(named["X-Amz-SignedHeaders"].split(";"))
    check_headers(incoming, headers, words)
    return claim(
        named["X-Amz-Credential"], moment, headers, named["X-Amz-Signature"],
        named.get("X-Amz-Security-Token"), moment + lasts(named, words), words,
    )  # fmt: skip


def lasts(named: dict[str, str], words: Json) -> timedelta:
    """Read for how long a presigned URL is good."""
    text = named.get("X-Amz-Expires")
    if text is None:
        return SHORT
    if not re.fullmatch(r"-?[0-9]{1,18}", text, re.ASCII):
        raise malformed_query("X-Amz-Expires should be a number", words)
    if (seconds := int(text)) < 0:
        raise malformed_query("X-Amz-Expires must be non-negative", words)
    if seconds > WEEK:
        raise malformed_query(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given "
            f"X-Amz-Expires must be less than {WEEK} seconds",
            words,
        )
    return timedelta(seconds=seconds)


def malformed_query(reason: str, words: Json) -> AwsError:
    """Say that the signature in a query cannot be read."""
    return words.incomplete_query(reason) if isinstance(words, S3) else words.incomplete(reason)


def stamped(text: str, words: Json) -> datetime:
    """Read a time like 20260131T120000Z."""
    try:
        if not STAMPED.fullmatch(text):
            raise ValueError
        return datetime.strptime(text, STAMP).replace(tzinfo=UTC)
    except ValueError:
        raise words.incomplete(
            "Date must be in ISO-8601 'basic format'. See http://en.wikipedia.org/wiki/ISO_8601"
        ) from None


def claim(
    credential: str,
    moment: datetime,
    headers: tuple[str, ...],
    signature: str,
    token: str | None,
    expires_at: datetime | None,
    words: Json,
) -> Claim:
    """Take the credential apart and put all together."""
    parts = credential.split("/")
    if len(parts) != 5:
        raise words.incomplete("Credential must have exactly 5 slash-delimited elements.")
    key_id, date, region, service, terminator = parts
    if terminator != TERMINATOR:
        raise words.out_of_scope(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}'."
        )
    if date != f"{moment:%Y%m%d}":
        raise words.out_of_scope(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP."
        )
    return Claim(key_id, date, region, service, moment, headers, signature, token, expires_at)


def check_headers(incoming: Incoming, signed: tuple[str, ...], words: Json) -> None:
    """Refuse a request if headers that say what is asked for are not signed.

    S3 wants all of its own; what the others want beside Host is assumed.
    """
    present = {"host", *incoming.headers}
    if isinstance(words, S3):
        must = {name for name in present if name.startswith("x-amz-") or name == "host"}
    else:
        must = present & ASKING
    if unsigned := sorted(must.difference(signed)):
        raise words.unsigned_headers(unsigned)


def check_checksum(incoming: Incoming, found: Claim, words: Json) -> None:
    """Refuse a request whose body is not signed if the checksum of that is not, either."""
    if CHECKSUM not in incoming.headers or CHECKSUM not in found.headers:
        raise words.unsigned_headers([CHECKSUM])


# check -------------------------------------------------------------------------------------------


def check_time(found: Claim, now: datetime, words: Json) -> None:
    """Refuse what was signed too long ago, or will be."""
    if found.moment - now > words.skew:
        if isinstance(words, S3) and found.expires_at is not None:
            raise words.url_not_yet()
        raise words.not_yet(found.moment, now)
    if found.expires_at is not None:
        if found.expires_at <= now:
            raise words.url_expired(found.moment, found.expires_at, now)
    elif now - found.moment > words.skew:
        raise words.too_late(found.moment, now)


def check(found: Claim, key: Key, incoming: Incoming, payload: str, words: Json) -> None:
    """Refuse a request whose signature is not that of its own canonical request."""
    request = canonical.request(incoming, found.service, found.headers, payload)
    text = f"{ALGORITHM}\n{found.stamp}\n{found.scope}\n{sha256(request).hexdigest()}"
    if not same(signature(signing_key(key, found), text), found.signature):
        raise words.mismatch(found.key_id, text)


def signing_key(key: Key, found: Claim) -> bytes:
    """Derive what signs on one day, in one Region, for one service."""
    derived = f"AWS4{key.secret}".encode()
    for part in (found.date, found.region, found.service, TERMINATOR):
        derived = hmac.digest(derived, part.encode(), "sha256")
    return derived


def signature(signing: bytes, text: str) -> str:
    """Sign a text."""
    return hmac.digest(signing, text.encode(), "sha256").hex()


def same(ours: str, theirs: str) -> bool:
    """Compare signatures without telling by the time where they differ."""
    return hmac.compare_digest(ours.encode(), theirs.encode())
