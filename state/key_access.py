"""Whether someone may use a key of KMS: by its policy, by the identity's own, or by a grant.

    a statement that denies, in whatever policy                              no
    the key's policy allows it; if it names the account alone, the           yes
      identity's policies must, too (and from another account, always)
    a grant of the key lends the operation to the one who asks               yes

What a service does with a key for somebody (`via`) is asked of the same policies: those of the keys
that AWS manages let in nobody else.

https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from state.callers import Caller, Values
from state.keys import Grant, Key
from state.objects import Bucket, Object
from state.policy.documents import Use
from state.policy.evaluation import Decision, Policy, Principal
from state.role_policies import document
from state.store import Tx

# The operations that have an encryption context; a grant's constraints are about no others.
SEALING: Final = frozenset({
    "Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom",
    "ReEncryptTo",
})  # fmt: skip


def decide(
    tx: Tx,
    key: Key,
    caller: Caller,
    operation: str,
    sealed_with: Mapping[str, str] | None = None,
    via: str | None = None,
    context: Values | None = None,
) -> Decision:
    """Decide whether a caller may do something with a key, `Decrypt` or `DescribeKey`, say.

    sealed_with is the encryption context, via the service that asks for somebody, `ec2` or `s3`,
    and context what else conditions may ask about.
    """
    decision = caller.decide(
        f"kms:{operation}",
        key.arn,
        owner=key.account_id,
        policies=[policy(key)],
        resource_decides=True,
        context={**context_of(key, caller.principal, sealed_with or {}, via), **(context or {})},
    )
    if decision.allowed or decision.statement is not None:  # a grant does not outdo what denies
        return decision
    lent = lends(grants_of(tx, key), caller.principal, operation, sealed_with or {})
    return Decision(True, f"allowed by the grant {lent.id}") if lent else decision


def opens(
    tx: Tx,
    caller: Caller,
    bucket: Bucket,
    found: Object,
    now: datetime,
    context: Values | None = None,
) -> Decision:
    """Decide whether a caller may read an object as far as its key is asked, if it has one."""
    if found.kms_key_id is None:
        return Decision(True, "there is no key to be asked")
    if (key := usable(tx, found, now)) is None:
        return Decision(False, f"the key {found.kms_key_id} cannot be used")
    sealed_with = {"aws:s3:arn": f"{bucket.arn}/{found.key}", **found.kms_context}
    return decide(tx, key, caller, "Decrypt", sealed_with, "s3", context)


def usable(tx: Tx, found: Object, now: datetime) -> Key | None:
    """Return the key of an object that has one; None if that can't be used now."""
    key = tx.keys.get((found.kms_key_id or "").rpartition("/")[2], now)
    return key if key is not None and key.state == "Enabled" else None


def policy(key: Key) -> Policy:
    """Return the policy of a key."""
    return Policy(f"the policy of the key {key.id}", document(key.policy, Use.KEY))


def grants_of(tx: Tx, key: Key) -> list[Grant]:
    """Return the grants of a key."""
    return [row.value for row in tx.grants.list(key.id)]


def lends(
    grants: Iterable[Grant], who: Principal, operation: str, sealed_with: Mapping[str, str]
) -> Grant | None:
    """Return the first grant that lends an operation to someone."""
    for grant in grants:
        if (
            operation in grant.operations
            and is_meant(grant.grantee, who)
            and (operation not in SEALING or is_within(grant, sealed_with))
        ):
            return grant
    return None


def is_meant(principal: str, who: Principal) -> bool:
    """Tell whether a grant's principal is someone: a root, a role or the session of a role.

    assumed: that a grant to an account is one to its root user alone
    """
    return principal in (who.session_arn, who.arn)


def is_within(grant: Grant, sealed_with: Mapping[str, str]) -> bool:
    """Tell whether an encryption context is as a grant wants it."""
    if grant.context_equals is not None and dict(sealed_with) != dict(grant.context_equals):
        return False
    return (grant.context_subset or {}).items() <= sealed_with.items()


def context_of(key: Key, who: Principal, sealed_with: Mapping[str, str], via: str | None) -> Values:
    """Return what conditions of a key's policy may ask about."""
    values: dict[str, str | list[str]] = {
        f"kms:EncryptionContext:{name}": text for name, text in sealed_with.items()
    }
    if sealed_with:
        values["kms:EncryptionContextKeys"] = list(sealed_with)
    if who.account_id is not None:
        values["kms:CallerAccount"] = who.account_id
    if via is not None:
        values["kms:ViaService"] = f"{via}.{key.region}.amazonaws.com"
    return values | {f"aws:ResourceTag/{name}": text for name, text in key.tags.items()}
