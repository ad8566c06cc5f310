"""The parts of multipart uploads: received, or copied from an object.

A part that is sent again replaces the one with its number.
"""

import asyncio
from pathlib import Path

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors
from emulator.services.s3.buckets import find_bucket
from emulator.services.s3.checksums import ALGORITHMS, Algorithm, Claim
from emulator.services.s3.conditions import quoted
from emulator.services.s3.receiving import receiving
from emulator.shapes import s3
from state.objects import Part, Upload
from state.store import Tx

actions = Actions()

MAX_NUMBER = 10_000


def find_upload(tx: Tx, bucket: str, key: str, upload_id: str) -> Upload:
    """Get an upload under way; raises NoSuchUpload."""
    upload = tx.uploads.get(upload_id)
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


@actions
async def upload_part(ctx: Context, request: s3.UploadPartRequest) -> s3.UploadPartOutput:
    """Keep a part, whole or not at all."""
    number = check_part_number(request["PartNumber"])
    claim = checksums.claimed(request, ctx.headers)
    md5 = checksums.claimed_md5(request)

    def look() -> Upload:
        with ctx.store.read() as tx:
            find_bucket(tx, ctx, request["Bucket"], request.get("ExpectedBucketOwner"))
            return find_upload(tx, request["Bucket"], request["Key"], request["UploadId"])

    upload = await asyncio.to_thread(look)
    algorithms = part_algorithms(upload, claim)
    async with receiving(ctx.blobs, request["Body"], algorithms, claim, md5) as received:
        part = Part(
            upload_id=upload.id,
            number=number,
            blob_id=ctx.blobs.new_id(),
            size=received.size,
            etag=received.etag,
            modified_at=ctx.now().replace(microsecond=0),
            checksums=received.kept(algorithms),
        )
        await asyncio.to_thread(keep_part, ctx, upload, part, received.path)
    result: s3.UploadPartOutput = {"ETag": quoted(part.etag)}
    return checksums.beside(result, part.checksums)


def keep_part(ctx: Context, upload: Upload, part: Part, path: Path) -> None:
    """Make a file a part of an upload, unless the upload has ended meanwhile."""
    ctx.blobs.keep(path, part.blob_id)
    try:
        with ctx.store.begin() as tx:
            find_upload(tx, upload.bucket, upload.key, upload.id)
            replaced = tx.uploads.put_part(part)
    except BaseException:
        ctx.blobs.remove(part.blob_id)
        raise
    if replaced is not None:
        ctx.blobs.remove(replaced.blob_id)
