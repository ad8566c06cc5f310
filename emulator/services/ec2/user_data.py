"""User data: what an instance is told when it starts, as base64."""

import base64
import binascii

from emulator.errors import AwsError

LONGEST = 16 << 10  # bytes


def checked(text: str | None) -> str | None:
    """Return user data as it came; refuses what is not base64, and too much of it."""
    if not text:
        return None
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed() from error
    if len(found) > LONGEST:
        raise too_long()
    return text


def malformed() -> AwsError:
    """Say that user data is not what it must be."""
    return AwsError("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data.")


def too_long() -> AwsError:
    """Say that there is too much user data."""
    return AwsError("InvalidParameterValue", f"User data is limited to {LONGEST} bytes")
