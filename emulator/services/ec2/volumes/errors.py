"""The errors of volumes, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

from emulator.errors import AwsError, invalid_parameter_value

# ids ----------------------------------------------------------------------------------------------


def volume_malformed(volume_id: str) -> AwsError:
    """Say that a string cannot be the id of a volume."""
    expected = "" if volume_id.startswith("vol-") else ' (expecting "vol-...")'
    return AwsError("InvalidVolumeID.Malformed", f'Invalid id: "{volume_id}"{expected}')


def zone_not_found(zone: str) -> AwsError:
    """Say that the Region has no such Availability Zone."""
    return AwsError("InvalidZone.NotFound", f"The zone '{zone}' does not exist.")


# what a volume may be -----------------------------------------------------------------------------


def unknown_type(volume_type: str) -> AwsError:
    """Say that there is no such type of volumes; the space at the end is the service's."""
    return AwsError(
        "UnknownVolumeType", f"Unsupported volume type '{volume_type}' for volume creation. "
    )


def not_positive(name: str, value: int) -> AwsError:
    """Say that a number is less than one."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({value}) for parameter {name} is invalid. Value must be a positive integer.",
    )


def smaller_than_snapshot(size: int, snapshot_id: str, smallest: int) -> AwsError:
    """Say that a snapshot does not fit into a volume (text that of block device mappings)."""
    return AwsError(
        "InvalidParameterValue",
        f"Volume of size {size}GB is smaller than  snapshot '{snapshot_id}', "
        f"expect size >= {smallest}GB",
    )


def rate_without_snapshot() -> AwsError:
    """Say that an empty volume needs no initialization."""
    return AwsError(
        "InvalidParameterCombination",
        "You can't specify VolumeInitializationRate for volumes that are not created from "
        "a snapshot.",
    )


def rate_out_of_range() -> AwsError:
    """Say that snapshots are not downloaded that slowly, or that fast."""
    return AwsError(
        "InvalidParameterValue",
        "The value specified for VolumeInitializationRate is not in the allowed range.",
    )


def multi_attach_not_supported(volume_type: str) -> AwsError:
    """Say that such a volume is attached to one instance at a time."""
    return AwsError(
        "InvalidParameterCombination",
        f"The parameter multi-attach-enabled is not supported for {volume_type} volumes.",
    )


def not_snapshotable(volume_id: str, state: str) -> AwsError:
    """Say that there is nothing to make a snapshot of yet (text assumed)."""
    return AwsError("IncorrectState", f"The volume '{volume_id}' is in the '{state}' state.")


def no_data_volume(volume_id: str, instance_id: str) -> AwsError:
    """Say that a volume is none of an instance's besides its root (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"Volume {volume_id} is not a data volume of instance {instance_id}.",
    )


def nothing_to_snapshot(instance_id: str) -> AwsError:
    """Say that all volumes of an instance are excluded, or that it has none (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        f"There are no volumes of instance {instance_id} to make snapshots of.",
    )


# modifications ------------------------------------------------------------------------------------


def nothing_to_modify() -> AwsError:
    """Say that a request changes nothing."""
    return AwsError(
        "InvalidParameterValue",
        "Invalid input: Must specify at least one of size, type, iops, throughput or multi-attach.",
    )


def never_smaller() -> AwsError:
    """Say that a volume only grows."""
    return AwsError("InvalidParameterValue", "New size cannot be smaller than existing size")


def shared_io1_not_modified() -> AwsError:
    """Say that some volumes stay what they are."""
    return AwsError(
        "InvalidParameterValue",
        "io1 volumes with Multi-Attach enabled do not support modify-volume actions. Please review "
        "the EBS technical documentation for information on the Multi-Attach limitations and "
        "considerations.",
    )


def io1_not_shared() -> AwsError:
    """Say that an io1 volume has Multi-Attach from the beginning or never (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        "Multi-Attach can be enabled for io1 volumes only when they are created.",
    )


def shared_type_stays() -> AwsError:
    """Say that the type of a volume with Multi-Attach stays what it is (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        "The volume type of a volume with Multi-Attach enabled can't be modified.",
    )


def multi_attach_in_use(volume_id: str) -> AwsError:
    """Say that too many use a volume for Multi-Attach to be switched (text assumed)."""
    return AwsError(
        "IncorrectState",
        f"Multi-Attach of volume {volume_id} can be enabled only while the volume is not attached, "
        "and disabled only while it is attached to one instance at most.",
    )


def never_root(volume_type: str) -> AwsError:
    """Say that no instance starts from such a volume (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        f"The volume type {volume_type} is not supported for root volumes.",
    )


def not_modifiable(volume_id: str) -> AwsError:
    """Say that a volume is not ready yet, or on its way out."""
    return AwsError(
        "IncorrectState",
        f"Volume {volume_id} must be in the available or in-use state to be modified.",
    )


def modified_too_often(again: str) -> AwsError:
    """Say that a volume was modified four times within a day."""
    return AwsError(
        "VolumeModificationRateExceeded",
        "You've reached the maximum modification rate per volume limit. "
        f"Wait until {again} before you can issue the next modification request for this volume.",
    )


def never_modified(volume_id: str) -> AwsError:
    """Say that a volume is as it was created."""
    return AwsError(
        "InvalidVolumeModification.NotFound",
        f"Modification for volume '{volume_id}' does not exist.",
    )


# attachments --------------------------------------------------------------------------------------


def invalid_device(device: str) -> AwsError:
    """Say that no volume is attached by such a name."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({device}) for parameter device is invalid. "
        f"{device} is not a valid EBS device name.",
    )


def in_use(volume_id: str, instance_id: str) -> AwsError:
    """Say that a volume is attached to an instance, and must not be deleted."""
    return AwsError("VolumeInUse", f"Volume {volume_id} is currently attached to {instance_id}")


def in_state(volume_id: str, state: str) -> AwsError:
    """Say that a volume is not attached to anything; the missing space is the service's."""
    return AwsError("IncorrectState", f"Volume '{volume_id}'is in the '{state}' state.")


def not_attached(volume_id: str, instance_id: str) -> AwsError:
    """Say that a volume is attached to another instance, or by another name (text assumed)."""
    return AwsError(
        "InvalidAttachment.NotFound",
        f"The volume '{volume_id}' is not attached to instance '{instance_id}'.",
    )


def which_instance(volume_id: str) -> AwsError:
    """Say that a volume is attached to several instances (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        f"Volume {volume_id} is attached to several instances: "
        "the parameter instanceId must be specified.",
    )


def attached_already(volume_id: str) -> AwsError:
    """Say that a volume is attached to an instance, to which it shall be attached or to another."""
    return AwsError("VolumeInUse", f"{volume_id} is already attached to an instance")


def zones_differ(volume_id: str, instance_id: str) -> AwsError:
    """Say that a volume is not where the instance is."""
    return AwsError(
        "InvalidVolume.ZoneMismatch",
        f"The volume '{volume_id}' is not in the same availability zone as instance "
        f"'{instance_id}'",
    )


def device_in_use(device: str) -> AwsError:
    """Say that an instance has another volume by that name."""
    return AwsError(
        "InvalidParameterValue",
        f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
    )


def not_running(instance_id: str) -> AwsError:
    """Say that no volume is attached to an instance that comes or goes; stopped ones may be."""
    return AwsError("IncorrectState", f"Instance '{instance_id}' is not 'running'.")


def too_many_volumes(most: int) -> AwsError:
    """Say that an instance has as many volumes as its type may (end of the text assumed)."""
    return AwsError(
        "AttachmentLimitExceeded",
        f"You may attach up to {most} devices for this instance type. Please use a larger instance "
        "size to attach more volumes. For a detailed list of limits please visit: "
        "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/volume_limits.html",
    )


def too_many_instances(volume_id: str, most: int) -> AwsError:
    """Say that a volume is attached to as many instances as it may be (text assumed)."""
    return AwsError(
        "AttachmentLimitExceeded",
        f"The volume '{volume_id}' is attached to {most} instances already.",
    )


def root_volume(device: str, instance_id: str) -> AwsError:
    """Say that a running instance needs its root volume."""
    return AwsError(
        "OperationNotPermitted",
        f"Unable to detach root volume '{device}' from instance '{instance_id}'",
    )


# attributes ---------------------------------------------------------------------------------------


def invalid_attribute(attribute: str) -> AwsError:
    """Say that volumes have no such attribute."""
    return invalid_parameter_value("attribute", attribute)


def no_attribute() -> AwsError:
    """Say that a request changes no attribute."""
    return AwsError("InvalidParameterCombination", "No attributes specified.")
