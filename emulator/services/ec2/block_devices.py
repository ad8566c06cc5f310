"""Block device mappings as requests give them: what an AMI is made of.

    Ebs with SnapshotId         a volume made of one of the account's snapshots, as large or larger
    Ebs with VolumeSize alone   an empty volume
    VirtualName                 a disk of the host: ephemeral0 … ephemeral23
    NoDevice                    nothing: the entry is left out

A snapshot that is only shared with the account makes no AMI of it (assumed; the user guide has such
a snapshot copied first). Device names are taken as they are: which work is the guest's affair.
"""

import re
from collections.abc import Iterable

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.ec2 import errors, ids, image_errors, task_errors, volume_types
from emulator.services.ec2.snapshots import find_snapshot
from emulator.shapes.ec2 import BlockDeviceMapping, EbsBlockDevice
from state.images import BlockDevice
from state.store import Tx

VIRTUAL_NAME = re.compile(r"ephemeral(?:1?[0-9]|2[0-3])")


def devices_of(
    ctx: Context, tx: Tx, mappings: Iterable[BlockDeviceMapping]
) -> tuple[BlockDevice, ...]:
    """Return what a block device mapping says. Raises for what can be no part of an AMI."""
    wanted = [mapping for mapping in mappings if "NoDevice" not in mapping]
    check_whole(wanted)
    return tuple(device_of(ctx, tx, mapping) for mapping in wanted)


def check_whole(mappings: Iterable[BlockDeviceMapping]) -> None:
    """Refuse devices without a name, with the name of another, and volumes of no size."""
    names: set[str] = set()
    without_size: list[str] = []
    for mapping in mappings:
        name = mapping.get("DeviceName")
        if name is None:
            raise missing_parameter("BlockDeviceMapping.DeviceName")
        if name in names:
            raise task_errors.device_used_twice(name)
        names.add(name)
        ebs = mapping.get("Ebs", {})
        if "VirtualName" not in mapping and not ebs.keys() & {"SnapshotId", "VolumeSize"}:
            without_size.append(name)
    if without_size:
        raise image_errors.volume_without_size(without_size)


def device_of(ctx: Context, tx: Tx, mapping: BlockDeviceMapping) -> BlockDevice:
    """Return one device."""
    name = mapping["DeviceName"]
    virtual_name = mapping.get("VirtualName")
    if virtual_name is None:
        return volume_of(ctx, tx, name, mapping["Ebs"])
    if "Ebs" in mapping:
        raise errors.not_together("virtualName", "ebs")
    if not VIRTUAL_NAME.fullmatch(virtual_name):
        raise image_errors.invalid_virtual_name(virtual_name)
    return BlockDevice(device_name=name, virtual_name=virtual_name)


def volume_of(ctx: Context, tx: Tx, name: str, ebs: EbsBlockDevice) -> BlockDevice:
    """Return a device that is an EBS volume."""
    if "KmsKeyId" in ebs:
        raise image_errors.key_in_mapping()
    size, encrypted, key = ebs.get("VolumeSize", 0), ebs.get("Encrypted", False), None
    snapshot_id = ebs.get("SnapshotId")
    if snapshot_id is not None:
        if "Encrypted" in ebs:
            raise image_errors.encrypted_with_snapshot()
        ids.check_snapshot_ids([snapshot_id])
        snapshot = find_snapshot(ctx, tx, snapshot_id)
        if snapshot.state != "completed":
            raise image_errors.snapshot_not_ready(snapshot.state)
        size = ebs.get("VolumeSize", snapshot.size_gib)
        if size < snapshot.size_gib:
            raise image_errors.volume_smaller_than_snapshot(size, snapshot_id, snapshot.size_gib)
        encrypted, key = snapshot.encrypted, snapshot.kms_key_id
    volume_type = ebs.get("VolumeType", volume_types.DEFAULT)
    iops, throughput = volume_types.speed(volume_type, size, ebs.get("Iops"), ebs.get("Throughput"))
    return BlockDevice(
        device_name=name,
        snapshot_id=snapshot_id,
        volume_size=size,
        volume_type=volume_type,
        iops=iops,
        throughput=throughput,
        delete_on_termination=ebs.get("DeleteOnTermination", True),
        encrypted=encrypted,
        kms_key_id=key,
    )
