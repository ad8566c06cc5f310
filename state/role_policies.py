"""The policies that decide what a role or its session may do, read from the store.

They are what `state.policy.evaluation.evaluate` takes: names for the log, and documents.
"""

from functools import lru_cache

from state import aws_policies
from state.iam import Policy as Managed
from state.iam import Role, Session
from state.policy import documents
from state.policy.documents import Document, Use
from state.policy.evaluation import Policy
from state.store import Tx


@lru_cache(1024)  # documents never change: another text is another document
def document(text: str, use: Use = Use.INLINE) -> Document:
    """Read a document that was found good when it was kept."""
    return documents.parse(text, use)


def managed_policy(tx: Tx, arn: str) -> Managed | None:
    """Return the managed policy with an ARN: an account's, or AWS's."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2:4] != ["iam", ""]:
        return None
    if parts[4] == aws_policies.OWNER:
        return aws_policies.find(arn)
    found = tx.policies.get(parts[4], parts[5].rpartition("/")[2])
    return found if found is not None and found.arn == arn else None


def trust(role: Role) -> list[Policy]:
    """Return who may assume a role."""
    name = f"the trust policy of the role {role.name}"
    return [Policy(name, document(role.trust, Use.TRUST))]


def of_role(tx: Tx, role: Role) -> list[Policy]:
    """Return what a role may do: its inline policies, and those attached to it."""
    inline = [
        Policy(f"the inline policy {name} of the role {role.name}", document(text))
        for name, text in sorted(role.policies.items())
    ]
    return inline + _managed(tx, tx.attachments.of_role(role.account_id, role.key))


def boundary(tx: Tx, role: Role) -> list[Policy] | None:
    """Return the boundary of a role's permissions; None if it has none."""
    arns = tx.attachments.of_role(role.account_id, role.key, "boundary")
    return _managed(tx, arns) if arns else None


def of_session(tx: Tx, session: Session) -> list[Policy] | None:
    """Return what a session is limited to; None if to no less than its role."""
    if session.policy is None and not session.policy_arns:
        return None
    own = [] if session.policy is None else [document(session.policy)]
    name = f"the policy of the session {session.name}"
    return [Policy(name, each) for each in own] + _managed(tx, session.policy_arns)


def _managed(tx: Tx, arns: list[str] | tuple[str, ...]) -> list[Policy]:
    found = [managed_policy(tx, arn) for arn in arns]
    return [
        Policy(f"the policy {policy.arn}", document(policy.document, Use.MANAGED))
        for policy in found
        if policy is not None
    ]
