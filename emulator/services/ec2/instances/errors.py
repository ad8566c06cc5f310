"""The errors of instances, one function a sentence."""

from emulator.errors import AwsError
from emulator.services.ec2.errors import instance_not_found


def instance_malformed(instance_id: str) -> AwsError:
    """Say that a string cannot be the id of an instance."""
    expected = "" if instance_id.startswith("i-") else ' (expecting "i-...")'
    return AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"{expected}')


def instances_not_found(*instance_ids: str) -> AwsError:
    """Say that there is no such instance, or that there are none such."""
    if len(instance_ids) == 1:
        return instance_not_found(*instance_ids)
    listed = ", ".join(instance_ids)
    return AwsError("InvalidInstanceID.NotFound", f"The instance IDs '{listed}' do not exist")


# starting and ending ------------------------------------------------------------------------------


def not_startable(instance_id: str) -> AwsError:
    """Say that an instance is not stopped."""
    return AwsError(
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is not in a state from which it can be started.",
    )


def not_stoppable(instance_id: str) -> AwsError:
    """Say that an instance is gone, or about to go."""
    return AwsError(
        "IncorrectInstanceState",
        f"This instance '{instance_id}' is not in a state from which it can be stopped.",
    )


def never_ran(instance_id: str) -> AwsError:
    """Say that an instance can't be stopped before it has run."""
    return AwsError(
        "IncorrectInstanceState",
        f"Instance '{instance_id}' cannot be stopped as it has never reached the 'running' state.",
    )


def not_in_state(instance_id: str, state: str) -> AwsError:
    """Say that something can be done with an instance in one state only."""
    return AwsError(
        "IncorrectInstanceState", f"The instance '{instance_id}' is not in the '{state}' state."
    )


def no_root_volume(instance_id: str, device: str) -> AwsError:
    """Say that an instance can't start, as its disk is not there: not yet, or not any more."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid value '{instance_id}' for instanceId. "
        f"Instance does not have a volume attached at root ({device})",
    )


def protected(instance_id: str, verb: str, attribute: str) -> AwsError:
    """Say that an instance must be unprotected before."""
    return AwsError(
        "OperationNotPermitted",
        f"The instance '{instance_id}' may not be {verb}. "
        f"Modify its '{attribute}' instance attribute and try again.",
    )


def no_hibernation(instance_id: str) -> AwsError:
    """Say that an instance can't be hibernated (text assumed)."""
    return AwsError(
        "UnsupportedOperation", f"The instance '{instance_id}' is not enabled for hibernation."
    )


def no_capacity(instance_type: str, zone: str) -> AwsError:
    """Say that there is no room for another machine."""
    return AwsError(
        "InsufficientInstanceCapacity",
        f"We currently do not have sufficient {instance_type} capacity in the Availability Zone "
        f"you requested ({zone}). Our system will be working on provisioning additional capacity.",
        500,
    )


# what is started ----------------------------------------------------------------------------------


def counts(least: int, most: int) -> AwsError:
    """Say that so many instances can't be started (the last text is assumed)."""
    if least < 1:
        return AwsError("InvalidParameterValue", "Minimum instance count must be greater than zero")
    if most < 1:
        return AwsError("InvalidParameterValue", "Maximum instance count must be greater than zero")
    return AwsError(
        "InvalidParameterValue",
        "Maximum instance count must not be smaller than minimum instance count",
    )


def too_many(count: int, most: int) -> AwsError:
    """Say that nobody starts so many instances at once (text assumed)."""
    return AwsError(
        "InstanceLimitExceeded",
        f"You have requested more instances ({count}) than your current instance limit of {most} "
        "allows for the specified instance type.",
    )


def unknown_type(instance_type: str) -> AwsError:
    """Say that there is no such instance type."""
    return AwsError("InvalidParameterValue", f"Invalid value '{instance_type}' for InstanceType.")


def architectures_differ(of_type: str, of_image: str) -> AwsError:
    """Say that an instance type can't run an AMI."""
    return AwsError(
        "InvalidParameterValue",
        f"The architecture '{of_type}' of the specified instance type does not match the "
        f"architecture '{of_image}' of the specified AMI. Specify an instance type and an AMI that "
        "have matching architectures, and try again. You can use 'describe-instance-types' or "
        "'describe-images' to discover the architecture of the instance type or AMI.",
    )


def no_such_boot_mode(instance_type: str, boot_mode: str) -> AwsError:
    """Say that an instance type has no such firmware (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"The instance type '{instance_type}' does not support the boot mode '{boot_mode}'.",
    )


def virtualization_required(instance_type: str, required: str) -> AwsError:
    """Say that an instance type starts AMIs of another virtualization type only."""
    return AwsError(
        "InvalidParameterCombination",
        f"Virtualization type '{required}' is required for instances of type '{instance_type}'. "
        f"Ensure that you are using an AMI with virtualization type '{required}'.",
    )


def ena_required(instance_type: str, *, of_image: bool) -> AwsError:
    """Say that an AMI or an instance lacks the driver of an instance type's network card."""
    whose = "you are using an AMI that" if of_image else "your instance"
    return AwsError(
        "InvalidParameterCombination",
        "Enhanced networking with the Elastic Network Adapter (ENA) is required for the "
        f"'{instance_type}' instance type. Ensure that {whose} is enabled for ENA.",
    )


def configuration_not_supported() -> AwsError:
    """Say that an instance type is not to be had so: EBS-optimized, or for 32 bits."""
    return AwsError(
        "Unsupported",
        "The requested configuration is currently not supported. "
        "Please check the documentation for supported configurations.",
    )


def volume_shared(volume_id: str, instance_id: str) -> AwsError:
    """Say that only one machine writes to a volume here, also where it has Multi-Attach."""
    return AwsError(
        "UnsupportedOperation",
        f"The volume '{volume_id}' is attached to '{instance_id}', which runs: a volume of two "
        "machines is not supported here.",
    )


def no_instance_profile(name: str) -> AwsError:
    """Say that there is no such instance profile: there are none here."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({name}) for parameter iamInstanceProfile.name is invalid. "
        "Invalid IAM Instance Profile name",
    )


def no_launch_template() -> AwsError:
    """Say that there is no such launch template: there are none here."""
    return AwsError(
        "InvalidLaunchTemplateId.NotFound",
        "At least one of the launch templates specified in the request does not exist.",
    )


def wrong_choice(name: str, value: str) -> AwsError:
    """Say that a parameter has no such value."""
    return AwsError("InvalidParameterValue", f"Invalid value '{value}' for {name}")


# where it is to be --------------------------------------------------------------------------------


def names_with_subnet() -> AwsError:
    """Say that security groups have names in the default VPC only."""
    return AwsError(
        "InvalidParameterCombination",
        "The parameter groupName cannot be used with the parameter subnet",
    )


def empty_group_id() -> AwsError:
    """Say that nothing is the id of no security group."""
    return AwsError(
        "InvalidParameterValue",
        "Value () for parameter groupId is invalid. The value cannot be empty",
    )


def with_interfaces(what: str) -> AwsError:
    """Say that a network interface tells what an instance must not then."""
    return AwsError(
        "InvalidParameterCombination",
        f"Network interfaces and an instance-level {what} may not be specified on the same request",
    )


def one_interface_only() -> AwsError:
    """Say that an instance has one network interface here."""
    return AwsError(
        "UnsupportedOperation",
        "An instance with more than one network interface is not supported here.",
    )


def no_first_interface() -> AwsError:
    """Say that an instance needs a network interface at index 0 (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        "The request must contain a network interface with device index 0.",
    )


def addresses_of_several() -> AwsError:
    """Say that only one instance can have an address (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        "A private address or a network interface may be specified for a single instance only.",
    )


def no_default_subnet(zone: str | None) -> AwsError:
    """Say that the default VPC has no subnet to start an instance in."""
    if zone is None:
        return AwsError(
            "MissingInput", "No subnets found for the default VPC. Please specify a subnet."
        )
    return AwsError(
        "MissingInput", f"No default subnet for availability zone: '{zone}'. Specify a subnet."
    )


def zone_differs(zone: str, subnet_id: str) -> AwsError:
    """Say that a subnet is in another zone (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid availability zone: [{zone}]. It does not match that of the subnet '{subnet_id}'.",
    )


def networks_differ() -> AwsError:
    """Say that a security group is of another VPC than the subnet."""
    return AwsError("InvalidParameter", "Security group and subnet belong to different networks.")


# block devices ------------------------------------------------------------------------------------


def root_snapshot_kept() -> AwsError:
    """Say that an AMI's root device is what it is."""
    return AwsError("InvalidBlockDeviceMapping", "snapshotId cannot be modified on root device")


def root_device_missing(device: str) -> AwsError:
    """Say that an instance has no disk to start from (text assumed)."""
    return AwsError("InvalidBlockDeviceMapping", f"The root device '{device}' cannot be left out.")


def device_twice(device: str) -> AwsError:
    """Say that a device name stands for one device."""
    return AwsError(
        "InvalidBlockDeviceMapping",
        f"The device '{device}' is used in more than one block-device mapping",
    )


def device_name(device: str) -> AwsError:
    """Say that no disk of an instance can have a name."""
    return AwsError("InvalidBlockDeviceMapping", f"Invalid device name {device}")


def device_unknown(device: str) -> AwsError:
    """Say that an instance has no such device."""
    return AwsError("InvalidInstanceAttributeValue", f"No device is currently mapped at {device}")


# attributes ---------------------------------------------------------------------------------------


def no_such_attribute(attribute: str) -> AwsError:
    """Say that instances have no such attribute, or none to be had in this way."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({attribute}) for parameter attribute is invalid. Unknown attribute.",
    )


def not_an_attribute_value(attribute: str, value: str) -> AwsError:
    """Say that an attribute can't have a value."""
    return AwsError(
        "InvalidInstanceAttributeValue",
        f"The instanceAttribute '{attribute}' can't be '{value}'.",
    )


def no_credits(instance_id: str, instance_type: str) -> AwsError:
    """Say that an instance has no credits for its processor (text assumed)."""
    return AwsError(
        "InstanceCreditSpecification.NotSupported",
        f"The instance '{instance_id}' is of type {instance_type}, which has no CPU credits.",
    )


def no_credits_now(instance_id: str, state: str) -> AwsError:
    """Say that an instance is changing its state, or gone (text assumed)."""
    return AwsError(
        "IncorrectInstanceState", f"The instance '{instance_id}' is in the '{state}' state."
    )


# consoles -----------------------------------------------------------------------------------------


def no_screen(instance_id: str) -> AwsError:
    """Say that there is no machine whose screen could be seen (text assumed)."""
    return AwsError(
        "UnsupportedOperation", f"The instance '{instance_id}' is a record: it has no screen."
    )


def not_seen(instance_id: str) -> AwsError:
    """Say that a picture of the screen was not to be had in time (text assumed)."""
    return AwsError(
        "InternalError", f"A screenshot of the instance '{instance_id}' could not be taken.", 500
    )


def not_imageable(instance_id: str) -> AwsError:
    """Say that no AMI is made of an instance in such a state."""
    return AwsError(
        "IncorrectState", f"Instance '{instance_id}' is not in state 'running' or 'stopped'."
    )
