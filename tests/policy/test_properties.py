"""What is true of every decision: a deny wins, and no order matters."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from state.policy.documents import Use
from state.policy.evaluation import ANONYMOUS, Principal, Request, evaluate
from tests.policy.texts import allow, deny, policy

OURS, THEIRS = "111122223333", "444455556666"
USER = f"arn:aws:iam::{OURS}:user/a"
ROLE = f"arn:aws:iam::{OURS}:role/r"
WHO = [
    Principal.root(OURS),
    Principal.user(USER),
    Principal.role(ROLE, "s"),
    Principal.user(f"arn:aws:iam::{THEIRS}:user/b"),
    Principal.of_service("vmie.amazonaws.com"),
    ANONYMOUS,
]
NAMES: list[Any] = [
    "*",
    {"AWS": [OURS]},
    {"AWS": [USER, ROLE]},
    {"AWS": [f"arn:aws:sts::{OURS}:assumed-role/r/s"]},
    {"AWS": f"arn:aws:iam::{THEIRS}:user/b", "Service": "vmie.amazonaws.com"},
]
ACTIONS = ["s3:GetObject", "s3:PutObject", "kms:Decrypt"]
RESOURCES = ["arn:aws:s3:::b/a", "arn:aws:s3:::b/b", "*"]
CONDITIONS: list[Any] = [
    {"StringEquals": {"a:key": "1"}},
    {"StringNotEquals": {"a:key": "1"}},
    {"Null": {"a:key": "true"}},
]

OWN = st.builds(
    lambda effect, action, resource, condition: effect(action, resource, Condition=condition),
    st.sampled_from([allow, allow, deny]),
    st.sampled_from([*ACTIONS, "s3:*", "*"]),
    st.sampled_from(["arn:aws:s3:::b/*", *RESOURCES]),
    st.sampled_from([None, None, *CONDITIONS]),
)
GIVEN = st.builds(lambda own, who: {**own, "Principal": who}, OWN, st.sampled_from(NAMES))
OWNS, GIVENS = st.lists(OWN, max_size=4), st.lists(GIVEN, max_size=4)
REQUESTS = st.builds(
    Request,
    st.sampled_from(WHO),
    st.sampled_from(ACTIONS),
    st.sampled_from(RESOURCES),
    st.sampled_from([OURS, THEIRS]),
    st.sampled_from([{}, {"A:Key": "1"}, {"a:key": "2"}]),
)


def decide(request: Request, own: list[Any], given: list[Any], decides: bool) -> bool:
    """Decide with one statement in a policy."""
    return evaluate(
        request,
        identity=[policy(each) for each in own],
        resource=[policy(each, use=Use.KEY) for each in given],
        resource_decides=decides,
    ).allowed


@given(REQUESTS, OWNS, GIVENS, st.booleans())
def test_a_deny_always_wins(request: Request, own: list[Any], given: list[Any], key: bool) -> None:
    everything = deny("*", "*")

    assert not decide(request, [*own, everything], given, key)
    assert not decide(request, own, [*given, {**everything, "Principal": "*"}], key)


@given(REQUESTS, OWNS, GIVENS, st.booleans(), st.randoms())
def test_the_order_does_not_matter(
    request: Request, own: list[Any], given: list[Any], key: bool, chance: Any
) -> None:
    decided = decide(request, own, given, key)
    together = evaluate(
        request,
        identity=[policy(*own)] if own else [],
        resource=[policy(*given, use=Use.KEY)] if given else [],
        resource_decides=key,
    )

    chance.shuffle(own)
    chance.shuffle(given)

    assert decide(request, own, given, key) is decided
    assert together.allowed is decided


@given(REQUESTS, OWNS, GIVENS, OWN, st.booleans())
def test_one_more_allow_never_takes_away_and_one_more_deny_never_gives(
    request: Request, own: list[Any], given: list[Any], more: Any, key: bool
) -> None:
    before, after = decide(request, own, given, key), decide(request, [*own, more], given, key)

    assert after >= before if more["Effect"] == "Allow" else after <= before


@given(REQUESTS, OWNS, GIVENS)
def test_a_boundary_never_gives(request: Request, own: list[Any], given: list[Any]) -> None:
    identity = [policy(each) for each in own]
    resource = [policy(each, use=Use.KEY) for each in given]
    without = evaluate(request, identity=identity, resource=resource)

    within = evaluate(request, identity=identity, resource=resource, boundary=identity)

    assert within.allowed <= without.allowed


@given(REQUESTS, OWNS, GIVENS)
def test_across_accounts_each_side_alone_is_too_little(
    request: Request, own: list[Any], given: list[Any]
) -> None:
    if request.principal.account_id not in {None, request.account_id}:
        assert not decide(request, own, [], False)
        if not request.principal.is_root:
            assert not decide(request, [], given, False)
