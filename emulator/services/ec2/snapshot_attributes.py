"""Attributes of snapshots: who may make volumes of one, and product codes, of which none has any.

DescribeSnapshotAttribute, ModifySnapshotAttribute and ResetSnapshotAttribute are the owner's alone.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, image_errors, kms, permissions, public_access
from emulator.services.ec2.permissions import Change, Rule, Rules
from emulator.services.ec2.snapshots import find_snapshot
from emulator.shapes.ec2 import (
    CreateVolumePermission,
    DescribeSnapshotAttributeRequest,
    DescribeSnapshotAttributeResult,
    ModifySnapshotAttributeRequest,
    ResetSnapshotAttributeRequest,
)
from state.snapshots import Snapshot
from state.store import Tx

actions = Actions()

PERMISSION = "createVolumePermission"
ATTRIBUTES = (PERMISSION, "productCodes")

RULES: Rules = {
    "Group": Rule(permissions.is_everybody, image_errors.group_unknown),
    "UserId": Rule(ids.is_account, errors.user_malformed),
}


@actions
def describe_snapshot_attribute(
    ctx: Context, request: DescribeSnapshotAttributeRequest
) -> DescribeSnapshotAttributeResult:
    """Return one attribute of a snapshot."""
    snapshot_id, attribute = request["SnapshotId"], request["Attribute"]
    ids.check_snapshot_ids([snapshot_id])
    if attribute not in ATTRIBUTES:
        raise invalid_parameter_value("Attribute", attribute)
    with ctx.store.read() as tx:
        find_snapshot(ctx, tx, snapshot_id)
        if request.get("DryRun"):
            raise dry_run()
        users = permissions.shown(tx, snapshot_id, RULES)
    if attribute == PERMISSION:
        return {
            "SnapshotId": snapshot_id,
            "CreateVolumePermissions": [permission(*user) for user in users],
        }
    return {"SnapshotId": snapshot_id, "ProductCodes": []}


@actions
def modify_snapshot_attribute(
    ctx: Context, request: ModifySnapshotAttributeRequest
) -> Mapping[str, object]:
    """Let users make volumes of a snapshot, or no longer."""
    snapshot_id = request["SnapshotId"]
    ids.check_snapshot_ids([snapshot_id])
    change = asked_for(request)
    with ctx.store.begin() as tx:
        snapshot = find_snapshot(ctx, tx, snapshot_id)
        check_sharing(ctx, tx, snapshot, change)
        if request.get("DryRun"):
            raise dry_run()
        permissions.carry_out(tx, ctx.region, snapshot_id, change)
    return {}


@actions
def reset_snapshot_attribute(
    ctx: Context, request: ResetSnapshotAttributeRequest
) -> Mapping[str, object]:
    """Leave a snapshot to its owner alone."""
    snapshot_id, attribute = request["SnapshotId"], request["Attribute"]
    ids.check_snapshot_ids([snapshot_id])
    if attribute != PERMISSION:
        raise image_errors.attribute_not_changeable(attribute)
    with ctx.store.begin() as tx:
        find_snapshot(ctx, tx, snapshot_id)
        if request.get("DryRun"):
            raise dry_run()
        tx.permissions.clear(snapshot_id)
    return {}


def asked_for(request: ModifySnapshotAttributeRequest) -> Change:
    """Return what is to change; it must be something, and either more users or fewer."""
    attribute = request.get("Attribute", PERMISSION)
    if attribute not in ATTRIBUTES:
        raise invalid_parameter_value("Attribute", attribute)
    if attribute != PERMISSION:
        raise image_errors.attribute_not_changeable(attribute)
    parts = request.get("CreateVolumePermission", {})
    change = permissions.change_of(
        RULES,
        parts.get("Add", ()),
        parts.get("Remove", ()),
        {"UserId": request.get("UserIds", ()), "Group": request.get("GroupNames", ())},
        request.get("OperationType"),
    )
    if change.add and change.remove:
        raise image_errors.add_or_remove()
    if not change.add and not change.remove:
        raise missing_parameter("CreateVolumePermission")  # as of images; assumed of snapshots
    return change


def check_sharing(ctx: Context, tx: Tx, snapshot: Snapshot, change: Change) -> None:
    """Refuse to share what its encryption or the account's settings keep from being shared."""
    if not change.add:
        return
    if kms.is_default(ctx, tx, snapshot.kms_key_id):
        raise image_errors.default_key_not_shared()
    if change.makes_public:
        if snapshot.encrypted:
            raise image_errors.encrypted_snapshot_not_public()
        public_access.check_snapshot_may_be_public(ctx, tx)


def permission(member: str, user: str) -> CreateVolumePermission:
    """Return a user as an attribute shows it."""
    return {"Group": user} if member == "Group" else {"UserId": user}
