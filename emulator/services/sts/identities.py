"""GetCallerIdentity: the account behind an access key, or the session of a role.

There are no users: whoever asks without temporary credentials is the root of the account.
"""

from emulator.context import Context
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.shapes.sts import GetCallerIdentityRequest, GetCallerIdentityResponse

actions = Actions()


@actions
def get_caller_identity(
    ctx: Context, request: GetCallerIdentityRequest
) -> GetCallerIdentityResponse:
    """Tell who is asking."""
    if ctx.session is not None:
        return {
            "UserId": ctx.session.user_id,
            "Account": ctx.session.account_id,
            "Arn": ctx.session.arn,
        }
    partition = regions.partition(ctx.region)
    return {
        "UserId": ctx.account_id,
        "Account": ctx.account_id,
        "Arn": f"arn:{partition}:iam::{ctx.account_id}:root",
    }
