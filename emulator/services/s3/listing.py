"""The lists: ListObjects, ListObjectsV2, ListMultipartUploads.

A continuation token is the last entry of a page in base64: it stays good whatever comes and goes.
Owners are shown as their canonical user ids alone.
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from urllib.parse import quote_plus

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors
from emulator.services.s3.buckets import owner
from emulator.services.s3.conditions import quoted
from emulator.services.s3.pages import Page, Walk, beyond_prefix, entries, resumed
from emulator.services.s3.rights import bucket_for
from emulator.shapes import s3
from state.acls import object_owner
from state.objects import Bucket, Object, Upload

actions = Actions()

Spelling = Callable[[str], str]


@actions
def list_objects(ctx: Context, request: s3.ListObjectsRequest) -> s3.ListObjectsOutput:
    """List a bucket's objects behind a marker."""
    spelled = spelling(request.get("EncodingType"))
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    marker = request.get("Marker", "")
    limit = entries("max-keys", request.get("MaxKeys"))
    bucket, page = object_page(ctx, request, marker, limit)
    result: s3.ListObjectsOutput = {
        "Name": bucket.name,
        "Prefix": spelled(prefix),
        "Marker": spelled(marker),
        "MaxKeys": limit,
        "IsTruncated": page.truncated,
        "Contents": [object_shape(found, spelled, bucket) for found in page.items],
        "CommonPrefixes": prefix_shapes(page.prefixes, spelled),
    }
    if delimiter:
        result["Delimiter"] = spelled(delimiter)
        if page.truncated:  # without a delimiter the client takes the last key
            result["NextMarker"] = spelled(last_key(page))
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    return result


@actions.named("ListObjectsV2")
def list_objects_v2(ctx: Context, request: s3.ListObjectsV2Request) -> s3.ListObjectsV2Output:
    """List a bucket's objects behind a key, or where the last page ended."""
    spelled = spelling(request.get("EncodingType"))
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    token, start = request.get("ContinuationToken"), request.get("StartAfter", "")
    limit = entries("max-keys", request.get("MaxKeys"))
    after = start if token is None else continued(token)
    bucket, page = object_page(ctx, request, after, limit)
    shown_owner = bucket if request.get("FetchOwner") else None
    result: s3.ListObjectsV2Output = {
        "Name": bucket.name,
        "Prefix": spelled(prefix),
        "MaxKeys": limit,
        "KeyCount": len(page),
        "IsTruncated": page.truncated,
        "Contents": [object_shape(found, spelled, shown_owner) for found in page.items],
        "CommonPrefixes": prefix_shapes(page.prefixes, spelled),
    }
    if delimiter:
        result["Delimiter"] = spelled(delimiter)
    if token is not None:
        result["ContinuationToken"] = token
    if start:
        result["StartAfter"] = spelled(start)
    if page.truncated:
        result["NextContinuationToken"] = continuation(last_key(page))
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    return result


def object_page(
    ctx: Context,
    request: s3.ListObjectsRequest | s3.ListObjectsV2Request,
    after: str,
    limit: int,
) -> tuple[Bucket, Page[Object]]:
    """Get a bucket and a page of its objects behind a key or a common prefix."""
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:ListBucket")
        walk: Walk[Object, str] = Walk(
            fetch=lambda place, count: tx.objects.list(
                bucket.name, prefix=prefix, after=place, limit=count
            ),
            key=lambda found: found.key,
            place=lambda found: found.key,
            beyond=beyond_prefix,
        )
        return bucket, walk.page(prefix, delimiter, resumed(after, prefix, delimiter), limit)


def object_shape(found: Object, spelled: Spelling, bucket: Bucket | None) -> s3.Object:
    """Show an object in a list, with its owner if its bucket is given."""
    shape: s3.Object = {
        "Key": spelled(found.key),
        "LastModified": found.modified_at,
        "ETag": quoted(found.etag),
        "Size": found.size,
        "StorageClass": found.storage_class,
    }
    if found.checksums and found.checksum_type:
        shape["ChecksumAlgorithm"] = list(found.checksums)
        shape["ChecksumType"] = found.checksum_type
    if bucket is not None:
        shape["Owner"] = owner(object_owner(bucket, found))
    return shape


def prefix_shapes(prefixes: Sequence[str], spelled: Spelling) -> list[s3.CommonPrefix]:
    """Show common prefixes."""
    return [{"Prefix": spelled(prefix)} for prefix in prefixes]


def last_key(page: Page[Object]) -> str:
    """Give the key or the common prefix that a page ends with."""
    assert page.last is not None, "a page with nothing on it is never truncated"
    return page.last if isinstance(page.last, str) else page.last.key


def spelling(encoding: str | None) -> Spelling:
    """Give the way keys are written; raises InvalidArgument."""
    if encoding is None:
        return lambda text: text
    if encoding != "url":
        raise errors.invalid_argument(
            "Invalid Encoding Method specified in Request", "encoding-type", encoding
        )
    return lambda text: quote_plus(text, safe="/*")


def continuation(last: str) -> str:
    """Write a continuation token."""
    return base64.urlsafe_b64encode(b"1" + last.encode()).decode()


def continued(token: str) -> str:
    """Read a continuation token; raises InvalidArgument."""
    try:
        text = base64.urlsafe_b64decode(token).decode()
    except (binascii.Error, UnicodeError, ValueError):
        text = ""
    if not text.startswith("1"):
        raise errors.invalid_argument(
            "The continuation token provided is incorrect", "continuation-token", token
        )
    return text[1:]


@actions
def list_multipart_uploads(
    ctx: Context, request: s3.ListMultipartUploadsRequest
) -> s3.ListMultipartUploadsOutput:
    """List a bucket's uploads that are under way, by key."""
    spelled = spelling(request.get("EncodingType"))
    prefix, delimiter = request.get("Prefix", ""), request.get("Delimiter", "")
    key_marker = request.get("KeyMarker", "")
    id_marker = request.get("UploadIdMarker", "") if key_marker else ""
    if id_marker and not id_marker.isalnum():
        raise errors.invalid_argument("Invalid uploadId marker", "upload-id-marker", id_marker)
    limit = entries("max-uploads", request.get("MaxUploads"))
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:ListBucketMultipartUploads")
        walk: Walk[Upload, tuple[str, str]] = Walk(
            fetch=lambda place, count: tx.uploads.list(bucket.name, prefix, place, count),
            key=lambda upload: upload.key,
            place=lambda upload: (upload.key, upload.id),
            beyond=lambda rolled: (beyond_prefix(rolled), ""),
        )
        after = resumed(key_marker, prefix, delimiter)
        page = walk.page(prefix, delimiter, (after, id_marker), limit)
    result: s3.ListMultipartUploadsOutput = {
        "Bucket": bucket.name,
        "KeyMarker": spelled(key_marker),
        "UploadIdMarker": id_marker,
        "MaxUploads": limit,
        "IsTruncated": page.truncated,
        "Uploads": [upload_shape(upload, spelled, bucket) for upload in page.items],
        "CommonPrefixes": prefix_shapes(page.prefixes, spelled),
    }
    if prefix:
        result["Prefix"] = spelled(prefix)
    if delimiter:
        result["Delimiter"] = spelled(delimiter)
    if page.truncated and page.last is not None:
        key, upload_id = (
            (page.last, "") if isinstance(page.last, str) else (page.last.key, page.last.id)
        )
        result["NextKeyMarker"] = spelled(key)
        result["NextUploadIdMarker"] = upload_id
    if "EncodingType" in request:
        result["EncodingType"] = request["EncodingType"]
    return result


def upload_shape(upload: Upload, spelled: Spelling, bucket: Bucket) -> s3.MultipartUpload:
    """Show an upload in a list."""
    shape: s3.MultipartUpload = {
        "UploadId": upload.id,
        "Key": spelled(upload.key),
        "Initiated": upload.started_at,
        "StorageClass": upload.storage_class,
        "Owner": owner(bucket.account_id),
        "Initiator": {"ID": owner(upload.account_id)["ID"]},
    }
    if upload.checksum_algorithm and upload.checksum_type:
        shape["ChecksumAlgorithm"] = upload.checksum_algorithm
        shape["ChecksumType"] = upload.checksum_type
    return shape
