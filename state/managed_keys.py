"""Keys that AWS manages: one for each service of an account and Region, made when first needed."""

import json
from datetime import datetime
from typing import Final
from uuid import uuid4

from state.keys import Alias, Key
from state.sealing import new_material
from state.store import Duplicate, Tx

# alias → service, what it is for
SERVICES: Final = {
    "alias/aws/ebs": ("ec2", "EBS volumes"),
    "alias/aws/s3": ("s3", "S3 objects"),
}


def managed_key(
    tx: Tx, account_id: str, region: str, name: str, partition: str, now: datetime
) -> Key:
    """Return the key that one of the aliases above names; it is made if there is none yet."""
    alias = tx.aliases.get(account_id, region, name)
    if alias is not None and (known := tx.keys.get(alias.key_id, now)) is not None:
        return known
    service, protected = SERVICES[name]
    key_id = str(uuid4())
    key = Key(
        id=key_id,
        arn=f"arn:{partition}:kms:{region}:{account_id}:key/{key_id}",
        account_id=account_id,
        region=region,
        created_at=now,
        description=f"Default key that protects my {protected} when no other key is defined",
        policy=policy(name, service, account_id, region, partition),
        managed=True,
    )
    alias = Alias(
        account_id=account_id,
        region=region,
        name=name,
        key_id=key_id,
        created_at=now,
        updated_at=now,
    )
    tx.keys.create(key, new_material())
    try:
        tx.aliases.add(alias)
    except Duplicate:  # another host was first, and has committed by now
        tx.keys.remove(key.id)
        return managed_key(tx, account_id, region, name, partition, now)
    return key


def policy(name: str, service: str, account_id: str, region: str, partition: str) -> str:
    """Write the policy of a managed key: the account may use it through the service alone."""
    short = name.rpartition("/")[2]
    through = {
        "kms:CallerAccount": account_id,
        "kms:ViaService": f"{service}.{region}.amazonaws.com",
    }
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"]
    document = {
        "Version": "2012-10-17",
        "Id": f"auto-{short}-2",
        "Statement": [
            {
                "Sid": f"Allow access through {short.upper()} for all principals in the account "
                f"that are authorized to use {short.upper()}",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": [*use, "kms:CreateGrant", "kms:DescribeKey"],
                "Resource": "*",
                "Condition": {"StringEquals": through},
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
                "Resource": "*",
            },
        ],
    }
    return json.dumps(document, indent=2, separators=(",", " : "))
