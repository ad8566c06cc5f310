"""Client tokens: a request that comes again with the same ClientToken is done only once.

What was asked for is remembered as a digest beside the token: the same token with another digest is
refused.
"""

import hashlib
import json
from collections.abc import Mapping

from emulator.services.ec2 import errors


def checked(token: str | None, longest: int) -> str | None:
    """Return a ClientToken; the API reference allows it so many ASCII characters."""
    if token is not None and not (token.isascii() and len(token) <= longest):
        raise errors.invalid_value(
            token[:longest], "clientToken", f"Expecting at most {longest} ASCII characters."
        )
    return token


def digest_of(asked: Mapping[str, object]) -> str:
    """Return the same for requests that ask for the same, whatever their ClientToken."""
    parameters = dict(asked)
    parameters.pop("ClientToken", None)
    parameters.pop("DryRun", None)
    return hashlib.sha256(json.dumps(parameters, sort_keys=True, default=str).encode()).hexdigest()
