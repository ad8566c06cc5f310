"""The errors of images and snapshots: making, sharing and copying them, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

from datetime import datetime

from emulator.errors import AwsError
from emulator.services.ec2.errors import invalid_value

# sharing and copying ------------------------------------------------------------------------------


def group_unknown(group: str) -> AwsError:
    """Say that there is no such group of users; there is only `all` (text assumed)."""
    return invalid_value(group, "group", "Expecting all.")


def attribute_item(item: str, value: str) -> AwsError:
    """Say that a launch permission names a user in a way that cannot be."""
    return AwsError(
        "InvalidAMIAttributeItemValue",
        f'Invalid attribute item value "{value}" for {item} item type.',
    )


def no_attributes() -> AwsError:
    """Say that a request changes nothing."""
    return AwsError("InvalidParameterCombination", "No attributes specified.")


def several_attributes(names: list[str]) -> AwsError:
    """Say that a request changes more than one attribute."""
    return AwsError(
        "InvalidParameterCombination",
        f"Fields for multiple attribute types specified: {', '.join(names)}",
    )


def attribute_not_changeable(attribute: str) -> AwsError:
    """Say that an attribute is only to be looked at (text assumed)."""
    return AwsError(
        "InvalidParameter", f"Parameter {attribute} is invalid. The attribute is not supported."
    )


def restricted_attribute() -> AwsError:
    """Say that an attribute is not told any more; DescribeImages shows it."""
    return AwsError("AuthFailure", "Unauthorized attempt to access restricted resource")


def add_or_remove() -> AwsError:
    """Say that one request cannot do both (text assumed)."""
    return AwsError(
        "InvalidParameterCombination", "Permissions can be added or removed, but not both at once."
    )


def default_key_not_shared() -> AwsError:
    """Say that only EBS itself may use the key of a snapshot."""
    return AwsError(
        "OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared"
    )


def image_default_key_not_shared() -> AwsError:
    """Say that only EBS itself may use the key of one of an AMI's snapshots."""
    return AwsError(
        "InvalidParameter",
        "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot.",
    )


def encrypted_snapshot_not_public() -> AwsError:
    """Say that what is encrypted is for named accounts only (text assumed)."""
    return AwsError("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly")


def image_not_public(reason: str) -> AwsError:
    """Say why an AMI can't be for everybody (text assumed)."""
    return AwsError("OperationNotPermitted", f"You can't publicly share this image: {reason}.")


def image_unavailable(image_id: str) -> AwsError:
    """Say that an AMI is disabled, which is assumed to be said in these words."""
    return AwsError("InvalidAMIID.Unavailable", f"The image ID '{image_id}' is no longer available")


def marketplace_not_copied() -> AwsError:
    """Say that another account's AMI has product codes."""
    return AwsError(
        "InvalidRequest", "Images from AWS Marketplace cannot be copied to another AWS account."
    )


def deprecated_in_the_past(moment: datetime) -> AwsError:
    """Say that an AMI can only be deprecated from now on (code and text assumed)."""
    return invalid_value(f"{moment:%Y-%m-%dT%H:%M:%SZ}", "deprecateAt", "It lies in the past.")


def deprecated_too_late(moment: datetime, latest: datetime) -> AwsError:
    """Say that the time of a deprecation is too far away (code and text assumed)."""
    return invalid_value(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "deprecateAt",
        f"Expecting a time up to {latest:%Y-%m-%dT%H:%M:%SZ}.",
    )


def public_sharing_blocked(resource: str, plural: str, remedy: str) -> AwsError:
    """Say that the account lets nothing be made public (text of snapshots assumed)."""
    return AwsError(
        "OperationNotPermitted",
        f"You can\u2019t publicly share this {resource} because block public access for {plural} "
        f"is enabled for this account. To publicly share the {resource}, "
        f"you must call the {remedy} API.",
    )


def invalid_block(name: str, value: str, valid: list[str]) -> AwsError:
    """Say that public access cannot be blocked in that way."""
    values = " and ".join(f"'{each}'" for each in valid)
    return AwsError(
        "InvalidRequest", f"Value '{value}' for {name} is not valid. Valid values are {values}."
    )


def never_unencrypted() -> AwsError:
    """Say that a copy can't be told to be unencrypted."""
    return AwsError("InvalidParameterValue", "The parameter encrypted=false is invalid")


def place_not_served(name: str) -> AwsError:
    """Say that there are neither Outposts nor Local Zones here (code and text assumed)."""
    return AwsError("UnsupportedOperation", f"The parameter {name} is not supported")


def storage_not_usable() -> AwsError:
    """Say that an AMI is shared with the account, but its snapshots are not."""
    return AwsError(
        "InvalidRequest", "You do not have permission to access the storage of this ami"
    )


# images -------------------------------------------------------------------------------------------


def image_name_malformed() -> AwsError:
    """Say that no AMI may have such a name."""
    return AwsError(
        "InvalidAMIName.Malformed",
        "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, "
        "'(', ')', '.', '-', '/' and '_'",
    )


def image_name_duplicate(name: str, image_id: str) -> AwsError:
    """Say that the account has an AMI of that name."""
    return AwsError(
        "InvalidAMIName.Duplicate", f"AMI name {name} is already in use by AMI {image_id}"
    )


def image_protected(image_id: str) -> AwsError:
    """Say that an AMI must not be deregistered yet (code and text assumed)."""
    return AwsError(
        "OperationNotPermitted",
        f"The image {image_id} can't be deregistered: its deregistration protection is enabled, "
        "or was until less than 24 hours ago.",
    )


def no_instance_store() -> AwsError:
    """Say that an AMI's disks can be no bundle in S3 here (text assumed)."""
    return AwsError("UnsupportedOperation", "Instance store-backed AMIs are not supported.")


def billing_products_not_allowed() -> AwsError:
    """Say that an account may not charge others for what is on its AMIs (code and text assumed)."""
    return AwsError(
        "OperationNotPermitted", "You are not authorized to specify billing product codes."
    )


def description_too_long(limit: int) -> AwsError:
    """Say that a description is longer than any may be (text assumed)."""
    return AwsError("InvalidParameterValue", f"The description exceeds {limit} characters.")


def kernel_malformed(kernel_id: str) -> AwsError:
    """Say that a string cannot be the id of a kernel (text assumed)."""
    return AwsError("InvalidKernelId.Malformed", f'Invalid id: "{kernel_id}" (expecting "aki-...")')


def ramdisk_malformed(ramdisk_id: str) -> AwsError:
    """Say that a string cannot be the id of a RAM disk (text assumed)."""
    return AwsError(
        "InvalidRamdiskId.Malformed", f'Invalid id: "{ramdisk_id}" (expecting "ari-...")'
    )


def no_tpm(architecture: str) -> AwsError:
    """Say that machines of an architecture have no TPM (code assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid machineArchitecture value '{architecture}' for tpmSupport",
    )


# block device mappings ----------------------------------------------------------------------------


def no_root_snapshot() -> AwsError:
    """Say that the root device of an AMI must be a snapshot."""
    return AwsError("InvalidBlockDeviceMapping", "No root snapshot specified in device mapping.")


def volume_without_size(device_names: list[str]) -> AwsError:
    """Say that nobody knows how large some volumes are to be."""
    return AwsError(
        "InvalidBlockDeviceMapping",
        f"Either snapshot ID or volume size must be provided for: {', '.join(device_names)}",
    )


def volume_smaller_than_snapshot(size: int, snapshot_id: str, smallest: int) -> AwsError:
    """Say that a snapshot does not fit into a volume; the two spaces are the service's."""
    return AwsError(
        "InvalidBlockDeviceMapping",
        f"Volume of size {size}GB is smaller than  snapshot '{snapshot_id}', "
        f"expect size >= {smallest}GB",
    )


def invalid_virtual_name(name: str) -> AwsError:
    """Say that a host has no such disk (text assumed)."""
    return AwsError("InvalidBlockDeviceMapping", f"Invalid virtual name {name}")


def encrypted_with_snapshot() -> AwsError:
    """Say that a volume is encrypted if its snapshot is."""
    return AwsError(
        "InvalidParameter",
        "Parameter encrypted is invalid. You cannot specify the encrypted flag if specifying "
        "a snapshot id in a block device mapping.",
    )


def key_in_mapping() -> AwsError:
    """Say that the block device mapping of an AMI names no key (text assumed)."""
    return AwsError("InvalidParameter", "Parameter kmsKeyId is not supported for this operation.")


def snapshot_not_ready(state: str) -> AwsError:
    """Say that a snapshot is not completed (code assumed)."""
    return AwsError("IncorrectState", f"Snapshot is in invalid state - {state}")


def too_little(subject: str, where: str, least: str) -> AwsError:
    """Say that something of a volume is less than it may be (text assumed)."""
    return AwsError("InvalidParameterValue", f"{subject} is too low{where}; minimum is {least}.")


def too_much(subject: str, where: str, most: str) -> AwsError:
    """Say that something of a volume is more than it may be (text assumed)."""
    return AwsError("InvalidParameterValue", f"{subject} is too high{where}; maximum is {most}.")


def iops_not_supported(volume_type: str) -> AwsError:
    """Say that a client has no say in how fast such a volume is."""
    return AwsError(
        "InvalidParameterCombination",
        f"The parameter iops is not supported for {volume_type} volumes.",
    )


def iops_required(volume_type: str) -> AwsError:
    """Say that a client must say how fast such a volume is to be."""
    return AwsError(
        "InvalidParameterCombination",
        f"The parameter iops must be specified for {volume_type} volumes.",
    )


def iops_ratio_too_high(ratio: float, most: int) -> AwsError:
    """Say that a volume is too small to be that fast."""
    return AwsError(
        "InvalidParameterValue",
        f"Iops to volume size ratio of {ratio:.6f} is too high; maximum is {most}",
    )


def throughput_not_supported() -> AwsError:
    """Say that volumes of other types have the throughput that they have."""
    return AwsError(
        "InvalidParameterCombination", "throughput can only be specified for volumeType gp3."
    )


def throughput_ratio_too_high(ratio: float, most: float) -> AwsError:
    """Say that a volume's IOPS are too few for its throughput."""
    return AwsError(
        "InvalidParameterValue",
        f"Throughput (MiBps) to iops ratio of {ratio:.6f} is too high; "
        f"maximum is {most:.6f} MiBps per iops",
    )
