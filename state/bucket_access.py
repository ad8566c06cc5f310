"""Who may do what with a bucket and its objects: everything that S3 looks at, as policies.

| what is kept            | as a policy that `state.policy.evaluation` takes                       |
|-------------------------|------------------------------------------------------------------------|
| bucket policy           | as it is written; of an object that is another's, what it denies alone |
| access control lists    | statements that allow each grantee its actions; none where the bucket  |
|                         | enforces its ownership, and none for groups where public lists are     |
|                         | ignored                                                                |
| public access block     | with a public policy, one statement that denies everybody from outside |

    policies_of(bucket)                  what the resource says
    owner_of(bucket, found, action)      whose the resource is, which decides who is at home
    may(caller, action, bucket, key)     the decision, with the caller's own policies

An object that another account has written is that account's, where the bucket does not enforce its
ownership: reading it, its list and its tags is for its owner to grant, all else for the bucket's.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Protocol

from state.objects import Bucket, Grant, Object, Permission, PublicAccessBlock
from state.policy.documents import Use
from state.policy.evaluation import Decision, Policy
from state.policy.publicity import is_public
from state.policy.statements import Condition, Document, Principals, Statement
from state.role_policies import document

GROUPS: Final = "http://acs.amazonaws.com/groups/"
EVERYBODY: Final = f"{GROUPS}global/AllUsers"
SIGNED_IN: Final = f"{GROUPS}global/AuthenticatedUsers"
LOG_DELIVERY: Final = f"{GROUPS}s3/LogDelivery"
PUBLIC: Final = frozenset({EVERYBODY, SIGNED_IN})

NOBODY: Final = "anonymous"  # the owner of what somebody has written who did not sign
NOBODY_ID: Final = "65a011a29cdf8ec533ec3d1ccaae921c"
# Whose lists with aws-exec-read let EC2 fetch the parts of an instance-store AMI.
EC2_ID: Final = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"

Actions = Mapping[Permission, tuple[str, ...]]

ON_BUCKETS: Final[Actions] = {
    "READ": ("s3:ListBucket", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),  # assumed: objects of others, too
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
ON_OBJECTS: Final[Actions] = {
    "READ": ("s3:GetObject",),
    "WRITE": (),
    "READ_ACP": ("s3:GetObjectAcl",),
    "WRITE_ACP": ("s3:PutObjectAcl",),
}
# What the owner of an object decides on, though the bucket be another's.
OF_OBJECT_OWNER: Final = frozenset(
    {"s3:GetObject", "s3:GetObjectAcl", "s3:PutObjectAcl"}
    | {"s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging"}
)
PARTITIONS: Final = {"cn": "aws-cn", "us-gov": "aws-us-gov", "eusc": "aws-eusc"}


class Caller(Protocol):
    """Who asks, with policies of its own."""

    def decide(
        self,
        action: str,
        resource: str,
        *,
        owner: str | None = None,
        policies: Sequence[Policy] = (),
        context: Mapping[str, str | Sequence[str]] | None = None,
    ) -> Decision:
        """Decide on an action; owner is the resource's account, policies are the resource's."""
        ...


def may(
    caller: Caller,
    action: str,
    bucket: Bucket,
    key: str | None = None,
    found: Object | None = None,
    context: Mapping[str, str | Sequence[str]] | None = None,
) -> Decision:
    """Decide on an action on a bucket, or on the key of an object, which may be there or not."""
    return caller.decide(
        action,
        arn_of(bucket, key),
        owner=owner_of(bucket, found, action),
        policies=policies_of(bucket, found, action),
        context=context,
    )


@lru_cache(1024)
def canonical_id(account_id: str) -> str:
    """Name an account the way S3 does; made up here, the same everywhere."""
    return NOBODY_ID if account_id == NOBODY else hashlib.sha256(account_id.encode()).hexdigest()


def arn_of(bucket: Bucket, key: str | None = None) -> str:
    """Spell the ARN of a bucket, or of an object in it."""
    partition = next(
        (name for start, name in PARTITIONS.items() if bucket.region.startswith(f"{start}-")), "aws"
    )
    return f"arn:{partition}:s3:::{bucket.name}{'' if key is None else f'/{key}'}"


def enforces_ownership(bucket: Bucket) -> bool:
    """Tell whether all in a bucket is its owner's, and lists count for nothing."""
    return bucket.ownership == "BucketOwnerEnforced"


def object_owner(bucket: Bucket, found: Object) -> str:
    """Name the account whose an object is."""
    if enforces_ownership(bucket):
        return bucket.account_id
    return found.owner_id or bucket.account_id


def owner_of(bucket: Bucket, found: Object | None = None, action: str = "") -> str:
    """Name the account that an action on a bucket, or on an object that is in it, is for."""
    if found is None or action not in OF_OBJECT_OWNER:
        return bucket.account_id
    return object_owner(bucket, found)


def policies_of(
    bucket: Bucket, found: Object | None = None, action: str = ""
) -> tuple[Policy, ...]:
    """Return all that a bucket, and an object that is in it, has to say about an action."""
    policies: list[Policy] = []
    if bucket.policy is not None:
        of_bucket = document(bucket.policy, Use.BUCKET)
        if owner_of(bucket, found, action) != bucket.account_id:
            denials = (each for each in of_bucket.statements if each.effect == "Deny")
            of_bucket = Document(tuple(denials), of_bucket.version, of_bucket.id)
        policies.append(Policy(f"the policy of the bucket {bucket.name}", of_bucket))
        if public_access_block(bucket).restrict and is_public(document(bucket.policy, Use.BUCKET)):
            policies.append(_restriction(bucket))
    if not enforces_ownership(bucket):
        policies += _lists(bucket, found)
    return tuple(policies)


def public_access_block(bucket: Bucket) -> PublicAccessBlock:
    """Return what keeps a bucket from the public; nothing does where that was deleted."""
    return bucket.public_access_block or PublicAccessBlock(
        block_acls=False, ignore_acls=False, block_policy=False, restrict=False
    )


# access control lists ----------------------------------------------------------------------------


def list_of_bucket(bucket: Bucket) -> tuple[Grant, ...]:
    """Return the access control list of a bucket."""
    mine = Grant(grantee=canonical_id(bucket.account_id), permission="FULL_CONTROL")
    if bucket.grants is None or enforces_ownership(bucket):
        return (mine,)
    return bucket.grants


def list_of_object(bucket: Bucket, found: Object) -> tuple[Grant, ...]:
    """Return the access control list of an object."""
    owner = object_owner(bucket, found)
    if enforces_ownership(bucket):
        return canned("private", owner, owner)
    if found.grants is not None:
        return found.grants
    return canned(found.acl, owner, bucket.account_id)


def canned(name: str, owner: str, bucket_owner: str) -> tuple[Grant, ...]:
    """Return what a canned list grants to whom; owner and bucket_owner are accounts."""
    mine, others = canonical_id(owner), canonical_id(bucket_owner)
    more: Mapping[str, Sequence[tuple[str, Permission]]] = {
        "public-read": [(EVERYBODY, "READ")],
        "public-read-write": [(EVERYBODY, "READ"), (EVERYBODY, "WRITE")],
        "authenticated-read": [(SIGNED_IN, "READ")],
        "aws-exec-read": [(EC2_ID, "READ")],
        "log-delivery-write": [(LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")],
        "bucket-owner-read": [(others, "READ")],
        "bucket-owner-full-control": [(others, "FULL_CONTROL")],
    }
    return (
        Grant(grantee=mine, permission="FULL_CONTROL"),
        *(
            Grant(grantee=grantee, permission=permission)
            for grantee, permission in more.get(name, ())
            if grantee != mine
        ),
    )


def is_public_list(grants: Iterable[Grant]) -> bool:
    """Tell whether a list lets the public in, if only those of it that have an account."""
    return any(grant.grantee in PUBLIC for grant in grants)


def _lists(bucket: Bucket, found: Object | None) -> Iterator[Policy]:
    ignored = public_access_block(bucket).ignore_acls
    of_bucket = list_of_bucket(bucket)
    name = f"the access control list of the bucket {bucket.name}"
    yield _list(name, of_bucket, ON_BUCKETS, ignored)
    if found is not None:
        of_object = list_of_object(bucket, found)
        yield _list("the access control list of the object", of_object, ON_OBJECTS, ignored)


def _list(name: str, grants: Iterable[Grant], kind: Actions, ignored: bool) -> Policy:
    counted = [grant for grant in grants if not (ignored and grant.grantee in PUBLIC)]
    return Policy(
        name,
        Document(
            tuple(
                Statement(
                    number,
                    "Allow",
                    principals=_grantee(grant.grantee),
                    actions=_actions(grant.permission, kind),
                    conditions=SIGNED if grant.grantee == SIGNED_IN else (),
                )
                for number, grant in enumerate(counted, 1)
            )
        ),
    )


SIGNED: Final = (Condition("StringNotEquals", "aws:principaltype", ("Anonymous",)),)


def _grantee(grantee: str) -> Principals:
    return Principals(anyone=True) if grantee in PUBLIC else Principals(canonical=(grantee,))


def _actions(permission: Permission, kind: Actions) -> tuple[str, ...]:
    if permission == "FULL_CONTROL":
        return tuple(action for actions in kind.values() for action in actions)
    return kind[permission]


# public access block -----------------------------------------------------------------------------


def _restriction(bucket: Bucket) -> Policy:
    """Keep out who is neither of the owner's account nor a service of AWS's."""
    outside = (
        Condition("StringNotEquals", "aws:principalaccount", (bucket.account_id,)),
        Condition("Bool", "aws:principalisawsservice", ("false",)),
    )
    denial = Statement(
        1, "Deny", principals=Principals(anyone=True), actions=("*",), conditions=outside
    )
    return Policy(f"the public access block of the bucket {bucket.name}", Document((denial,)))
