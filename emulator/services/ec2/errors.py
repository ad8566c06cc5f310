"""The errors that only EC2 has, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

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


def import_task_malformed(task_id: str) -> AwsError:
    """Say that a string is not the id of an import task, or of none that exists: the same error.

    Two clients rely on the code; the text is assumed.
    """
    return AwsError(
        "InvalidConversionTaskId.Malformed", f'The conversion task ID "{task_id}" is not valid'
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
