"""Which volumes an instance starts with: those of its AMI, changed and completed by the request.

    a device of the AMI, by its name    other size, type, speed, encryption, DeleteOnTermination
    NoDevice                            a device of the AMI that is left out; not the root
    a new name                          a volume of a snapshot, or an empty one
    VirtualName                         a disk of the host: nothing, as there are none

A volume of an AMI that another account shares is made of that account's snapshot, whether or not
the snapshot is shared, too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.ec2 import image_errors, volume_types
from emulator.services.ec2.instances import errors
from emulator.services.ec2.volumes.creation import new_volume, sealing, usable_snapshot
from emulator.shapes.ec2 import BlockDeviceMapping, CreateVolumeRequest, EbsBlockDevice
from state.images import BlockDevice, Image
from state.instances import Instance
from state.snapshots import Snapshot
from state.store import Tx
from state.volumes import Attachment

# What machines with hardware virtualization have; a number is for the first partition of the root.
NAME = re.compile(r"/dev/sda1|(/dev/)?(sd[a-z]|xvd[a-z]{1,2}|hd[a-z])")


class Device(NamedTuple):
    """A volume to be made, and how it is attached."""

    name: str
    wanted: CreateVolumeRequest
    snapshot: Snapshot | None
    delete_on_termination: bool


def devices_of(
    ctx: Context, tx: Tx, image: Image, mappings: Iterable[BlockDeviceMapping]
) -> list[Device]:
    """Return the volumes that an instance of an AMI starts with, the root first."""
    asked = by_name(mappings)
    found: list[Device] = []
    for device in image.devices:
        mapping = asked.pop(device.device_name, {})
        is_root = device.device_name == image.root_device_name
        if "NoDevice" in mapping:
            if is_root:
                raise errors.root_device_missing(device.device_name)
            continue
        if device.virtual_name is None and "VirtualName" not in mapping:
            found.append(of_image(ctx, tx, device, mapping.get("Ebs", {}), is_root=is_root))
    for name, mapping in asked.items():
        if "NoDevice" not in mapping and "VirtualName" not in mapping:
            found.append(of_request(ctx, tx, name, mapping.get("Ebs", {})))
    found.sort(key=lambda each: each.name != image.root_device_name)
    if not found or found[0].name != image.root_device_name:
        raise errors.root_device_missing(image.root_device_name)
    return found


def has_host_disks(image: Image, mappings: Iterable[BlockDeviceMapping]) -> bool:
    """Tell whether an instance is to have disks of the host."""
    found = {device.device_name: device.virtual_name for device in image.devices}
    for mapping in mappings:
        found[mapping.get("DeviceName", "")] = mapping.get("VirtualName")
    return any(found.values())


def by_name(mappings: Iterable[BlockDeviceMapping]) -> dict[str, BlockDeviceMapping]:
    """Return block device mappings by the names of their devices."""
    found: dict[str, BlockDeviceMapping] = {}
    for mapping in mappings:
        name = mapping.get("DeviceName")
        if name is None:
            raise missing_parameter("BlockDeviceMapping.DeviceName")
        if name in found:
            raise errors.device_twice(name)
        found[name] = mapping
    return found


def of_image(
    ctx: Context, tx: Tx, device: BlockDevice, ebs: EbsBlockDevice, *, is_root: bool
) -> Device:
    """Return a device of the AMI, as the request changes it."""
    snapshot = None
    snapshot_id = ebs.get("SnapshotId", device.snapshot_id)
    if snapshot_id is not None and snapshot_id == device.snapshot_id:
        snapshot = tx.snapshots.get(snapshot_id)
        if snapshot is None:
            raise image_errors.storage_not_usable()
    elif is_root:
        raise errors.root_snapshot_kept()
    elif snapshot_id is not None:
        snapshot = usable_snapshot(ctx, tx, snapshot_id)
    if snapshot is not None and snapshot.state != "completed":
        raise image_errors.snapshot_not_ready(snapshot.state)
    wanted = wanted_of(ebs)
    if "VolumeType" not in wanted:
        wanted["VolumeType"] = device.volume_type
        if device.iops is not None:
            wanted.setdefault("Iops", device.iops)
        if device.throughput is not None:
            wanted.setdefault("Throughput", device.throughput)
    if device.volume_size is not None:
        wanted.setdefault("Size", device.volume_size)
    delete = ebs.get("DeleteOnTermination", device.delete_on_termination)
    return checked(Device(device.device_name, wanted, snapshot, delete), snapshot_id, device)


def of_request(ctx: Context, tx: Tx, name: str, ebs: EbsBlockDevice) -> Device:
    """Return a device that the request alone tells of."""
    if not NAME.fullmatch(name):
        raise errors.device_name(name)
    snapshot_id = ebs.get("SnapshotId")
    snapshot = None if snapshot_id is None else usable_snapshot(ctx, tx, snapshot_id)
    wanted = wanted_of(ebs)
    if snapshot is None and "Size" not in wanted:
        raise image_errors.volume_without_size([name])
    device = Device(name, wanted, snapshot, ebs.get("DeleteOnTermination", True))
    return checked(device, snapshot_id)


def wanted_of(ebs: EbsBlockDevice) -> CreateVolumeRequest:
    """Return what a block device mapping asks of a volume."""
    wanted: CreateVolumeRequest = {}
    if "VolumeSize" in ebs:
        wanted["Size"] = ebs["VolumeSize"]
    if "VolumeType" in ebs:
        wanted["VolumeType"] = ebs["VolumeType"]
    if "Iops" in ebs:
        wanted["Iops"] = ebs["Iops"]
    if "Throughput" in ebs:
        wanted["Throughput"] = ebs["Throughput"]
    if "Encrypted" in ebs:
        wanted["Encrypted"] = ebs["Encrypted"]
    if "KmsKeyId" in ebs:
        wanted["KmsKeyId"] = ebs["KmsKeyId"]
    if "VolumeInitializationRate" in ebs:
        wanted["VolumeInitializationRate"] = ebs["VolumeInitializationRate"]
    return wanted


def checked(device: Device, snapshot_id: str | None, of_image: BlockDevice | None = None) -> Device:
    """Return a device; refuses one smaller than its snapshot, and to lay bare what is not."""
    size = device.wanted.get("Size")
    snapshot = device.snapshot
    if snapshot is not None and size is not None and size < snapshot.size_gib:
        raise image_errors.volume_smaller_than_snapshot(size, snapshot.id, snapshot.size_gib)
    encrypted = snapshot is not None and snapshot.encrypted
    if of_image is not None and of_image.encrypted:
        encrypted = True
        if device.snapshot is None:
            device.wanted.setdefault("Encrypted", True)
            if of_image.kms_key_id is not None:
                device.wanted.setdefault("KmsKeyId", of_image.kms_key_id)
    if encrypted and device.wanted.get("Encrypted") is False:
        raise image_errors.never_unencrypted()
    if encrypted and "KmsKeyId" in device.wanted:
        device.wanted["Encrypted"] = True
    volume_type = device.wanted.setdefault("VolumeType", volume_types.DEFAULT)
    volume_types.speed(
        volume_type,
        size or (snapshot.size_gib if snapshot else 1),
        device.wanted.get("Iops"),
        device.wanted.get("Throughput"),
    )
    if snapshot_id is not None:
        device.wanted["SnapshotId"] = snapshot_id
    return device


def attach(
    ctx: Context, tx: Tx, instance: Instance, devices: Iterable[Device], tags: Mapping[str, str]
) -> None:
    """Make the volumes of an instance and attach them to it."""
    for device in devices:
        volume = new_volume(ctx, tx, device.wanted, instance.zone, device.snapshot)
        attachment = Attachment(
            instance_id=instance.id,
            device=device.name,
            attached_at=ctx.now(),
            delete_on_termination=device.delete_on_termination,
        )
        changes = {"attachments": (attachment,), "state": "in-use"}
        tx.volumes.add(volume.model_copy(update=changes))
        if volume.is_to_be_sealed:
            ctx.engine.submit(tx, sealing(volume))
        tx.tags.put(ctx.account_id, ctx.region, volume.id, tags)
