"""Lets the session of a role do what its policies allow, and refuses all else."""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.context import Context
from emulator.errors import AwsError
from emulator.rights import of_ec2, of_iam
from emulator.rights.asking import Asked, caller_of, surroundings
from state.store import Tx

# Nobody needs a right to know who he is, and roles say whom they let in.
FREE: Final = frozenset({"AssumeRole", "GetCallerIdentity"})
OF_ALL_KEYS: Final = frozenset({"CreateKey", "ListAliases", "ListKeys"})

log = logging.getLogger(__name__)


def check(ctx: Context, service: str, action: str, request: Mapping[str, Any]) -> None:
    """Refuse what the session of a role may not do, in the words of the service."""
    if ctx.session is None or service == "s3":  # which asks by itself
        return
    with ctx.store.read() as tx:
        caller, known = caller_of(tx, ctx), surroundings(ctx)
        for asked in asked_for(tx, ctx, service, action, request):
            context = {**known, **asked.context}
            decision = caller.decide(asked.action, asked.resource, context=context)
            log.info("%s on %s: %s", asked.action, asked.resource, decision.why)
            if not decision.allowed:
                break
        else:
            return
    error = refusal(service, str(caller.principal), asked, decision.because)
    if service == "ec2" and not of_ec2.looks(action):
        from emulator.rights import messages  # with the ciphers, which few servers need

        context = {**caller.context, **context}
        who = caller.principal
        message = messages.encoded(ctx, who, asked.action, asked.resource, decision, context)
        error.message += f". Encoded authorization failure message: {message}"
    raise error


def asked_for(
    tx: Tx, ctx: Context, service: str, action: str, request: Mapping[str, Any]
) -> Iterable[Asked]:
    """Tell what a request asks for, of whichever service."""
    if service in ("ec2", "ebs"):
        return of_ec2.asked_for(tx, ctx, service, action, request)
    if service == "iam":
        return of_iam.asked_for(tx, ctx, action, request)
    if service == "kms" and action not in OF_ALL_KEYS:
        return ()  # asked of the key
    if service == "sts" and action in FREE:
        return ()
    if service == "sts":
        return (Asked(f"{service}:{action}"),)
    return (Asked(f"{service}:{action}", "*", "*"),)


def refusal(service: str, who: str, asked: Asked, because: str) -> AwsError:
    """Say no, as the service does."""
    on = "" if asked.shown is None else f" on resource: {asked.shown}"
    told = f"User: {who} is not authorized to perform: {asked.action}{on} {because}"
    if service == "ec2":
        return AwsError(
            "UnauthorizedOperation",
            f"You are not authorized to perform this operation. {told}",
            403,
        )
    if service in ("iam", "sts"):
        return AwsError("AccessDenied", told, 403)
    return AwsError("AccessDeniedException", told, 400 if service == "kms" else 403)
