"""AttachVolume and DetachVolume.

Of an instance without a machine both are done at once: the answer tells of `attaching` or
`detaching`, whoever asks again finds it done. A machine that runs has the volume plugged in or
unplugged by its worker; a guest that does not let go of it keeps it `busy`, unless it is forced.
"""

import logging
import re
from collections.abc import Sequence

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.instances.capacity import check_alone, runs_on_machine
from emulator.services.ec2.instances.rows import check_instance_ids, find_instances
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.rows import attachment_shape, check_number, find_volume
from emulator.shapes.ec2 import AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment
from state.instances import Instance
from state.machines import without
from state.volumes import Attachment, Volume

actions = Actions()

log = logging.getLogger(__name__)

MOST_INSTANCES = 16  # of a volume with Multi-Attach
DEVICE = re.compile(r"(/dev/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?|hd[a-z])")


@actions
def attach_volume(ctx: Context, request: AttachVolumeRequest) -> VolumeAttachment:
    """Attach a volume to an instance in the same Availability Zone."""
    device, instance_id = request["Device"], request["InstanceId"]
    check_instance_ids([instance_id])
    if not DEVICE.fullmatch(device):
        raise errors.invalid_device(device)
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        (instance,) = find_instances(ctx, tx, [instance_id])
        check_attachable(volume, instance, device, tx.volumes.of_instance(instance_id))
        if request.get("DryRun"):
            raise dry_run()
        new = Attachment(
            instance_id=instance_id,
            device=device,
            attached_at=ctx.now(),
            state="attached" if instance.worker is None else "attaching",
        )
        changes = {"attachments": (*volume.attachments, new), "state": "in-use"}
        tx.volumes.replace(volume.model_copy(update=changes))
        if runs_on_machine(instance):
            check_alone(tx, instance)
    log.info("volume %s is attached to %s", volume.id, instance_id)
    return attachment_shape(volume, new.model_copy(update={"state": "attaching"}))


@actions
def detach_volume(ctx: Context, request: DetachVolumeRequest) -> VolumeAttachment:
    """Detach a volume from an instance; one that hangs on nothing is available."""
    instance_id, device = request.get("InstanceId"), request.get("Device")
    if instance_id is not None:
        check_instance_ids([instance_id])
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        attachment = attachment_of(volume, instance_id, device)
        instance = tx.instances.get(attachment.instance_id)
        check_detachable(attachment, instance)
        if request.get("DryRun"):
            raise dry_run()
        if instance is None or instance.worker is None:
            tx.volumes.replace(without(volume, attachment.instance_id, ran=False))
        else:
            forced = request.get("Force", False) or attachment.forced
            going = attachment.model_copy(update={"state": "detaching", "forced": forced})
            changed = tuple(going if each == attachment else each for each in volume.attachments)
            tx.volumes.replace(volume.model_copy(update={"attachments": changed}))
    log.info("volume %s is detached from %s", volume.id, attachment.instance_id)
    return attachment_shape(volume, attachment.model_copy(update={"state": "detaching"}))


def check_attachable(
    volume: Volume, instance: Instance, device: str, others: Sequence[Volume]
) -> None:
    """Refuse to attach what cannot be, to what cannot have it."""
    if instance.state not in ("running", "stopped"):
        raise errors.not_running(instance.id)
    if volume.zone != instance.zone:
        raise errors.zones_differ(volume.id, instance.id)
    for attachment in volume.attachments:
        if not volume.shape.multi_attach or attachment.instance_id == instance.id:
            raise errors.attached_already(volume.id)
    if len(volume.attachments) >= MOST_INSTANCES:
        raise errors.too_many_instances(volume.id, MOST_INSTANCES)
    if volume.state not in ("available", "in-use"):
        raise errors.in_state(volume.id, volume.state)
    check_number(instance.instance_type, len(others) + 1)
    taken = {
        each.device.removeprefix("/dev/")
        for other in others
        for each in other.attachments
        if each.instance_id == instance.id
    }
    if device.removeprefix("/dev/") in taken:
        raise errors.device_in_use(device)


def check_detachable(attachment: Attachment, instance: Instance | None) -> None:
    """Refuse to take away the disk that an instance runs from."""
    if instance is None or instance.state == "stopped":
        return
    if attachment.device == instance.root_device_name:
        raise errors.root_volume(attachment.device, instance.id)


def attachment_of(volume: Volume, instance_id: str | None, device: str | None) -> Attachment:
    """Return the attachment that is meant; raises if there is none, or more than one."""
    if not volume.attachments:
        raise errors.in_state(volume.id, volume.state)
    if instance_id is None and len(volume.attachments) > 1:
        raise errors.which_instance(volume.id)
    for attachment in volume.attachments:
        if instance_id in (None, attachment.instance_id) and device in (None, attachment.device):
            return attachment
    raise errors.not_attached(volume.id, instance_id or volume.attachments[0].instance_id)
