"""Buckets, objects and multipart uploads: what S3 keeps."""

from datetime import datetime

from state.values import Frozen


class Bucket(Frozen):
    """A bucket; names are unique over all accounts and Regions."""

    name: str
    account_id: str
    region: str
    created_at: datetime
    tags: dict[str, str] = {}
    encryption: str = "AES256"  # of new objects, where nothing else is asked for; or aws:kms, …
    kms_key_id: str | None = None  # with aws:kms
    bucket_key: bool = False


class Object(Frozen):
    """An object; its bytes are a blob, its metadata what the client sent along."""

    bucket: str
    key: str
    blob_id: str
    size: int  # bytes
    etag: str  # without quotes: an MD5, or MD5-of-MD5s with "-N"
    modified_at: datetime
    content_type: str = "binary/octet-stream"
    headers: dict[str, str] = {}  # Cache-Control, Content-Disposition, Content-Encoding, …
    metadata: dict[str, str] = {}  # x-amz-meta-*
    tags: dict[str, str] = {}
    checksums: dict[str, str] = {}  # "CRC32": base64, composite ones end in "-N"
    checksum_type: str | None = None  # FULL_OBJECT or COMPOSITE
    part_sizes: tuple[int, ...] = ()  # bytes of each part, when it was a multipart upload
    storage_class: str = "STANDARD"
    owner_id: str | None = None  # the account that wrote it; None: the bucket's
    acl: str = "private"  # the canned one that it was written with


class Upload(Frozen):
    """A multipart upload that is under way."""

    id: str
    bucket: str
    key: str
    account_id: str
    started_at: datetime
    content_type: str = "binary/octet-stream"
    headers: dict[str, str] = {}
    metadata: dict[str, str] = {}
    tags: dict[str, str] = {}
    checksum_algorithm: str | None = None
    checksum_type: str | None = None
    storage_class: str = "STANDARD"
    part_size: int | None = None  # bytes: how far apart parts are in the blob of the upload's id


class Part(Frozen):
    """One part of a multipart upload; its bytes are a blob, or a stretch of one."""

    upload_id: str
    number: int
    blob_id: str
    offset: int = 0  # where in the blob it begins
    size: int  # bytes
    etag: str
    modified_at: datetime
    checksums: dict[str, str] = {}
