"""The errors that only EC2 has, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

from datetime import datetime

from emulator.errors import AwsError


def invalid_value(value: object, name: str, reason: str) -> AwsError:
    """Say that a parameter's value is refused, and why."""
    return AwsError(
        "InvalidParameterValue", f"Value ( {value} ) for parameter {name} is invalid. {reason}"
    )


def invalid_format(name: str, value: object) -> AwsError:
    """Say that an import's parameter is not of its kind."""
    return AwsError("InvalidParameter", f"Parameter {name}={value} has an invalid format")


def not_together(one: str, other: str) -> AwsError:
    """Say that two parameters exclude each other."""
    return AwsError(
        "InvalidParameterCombination",
        f"The parameter {one} cannot be used with the parameter {other}",
    )


def requires(name: str, other: str) -> AwsError:
    """Say that a parameter means nothing without another."""
    return AwsError(
        "InvalidParameterDependency",
        f"The parameter {name} requires the parameter {other} to be set.",
    )


def invalid_filter(name: str) -> AwsError:
    """Say that an action has no such filter."""
    return AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def too_many_filter_values(limit: int) -> AwsError:
    """Say that one call filters by too much."""
    return AwsError(
        "FilterLimitExceeded",
        f"The maximum number of filter values specified on a single call is {limit}",
    )


def filter_value_too_long(limit: int) -> AwsError:
    """Say that a filter's value is longer than any can be (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"The maximum length of a filter value is {limit} characters",
    )


def invalid_next_token(token: str) -> AwsError:
    """Say that a NextToken is not one of ours, or of another action."""
    return AwsError("InvalidNextToken", f"The token '{token}' is invalid")


# ids ---------------------------------------------------------------------------------------------


def invalid_id(resource_id: str) -> AwsError:
    """Say that nothing that could be tagged has such an id."""
    return AwsError("InvalidID", f"The ID '{resource_id}' is not valid")


def snapshot_malformed(snapshot_id: str) -> AwsError:
    """Say that a string cannot be the id of a snapshot."""
    expected = "" if snapshot_id.startswith("snap-") else ' (expecting "snap-...")'
    return AwsError("InvalidSnapshotID.Malformed", f'Invalid id: "{snapshot_id}"{expected}')


def snapshot_not_found(snapshot_id: str) -> AwsError:
    """Say that there is no such snapshot."""
    return AwsError("InvalidSnapshot.NotFound", f"The snapshot '{snapshot_id}' does not exist.")


def snapshot_in_use(snapshot_id: str, image_id: str) -> AwsError:
    """Say that an AMI is made of a snapshot."""
    return AwsError(
        "InvalidSnapshot.InUse", f"The snapshot {snapshot_id} is currently in use by {image_id}"
    )


def user_malformed(user_id: str) -> AwsError:
    """Say that a string is neither an account nor one of the words for one."""
    return AwsError("InvalidUserID.Malformed", f'Invalid user id: "{user_id}"')


def image_malformed(image_id: str) -> AwsError:
    """Say that a string cannot be the id of an AMI."""
    expected = "" if image_id.startswith("ami-") else ' (expecting "ami-...")'
    return AwsError("InvalidAMIID.Malformed", f'Invalid id: "{image_id}"{expected}')


def image_not_found(*image_ids: str) -> AwsError:
    """Say that there is no such AMI, or that there are none such."""
    listed = ", ".join(image_ids)
    if len(image_ids) > 1:
        return AwsError("InvalidAMIID.NotFound", f"The image ids '[{listed}]' do not exist")
    return AwsError("InvalidAMIID.NotFound", f"The image id '[{listed}]' does not exist")


def image_not_usable(image_id: str) -> AwsError:
    """Say that an AMI is another account's, who has not shared it."""
    return AwsError("AuthFailure", f"Not authorized for images: [{image_id}]")


def image_not_owned(image_id: str) -> AwsError:
    """Say that an AMI is another account's, and what is asked for is its owner's alone."""
    return AwsError("AuthFailure", f"Not authorized for image:{image_id}")


def volume_not_found(volume_id: str) -> AwsError:
    """Say that there is no such volume."""
    return AwsError("InvalidVolume.NotFound", f"The volume '{volume_id}' does not exist.")


def instance_not_found(instance_id: str) -> AwsError:
    """Say that there is no such instance."""
    return AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")


def export_task_not_found(task_id: str) -> AwsError:
    """Say that there is no such export task (text assumed)."""
    return AwsError(
        "InvalidExportTaskID.NotFound", f"The export task ID '{task_id}' does not exist"
    )


def export_task_malformed(task_id: str) -> AwsError:
    """Say that a string cannot be the id of an export task (text assumed)."""
    expected = "" if task_id.startswith("export-") else ' (expecting "export-...")'
    return AwsError("InvalidExportTaskID.Malformed", f'Invalid id: "{task_id}"{expected}')


def import_task_malformed(task_id: str) -> AwsError:
    """Say that a string is not the id of an import task, or of none that exists: the same error.

    Two clients rely on the code; the text is assumed.
    """
    return AwsError(
        "InvalidConversionTaskId.Malformed", f'The conversion task ID "{task_id}" is not valid'
    )


# sharing and copying -----------------------------------------------------------------------------


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


# images -----------------------------------------------------------------------------------------


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


# block device mappings ---------------------------------------------------------------------------


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


# imports -----------------------------------------------------------------------------------------


def invalid_s3_location() -> AwsError:
    """Say that what should name an object names none."""
    return AwsError("InvalidParameter", "Invalid S3 source location")


def no_access_to_object(bucket: str, key: str) -> AwsError:
    """Say that an object is missing or not readable."""
    return AwsError(
        "InvalidParameter", f"User does not have access to the S3 object ({bucket}/{key})."
    )


def object_elsewhere(region: str) -> AwsError:
    """Say that the object's bucket is not in the task's Region."""
    return AwsError(
        "InvalidParameter",
        f"The given S3 object is not local to the region. The object must be located in {region}.",
    )


def key_not_accessible() -> AwsError:
    """Say that a KMS key is missing, disabled or foreign."""
    return AwsError(
        "InvalidParameterValue",
        "The specified KMS key is not accessible. If this is a default EBS CMK, "
        "please retry your request without specifying the key explicitly",
    )


def too_many_disk_containers(limit: int) -> AwsError:
    """Say that a virtual machine can't have so many volumes (code and text assumed)."""
    return AwsError("InvalidParameter", f"The request contains more than {limit} disk containers.")


def ova_among_disks() -> AwsError:
    """Say that an OVA is a whole virtual machine (code and text assumed)."""
    return AwsError(
        "InvalidParameter", "A disk container in the OVA format must be the only disk container."
    )


def invalid_device_name(name: str) -> AwsError:
    """Say that no volume can be attached under such a name."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({name}) for parameter device is invalid. {name} is not a valid EBS device name.",
    )


def device_used_twice(name: str) -> AwsError:
    """Say that two disks are to have one name."""
    return AwsError(
        "InvalidBlockDeviceMapping",
        f"The device '{name}' is used in more than one block-device mapping",
    )


def licence_does_not_fit(name: str, value: str, platform: str) -> AwsError:
    """Say that a platform has no such licence (code and text assumed)."""
    return AwsError(
        "InvalidParameterCombination", f"The {name} {value} does not fit the Platform {platform}"
    )


def idempotent_parameter_mismatch() -> AwsError:
    """Say that a ClientToken came back with other parameters."""
    return AwsError(
        "IdempotentParameterMismatch",
        "The client token you have provided is associated with a resource "
        "that was created with different parameters.",  # text assumed
    )


def task_has_ended(task_id: str, status: str) -> AwsError:
    """Say that a task is past cancelling (code and text assumed)."""
    return AwsError(
        "IncorrectState", f"The import task {task_id} is {status} and cannot be canceled."
    )


# exports -----------------------------------------------------------------------------------------


def encrypted_not_exportable(image_id: str) -> AwsError:
    """Say that an AMI has encrypted volumes."""
    return AwsError(
        "InvalidParameter",
        f"The image ID ({image_id}) provided has encrypted EBS block devices and is not "
        "exportable.",
    )


def marketplace_not_exportable(image_id: str) -> AwsError:
    """Say that an AMI has product codes."""
    return AwsError(
        "NotExportable",
        f"The image ID provided ({image_id}) is a marketplace AMI and is not exportable.",
    )


def shared_not_exportable(image_id: str) -> AwsError:
    """Say that an AMI is another account's, though it may be used (code and text assumed)."""
    return AwsError(
        "NotExportable",
        f"The image ID provided ({image_id}) is shared from another account and is not exportable.",
    )


def too_large_to_export(image_id: str, limit: int) -> AwsError:
    """Say that a volume of an AMI is too large (code and text assumed)."""
    return AwsError(
        "NotExportable",
        f"The image ID provided ({image_id}) has EBS volumes larger than {limit} GiB and is not "
        "exportable.",
    )


def image_being_exported(image_id: str, task_id: str) -> AwsError:
    """Say that an AMI is exported once at a time (code and text assumed)."""
    return AwsError(
        "ResourceCountLimitExceeded",
        f"The image ID provided ({image_id}) is being exported already by the task {task_id}.",
    )


def bucket_encrypted_with_kms(bucket: str) -> AwsError:
    """Say that what is written into a bucket is encrypted with a KMS key (text assumed)."""
    return AwsError(
        "InvalidParameter",
        f"The S3 bucket {bucket} is encrypted with SSE-KMS, to which an image cannot be exported.",
    )


def export_has_ended(task_id: str, status: str) -> AwsError:
    """Say that an export is past cancelling (code and text assumed)."""
    return AwsError(
        "IncorrectState", f"The export task {task_id} is {status} and cannot be canceled."
    )


def export_too_late(task_id: str) -> AwsError:
    """Say that an export is past cancelling although it is active (code and text assumed)."""
    return AwsError(
        "IncorrectState",
        f"The export task {task_id} is transferring the final disk image and cannot be canceled.",
    )


# tags --------------------------------------------------------------------------------------------


def tag_key_empty() -> AwsError:
    """Say that a tag needs a key."""
    return AwsError("InvalidParameterValue", "Tag key cannot be null or empty.")


def tag_key_too_long(limit: int) -> AwsError:
    """Say that a tag's key is too long."""
    return AwsError(
        "InvalidParameterValue", f"Tag key exceeds the maximum length of {limit} characters"
    )


def tag_value_too_long(limit: int) -> AwsError:
    """Say that a tag's value is too long."""
    return AwsError(
        "InvalidParameterValue", f"Tag value exceeds the maximum length of {limit} characters"
    )


def tag_key_reserved(key: str) -> AwsError:
    """Say that a tag's key belongs to AWS."""
    return invalid_value(key, "key", "Tag keys starting with 'aws:' are reserved for internal use")


def duplicate_tag_key(key: str) -> AwsError:
    """Say that one request names a tag twice."""
    return AwsError("InvalidParameterValue", f"Duplicate tag key '{key}' specified.")


def too_many_tags() -> AwsError:
    """Say that a resource has all the tags it can have."""
    return AwsError(
        "TagLimitExceeded", "The maximum number of Tags for a resource has been reached."
    )


def not_taggable(resource_type: str) -> AwsError:
    """Say that an action does not make, or does not tag, such a resource."""
    return AwsError(
        "InvalidParameterValue",
        f"'{resource_type}' is not a valid taggable resource type for this operation.",
    )


# regions -----------------------------------------------------------------------------------------


def invalid_regions(names: list[str]) -> AwsError:
    """Say that there are no such Regions (text assumed)."""
    return AwsError("InvalidParameterValue", f"Invalid region names provided: {', '.join(names)}")


def invalid_zones(names: list[str]) -> AwsError:
    """Say that the Region has no such zones."""
    return AwsError("InvalidParameterValue", f"Invalid availability zone: [{', '.join(names)}]")


def invalid_zone_ids(ids: list[str]) -> AwsError:
    """Say that the Region has no zones of such ids (text assumed)."""
    return AwsError("InvalidParameterValue", f"Invalid availability zone-id: [{', '.join(ids)}]")
