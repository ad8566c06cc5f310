"""The parts of multipart uploads: received, or copied from an object.

A part that is sent again replaces the one with its number. Its bytes are elsewhere then, since
those of the old one must stay until the new one is whole.
"""

import asyncio
from collections.abc import Iterable
from typing import cast

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, object_encryption
from emulator.services.s3.checksums import ALGORITHMS, Algorithm, Claim
from emulator.services.s3.conditions import quoted
from emulator.services.s3.places import Arrival, Common, Place
from emulator.services.s3.receiving import check_size, receiving
from emulator.services.s3.rights import bucket_for
from emulator.shapes import s3
from state.objects import Part, Upload
from state.store import Tx

actions = Actions()

MAX_NUMBER = 10_000


def find_upload(tx: Tx, bucket: str, key: str, upload_id: str) -> Upload:
    """Get an upload under way; raises NoSuchUpload."""
    upload = tx.uploads.get(upload_id) if upload_id.isalnum() else None
    if upload is None or (upload.bucket, upload.key) != (bucket, key):
        raise errors.no_such_upload(upload_id)
    return upload


def check_part_number(number: int) -> int:
    """Give back the number that a part may have; raises InvalidArgument."""
    if not 1 <= number <= MAX_NUMBER:
        raise errors.invalid_argument(
            f"Part number must be an integer between 1 and {MAX_NUMBER}, inclusive",
            "partNumber",
            str(number),
        )
    return number


def part_algorithms(upload: Upload, claim: Claim | None) -> list[Algorithm]:
    """Decide which checksums of a part are needed; raises InvalidRequest if the claim is another.

    An upload that names none gets the default at its end, and what a part claims is checked too.
    """
    if upload.checksum_algorithm is None:
        claimed = [claim.algorithm] if claim else []
        return [checksums.DEFAULT, *(each for each in claimed if each is not checksums.DEFAULT)]
    if claim and claim.algorithm.name != upload.checksum_algorithm:
        raise errors.checksum_type_mismatch(upload.checksum_algorithm, claim.algorithm.name)
    return [ALGORITHMS[upload.checksum_algorithm]]


def begin_part(
    ctx: Context, request: s3.UploadPartRequest | s3.UploadPartCopyRequest, size: int | None
) -> Upload:
    """Get the upload that a part is for; the first part to come decides how far apart they lie."""
    at = request["Bucket"], request["Key"], request["UploadId"]
    with ctx.store.read() as tx:
        bucket_for(tx, ctx, request, "s3:PutObject")
        upload = find_upload(tx, *at)
    if "SSECustomerAlgorithm" in request:
        raise errors.upload_has_no_customer_key()
    if upload.part_size is None and size:
        with ctx.store.begin() as tx:
            upload = find_upload(tx, *at)
            if upload.part_size is None:
                upload = upload.model_copy(update={"part_size": size})
                tx.uploads.replace(upload)
    return upload


def place_for(ctx: Context, upload: Upload, number: int, size: int | None) -> Place:
    """Find a place for the bytes of a part: its slot of the common file, or a file of its own."""

    def in_use() -> bool:
        with ctx.store.read() as tx:
            return any(part.blob_id == upload.id for part in tx.uploads.parts(upload.id))

    def free() -> bool:
        with ctx.store.read() as tx:
            if tx.uploads.get(upload.id) is None:
                common.path.unlink(missing_ok=True)
                raise errors.no_such_upload(upload.id)
            part = tx.uploads.part(upload.id, number)
        return part is None or part.blob_id != upload.id

    common = Common(ctx.blobs, upload.id, in_use)
    if size and upload.part_size and size <= upload.part_size:
        slot = common.slot((number - 1) * upload.part_size, upload.part_size, free)
        if slot is not None:
            return slot
    return Arrival(ctx.blobs)


@actions
async def upload_part(ctx: Context, request: s3.UploadPartRequest) -> s3.UploadPartOutput:
    """Keep a part, whole or not at all."""
    number, body = check_part_number(request["PartNumber"]), request["Body"]
    claim = checksums.claimed(request, ctx.headers)
    md5 = checksums.claimed_md5(request)
    check_size(body)
    upload = await asyncio.to_thread(begin_part, ctx, request, body.length)
    algorithms = part_algorithms(upload, claim)
    place = await asyncio.to_thread(place_for, ctx, upload, number, body.length)
    async with receiving(place, body, algorithms, claim, md5) as received:
        part = Part(
            upload_id=upload.id,
            number=number,
            blob_id=place.blob_id,
            offset=place.offset,
            size=received.size,
            etag=received.etag,
            modified_at=ctx.now().replace(microsecond=0),
            checksums=received.kept(algorithms),
        )
        await asyncio.to_thread(keep_part, ctx, upload, part, place)
    result: s3.UploadPartOutput = {"ETag": quoted(part.etag)}
    result |= cast(s3.UploadPartOutput, object_encryption.shown(upload))
    return checksums.beside(result, part.checksums)


def keep_part(ctx: Context, upload: Upload, part: Part, place: Place) -> None:
    """Make the bytes at a place a part of an upload, unless the upload has ended meanwhile."""
    place.keep()
    try:
        with ctx.store.begin() as tx:
            find_upload(tx, upload.bucket, upload.key, upload.id)
            replaced = tx.uploads.put_part(part)
    except BaseException:
        place.remove()
        raise
    if replaced is not None and replaced.blob_id != upload.id:
        ctx.blobs.remove(replaced.blob_id)


def remove_parts(ctx: Context, upload_id: str, parts: Iterable[Part]) -> None:
    """Remove the bytes of an upload that has ended."""
    for blob_id in {upload_id, *(part.blob_id for part in parts)}:
        ctx.blobs.remove(blob_id)
