"""The errors that all of EC2 has; those of images and of tasks have modules of their own.

One function a sentence. Texts are the service's own where a client has seen them; "assumed" marks
the others.
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


# ids ----------------------------------------------------------------------------------------------


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


# tags ---------------------------------------------------------------------------------------------


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


# regions ------------------------------------------------------------------------------------------


def invalid_regions(names: list[str]) -> AwsError:
    """Say that there are no such Regions (text assumed)."""
    return AwsError("InvalidParameterValue", f"Invalid region names provided: {', '.join(names)}")


def invalid_zones(names: list[str]) -> AwsError:
    """Say that the Region has no such zones."""
    return AwsError("InvalidParameterValue", f"Invalid availability zone: [{', '.join(names)}]")


def invalid_zone_ids(ids: list[str]) -> AwsError:
    """Say that the Region has no zones of such ids (text assumed)."""
    return AwsError("InvalidParameterValue", f"Invalid availability zone-id: [{', '.join(ids)}]")
