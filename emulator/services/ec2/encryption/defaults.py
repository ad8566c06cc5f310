"""EBS encryption by default, and the key for it: two settings of an account in a Region.

    encryption by default   new snapshots and volumes are encrypted, whether asked for or not:
                            imports, copies, CreateVolume. It is off at first.
    default key             is taken where a request names none; at first alias/aws/ebs

What is there already stays as it is. As in the service, the key is told by its ARN; of the one that
AWS manages there is only the alias to tell until it is first needed.
"""

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import kms
from emulator.shapes.ec2 import (
    DisableEbsEncryptionByDefaultRequest,
    DisableEbsEncryptionByDefaultResult,
    EnableEbsEncryptionByDefaultRequest,
    EnableEbsEncryptionByDefaultResult,
    GetEbsDefaultKmsKeyIdRequest,
    GetEbsDefaultKmsKeyIdResult,
    GetEbsEncryptionByDefaultRequest,
    GetEbsEncryptionByDefaultResult,
    ModifyEbsDefaultKmsKeyIdRequest,
    ModifyEbsDefaultKmsKeyIdResult,
    ResetEbsDefaultKmsKeyIdRequest,
    ResetEbsDefaultKmsKeyIdResult,
)
from state.store import Tx

actions = Actions()


@actions
def get_ebs_encryption_by_default(
    ctx: Context, request: GetEbsEncryptionByDefaultRequest
) -> GetEbsEncryptionByDefaultResult:
    """Tell whether what is new is encrypted."""
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        chosen = tx.accounts.get(ctx.account_id, ctx.region)
    return {"EbsEncryptionByDefault": chosen.ebs_encryption}


@actions
def enable_ebs_encryption_by_default(
    ctx: Context, request: EnableEbsEncryptionByDefaultRequest
) -> EnableEbsEncryptionByDefaultResult:
    """Have encrypted what is new from now on."""
    if request.get("DryRun"):
        raise dry_run()
    change(ctx, ebs_encryption=True)
    return {"EbsEncryptionByDefault": True}


@actions
def disable_ebs_encryption_by_default(
    ctx: Context, request: DisableEbsEncryptionByDefaultRequest
) -> DisableEbsEncryptionByDefaultResult:
    """Have encrypted only what is asked to be from now on."""
    if request.get("DryRun"):
        raise dry_run()
    change(ctx, ebs_encryption=False)
    return {"EbsEncryptionByDefault": False}


@actions
def get_ebs_default_kms_key_id(
    ctx: Context, request: GetEbsDefaultKmsKeyIdRequest
) -> GetEbsDefaultKmsKeyIdResult:
    """Tell which key is taken where none is named."""
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        chosen = tx.accounts.get(ctx.account_id, ctx.region).ebs_key
        return {"KmsKeyId": chosen or managed(ctx, tx)}


@actions
def modify_ebs_default_kms_key_id(
    ctx: Context, request: ModifyEbsDefaultKmsKeyIdRequest
) -> ModifyEbsDefaultKmsKeyIdResult:
    """Have another key taken where none is named; it must be usable now."""
    with ctx.store.begin() as tx:
        arn = kms.usable_key(ctx, tx, request["KmsKeyId"]).arn
        if request.get("DryRun"):
            raise dry_run()
        tx.accounts.put(
            tx.accounts.get(ctx.account_id, ctx.region).model_copy(update={"ebs_key": arn})
        )
    return {"KmsKeyId": arn}


@actions
def reset_ebs_default_kms_key_id(
    ctx: Context, request: ResetEbsDefaultKmsKeyIdRequest
) -> ResetEbsDefaultKmsKeyIdResult:
    """Have the key taken again that AWS manages."""
    if request.get("DryRun"):
        raise dry_run()
    change(ctx, ebs_key=None)
    with ctx.store.read() as tx:
        return {"KmsKeyId": managed(ctx, tx)}


def managed(ctx: Context, tx: Tx) -> str:
    """Return the key that AWS manages: its ARN, or its alias as long as nothing has needed it."""
    alias = tx.aliases.get(ctx.account_id, ctx.region, kms.DEFAULT)
    key = None if alias is None else tx.keys.get(alias.key_id, ctx.now())
    return kms.DEFAULT if key is None else key.arn


def change(ctx: Context, **chosen: object) -> None:
    """Keep what an account chooses."""
    with ctx.store.begin() as tx:
        before = tx.accounts.get(ctx.account_id, ctx.region)
        tx.accounts.put(before.model_copy(update=chosen))
