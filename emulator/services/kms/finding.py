"""The key that a request means.

Who may do what with it is decided by its policy, the policies of who asks, and its grants: the root
of its account everything, as the policy says that a key has unless another is given. From another
account a key is named by its ARN, and only used. A key that AWS manages is for its service: its
policy lets nobody use it directly.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Final

from emulator.context import Context
from emulator.key_names import KeyName, key_name
from emulator.protocol import regions
from emulator.rights.asking import Values, caller_of, surroundings
from emulator.services.kms import errors
from state import key_access, managed_keys
from state.keys import Key
from state.store import Tx

# What can be done with another account's key, if that lets one.
ABROAD: Final = frozenset({
    "CreateGrant", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext", "ListGrants", "ReEncryptFrom", "ReEncryptTo", "RetireGrant",
    "RevokeGrant",
})  # fmt: skip

log = logging.getLogger(__name__)


def named(ctx: Context, text: str, action: str) -> KeyName:
    """Take a name of this account and Region apart; NotFoundException, AccessDeniedException."""
    name = key_name(text, ctx.account_id, ctx.region)
    if name is None:
        raise errors.invalid_key_id(text)
    if name.region != ctx.region:
        raise errors.invalid_arn(name.region)
    if name.account_id != ctx.account_id and action not in ABROAD:
        raise errors.foreign(ctx, action)
    return name


def find_key(
    ctx: Context,
    tx: Tx,
    text: str,
    action: str,
    sealed_with: Mapping[str, str] | None = None,
    context: Values | None = None,
) -> Key:
    """Return the key of an id or key ARN; most actions do not take aliases.

    sealed_with is the encryption context, context what else conditions may ask about.
    """
    key = find_unasked(ctx, tx, text, action)
    return permitted(ctx, tx, key, action, sealed_with, context)


def find_unasked(ctx: Context, tx: Tx, text: str, action: str) -> Key:
    """Return the key of an id or key ARN, whether or not the caller may do anything with it."""
    name = named(ctx, text, action)
    if name.key_id is None:
        raise errors.invalid_key_id(text)
    return existing(ctx, tx, name.key_id, name.account_id, action)


def find_by_any_name(
    ctx: Context, tx: Tx, text: str, action: str, sealed_with: Mapping[str, str] | None = None
) -> Key:
    """Return the key of an id, key ARN, alias or alias ARN."""
    name = named(ctx, text, action)
    if name.alias is None:
        return find_key(ctx, tx, text, action, sealed_with)
    alias = tx.aliases.get(name.account_id, ctx.region, name.alias)
    key = None if alias is None else tx.keys.get(alias.key_id, ctx.now())
    if key is None:
        if name.account_id != ctx.account_id:
            raise errors.foreign(ctx, action)
        raise errors.alias_not_found(arn(ctx, name.alias))
    return permitted(ctx, tx, key, action, sealed_with, {"kms:RequestAlias": name.alias})


def existing(ctx: Context, tx: Tx, key_id: str, account_id: str, action: str) -> Key:
    """Return the key of an id if an account has it in the Region."""
    key = tx.keys.get(key_id, ctx.now())
    if key is None or (key.account_id, key.region) != (account_id, ctx.region):
        if account_id != ctx.account_id:
            raise errors.foreign(ctx, action)
        raise errors.key_not_found(arn(ctx, f"key/{key_id}"))
    return key


def permitted(
    ctx: Context,
    tx: Tx,
    key: Key,
    action: str,
    sealed_with: Mapping[str, str] | None = None,
    context: Values | None = None,
) -> Key:
    """Return a key if the caller may do this with it; AccessDeniedException."""
    known = {**surroundings(ctx), **(context or {})}
    decision = key_access.decide(tx, key, caller_of(tx, ctx), action, sealed_with, context=known)
    if not decision.allowed:
        log.info("kms:%s on %s: %s", action, key.arn, decision.why)
        if key.account_id != ctx.account_id:
            raise errors.foreign(ctx, action)
        raise errors.not_allowed(ctx, action, key.arn, decision.because)
    return key


def check_alias(ctx: Context, tx: Tx, name: str, action: str) -> None:
    """Refuse who may not do this with an alias, which has no policy; AccessDeniedException."""
    if ctx.session is None:
        return
    decision = caller_of(tx, ctx).decide(f"kms:{action}", arn(ctx, name), context=surroundings(ctx))
    if not decision.allowed:
        raise errors.not_allowed(ctx, action, arn(ctx, name), decision.because)


def make_managed_key(ctx: Context, text: str) -> None:
    """Make the key of a service if its alias is asked for, and it is not there yet.

    So DescribeKey's reference: it "associates the alias with an AWS managed key".
    """
    name = key_name(text, ctx.account_id, ctx.region)
    if name is None or name.alias not in managed_keys.SERVICES:
        return
    if (name.account_id, name.region) != (ctx.account_id, ctx.region):
        return
    get = partial(managed_keys.managed_key, partition=regions.partition(ctx.region), now=ctx.now())
    with ctx.store.read() as tx:
        there = tx.aliases.get(ctx.account_id, ctx.region, name.alias) is not None
    if not there:
        with ctx.store.begin() as tx:
            get(tx, ctx.account_id, ctx.region, name.alias)


def check_usable(key: Key) -> None:
    """Refuse a key that is not enabled; DisabledException, KMSInvalidStateException."""
    check_stays(key)
    if not key.enabled:
        raise errors.disabled(key.arn)


def check_stays(key: Key) -> None:
    """Refuse a key that is about to be deleted; KMSInvalidStateException."""
    if key.deletes_at is not None:
        raise errors.pending_deletion(key.arn)


def usable(
    ctx: Context, text: str, action: str, sealed_with: Mapping[str, str]
) -> tuple[Key, bytes]:
    """Return a key that can be used, by any of its names, and its material."""
    make_managed_key(ctx, text)
    with ctx.store.read() as tx:
        key = find_by_any_name(ctx, tx, text, action, sealed_with)
        check_usable(key)
        return key, tx.keys.material(key.id)


def arn(ctx: Context, name: str) -> str:
    """Spell the ARN of a key or an alias of the account and Region."""
    return f"arn:{regions.partition(ctx.region)}:kms:{ctx.region}:{ctx.account_id}:{name}"
