"""Attributes of AMIs, one at a time.

    described   description kernel ramdisk launchPermission productCodes sriovNetSupport bootMode
                tpmSupport uefiData lastLaunchedTime imdsSupport deregistrationProtection
    modified    description imdsSupport launchPermission productCodes (which are only ever added)
    reset       launchPermission

All is the owner's alone. The API has blockDeviceMapping, too, and answers AuthFailure for it.
Nothing is launched from an AMI here, so there is no lastLaunchedTime.
"""

from collections.abc import Callable, Mapping

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors, permissions
from emulator.services.ec2.image_registration import CHOICES, check_description
from emulator.services.ec2.image_rows import product_codes
from emulator.services.ec2.images import find_own_image
from emulator.services.ec2.launch_permissions import (
    check_sharing,
    launch_change,
    launch_permissions,
)
from emulator.shapes.ec2 import (
    AttributeValue,
    DescribeImageAttributeRequest,
    ImageAttribute,
    ModifyImageAttributeRequest,
    ResetImageAttributeRequest,
)
from state.images import Image

actions = Actions()

PERMISSION = "launchPermission"
RESTRICTED = "blockDeviceMapping"
MODIFIED = {"description", "imdsSupport", "launchPermission", "productCodes"}

# By which members a request tells, without naming it, what attribute it is about.
TELLING: Mapping[str, tuple[str, ...]] = {
    "description": ("Description",),
    "imdsSupport": ("ImdsSupport",),
    "launchPermission": (
        "LaunchPermission",
        "UserIds",
        "UserGroups",
        "OrganizationArns",
        "OrganizationalUnitArns",
    ),
    "productCodes": ("ProductCodes",),
}


def value(text: str | None) -> AttributeValue:
    """Return an attribute of one word; an empty one if the AMI lacks it."""
    return {"Value": text} if text else {}


DESCRIBED: Mapping[str, Callable[[Image], ImageAttribute]] = {
    "bootMode": lambda image: {"BootMode": value(image.boot_mode)},
    "deregistrationProtection": lambda image: {
        "DeregistrationProtection": value(image.deregistration_protection)
    },
    "description": lambda image: {"Description": value(image.description)},
    "imdsSupport": lambda image: {"ImdsSupport": value(image.imds_support)},
    "kernel": lambda image: {"KernelId": value(image.kernel_id)},
    "lastLaunchedTime": lambda image: {"LastLaunchedTime": {}},
    "productCodes": lambda image: {"ProductCodes": product_codes(image)},
    "ramdisk": lambda image: {"RamdiskId": value(image.ramdisk_id)},
    "sriovNetSupport": lambda image: {"SriovNetSupport": value(image.sriov_net_support)},
    "tpmSupport": lambda image: {"TpmSupport": value(image.tpm_support)},
    "uefiData": lambda image: {"UefiData": value(image.uefi_data)},
}


@actions
def describe_image_attribute(
    ctx: Context, request: DescribeImageAttributeRequest
) -> ImageAttribute:
    """Return one attribute of an AMI."""
    attribute = known_attribute(request["Attribute"])
    with ctx.store.read() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        if attribute == RESTRICTED:
            raise image_errors.restricted_attribute()
        if request.get("DryRun"):
            raise dry_run()
        if attribute == PERMISSION:
            return {
                "ImageId": image.id,
                "LaunchPermissions": launch_permissions(tx, image.id),
            }
    return {"ImageId": image.id, **DESCRIBED[attribute](image)}


@actions
def modify_image_attribute(
    ctx: Context, request: ModifyImageAttributeRequest
) -> Mapping[str, object]:
    """Change one attribute of an AMI."""
    attribute = attribute_of(request)
    members = new_members(attribute, request)
    change = launch_change(request) if attribute == PERMISSION else None
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        if change:
            check_sharing(ctx, tx, image, change)
        if request.get("DryRun"):
            raise dry_run()
        if change:
            permissions.carry_out(tx, ctx.region, image.id, change)
        elif attribute == "productCodes":
            codes = dict.fromkeys([*image.product_codes, *request["ProductCodes"]])
            tx.images.replace(image.model_copy(update={"product_codes": tuple(codes)}))
        else:
            tx.images.replace(image.model_copy(update=members))
    return {}


@actions
def reset_image_attribute(
    ctx: Context, request: ResetImageAttributeRequest
) -> Mapping[str, object]:
    """Leave an AMI to its owner alone."""
    attribute = known_attribute(request["Attribute"])
    if attribute != PERMISSION:
        raise image_errors.attribute_not_changeable(attribute)
    with ctx.store.begin() as tx:
        image = find_own_image(ctx, tx, request["ImageId"])
        if request.get("DryRun"):
            raise dry_run()
        tx.permissions.clear(image.id)
    return {}


def known_attribute(attribute: str) -> str:
    """Return an attribute as it is spelt here: one known client says LaunchPermission."""
    for name in (*DESCRIBED, PERMISSION, RESTRICTED):
        if name.lower() == attribute.lower():
            return name
    raise invalid_parameter_value("attribute", attribute)


def attribute_of(request: ModifyImageAttributeRequest) -> str:
    """Return the one attribute that a request is about, whether it names it or not."""
    told = [name for name, members in TELLING.items() if any(each in request for each in members)]
    if "Attribute" in request:
        named = known_attribute(request["Attribute"])
        if named not in MODIFIED:
            raise image_errors.attribute_not_changeable(named)
        told = list(dict.fromkeys([*told, named]))
    if not told:
        raise image_errors.no_attributes()
    if len(told) > 1:
        raise image_errors.several_attributes(told)
    return told[0]


def new_members(attribute: str, request: ModifyImageAttributeRequest) -> Mapping[str, object]:
    """Return what changes in the AMI itself."""
    match attribute:
        case "description":
            description = new_value(request.get("Description"), request)
            check_description(description)
            return {"description": description}
        case "imdsSupport":
            support = new_value(request.get("ImdsSupport"), request)
            if support not in CHOICES["ImdsSupport"]:
                raise invalid_parameter_value("imdsSupport", support)
            return {"imds_support": support}
        case "productCodes" if not request.get("ProductCodes"):
            raise missing_parameter("ProductCode")
    return {}


def new_value(part: AttributeValue | None, request: ModifyImageAttributeRequest) -> str:
    """Return the new value, which stands in the attribute's own part or in Value."""
    found = request.get("Value") if part is None else part.get("Value")
    if found is None:
        raise missing_parameter("Value")
    return found
