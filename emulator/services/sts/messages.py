"""DecodeAuthorizationMessage: why EC2 has refused something, from what its error says in code."""

from emulator.context import Context
from emulator.rights.messages import Unreadable, decoded
from emulator.services.actions import Actions
from emulator.services.sts import errors
from emulator.shapes.sts import (
    DecodeAuthorizationMessageRequest,
    DecodeAuthorizationMessageResponse,
)

actions = Actions()


@actions
def decode_authorization_message(
    ctx: Context, request: DecodeAuthorizationMessageRequest
) -> DecodeAuthorizationMessageResponse:
    """Tell what an encoded message says; they do not expire (assumed)."""
    try:
        return {"DecodedMessage": decoded(ctx, request["EncodedMessage"])}
    except Unreadable:
        raise errors.invalid_message() from None
