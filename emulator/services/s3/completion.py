"""The end of a multipart upload: its parts become one object.

The client lists the parts; they must be there as listed, in order, and all but the last of 5 MiB.
Usually they lie in one file already, as places.py has it, and that becomes the object; else the
kernel puts them together, sharing the bytes where the filesystem can. The ETag is of the parts'
ETags; so is a composite checksum, while a full-object one is combined from theirs. No byte is read
for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import cast
from urllib.parse import quote

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, files
from emulator.services.s3.checksums import ALGORITHMS, COMPOSITE, FULL_OBJECT
from emulator.services.s3.conditions import quoted
from emulator.services.s3.object_encryption import check_reader, shown
from emulator.services.s3.objects import actions_of, publish
from emulator.services.s3.parts import find_upload, remove_parts
from emulator.services.s3.places import LARGEST, Common
from emulator.services.s3.rights import bucket_for
from emulator.shapes import s3
from state.objects import Object, Part, Upload
from state.store import Tx

actions = Actions()

SMALLEST = 5 << 20  # bytes of every part but the last


@actions
def complete_multipart_upload(
    ctx: Context, request: s3.CompleteMultipartUploadRequest
) -> s3.CompleteMultipartUploadOutput:
    """Make the listed parts an object and forget the rest."""
    bucket, key, upload_id = request["Bucket"], request["Key"], request["UploadId"]
    listed = request.get("MultipartUpload", {}).get("Parts", [])
    if not listed:
        raise errors.malformed_xml()
    if any(one["PartNumber"] >= other["PartNumber"] for one, other in pairwise(listed)):
        raise errors.invalid_part_order(upload_id)
    with ctx.store.read() as tx:
        home = bucket_for(tx, ctx, request, *actions_of(request))
        upload = find_upload(tx, bucket, key, upload_id)
        check_reader(tx, ctx, home, upload)
        uploaded = {part.number: part for part in tx.uploads.parts(upload_id)}
    parts = [chosen(upload, uploaded, one) for one in listed]
    check_sizes(parts)
    checksum_type, checksum = whole_checksum(upload, parts)
    check_claims(request, checksum_type, checksum, sum(part.size for part in parts))
    found = Object(
        bucket=bucket,
        key=key,
        blob_id=ctx.blobs.new_id(),
        size=sum(part.size for part in parts),
        etag=checksums.composite_etag(part.etag for part in parts),
        modified_at=ctx.now().replace(microsecond=0),
        content_type=upload.content_type,
        headers=upload.headers,
        metadata=upload.metadata,
        tags=upload.tags,
        checksums=checksum,
        checksum_type=checksum_type,
        part_sizes=tuple(part.size for part in parts),
        storage_class=upload.storage_class,
        owner_id=upload.owner_id,
        acl=upload.acl,
        grants=upload.grants,
        encryption=upload.encryption,
        kms_key_id=upload.kms_key_id,
        kms_context=upload.kms_context,
        bucket_key=upload.bucket_key,
    )

    def forget_upload(tx: Tx) -> None:
        find_upload(tx, bucket, key, upload_id)
        if {part.number: part for part in tx.uploads.remove(upload_id)} != uploaded:
            raise errors.invalid_part(upload_id, parts[0].number, parts[0].etag)

    with put_together(ctx, found, upload_id, parts):
        publish(ctx, request, found, forget_upload)
    remove_parts(ctx, upload_id, uploaded.values())
    result: s3.CompleteMultipartUploadOutput = {
        "Location": f"{'https' if ctx.secure else 'http'}://{ctx.host}/{bucket}/{quote(key)}",
        "Bucket": bucket,
        "Key": key,
        "ETag": quoted(found.etag),
        "ChecksumType": checksum_type,
    }
    result |= cast(s3.CompleteMultipartUploadOutput, shown(found))
    return checksums.beside(result, checksum)


def chosen(upload: Upload, uploaded: Mapping[int, Part], listed: s3.CompletedPart) -> Part:
    """Get the part that the client lists; raises InvalidPart if it was not uploaded like that."""
    number, etag = listed["PartNumber"], listed.get("ETag", "").strip('"')
    part = uploaded.get(number)
    if part is None or part.etag != etag:
        raise errors.invalid_part(upload.id, number, etag)
    members = cast(Mapping[str, str], listed)
    for name, text in part.checksums.items():
        if members.get(ALGORITHMS[name].member, text) != text:
            raise errors.invalid_part(upload.id, number, etag)
    if upload.checksum_type == COMPOSITE:
        for name in part.checksums:
            if ALGORITHMS[name].member not in members:
                raise errors.missing_part_checksum(name, number)
    return part


def check_sizes(parts: Sequence[Part]) -> None:
    """Raise EntityTooSmall for a part, EntityTooLarge for the whole."""
    for part in parts[:-1]:
        if part.size < SMALLEST:
            raise errors.entity_too_small(part.size, SMALLEST, part.number, part.etag)
    if (size := sum(part.size for part in parts)) > LARGEST:
        raise errors.entity_too_large(size, LARGEST)


def whole_checksum(upload: Upload, parts: Sequence[Part]) -> tuple[str, dict[str, str]]:
    """Give the type and the checksum of the whole, made from those of the parts."""
    name = upload.checksum_algorithm or checksums.DEFAULT.name
    algorithm = ALGORITHMS[name]
    if upload.checksum_type == COMPOSITE:
        return COMPOSITE, {
            name: checksums.composite(algorithm, (part.checksums[name] for part in parts))
        }
    sizes = ((part.checksums[name], part.size) for part in parts)
    return FULL_OBJECT, {name: checksums.combined(algorithm, sizes)}


def check_claims(
    request: s3.CompleteMultipartUploadRequest,
    checksum_type: str,
    computed: Mapping[str, str],
    size: int,
) -> None:
    """Compare what the client says of the whole with what came out."""
    if request.get("ChecksumType", checksum_type) != checksum_type:
        raise errors.checksum_type_mismatch(checksum_type, request["ChecksumType"])
    if request.get("MpuObjectSize", size) != size:
        raise errors.object_size_mismatch()
    for name, text in computed.items():
        claim = cast(Mapping[str, str], request).get(ALGORITHMS[name].member, text)
        if claim.partition("-")[0] != text.partition("-")[0]:
            raise errors.bad_checksum(name)


@contextmanager
def put_together(
    ctx: Context, found: Object, upload_id: str, parts: Sequence[Part]
) -> Iterator[None]:
    """Make the parts' bytes those of the object."""
    common = Common(ctx.blobs, upload_id, in_use=lambda: True)
    try:
        with common.holding(parts) as whole:
            if whole:
                ctx.blobs.link(upload_id, found.blob_id)
            else:
                copy_together(ctx, found, parts)
            yield
    except FileNotFoundError:  # a part was sent again, or the upload has ended, in between
        raise errors.no_such_upload(upload_id) from None


def copy_together(ctx: Context, found: Object, parts: Sequence[Part]) -> None:
    """Copy the parts' bytes one behind the other."""
    path = ctx.blobs.incoming()
    try:
        with path.open("xb") as file:
            for part in parts:
                with ctx.blobs.path(part.blob_id).open("rb") as source:
                    files.append(source.fileno(), part.offset, part.size, file.fileno())
        ctx.blobs.keep(path, found.blob_id)
    finally:
        path.unlink(missing_ok=True)
