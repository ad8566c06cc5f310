"""CreateImage: an AMI of an instance, made of snapshots of its volumes, all of the same moment.

    devices   the instance's, unless the request leaves some out, or changes what they will be
    state     pending until the last of the snapshots is written
    firmware  what the instance's firmware for UEFI remembers goes along

Without NoReboot the guest of a machine turns itself off before, and the AMI has what it wrote last.
"""

import logging
from collections.abc import Sequence

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors, volume_types
from emulator.services.ec2.block_devices import devices_of
from emulator.services.ec2.image_registration import check_description, check_free, check_name
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.disks import by_name
from emulator.services.ec2.instances.rows import find_instance
from emulator.services.ec2.tags import specified
from emulator.services.ec2.volumes.snapshots import check_ready, snapshot_of
from emulator.shapes.ec2 import BlockDeviceMapping, CreateImageRequest, CreateImageResult
from state.firmware import Memories
from state.images import BlockDevice, Image
from state.instances import Instance
from state.pending_images import state_of
from state.snapshots import Snapshot
from state.store import Tx
from state.volumes import Attachment, Volume

actions = Actions()

log = logging.getLogger(__name__)

BOOT_MODES = ("legacy-bios", "uefi", "uefi-preferred")


@actions
def create_image(ctx: Context, request: CreateImageRequest) -> CreateImageResult:
    """Make an AMI of an instance that runs or is stopped."""
    check_name(request["Name"])
    check_description(request.get("Description", ""))
    if request.get("SnapshotLocation") not in (None, "regional"):
        raise image_errors.place_not_served("SnapshotLocation")
    boot_mode = request.get("BootModeOverride")
    if boot_mode not in (None, *BOOT_MODES):
        raise errors.wrong_choice("BootModeOverride", boot_mode or "")
    tags = specified(request.get("TagSpecifications"), ("image", "snapshot"))
    with ctx.store.begin() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        if instance.state not in ("running", "stopped"):
            raise errors.not_imageable(instance.id)
        check_free(ctx, tx, request["Name"])
        asked = by_name(request.get("BlockDeviceMappings", ()))
        volumes = wanted(tx, instance, asked)
        if request.get("DryRun"):
            raise dry_run()
        image_id = ctx.new_id("ami")
        devices: list[BlockDevice] = []
        snapshots: list[Snapshot] = []
        for volume, attachment in volumes:
            description = f"Created by CreateImage({instance.id}) for {image_id}"
            snapshot = snapshot_of(ctx, tx, volume, description)
            tx.tags.put(ctx.account_id, ctx.region, snapshot.id, tags["snapshot"])
            snapshots.append(snapshot)
            devices.append(
                device_of(volume, attachment, snapshot, asked.pop(attachment.device, {}))
            )
        devices += devices_of(ctx, tx, asked.values())
        state, reason = state_of(snapshots)
        image = image_of(instance, request, image_id, tuple(devices)).model_copy(
            update={"created_at": ctx.now(), "state": state, "state_reason": reason}
        )
        if boot_mode is not None:
            image = image.model_copy(update={"boot_mode": boot_mode})
        Memories(ctx.settings.data_dir).copy(image_id, instance.id, instance.image_id)
        tx.images.add(image)
        tx.tags.put(ctx.account_id, ctx.region, image_id, tags["image"])
        if instance.state == "running" and not request.get("NoReboot"):
            reboots = {"reboots": instance.reboots + 1}
            tx.instances.replace(instance.model_copy(update=reboots))
    log.info("image %s is made of %s", image_id, instance.id)
    return {"ImageId": image_id}


def wanted(
    tx: Tx, instance: Instance, asked: dict[str, BlockDeviceMapping]
) -> list[tuple[Volume, Attachment]]:
    """Return the volumes that the AMI is made of, the root first; takes out what is left out."""
    found = [
        (volume, attachment)
        for volume in tx.volumes.of_instance(instance.id)
        for attachment in volume.attachments
        if attachment.instance_id == instance.id
    ]
    found.sort(key=lambda each: each[1].device != instance.root_device_name)
    if not found or found[0][1].device != instance.root_device_name:
        raise errors.no_root_volume(instance.id, instance.root_device_name)
    if "NoDevice" in asked.get(instance.root_device_name, {}):
        raise errors.root_device_missing(instance.root_device_name)
    kept = [each for each in found if "NoDevice" not in asked.get(each[1].device, {})]
    for volume, _ in kept:
        check_ready(volume)
    return kept


def device_of(
    volume: Volume, attachment: Attachment, snapshot: Snapshot, mapping: BlockDeviceMapping
) -> BlockDevice:
    """Return the AMI's device of a volume, as the request changes it."""
    ebs = mapping.get("Ebs", {})
    if "SnapshotId" in ebs:
        raise errors.root_snapshot_kept()
    shape = volume.shape
    size = ebs.get("VolumeSize", shape.size_gib)
    if size < shape.size_gib:
        raise image_errors.volume_smaller_than_snapshot(size, snapshot.id, shape.size_gib)
    volume_type = ebs.get("VolumeType", shape.volume_type)
    same = volume_type == shape.volume_type
    speed = volume_types.speed(
        volume_type,
        size,
        ebs.get("Iops", shape.iops if same else None),
        ebs.get("Throughput", shape.throughput if same else None),
    )
    return BlockDevice(
        device_name=attachment.device,
        snapshot_id=snapshot.id,
        volume_size=size,
        volume_type=volume_type,
        iops=speed.iops,
        throughput=speed.throughput,
        delete_on_termination=ebs.get("DeleteOnTermination", attachment.delete_on_termination),
        encrypted=volume.encrypted,
        kms_key_id=volume.kms_key_id,
    )


def image_of(
    instance: Instance, request: CreateImageRequest, image_id: str, devices: Sequence[BlockDevice]
) -> Image:
    """Return the AMI: what its instance is, by the name that is asked for."""
    return Image(
        id=image_id,
        account_id=instance.account_id,
        region=instance.region,
        created_at=instance.launched_at,
        name=request["Name"],
        location=f"{instance.account_id}/{request['Name']}",
        devices=tuple(devices),
        root_device_name=instance.root_device_name,
        description=request.get("Description", ""),
        architecture=instance.architecture,
        platform=instance.platform,
        usage_operation=instance.usage_operation,
        platform_details=instance.platform_details,
        boot_mode=instance.boot_mode,
        ena_support=instance.ena_support or None,
        sriov_net_support=instance.sriov_net_support,
        imds_support="v2.0" if instance.imds_support else None,
        source_image_id=instance.image_id or None,
        source_image_region=instance.region if instance.image_id else None,
        source_instance_id=instance.id,
        task_id=instance.task_id,
    )
