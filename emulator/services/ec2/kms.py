"""The KMS key that a disk is encrypted with: it must be there and enabled when it is asked for.

Encrypted, or encryption by default    KmsKeyId, else the account's default key,
                                       else alias/aws/ebs, which is made when first needed
neither                                none; KmsKeyId alone is refused
"""

from typing import TYPE_CHECKING

from emulator.context import Context
from emulator.key_names import KeyName, key_name
from emulator.protocol import regions
from emulator.rights.keys import OPENING, SEALING, may
from emulator.services.ec2 import errors, task_errors
from state.store import Tx

if TYPE_CHECKING:
    from state.keys import Key
    from state.snapshots import Snapshot

DEFAULT = "alias/aws/ebs"


def key_arn(ctx: Context, tx: Tx, key: str | None, encrypted: bool | None) -> str | None:
    """Return the ARN of the key to encrypt with, None if there is nothing to encrypt.

    Raises InvalidParameterDependency for a key without Encrypted, and InvalidParameterValue for
    what is no key of this account and Region that EBS may use now.
    """
    settings = tx.accounts.get(ctx.account_id, ctx.region)
    if not encrypted and not settings.ebs_encryption:
        if key is not None:
            raise errors.requires("KmsKeyId", "Encrypted")
        return None
    return usable_key(ctx, tx, key or settings.ebs_key or DEFAULT).arn


def usable_key(ctx: Context, tx: Tx, key: str) -> "Key":
    """Return a key of this account and Region that EBS may use now; InvalidParameterValue."""
    name = key_name(key, ctx.account_id, ctx.region)
    if name is None or (name.account_id, name.region) != (ctx.account_id, ctx.region):
        raise task_errors.key_not_accessible()
    found = default_key(ctx, tx) if name.alias == DEFAULT else existing(ctx, tx, name)
    if found is None or found.state != "Enabled" or not may(ctx, tx, found, SEALING):
        raise task_errors.key_not_accessible()
    return found


def existing(ctx: Context, tx: Tx, name: KeyName) -> "Key | None":
    """Find a key of the account by its id or alias; not one that AWS manages for S3."""
    key_id = name.key_id
    if name.alias is not None:
        alias = tx.aliases.get(ctx.account_id, ctx.region, name.alias)
        key_id = None if alias is None else alias.key_id
    found = None if key_id is None else tx.keys.get(key_id, ctx.now())
    if found is None or (found.account_id, found.region) != (ctx.account_id, ctx.region):
        return None
    if found.managed and found != default_key(ctx, tx):
        return None
    return found


def default_key(ctx: Context, tx: Tx) -> "Key":
    """Return the key that EBS uses where none is named; it is made when it is first needed."""
    from state.managed_keys import managed_key  # with the ciphers, which few servers need

    partition = regions.partition(ctx.region)
    return managed_key(tx, ctx.account_id, ctx.region, DEFAULT, partition, ctx.now())


def is_default(ctx: Context, tx: Tx, arn: str | None) -> bool:
    """Tell whether a key is the one that EBS uses where none is named."""
    if arn is None:
        return False
    if arn.endswith(f":{DEFAULT}"):  # in databases from before there was a KMS
        return True
    key = tx.keys.get(arn.rpartition("/")[2], ctx.now())
    return key is not None and key.managed


def check_opens(ctx: Context, tx: Tx, snapshot: "Snapshot") -> None:
    """Refuse to read an encrypted snapshot whose key can't be used now; InvalidParameterValue."""
    if snapshot.sealed is not None and not opens(ctx, tx, snapshot):
        raise task_errors.key_not_accessible()


def opens(ctx: Context, tx: Tx, snapshot: "Snapshot") -> bool:
    """Tell whether an encrypted snapshot can be opened now, and by whoever asks."""
    from state import disk_keys  # with the ciphers, which few servers need

    assert snapshot.kms_key_id, "an encrypted snapshot has a key"
    try:
        key = disk_keys.usable(tx, snapshot.kms_key_id, ctx.now())
    except disk_keys.KeyUnusable:
        return False
    return may(ctx, tx, key, OPENING, {disk_keys.CONTEXT: snapshot.id})


def resealed(ctx: Context, tx: Tx, source: "Snapshot", to_key_arn: str, to_id: str) -> str | None:
    """Return the passphrase of an encrypted snapshot, sealed for what shares its bytes.

    None if the snapshot can't be opened now, or the other key can't be used.
    """
    from state import disk_keys  # with the ciphers, which few servers need

    assert source.sealed, "a sealed snapshot"
    assert source.kms_key_id, "an encrypted snapshot has a key"
    if not opens(ctx, tx, source):
        return None
    try:
        return disk_keys.resealed(
            tx,
            source.sealed,
            source.kms_key_id,
            source.id,
            to_key_arn=to_key_arn,
            to_resource_id=to_id,
            now=ctx.now(),
        )
    except disk_keys.KeyUnusable:
        return None
