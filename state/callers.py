"""Who asks, with the policies of its own that say what it may; and whether it may.

    an account's root, which is everybody without temporary credentials    may anything at home
    the session of a role      the role's policies, its boundary, the session's own policies
    nobody                     what a resource's policy lets everyone do

What a session may is looked up when it asks: a policy that changes counts at once. A role that was
deleted leaves its sessions without any right, and so does one that was made again under its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from state import role_policies
from state.acls import canonical_id
from state.iam import Session
from state.partitions import partition_of
from state.policy.evaluation import ANONYMOUS, Decision, Policy, Principal, Request, evaluate
from state.store import Tx

Values = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and its own policies."""

    principal: Principal
    identity: Sequence[Policy] = ()
    boundary: Sequence[Policy] | None = None
    session: Sequence[Policy] | None = None
    context: Values = field(default_factory=dict)  # what conditions may ask about it

    def decide(
        self,
        action: str,
        resource: str,
        *,
        owner: str | None = None,
        policies: Sequence[Policy] = (),
        resource_decides: bool = False,
        context: Values | None = None,
    ) -> Decision:
        """Decide on an action; owner is the resource's account, policies are the resource's own.

        The resource decides where it is a key, or a role that is to be assumed.
        """
        values = {**self.context, **(context or {})}
        return evaluate(
            Request(self.principal, action, resource, owner, values),
            identity=self.identity,
            resource=policies,
            boundary=self.boundary,
            session=self.session,
            resource_decides=resource_decides,
        )


NOBODY: Final = Caller(ANONYMOUS)


def of_account(account_id: str, region: str = "") -> Caller:
    """Return the root of an account, as it is called in the partition of a Region."""
    return Caller(Principal.root(account_id, canonical_id(account_id), partition_of(region)))


def of_session(tx: Tx, session: Session) -> Caller:
    """Return the session of a role that was assumed, as the role is now."""
    role = tx.roles.get(session.account_id, session.role_name)
    context: dict[str, str] = {}
    identity, boundary = list[Policy](), None
    if role is not None and role.id == session.role_id:
        identity, boundary = role_policies.of_role(tx, role), role_policies.boundary(tx, role)
        context = {f"aws:PrincipalTag/{key}": value for key, value in role.tags.items()}
    context |= {f"aws:PrincipalTag/{key}": value for key, value in session.tags.items()}
    context["aws:TokenIssueTime"] = session.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    context["aws:MultiFactorAuthPresent"] = "false"
    if session.source_identity is not None:
        context["aws:SourceIdentity"] = session.source_identity
    return Caller(
        Principal.role(
            session.role_arn, session.name, session.role_id, canonical_id(session.account_id)
        ),
        identity,
        boundary,
        role_policies.of_session(tx, session),
        context,
    )
