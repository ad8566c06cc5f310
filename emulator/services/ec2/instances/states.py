"""StartInstances, StopInstances, RebootInstances, TerminateInstances: all that are named, or none.

    of a machine    the row says what it is to be, and its worker does that
    of a record     done at once; the answer tells of pending, stopping, shutting-down
    of one that is stopped, terminating is done at once, and told so

All but TerminateInstances: the Availability Zones of instances that are protected from it are left
alone, those in others go all the same. The answer is an error then.

A volume goes with a terminated instance if it was attached so, otherwise it is available again. An
import that is still bringing an instance's disk fails when it comes to publish it.

A hibernated instance would be a stopped one whose memory is kept: none can be. Force and
SkipOsShutdown do the same: the guest is not asked.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances import capacity, errors
from emulator.services.ec2.instances.launching import check_starts
from emulator.services.ec2.instances.rows import (
    check_instance_ids,
    find_instances,
    state_shape,
)
from emulator.services.ec2.network import world
from emulator.shapes.ec2 import (
    InstanceStateChange,
    RebootInstancesRequest,
    StartInstancesRequest,
    StartInstancesResult,
    StopInstancesRequest,
    StopInstancesResult,
    TerminateInstancesRequest,
    TerminateInstancesResult,
)
from state.instance_types import all_types
from state.instances import Instance, State
from state.layers import Layer
from state.machines import BY_USER, settled
from state.store import Tx

actions = Actions()

log = logging.getLogger(__name__)


@actions
def start_instances(ctx: Context, request: StartInstancesRequest) -> StartInstancesResult:
    """Start instances that are stopped; one that runs, runs."""

    def start(tx: Tx, instance: Instance) -> State:
        if instance.state in ("pending", "running"):
            return instance.state
        if instance.state != "stopped":
            raise errors.not_startable(instance.id)
        check_root(tx, instance)
        kind = all_types().get(instance.instance_type)
        if kind is not None:  # imports may be of types that are no longer offered
            check_starts(kind, instance)
        _, real = capacity.admitted(ctx, tx, instance)
        if real:
            capacity.check_alone(tx, instance)
        tx.instances.replace(capacity.begun(ctx, instance, real=real))
        log.info("instance %s is started", instance.id)
        return "pending"

    return {"StartingInstances": changed(ctx, request["InstanceIds"], request, start)}


@actions
def stop_instances(ctx: Context, request: StopInstancesRequest) -> StopInstancesResult:
    """Stop instances; one that is stopped remains so."""
    files: list[Layer] = []
    forced = request.get("Force", False) or request.get("SkipOsShutdown", False)

    def stop(tx: Tx, instance: Instance) -> State:
        if instance.state in ("shutting-down", "terminated"):
            raise errors.not_stoppable(instance.id)
        if instance.has_never_run:
            raise errors.never_ran(instance.id)
        if instance.protected_from_stop:
            raise errors.protected(instance.id, "stopped", "disableApiStop")
        if request.get("Hibernate"):
            raise errors.no_hibernation(instance.id)
        if instance.state == "stopped":
            return "stopped"
        ending(ctx, tx, instance, "stopping", files, forced=forced)
        log.info("instance %s is stopped", instance.id)
        return "stopping"

    return {"StoppingInstances": changed(ctx, request["InstanceIds"], request, stop)}


@actions
def reboot_instances(ctx: Context, request: RebootInstancesRequest) -> Mapping[str, object]:
    """Have machines reset, which run on meanwhile as far as anybody is told."""

    def reboot(tx: Tx, instance: Instance) -> State:
        if instance.state not in ("pending", "running"):
            raise errors.not_in_state(instance.id, "running")
        reboots = {"reboots": instance.reboots + 1}
        tx.instances.replace(instance.model_copy(update=reboots))
        log.info("instance %s is rebooted", instance.id)
        return instance.state

    changed(ctx, request["InstanceIds"], request, reboot)
    return {}


@actions
def terminate_instances(
    ctx: Context, request: TerminateInstancesRequest
) -> TerminateInstancesResult:
    """Terminate instances; one that is terminated remains so."""
    files: list[Layer] = []
    protected: list[Instance] = []
    forced = request.get("Force", False) or request.get("SkipOsShutdown", False)

    def look(instances: Sequence[Instance]) -> None:
        protected.extend(
            each for each in instances if each.protected and each.state != "terminated"
        )
        if protected and request.get("DryRun"):
            raise errors.protected(protected[0].id, "terminated", "disableApiTermination")

    def terminate(tx: Tx, instance: Instance) -> State:
        if instance.state == "terminated":
            return "terminated"
        if any(each.zone == instance.zone for each in protected):
            return instance.state
        at_rest = instance.state == "stopped"
        ending(ctx, tx, instance, "shutting-down", files, forced=forced)
        log.info("instance %s is terminated", instance.id)
        return "terminated" if at_rest else "shutting-down"

    changes = changed(ctx, request["InstanceIds"], request, terminate, look)
    for file in files:
        ctx.blobs.remove(file.blob_id)
    if protected:
        raise errors.protected(protected[0].id, "terminated", "disableApiTermination")
    return {"TerminatingInstances": changes}


def changed(
    ctx: Context,
    instance_ids: Sequence[str],
    request: StartInstancesRequest
    | StopInstancesRequest
    | RebootInstancesRequest
    | TerminateInstancesRequest,
    change: Callable[[Tx, Instance], State],
    look: Callable[[Sequence[Instance]], None] | None = None,
) -> list[InstanceStateChange]:
    """Change the states of instances, after a look at all of them; return from what to what."""
    named = list(dict.fromkeys(instance_ids))
    check_instance_ids(named)
    with world.writing(ctx) as tx:
        instances = find_instances(ctx, tx, named)
        if look is not None:
            look(instances)
        current = [change(tx, instance) for instance in instances]
        if request.get("DryRun"):
            raise dry_run()
    return [
        {
            "CurrentState": state_shape(state),
            "InstanceId": instance.id,
            "PreviousState": state_shape(instance.state),
        }
        for instance, state in zip(instances, current, strict=True)
    ]


def ending(
    ctx: Context,
    tx: Tx,
    instance: Instance,
    state: State,
    files: list[Layer],
    *,
    forced: bool = False,
) -> None:
    """Have an instance end: at once where no worker has a machine of it."""
    now = ctx.now()
    changes: dict[str, object] = {
        "state": state,
        "state_since": now,
        "state_reason": BY_USER,
        "transition": user_initiated(now),
        "forced": forced or instance.forced,
    }
    instance = instance.model_copy(update=changes)
    if instance.worker is None:
        files += settled(tx, instance, now)
    else:
        tx.instances.replace(instance)


def user_initiated(now: datetime) -> str:
    """Return what a StateTransitionReason says of a client's request."""
    return f"User initiated ({now.astimezone(UTC):%Y-%m-%d %H:%M:%S} GMT)"


def check_root(tx: Tx, instance: Instance) -> None:
    """Refuse to start an instance whose disk is not there."""
    attached = (
        each.device
        for volume in tx.volumes.of_instance(instance.id)
        for each in volume.attachments
        if each.instance_id == instance.id
    )
    if instance.root_device_name not in attached:
        raise errors.no_root_volume(instance.id, instance.root_device_name)
