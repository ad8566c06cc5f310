"""Multipart uploads: how they begin, are given up, and what they have so far.

CreateMultipartUpload ─► UploadPart, UploadPartCopy … ─► CompleteMultipartUpload ─► an object
                                                    └─► AbortMultipartUpload    ─► nothing
"""

import secrets
from typing import cast

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import checksums, errors, metadata
from emulator.services.s3.buckets import owner
from emulator.services.s3.conditions import quoted
from emulator.services.s3.object_encryption import shown_to_writer
from emulator.services.s3.objects import accepted, actions_of, check_key
from emulator.services.s3.pages import entries
from emulator.services.s3.parts import find_upload, remove_parts
from emulator.services.s3.rights import account_of, bucket_for
from emulator.shapes import s3
from state.objects import Part, Upload
from state.store import Tx

actions = Actions()


@actions
def create_multipart_upload(
    ctx: Context, request: s3.CreateMultipartUploadRequest
) -> s3.CreateMultipartUploadOutput:
    """Begin an upload."""
    bucket, key = request["Bucket"], check_key(request["Key"])
    sent = metadata.sent(request)
    algorithm, checksum_type = upload_checksum(
        request.get("ChecksumAlgorithm"), request.get("ChecksumType")
    )
    upload = Upload(
        id=secrets.token_hex(32),  # also the id of the blob that holds its parts
        bucket=bucket,
        key=key,
        account_id=account_of(ctx),
        started_at=ctx.now().replace(microsecond=0),
        content_type=sent.content_type,
        headers=sent.headers,
        metadata=sent.metadata,
        tags=sent.tags,
        checksum_algorithm=algorithm,
        checksum_type=checksum_type,
        storage_class=sent.storage_class,
    ).model_copy(update=accepted(ctx, request))
    with ctx.store.begin() as tx:
        bucket_for(tx, ctx, request, *actions_of(request))
        tx.uploads.add(upload)
    result: s3.CreateMultipartUploadOutput = {"Bucket": bucket, "Key": key, "UploadId": upload.id}
    if algorithm and checksum_type:
        result |= {"ChecksumAlgorithm": algorithm, "ChecksumType": checksum_type}
    return {**result, **cast(s3.CreateMultipartUploadOutput, shown_to_writer(upload))}


def upload_checksum(name: str | None, checksum_type: str | None) -> tuple[str | None, str | None]:
    """Decide an upload's checksum from what was asked for; raises InvalidRequest."""
    if name is None:
        if checksum_type is not None:
            raise errors.checksum_type_without_algorithm()
        return None, None
    algorithm = checksums.algorithm_named(name)
    wanted = (checksum_type or algorithm.types[0]).upper()
    if wanted not in algorithm.types:
        raise errors.checksum_type_impossible(wanted, algorithm.name)
    return algorithm.name, wanted


@actions
def abort_multipart_upload(
    ctx: Context, request: s3.AbortMultipartUploadRequest
) -> s3.AbortMultipartUploadOutput:
    """Give up an upload; its parts are removed."""
    with ctx.store.begin() as tx:
        began = initiator(tx, request["UploadId"])
        bucket_for(tx, ctx, request, "s3:AbortMultipartUpload", initiator=began)
        upload = find_upload(tx, request["Bucket"], request["Key"], request["UploadId"])
        left = tx.uploads.remove(upload.id)
    remove_parts(ctx, upload.id, left)
    return {}


def initiator(tx: Tx, upload_id: str) -> str | None:
    """Name the account that began an upload, if there is one."""
    upload = tx.uploads.get(upload_id) if upload_id.isalnum() else None
    return None if upload is None else upload.account_id


@actions
def list_parts(ctx: Context, request: s3.ListPartsRequest) -> s3.ListPartsOutput:
    """List an upload's parts by number."""
    limit = entries("max-parts", request.get("MaxParts"))
    after = request.get("PartNumberMarker", 0)
    with ctx.store.read() as tx:
        began = initiator(tx, request["UploadId"])
        bucket = bucket_for(tx, ctx, request, "s3:ListMultipartUploadParts", initiator=began)
        upload = find_upload(tx, request["Bucket"], request["Key"], request["UploadId"])
        parts = [part for part in tx.uploads.parts(upload.id) if part.number > after]
    shown = parts[:limit]
    result: s3.ListPartsOutput = {
        "Bucket": upload.bucket,
        "Key": upload.key,
        "UploadId": upload.id,
        "PartNumberMarker": after,
        "NextPartNumberMarker": shown[-1].number if shown else 0,
        "MaxParts": limit,
        "IsTruncated": limit > 0 and len(parts) > limit,
        "Parts": [part_shape(part) for part in shown],
        "Initiator": {"ID": owner(upload.account_id)["ID"]},
        "Owner": owner(upload.owner_id or bucket.account_id),
        "StorageClass": upload.storage_class,
    }
    if upload.checksum_algorithm and upload.checksum_type:
        result["ChecksumAlgorithm"] = upload.checksum_algorithm
        result["ChecksumType"] = upload.checksum_type
    return result


def part_shape(part: Part) -> s3.Part:
    """Show a part in a list."""
    shape: s3.Part = {
        "PartNumber": part.number,
        "LastModified": part.modified_at,
        "ETag": quoted(part.etag),
        "Size": part.size,
    }
    return checksums.beside(shape, part.checksums)
