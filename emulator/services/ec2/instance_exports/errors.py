"""The errors of exports of instances, one function a sentence.

Texts are the service's own where a client has seen them; "assumed" marks the others. Why an
instance cannot be exported is said by three sentences alone; the log knows more.
"""

from collections.abc import Iterable

from emulator.errors import AwsError


def not_for_environment(name: str, value: str, environment: str, valid: Iterable[str]) -> AwsError:
    """Say that an environment takes other formats (of a container: assumed)."""
    return AwsError(
        "Unsupported",
        f"{name} '{value}' not supported for targetEnvironment '{environment}'. "
        f"Valid value(s): {list(valid)}",
    )


def not_imported() -> AwsError:
    """Say that an instance has come from elsewhere than an import, or that nobody can tell."""
    return AwsError("NotExportable", "Only imported instances can be exported.")


def cannot_be_exported() -> AwsError:
    """Say that something about an instance is in the way."""
    return AwsError("NotExportable", "This instance cannot be exported.")


def snapshot_not_owned(snapshot_id: str) -> AwsError:
    """Say that an instance has the disk of another account's snapshot."""
    return AwsError(
        "NotExportable",
        f"The snapshot ID ({snapshot_id}) of the instance neither is owned by current user nor "
        "had been previously imported through VMIE.",
    )


def several_volumes() -> AwsError:
    """Say that an instance must have no volume besides its root."""
    return AwsError(
        "UnsupportedOperation",
        "This instance has multiple volumes attached. Please remove additional volumes.",
    )


def in_wrong_state(instance_id: str) -> AwsError:
    """Say that an instance neither runs nor is stopped (code and text assumed)."""
    return AwsError(
        "IncorrectInstanceState",
        f"The instance '{instance_id}' is not in a state from which it can be exported.",
    )


def bucket_without_grants() -> AwsError:
    """Say that a bucket does not let the exporter in."""
    return AwsError(
        "AuthFailure",
        "vm-import-export@amazon.com must have WRITE and READ_ACL permission on the S3 bucket.",
    )
