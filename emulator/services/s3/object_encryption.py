"""How an object is encrypted: what the client asks for, else what the bucket has by default.

| x-amz-server-side-encryption | key                                                        |
|------------------------------|------------------------------------------------------------|
| AES256                       | S3's own                                                   |
| aws:kms, aws:kms:dsse        | the named one, in any of four spellings, else alias/aws/s3 |

A key without an account in its name is the caller's, in the bucket's Region. It must be there and
enabled, and the caller needs kms:GenerateDataKey on it to write and kms:Decrypt to read. Keys of
customers (SSE-C) are refused, as every bucket does since April 2026 unless told otherwise.

Bytes are kept as they are, and ETags are MD5s with SSE-KMS too. Assumed: that HeadObject needs no
key unless checksums are asked for.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, cast

from emulator.context import Context
from emulator.key_names import key_name
from emulator.protocol import regions
from emulator.services.s3 import errors
from emulator.services.s3.rights import Guard, caller_of
from state.objects import Bucket, Object, Upload
from state.store import Tx

if TYPE_CHECKING:
    from state.keys import Key

SSE_S3 = "AES256"
ALGORITHMS = frozenset({SSE_S3, "aws:kms", "aws:kms:dsse"})
HEADER = "x-amz-server-side-encryption"
DEFAULT_KEY = "alias/aws/s3"


class Asked(NamedTuple):
    """What a client asks for."""

    algorithm: str | None = None
    key: str | None = None
    context: dict[str, str] = {}
    bucket_key: bool | None = None


def sent(request: Mapping[str, object]) -> Asked:
    """Take what is asked for out of a request; raises InvalidArgument."""
    algorithm = cast(str | None, request.get("ServerSideEncryption"))
    key = cast(str | None, request.get("SSEKMSKeyId"))
    if algorithm is not None and algorithm not in ALGORITHMS:
        raise errors.invalid_argument(
            "The encryption method specified is not supported", HEADER, algorithm
        )
    if key is not None and not is_kms(algorithm):
        raise errors.invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            f"{HEADER} : aws:kms",
            HEADER,
            algorithm or "null",
        )
    return Asked(
        algorithm,
        key,
        context_of(cast(str | None, request.get("SSEKMSEncryptionContext"))),
        cast(bool | None, request.get("BucketKeyEnabled")),
    )


def is_kms(algorithm: str | None) -> bool:
    """Tell whether an encryption is with a key of KMS."""
    return algorithm is not None and algorithm != SSE_S3


def context_of(text: str | None) -> dict[str, str]:
    """Read an encryption context; raises InvalidArgument."""
    if not text:
        return {}
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        found = None
    if isinstance(found, dict) and all(isinstance(each, str) for each in found.values()):
        return found
    raise errors.invalid_argument(
        f"The header '{HEADER}-context' shall be Base64-encoded UTF-8 string holding JSON which "
        "represents a string-string map",
        f"{HEADER}-context",
        text,
    )


def of_new_object(
    tx: Tx, ctx: Context, bucket: Bucket, request: Mapping[str, object]
) -> dict[str, object]:
    """Give what a new object has of its encryption.

    Raises InvalidArgument, AccessDenied, and what KMS says of the key.
    """
    if "SSECustomerAlgorithm" in request or "SSECustomerKey" in request:
        key = cast(str | None, request.get("Key"))
        raise Guard(tx, ctx, bucket, request).denied("s3:PutObject", errors.SSE_C_BLOCKED, key)
    asked = sent(request)
    algorithm = asked.algorithm or bucket.encryption
    if not is_kms(algorithm):
        return {}
    name = bucket.kms_key_id if asked.algorithm is None else asked.key
    wanted = bucket.bucket_key if asked.bucket_key is None else asked.bucket_key
    key_ = key_to_use(tx, ctx, bucket, name)
    check_key(tx, ctx, key_, "GenerateDataKey", sealed_with(bucket, request, asked.context))
    return {
        "encryption": algorithm,
        "kms_key_id": key_.arn,
        "kms_context": asked.context,
        "bucket_key": wanted,
    }


def check_reader(
    tx: Tx, ctx: Context, bucket: Bucket, found: Object | Upload, parameters: bool = False
) -> None:
    """Refuse to read an object whose key the caller may not use, or nobody can.

    Parameters tells whether the client has sent a key of its own.
    """
    if parameters:
        raise errors.encryption_not_applicable()
    if found.kms_key_id is None:
        return
    key = tx.keys.get(found.kms_key_id.rpartition("/")[2], ctx.now())
    if key is None:
        raise errors.kms("NotFoundException", f"Key '{found.kms_key_id}' does not exist")
    context = sealed_with(bucket, {"Key": found.key}, found.kms_context)
    check_key(tx, ctx, key, "Decrypt", context)


def sealed_with(
    bucket: Bucket, request: Mapping[str, object], context: Mapping[str, str]
) -> dict[str, str]:
    """Give the encryption context of an object's data key."""
    from state.bucket_access import arn_of

    return {"aws:s3:arn": arn_of(bucket, str(request["Key"])), **context}


def key_to_use(tx: Tx, ctx: Context, bucket: Bucket, text: str | None) -> "Key":
    """Return the key that a name means; raises KMS.NotFoundException."""
    if ctx.access_key_id is None:
        raise errors.kms_needs_signature()
    name = key_name(text or DEFAULT_KEY, ctx.account_id, bucket.region)
    if name is None:
        raise errors.kms("NotFoundException", f"Invalid keyId '{text}'")
    if name.region != bucket.region:
        raise errors.kms("NotFoundException", f"Invalid arn {name.region}")
    prefix = f"arn:{regions.partition(name.region)}:kms:{name.region}:{name.account_id}"
    key_id = name.key_id
    if name.alias is not None:
        alias = tx.aliases.get(name.account_id, name.region, name.alias)
        if alias is None and name.alias == DEFAULT_KEY and name.account_id == ctx.account_id:
            return default_key(ctx, bucket)
        if alias is None:
            raise errors.kms("NotFoundException", f"Alias {prefix}:{name.alias} is not found.")
        key_id = alias.key_id
    key = tx.keys.get(str(key_id), ctx.now())
    if key is None or (key.account_id, key.region) != (name.account_id, name.region):
        raise errors.kms("NotFoundException", f"Key '{prefix}:key/{key_id}' does not exist")
    return key


def default_key(ctx: Context, bucket: Bucket) -> "Key":
    """Make the key that S3 uses where none is named."""
    from state.managed_keys import managed_key

    with ctx.store.begin() as tx:
        return managed_key(
            tx,
            ctx.account_id,
            bucket.region,
            DEFAULT_KEY,
            regions.partition(bucket.region),
            ctx.now(),
        )


def check_key(tx: Tx, ctx: Context, key: "Key", operation: str, context: Mapping[str, str]) -> None:
    """Refuse a key that cannot be used, or not by the caller: raises what S3 tells of KMS."""
    from state import key_access

    if ctx.access_key_id is None:
        raise errors.kms_needs_signature()
    caller = caller_of(tx, ctx)
    decision = key_access.decide(tx, key, caller, operation, context, via="s3")
    if not decision.allowed:
        who, action = str(caller.principal), f"kms:{operation}"
        if key.account_id != ctx.account_id:
            raise errors.foreign_key(who, action)
        raise errors.key_not_authorized(who, action, key.arn, decision.because)
    if key.deletes_at is not None:
        raise errors.kms("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if not key.enabled:
        raise errors.kms("DisabledException", f"{key.arn} is disabled.")


def shown(found: Object | Upload) -> dict[str, object]:
    """Give the members of an answer that tell how an object is encrypted."""
    members: dict[str, object] = {"ServerSideEncryption": found.encryption}
    if found.kms_key_id is not None:
        members["SSEKMSKeyId"] = found.kms_key_id
        if found.bucket_key:
            members["BucketKeyEnabled"] = True
    return members


def shown_to_writer(found: Object | Upload) -> dict[str, object]:
    """Give the same to the one who wrote it, with the encryption context."""
    if not found.kms_context:
        return shown(found)
    text = json.dumps(found.kms_context, separators=(",", ":")).encode()
    return {**shown(found), "SSEKMSEncryptionContext": base64.b64encode(text).decode()}
