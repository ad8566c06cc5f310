"""EC2, as far as VM Import/Export and its clients need it."""

from collections.abc import Mapping

from emulator.services.actions import Families, Handler, merge
from emulator.services.ec2 import (
    export_images,
    export_tasks,
    image_attributes,
    image_copies,
    image_lifecycle,
    image_registration,
    images,
    import_images,
    import_snapshots,
    import_tasks,
    public_access,
    regions,
    snapshot_attributes,
    snapshot_copies,
    snapshots,
    tags,
)

AT_START = merge(
    [
        export_images.actions,
        export_tasks.actions,
        image_attributes.actions,
        image_copies.actions,
        image_lifecycle.actions,
        image_registration.actions,
        images.actions,
        import_images.actions,
        import_snapshots.actions,
        import_tasks.actions,
        public_access.actions,
        regions.actions,
        snapshot_attributes.actions,
        snapshot_copies.actions,
        snapshots.actions,
        tags.actions,
    ]
)
# A package a family, each with its ACTIONS: loaded for the first who asks.
LATER: dict[str, tuple[str, ...]] = {
    "emulator.services.ec2.encryption": (
        "DisableEbsEncryptionByDefault",
        "EnableEbsEncryptionByDefault",
        "GetEbsDefaultKmsKeyId",
        "GetEbsEncryptionByDefault",
        "ModifyEbsDefaultKmsKeyId",
        "ResetEbsDefaultKmsKeyId",
    ),
    "emulator.services.ec2.volumes": (
        "AttachVolume",
        "CreateSnapshot",
        "CreateSnapshots",
        "CreateVolume",
        "DeleteVolume",
        "DescribeVolumeAttribute",
        "DescribeVolumeStatus",
        "DescribeVolumes",
        "DescribeVolumesModifications",
        "DetachVolume",
        "EnableVolumeIO",
        "ModifyVolume",
        "ModifyVolumeAttribute",
    ),
}

ACTIONS: Mapping[str, Handler] = Families(AT_START, LATER)
