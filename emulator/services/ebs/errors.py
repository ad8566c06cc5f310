"""Every error that EBS direct answers beside those of the wire, one sentence each.

Codes and reasons are those of the API reference, which has no sentences. Those of a snapshot that
does not exist and of a block that breaks off were seen in the issues of clients (coldsnap, ops);
all others are assumed.
"""

from emulator.errors import AwsError, reasoned

MOST = 200  # characters of a sentence: the model allows 256


def invalid(sentence: str, reason: str = "INVALID_PARAMETER_VALUE") -> AwsError:
    """Something that is asked for cannot be."""
    return reasoned(AwsError("ValidationException", sentence), reason)


def snapshot_not_found(snapshot_id: str) -> AwsError:
    """No snapshot of that id in the Region."""
    error = AwsError(
        "ResourceNotFoundException", f"The snapshot '{snapshot_id}' does not exist.", 404
    )
    return reasoned(error, "SNAPSHOT_NOT_FOUND")


def no_access() -> AwsError:
    """The snapshot is another's, and not shared with the caller alone."""
    sentence = "You do not have sufficient access to perform this action."
    return reasoned(AwsError("AccessDeniedException", sentence, 403), "UNAUTHORIZED_ACCOUNT")


def not_completed(snapshot_id: str, state: str) -> AwsError:
    """A snapshot that cannot be read."""
    return invalid(
        f"The snapshot '{snapshot_id}' must be completed, but it is in the {state} state.",
        "INVALID_SNAPSHOT_ID",
    )


def not_pending(snapshot_id: str, state: str) -> AwsError:
    """A snapshot that cannot be written."""
    return invalid(
        f"The snapshot '{snapshot_id}' must be pending, but it is in the {state} state.",
        "INVALID_SNAPSHOT_ID",
    )


def done(snapshot_id: str) -> AwsError:
    """A snapshot that was completed, though its bytes are still being encrypted."""
    return invalid(
        f"The snapshot '{snapshot_id}' has been completed: no more blocks can be written to it.",
        "INVALID_SNAPSHOT_ID",
    )


def not_started_here(snapshot_id: str) -> AwsError:
    """A pending snapshot that somebody else fills."""
    return invalid(
        f"The snapshot '{snapshot_id}' was not started by StartSnapshot.", "INVALID_SNAPSHOT_ID"
    )


def token_used() -> AwsError:
    """The client token of another request."""
    sentence = "The request uses the same client token as a previous, but non-identical request."
    error = AwsError("ConflictException", sentence, 409)
    error.members = {"Message": sentence}  # the one error without a reason
    return error


def too_many_pending(most: int) -> AwsError:
    """More snapshots are being written than an account may have."""
    sentence = f"You have reached the limit of {most} pending snapshots."
    error = AwsError("ConcurrentLimitExceededException", sentence)
    error.members = {"Message": sentence}
    return error


def volume_too_large(most: int) -> AwsError:
    """A volume beyond what EBS has."""
    return invalid(f"The volume size must not exceed {most} GiB.", "INVALID_VOLUME_SIZE")


def volume_smaller_than_parent(parent_gib: int) -> AwsError:
    """A snapshot that would cut its parent off."""
    return invalid(
        f"The volume size must be equal to or greater than that of the parent snapshot, "
        f"{parent_gib} GiB.",
        "INVALID_VOLUME_SIZE",
    )


def not_beside_parent(name: str) -> AwsError:
    """A snapshot is encrypted as its parent is."""
    return invalid(f"You can't specify {name} and ParentSnapshotId in the same request.")


def must_be_encrypted() -> AwsError:
    """The account has everything new encrypted."""
    return invalid(
        "Encryption by default is enabled: you can't start an unencrypted snapshot, or one on top "
        "of an unencrypted parent snapshot."
    )


def key_needs_encrypted() -> AwsError:
    """A key for a snapshot that is not to be encrypted."""
    return invalid("KmsKeyArn can be specified only if Encrypted is true.", "INVALID_CUSTOMER_KEY")


def key_not_found() -> AwsError:
    """A key that there is not."""
    error = AwsError("ResourceNotFoundException", "The specified KMS key does not exist.", 404)
    return reasoned(error, "DEPENDENCY_RESOURCE_NOT_FOUND")


def key_not_accessible() -> AwsError:
    """A key of another account or Region."""
    sentence = "You do not have permission to use the specified KMS key."
    return reasoned(AwsError("AccessDeniedException", sentence, 403), "DEPENDENCY_ACCESS_DENIED")


def key_not_enabled() -> AwsError:
    """A key that is disabled or waits for its deletion."""
    return invalid("The KMS key is not enabled.", "INVALID_CUSTOMER_KEY")


def tag_invalid(sentence: str) -> AwsError:
    """Tags that no resource can have."""
    return invalid(sentence, "INVALID_TAG")


def block_out_of_range(index: int) -> AwsError:
    """A block behind the end of the volume."""
    return invalid(f"The block index {index} is beyond the end of the volume.", "INVALID_BLOCK")


def block_size(size: int) -> AwsError:
    """A block of another size."""
    return invalid(f"The data length must be {size} bytes.")


def checksum_differs() -> AwsError:
    """Something has changed on the way."""
    return invalid("The checksum does not match the one that was calculated from the block data.")


def token_invalid() -> AwsError:
    """Not a token of this block, or not for this caller."""
    return invalid("The block token is not valid for the snapshot block.", "INVALID_BLOCK_TOKEN")


def token_expired() -> AwsError:
    """A block token that was good for seven days."""
    return invalid("The block token has expired.", "INVALID_BLOCK_TOKEN")


def page_token_invalid() -> AwsError:
    """Not a token of this list."""
    return invalid("The page token is not valid.", "INVALID_PAGE_TOKEN")


def first_snapshot_missing() -> AwsError:
    """Nothing to compare with; the API reference says that an error occurs."""
    return invalid("FirstSnapshotId must be specified.", "INVALID_SNAPSHOT_ID")


def unrelated(first: str, second: str) -> AwsError:
    """Snapshots of no common lineage."""
    return invalid(
        f"The snapshots '{first}' and '{second}' are not of the same lineage.",
        "UNRELATED_SNAPSHOTS",
    )


def count_differs(claimed: int, written: int) -> AwsError:
    """Blocks that the client has written are missing, or there are more."""
    return invalid(
        f"The changed blocks count {claimed} does not match the {written} blocks that were written."
    )


def aggregate_differs() -> AwsError:
    """What was written is not what the client has sent."""
    return invalid("The checksum does not match the aggregated checksum of the written blocks.")
