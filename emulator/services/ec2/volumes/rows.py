"""Volumes as requests name them and as answers show them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from emulator.context import Context
from emulator.protocol.xml_writer import lasting
from emulator.services.ec2 import ids
from emulator.services.ec2.errors import invalid_zone_ids, not_together, volume_not_found
from emulator.services.ec2.regions import find_zone, zone_id
from emulator.services.ec2.tags import tag_set
from emulator.services.ec2.volumes import errors
from emulator.shapes.ec2 import Volume as VolumeShape
from emulator.shapes.ec2 import VolumeAttachment
from state.instance_types import all_types
from state.store import Numbered, Tx
from state.volumes import Attachment, Shape, Volume


class Row(NamedTuple):
    """A volume and its tags."""

    volume: Volume
    tags: Mapping[str, str]


def check_volume_ids(volume_ids: Iterable[str]) -> None:
    """Refuse strings that cannot be ids of volumes."""
    for volume_id in volume_ids:
        if ids.prefix_of(volume_id) != "vol":
            raise errors.volume_malformed(volume_id)


def named_zone(region: str, name: str | None, zone_id: str | None) -> str | None:
    """Return the Availability Zone that a request names, None if it names none."""
    if name is not None and zone_id is not None:
        raise not_together("AvailabilityZone", "AvailabilityZoneId")
    if name is None and zone_id is None:
        return None
    zone = find_zone(region, name, zone_id)
    if zone is None:
        raise errors.zone_not_found(name) if name is not None else invalid_zone_ids([zone_id or ""])
    return zone["ZoneName"]


def check_number(instance_type: str, wanted: int) -> None:
    """Refuse more volumes than an instance of a type may have beside its one interface."""
    known = all_types().get(instance_type)
    most = None if known is None else known.ebs_attachments
    if most is not None and wanted > most:
        raise errors.too_many_volumes(most)


def find_volume(ctx: Context, tx: Tx, volume_id: str) -> Volume:
    """Return a volume of the account in the Region; InvalidVolume.NotFound."""
    check_volume_ids([volume_id])
    volume = tx.volumes.get(volume_id)
    if volume is None or (volume.account_id, volume.region) != (ctx.account_id, ctx.region):
        raise volume_not_found(volume_id)
    return volume


def fetch(
    ctx: Context, named: list[str] | None, after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the account's volumes in the Region with their tags: those named, a part, or all."""
    with ctx.store.read() as tx:
        found = tx.volumes.list(
            ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
        )
        missing = set(named or ()).difference(volume.id for _, volume in found) if not after else ()
        for volume_id in sorted(missing):
            raise volume_not_found(volume_id)
        tags = tx.tags.of([volume.id for _, volume in found])
    return [Numbered(sequence, Row(volume, tags[volume.id])) for sequence, volume in found]


# showing ------------------------------------------------------------------------------------------


def shown(volume: Volume, tags: Mapping[str, str]) -> VolumeShape:
    """Return a volume as clients see it; nobody may change what is returned."""
    shape: VolumeShape = {
        "Attachments": [attachment_shape(volume, each) for each in volume.attachments],
        "AvailabilityZone": volume.zone,
        "AvailabilityZoneId": zone_id(volume.region, volume.zone),
        "CreateTime": volume.created_at,
        "Encrypted": volume.encrypted,
        "MultiAttachEnabled": volume.shape.multi_attach,
        "Operator": {"Managed": False},
        "Size": volume.shape.size_gib,
        "SnapshotId": volume.snapshot_id,
        "State": volume.state,
        "Tags": tag_set(tags),
        "VolumeId": volume.id,
        "VolumeType": volume.shape.volume_type,
    }
    iops = iops_of(volume.shape)
    if iops is not None:
        shape["Iops"] = iops
    if volume.shape.throughput is not None:
        shape["Throughput"] = volume.shape.throughput
    if volume.kms_key_id is not None:
        shape["KmsKeyId"] = volume.kms_key_id
    if volume.initialization_rate is not None:
        shape["VolumeInitializationRate"] = volume.initialization_rate
    return lasting(shape)


def attachment_shape(volume: Volume, attachment: Attachment) -> VolumeAttachment:
    """Return what is shown of an attachment."""
    return {
        "AttachTime": attachment.attached_at,
        "DeleteOnTermination": attachment.delete_on_termination,
        "Device": attachment.device,
        "InstanceId": attachment.instance_id,
        "State": attachment.state,
        "VolumeId": volume.id,
    }


def iops_of(shape: Shape) -> int | None:
    """Return the IOPS that are shown: of gp2 those that come with its size."""
    if shape.volume_type == "gp2":
        return min(16000, max(100, 3 * shape.size_gib))
    return shape.iops
