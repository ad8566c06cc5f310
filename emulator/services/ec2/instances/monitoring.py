"""MonitorInstances, UnmonitorInstances, ModifyInstanceMaintenanceOptions: what is remembered of an
instance, and changes nothing. There are no metrics, and no other host that it could be brought to.
"""

from collections.abc import Sequence
from typing import Literal

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.rows import (
    check_instance_ids,
    find_instance,
    find_instances,
)
from emulator.shapes.ec2 import (
    InstanceMonitoring,
    ModifyInstanceMaintenanceOptionsRequest,
    ModifyInstanceMaintenanceOptionsResult,
    MonitorInstancesRequest,
    MonitorInstancesResult,
    UnmonitorInstancesRequest,
    UnmonitorInstancesResult,
)

actions = Actions()


@actions
def monitor_instances(ctx: Context, request: MonitorInstancesRequest) -> MonitorInstancesResult:
    """Have instances tell of themselves every minute."""
    dry = request.get("DryRun", False)
    return {"InstanceMonitorings": monitored(ctx, request["InstanceIds"], on=True, dry=dry)}


@actions
def unmonitor_instances(
    ctx: Context, request: UnmonitorInstancesRequest
) -> UnmonitorInstancesResult:
    """Have instances tell of themselves every five minutes only."""
    dry = request.get("DryRun", False)
    return {"InstanceMonitorings": monitored(ctx, request["InstanceIds"], on=False, dry=dry)}


def monitored(
    ctx: Context, instance_ids: Sequence[str], *, on: bool, dry: bool
) -> list[InstanceMonitoring]:
    """Remember how often instances tell of themselves; return what the service answers at first."""
    named = list(dict.fromkeys(instance_ids))
    check_instance_ids(named)
    with ctx.store.begin() as tx:
        instances = find_instances(ctx, tx, named)
        if dry:
            raise dry_run()
        for instance in instances:
            tx.instances.replace(instance.model_copy(update={"monitored": on}))
    state = "pending" if on else "disabling"
    return [{"InstanceId": each, "Monitoring": {"State": state}} for each in named]


def chosen(member: str, choice: str) -> Literal["default", "disabled"]:
    """Return what is to be done when a host fails, or is looked after, if there were others."""
    match choice:
        case "default" | "disabled":
            return choice
        case _:
            raise errors.wrong_choice(member, choice)


@actions
def modify_instance_maintenance_options(
    ctx: Context, request: ModifyInstanceMaintenanceOptionsRequest
) -> ModifyInstanceMaintenanceOptionsResult:
    """Remember what is to be done when a host fails, or is looked after."""
    changes = {}
    for member, name in (
        ("AutoRecovery", "auto_recovery"),
        ("RebootMigration", "reboot_migration"),
    ):
        choice = request.get(member)
        if choice is not None:
            changes[name] = chosen(member, str(choice))
    with ctx.store.begin() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        if instance.state == "terminated":
            raise errors.not_in_state(instance.id, "running")
        if request.get("DryRun"):
            raise dry_run()
        instance = instance.model_copy(update=changes)
        tx.instances.replace(instance)
    return {
        "AutoRecovery": instance.auto_recovery,
        "InstanceId": instance.id,
        "RebootMigration": instance.reboot_migration,
    }
