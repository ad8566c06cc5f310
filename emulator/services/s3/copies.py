"""Copies inside S3: of a whole object, and of a range as a part of an upload.

A copied object shares its bytes with the source by a hard link, whatever its size. So it keeps the
source's ETag and checksums too, where AWS would compute new ones for what was a multipart upload.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar
from urllib.parse import unquote

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, files, metadata
from emulator.services.s3.buckets import find_bucket
from emulator.services.s3.checksums import Algorithm
from emulator.services.s3.conditions import Conditions, copy_range, quoted
from emulator.services.s3.objects import check_key, check_version, find_object, publish
from emulator.services.s3.parts import (
    begin_part,
    check_part_number,
    keep_part,
    part_algorithms,
    place_for,
)
from emulator.services.s3.receiving import LARGEST, Received
from emulator.shapes import s3
from state.objects import Object, Part

actions = Actions()

T = TypeVar("T")
CopyRequest = s3.CopyObjectRequest | s3.UploadPartCopyRequest


@dataclass(frozen=True, slots=True)
class CopySource:
    """What x-amz-copy-source names: [/]bucket/key[?versionId=…], percent-encoded."""

    bucket: str
    key: str

    @classmethod
    def of(cls, text: str) -> "CopySource":
        """Read the header; raises InvalidArgument."""
        path, _, version = text.partition("?versionId=")
        bucket, _, key = unquote(path).removeprefix("/").partition("/")
        if not bucket or not key:
            raise errors.copy_source_invalid(text)
        check_version(version or None)
        return cls(bucket, key)


def find_source(ctx: Context, request: CopyRequest) -> Object:
    """Get the object that is to be copied; raises what is in the way."""
    source = CopySource.of(request["CopySource"])
    with ctx.store.read() as tx:
        find_bucket(tx, ctx, source.bucket, request.get("ExpectedSourceBucketOwner"))
        found = find_object(tx, source.bucket, source.key)
    Conditions.of(request, "CopySource").check_copy(found)
    return found


def of_source(ctx: Context, request: CopyRequest, use: Callable[[Object], T]) -> T:
    """Use the source and its bytes; once more if it is overwritten in between."""
    try:
        return use(find_source(ctx, request))
    except FileNotFoundError:
        return use(find_source(ctx, request))


@actions
def copy_object(ctx: Context, request: s3.CopyObjectRequest) -> s3.CopyObjectOutput:
    """Copy an object; its metadata and tags come along unless the directives say otherwise."""
    check_key(request["Key"])
    changes = changed(request)
    blob_id = ctx.blobs.new_id()

    def linked(source: Object) -> Object:
        if source.size > LARGEST:
            raise errors.copy_source_too_large(LARGEST)
        copy = source.model_copy(
            update={
                "bucket": request["Bucket"],
                "key": request["Key"],
                "blob_id": blob_id,
                "modified_at": ctx.now().replace(microsecond=0),
                **changes,
            }
        )
        unchanged = source.model_copy(update={"blob_id": blob_id, "modified_at": copy.modified_at})
        if copy == unchanged and request.get("MetadataDirective") != "REPLACE":
            raise errors.copy_onto_itself()
        ctx.blobs.link(source.blob_id, blob_id)
        return copy

    copy = of_source(ctx, request, linked)
    if (name := request.get("ChecksumAlgorithm")) and name.upper() not in copy.checksums:
        algorithm = checksums.algorithm_named(name)
        copy = copy.model_copy(
            update={
                "checksums": whole_checksum(ctx.blobs.path(blob_id), algorithm),
                "checksum_type": checksums.FULL_OBJECT,
            }
        )
    publish(ctx, copy, Conditions.of(request), expected_owner=request.get("ExpectedBucketOwner"))
    result: s3.CopyObjectResult = {
        "ETag": quoted(copy.etag),
        "LastModified": copy.modified_at,
    }
    if copy.checksum_type:
        result["ChecksumType"] = copy.checksum_type
    return {"CopyObjectResult": checksums.beside(result, copy.checksums)}


def changed(request: s3.CopyObjectRequest) -> dict[str, object]:
    """Give what a copy is to have of its own, as changes of the source."""
    sent = metadata.sent(request)
    changes: dict[str, object] = {"storage_class": sent.storage_class}
    if replaces("metadata", request.get("MetadataDirective")):
        changes |= {
            "content_type": sent.content_type,
            "headers": sent.headers,
            "metadata": sent.metadata,
        }
    if replaces("tagging", request.get("TaggingDirective")):
        changes["tags"] = sent.tags
    return changes


def replaces(kind: str, directive: str | None) -> bool:
    """Tell whether a directive says REPLACE; raises InvalidArgument if it isn't COPY either."""
    if directive not in (None, "COPY", "REPLACE"):
        raise errors.invalid_argument(
            f"Unknown {kind} directive.", f"x-amz-{kind}-directive", directive
        )
    return directive == "REPLACE"


def whole_checksum(path: Path, algorithm: Algorithm) -> dict[str, str]:
    """Compute a checksum of a file, the way it is kept."""
    digest = algorithm.start()
    with path.open("rb") as file:
        while piece := file.read(files.PIECE):
            digest.update(piece)
    return {algorithm.name: checksums.encoded(digest.digest())}


@actions
def upload_part_copy(ctx: Context, request: s3.UploadPartCopyRequest) -> s3.UploadPartCopyOutput:
    """Make an object, or a range of its bytes, a part of an upload."""
    number = check_part_number(request["PartNumber"])
    source, file = of_source(ctx, request, lambda found: (found, opened(ctx, found)))
    with file:
        start, length = copied_range(request, source)
        upload = begin_part(ctx, request, length)
        algorithms = part_algorithms(upload, None)
        place = place_for(ctx, upload, number, length)
        try:
            digests = files.copy(file, start, length, place.file, [checksums.MD5, *algorithms])
            received = Received(length, digests)
            part = Part(
                upload_id=upload.id,
                number=number,
                blob_id=place.blob_id,
                offset=place.offset,
                size=length,
                etag=received.etag,
                modified_at=ctx.now().replace(microsecond=0),
                checksums=received.kept(algorithms),
            )
            keep_part(ctx, upload, part, place)
        finally:
            place.give_up()
    result: s3.CopyPartResult = {"ETag": quoted(part.etag), "LastModified": part.modified_at}
    return {"CopyPartResult": checksums.beside(result, part.checksums)}


def opened(ctx: Context, found: Object) -> BinaryIO:
    """Open the bytes of an object; raises FileNotFoundError if it has just been overwritten."""
    return ctx.blobs.path(found.blob_id).open("rb")


def copied_range(request: s3.UploadPartCopyRequest, source: Object) -> tuple[int, int]:
    """Decide what is copied: first byte and length. Raises what is wrong with that."""
    start, length = 0, source.size
    if "CopySourceRange" in request:
        start, length = copy_range(request["CopySourceRange"], source.size)
    if length > LARGEST:
        raise errors.copy_source_too_large(LARGEST)
    return start, length
