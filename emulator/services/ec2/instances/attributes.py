"""DescribeInstanceAttribute, ModifyInstanceAttribute, ResetInstanceAttribute.

One attribute a request, either by its member or as Attribute with a Value. What a machine is made
of can only be changed while it is stopped.
"""

import base64
from collections.abc import Mapping, Sequence

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors, user_data
from emulator.services.ec2.instances import errors
from emulator.services.ec2.instances.launching import shutdown
from emulator.services.ec2.instances.rows import (
    Row,
    find_instance,
    group_shapes,
    mappings,
    rows_of,
)
from emulator.services.ec2.network import interfaces
from emulator.shapes.ec2 import (
    DescribeInstanceAttributeRequest,
    InstanceAttribute,
    InstanceBlockDeviceMappingSpecification,
    ModifyInstanceAttributeRequest,
    ResetInstanceAttributeRequest,
)
from state.instance_types import all_types
from state.instances import Instance
from state.store import Tx

actions = Actions()

# The members of a request that change an attribute, and the attribute's own name.
MEMBERS = {
    "BlockDeviceMappings": "blockDeviceMapping",
    "DisableApiStop": "disableApiStop",
    "DisableApiTermination": "disableApiTermination",
    "EbsOptimized": "ebsOptimized",
    "EnaSupport": "enaSupport",
    "EnclaveOptions": "enclaveOptions",
    "Groups": "groupSet",
    "InstanceInitiatedShutdownBehavior": "instanceInitiatedShutdownBehavior",
    "InstanceType": "instanceType",
    "Kernel": "kernel",
    "Ramdisk": "ramdisk",
    "SourceDestCheck": "sourceDestCheck",
    "SriovNetSupport": "sriovNetSupport",
    "UserData": "userData",
}
STOPPED_ONLY = frozenset(
    {
        "ebsOptimized",
        "enaSupport",
        "instanceType",
        "kernel",
        "ramdisk",
        "sriovNetSupport",
        "userData",
    }
)
FLAGS = {
    "disableApiStop": "protected_from_stop",
    "disableApiTermination": "protected",
    "ebsOptimized": "ebs_optimized",
    "enaSupport": "ena_support",
}
RESETTABLE = ("kernel", "ramdisk", "sourceDestCheck")


@actions
def describe_instance_attribute(
    ctx: Context, request: DescribeInstanceAttributeRequest
) -> InstanceAttribute:
    """Return one attribute of an instance."""
    with ctx.store.read() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        (row,) = rows_of(tx, [instance])
    shape = shown(row, request["Attribute"])
    if request.get("DryRun"):
        raise dry_run()
    return shape


def shown(row: Row, attribute: str) -> InstanceAttribute:
    """Return an attribute as the service shows it."""
    instance = row.instance
    shape: InstanceAttribute = {"InstanceId": instance.id}
    match attribute:
        case "blockDeviceMapping":
            shape["BlockDeviceMappings"] = mappings(row)
        case "disableApiStop":
            shape["DisableApiStop"] = {"Value": instance.protected_from_stop}
        case "disableApiTermination":
            shape["DisableApiTermination"] = {"Value": instance.protected}
        case "ebsOptimized":
            shape["EbsOptimized"] = {"Value": instance.ebs_optimized}
        case "enaSupport":
            shape["EnaSupport"] = {"Value": instance.ena_support}
        case "enclaveOptions":
            shape["EnclaveOptions"] = {"Enabled": False}
        case "groupSet":
            shape["Groups"] = group_shapes(row.groups)
        case "instanceInitiatedShutdownBehavior":
            shape["InstanceInitiatedShutdownBehavior"] = {"Value": instance.shutdown_behavior}
        case "instanceType":
            shape["InstanceType"] = {"Value": instance.instance_type}
        case "kernel":
            shape["KernelId"] = {}
        case "productCodes":
            shape["ProductCodes"] = []
        case "ramdisk":
            shape["RamdiskId"] = {}
        case "rootDeviceName":
            shape["RootDeviceName"] = {"Value": instance.root_device_name}
        case "sourceDestCheck":
            interface = row.interface
            checks = (
                instance.source_dest_check if interface is None else interface.source_dest_check
            )
            shape["SourceDestCheck"] = {"Value": checks}
        case "sriovNetSupport":
            simple = instance.sriov_net_support
            shape["SriovNetSupport"] = {} if simple is None else {"Value": simple}
        case "userData":
            data = instance.user_data
            shape["UserData"] = {} if data is None else {"Value": data}
        case _:
            raise errors.no_such_attribute(attribute)
    return shape


@actions
def modify_instance_attribute(
    ctx: Context, request: ModifyInstanceAttributeRequest
) -> Mapping[str, object]:
    """Change one attribute of an instance."""
    attribute, value = asked_for(request)
    with ctx.store.begin() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        if instance.state == "terminated":
            raise errors.not_in_state(instance.id, "stopped")
        if attribute in STOPPED_ONLY and instance.state != "stopped":
            raise errors.not_in_state(instance.id, "stopped")
        change(ctx, tx, instance, attribute, value)
        if request.get("DryRun"):
            raise dry_run()
    return {}


@actions
def reset_instance_attribute(
    ctx: Context, request: ResetInstanceAttributeRequest
) -> Mapping[str, object]:
    """Bring an attribute back to what it is by default; kernels and RAM disks are the guest's."""
    attribute = request["Attribute"]
    if attribute not in RESETTABLE:
        raise errors.no_such_attribute(attribute)
    with ctx.store.begin() as tx:
        instance = find_instance(ctx, tx, request["InstanceId"])
        if attribute != "sourceDestCheck" and instance.state != "stopped":
            raise errors.not_in_state(instance.id, "stopped")
        if request.get("DryRun"):
            raise dry_run()
        if attribute == "sourceDestCheck":
            check_source(tx, instance, checks=True)
    return {}


def asked_for(request: ModifyInstanceAttributeRequest) -> tuple[str, object]:
    """Return the one attribute that is to change, and to what."""
    given: Mapping[str, object] = request
    members = [member for member in MEMBERS if member in given]
    named = request.get("Attribute")
    if named is not None and "Value" in request:
        if members:
            raise image_errors.several_attributes([named, *(MEMBERS[member] for member in members)])
        return named, request["Value"]
    if named is not None and not members:
        raise image_errors.no_attributes()
    if not members:
        raise image_errors.no_attributes()
    if len(members) > 1:
        raise image_errors.several_attributes([MEMBERS[member] for member in members])
    (member,) = members
    value = given[member]
    if isinstance(value, Mapping):
        value = value.get("Value")
    return MEMBERS[member], value


def change(ctx: Context, tx: Tx, instance: Instance, attribute: str, value: object) -> None:
    """Change an attribute; refuses what it can't be."""
    changes: dict[str, object] = {}
    match attribute, value:
        case "blockDeviceMapping", list():
            keep_devices(tx, instance, value)
        case "groupSet", list():
            regroup(ctx, tx, instance, [str(each) for each in value])
        case "instanceInitiatedShutdownBehavior", str():
            changes["shutdown_behavior"] = shutdown(value)
        case "instanceType", str():
            changes["instance_type"] = type_for(instance, value)
        case "sourceDestCheck", _:
            check_source(tx, instance, checks=truth(attribute, value))
        case "sriovNetSupport", "simple":  # for good: the service takes no other value
            changes["sriov_net_support"] = "simple"
        case "userData", bytes():
            text = base64.b64encode(value).decode() if value else None
            changes["user_data"] = user_data.checked(text)
        case "userData", str() | None:
            changes["user_data"] = user_data.checked(value or None)
        case _ if attribute in FLAGS:
            changes[FLAGS[attribute]] = truth(attribute, value)
        case _ if attribute in MEMBERS.values():
            raise errors.not_an_attribute_value(attribute, str(value))
        case _:
            raise errors.no_such_attribute(attribute)
    if changes:
        tx.instances.replace(instance.model_copy(update=changes))


def truth(attribute: str, value: object) -> bool:
    """Return a truth value, in whichever of the two forms it came."""
    if isinstance(value, bool):
        return value
    text = str(value).lower()
    if text not in ("true", "false"):
        raise errors.not_an_attribute_value(attribute, str(value))
    return text == "true"


def type_for(instance: Instance, name: str) -> str:
    """Return the name of an instance type that an instance can have."""
    kind = all_types().get(name)
    if kind is None:
        raise errors.not_an_attribute_value("instanceType", name)
    if instance.architecture not in kind.architectures:
        raise errors.architectures_differ(",".join(kind.architectures), instance.architecture)
    return name


def check_source(tx: Tx, instance: Instance, *, checks: bool) -> None:
    """Say whether the network interface of an instance takes only what is for it."""
    interface = tx.network.interfaces.get(instance.interface_id or "")
    if interface is not None:
        tx.network.interfaces.replace(interface.model_copy(update={"source_dest_check": checks}))
    tx.instances.replace(instance.model_copy(update={"source_dest_check": checks}))


def regroup(ctx: Context, tx: Tx, instance: Instance, group_ids: Sequence[str]) -> None:
    """Give an instance other security groups."""
    groups = interfaces.groups_of(ctx, tx, instance.vpc_id or "", group_ids)
    interface = tx.network.interfaces.get(instance.interface_id or "")
    if interface is not None:
        changes = {"group_ids": tuple(group.id for group in groups)}
        tx.network.interfaces.replace(interface.model_copy(update=changes))
    named = {"groups": tuple((group.id, group.name) for group in groups)}
    tx.instances.replace(instance.model_copy(update=named))


def keep_devices(
    tx: Tx, instance: Instance, given: Sequence[InstanceBlockDeviceMappingSpecification]
) -> None:
    """Say which volumes of an instance go with it."""
    asked = {each.get("DeviceName", ""): each.get("Ebs", {}) for each in given}
    for volume in tx.volumes.of_instance(instance.id):
        attachments = []
        for each in volume.attachments:
            ebs = asked.pop(each.device, {}) if each.instance_id == instance.id else {}
            if "DeleteOnTermination" in ebs:
                each = each.model_copy(update={"delete_on_termination": ebs["DeleteOnTermination"]})
            attachments.append(each)
        changes = {"attachments": tuple(attachments)}
        tx.volumes.replace(volume.model_copy(update=changes))
    for device in asked:
        raise errors.device_unknown(device)
