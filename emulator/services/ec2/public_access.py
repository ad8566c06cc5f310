"""Whether what an account owns may be public: a setting per Region for AMIs and one for snapshots.

    setting            who asks for everybody    what is public already
    unblocked          is obeyed                 stays so
    block-new-sharing  is refused                stays so
    block-all-sharing  is refused                is withheld, until the setting changes (snapshots)

Both are `unblocked` at first, so that a lab can try all of them. The service blocks the new sharing
of AMIs for accounts that have had no public one lately.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors
from emulator.shapes.ec2 import (
    DisableImageBlockPublicAccessRequest,
    DisableImageBlockPublicAccessResult,
    DisableSnapshotBlockPublicAccessRequest,
    DisableSnapshotBlockPublicAccessResult,
    EnableImageBlockPublicAccessRequest,
    EnableImageBlockPublicAccessResult,
    EnableSnapshotBlockPublicAccessRequest,
    EnableSnapshotBlockPublicAccessResult,
    GetImageBlockPublicAccessStateRequest,
    GetImageBlockPublicAccessStateResult,
    GetSnapshotBlockPublicAccessStateRequest,
    GetSnapshotBlockPublicAccessStateResult,
)
from state.store import Tx

actions = Actions()

UNBLOCKED = "unblocked"
BLOCK_ALL = "block-all-sharing"
BLOCK_NEW = "block-new-sharing"
MANAGED_BY = "account"  # there are no declarative policies here


@actions
def get_image_block_public_access_state(
    ctx: Context, request: GetImageBlockPublicAccessStateRequest
) -> GetImageBlockPublicAccessStateResult:
    """Return whether AMIs may be made public."""
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        state = tx.accounts.get(ctx.account_id, ctx.region).image_public_access
    return {"ImageBlockPublicAccessState": state, "ManagedBy": MANAGED_BY}


@actions
def enable_image_block_public_access(
    ctx: Context, request: EnableImageBlockPublicAccessRequest
) -> EnableImageBlockPublicAccessResult:
    """Let no AMI be made public from now on."""
    state = request["ImageBlockPublicAccessState"]
    if state != BLOCK_NEW:
        raise image_errors.invalid_block("ImageBlockPublicAccessState", state, [BLOCK_NEW])
    change(ctx, request, image_public_access=state)
    return {"ImageBlockPublicAccessState": state}


@actions
def disable_image_block_public_access(
    ctx: Context, request: DisableImageBlockPublicAccessRequest
) -> DisableImageBlockPublicAccessResult:
    """Let AMIs be made public again."""
    change(ctx, request, image_public_access=UNBLOCKED)
    return {"ImageBlockPublicAccessState": UNBLOCKED}


@actions
def get_snapshot_block_public_access_state(
    ctx: Context, request: GetSnapshotBlockPublicAccessStateRequest
) -> GetSnapshotBlockPublicAccessStateResult:
    """Return whether snapshots may be public."""
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.read() as tx:
        state = tx.accounts.get(ctx.account_id, ctx.region).snapshot_public_access
    return {"State": state, "ManagedBy": MANAGED_BY}


@actions
def enable_snapshot_block_public_access(
    ctx: Context, request: EnableSnapshotBlockPublicAccessRequest
) -> EnableSnapshotBlockPublicAccessResult:
    """Let no snapshot be made public from now on, or none be public at all."""
    state = request["State"]
    if state not in (BLOCK_ALL, BLOCK_NEW):
        raise image_errors.invalid_block("State", state, [BLOCK_ALL, BLOCK_NEW])
    change(ctx, request, snapshot_public_access=state)
    return {"State": state}


@actions
def disable_snapshot_block_public_access(
    ctx: Context, request: DisableSnapshotBlockPublicAccessRequest
) -> DisableSnapshotBlockPublicAccessResult:
    """Let snapshots be public again."""
    change(ctx, request, snapshot_public_access=UNBLOCKED)
    return {"State": UNBLOCKED}


# what other modules need -------------------------------------------------------------------------


def check_image_may_be_public(ctx: Context, tx: Tx) -> None:
    """Refuse to make an AMI public where the account blocks that; OperationNotPermitted."""
    if tx.accounts.get(ctx.account_id, ctx.region).image_public_access != UNBLOCKED:
        raise image_errors.public_sharing_blocked("image", "AMIs", "DisableImageBlockPublicAccess")


def check_snapshot_may_be_public(ctx: Context, tx: Tx) -> None:
    """Refuse to make a snapshot public where the account blocks that; OperationNotPermitted."""
    if tx.accounts.get(ctx.account_id, ctx.region).snapshot_public_access != UNBLOCKED:
        raise image_errors.public_sharing_blocked(
            "snapshot", "snapshots", "DisableSnapshotBlockPublicAccess"
        )


# the settings ------------------------------------------------------------------------------------


def change(ctx: Context, request: Mapping[str, object], **chosen: str) -> None:
    """Keep what an account chooses; its public snapshots follow at once."""
    if request.get("DryRun"):
        raise dry_run()
    with ctx.store.begin() as tx:
        before = tx.accounts.get(ctx.account_id, ctx.region)
        after = before.model_copy(update=chosen)
        tx.accounts.put(after)
        withheld = after.snapshot_public_access == BLOCK_ALL
        if withheld != (before.snapshot_public_access == BLOCK_ALL):
            mine = tx.snapshots.list(ctx.account_id, ctx.region)
            tx.permissions.withhold([row.value.id for row in mine], withheld=withheld)
