"""Instances as requests name them and as answers show them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.services.ec2 import ids
from emulator.services.ec2.instances import errors
from emulator.services.ec2.regions import zones_of
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import GroupIdentifier, InstanceBlockDeviceMapping, InstanceState
from emulator.shapes.ec2 import Instance as InstanceShape
from state.instances import Instance
from state.store import Numbered, Tx
from state.volumes import Attachment, Volume

CODES = {"stopped": 80, "terminated": 48}


class Row(NamedTuple):
    """An instance, its volumes and its tags."""

    instance: Instance
    volumes: Sequence[Volume]
    tags: Mapping[str, str]

    @property
    def attachments(self) -> list[tuple[Volume, Attachment]]:
        """How its volumes are attached to it."""
        return [
            (volume, attachment)
            for volume in self.volumes
            for attachment in volume.attachments
            if attachment.instance_id == self.instance.id
        ]


def check_instance_ids(instance_ids: Iterable[str]) -> None:
    """Refuse strings that cannot be ids of instances."""
    for instance_id in instance_ids:
        if ids.prefix_of(instance_id) != "i":
            raise errors.instance_malformed(instance_id)


def find_instances(ctx: Context, tx: Tx, instance_ids: Sequence[str]) -> list[Instance]:
    """Return some instances of the account in the Region; InvalidInstanceID.NotFound."""
    rows = tx.instances.list(ctx.account_id, ctx.region, ids=instance_ids)
    found = {row.value.id: row.value for row in rows if row.value.listed(ctx.now())}
    if missing := [each for each in instance_ids if each not in found]:
        raise errors.instances_not_found(*missing)
    return [found[each] for each in instance_ids]


def fetch(
    ctx: Context, named: Sequence[str] | None, after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the account's instances in the Region, of a part of the list or of those named."""
    with ctx.store.read() as tx:
        found = tx.instances.list(
            ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
        )
        tags = tx.tags.of([instance.id for _, instance in found])
        return [
            Numbered(
                sequence, Row(instance, tx.volumes.of_instance(instance.id), tags[instance.id])
            )
            for sequence, instance in found
        ]


# showing ------------------------------------------------------------------------------------------


def state_shape(instance: Instance) -> InstanceState:
    """Return the state of an instance."""
    return {"Code": CODES[instance.state], "Name": instance.state}


def instance_shape(row: Row) -> InstanceShape:
    """Return an instance as clients see it; it has never run, so it has no public addresses."""
    instance = row.instance
    shape: InstanceShape = {
        "AmiLaunchIndex": 0,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": mappings(row),
        "ClientToken": "",
        "EbsOptimized": False,
        "Hypervisor": "xen",
        "ImageId": "",
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "LaunchTime": instance.launched_at,
        "Monitoring": {"State": "enabled" if instance.monitored else "disabled"},
        "NetworkInterfaces": [],
        "Placement": {
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": zone_id(instance),
            "GroupName": "",
            "Tenancy": instance.tenancy,
        },
        "PlatformDetails": instance.platform_details,
        "PrivateDnsName": "",
        "ProductCodes": [],
        "PublicDnsName": "",
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": "ebs",
        "SecurityGroups": groups(instance),
        "State": state_shape(instance),
        "StateTransitionReason": "",
        "Tags": tag_set(row.tags),
        "UsageOperation": instance.usage_operation,
        "UsageOperationUpdateTime": instance.launched_at,
        "VirtualizationType": "hvm",
    }
    if instance.state_reason:
        code, _, sentence = instance.state_reason.partition(": ")
        shape["StateReason"] = {"Code": code, "Message": f"{code}: {sentence}"}
    if instance.platform:
        shape["Platform"] = instance.platform
    if instance.boot_mode:
        shape["BootMode"] = instance.boot_mode
        shape["CurrentInstanceBootMode"] = instance.boot_mode
    if instance.private_ip:
        shape["PrivateIpAddress"] = instance.private_ip
    if instance.subnet_id:
        shape["SubnetId"] = instance.subnet_id
    if instance.vpc_id:
        shape["VpcId"] = instance.vpc_id
    return shape


def mappings(row: Row) -> list[InstanceBlockDeviceMapping]:
    """Return the volumes of an instance."""
    return [
        {
            "DeviceName": attachment.device,
            "Ebs": {
                "AttachTime": attachment.attached_at,
                "DeleteOnTermination": attachment.delete_on_termination,
                "Status": attachment.state,
                "VolumeId": volume.id,
            },
        }
        for volume, attachment in row.attachments
    ]


def groups(instance: Instance) -> list[GroupIdentifier]:
    """Return the security groups, by what is known of them."""
    shapes: list[GroupIdentifier] = []
    for group_id, name in instance.groups:
        shape: GroupIdentifier = {}
        if group_id:
            shape["GroupId"] = group_id
        if name:
            shape["GroupName"] = name
        shapes.append(shape)
    return shapes


def zone_id(instance: Instance) -> str:
    """Return the id of the Availability Zone of an instance."""
    zones = zones_of(instance.region)
    return next(zone["ZoneId"] for zone in zones if zone["ZoneName"] == instance.zone)
