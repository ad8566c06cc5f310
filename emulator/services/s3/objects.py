"""Objects: written whole, deleted; and how any new object becomes visible.

    bytes in incoming/ ─keep─► blob ─row─► visible ─► the bytes it replaces are removed

An object is overwritten by swapping its row: who is reading the old bytes keeps its open file.
There are no versions: the version id "null" means the object, any other is refused.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from emulator.context import Context
from emulator.errors import AwsError
from emulator.services.actions import Actions
from emulator.services.s3 import acls, checksums, errors, metadata, object_encryption
from emulator.services.s3.conditions import Conditions, matches, quoted
from emulator.services.s3.places import Arrival
from emulator.services.s3.receiving import check_size, receiving
from emulator.services.s3.rights import Guard, bucket_for, existing, is_at_home
from emulator.shapes import s3
from state.objects import Object
from state.store import Tx

actions = Actions()

MAX_KEY = 1024  # bytes
MAX_DELETED = 1000  # keys in one DeleteObjects


def check_key(key: str) -> str:
    """Give back a key that may be written; raises KeyTooLongError."""
    if (size := len(key.encode())) > MAX_KEY:
        raise errors.key_too_long(size, MAX_KEY)
    return key


def check_version(version: str | None) -> None:
    """Refuse versions: raises InvalidArgument."""
    if version not in (None, "null"):
        raise errors.invalid_version(version)


def accepted(ctx: Context, request: Mapping[str, object]) -> dict[str, Any]:
    """Refuse before the bytes come what would be refused after them.

    Gives what a new object has of its owner, its list and its encryption.
    """
    conditions = Conditions.of(request)
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, *actions_of(request))
        if conditions != Conditions():
            key = str(request["Key"])
            conditions.check_write(tx.objects.get(bucket.name, key), key)
        return {
            **acls.of_new_object(tx, ctx, bucket, request, acls.sent(request)),
            **object_encryption.of_new_object(tx, ctx, bucket, request),
        }


def actions_of(request: Mapping[str, object]) -> tuple[str, ...]:
    """Name what a caller must be allowed to do to write an object so."""
    needed = {
        "Tagging": "s3:PutObjectTagging",
        "IfMatch": "s3:GetObject",
        **dict.fromkeys(("ACL", *acls.HEADERS), "s3:PutObjectAcl"),
    }
    more = dict.fromkeys(action for member, action in needed.items() if member in request)
    return ("s3:PutObject", *more)


def publish(
    ctx: Context,
    request: Mapping[str, object],
    found: Object,
    also: Callable[[Tx], object] = lambda tx: None,
) -> None:
    """Make an object visible whose bytes are kept, and do something else in the same transaction.

    What it replaces is removed; the object's own bytes are, if it must not become visible.
    """
    conditions = Conditions.of(request)
    try:
        with ctx.store.begin() as tx:
            bucket_for(tx, ctx, request, *actions_of(request))
            conditions.check_write(tx.objects.get(found.bucket, found.key), found.key)
            also(tx)
            replaced = tx.objects.put(found)
    except BaseException:
        ctx.blobs.remove(found.blob_id)
        raise
    if replaced is not None:
        ctx.blobs.remove(replaced.blob_id)


@actions
async def put_object(ctx: Context, request: s3.PutObjectRequest) -> s3.PutObjectOutput:
    """Keep an object, whole or not at all."""
    bucket, key = request["Bucket"], check_key(request["Key"])
    sent = metadata.sent(request)
    claim = checksums.claimed(request, ctx.headers)
    algorithm = claim.algorithm if claim else checksums.DEFAULT
    md5 = checksums.claimed_md5(request)
    check_size(request["Body"])

    def begun() -> tuple[dict[str, Any], Arrival]:
        return accepted(ctx, request), Arrival(ctx.blobs)

    kept, place = await asyncio.to_thread(begun)
    async with receiving(place, request["Body"], [algorithm], claim, md5) as received:
        found = Object(
            bucket=bucket,
            key=key,
            blob_id=place.blob_id,
            size=received.size,
            etag=received.etag,
            modified_at=ctx.now().replace(microsecond=0),
            content_type=sent.content_type,
            headers=sent.headers,
            metadata=sent.metadata,
            tags=sent.tags,
            checksums=received.kept([algorithm]),
            checksum_type=checksums.FULL_OBJECT,
            storage_class=sent.storage_class,
            **kept,
        )

        def keep() -> None:
            place.keep()
            publish(ctx, request, found)

        await asyncio.to_thread(keep)
    result: s3.PutObjectOutput = {
        "ETag": quoted(found.etag),
        "ChecksumType": checksums.FULL_OBJECT,
    }
    result |= cast(s3.PutObjectOutput, object_encryption.shown_to_writer(found))
    return checksums.beside(result, found.checksums)


@actions
def delete_object(ctx: Context, request: s3.DeleteObjectRequest) -> s3.DeleteObjectOutput:
    """Delete an object; it need not be there."""
    bucket, key = request["Bucket"], request["Key"]
    check_version(request.get("VersionId"))
    with ctx.store.begin() as tx:
        bucket_for(tx, ctx, request, "s3:DeleteObject")
        if "IfMatch" in request:
            Conditions(match=request["IfMatch"]).check_write(tx.objects.get(bucket, key), key)
        removed = tx.objects.remove(bucket, key)
    if removed is not None:
        ctx.blobs.remove(removed.blob_id)
    return {}


@actions
def delete_objects(ctx: Context, request: s3.DeleteObjectsRequest) -> s3.DeleteObjectsOutput:
    """Delete up to a thousand objects; each may fail for itself."""
    bucket, wanted = request["Bucket"], request["Delete"]["Objects"]
    if not 0 < len(wanted) <= MAX_DELETED:
        raise errors.malformed_xml()
    removed: list[Object] = []
    deleted: list[s3.DeletedObject] = []
    refused: list[s3.Error] = []
    with ctx.store.begin() as tx:
        home = existing(tx, request)
        guard = None if is_at_home(ctx, home) else Guard(tx, ctx, home, request)
        for each in wanted:
            found = tx.objects.get(bucket, each["Key"])
            error = refusal(each, found, guard)
            if error is not None:
                refused.append({"Key": each["Key"], "Code": error.code, "Message": error.message})
                continue
            deleted.append({"Key": each["Key"]})
            if found is not None:
                tx.objects.remove(bucket, found.key)
                removed.append(found)
    for gone in removed:
        ctx.blobs.remove(gone.blob_id)
    return (
        {"Errors": refused}
        if request["Delete"].get("Quiet")
        else {
            "Deleted": deleted,
            "Errors": refused,
        }
    )


def refusal(
    wanted: s3.ObjectIdentifier, found: Object | None, guard: Guard | None
) -> AwsError | None:
    """Say why one of many objects must not be deleted."""
    if guard is not None:
        try:
            guard.check("s3:DeleteObject", wanted["Key"])
        except AwsError as error:
            return error
    if wanted.get("VersionId", "null") != "null":
        return errors.no_such_version(wanted["Key"], wanted["VersionId"])
    if "ETag" in wanted and (found is None or not matches(wanted["ETag"], found.etag)):
        return errors.precondition_failed("If-Match")
    return None
