"""The KMS key that an encrypted snapshot is shown with.

There is no KMS yet: every key of the right account and Region counts as there and enabled, and
bytes are kept as they are.
"""

import re

from emulator.context import Context
from emulator.protocol import regions
from emulator.services.ec2 import errors, task_errors

KEY_ID = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}"
)
ALIAS = re.compile(r"alias/[A-Za-z0-9/_-]{1,250}")
ARN = re.compile(r"arn:[a-z-]+:kms:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):(?P<key>.+)")

DEFAULT = "alias/aws/ebs"


def key_arn(ctx: Context, key: str | None, encrypted: bool | None) -> str | None:
    """Return the ARN of the key to encrypt with, None if there is nothing to encrypt.

    Raises InvalidParameterDependency for a key without Encrypted, and
    InvalidParameterValue for what cannot be a key of this account and Region.
    """
    if not encrypted:
        if key is not None:
            raise errors.requires("KmsKeyId", "Encrypted")
        return None
    key = key or DEFAULT
    if arn := ARN.fullmatch(key):
        if (arn["account"], arn["region"]) != (ctx.account_id, ctx.region):
            raise task_errors.key_not_accessible()
        key = arn["key"].removeprefix("key/")
    if KEY_ID.fullmatch(key):
        key = f"key/{key}"
    elif not ALIAS.fullmatch(key):
        raise task_errors.key_not_accessible()
    partition = regions.partition(ctx.region)
    return f"arn:{partition}:kms:{ctx.region}:{ctx.account_id}:{key}"


def is_default(arn: str | None) -> bool:
    """Tell whether a key is the one that EBS uses where none is named."""
    return arn is not None and arn.endswith(f":{DEFAULT}")
