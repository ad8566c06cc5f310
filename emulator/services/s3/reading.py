"""Objects on their way out: GetObject and HeadObject.

What is asked for is the whole, a byte range, or one part of a multipart upload; what is not the
whole is answered with 206 and Content-Range. Checksums are of the whole and go with it alone.
"""

from collections.abc import Mapping
from typing import BinaryIO, cast

from emulator.context import Context
from emulator.protocol.streams import FileBody
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, metadata, object_encryption
from emulator.services.s3.conditions import Conditions, byte_range, content_range, quoted
from emulator.services.s3.objects import check_version
from emulator.services.s3.rights import object_for
from emulator.shapes import s3
from state.objects import Object

actions = Actions()

OVERRIDES = (
    "CacheControl",
    "ContentDisposition",
    "ContentEncoding",
    "ContentLanguage",
    "ContentType",
    "Expires",
)


@actions
def get_object(ctx: Context, request: s3.GetObjectRequest) -> s3.GetObjectOutput:
    """Give an object, or some of it."""
    found, file = open_object(ctx, request)
    try:
        start, length, result = described(ctx, request, found)
    except BaseException:
        file.close()
        raise
    return {**result, "Body": FileBody(file, start, length)}


@actions
def head_object(ctx: Context, request: s3.HeadObjectRequest) -> s3.HeadObjectOutput:
    """Give all about an object but its bytes."""
    checksums_too = request.get("ChecksumMode", "").upper() == "ENABLED"
    result = described(ctx, request, readable(ctx, request, with_key=checksums_too))[2]
    # HeadObjectOutput has every member of GetObjectOutput that is set here.
    return cast(s3.HeadObjectOutput, result)


def readable(
    ctx: Context, request: s3.GetObjectRequest | s3.HeadObjectRequest, with_key: bool = True
) -> Object:
    """Get the object that a request may read; raises what is in the way, its key if need be."""
    check_version(request.get("VersionId"))
    if ctx.access_key_id is None and any(f"Response{name}" in request for name in OVERRIDES):
        raise errors.anonymous_overrides()
    with ctx.store.read() as tx:
        bucket, found = object_for(tx, ctx, request, "s3:GetObject")
        if with_key or "SSECustomerAlgorithm" in request:
            object_encryption.check_reader(
                tx, ctx, bucket, found, "SSECustomerAlgorithm" in request
            )
    Conditions.of(request).check_read(found)
    return found


def open_object(ctx: Context, request: s3.GetObjectRequest) -> tuple[Object, BinaryIO]:
    """Get the object that a request may read, and its bytes, opened."""
    blob_id = None
    while True:
        found = readable(ctx, request)
        try:
            return found, ctx.blobs.path(found.blob_id).open("rb")
        except FileNotFoundError:
            if found.blob_id == blob_id:
                raise
            blob_id = found.blob_id  # overwritten since the row was read: look again


def described(
    ctx: Context, request: s3.GetObjectRequest | s3.HeadObjectRequest, found: Object
) -> tuple[int, int, s3.GetObjectOutput]:
    """Decide which bytes are asked for, and give the answer's members."""
    members = cast(Mapping[str, object], request)
    overrides = {
        name: members[f"Response{name}"] for name in OVERRIDES if f"Response{name}" in members
    }
    wanted = asked_for(request, found)
    start, length = wanted or (0, found.size)
    result: s3.GetObjectOutput = {
        "AcceptRanges": "bytes",
        "LastModified": found.modified_at,
        "ContentLength": length,
        "ETag": quoted(found.etag),
    }
    if wanted and found.size:
        result["ContentRange"] = content_range(start, length, found.size)
    if found.part_sizes and "PartNumber" in request:
        result["PartsCount"] = len(found.part_sizes)
    if found.tags:
        result["TagCount"] = len(found.tags)
    if found.storage_class != metadata.STANDARD:
        result["StorageClass"] = found.storage_class
    if request.get("ChecksumMode", "").upper() == "ENABLED" and length == found.size:
        result = checksums.beside(result, found.checksums)
        if found.checksum_type:
            result["ChecksumType"] = found.checksum_type
    shown = metadata.shown(found.content_type, found.headers, found.metadata)
    sealed = object_encryption.shown(found)
    return start, length, cast(s3.GetObjectOutput, {**result, **sealed, **shown, **overrides})


def asked_for(request: Mapping[str, object], found: Object) -> tuple[int, int] | None:
    """Give the first byte and the length that a request asks for; None stands for the whole."""
    number, text = cast(int | None, request.get("PartNumber")), request.get("Range")
    if number is None:
        return byte_range(str(text), found.size) if text else None
    if text:
        raise errors.range_and_part_number()
    sizes = found.part_sizes or (found.size,)
    if not 0 < number <= len(sizes):
        raise errors.invalid_part_number(number, len(sizes))
    return sum(sizes[: number - 1]), sizes[number - 1]
