"""Who may do what with a bucket: its policy, lists, ownership and public access block together."""

import json
from datetime import UTC, datetime

import pytest

from state.acls import canonical_id, is_public_list, list_of_object
from state.bucket_access import may
from state.callers import NOBODY, Caller, of_account
from state.objects import Bucket, Grant, Object, PublicAccessBlock
from state.policy.documents import Use
from state.policy.evaluation import Policy, Principal
from state.policy.publicity import is_public
from tests.policy.texts import allow, deny, document, policy, text

OWNER, FRIEND, STRANGER = "111111111111", "222222222222", "333333333333"
ARN = "arn:aws:s3:::images"
ALL = "http://acs.amazonaws.com/groups/global/AllUsers"
SIGNED = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
OPEN = PublicAccessBlock(block_acls=False, ignore_acls=False, block_policy=False, restrict=False)


def root(account_id: str) -> Caller:
    return of_account(account_id)


def role(account_id: str, *policies: Policy) -> Caller:
    arn = f"arn:aws:iam::{account_id}:role/worker"
    return Caller(Principal.role(arn, "s", None, canonical_id(account_id)), policies)


ME, YOU, THIRD = root(OWNER), root(FRIEND), root(STRANGER)


def bucket(**more: object) -> Bucket:
    made = Bucket(
        name="images",
        account_id=OWNER,
        region="us-east-1",
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return made.model_copy(update=more)


def stored(**more: object) -> Object:
    made = Object(
        bucket="images",
        key="disk",
        blob_id="b",
        size=1,
        etag="e",
        modified_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return made.model_copy(update=more)


def allowed(caller: Caller, action: str, to: Bucket, found: Object | None = None) -> bool:
    key = "disk" if "Object" in action else None
    return may(caller, action, to, key, found).allowed


def granted(account: str, permission: str) -> dict[str, tuple[Grant, ...]]:
    grantee = account if account.startswith("http") else canonical_id(account)
    return {"grants": (Grant(grantee=grantee, permission=permission),)}  # type: ignore[arg-type]


# by the bucket's policy --------------------------------------------------------------------------


def test_a_bucket_is_its_owners_alone() -> None:
    assert allowed(ME, "s3:GetObject", bucket())
    for other in YOU, NOBODY, role(OWNER), role(FRIEND, policy(allow("s3:*"))):
        assert not allowed(other, "s3:GetObject", bucket())
        assert not allowed(other, "s3:ListBucket", bucket())


def test_a_policy_lets_another_account_in() -> None:
    lets = text(allow("s3:GetObject", f"{ARN}/*", Principal={"AWS": FRIEND}))
    shared = bucket(policy=lets)

    assert allowed(YOU, "s3:GetObject", shared)
    assert not allowed(YOU, "s3:PutObject", shared)
    assert not allowed(THIRD, "s3:GetObject", shared)
    assert not allowed(role(FRIEND), "s3:GetObject", shared)
    assert allowed(role(FRIEND, policy(allow("s3:GetObject"))), "s3:GetObject", shared)


def test_a_policy_shuts_even_its_owner_out() -> None:
    shut = bucket(policy=text(deny("s3:GetObject", f"{ARN}/*", Principal="*")))

    decision = may(ME, "s3:GetObject", shut, "disk")

    assert not decision.allowed
    assert decision.why == "denied by statement 1 of the policy of the bucket images"
    assert decision.because == "with an explicit deny in a resource-based policy"
    assert allowed(ME, "s3:PutObject", shut)


def test_a_role_needs_a_right_of_its_own_or_the_buckets() -> None:
    by_name = {"AWS": f"arn:aws:iam::{OWNER}:role/worker"}
    named = bucket(policy=text(allow("s3:GetObject", f"{ARN}/*", Principal=by_name)))

    assert allowed(role(OWNER, policy(allow("s3:Get*"))), "s3:GetObject", bucket())
    assert allowed(role(OWNER), "s3:GetObject", named)
    assert not allowed(role(OWNER), "s3:PutObject", named)


def test_an_arn_is_of_the_regions_partition() -> None:
    china = bucket(
        region="cn-north-1",
        policy=text(allow("s3:GetObject", "arn:aws-cn:s3:::images/*", Principal={"AWS": FRIEND})),
    )

    assert allowed(YOU, "s3:GetObject", china)


# the public --------------------------------------------------------------------------------------


def test_a_public_policy_lets_the_public_in_unless_that_is_blocked() -> None:
    public = text(allow("s3:GetObject", f"{ARN}/*", Principal="*"))

    for caller in YOU, NOBODY:
        assert allowed(caller, "s3:GetObject", bucket(policy=public, public_access_block=None))
        assert allowed(caller, "s3:GetObject", bucket(policy=public, public_access_block=OPEN))
        assert not allowed(caller, "s3:GetObject", bucket(policy=public))
    assert allowed(ME, "s3:GetObject", bucket(policy=public))


def test_a_public_policy_that_is_blocked_shuts_out_whom_it_names_as_well() -> None:
    both = text(
        allow("s3:GetObject", f"{ARN}/*", Principal="*"),
        allow("s3:PutObject", f"{ARN}/*", Principal={"AWS": FRIEND}),
    )

    assert not allowed(YOU, "s3:PutObject", bucket(policy=both))
    assert allowed(YOU, "s3:PutObject", bucket(policy=both, public_access_block=None))


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}, False),
        ({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, False),
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": "${aws:PrincipalAccount}"}}, True),
        ({"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, True),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, True),
        ({"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}}, True),
        ({"StringEquals": {"s3:prefix": "home/"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "0.0.0.0/1"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}, False),
        ({"IpAddress": {"aws:SourceIp": "2001::/16"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111111111111:topic"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_what_is_public(condition: object, expected: bool) -> None:
    found = document(allow("s3:*", ARN, Principal="*", Condition=condition), use=Use.BUCKET)

    assert is_public(found) is expected


def test_whom_a_statement_names_or_denies_is_not_the_public() -> None:
    named = allow("s3:*", ARN, Principal={"AWS": FRIEND})
    service = allow("s3:*", ARN, Principal={"Service": "vmie.amazonaws.com"})
    denied = deny("s3:*", ARN, Principal="*")

    assert not is_public(document(named, service, denied, use=Use.BUCKET))
    assert is_public(
        document(named, allow("s3:*", ARN, NotPrincipal={"AWS": FRIEND}), use=Use.BUCKET)
    )


# by access control lists -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("READ", {"s3:ListBucket"}),
        ("WRITE", {"s3:PutObject", "s3:DeleteObject"}),
        ("READ_ACP", {"s3:GetBucketAcl"}),
        ("WRITE_ACP", {"s3:PutBucketAcl"}),
        (
            "FULL_CONTROL",
            {
                "s3:ListBucket",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:GetBucketAcl",
                "s3:PutBucketAcl",
            },
        ),
    ],
)
def test_a_buckets_list_grants(permission: str, actions: set[str]) -> None:
    shared = bucket(ownership="ObjectWriter", **granted(FRIEND, permission))
    every = {
        "s3:ListBucket", "s3:PutObject", "s3:DeleteObject", "s3:GetBucketAcl", "s3:PutBucketAcl",
        "s3:GetObject", "s3:GetBucketPolicy",
    }  # fmt: skip

    assert {each for each in every if allowed(YOU, each, shared)} == actions
    assert not any(allowed(THIRD, each, shared) for each in every)
    assert not any(allowed(role(FRIEND), each, shared) for each in every)


@pytest.mark.parametrize(
    ("permission", "actions"),
    [
        ("READ", {"s3:GetObject"}),
        ("READ_ACP", {"s3:GetObjectAcl"}),
        ("WRITE_ACP", {"s3:PutObjectAcl"}),
        ("FULL_CONTROL", {"s3:GetObject", "s3:GetObjectAcl", "s3:PutObjectAcl"}),
    ],
)
def test_an_objects_list_grants(permission: str, actions: set[str]) -> None:
    to, found = bucket(ownership="ObjectWriter"), stored(**granted(FRIEND, permission))
    every = {
        "s3:GetObject",
        "s3:GetObjectAcl",
        "s3:PutObjectAcl",
        "s3:PutObject",
        "s3:DeleteObject",
    }

    assert {each for each in every if allowed(YOU, each, to, found)} == actions


def test_lists_count_for_nothing_where_the_owner_is_enforced() -> None:
    to, found = bucket(**granted(FRIEND, "FULL_CONTROL")), stored(**granted(FRIEND, "READ"))

    assert not allowed(YOU, "s3:ListBucket", to, found)
    assert not allowed(YOU, "s3:GetObject", to, found)


@pytest.mark.parametrize(("group", "nobody"), [(ALL, True), (SIGNED, False)])
def test_a_group_is_the_public(group: str, nobody: bool) -> None:
    found = stored(**granted(group, "READ"))
    to = bucket(ownership="ObjectWriter", public_access_block=None)
    ignoring = bucket(ownership="ObjectWriter")

    assert is_public_list(found.grants or ())
    assert allowed(YOU, "s3:GetObject", to, found)
    assert allowed(NOBODY, "s3:GetObject", to, found) is nobody
    assert not allowed(YOU, "s3:GetObject", ignoring, found)
    assert not allowed(NOBODY, "s3:GetObject", ignoring, found)


# objects of others -------------------------------------------------------------------------------


def test_an_object_is_its_writers() -> None:
    lets = text(allow("s3:*", [ARN, f"{ARN}/*"], Principal={"AWS": STRANGER}))
    to, found = bucket(ownership="ObjectWriter", policy=lets), stored(owner_id=FRIEND)

    assert allowed(YOU, "s3:GetObject", to, found)
    assert not allowed(ME, "s3:GetObject", to, found)
    assert not allowed(THIRD, "s3:GetObject", to, found)
    assert allowed(ME, "s3:DeleteObject", to, found)
    assert allowed(ME, "s3:PutObject", to, found)
    assert allowed(
        ME, "s3:GetObject", to.model_copy(update={"ownership": "BucketOwnerEnforced"}), found
    )


def test_a_writer_may_let_the_owner_of_the_bucket_in() -> None:
    found = stored(owner_id=FRIEND, acl="bucket-owner-full-control")

    assert allowed(ME, "s3:GetObject", bucket(ownership="ObjectWriter"), found)
    assert not allowed(THIRD, "s3:GetObject", bucket(ownership="ObjectWriter"), found)


def test_the_owner_of_the_bucket_may_keep_the_writer_out() -> None:
    shut = text(deny("s3:GetObject", f"{ARN}/*", Principal="*"))
    to = bucket(ownership="ObjectWriter", policy=shut)

    assert not allowed(YOU, "s3:GetObject", to, stored(owner_id=FRIEND))


@pytest.mark.parametrize(
    ("acl", "more"),
    [
        ("private", []),
        ("public-read", [(ALL, "READ")]),
        ("public-read-write", [(ALL, "READ"), (ALL, "WRITE")]),
        ("authenticated-read", [(SIGNED, "READ")]),
        ("bucket-owner-read", [(canonical_id(OWNER), "READ")]),
        ("bucket-owner-full-control", [(canonical_id(OWNER), "FULL_CONTROL")]),
    ],
)
def test_a_canned_list(acl: str, more: list[tuple[str, str]]) -> None:
    to = bucket(ownership="ObjectWriter")
    of_another = list_of_object(to, stored(acl=acl, owner_id=FRIEND))
    of_ones_own = list_of_object(to, stored(acl=acl))

    mine = canonical_id(FRIEND), "FULL_CONTROL"
    assert [(each.grantee, each.permission) for each in of_another] == [mine, *more]
    assert len(of_ones_own) == 1 + sum(who != canonical_id(OWNER) for who, _ in more)


def test_buckets_of_older_databases_are_as_new_ones() -> None:
    old = {
        "name": "b",
        "account_id": OWNER,
        "region": "us-east-1",
        "created_at": "2026-01-01T00:00Z",
    }

    found = Bucket.model_validate_json(json.dumps(old))

    assert found.ownership == "BucketOwnerEnforced"
    assert found.public_access_block == PublicAccessBlock()
    assert allowed(ME, "s3:GetObject", found)
    assert not allowed(NOBODY, "s3:GetObject", found)
