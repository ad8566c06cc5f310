"""Roles, policies, attachments and sessions, and what of them decides."""

import json
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from state import aws_policies, role_policies
from state.iam import Policy, PolicyVersion, Role, Session
from state.policy import documents
from state.policy.documents import Use
from state.store import Duplicate, Store
from tests.state.samples import ACCOUNT, NOW

STATEMENT = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": STATEMENT})
OTHER = DOCUMENT.replace("s3:Get", "ec2:Describe")
TRUST = json.dumps({
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "vmie.amazonaws.com"},
        "Action": "sts:AssumeRole",
    },
})  # fmt: skip
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def role(name: str, account_id: str = ACCOUNT, **policies: str) -> Role:
    return Role(
        account_id=account_id,
        id=f"AROA{account_id}{name}",
        name=name,
        created_at=NOW,
        trust=TRUST,
        policies=policies,
    )


def policy(name: str, path: str = "/") -> Policy:
    return Policy(
        account_id=ACCOUNT,
        id="ANPA1",
        name=name,
        path=path,
        created_at=NOW,
        updated_at=NOW,
        versions=(
            PolicyVersion(number=1, document=DOCUMENT, created_at=NOW),
            PolicyVersion(number=2, document=OTHER, created_at=NOW),
        ),
        default=2,
        newest=2,
    )


def session(access_key_id: str, **members: object) -> Session:
    return Session.model_validate({
        "access_key_id": access_key_id,
        "secret_access_key": "very-secret",
        "token": "also-secret",
        "account_id": ACCOUNT,
        "role_id": "AROA1",
        "role_name": "vmimport",
        "role_arn": "arn",
        "name": "me",
        "created_at": NOW,
        "expires_at": NOW,
        **members,
    })  # fmt: skip


def test_a_role_is_found_by_its_name_in_any_case_and_listed_by_it(store: Store) -> None:
    with store.begin() as tx:
        for each in (role("b"), role("C"), role("a"), role("b", "222222222222")):
            tx.roles.add(each)
        with pytest.raises(Duplicate):
            tx.roles.add(role("B"))

    with store.read() as tx:
        assert tx.roles.get(ACCOUNT, "c") == role("C")
        assert [each.name for each in tx.roles.list(ACCOUNT)] == ["a", "b", "C"]
        assert tx.roles.count(ACCOUNT) == 3


def test_attachments_are_of_a_role_a_policy_and_a_use(store: Store) -> None:
    with store.begin() as tx:
        tx.roles.add(role("a"))
        tx.roles.add(role("b"))
        for name in ("a", "b", "a"):
            tx.attachments.put(ACCOUNT, name, "arn")
        tx.attachments.put(ACCOUNT, "a", "arn", "boundary")
        assert tx.attachments.of_role(ACCOUNT, "a") == ["arn"]
        assert tx.attachments.of_policy(ACCOUNT, "arn") == [
            ("a", "boundary"),
            ("a", "permissions"),
            ("b", "permissions"),
        ]
        assert tx.attachments.counts(ACCOUNT) == {
            ("arn", "permissions"): 2,
            ("arn", "boundary"): 1,
        }
        assert tx.attachments.remove(ACCOUNT, "a", "arn")
        assert not tx.attachments.remove(ACCOUNT, "a", "arn")
        assert tx.attachments.of_role(ACCOUNT, "a", "boundary") == ["arn"]


def test_a_role_with_attachments_cannot_be_forgotten(store: Store) -> None:
    with store.begin() as tx:
        tx.roles.add(role("a"))
        tx.attachments.put(ACCOUNT, "a", "arn")

    with pytest.raises(IntegrityError), store.begin() as tx:
        tx.roles.remove(ACCOUNT, "a")


def test_sessions_are_forgotten_when_they_are_long_past(store: Store) -> None:
    with store.begin() as tx:
        tx.sessions.add(session("ASIA1"))
        tx.sessions.add(session("ASIA2", expires_at=NOW + timedelta(hours=1)))
        tx.sessions.forget(NOW + timedelta(minutes=1))

        assert tx.sessions.get("ASIA1") is None
        assert tx.sessions.get("ASIA2") is not None


def test_a_session_shows_no_secrets() -> None:
    assert "secret" not in repr(session("ASIA1")).replace("secret_access_key", "")


def test_what_decides_is_read_with_names_for_the_log(store: Store) -> None:
    with store.begin() as tx:
        tx.roles.add(role("a", own=DOCUMENT))
        tx.policies.add(policy("shared", "/p/"))
        for arn in (policy("shared", "/p/").arn, ADMINISTRATOR, policy("gone").arn):
            tx.attachments.put(ACCOUNT, "a", arn)
        found = role_policies.of_role(tx, role("a", own=DOCUMENT))
        limit = role_policies.boundary(tx, role("a"))
        tx.attachments.put(ACCOUNT, "a", ADMINISTRATOR, "boundary")
        limited = role_policies.boundary(tx, role("a")) or []
        own = role_policies.of_session(tx, session("ASIA1", policy=OTHER)) or []
        unlimited = role_policies.of_session(tx, session("ASIA1"))

    assert [each.name for each in found] == [
        "the inline policy own of the role a",
        f"the policy arn:aws:iam::{ACCOUNT}:policy/p/shared",
        f"the policy {ADMINISTRATOR}",
    ]
    assert found[1].document.statements[0].actions == ("ec2:Describe*",)
    assert (limit, unlimited) == (None, None)
    assert [each.name for each in limited] == [f"the policy {ADMINISTRATOR}"]
    assert [each.name for each in own] == ["the policy of the session me"]
    (trust,) = role_policies.trust(role("a"))
    assert trust.document.statements[0].principals is not None


def test_a_lost_boundary_allows_nothing(store: Store) -> None:
    with store.begin() as tx:
        tx.roles.add(role("a"))
        tx.attachments.put(ACCOUNT, "a", policy("gone").arn, "boundary")

        assert role_policies.boundary(tx, role("a")) == []


def test_the_policies_of_aws_are_policies() -> None:
    for each in aws_policies.every("aws"):
        documents.parse(each.document, Use.MANAGED)
        assert aws_policies.find(each.arn) == each


@pytest.mark.parametrize("arn", ["", "arn", "arn:aws:s3:::x", "arn:aws:iam::1:role/x", ":::::"])
def test_an_arn_of_something_else_names_no_policy(store: Store, arn: str) -> None:
    with store.read() as tx:
        assert role_policies.managed_policy(tx, arn) is None
