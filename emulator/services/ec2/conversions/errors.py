"""The errors of conversion tasks, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others.
"""

from emulator.errors import AwsError


def not_in_this_region(action: str, region: str) -> AwsError:
    """Say that instances are not imported into a Region (code and text assumed)."""
    return AwsError(
        "UnsupportedOperation", f"The operation {action} is not supported in the Region {region}."
    )


def linux_not_on_type() -> AwsError:
    """Say that a Linux is not imported onto such an instance."""
    return AwsError("Unsupported", "Linux is not supported on the requested instance")


def one_disk_only() -> AwsError:
    """Say that an instance is imported with its boot disk alone (code and text assumed)."""
    return AwsError(
        "Unsupported",
        "An instance is imported with one disk image; import the others with ImportVolume.",
    )


def image_too_large(size: int) -> AwsError:
    """Say that no disk is so large (text assumed)."""
    return AwsError(
        "DiskImageSizeTooLarge", f"The disk image size ({size} bytes) exceeds the allowed limit."
    )


def volume_size(size: int, largest: int) -> AwsError:
    """Say that there are no volumes of such a size (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({size}) for parameter size is invalid. A volume has 1 to {largest} GiB.",
    )


def location_not_accessible() -> AwsError:
    """Say that a manifest can't be where its URL says (text as the list of errors describes it)."""
    return AwsError(
        "InaccessibleStorageLocation",
        "The specified Amazon S3 URL cannot be accessed. Check the URL and try again.",
    )


def address_without_subnet() -> AwsError:
    """Say that a private address is one of a subnet (text assumed)."""
    return AwsError(
        "InvalidParameterCombination",
        "The parameter PrivateIpAddress requires the parameter SubnetId to be set.",
    )


def has_ended() -> AwsError:
    """Say that a task is past cancelling."""
    return AwsError("DeleteConversionTaskError", "The conversion task cannot be canceled.")
