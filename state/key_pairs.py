"""Key pairs: the public halves. The private half of one made here is told once and kept nowhere."""

from datetime import datetime
from typing import Literal

from state.values import Frozen


class KeyPair(Frozen):
    """A public key that instances can be started with."""

    id: str
    account_id: str
    region: str
    name: str
    type: Literal["rsa", "ed25519"]
    fingerprint: str
    public_key: str  # as in OpenSSH's authorized_keys: type, base64, comment
    created_at: datetime
