"""What an action may use: who asks, from where, and the things the application was built with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.settings import Settings
from state.ids import new_id

if TYPE_CHECKING:
    from emulator.signatures.door import Door
    from state.blobs import Blobs
    from state.engine import Engine
    from state.iam import Session
    from state.store import Store


@dataclass(frozen=True, slots=True)
class Context:
    """One request's surroundings. Handed to every action; nothing is global."""

    account_id: str
    region: str
    access_key_id: str | None
    session: "Session | None"  # of a role, where somebody with temporary credentials asks
    request_id: str
    store: "Store"
    blobs: "Blobs"
    engine: "Engine"
    now: Callable[[], datetime]  # aware, UTC
    settings: Settings
    headers: Mapping[str, str]  # of the request; names in lower case
    host: str  # as the client named us, with the port
    secure: bool
    door: "Door | None" = None  # verifies signatures; None where anyone may call
    address: str = ""  # that the request came from

    def new_id(self, prefix: str) -> str:
        """Make an id like AWS's: a prefix and seventeen hexadecimal digits."""
        return new_id(prefix)
