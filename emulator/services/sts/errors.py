"""STS's errors, a function a sentence."""

from emulator.errors import AwsError


def not_authorized(who: str, action: str, resource: str) -> AwsError:
    """A role that the caller may not assume, or that does not exist."""
    return AwsError(
        "AccessDenied",
        f"User: {who} is not authorized to perform: {action} on resource: {resource}",
        403,
    )


def invalid_role_arn(arn: str) -> AwsError:
    """A text that is not the ARN of a role."""
    return AwsError("ValidationError", f"{arn} is invalid")


def session_too_long() -> AwsError:
    """A session is to last longer than the role's may."""
    return AwsError(
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )


def chained_session_too_long() -> AwsError:
    """A session that was opened from another is to last longer than an hour."""
    return AwsError(
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
        "chaining",
    )


def malformed_document(reason: str) -> AwsError:
    """A session's policy that is none."""
    return AwsError("MalformedPolicyDocument", reason)


def policy_too_large() -> AwsError:
    """A session's policy beyond 2,048 characters (text assumed)."""
    return AwsError(
        "PackedPolicyTooLarge",
        "Serialized token too large for session",
    )


def same_tag_keys() -> AwsError:
    """Two tags of a session whose keys differ at most by case (text assumed)."""
    return AwsError(
        "InvalidParameterValue",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )


def invalid_message() -> AwsError:
    """A text that is no encoded message of the account's (text assumed)."""
    return AwsError("InvalidAuthorizationMessageException", "Message is not valid")
