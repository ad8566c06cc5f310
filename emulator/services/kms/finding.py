"""The key that a request means.

Who owns a key may do everything with it, as the policy says that a key has unless another is given;
what other policies and grants say is kept and shown, and not looked at yet. A key that AWS manages
is for its service: directly its account can only look at it.
"""

import re
from functools import partial

from emulator.context import Context
from emulator.key_names import KeyName, key_name
from emulator.protocol import regions
from emulator.services.kms import errors
from state import managed_keys
from state.keys import Key
from state.store import Tx

OPEN = re.compile(r"Describe|Get|List|RevokeGrant")  # what a managed key's policy leaves to all


def named(ctx: Context, text: str, action: str) -> KeyName:
    """Take a name of this account and Region apart; NotFoundException, AccessDeniedException."""
    name = key_name(text, ctx.account_id, ctx.region)
    if name is None:
        raise errors.invalid_key_id(text)
    if name.region != ctx.region:
        raise errors.invalid_arn(name.region)
    if name.account_id != ctx.account_id:
        raise errors.foreign(ctx, action)
    return name


def find_key(ctx: Context, tx: Tx, text: str, action: str) -> Key:
    """Return the key of an id or key ARN; most actions do not take aliases."""
    name = named(ctx, text, action)
    if name.key_id is None:
        raise errors.invalid_key_id(text)
    return permitted(ctx, existing(ctx, tx, name.key_id), action)


def find_by_any_name(ctx: Context, tx: Tx, text: str, action: str) -> Key:
    """Return the key of an id, key ARN, alias or alias ARN."""
    name = named(ctx, text, action)
    if name.alias is None:
        return find_key(ctx, tx, text, action)
    alias = tx.aliases.get(ctx.account_id, ctx.region, name.alias)
    key = None if alias is None else tx.keys.get(alias.key_id, ctx.now())
    if key is None:
        raise errors.alias_not_found(arn(ctx, name.alias))
    return permitted(ctx, key, action)


def existing(ctx: Context, tx: Tx, key_id: str) -> Key:
    """Return the key of an id if the account has it in the Region."""
    key = tx.keys.get(key_id, ctx.now())
    if key is None or (key.account_id, key.region) != (ctx.account_id, ctx.region):
        raise errors.key_not_found(arn(ctx, f"key/{key_id}"))
    return key


def permitted(ctx: Context, key: Key, action: str) -> Key:
    """Refuse what a managed key is not for."""
    if key.managed and not OPEN.match(action):
        raise errors.managed(ctx, action, key.arn)
    return key


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


def usable(ctx: Context, text: str, action: str) -> tuple[Key, bytes]:
    """Return a key that can be used, by any of its names, and its material."""
    make_managed_key(ctx, text)
    with ctx.store.read() as tx:
        key = find_by_any_name(ctx, tx, text, action)
        check_usable(key)
        return key, tx.keys.material(key.id)


def arn(ctx: Context, name: str) -> str:
    """Spell the ARN of a key or an alias of the account and Region."""
    return f"arn:{regions.partition(ctx.region)}:kms:{ctx.region}:{ctx.account_id}:{name}"
