"""AMIs as a client sees them: what is shown, and what the filters of DescribeImages look at."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from emulator.protocol.xml_writer import lasting
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import BlockDeviceMapping, EbsBlockDevice, ProductCode
from emulator.shapes.ec2 import Image as ImageShape
from state.images import BlockDevice, Image
from state.rows.permissions import EVERYBODY


class Row(NamedTuple):
    """An AMI, its tags, who may use it besides its owner, and how it is shown."""

    image: Image
    tags: Mapping[str, str]
    users: Collection[str]
    shape: ImageShape


def image_row(viewer: str, image: Image, tags: Mapping[str, str], users: Collection[str]) -> Row:
    """Return what an account sees of an AMI: of another's no tags, and of its users only itself."""
    if image.account_id != viewer:
        tags = {}
        users = {viewer, EVERYBODY}.intersection(users)
    return Row(image, tags, users, image_shape(image, tags, public=EVERYBODY in users))


def image_shape(image: Image, tags: Mapping[str, str], *, public: bool) -> ImageShape:
    """Return an AMI as clients see it; nobody may change what is returned."""
    shape: ImageShape = {
        "Architecture": image.architecture,
        "BlockDeviceMappings": [device_shape(device) for device in image.devices],
        "CreationDate": moment(image.created_at),
        "DeregistrationProtection": image.deregistration_protection,
        "Hypervisor": "xen",
        "ImageId": image.id,
        "ImageLocation": image.location,
        "ImageType": "machine",
        "Name": image.name,
        "OwnerId": image.account_id,
        "PlatformDetails": image.platform_details,
        "Public": public,
        "RootDeviceName": image.root_device_name,
        "RootDeviceType": "ebs",
        "State": image.state,
        "Tags": tag_set(tags),
        "UsageOperation": image.usage_operation,
        "VirtualizationType": image.virtualization_type,
    }
    if image.description:
        shape["Description"] = image.description
    if image.platform is not None:
        shape["Platform"] = image.platform
    if image.boot_mode is not None:
        shape["BootMode"] = image.boot_mode
    if image.ena_support is not None:
        shape["EnaSupport"] = image.ena_support
    if image.sriov_net_support is not None:
        shape["SriovNetSupport"] = image.sriov_net_support
    if image.tpm_support is not None:
        shape["TpmSupport"] = image.tpm_support
    if image.imds_support is not None:
        shape["ImdsSupport"] = image.imds_support
    if image.kernel_id is not None:
        shape["KernelId"] = image.kernel_id
    if image.ramdisk_id is not None:
        shape["RamdiskId"] = image.ramdisk_id
    if image.deprecated_at is not None:
        shape["DeprecationTime"] = moment(image.deprecated_at)
    if image.source_image_id is not None:
        shape["SourceImageId"] = image.source_image_id
    if image.source_image_region is not None:
        shape["SourceImageRegion"] = image.source_image_region
    if image.source_instance_id is not None:
        shape["SourceInstanceId"] = image.source_instance_id
    if image.state_reason is not None:
        # The code is assumed.
        shape["StateReason"] = {"Code": "Client.InvalidSnapshot", "Message": image.state_reason}
    if image.product_codes:
        shape["ProductCodes"] = product_codes(image)
    return lasting(shape)


def device_shape(device: BlockDevice) -> BlockDeviceMapping:
    """Return one entry of a block device mapping; the key of an encrypted volume is not shown."""
    if device.virtual_name is not None:
        return {"DeviceName": device.device_name, "VirtualName": device.virtual_name}
    ebs: EbsBlockDevice = {
        "DeleteOnTermination": device.delete_on_termination,
        "Encrypted": device.encrypted,
        "VolumeType": device.volume_type,
    }
    if device.snapshot_id is not None:
        ebs["SnapshotId"] = device.snapshot_id
    if device.volume_size is not None:
        ebs["VolumeSize"] = device.volume_size
    if device.iops is not None:
        ebs["Iops"] = device.iops
    if device.throughput is not None:
        ebs["Throughput"] = device.throughput
    return {"DeviceName": device.device_name, "Ebs": ebs}


def product_codes(image: Image) -> list[ProductCode]:
    """Return the product codes of an AMI."""
    return [
        {"ProductCodeId": code, "ProductCodeType": "marketplace"} for code in image.product_codes
    ]


def moment(time: datetime) -> str:
    """Return a time as it stands in an AMI: a text, to the second."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z"


# filters -----------------------------------------------------------------------------------------


def lacking(row: Row) -> None:
    """Return what a filter looks at that no AMI has here."""


def word(value: bool) -> str:
    """Return a truth value as filters spell it."""
    return "true" if value else "false"


def volumes(row: Row) -> Iterator[BlockDevice]:
    """Return the entries of the block device mapping that are no disks of the host."""
    return (device for device in row.image.devices if device.virtual_name is None)


LACKING = (
    "free-tier-eligible",
    "image-allowed",
    "image-watermark.source-image-creation-time",
    "image-watermark.source-image-id",
    "image-watermark.source-image-region",
    "image-watermark.watermark-creation-time",
    "image-watermark.watermark-key",
    "instance-type-specification.supported-instance-type",
    "instance-type-specification.unsupported-instance-type",
    "owner-alias",
    "public-ssm-parameter-name",
    "scan-result.critical-fix-available-since",
    "scan-result.finding-scan-date",
    "scan-result.high-fix-available-since",
    "scan-result.highest-finding-severity-label",
    "scan-result.informational-fix-available-since",
    "scan-result.low-fix-available-since",
    "scan-result.medium-fix-available-since",
    "state-reason-code",
    "state-reason-message",
)

FILTERS = Filters[Row](
    {
        **dict.fromkeys(LACKING, lacking),
        "architecture": lambda row: row.image.architecture,
        "boot-mode": lambda row: row.image.boot_mode,
        "creation-date": lambda row: moment(row.image.created_at),
        "description": lambda row: row.image.description,
        "ena-support": lambda row: word(bool(row.image.ena_support)),
        "hypervisor": lambda row: "xen",
        "image-id": lambda row: row.image.id,
        "image-type": lambda row: "machine",
        "is-public": lambda row: word(EVERYBODY in row.users),
        "kernel-id": lambda row: row.image.kernel_id,
        "manifest-location": lambda row: row.image.location,
        "name": lambda row: row.image.name,
        "owner-id": lambda row: row.image.account_id,
        "platform": lambda row: row.image.platform,
        "ramdisk-id": lambda row: row.image.ramdisk_id,
        "root-device-name": lambda row: row.image.root_device_name,
        "root-device-type": lambda row: "ebs",
        "source-image-id": lambda row: row.image.source_image_id,
        "source-image-region": lambda row: row.image.source_image_region,
        "source-instance-id": lambda row: row.image.source_instance_id,
        "sriov-net-support": lambda row: row.image.sriov_net_support,
        "state": lambda row: row.image.state,
        "virtualization-type": lambda row: row.image.virtualization_type,
    },
    lambda row: row.tags,
    {
        "block-device-mapping.delete-on-termination": lambda row: (
            word(device.delete_on_termination) for device in volumes(row)
        ),
        "block-device-mapping.device-name": lambda row: (
            device.device_name for device in row.image.devices
        ),
        "block-device-mapping.encrypted": lambda row: (
            word(device.encrypted) for device in volumes(row)
        ),
        "block-device-mapping.snapshot-id": lambda row: row.image.snapshot_ids,
        "block-device-mapping.volume-size": lambda row: (
            str(device.volume_size) for device in volumes(row)
        ),
        "block-device-mapping.volume-type": lambda row: (
            device.volume_type for device in volumes(row)
        ),
        "product-code": lambda row: row.image.product_codes,
        "product-code.type": lambda row: ("marketplace" for _ in row.image.product_codes),
    },
)
