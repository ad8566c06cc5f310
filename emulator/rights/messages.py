"""Encoded authorization messages: why EC2 has refused something, for those who may decode it.

    what was asked and decided, as JSON ──► deflated, sealed ──► base64, as URLs have it
       nonce 12 bytes │ AES-256-GCM, the account beside it │ tag 16 bytes

All hosts and all starts have one secret, which stands in the database. Who was refused learns
nothing from a message; `sts:DecodeAuthorizationMessage` is a right of its own, in the account whose
session was refused.
"""

import base64
import binascii
import json
import secrets
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from emulator.context import Context

if TYPE_CHECKING:
    from state.policy.evaluation import Decision, Principal
    from state.policy.statements import Principals, Statement

SECRET: Final = "authorization-messages"
NONCE: Final = 12
LONGEST: Final = 10240  # characters that DecodeAuthorizationMessage takes


class Unreadable(Exception):
    """Not a message of this vmie for this account."""


def encoded(
    ctx: Context,
    who: "Principal",
    action: str,
    resource: str,
    decision: "Decision",
    context: Mapping[str, str | Sequence[str]],
) -> str:
    """Write a message about a refusal."""
    message = told(who, action, resource, decision, context)
    text = sealed(ctx, message)
    if len(text) > LONGEST:
        text = sealed(ctx, told(who, action, resource, decision, {}))
    return text


def sealed(ctx: Context, message: object) -> str:
    """Seal a message, so that it says nothing by itself."""
    content = zlib.compress(json.dumps(message, separators=(",", ":")).encode(), 9)
    nonce = secrets.token_bytes(NONCE)
    owner = ctx.account_id.encode()
    bytes_ = nonce + AESGCM(secret_of(ctx)).encrypt(nonce, content, owner)
    return base64.urlsafe_b64encode(bytes_).decode("ascii").rstrip("=")


def decoded(ctx: Context, text: str) -> str:
    """Read a message, which is JSON; Unreadable."""
    try:
        bytes_ = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        nonce, rest = bytes_[:NONCE], bytes_[NONCE:]
        content = AESGCM(secret_of(ctx)).decrypt(nonce, rest, ctx.account_id.encode())
    except (binascii.Error, InvalidTag, ValueError):  # … or not ASCII, or too short
        raise Unreadable from None
    return zlib.decompress(content).decode()


def secret_of(ctx: Context) -> bytes:
    """Return the secret, which is made when it is first needed."""
    with ctx.store.read() as tx:
        secret = tx.secrets.get(SECRET)
    if secret is None:
        with ctx.store.begin() as tx:
            secret = tx.secrets.made(SECRET)
    return secret


# what a message tells ----------------------------------------------------------------------------


def told(
    who: "Principal",
    action: str,
    resource: str,
    decision: "Decision",
    context: Mapping[str, str | Sequence[str]],
) -> dict[str, Any]:
    """Return what there is to tell, as the reference of DecodeAuthorizationMessage shows it."""
    denying = [] if decision.statement is None else [statement_shape(decision.statement)]
    session = (who.session_arn or "").rpartition("/")[2]
    return {
        "allowed": False,
        "explicitDeny": decision.statement is not None,
        "matchedStatements": {"items": denying},
        "failures": {"items": []},
        "context": {
            "principal": {
                "id": f"{who.unique_id}:{session}" if who.unique_id else who.account_id,
                "arn": str(who),
            },
            "action": action,
            "resource": resource,
            "conditions": {
                "items": [
                    {"key": key, "values": items([values] if isinstance(values, str) else values)}
                    for key, values in sorted(context.items())
                ]
            },
        },
    }


def statement_shape(statement: "Statement") -> dict[str, Any]:
    """Return a statement as messages show it."""
    return {
        "statementId": statement.sid or "",
        "effect": statement.effect.upper(),
        "principals": items(named(statement.principals)),
        "principalGroups": items(()),
        "actions": items(statement.actions or ()),
        "notActions": items(statement.not_actions or ()),
        "resources": items(statement.resources or ()),
        "notResources": items(statement.not_resources or ()),
        "conditions": {
            "items": [
                {"key": each.key, "operator": each.operator, "values": items(each.values)}
                for each in statement.conditions
            ]
        },
    }


def named(principals: "Principals | None") -> Sequence[str]:
    """Return whom a statement names."""
    if principals is None:
        return ()
    anyone = ("*",) if principals.anyone else ()
    return (*anyone, *principals.aws, *principals.service, *principals.federated)


def items(values: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """Return texts as messages list them."""
    return {"items": [{"value": value} for value in values]}
