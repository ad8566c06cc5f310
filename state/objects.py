"""Buckets, objects and multipart uploads: what S3 keeps."""

from datetime import datetime
from typing import Literal

from state.partitions import partition_of
from state.values import Frozen

Ownership = Literal["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"]
Permission = Literal["READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"]


class Grant(Frozen):
    """One line of an access control list."""

    grantee: str  # the canonical id of an account, or the URI of a group
    permission: Permission


class PublicAccessBlock(Frozen):
    """What keeps a bucket from the public, whatever its policy and lists say."""

    block_acls: bool = True  # nobody can set a list that is public
    ignore_acls: bool = True  # one that is there counts for nothing
    block_policy: bool = True  # nobody can set a policy that is public
    restrict: bool = True  # with one that is there, the owner's account alone comes in


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
    policy: str | None = None  # as the client wrote it
    grants: tuple[Grant, ...] | None = None  # its access control list; None: the owner's alone
    ownership: Ownership | None = "BucketOwnerEnforced"  # None, once deleted: as ObjectWriter
    public_access_block: PublicAccessBlock | None = PublicAccessBlock()

    @property
    def arn(self) -> str:
        """The bucket's ARN, which does not say where it is but for the partition."""
        return f"arn:{partition_of(self.region)}:s3:::{self.name}"


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
    acl: str = "private"  # the canned list that it was written with
    grants: tuple[Grant, ...] | None = None  # its list where that was no canned one
    encryption: str = "AES256"  # or aws:kms, …
    kms_key_id: str | None = None  # the ARN
    kms_context: dict[str, str] = {}  # the encryption context, as far as the client gave it
    bucket_key: bool = False


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
    owner_id: str | None = None  # as of the object that it becomes, and so are these
    acl: str = "private"
    grants: tuple[Grant, ...] | None = None
    encryption: str = "AES256"
    kms_key_id: str | None = None
    kms_context: dict[str, str] = {}
    bucket_key: bool = False
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
