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

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from state.acls import (
    PUBLIC,
    SIGNED_IN,
    enforces_ownership,
    list_of_bucket,
    list_of_object,
    object_owner,
    public_access_block,
)
from state.objects import Bucket, Grant, Object, Permission
from state.policy.documents import Use
from state.policy.evaluation import Decision, Policy
from state.policy.publicity import is_public
from state.policy.statements import Condition, Document, Principals, Statement
from state.role_policies import document

if TYPE_CHECKING:
    from state.callers import Caller

__all__ = ["arn_of", "may", "owner_of", "policies_of"]

Actions = Mapping[Permission, tuple[str, ...]]

ON_BUCKETS: Final[Actions] = {
    "READ": ("s3:ListBucket", "s3:ListBucketMultipartUploads"),
    "WRITE": ("s3:PutObject", "s3:DeleteObject"),  # assumed: objects of others, too
    "READ_ACP": ("s3:GetBucketAcl",),
    "WRITE_ACP": ("s3:PutBucketAcl",),
}
TO_WRITE: Final = (*ON_BUCKETS["WRITE"], "s3:PutObjectAcl", "s3:PutObjectTagging")
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


def may(
    caller: "Caller",
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


def arn_of(bucket: Bucket, key: str | None = None) -> str:
    """Spell the ARN of a bucket, or of an object in it."""
    return bucket.arn if key is None else f"{bucket.arn}/{key}"


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


# access control lists ----------------------------------------------------------------------------


def _lists(bucket: Bucket, found: Object | None) -> Iterator[Policy]:
    # Who may write an object says at once what its list and its tags are.
    ignored = public_access_block(bucket).ignore_acls
    of_bucket = list_of_bucket(bucket)
    name = f"the access control list of the bucket {bucket.name}"
    kind = ON_BUCKETS if found is not None else {**ON_BUCKETS, "WRITE": TO_WRITE}
    yield _list(name, of_bucket, kind, ignored)
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
