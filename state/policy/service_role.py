"""The service role: whether vmie may become the role of a client, and do with it what a task needs.

    vmie.amazonaws.com ── sts:AssumeRole ──► the role ── a right ──► bucket, key, snapshot, …
      sts:ExternalId = vmimport,        its trust      its policies, its boundary,
      aws:SourceAccount, aws:SourceArn                 the bucket's or key's policy

Only decides; who calls it knows the role's documents as they are now, and which rights a task
needs on which resources (`rights` has those of the guide).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from state.policy.evaluation import Decision, Policy, Principal, Request, evaluate

SERVICE: Final = "vmie.amazonaws.com"
EXTERNAL_ID: Final = "vmimport"
SESSION: Final = "vmie"  # assumed; the name of the sessions in which the service uses the role


@dataclass(frozen=True, slots=True)
class Right:
    """An action on a resource, with what the resource itself has to say about it."""

    action: str
    resource: str
    account_id: str | None = None  # that the resource belongs to; None: the role's
    policies: tuple[Policy, ...] = ()  # of the resource: a bucket's, a key's
    resource_decides: bool = False  # a key
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    grant: str | None = None  # of a key, that lends the action to the role


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A role as it is now."""

    account_id: str
    arn: str
    trust: Policy
    policies: tuple[Policy, ...]  # inline and attached
    boundary: tuple[Policy, ...] | None = None
    canonical_id: str | None = None  # of the account, as S3 names it


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a role will do; if not, which right is missing, the first being to become it."""

    decisions: tuple[tuple[Right, Decision], ...]  # up to the one that is missing

    @property
    def allowed(self) -> bool:
        """Whether nothing is missing."""
        return self.missing is None

    @property
    def missing(self) -> Right | None:
        """The right that is missing."""
        right, decision = self.decisions[-1]
        return None if decision.allowed else right

    @property
    def why(self) -> str:
        """Why the last right was allowed or denied: by which statement, or for want of one."""
        return self.decisions[-1][1].why

    def lines(self) -> Iterable[str]:
        """Tell of every right, for the log."""
        for right, decision in self.decisions:
            yield f"{right.action} on {right.resource}: {decision.why}"


def check(role: ServiceRole, rights: Iterable[Right], source_arn: str | None = None) -> Verdict:
    """Look whether the service may become the role for a task and has all rights with it.

    source_arn is what the service works on, `arn:aws:vmie:REGION:ACCOUNT:…`, if that is known.
    """
    assume = Right("sts:AssumeRole", role.arn, role.account_id, (role.trust,))
    decisions = [(assume, _assume(role, source_arn))]
    session = Principal.role(role.arn, SESSION, canonical_id=role.canonical_id)
    for right in rights:
        if not decisions[-1][1].allowed:
            break
        owner = right.account_id or role.account_id
        request = Request(session, right.action, right.resource, owner, right.context)
        decision = evaluate(
            request,
            identity=role.policies,
            resource=right.policies,
            boundary=role.boundary,
            resource_decides=right.resource_decides,
        )
        if right.grant and not decision.allowed and decision.statement is None:
            decision = Decision(True, f"allowed by the grant {right.grant}")
        decisions.append((right, decision))
    return Verdict(tuple(decisions))


def _assume(role: ServiceRole, source_arn: str | None) -> Decision:
    context = {"sts:ExternalId": EXTERNAL_ID, "aws:SourceAccount": role.account_id}
    if source_arn is not None:
        context["aws:SourceArn"] = source_arn
    service = Principal.of_service(SERVICE)
    request = Request(service, "sts:AssumeRole", role.arn, role.account_id, context)
    return evaluate(request, resource=[role.trust], resource_decides=True)
