"""Ids as IAM makes them: four letters that say of what, and seventeen of base 32."""

import secrets

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
ROLE = "AROA"
POLICY = "ANPA"


def new_id(prefix: str) -> str:
    """Make an id; nobody has had it before."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(17))
