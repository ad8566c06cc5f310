"""RegisterImage and DeregisterImage: snapshots become an AMI, and an AMI goes.

Nobody looks at what is on the snapshots: a registered AMI is Linux/UNIX, whatever it is (the
service knows better for snapshots of Windows that it has made itself). AMIs whose disks are bundles
in S3, and billing products, which the service takes from few accounts, are refused.
"""

import base64
import binascii
import logging
import re
from collections.abc import Mapping
from datetime import datetime

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import ids, image_errors
from emulator.services.ec2.block_devices import devices_of
from emulator.services.ec2.images import find_own_image
from emulator.services.ec2.snapshots import forget as forget_snapshot
from emulator.services.ec2.snapshots import remove_bytes
from emulator.services.ec2.tags import specified
from emulator.shapes.ec2 import (
    DeleteSnapshotReturnCode,
    DeregisterImageRequest,
    DeregisterImageResult,
    RegisterImageRequest,
    RegisterImageResult,
)
from state.firmware import Memories
from state.images import BlockDevice, Image
from state.snapshots import Snapshot
from state.store import Tx

actions = Actions()

log = logging.getLogger(__name__)

NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}")
LONGEST_DESCRIPTION = 255  # characters
CHOICES = {
    "Architecture": {"i386", "x86_64", "arm64", "x86_64_mac", "arm64_mac"},
    "BootMode": {"legacy-bios", "uefi", "uefi-preferred"},
    "ImdsSupport": {"v2.0"},
    "SriovNetSupport": {"simple"},
    "TpmSupport": {"v2.0"},
    "VirtualizationType": {"hvm", "paravirtual"},
}


@actions
def register_image(ctx: Context, request: RegisterImageRequest) -> RegisterImageResult:
    """Make an AMI of snapshots of the account."""
    check_parameters(request)
    name = request["Name"]
    root = request.get("RootDeviceName")
    if root is None:
        raise missing_parameter("rootDeviceName")
    tags = specified(request.get("TagSpecifications"), ("image",))["image"]
    with ctx.store.begin() as tx:
        check_free(ctx, tx, name)
        devices = devices_of(ctx, tx, request.get("BlockDeviceMappings", ()))
        check_root(root, devices)
        image = Image(
            id=ctx.new_id("ami"),
            account_id=ctx.account_id,
            region=ctx.region,
            created_at=ctx.now(),
            name=name,
            location=f"{ctx.account_id}/{name}",
            devices=devices,
            root_device_name=root,
            description=request.get("Description", ""),
            # The service's own defaults, from times when there was nothing else.
            architecture=request.get("Architecture", "i386"),
            virtualization_type=request.get("VirtualizationType", "paravirtual"),
            boot_mode=request.get("BootMode"),
            ena_support=request.get("EnaSupport"),
            sriov_net_support=request.get("SriovNetSupport"),
            tpm_support=request.get("TpmSupport"),
            imds_support=request.get("ImdsSupport"),
            kernel_id=request.get("KernelId"),
            ramdisk_id=request.get("RamdiskId"),
            uefi_data=request.get("UefiData"),
        )
        if request.get("DryRun"):
            raise dry_run()
        tx.images.add(image)
        tx.tags.put(ctx.account_id, ctx.region, image.id, tags)
    log.info("image %s is registered as %r", image.id, name)
    return {"ImageId": image.id}


@actions
def deregister_image(ctx: Context, request: DeregisterImageRequest) -> DeregisterImageResult:
    """Forget an AMI, who may use it and its tags; its snapshots too, on demand."""
    deleted: list[Snapshot] = []
    result: DeregisterImageResult = {"Return": True}
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        if is_protected(image, ctx.now()):
            raise image_errors.image_protected(image.id)
        if request.get("DryRun"):
            raise dry_run()
        tx.permissions.clear(image.id)
        tx.tags.remove(ctx.account_id, ctx.region, image.id, None)
        tx.images.remove(image.id)
        if request.get("DeleteAssociatedSnapshots"):
            result["DeleteSnapshotResults"] = [
                delete_associated(ctx, tx, snapshot_id, deleted)
                for snapshot_id in image.snapshot_ids
            ]
    for snapshot in deleted:
        remove_bytes(ctx, snapshot)
    Memories(ctx.settings.data_dir).remove(image.id)
    log.info("image %s is deregistered", image.id)
    return result


# rules -------------------------------------------------------------------------------------------


def check_name(name: str) -> None:
    """Refuse a name that no AMI may have; InvalidAMIName.Malformed."""
    if not NAME.fullmatch(name):
        raise image_errors.image_name_malformed()


def check_description(description: str) -> None:
    """Refuse a description that is longer than an AMI's can be."""
    if len(description) > LONGEST_DESCRIPTION:
        raise image_errors.description_too_long(LONGEST_DESCRIPTION)


def check_free(ctx: Context, tx: Tx, name: str) -> None:
    """Refuse the name of another AMI of the account in the Region; InvalidAMIName.Duplicate.

    What a transaction that writes has read stays so until its end: the name remains free.
    """
    known = tx.images.by_name(ctx.account_id, ctx.region, name)
    if known is not None:
        raise image_errors.image_name_duplicate(name, known.id)


def check_parameters(request: RegisterImageRequest) -> None:
    """Refuse values that no AMI may have."""
    if "ImageLocation" in request:
        raise image_errors.no_instance_store()
    if request.get("BillingProducts"):
        raise image_errors.billing_products_not_allowed()
    check_name(request["Name"])
    check_description(request.get("Description", ""))
    given: Mapping[str, object] = request
    for parameter, choices in CHOICES.items():
        value = given.get(parameter)
        if value is not None and value not in choices:
            raise invalid_parameter_value(parameter[0].lower() + parameter[1:], str(value))
    if "TpmSupport" in request and request.get("Architecture") in ("arm64", "arm64_mac"):
        raise image_errors.no_tpm(request["Architecture"])
    ids.check_kernel_id(request.get("KernelId"))
    ids.check_ramdisk_id(request.get("RamdiskId"))
    check_uefi_data(request.get("UefiData"))


def check_uefi_data(uefi_data: str | None) -> None:
    """Refuse what is no Base64; what it says is the firmware's affair."""
    try:
        base64.b64decode(uefi_data or "", validate=True)
    except (binascii.Error, ValueError) as error:
        raise invalid_parameter_value("uefiData", (uefi_data or "")[:80]) from error


def check_root(root: str, devices: tuple[BlockDevice, ...]) -> None:
    """Refuse an AMI whose root device is not a snapshot."""
    if not any(device.device_name == root and device.snapshot_id for device in devices):
        raise image_errors.no_root_snapshot()


def is_protected(image: Image, now: datetime) -> bool:
    """Tell whether an AMI may not be deregistered: for good, or until its cooldown is over."""
    if image.deregistration_protection != "disabled":
        return True
    return image.protection_ends_at is not None and now < image.protection_ends_at


def delete_associated(
    ctx: Context, tx: Tx, snapshot_id: str, deleted: list[Snapshot]
) -> DeleteSnapshotReturnCode:
    """Forget a snapshot of an AMI that is gone, unless another AMI is made of it; say which."""
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None:
        return {"SnapshotId": snapshot_id, "ReturnCode": "client-error"}
    if snapshot.account_id != ctx.account_id:
        return {"SnapshotId": snapshot_id, "ReturnCode": "missing-permissions"}
    if tx.images.made_of(snapshot_id):
        return {"SnapshotId": snapshot_id, "ReturnCode": "skipped"}
    forget_snapshot(tx, snapshot)
    deleted.append(snapshot)
    return {"SnapshotId": snapshot_id, "ReturnCode": "success"}
