"""Whether a request is allowed, and which statement of which policy says so.

1. A statement that denies, in whatever policy: no.
2. Within one account: the resource's policy allows it to the one who asks, or the identity's
   policies do. Where the resource decides (a key's policy, a role's trust), its policy must allow
   it too, if only by naming the account, which leaves it to the identity's policies.
3. From another account: both sides must allow it.
4. A boundary and a session's policies must each allow what the identity's policies, or a
   resource's that names the role, allow; not what is allowed to the user, the session or everyone.
5. A root user needs no policy in its own account; a service or nobody only has the resource's.

    resource's policy names     the identity's must, too     boundary and session limit it
    the user, session, *        in another account           in another account
    the role                    in another account           always
    the account                 always                       always

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

Left out: the policies of organizations (SCP, RCP) and of VPC endpoints.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from state.policy import arns, conditions, variables, wildcards
from state.policy.requests import ANONYMOUS, Principal, Request
from state.policy.statements import Document, Effect, Principals, Statement
from state.policy.variables import Context

__all__ = ["ANONYMOUS", "Decision", "Policy", "Principal", "Request", "evaluate"]


class Policy(NamedTuple):
    """A document and what the log calls it: `the inline policy vmimport of the role vmimport`."""

    name: str
    document: Document


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed; the statement that said so and its policy, if one did."""

    allowed: bool
    why: str  # for the log
    because: str = ""  # for a client, as AWS ends its messages: "because no … policy allows …"
    policy: Policy | None = None
    statement: Statement | None = None


class Named(IntEnum):
    """How closely a statement names the one who asks."""

    NOT = 0
    ACCOUNT = 1  # the account, which may hand it on
    ROLE = 2
    DIRECTLY = 3


class Said(NamedTuple):
    """A statement that applies."""

    policy: Policy
    statement: Statement
    named: Named

    def __str__(self) -> str:
        """As the log has it."""
        return f"{self.statement} of {self.policy.name}"


def evaluate(
    request: Request,
    *,
    identity: Sequence[Policy] = (),
    resource: Sequence[Policy] = (),
    boundary: Sequence[Policy] | None = None,
    session: Sequence[Policy] | None = None,
    resource_decides: bool = False,
) -> Decision:
    """Decide on a request.

    The policies are those of the identity that asks and of the resource it asks for; boundary and
    session None where there are none. The resource decides where it is a key, or a role's trust.
    """
    context = request.full_context()

    def said(effect: Effect, policies: Iterable[Policy]) -> list[Said]:
        return list(_applying(effect, policies, request, context))

    for kind, denying in (
        ("an identity-based policy", identity),
        ("a resource-based policy", resource),
        ("a permissions boundary", boundary or ()),
        ("a session policy", session or ()),
    ):
        for denied in said("Deny", denying):
            return Decision(
                False,
                f"denied by {denied}",
                f"with an explicit deny in {kind}",
                denied.policy,
                denied.statement,
            )

    by_resource = max(said("Allow", resource), key=lambda found: found.named, default=None)
    granted = by_resource.named if by_resource is not None else Named.NOT
    who, at_home = request.principal, request.principal.account_id == request.owner
    if who.account_id is None:
        return _allowed(by_resource) if by_resource else _missing(request, "resource-based policy")
    if (resource_decides or not at_home) and granted is Named.NOT:
        return _missing(request, "resource-based policy")
    if by_resource is not None and at_home and granted is Named.DIRECTLY:
        return _allowed(by_resource)
    by_identity = next(iter(said("Allow", identity)), None)
    if not (by_identity or who.is_root or (at_home and granted is Named.ROLE)):
        return _missing(request, "identity-based policy")
    for kind, limit in ("permissions boundary", boundary), ("session policy", session):
        if limit is not None and not said("Allow", limit):
            return _missing(request, kind)
    decisive = by_identity or by_resource
    if decisive is None:
        return Decision(True, f"allowed to {who}, a root user")
    both = resource_decides or not at_home
    return _allowed(decisive, by_resource if both else None)


def _applying(
    effect: Effect, policies: Iterable[Policy], request: Request, context: Context
) -> Iterable[Said]:
    for policy in policies:
        variables_of = context if policy.document.has_variables else None
        for statement in policy.document.statements:
            if statement.effect != effect:
                continue
            named = _named(statement, request.principal)
            if (
                named is not Named.NOT
                and _is_about_action(statement, request.action)
                and _is_about_resource(statement, request.resource, variables_of)
                and conditions.hold(statement.conditions, context, variables_of)
            ):
                yield Said(policy, statement, named)


def _named(statement: Statement, who: Principal) -> Named:
    if statement.not_principals is not None:
        excepted = _all_named(statement.not_principals, who)
        return Named.NOT if excepted else Named.DIRECTLY
    if statement.principals is None:
        return Named.DIRECTLY  # an identity's policy is about that identity
    return _closest(statement.principals, who)


def _closest(principals: Principals, who: Principal) -> Named:
    if principals.anyone:
        return Named.DIRECTLY
    if who.service in principals.service or who.federated in principals.federated:
        return Named.DIRECTLY
    if who.session_arn in principals.aws:
        return Named.DIRECTLY
    if who.arn in principals.aws or who.unique_id in principals.aws:
        return Named.ROLE if who.is_role else Named.DIRECTLY
    if _names_account(principals, who):
        return Named.DIRECTLY if who.is_root else Named.ACCOUNT
    return Named.NOT


def _all_named(principals: Principals, who: Principal) -> bool:
    """Whether all that the one who asks is (account, role, session) is named.

    The guide only says that it might be looked at so; assumed that it always is.
    """
    if principals.anyone:
        return True
    if who.account_id is None:
        return who.service in principals.service or who.federated in principals.federated
    alone = [who.session_arn, who.arn if not who.is_root else None]
    return _names_account(principals, who) and all(
        arn is None or arn in principals.aws for arn in alone
    )


def _names_account(principals: Principals, who: Principal) -> bool:
    if who.account_id is None:
        return False
    return (
        who.account_id in principals.aws
        or any(
            arn.endswith(f":iam::{who.account_id}:root") and arn.startswith("arn:")
            for arn in principals.aws
        )
        or who.canonical_id in principals.canonical
    )


def _is_about_action(statement: Statement, action: str) -> bool:
    wanted = statement.actions if statement.actions is not None else statement.not_actions or ()
    found = any(wildcards.matches(each.lower(), action.lower()) for each in wanted)
    return found is (statement.actions is not None)


def _is_about_resource(statement: Statement, arn: str, variables_of: Context | None) -> bool:
    if statement.resources is None and statement.not_resources is None:
        return True  # a trust policy is about its role
    wanted = statement.resources if statement.resources is not None else statement.not_resources
    found = any(_is_resource(each, arn, variables_of) for each in wanted or ())
    return found is (statement.resources is not None)


def _is_resource(wanted: str, arn: str, variables_of: Context | None) -> bool:
    if wanted == "*" or wanted == arn:
        return True
    parts = variables.parts(wanted, variables_of)
    return parts is not None and arns.matches(parts, arn)


def _allowed(said: Said, also: Said | None = None) -> Decision:
    other = f", and by {also}" if also is not None and also is not said else ""
    return Decision(True, f"allowed by {said}{other}", "", said.policy, said.statement)


def _missing(request: Request, kind: str) -> Decision:
    return Decision(
        False,
        f"no {kind} allows {request.action} on {request.resource} to {request.principal}",
        f"because no {kind} allows the {request.action} action",
    )
