"""The room of secrets: what this vmie signs with, the same on all its hosts and after a restart."""

import secrets as random
from typing import Final

from sqlalchemy import Connection, bindparam, select

from state.rows.room import INSERTS
from state.tables import secrets

LENGTH: Final = 32  # bytes
GET = select(secrets.c.material).where(secrets.c.name == bindparam("name"))
PUT = {dialect: insert(secrets).on_conflict_do_nothing() for dialect, insert in INSERTS.items()}


class Secrets:
    """The secrets, by what they are for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> bytes | None:
        """Return a secret, if it was ever needed."""
        found = self._connection.execute(GET, {"name": name}).scalar()
        return None if found is None else bytes(found)

    def made(self, name: str) -> bytes:
        """Return a secret, which is made if there is none."""
        row = {"name": name, "material": random.token_bytes(LENGTH)}
        self._connection.execute(PUT[self._connection.dialect.name], row)
        return bytes(self._connection.execute(GET, {"name": name}).scalar_one())
