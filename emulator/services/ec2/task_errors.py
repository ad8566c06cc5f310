"""The errors of import and export tasks, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

from emulator.errors import AwsError

# ids ----------------------------------------------------------------------------------------------


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


# imports ------------------------------------------------------------------------------------------


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


def role_unfit(role_name: str) -> AwsError:
    """Say that the service role is missing, does not trust the service, or lacks a right."""
    return AwsError(
        "InvalidParameter",
        f"The service role {role_name} provided does not exist or does not have sufficient "
        "permissions",
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


# exports ------------------------------------------------------------------------------------------


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
