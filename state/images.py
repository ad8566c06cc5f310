"""Images: the AMIs that imports, registrations and copies make."""

from datetime import datetime
from typing import Literal

from state.values import Frozen


class BlockDevice(Frozen):
    """One entry of an AMI's block device mapping: a snapshot, an empty volume, or a local disk."""

    device_name: str
    snapshot_id: str | None = None
    virtual_name: str | None = None  # ephemeral0 …: a disk of the host, not a volume
    volume_size: int | None = None  # GiB; None for a disk of the host
    volume_type: str = "gp2"
    iops: int | None = None
    throughput: int | None = None  # MiB/s
    delete_on_termination: bool = True
    encrypted: bool = False
    kms_key_id: str | None = None


class Image(Frozen):
    """An AMI; its bytes are those of the snapshots in its block device mapping.

    Members that are None are not shown. Who else may use it stands in the room of permissions.
    """

    id: str
    account_id: str
    region: str
    created_at: datetime
    name: str  # unique in the account and Region
    location: str  # ImageLocation: account/name
    devices: tuple[BlockDevice, ...]
    root_device_name: str
    description: str = ""
    # Pending: a snapshot of it is; failed: so has one, and it will never be available.
    state: Literal["pending", "available", "failed", "disabled"] = "available"
    state_reason: str | None = None
    architecture: str = "x86_64"
    platform: Literal["windows"] | None = None
    usage_operation: str = "RunInstances"
    platform_details: str = "Linux/UNIX"
    virtualization_type: str = "hvm"
    boot_mode: str | None = None
    ena_support: bool | None = None
    sriov_net_support: str | None = None
    tpm_support: str | None = None
    imds_support: str | None = None
    kernel_id: str | None = None
    ramdisk_id: str | None = None
    uefi_data: str | None = None
    product_codes: tuple[str, ...] = ()
    deprecated_at: datetime | None = None
    deregistration_protection: str = (
        "disabled"  # or enabled-with-cooldown, enabled-without-cooldown
    )
    protection_ends_at: datetime | None = (
        None  # the cooldown's end, once protection is switched off
    )
    source_image_id: str | None = None  # of a copy, or of the instance it was made of
    source_image_region: str | None = None
    source_instance_id: str | None = None
    task_id: str | None = None  # the import that made it, or made what it is a copy of
    client_token: str | None = None  # of the request that made it
    request_digest: str | None = None

    @property
    def snapshot_ids(self) -> tuple[str, ...]:
        """The snapshots in its block device mapping."""
        found = (device.snapshot_id for device in self.devices if device.snapshot_id)
        return tuple(dict.fromkeys(found))
