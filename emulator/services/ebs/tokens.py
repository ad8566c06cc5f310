"""Tokens that only this vmie can have made: of blocks, and of the next page of a list.

    00 00 01 01 20          version, and the length of what follows, as the service's own look
    HMAC-SHA256    32 bytes over what it is for, the account, the snapshots, the place, and the rest
    the rest        8 bytes of a block: when it expires, milliseconds since 1970
                            of a page: the block that it begins with

All API hosts and all starts have one secret, which stands in the database. A token of a block says
nothing by itself: it is good for one block of one snapshot, for one account, for seven days.
"""

import base64
import binascii
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from weakref import WeakKeyDictionary

from emulator.context import Context
from emulator.services.ebs import errors
from state.store import Store

HEAD: Final = b"\x00\x00\x01\x01\x20"
MAC: Final = 32
REST: Final = 8
SECRET: Final = "block-tokens"
LIFETIME: Final = timedelta(days=7)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)

SECRETS: WeakKeyDictionary[Store, bytes] = WeakKeyDictionary()


def expiry(ctx: Context) -> datetime:
    """Return until when the tokens that are made now are good."""
    moment = ctx.now() + LIFETIME
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def block_tokens(ctx: Context, snapshot_id: str, expires_at: datetime) -> Callable[[int], str]:
    """Make what makes the tokens of a snapshot's blocks."""
    secret = secret_of(ctx)
    rest = milliseconds(expires_at).to_bytes(REST, "big")
    subject = spelled("block", ctx.account_id, snapshot_id)

    def token(index: int) -> str:
        return written(secret, b"%s\n%d\n%s" % (subject, index, rest), rest)

    return token


def check_block_token(ctx: Context, token: str, snapshot_id: str, index: int) -> None:
    """Refuse a token that was not made for this block and this caller, or has expired."""
    mac, rest = taken_apart(token) or (b"", b"")
    subject = spelled("block", ctx.account_id, snapshot_id)
    if not same(ctx, mac, b"%s\n%d\n%s" % (subject, index, rest)):
        raise errors.token_invalid()
    if int.from_bytes(rest, "big") <= milliseconds(ctx.now()):
        raise errors.token_expired()


def page_token(ctx: Context, index: int, *subject: str) -> str:
    """Make the token of the page that begins with a block."""
    rest = index.to_bytes(REST, "big")
    return written(secret_of(ctx), spelled("page", ctx.account_id, *subject) + rest, rest)


def page_start(ctx: Context, token: str, *subject: str) -> int:
    """Return with which block a page begins; ValidationException for a token of another list."""
    mac, rest = taken_apart(token) or (b"", b"")
    if not same(ctx, mac, spelled("page", ctx.account_id, *subject) + rest):
        raise errors.page_token_invalid()
    return int.from_bytes(rest, "big")


def written(secret: bytes, text: bytes, rest: bytes) -> str:
    """Write a token."""
    mac = signature(secret, text)
    return base64.b64encode(HEAD + mac + rest).decode("ascii")


def taken_apart(token: str) -> tuple[bytes, bytes] | None:
    """Take a token apart; None if it cannot be one."""
    try:
        raw = base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != len(HEAD) + MAC + REST or not raw.startswith(HEAD):
        return None
    return raw[len(HEAD) : -REST], raw[-REST:]


def same(ctx: Context, mac: bytes, text: bytes) -> bool:
    """Tell whether a MAC is that of a text, without telling by the time where it differs."""
    return hmac.compare_digest(mac, signature(secret_of(ctx), text))


def signature(secret: bytes, text: bytes) -> bytes:
    """Return the HMAC-SHA256 of a text."""
    begun = keyed(secret).copy()
    begun.update(text)
    return begun.digest()


@lru_cache(16)
def keyed(secret: bytes) -> hmac.HMAC:
    """Return an HMAC to be copied: OpenSSL takes longer to make one than to use it."""
    return hmac.new(secret, digestmod="sha256")


def spelled(*parts: str) -> bytes:
    """Spell what a token is for; no part has a line break."""
    return "\n".join(parts).encode()


def secret_of(ctx: Context) -> bytes:
    """Return the secret, which is made when it is first needed."""
    secret = SECRETS.get(ctx.store)
    if secret is None:
        with ctx.store.read() as tx:
            secret = tx.secrets.get(SECRET)
        if secret is None:
            with ctx.store.begin() as tx:
                secret = tx.secrets.made(SECRET)
        SECRETS[ctx.store] = secret
    return secret


def secret_is_known(ctx: Context) -> bool:
    """Tell whether tokens can be checked without asking the database."""
    return ctx.store in SECRETS


def milliseconds(moment: datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return (moment - EPOCH) // MILLISECOND
