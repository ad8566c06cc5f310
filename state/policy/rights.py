"""The rights that tasks need, as the guide lists them for the service role.

| on                       | actions                                                               |
|--------------------------|-----------------------------------------------------------------------|
| the bucket of an import  | s3:GetBucketLocation, s3:ListBucket; s3:GetObject on the objects      |
| the bucket of an export  | the same, s3:GetBucketAcl; s3:PutObject on what is written            |
| snapshots and images     | ec2:ModifySnapshotAttribute, CopySnapshot, RegisterImage, Describe*   |
| a KMS key                | kms:CreateGrant, Decrypt, DescribeKey, Encrypt, GenerateDataKey*,     |
|                          | ReEncrypt*                                                            |
| licence configurations   | license-manager:GetLicenseConfiguration,                              |
|                          | UpdateLicenseSpecificationsForResource,                               |
|                          | ListLicenseSpecificationsForResource                                  |

A snapshot or image that is still to be made is asked for as EC2 does, by `…/*`. Assumed: which
rights a kind of task needs, and which actions stand for those with a star. Rights on keys are asked
for with what the key has to say: `Right.policies`, `context` and `grant` come from who knows it.

https://docs.aws.amazon.com/vm-import/latest/userguide/required-permissions.html
"""

from collections.abc import Iterable, Iterator
from typing import Final

from state.policy.evaluation import Policy
from state.policy.service_role import Right

OF_KEYS: Final = (
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
OF_LICENCES: Final = (
    "license-manager:GetLicenseConfiguration",
    "license-manager:UpdateLicenseSpecificationsForResource",
    "license-manager:ListLicenseSpecificationsForResource",
)


def to_read(
    bucket: str,
    keys: Iterable[str] = (),
    owner: str | None = None,
    policies: tuple[Policy, ...] = (),
    *,
    partition: str,
) -> Iterator[Right]:
    """The rights to read objects of a bucket, whose owner and policies those are."""
    arn = f"arn:{partition}:s3:::{bucket}"
    for action in "s3:GetBucketLocation", "s3:ListBucket":
        yield Right(action, arn, owner, policies)
    for key in keys:
        yield Right("s3:GetObject", f"{arn}/{key}", owner, policies)


def to_write(
    bucket: str,
    key: str,
    owner: str | None = None,
    policies: tuple[Policy, ...] = (),
    *,
    partition: str,
) -> Iterator[Right]:
    """The rights to write an object of a bucket, as an export does."""
    yield from to_read(bucket, [], owner, policies, partition=partition)
    arn = f"arn:{partition}:s3:::{bucket}"
    yield Right("s3:GetBucketAcl", arn, owner, policies)
    yield Right("s3:PutObject", f"{arn}/{key}", owner, policies)


def to_make_snapshots(region: str, partition: str) -> Iterator[Right]:
    """The rights to make snapshots."""
    yield Right("ec2:DescribeSnapshots", "*")
    for action in "ec2:ModifySnapshotAttribute", "ec2:CopySnapshot":
        yield Right(action, f"arn:{partition}:ec2:{region}::snapshot/*")


def to_make_images(region: str, partition: str) -> Iterator[Right]:
    """The rights to make images of snapshots."""
    yield from to_make_snapshots(region, partition)
    yield Right("ec2:DescribeImages", "*")
    yield Right("ec2:RegisterImage", f"arn:{partition}:ec2:{region}::image/*")


def to_hand_over(snapshot_ids: Iterable[str], region: str, partition: str) -> Iterator[Right]:
    """The rights to let the service have what snapshots hold."""
    yield Right("ec2:DescribeSnapshots", "*")
    for snapshot_id in snapshot_ids:
        arn = f"arn:{partition}:ec2:{region}::snapshot/{snapshot_id}"
        yield Right("ec2:ModifySnapshotAttribute", arn)


def to_use_key(arn: str, owner: str | None = None) -> Iterator[Right]:
    """The rights to encrypt with a key."""
    for action in OF_KEYS:
        yield Right(action, arn, owner, resource_decides=True)


def to_decrypt(arn: str, owner: str | None = None) -> Iterator[Right]:
    """The right to read an object that a key encrypts."""
    yield Right("kms:Decrypt", arn, owner, resource_decides=True)


def to_use_licences(arns: Iterable[str]) -> Iterator[Right]:
    """The rights on licence configurations."""
    for arn in arns:
        for action in OF_LICENCES:
            yield Right(action, arn)
