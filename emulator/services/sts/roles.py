"""AssumeRole: temporary credentials for a role, to whom its trust policy lets have them.

    trust policy ─┐
    caller's own  ├─► evaluate ─► credentials, kept with the role's name until they have expired
    policies ─────┘

A root user, which is everybody without temporary credentials, needs nothing of its own. (In the
service a root user cannot assume a role at all; here there are no other users.) Left out: MFA,
contexts of identity providers, and tags that go on to the next role.
"""

import logging
import secrets
from collections.abc import Iterator
from datetime import timedelta

from emulator.context import Context
from emulator.protocol import regions
from emulator.services.actions import Actions
from emulator.services.sts import errors
from emulator.shapes.sts import AssumeRoleRequest, AssumeRoleResponse
from state import role_policies
from state.iam import Role, Session
from state.policy import documents
from state.policy.documents import Malformed, Use
from state.policy.evaluation import Decision, Principal, Request, evaluate
from state.store import Tx

HOUR = 3600  # seconds
LONGEST_POLICY = 2048  # characters
KEPT = timedelta(days=1)  # after its end a session is still told from one that never was
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

log = logging.getLogger(__name__)
actions = Actions()


@actions
def assume_role(ctx: Context, request: AssumeRoleRequest) -> AssumeRoleResponse:
    """Give temporary credentials for a role."""
    arn, name = request["RoleArn"], request["RoleSessionName"]
    lasts, tags = request.get("DurationSeconds", HOUR), tags_of(request)
    check_policy(request.get("Policy"))
    now = ctx.now().replace(microsecond=0)
    with ctx.store.begin() as tx:
        role = find_role(tx, arn)
        caller = caller_of(tx, ctx)
        for action in asked_for(request):
            decision = decide(tx, ctx, caller, role, action, request)
            if role is None or decision is None or not decision.allowed:
                raise errors.not_authorized(str(caller), action, arn)
        assert role is not None
        if lasts > role.max_session_seconds:
            raise errors.session_too_long()
        if ctx.session is not None and lasts > HOUR:
            raise errors.chained_session_too_long()
        session = Session(
            access_key_id="ASIA" + "".join(secrets.choice(LETTERS) for _ in range(16)),
            secret_access_key=secrets.token_urlsafe(30),
            token=secrets.token_urlsafe(192),
            account_id=role.account_id,
            partition=role.partition,
            role_id=role.id,
            role_name=role.name,
            role_arn=role.arn,
            name=name,
            created_at=now,
            expires_at=now + timedelta(seconds=lasts),
            policy=request.get("Policy"),
            policy_arns=tuple(each.get("arn", "") for each in request.get("PolicyArns", [])),
            tags=tags,
            source_identity=request.get("SourceIdentity"),
        )
        tx.sessions.forget(now - KEPT)
        tx.sessions.add(session)
    return response(session)


def response(session: Session) -> AssumeRoleResponse:
    """Return a new session as its client sees it."""
    shape: AssumeRoleResponse = {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": session.user_id, "Arn": session.arn},
    }
    packed = len(session.policy or "") + sum(map(len, session.policy_arns))
    if packed or session.tags:
        # Per cent of what a token has room for; how tightly AWS packs is not known.
        packed += sum(len(key) + len(value) for key, value in session.tags.items())
        shape["PackedPolicySize"] = min(100, -(-100 * packed // (2 * LONGEST_POLICY)))
    if session.source_identity is not None:
        shape["SourceIdentity"] = session.source_identity
    return shape


# who may -----------------------------------------------------------------------------------------


def asked_for(request: AssumeRoleRequest) -> Iterator[str]:
    """Name the actions that a trust policy must allow."""
    yield "sts:AssumeRole"
    if request.get("Tags"):
        yield "sts:TagSession"
    if "SourceIdentity" in request:
        yield "sts:SetSourceIdentity"


def decide(
    tx: Tx,
    ctx: Context,
    caller: Principal,
    role: Role | None,
    action: str,
    request: AssumeRoleRequest,
) -> Decision | None:
    """Decide whether a role may be assumed so; None where there is no role."""
    if role is None:
        return None
    mine, limit, own = [], None, None
    if ctx.session is not None:
        asking = tx.roles.get(ctx.session.account_id, ctx.session.role_name)
        if asking is not None:
            mine, limit = role_policies.of_role(tx, asking), role_policies.boundary(tx, asking)
        own = role_policies.of_session(tx, ctx.session)
    decision = evaluate(
        Request(caller, action, role.arn, role.account_id, context_of(request)),
        identity=mine,
        resource=role_policies.trust(role),
        boundary=limit,
        session=own,
        resource_decides=True,
    )
    log.info("%s on %s: %s", action, role.arn, decision.why)
    return decision


def context_of(request: AssumeRoleRequest) -> dict[str, str | list[str]]:
    """Return what conditions of a trust policy may ask about."""
    context: dict[str, str | list[str]] = {"sts:RoleSessionName": request["RoleSessionName"]}
    if "ExternalId" in request:
        context["sts:ExternalId"] = request["ExternalId"]
    if "SourceIdentity" in request:
        context["sts:SourceIdentity"] = request["SourceIdentity"]
    tags = request.get("Tags", [])
    if tags:
        context["aws:TagKeys"] = [tag["Key"] for tag in tags]
        context |= {f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in tags}
    return context


def caller_of(tx: Tx, ctx: Context) -> Principal:
    """Return who asks."""
    if ctx.session is None:
        return Principal.root(ctx.account_id, partition=regions.partition(ctx.region))
    session = ctx.session
    return Principal.role(session.role_arn, session.name, session.role_id)


def find_role(tx: Tx, arn: str) -> Role | None:
    """Return the role with an ARN, in whatever account; ValidationError for what is no ARN."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn":
        raise errors.invalid_role_arn(arn)
    role = tx.roles.get(parts[4], parts[5].rpartition("/")[2])
    return role if role is not None and role.arn == arn else None


# rules -------------------------------------------------------------------------------------------


def check_policy(text: str | None) -> None:
    """Refuse a session's policy that is none or too long."""
    if text is None:
        return
    try:
        documents.parse(text, Use.INLINE)
    except Malformed as problem:
        raise errors.malformed_document(problem.reason) from None
    if len(text) > LONGEST_POLICY:
        raise errors.policy_too_large()


def tags_of(request: AssumeRoleRequest) -> dict[str, str]:
    """Return a session's tags by key."""
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    if len({key.lower() for key in tags}) < len(request.get("Tags", [])):
        raise errors.same_tag_keys()
    return tags
