"""Ids of resources, as AWS has them."""

import secrets


def new_id(prefix: str) -> str:
    """Return an id that no resource has, a prefix and 17 hex digits: snap-0123456789abcdef0."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"
