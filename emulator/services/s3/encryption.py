"""The default encryption of buckets: what new objects have that nobody asks anything else for.

Whether there is a key of that name is asked when an object is written, as S3 does it.
"""

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.s3 import errors
from emulator.services.s3.rights import bucket_for
from emulator.shapes import s3

actions = Actions()

ALGORITHMS = {"AES256", "aws:kms", "aws:kms:dsse"}
CLEARED = {"encryption": "AES256", "kms_key_id": None, "bucket_key": False}  # as in a new bucket


@actions
def get_bucket_encryption(
    ctx: Context, request: s3.GetBucketEncryptionRequest
) -> s3.GetBucketEncryptionOutput:
    """Tell a bucket's default encryption; without any choice it is SSE-S3."""
    with ctx.store.read() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:GetEncryptionConfiguration")
    default: s3.ServerSideEncryptionByDefault = {"SSEAlgorithm": bucket.encryption}
    if bucket.kms_key_id is not None:
        default["KMSMasterKeyID"] = bucket.kms_key_id
    rule: s3.ServerSideEncryptionRule = {
        "ApplyServerSideEncryptionByDefault": default,
        "BucketKeyEnabled": bucket.bucket_key,
    }
    return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}


@actions
def put_bucket_encryption(
    ctx: Context, request: s3.PutBucketEncryptionRequest
) -> dict[str, object]:
    """Choose a bucket's default encryption."""
    rules = request["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise errors.malformed_xml()
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {"SSEAlgorithm": "AES256"})
    algorithm, key = default["SSEAlgorithm"], default.get("KMSMasterKeyID")
    if algorithm not in ALGORITHMS:
        raise errors.malformed_xml()
    if key is not None and algorithm == "AES256":
        raise errors.key_without_kms()
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutEncryptionConfiguration")
        chosen = {
            "encryption": algorithm,
            "kms_key_id": key,
            "bucket_key": rules[0].get("BucketKeyEnabled", False),
        }
        tx.buckets.replace(bucket.model_copy(update=chosen))
    return {}


@actions
def delete_bucket_encryption(
    ctx: Context, request: s3.DeleteBucketEncryptionRequest
) -> dict[str, object]:
    """Choose what every bucket has that nobody chooses anything for."""
    with ctx.store.begin() as tx:
        bucket = bucket_for(tx, ctx, request, "s3:PutEncryptionConfiguration")
        tx.buckets.replace(bucket.model_copy(update=CLEARED))
    return {}
