"""Who may do what with a key, as a document: GetKeyPolicy and PutKeyPolicy.

A key has one policy, called `default`. It must be one, and let whoever gives it change it again.
"""

import json

from emulator.context import Context
from emulator.rights.asking import caller_of
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding
from emulator.shapes.kms import GetKeyPolicyRequest, GetKeyPolicyResponse, PutKeyPolicyRequest
from state.policy.documents import Malformed, Use, parse
from state.policy.evaluation import Policy

actions = Actions()

NAME = "default"
MOST = 32768  # characters
CHANGE = "kms:PutKeyPolicy"


@actions
def get_key_policy(ctx: Context, request: GetKeyPolicyRequest) -> GetKeyPolicyResponse:
    """Show the policy of a key."""
    with ctx.store.read() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "GetKeyPolicy")
    if request.get("PolicyName", NAME) != NAME:
        raise errors.no_such_policy()
    return {"Policy": key.policy, "PolicyName": NAME}


@actions
def put_key_policy(ctx: Context, request: PutKeyPolicyRequest) -> dict[str, object]:
    """Give a key another policy."""
    given = checked(ctx, request["Policy"], unchecked=request.get("BypassPolicyLockoutSafetyCheck"))
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "PutKeyPolicy")
        if request.get("PolicyName", NAME) != NAME:
            raise errors.no_such_policy()
        tx.keys.replace(key.model_copy(update={"policy": given}))
    return {}


def checked(ctx: Context, text: str | None, *, unchecked: bool | None) -> str:
    """Return a policy that a key can have, the usual one for none.

    Raises MalformedPolicyDocumentException, also for one that locks its account out, but for who
    says that this is meant.
    """
    if text is None:
        return usual(ctx)
    if len(text) > MOST:
        raise errors.policy_too_long(MOST)
    try:
        document = parse(text, Use.KEY)
    except Malformed as problem:
        raise errors.malformed_policy(problem.reason) from None
    if not unchecked:
        with ctx.store.read() as tx:
            caller = caller_of(tx, ctx)
        arn, policy = finding.arn(ctx, "key/*"), Policy("the key's policy", document)
        if not caller.decide(CHANGE, arn, policies=[policy], resource_decides=True).allowed:
            raise errors.locked_out()
    return text


def usual(ctx: Context) -> str:
    """Write the policy of a key for which none is given: its account may do everything."""
    document = {
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [
            {
                "Sid": "Enable IAM User Permissions",
                "Effect": "Allow",
                "Principal": {"AWS": errors.root(ctx)},
                "Action": "kms:*",
                "Resource": "*",
            }
        ],
    }
    return json.dumps(document, indent=2, separators=(",", " : "))
