"""The passphrases of encrypted disks: data keys of KMS keys, kept in their sealed form alone.

    KMS key ──seals──► data key, 32 bytes ──as 64 hex digits──► passphrase ──opens──► LUKS ──► disk
                             │
            Snapshot.sealed: base64 of what `kms decrypt` would open with the encryption context
            {"aws:ebs:id": the resource's id}

Whoever wants a passphrase asks the key at that moment: what is disabled, waits for its deletion or
is gone opens nothing. A passphrase is handed on in memory alone.
"""

import base64
import secrets
from datetime import datetime
from typing import Final

from state.keys import Key
from state.sealing import seal, unseal
from state.store import Tx

DATA_KEY: Final = 32  # bytes
CONTEXT: Final = "aws:ebs:id"


class KeyUnusable(Exception):
    """A key is disabled, waits for its deletion, or is gone."""

    def __init__(self, key_arn: str, state: str | None) -> None:
        super().__init__(f"the key {key_arn} is {state or 'gone'}")
        self.key_arn = key_arn
        self.state = state


def usable(tx: Tx, key_arn: str, now: datetime) -> Key:
    """Return a key that can be used now; KeyUnusable."""
    key = tx.keys.get(key_arn.rpartition("/")[2], now)
    if key is None or key.arn != key_arn:
        raise KeyUnusable(key_arn, None)
    if key.state != "Enabled":
        raise KeyUnusable(key_arn, key.state)
    return key


def new(tx: Tx, key_arn: str, resource_id: str, now: datetime) -> tuple[bytes, str]:
    """Make the passphrase of a new disk; return it, and what is kept of it. KeyUnusable."""
    data_key = secrets.token_bytes(DATA_KEY)
    return passphrase(data_key), _sealed(tx, key_arn, resource_id, data_key, now)


def opened(tx: Tx, sealed: str, key_arn: str, resource_id: str, now: datetime) -> bytes:
    """Return the passphrase of a disk; KeyUnusable."""
    return passphrase(_data_key(tx, sealed, key_arn, resource_id, now))


def resealed(
    tx: Tx,
    sealed: str,
    key_arn: str,
    resource_id: str,
    *,
    to_key_arn: str,
    to_resource_id: str,
    now: datetime,
) -> str:
    """Return what is kept of the same passphrase for a copy, perhaps under another key.

    Raises KeyUnusable for either of the keys.
    """
    data_key = _data_key(tx, sealed, key_arn, resource_id, now)
    return _sealed(tx, to_key_arn, to_resource_id, data_key, now)


def passphrase(data_key: bytes) -> bytes:
    """Spell a data key as a passphrase, which must be text."""
    return data_key.hex().encode()


def _sealed(tx: Tx, key_arn: str, resource_id: str, data_key: bytes, now: datetime) -> str:
    key = usable(tx, key_arn, now)
    sealed = seal(key.id, tx.keys.material(key.id), data_key, {CONTEXT: resource_id})
    return base64.b64encode(sealed).decode()


def _data_key(tx: Tx, sealed: str, key_arn: str, resource_id: str, now: datetime) -> bytes:
    key = usable(tx, key_arn, now)
    blob = base64.b64decode(sealed, validate=True)
    return unseal(tx.keys.material(key.id), blob, {CONTEXT: resource_id})
