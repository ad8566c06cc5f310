"""Names of keys: CreateAlias, UpdateAlias, DeleteAlias and ListAliases."""

from collections.abc import Iterator

from emulator.context import Context
from emulator.key_names import ALIAS
from emulator.services.actions import Actions
from emulator.services.kms import errors, finding, pages
from emulator.shapes.kms import (
    AliasListEntry,
    CreateAliasRequest,
    DeleteAliasRequest,
    ListAliasesRequest,
    ListAliasesResponse,
    UpdateAliasRequest,
)
from state import managed_keys
from state.keys import Alias, Key
from state.store import Duplicate, Tx

actions = Actions()

RESERVED = "alias/aws/"


@actions
def create_alias(ctx: Context, request: CreateAliasRequest) -> dict[str, object]:
    """Give a key a name."""
    name = checked(request["AliasName"])
    with ctx.store.begin() as tx:
        now = ctx.now()
        tx.keys.purge(now)
        finding.check_alias(ctx, tx, name, "CreateAlias")
        key = target(ctx, tx, request["TargetKeyId"], "CreateAlias")
        try:
            tx.aliases.add(
                Alias(
                    account_id=ctx.account_id,
                    region=ctx.region,
                    name=name,
                    key_id=key.id,
                    created_at=now,
                    updated_at=now,
                )
            )
        except Duplicate:
            raise errors.alias_exists(finding.arn(ctx, name)) from None
    return {}


@actions
def update_alias(ctx: Context, request: UpdateAliasRequest) -> dict[str, object]:
    """Give a name to another key."""
    name = checked(request["AliasName"])
    with ctx.store.begin() as tx:
        tx.keys.purge(ctx.now())
        alias = tx.aliases.get(ctx.account_id, ctx.region, name)
        if alias is None:
            raise errors.alias_not_found(finding.arn(ctx, name))
        finding.check_alias(ctx, tx, name, "UpdateAlias")
        if (before := tx.keys.get(alias.key_id, ctx.now())) is not None:
            finding.permitted(ctx, tx, before, "UpdateAlias")
        key = target(ctx, tx, request["TargetKeyId"], "UpdateAlias")
        tx.aliases.replace(alias.model_copy(update={"key_id": key.id, "updated_at": ctx.now()}))
    return {}


@actions
def delete_alias(ctx: Context, request: DeleteAliasRequest) -> dict[str, object]:
    """Take a name away; its key stays."""
    name = checked(request["AliasName"])
    with ctx.store.begin() as tx:
        alias = tx.aliases.remove(ctx.account_id, ctx.region, name)
        if alias is None:
            raise errors.alias_not_found(finding.arn(ctx, name))
        finding.check_alias(ctx, tx, name, "DeleteAlias")
        if (key := tx.keys.get(alias.key_id, ctx.now())) is not None:
            finding.permitted(ctx, tx, key, "DeleteAlias")
    return {}


@actions
def list_aliases(ctx: Context, request: ListAliasesRequest) -> ListAliasesResponse:
    """Show the names of all keys or of one, those of services' keys to come among them."""
    limit = pages.limited(request.get("Limit"), 50, 100)
    after = pages.place("ListAliases", request.get("Marker"))
    with ctx.store.read() as tx:
        of = None
        if (key_id := request.get("KeyId")) is not None:
            of = finding.find_unasked(ctx, tx, key_id, "ListAliases")
        known = tx.aliases.list(ctx.account_id, ctx.region, ctx.now())
    entries = sorted(shown(ctx, known, of), key=lambda entry: entry["AliasName"])
    rest = [entry for entry in entries if entry["AliasName"] > after]
    taken, marker = pages.cut("ListAliases", rest, limit, lambda entry: entry["AliasName"])
    answer: ListAliasesResponse = {"Aliases": list(taken), "Truncated": marker is not None}
    if marker is not None:
        answer["NextMarker"] = marker
    return answer


def shown(ctx: Context, known: list[Alias], of: Key | None) -> Iterator[AliasListEntry]:
    """Show the aliases of all keys or of one; one of AWS's without a key yet has no target."""
    for alias in known:
        if of is None or alias.key_id == of.id:
            yield {
                "AliasName": alias.name,
                "AliasArn": finding.arn(ctx, alias.name),
                "TargetKeyId": alias.key_id,
                "CreationDate": alias.created_at,
                "LastUpdatedDate": alias.updated_at,
            }
    if of is None:
        for name in managed_keys.SERVICES.keys() - {alias.name for alias in known}:
            yield {"AliasName": name, "AliasArn": finding.arn(ctx, name)}


def checked(name: str) -> str:
    """Return a name that an account may give and take; ValidationException and others."""
    if not name.startswith("alias/"):
        raise errors.invalid_alias(name)
    if name.startswith(RESERVED):
        raise errors.reserved_alias()
    if not ALIAS.fullmatch(name):
        raise errors.validation(f"{name} contains invalid characters for an alias")
    return name


def target(ctx: Context, tx: Tx, text: str, action: str) -> Key:
    """Return the key that is to have a name."""
    if "alias/" in text:
        raise errors.alias_of_an_alias()
    key = finding.find_key(ctx, tx, text, action)
    finding.check_stays(key)
    return key
