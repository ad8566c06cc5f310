"""Access control lists as clients send and see them.

    x-amz-acl: public-read                                     a canned list
    x-amz-grant-read: id="…", uri="http://acs.amazonaws.com/groups/…"
    <AccessControlPolicy><Owner>…<AccessControlList>…          the same as a document

Where the bucket enforces its ownership, only the list that gives everything to its owner, or none,
can be sent; with a new object of the owner's that is also "private", which many clients send always
(assumed: what changes a list may not say so). Every canonical id is taken, since any account may
exist; addresses of mail are refused, as S3 does since October 2025.
"""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast, get_args

from emulator.context import Context
from emulator.services.s3 import errors
from emulator.services.s3.rights import Guard, account_of
from emulator.shapes import s3
from state import acls
from state.exporters import EXPORTERS
from state.objects import Bucket, Grant, Permission
from state.store import Tx

CANNED = frozenset(
    {"private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read"}
    | {"bucket-owner-read", "bucket-owner-full-control", "log-delivery-write"}
)
FULL = "bucket-owner-full-control"
HEADERS: Mapping[str, Permission] = {
    "GrantFullControl": "FULL_CONTROL",
    "GrantRead": "READ",
    "GrantWrite": "WRITE",
    "GrantReadACP": "READ_ACP",
    "GrantWriteACP": "WRITE_ACP",
}
GRANTEE = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|([^",\s]*))\s*')
CANONICAL_ID = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}")
GROUPS = acls.PUBLIC | {acls.LOG_DELIVERY}
MOST = 100  # grants of one list


class Acl(NamedTuple):
    """A list that a client has sent: a canned one, or grants."""

    canned: str = "private"
    grants: tuple[Grant, ...] | None = None

    def for_owner(self, owner: str, bucket_owner: str) -> tuple[Grant, ...]:
        """Give the grants; owner and bucket_owner are accounts."""
        if self.grants is not None:
            return self.grants
        return acls.canned(self.canned, owner, bucket_owner)


def sent(request: Mapping[str, object]) -> Acl | None:
    """Take the list out of a request's headers; raises what is wrong with it."""
    canned = cast(str | None, request.get("ACL"))
    given = {name: str(request[name]) for name in HEADERS if request.get(name)}
    if canned is None and not given:
        return None
    if canned is not None and given:
        raise errors.acl_twice()
    if canned is not None:
        if canned not in CANNED:
            raise errors.invalid_argument("", "x-amz-acl", canned)
        return Acl(canned)
    grants = (
        Grant(grantee=grantee, permission=HEADERS[name])
        for name, text in given.items()
        for grantee in grantees(text)
    )
    return Acl(grants=checked(grants))


def grantees(text: str) -> Iterable[str]:
    """Read whom a header names."""
    for part in text.split(","):
        found = GRANTEE.fullmatch(part)
        kind, value = (found[1].lower(), found[2] or found[3] or "") if found else ("", "")
        if kind == "id":
            yield canonical(value)
        elif kind == "uri":
            yield group(value)
        elif kind == "emailaddress":
            raise errors.email_grantee()
        else:
            raise errors.invalid_argument("Argument format not recognized", "x-amz-grant", part)


def from_document(policy: s3.AccessControlPolicy, owner_id: str) -> Acl:
    """Read a list that came as a document; raises MalformedACLError and what else is wrong."""
    if policy.get("Owner", {}).get("ID", owner_id) != owner_id:
        raise errors.access_denied()
    if "Grants" not in policy:
        raise errors.malformed_acl()
    return Acl(grants=checked(grant_of(each) for each in policy["Grants"]))


def grant_of(given: s3.Grant) -> Grant:
    """Read one line of a document."""
    grantee, permission = given.get("Grantee"), given.get("Permission")
    if grantee is None or permission not in get_args(Permission):
        raise errors.malformed_acl()
    kind = grantee.get("Type")
    if kind == "AmazonCustomerByEmail":
        raise errors.email_grantee()
    if kind == "Group" and "URI" in grantee:
        named = group(grantee["URI"])
    elif kind == "CanonicalUser" and "ID" in grantee:
        named = canonical(grantee["ID"])
    else:
        raise errors.malformed_acl()
    return Grant(grantee=named, permission=cast(Permission, permission))


def checked(grants: Iterable[Grant]) -> tuple[Grant, ...]:
    """Give grants, each once; raises InvalidRequest if they are too many."""
    found = tuple(dict.fromkeys(grants))
    if len(found) > MOST:
        raise errors.too_many_grants(MOST)
    return found


def canonical(text: str) -> str:
    """Give back what may be the id of an account; raises InvalidArgument."""
    if not CANONICAL_ID.fullmatch(text) and text not in EXPORTERS:
        raise errors.invalid_argument("Invalid id", "CanonicalUser/ID", text)
    return text


def group(text: str) -> str:
    """Give back the URI of a group that there is; raises InvalidArgument."""
    if text not in GROUPS:
        raise errors.invalid_argument("Invalid group uri", "uri", text)
    return text


# what a list does --------------------------------------------------------------------------------


def is_full_control(acl: Acl, bucket: Bucket) -> bool:
    """Tell whether a list gives everything to the bucket's owner and nothing to others."""
    if acl.grants is None:
        return acl.canned == FULL
    return acl.grants == acls.canned("private", bucket.account_id, bucket.account_id)


def check(
    tx: Tx,
    ctx: Context,
    bucket: Bucket,
    request: Mapping[str, object],
    action: str,
    acl: Acl,
    owner: str,
) -> tuple[Grant, ...] | None:
    """Give the grants of a list that may be set, None where lists count for nothing.

    Raises AccessControlListNotSupported, and AccessDenied for a public one that is blocked.
    """
    if acls.enforces_ownership(bucket):
        if not is_full_control(acl, bucket):
            raise errors.acl_not_supported()
        return None
    grants = acl.for_owner(owner, bucket.account_id)
    if acls.public_access_block(bucket).block_acls and acls.is_public_list(grants):
        key = cast(str | None, request.get("Key"))
        guard = Guard(tx, ctx, bucket, request)
        raise guard.denied(action, errors.PUBLIC_ACL_BLOCKED, key)
    return grants


def of_new_object(
    tx: Tx, ctx: Context, bucket: Bucket, request: Mapping[str, object], acl: Acl | None
) -> dict[str, object]:
    """Give what a new object has of its list: whose it is, and whom it lets in."""
    owner = account_of(ctx)
    is_own, enforced = bucket.account_id == ctx.account_id, acls.enforces_ownership(bucket)
    if acl is None and (is_own or enforced):
        return {}
    if acl == Acl() and is_own and enforced:
        return {}
    if bucket.ownership == "BucketOwnerPreferred" and acl is not None and acl.canned == FULL:
        owner = bucket.account_id
    checked = check(tx, ctx, bucket, request, "s3:PutObject", acl or Acl(), owner)
    if checked is None:
        return {}
    return {
        "owner_id": None if owner == bucket.account_id else owner,
        "acl": acl.canned if acl is not None else "private",
        "grants": acl.grants if acl is not None else None,
    }


def shown(grants: Iterable[Grant]) -> list[s3.Grant]:
    """Show grants."""
    return [
        {
            "Grantee": {"Type": "Group", "URI": grant.grantee}
            if grant.grantee.startswith(acls.GROUPS)
            else {"Type": "CanonicalUser", "ID": grant.grantee},
            "Permission": grant.permission,
        }
        for grant in grants
    ]
