"""Which instances can be exported: those of one's own, with one plain volume.

    state        running, stopped: what is exported is its disk at that moment
    comes from   an import, or an AMI that is there still: of one's own, without product codes,
                 whose snapshot is there still
    processor    of 32 or 64 bits, not ARM
    volumes      its root alone, not encrypted, up to 1 TiB; no disk of the host

An instance has one network interface here, never more. Not looked at: whether GRUB is there for
BIOS and UEFI both, which the service does not support.
"""

import logging

from emulator.context import Context
from emulator.services.ec2.instance_exports import errors
from state.instances import Instance
from state.store import Tx
from state.volumes import Volume

log = logging.getLogger(__name__)

LARGEST = 1024  # GiB
STATES = ("running", "stopped")
ARCHITECTURES = ("i386", "x86_64")


def check(ctx: Context, tx: Tx, instance: Instance) -> Volume:
    """Return the volume of an instance that can be exported; refuses the others."""
    if instance.state not in STATES:
        raise errors.in_wrong_state(instance.id)
    volumes = tx.volumes.of_instance(instance.id)
    if len(volumes) > 1:
        raise errors.several_volumes()
    check_origin(ctx, tx, instance)
    why = hindrance(instance, volumes[0]) if volumes else "it has no volume yet"
    if why:
        log.info("the instance %s cannot be exported: %s", instance.id, why)
        raise errors.cannot_be_exported()
    # Attached after the launch, it may be of a disk that another account has shared.
    origin = tx.snapshots.get(volumes[0].snapshot_id)
    if origin is not None and origin.account_id != ctx.account_id:
        raise errors.snapshot_not_owned(origin.id)
    return volumes[0]


def check_origin(ctx: Context, tx: Tx, instance: Instance) -> None:
    """Refuse an instance for what it was made of."""
    if not instance.image_id:
        if instance.task_id is None:
            raise errors.not_imported()
        return
    image = tx.images.get(instance.image_id)
    # assumed: that it is told so of an AMI that is gone, too, and how of that of somebody else
    if image is None or image.product_codes:
        raise errors.not_imported()
    for snapshot_id in image.snapshot_ids:
        snapshot = tx.snapshots.get(snapshot_id)
        if snapshot is None:
            raise errors.not_imported()
        if snapshot.account_id != ctx.account_id:
            raise errors.snapshot_not_owned(snapshot_id)
    if image.account_id != ctx.account_id:
        log.info("the instance %s cannot be exported: so is its AMI", instance.id)
        raise errors.cannot_be_exported()


def hindrance(instance: Instance, volume: Volume) -> str | None:
    """Tell what is in the way of exporting an instance with a volume; None if nothing is."""
    if instance.architecture not in ARCHITECTURES:
        return f"it is an {instance.architecture}"
    if instance.host_disks:
        return "it has a disk of the host"
    if all(each.device != instance.root_device_name for each in volume.attachments):
        return f"{volume.id} is not its root"
    if volume.encrypted:
        return f"{volume.id} is encrypted"
    if volume.shape.size_gib > LARGEST:
        return f"{volume.id} is larger than {LARGEST} GiB"
    return None
