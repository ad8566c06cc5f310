"""Keys lent to others: CreateGrant, ListGrants, RevokeGrant and RetireGrant.

A grant token names its grant; it says no more, as a grant is there for everybody at once here.
"""

import base64
import binascii
import re
import secrets
from collections.abc import Mapping
from typing import Final

from emulator.context import Context
from emulator.errors import missing_member
from emulator.rights.asking import Values, caller_of
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding, pages
from emulator.services.kms.ciphertexts import check_dry_run
from emulator.shapes.kms import (
    CreateGrantRequest,
    CreateGrantResponse,
    GrantListEntry,
    ListGrantsRequest,
    ListGrantsResponse,
    RetireGrantRequest,
    RevokeGrantRequest,
)
from state import key_access
from state.keys import Grant, Key
from state.store import Tx

actions = Actions()

OPERATIONS: Final = frozenset({
    "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
})  # fmt: skip
TOKEN: Final = b"\x01vmie"  # in front of the id in a grant token
ID_BYTES: Final = 32
GRANT_ID: Final = re.compile(r"[0-9a-f]{64}")


@actions
def create_grant(ctx: Context, request: CreateGrantRequest) -> CreateGrantResponse:
    """Lend a key; the same again under the same name is the same grant."""
    with ctx.store.begin() as tx:
        key = finding.find_key(
            ctx, tx, request["KeyId"], "CreateGrant", context=context_of(request)
        )
        finding.check_usable(key)
        grant = asked_for(ctx, key, request)
        check_dry_run(request)
        known = same(grant, [row.value for row in tx.grants.list(key.id)])
        if known is None:
            tx.grants.add(grant)
        grant = known or grant
    return {"GrantId": grant.id, "GrantToken": token(grant.id)}


@actions
def list_grants(ctx: Context, request: ListGrantsRequest) -> ListGrantsResponse:
    """Show the grants of a key."""
    limit = pages.limited(request.get("Limit"), 50, 100)
    after = pages.number("ListGrants", request.get("Marker"))
    check_services(request)
    with ctx.store.read() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "ListGrants")
        rows = tx.grants.list(key.id, after=after)
    grant_id, grantee = request.get("GrantId"), request.get("GranteePrincipal")
    wanted = [
        row
        for row in rows
        if grant_id in (None, row.value.id) and grantee in (None, row.value.grantee)
    ]
    taken, marker = pages.cut("ListGrants", wanted, limit, lambda row: row.sequence)
    answer: ListGrantsResponse = {
        "Grants": [shown(key, grant) for _, grant in taken],
        "Truncated": marker is not None,
    }
    if marker is not None:
        answer["NextMarker"] = marker
    return answer


@actions
def revoke_grant(ctx: Context, request: RevokeGrantRequest) -> dict[str, object]:
    """Take back what was lent."""
    with ctx.store.begin() as tx:
        key = finding.find_key(ctx, tx, request["KeyId"], "RevokeGrant")
        remove(tx, key, request["GrantId"], request)
    return {}


@actions
def retire_grant(ctx: Context, request: RetireGrantRequest) -> dict[str, object]:
    """Give back what was lent: the grant is named by its token, or by its key and id."""
    with ctx.store.begin() as tx:
        given = request.get("GrantToken")
        if given is not None:
            grant_id = id_in(given)
            grant = tx.grants.get(grant_id)
            if grant is None:
                raise errors.grant_not_found(grant_id)
            key = tx.keys.get(grant.key_id, ctx.now())
            if key is None or key.region != ctx.region:
                raise errors.grant_not_found(grant_id)
        elif "KeyId" in request and "GrantId" in request:
            grant_id = request["GrantId"]
            key = finding.find_unasked(ctx, tx, request["KeyId"], "RetireGrant")
            grant = tx.grants.get(grant_id) if GRANT_ID.fullmatch(grant_id) else None
        else:
            raise errors.validation("Specify either a grant token, or a key ID and a grant ID.")
        check_retiring(ctx, tx, key, grant)
        remove(tx, key, grant_id, request)
    return {}


def check_retiring(ctx: Context, tx: Tx, key: Key, grant: Grant | None) -> None:
    """Refuse who may not give a grant back: who is named in it may, and whom the key lets."""
    who = caller_of(tx, ctx).principal
    if grant is not None:
        meant = [grant.retiring] if grant.retiring else []
        if "RetireGrant" in grant.operations:
            meant.append(grant.grantee)
        if any(key_access.is_meant(each, who) for each in meant):
            return
    finding.permitted(ctx, tx, key, "RetireGrant")


def context_of(request: CreateGrantRequest) -> Values:
    """Return what conditions may ask about a grant that is to be made."""
    context: dict[str, str | list[str]] = {
        "kms:GrantOperations": list(request["Operations"]),
        "kms:GrantIsForAWSResource": "false",
    }
    for member in "GranteePrincipal", "RetiringPrincipal":
        if member in request:
            context[f"kms:{member}"] = request[member]
    constraints = request.get("Constraints", {})
    if constraints:
        context["kms:GrantConstraintType"] = list(constraints)
    return context


def asked_for(ctx: Context, key: Key, request: CreateGrantRequest) -> Grant:
    """Read the grant that a request describes; ValidationException."""
    check_services(request)
    if "GranteePrincipal" not in request:
        raise missing_member("GranteePrincipal")
    if wrong := set(request["Operations"]) - OPERATIONS:
        raise errors.validation(
            f"Grant operations {', '.join(sorted(wrong))} are not supported by symmetric keys"
        )
    constraints = request.get("Constraints", {})
    return Grant(
        id=secrets.token_hex(ID_BYTES),
        key_id=key.id,
        created_at=ctx.now(),
        operations=tuple(dict.fromkeys(request["Operations"])),
        grantee=request["GranteePrincipal"],
        retiring=request.get("RetiringPrincipal"),
        issuer=errors.root(ctx),
        name=request.get("Name"),
        context_equals=constraints.get("EncryptionContextEquals"),
        context_subset=constraints.get("EncryptionContextSubset"),
    )


def check_services(request: Mapping[str, object]) -> None:
    """Refuse grants to services by their own parameters; UnsupportedOperationException."""
    if "GranteeServicePrincipal" in request or "RetiringServicePrincipal" in request:
        raise errors.unsupported("Grants to services are")


def same(grant: Grant, others: list[Grant]) -> Grant | None:
    """Find the grant that differs in nothing but when it was made; only if it has a name."""
    if grant.name is None:
        return None
    for other in others:
        if grant == other.model_copy(update={"id": grant.id, "created_at": grant.created_at}):
            return other
    return None


def remove(tx: Tx, key: Key, grant_id: str, request: Mapping[str, object]) -> None:
    """Forget a grant of a key; NotFoundException."""
    grant = tx.grants.get(grant_id) if GRANT_ID.fullmatch(grant_id) else None
    if grant is None or grant.key_id != key.id:
        raise errors.grant_not_found(grant_id)
    check_dry_run(request)
    tx.grants.remove(grant_id)


def token(grant_id: str) -> str:
    """Write a token of a grant."""
    return base64.b64encode(TOKEN + bytes.fromhex(grant_id)).decode()


def id_in(grant_token: str) -> str:
    """Read the id of the grant in a token; InvalidGrantTokenException."""
    try:
        found = base64.b64decode(grant_token, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.invalid_grant_token() from error
    if not found.startswith(TOKEN) or len(found) != len(TOKEN) + ID_BYTES:
        raise errors.invalid_grant_token()
    return found[len(TOKEN) :].hex()


def shown(key: Key, grant: Grant) -> GrantListEntry:
    """Show a grant."""
    shape: GrantListEntry = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name or "",
        "CreationDate": grant.created_at,
        "GranteePrincipal": grant.grantee,
        "IssuingAccount": grant.issuer,
        "Operations": list(grant.operations),
    }
    if grant.retiring is not None:
        shape["RetiringPrincipal"] = grant.retiring
    if grant.context_equals is not None:
        shape["Constraints"] = {"EncryptionContextEquals": dict(grant.context_equals)}
    if grant.context_subset is not None:
        shape.setdefault("Constraints", {})["EncryptionContextSubset"] = dict(grant.context_subset)
    return shape
