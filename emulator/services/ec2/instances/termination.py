"""TerminateInstances: of instances that do not run, so that it is done at once.

A volume goes with the instance if it was attached so, otherwise it is available again. An import
that is still bringing the instance's disk fails when it comes to publish it.
"""

import logging

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances.rows import CODES, check_instance_ids, find_instances
from emulator.shapes.ec2 import (
    InstanceStateChange,
    TerminateInstancesRequest,
    TerminateInstancesResult,
)
from state.instances import Instance
from state.layers import Layer
from state.store import Tx

actions = Actions()

log = logging.getLogger(__name__)

REASON = "Client.UserInitiatedShutdown: User initiated shutdown"


@actions
def terminate_instances(
    ctx: Context, request: TerminateInstancesRequest
) -> TerminateInstancesResult:
    """Terminate instances: all that are named, or none."""
    named = list(dict.fromkeys(request["InstanceIds"]))
    check_instance_ids(named)
    with ctx.store.begin() as tx:
        instances = find_instances(ctx, tx, named)
        if request.get("DryRun"):
            raise dry_run()
        files = [file for instance in instances for file in terminated(ctx, tx, instance)]
    for file in files:
        ctx.blobs.remove(file.blob_id)
    for instance in instances:
        log.info("instance %s is terminated", instance.id)
    return {"TerminatingInstances": [change(instance) for instance in instances]}


def terminated(ctx: Context, tx: Tx, instance: Instance) -> list[Layer]:
    """Terminate an instance; return the files of the volumes that go with it."""
    tx.instances.terminate(instance.id, ctx.now(), REASON)
    files: list[Layer] = []
    for volume in tx.volumes.of_instance(instance.id):
        mine = [each for each in volume.attachments if each.instance_id == instance.id]
        rest = tuple(each for each in volume.attachments if each not in mine)
        if not rest and any(each.delete_on_termination for each in mine):
            tx.volumes.remove(volume.id)
            tx.tags.remove(volume.account_id, volume.region, volume.id, None)
            files += volume.files
        else:
            changes = {"attachments": rest, "state": "in-use" if rest else "available"}
            tx.volumes.replace(volume.model_copy(update=changes))
    return files


def change(instance: Instance) -> InstanceStateChange:
    """Return what has become of an instance."""
    return {
        "CurrentState": {"Code": CODES["terminated"], "Name": "terminated"},
        "InstanceId": instance.id,
        "PreviousState": {"Code": CODES[instance.state], "Name": instance.state},
    }
