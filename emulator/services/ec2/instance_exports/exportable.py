"""Which instances can be exported: those that imports have made, with one plain volume.

several volumes, or none, or one that is encrypted or larger than 1 TiB       no
stopped                                                                       yes
"""

import logging

from emulator.context import Context
from emulator.services.ec2.instance_exports import errors
from state.instances import Instance
from state.store import Tx
from state.volumes import Volume

log = logging.getLogger(__name__)

LARGEST = 1024  # GiB


def check(ctx: Context, tx: Tx, instance: Instance) -> Volume:
    """Return the volume of an instance that can be exported; refuses the others."""
    if instance.state != "stopped":
        raise errors.in_wrong_state(instance.id)
    if instance.task_id is None:
        raise errors.not_imported()
    volumes = tx.volumes.of_instance(instance.id)
    if len(volumes) > 1:
        raise errors.several_volumes()
    why = hindrance(instance, volumes[0]) if volumes else "it has no volume yet"
    if why:
        log.info("the instance %s cannot be exported: %s", instance.id, why)
        raise errors.cannot_be_exported()
    return volumes[0]


def hindrance(instance: Instance, volume: Volume) -> str | None:
    """Tell what is in the way of exporting a volume; None if nothing is."""
    if all(each.device != instance.root_device_name for each in volume.attachments):
        return f"{volume.id} is not its root"
    if volume.encrypted:
        return f"{volume.id} is encrypted"
    if volume.shape.size_gib > LARGEST:
        return f"{volume.id} is larger than {LARGEST} GiB"
    return None
