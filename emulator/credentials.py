"""Who is asking, as the request says itself; signatures are read here, and checked by the door.

| signature         | where it stands                                                            |
|-------------------|----------------------------------------------------------------------------|
| SigV4             | `Authorization: AWS4-HMAC-SHA256 Credential=SCOPE, SignedHeaders=…, …`     |
| SigV4 presigned   | `X-Amz-Credential=SCOPE` in the query                                      |
| SigV2 of S3       | `Authorization: AWS KEY:SIGNATURE`                                         |
| SigV2 presigned,  |                                                                            |
| and SigV2 of EC2  | `AWSAccessKeyId=KEY&Signature=…` in the query or the form                  |

SCOPE is `KEY/DATE/REGION/SERVICE/aws4_request`; SigV4A, good in many Regions, leaves out REGION.

What fits none of these is anonymous.
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NOBODY = "000000000000"  # the account of everyone whose key is not an account number
SESSION_KEYS = "ASIA"  # how the access keys of AssumeRole begin
CREDENTIAL = re.compile(r"^AWS4-[A-Z0-9-]+ (?:.*[, ])?Credential=([^, ]+)")
REGION = re.compile(r"[A-Za-z0-9-]{1,64}")
ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks; Region and service only where the signature names them."""

    access_key_id: str | None = None
    region: str | None = None
    service: str | None = None
    account: str | None = None  # whose key has signed, where credentials are configured

    @property
    def account_id(self) -> str:
        """The account of the key that has signed; unchecked, a key of twelve digits is one."""
        if self.account is not None:
            return self.account
        key = self.access_key_id
        return key if key is not None and ACCOUNT.fullmatch(key) else NOBODY


ANONYMOUS = Caller()


def caller_of(authorization: str | None, parameters: Iterable[tuple[str, str]]) -> Caller:
    """Read who is asking from the Authorization header, else from the query or the form."""
    if authorization is not None:
        if found := CREDENTIAL.match(authorization):
            return from_scope(found[1])
        if authorization.startswith("AWS ") and ":" in authorization:
            return Caller(authorization[4:].partition(":")[0].strip())
    for name, text in parameters:
        if name == "X-Amz-Credential":
            return from_scope(text)
        if name == "AWSAccessKeyId":
            return Caller(text)
    return ANONYMOUS


def from_scope(credential: str) -> Caller:
    """Take a credential scope apart; the key itself may have slashes in it."""
    parts = credential.rsplit("/", 4)
    if len(parts) == 5 and parts[1].isdigit():
        region = parts[2] if REGION.fullmatch(parts[2]) else None
        return Caller(parts[0], region, parts[3].lower() or None)
    parts = credential.rsplit("/", 3)
    if len(parts) == 4 and parts[1].isdigit():  # SigV4A: good in many Regions
        return Caller(parts[0], None, parts[2].lower() or None)
    return Caller(credential.partition("/")[0])


def expires_at(parameters: Mapping[str, str]) -> datetime | None:
    """Say until when a presigned URL of S3 is good; None if the query does not say it."""
    with suppress(KeyError, ValueError, OverflowError, OSError):
        if "X-Amz-Signature" in parameters:
            signed = datetime.strptime(parameters["X-Amz-Date"], "%Y%m%dT%H%M%SZ")
            lasts = timedelta(seconds=int(parameters["X-Amz-Expires"]))
            return signed.replace(tzinfo=UTC) + lasts
        if "Signature" in parameters:
            return datetime.fromtimestamp(int(parameters["Expires"]), UTC)
    return None
