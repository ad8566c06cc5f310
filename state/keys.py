"""Keys of KMS, the aliases that name them, and the grants that lend them.

    Enabled ◄──► Disabled ──► PendingDeletion ──► (gone, once its date has passed)
       │            ▲             │  ▲
       │            └── cancelled ┘  │
       └─────────────────────────────┘

Nothing happens at that date: a key is gone for whoever looks later, and its row goes with the next
key that is made. The material stands in a column of its own: a value that is shown never has it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from state.values import Frozen

KeyState = Literal["Enabled", "Disabled", "PendingDeletion"]


class Key(Frozen):
    """A symmetric key of 256 bits."""

    id: str
    arn: str
    account_id: str
    region: str
    created_at: datetime
    description: str = ""
    policy: str
    managed: bool = False  # by AWS, for a service: made when that first needs it
    enabled: bool = True
    deletes_at: datetime | None = None
    tags: Mapping[str, str] = {}

    @property
    def state(self) -> KeyState:
        """What can be done with it."""
        if self.deletes_at is not None:
            return "PendingDeletion"
        return "Enabled" if self.enabled else "Disabled"


class Alias(Frozen):
    """A name of a key, `alias/…`, that can be given to another."""

    account_id: str
    region: str
    name: str
    key_id: str
    created_at: datetime
    updated_at: datetime


class Grant(Frozen):
    """Lets a principal use a key."""

    id: str
    key_id: str
    created_at: datetime
    operations: tuple[str, ...]
    grantee: str
    retiring: str | None = None
    issuer: str
    name: str | None = None
    context_equals: Mapping[str, str] | None = None
    context_subset: Mapping[str, str] | None = None
