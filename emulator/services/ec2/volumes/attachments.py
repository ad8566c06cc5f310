"""AttachVolume and DetachVolume.

Nobody runs instances yet: to attach fails as it does for an unknown instance. What is attached all
the same (instances that were imported have volumes) can be detached.
"""

import logging
import re
from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2.errors import instance_not_found
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.rows import attachment_shape, check_instance_id, find_volume
from emulator.shapes.ec2 import AttachVolumeRequest, DetachVolumeRequest, VolumeAttachment
from state.volumes import Attachment, Volume

actions = Actions()

log = logging.getLogger(__name__)

DEVICE = re.compile(r"(/dev/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}([1-9]|1[0-5])?|hd[a-z])")


@actions
def attach_volume(ctx: Context, request: AttachVolumeRequest) -> Mapping[str, object]:
    """Attach a volume to an instance, of which there are none."""
    device, instance_id = request["Device"], request["InstanceId"]
    check_instance_id(instance_id)
    if not DEVICE.fullmatch(device):
        raise errors.invalid_device(device)
    with ctx.store.read() as tx:
        find_volume(ctx, tx, request["VolumeId"])
    raise instance_not_found(instance_id)


@actions
def detach_volume(ctx: Context, request: DetachVolumeRequest) -> VolumeAttachment:
    """Detach a volume from an instance; one that hangs on nothing is available."""
    instance_id, device = request.get("InstanceId"), request.get("Device")
    if instance_id is not None:
        check_instance_id(instance_id)
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        attachment = attachment_of(volume, instance_id, device)
        if request.get("DryRun"):
            raise dry_run()
        rest = tuple(each for each in volume.attachments if each != attachment)
        changes = {"attachments": rest, "state": "in-use" if rest else "available"}
        tx.volumes.replace(volume.model_copy(update=changes))
    log.info("volume %s is detached from %s", volume.id, attachment.instance_id)
    return attachment_shape(volume, attachment.model_copy(update={"state": "detaching"}))


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
