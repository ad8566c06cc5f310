"""Instances as requests name them and as answers show them.

None has a public address: nothing of the outside reaches one but by the port that its tag vmie:ssh
names, which is this machine's.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from emulator.context import Context
from emulator.services.ec2 import ids
from emulator.services.ec2.instances import errors
from emulator.services.ec2.network.interfaces import private_name
from emulator.services.ec2.regions import zone_id
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    CpuOptions,
    GroupIdentifier,
    InstanceBlockDeviceMapping,
    InstanceMetadataOptionsResponse,
    InstanceNetworkInterface,
    InstanceState,
    StateReason,
)
from emulator.shapes.ec2 import Instance as InstanceShape
from state.firmware import firmware
from state.instance_types import all_types
from state.instances import Instance, Metadata
from state.network import NetworkInterface, SecurityGroup
from state.store import Numbered, Tx
from state.volumes import Attachment, Volume

CODES = {
    "pending": 0,
    "running": 16,
    "shutting-down": 32,
    "terminated": 48,
    "stopping": 64,
    "stopped": 80,
}


class Row(NamedTuple):
    """An instance, what it is made of, and its tags."""

    instance: Instance
    volumes: Sequence[Volume]
    tags: Mapping[str, str]
    interface: NetworkInterface | None = None
    security_groups: Sequence[SecurityGroup] = ()  # of the interface
    interface_tags: Mapping[str, str] = MappingProxyType({})

    @property
    def attachments(self) -> list[tuple[Volume, Attachment]]:
        """How its volumes are attached to it."""
        return [
            (volume, attachment)
            for volume in self.volumes
            for attachment in volume.attachments
            if attachment.instance_id == self.instance.id
        ]

    @property
    def groups(self) -> list[tuple[str, str]]:
        """Its security groups: ids and names."""
        if self.interface is None:
            return list(self.instance.groups)
        return [(group.id, group.name) for group in self.security_groups]


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


def find_instance(ctx: Context, tx: Tx, instance_id: str) -> Instance:
    """Return an instance of the account in the Region; InvalidInstanceID.…."""
    check_instance_ids([instance_id])
    (instance,) = find_instances(ctx, tx, [instance_id])
    return instance


def rows_of(tx: Tx, instances: Sequence[Instance]) -> list[Row]:
    """Return instances of one account and Region with what belongs to them."""
    if not instances:
        return []
    owner = instances[0].account_id, instances[0].region
    ids_of_all = [instance.id for instance in instances]
    interface_ids = {each.interface_id for each in instances if each.interface_id}
    tags = tx.tags.of([*ids_of_all, *interface_ids])
    volumes = tx.volumes.of_instances(ids_of_all)
    interfaces = {
        each.value.id: each.value for each in tx.network.interfaces.list(*owner, ids=interface_ids)
    }
    group_ids = {each for interface in interfaces.values() for each in interface.group_ids}
    groups = {
        each.value.id: each.value for each in tx.network.security_groups.list(*owner, ids=group_ids)
    }
    rows = []
    for instance in instances:
        interface = interfaces.get(instance.interface_id or "")
        if interface is not None and not is_of(interface, instance):  # it was kept
            interface = None
        named = [groups[each] for each in (interface.group_ids if interface else ())]
        theirs = {} if interface is None else tags[interface.id]
        rows.append(
            Row(instance, volumes[instance.id], tags[instance.id], interface, named, theirs)
        )
    return rows


def is_of(interface: NetworkInterface, instance: Instance) -> bool:
    """Tell whether an instance has a network interface (still)."""
    attachment = interface.attachment
    return attachment is not None and attachment.instance_id == instance.id


def fetch(
    ctx: Context, named: Sequence[str] | None, after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the account's instances in the Region, of a part of the list or of those named."""
    with ctx.store.read() as tx:
        found = tx.instances.list(
            ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
        )
        rows = rows_of(tx, [each.value for each in found])
    return [Numbered(each.sequence, row) for each, row in zip(found, rows, strict=True)]


# showing ------------------------------------------------------------------------------------------


def state_shape(state: str) -> InstanceState:
    """Return the state of an instance."""
    return {"Code": CODES[state], "Name": state}


def instance_shape(row: Row) -> InstanceShape:
    """Return an instance as clients see it."""
    instance = row.instance
    shape: InstanceShape = {
        "AmiLaunchIndex": instance.launch_index,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": mappings(row),
        "CapacityReservationSpecification": {"CapacityReservationPreference": "open"},
        "ClientToken": instance.client_token or "",
        "CurrentInstanceBootMode": firmware(instance.boot_mode, instance.instance_type),
        "EbsOptimized": instance.ebs_optimized,
        "EnaSupport": instance.ena_support,
        "EnclaveOptions": {"Enabled": False},
        "HibernationOptions": {"Configured": False},
        "Hypervisor": "xen",
        "ImageId": instance.image_id,
        "InstanceId": instance.id,
        "InstanceType": instance.instance_type,
        "LaunchTime": instance.launched_at,
        "MaintenanceOptions": {
            "AutoRecovery": instance.auto_recovery,
            "RebootMigration": instance.reboot_migration,
        },
        "MetadataOptions": metadata_shape(instance.metadata),
        "Monitoring": {"State": "enabled" if instance.monitored else "disabled"},
        "NetworkInterfaces": [] if row.interface is None else [interface_shape(row, row.interface)],
        "NetworkPerformanceOptions": {"BandwidthWeighting": "default"},
        "Operator": {"Managed": False},
        "Placement": {
            "AvailabilityZone": instance.zone,
            "AvailabilityZoneId": zone_id(instance.region, instance.zone),
            "GroupName": "",
            "Tenancy": instance.tenancy,
        },
        "PlatformDetails": instance.platform_details,
        "PrivateDnsName": "" if row.interface is None else private_name(row.interface),
        "PrivateDnsNameOptions": {
            "EnableResourceNameDnsAAAARecord": False,
            "EnableResourceNameDnsARecord": instance.resource_name,
            "HostnameType": "ip-name",
        },
        "ProductCodes": [],
        "PublicDnsName": "",
        "RootDeviceName": instance.root_device_name,
        "RootDeviceType": "ebs",
        "SecurityGroups": group_shapes(row.groups),
        "State": state_shape(instance.state),
        "StateTransitionReason": instance.transition,
        "Tags": tag_set(row.tags),
        "UsageOperation": instance.usage_operation,
        "UsageOperationUpdateTime": instance.created_at or instance.launched_at,
        "VirtualizationType": "hvm",
    }
    if (reason := state_reason(instance)) is not None:
        shape["StateReason"] = reason
    if instance.platform:
        shape["Platform"] = instance.platform
    if instance.boot_mode:
        shape["BootMode"] = instance.boot_mode
    if instance.sriov_net_support:
        shape["SriovNetSupport"] = instance.sriov_net_support
    if instance.key_name:
        shape["KeyName"] = instance.key_name
    if (cpu := cpu_options(instance)) is not None:
        shape["CpuOptions"] = cpu
    if instance.state == "terminated":  # its network interface is gone, and what it was by that
        return shape
    if row.interface is not None:
        shape["SourceDestCheck"] = row.interface.source_dest_check
    if instance.private_ip:
        shape["PrivateIpAddress"] = instance.private_ip
    if instance.subnet_id:
        shape["SubnetId"] = instance.subnet_id
    if instance.vpc_id:
        shape["VpcId"] = instance.vpc_id
    return shape


def state_reason(instance: Instance) -> StateReason | None:
    """Return why an instance is in its state, if there is something to say."""
    if instance.state == "pending":
        return {"Code": "pending", "Message": "pending"}
    if not instance.state_reason:
        return None
    code, _, sentence = instance.state_reason.partition(": ")
    return {"Code": code, "Message": f"{code}: {sentence}"}


def cpu_options(instance: Instance) -> CpuOptions | None:
    """Return how many processors an instance has, by its type."""
    known = all_types().get(instance.instance_type)
    if known is None:
        return None
    threads = known.threads or 1
    return {"CoreCount": known.cores or max(1, known.vcpus // threads), "ThreadsPerCore": threads}


def metadata_shape(metadata: Metadata) -> InstanceMetadataOptionsResponse:
    """Return how the metadata service answers an instance."""
    return {
        "HttpEndpoint": switched(metadata.enabled),
        "HttpProtocolIpv6": switched(metadata.ipv6),
        "HttpPutResponseHopLimit": metadata.hops,
        "HttpTokens": metadata.tokens,
        "InstanceMetadataTags": switched(metadata.tags),
        "State": "applied",
    }


def switched(on: bool) -> str:
    """Return whether something is on."""
    return "enabled" if on else "disabled"


def interface_shape(row: Row, interface: NetworkInterface) -> InstanceNetworkInterface:
    """Return a network interface as its instance shows it."""
    name = private_name(interface)
    shape: InstanceNetworkInterface = {
        "Description": interface.description,
        "Groups": group_shapes(row.groups),
        "InterfaceType": "interface",
        "Ipv6Addresses": [],
        "MacAddress": interface.mac_address,
        "NetworkInterfaceId": interface.id,
        "Operator": {"Managed": False},
        "OwnerId": interface.account_id,
        "PrivateDnsName": name,
        "PrivateIpAddress": interface.private_ip,
        "PrivateIpAddresses": [
            {"Primary": True, "PrivateDnsName": name, "PrivateIpAddress": interface.private_ip}
        ],
        "SourceDestCheck": interface.source_dest_check,
        "Status": "in-use",
        "SubnetId": interface.subnet_id,
        "VpcId": interface.vpc_id,
    }
    if (attachment := interface.attachment) is not None:
        shape["Attachment"] = {
            "AttachTime": attachment.attached_at,
            "AttachmentId": attachment.id,
            "DeleteOnTermination": attachment.delete_on_termination,
            "DeviceIndex": attachment.device_index,
            "NetworkCardIndex": 0,
            "Status": "attached",
        }
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


def group_shapes(groups: Iterable[tuple[str, str]]) -> list[GroupIdentifier]:
    """Return security groups, by what is known of them."""
    shapes: list[GroupIdentifier] = []
    for group_id, name in groups:
        shape: GroupIdentifier = {}
        if group_id:
            shape["GroupId"] = group_id
        if name:
            shape["GroupName"] = name
        shapes.append(shape)
    return shapes
