"""Who may use a key: its policy, the policies of who asks, and grants."""

from collections.abc import Mapping
from typing import Any

import pytest

from state import callers, key_access
from state.iam import Role, Session
from state.keys import Grant, Key
from state.store import Store
from tests.policy.texts import allow, deny, text
from tests.state.samples import ACCOUNT, NOW, REGION
from tests.state.test_keys import MATERIAL, key

OTHER = "999999999999"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
USUAL = text(allow("kms:*", Principal=ROOT))
CLOSED = text(
    allow("kms:*", Principal=ROOT, Condition={"StringLike": {"aws:PrincipalArn": "*:root"}})
)


def session(**more: Any) -> Session:
    """The session of the role `worker`."""
    members: Any = {
        "access_key_id": "ASIA", "secret_access_key": "", "token": "", "account_id": ACCOUNT,
        "role_id": "AROA1", "role_name": "worker", "role_arn": ROLE, "name": "one",
        "created_at": NOW, "expires_at": NOW, **more,
    }  # fmt: skip
    return Session(**members)


def role(*statements: Any, role_id: str = "AROA1") -> Role:
    """The role `worker`, with an inline policy."""
    return Role(
        account_id=ACCOUNT,
        id=role_id,
        name="worker",
        created_at=NOW,
        trust="{}",
        policies={"own": text(*statements)} if statements else {},
        tags={"team": "disks"},
    )


def grant(of: Key, grantee: str = ROLE, *operations: str, **more: Any) -> Grant:
    """A grant of a key."""
    return Grant(
        id="grant-1",
        key_id=of.id,
        created_at=NOW,
        operations=operations or ("Decrypt", "DescribeKey"),
        grantee=grantee,
        issuer=ROOT["AWS"],
        **more,
    )


def decided(
    store: Store,
    of: Key,
    own: Role,
    *lent: Grant,
    operation: str = "Decrypt",
    sealed_with: Mapping[str, str] | None = None,
    via: str | None = None,
) -> str:
    """Say what is decided for the session of a role, and why."""
    with store.begin() as tx:
        tx.roles.add(own)
        tx.keys.create(of, MATERIAL)
        for each in lent:
            tx.grants.add(each)
        who = callers.of_session(tx, session())
        decision = key_access.decide(tx, of, who, operation, sealed_with, via)
    return f"{decision.allowed}: {decision.why or decision.because}"


def test_a_key_that_leaves_it_to_its_account(store: Store) -> None:
    of = key(policy=USUAL)

    why = decided(store, of, role(allow("kms:Decrypt")))

    assert why == (
        "True: allowed by statement 1 of the inline policy own of the role worker, "
        f"and by statement 1 of the policy of the key {of.id}"
    )


@pytest.mark.parametrize(
    ("policy", "statements"),
    [(USUAL, [allow("kms:Encrypt")]), (USUAL, []), (CLOSED, [allow("kms:*")])],
    ids=["another action", "no policy", "the key does not"],
)
def test_who_is_not_let_in(store: Store, policy: str, statements: Any) -> None:
    assert decided(store, key(policy=policy), role(*statements)).startswith("False: no ")


def test_a_key_that_names_the_role_needs_no_more(store: Store) -> None:
    named = text(allow("kms:Decrypt", Principal={"AWS": ROLE}))

    assert decided(store, key(policy=named), role()).startswith("True: allowed by statement 1")


def test_a_grant_lends_the_key(store: Store) -> None:
    of = key(policy=CLOSED)

    assert decided(store, of, role(), grant(of)) == "True: allowed by the grant grant-1"


def test_a_grant_does_not_outdo_what_denies(store: Store) -> None:
    of = key(policy=CLOSED)

    why = decided(store, of, role(deny("kms:*")), grant(of))

    assert why == "False: denied by statement 1 of the inline policy own of the role worker"


@pytest.mark.parametrize(
    ("sealed_with", "good"),
    [({"disk": "1", "of": "me"}, True), ({"disk": "1"}, True), ({"disk": "2"}, False), ({}, False)],
)
def test_a_grant_for_some_contexts(store: Store, sealed_with: Any, good: bool) -> None:
    of = key(policy=CLOSED)
    lent = grant(of, context_subset={"disk": "1"})

    assert decided(store, of, role(), lent, sealed_with=sealed_with).startswith(str(good))


def test_what_has_no_context_is_not_held_to_one(store: Store) -> None:
    of = key(policy=CLOSED)
    lent = grant(of, context_equals={"disk": "1"})

    assert decided(store, of, role(), lent, operation="DescribeKey").startswith("True")


def test_the_key_of_a_service_is_used_through_it(store: Store) -> None:
    use = {"kms:ViaService": f"ec2.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
    managed = allow("kms:*", Principal={"AWS": "*"}, Condition={"StringEquals": use})

    assert decided(store, key(policy=text(managed)), role(), via="ec2").startswith("True")


def test_the_key_of_a_service_is_not_used_without_it(store: Store) -> None:
    use = {"kms:ViaService": f"ec2.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
    managed = allow("kms:*", Principal={"AWS": "*"}, Condition={"StringEquals": use})

    assert decided(store, key(policy=text(managed)), role()).startswith("False")


def test_another_account_needs_the_key_s_policy_and_its_own(store: Store) -> None:
    theirs = {"AWS": f"arn:aws:iam::{OTHER}:root"}
    of = key(policy=text(allow("kms:Decrypt", Principal=theirs)))
    with store.begin() as tx:
        tx.keys.create(of, MATERIAL)
        stranger, nobody = callers.of_account(OTHER), callers.NOBODY

        assert key_access.decide(tx, of, stranger, "Decrypt").allowed
        assert not key_access.decide(tx, of, stranger, "Encrypt").allowed
        assert not key_access.decide(tx, of, nobody, "Decrypt").allowed


def test_a_role_that_was_made_again_is_another(store: Store) -> None:
    with store.begin() as tx:
        tx.roles.add(role(allow("*"), role_id="AROA2"))
        who = callers.of_session(tx, session(tags={"team": "keys"}, source_identity="me"))

    assert not who.decide("s3:GetObject", "arn:aws:s3:::b/k").allowed
    assert who.context["aws:PrincipalTag/team"] == "keys"
    assert who.context["aws:SourceIdentity"] == "me"


def test_conditions_may_ask_about_who_asks(store: Store) -> None:
    ours = {"StringEquals": {"aws:PrincipalTag/team": "disks"}}
    with store.begin() as tx:
        tx.roles.add(role(allow("s3:GetObject", Condition=ours)))
        who = callers.of_session(tx, session())
        limited = callers.of_session(tx, session(policy=text(allow("kms:*"))))

    assert who.decide("s3:GetObject", "arn:aws:s3:::b/k").allowed
    assert not limited.decide("s3:GetObject", "arn:aws:s3:::b/k").allowed
