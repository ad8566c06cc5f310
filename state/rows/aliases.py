"""The room of aliases."""

from datetime import datetime

from sqlalchemy import Connection, Select, bindparam, select

from state import tables
from state.keys import Alias
from state.rows.keys import ALIVE
from state.rows.room import Columns, Kind, Rows, Values


def _columns(alias: Alias) -> Columns:
    return {
        "account_id": alias.account_id,
        "region": alias.region,
        "name": alias.name,
        "key_id": alias.key_id,
    }


KIND = Kind(tables.aliases, Alias, ("account_id", "region", "name"), _columns)
COLUMNS = tables.aliases.c
LIST: Select[str] = (
    select(COLUMNS.document)
    .join(tables.keys, tables.keys.c.id == COLUMNS.key_id)
    .where(
        COLUMNS.account_id == bindparam("account_id"),
        COLUMNS.region == bindparam("region"),
        ALIVE,
    )
    .order_by(COLUMNS.name)
)


class Aliases(Rows[Alias]):
    """The aliases of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, account_id: str, region: str, name: str) -> Alias | None:
        """Return the alias of a name."""
        return self._get(account_id, region, name)

    def remove(self, account_id: str, region: str, name: str) -> Alias | None:
        """Forget an alias."""
        return self._remove(account_id, region, name)

    def list(self, account_id: str, region: str, now: datetime) -> Values[Alias]:
        """Return the aliases of an account in a Region in the order of their names."""
        return self._all(LIST, {"account_id": account_id, "region": region, "now": now.timestamp()})
