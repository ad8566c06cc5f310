"""Copies inside S3: of a whole object, and of a range as a part of an upload.

A copied object shares its bytes with the source by a hard link, whatever its size. So it keeps the
source's ETag and checksums too, where AWS would compute new ones for what was a multipart upload.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeVar, cast
from urllib.parse import unquote

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, files, metadata, object_encryption
from emulator.services.s3.checksums import Algorithm
from emulator.services.s3.conditions import Conditions, copy_range, quoted
from emulator.services.s3.objects import accepted, check_key, check_version, publish
from emulator.services.s3.parts import (
    begin_part,
    check_part_number,
    keep_part,
    part_algorithms,
    place_for,
)
from emulator.services.s3.receiving import LARGEST, Received
from emulator.services.s3.rights import object_for
from emulator.shapes import s3
from state.objects import Object, Part

actions = Actions()

# A copy is as new objects of its bucket are, unless the request says otherwise.
NOT_COPIED: dict[str, object] = {
    "owner_id": None,
    "acl": "private",
    "grants": None,
    "encryption": object_encryption.SSE_S3,
    "kms_key_id": None,
    "kms_context": {},
    "bucket_key": False,
}

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
    wanted = {
        "Bucket": source.bucket,
        "Key": source.key,
        "ExpectedBucketOwner": request.get("ExpectedSourceBucketOwner"),
    }
    with ctx.store.read() as tx:
        bucket, found = object_for(tx, ctx, wanted, "s3:GetObject")
        with_own_key = "CopySourceSSECustomerAlgorithm" in request
        object_encryption.check_reader(tx, ctx, bucket, found, with_own_key)
        whole = "UploadId" not in request  # a part has no tags
        if whole and found.tags and request.get("TaggingDirective") != "REPLACE":
            object_for(tx, ctx, wanted, "s3:GetObjectTagging")
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
    changes = {**NOT_COPIED, **changed(request), **accepted(ctx, written(request))}
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
        asked = request.get("MetadataDirective") == "REPLACE" or "ServerSideEncryption" in request
        if copy == unchanged and not asked:
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
    publish(ctx, written(request), copy)
    result: s3.CopyObjectResult = {
        "ETag": quoted(copy.etag),
        "LastModified": copy.modified_at,
    }
    if copy.checksum_type:
        result["ChecksumType"] = copy.checksum_type
    return {
        "CopyObjectResult": checksums.beside(result, copy.checksums),
        **cast(s3.CopyObjectOutput, object_encryption.shown_to_writer(copy)),
    }


def written(request: s3.CopyObjectRequest) -> dict[str, object]:
    """Give what of a request is about the object that it writes: tags only if they are replaced."""
    members = dict(request)
    if not replaces("tagging", request.get("TaggingDirective")):
        members.pop("Tagging", None)
    return members


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
    return {
        "CopyPartResult": checksums.beside(result, part.checksums),
        **cast(s3.UploadPartCopyOutput, object_encryption.shown(upload)),
    }


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
