"""The room of grants."""

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.keys import Grant
from state.rows.room import Columns, Kind, Listing, Rows


def _columns(grant: Grant) -> Columns:
    return {"id": grant.id, "key_id": grant.key_id}


KIND = Kind(tables.grants, Grant, ("id",), _columns)
COLUMNS = tables.grants.c
LIST = (
    select(COLUMNS.sequence, COLUMNS.document)
    .where(COLUMNS.key_id == bindparam("key_id"), COLUMNS.sequence > bindparam("after"))
    .order_by(COLUMNS.sequence)
)


class Grants(Rows[Grant]):
    """The grants of all keys."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, grant_id: str) -> Grant | None:
        """Return the grant with an id."""
        return self._get(grant_id)

    def remove(self, grant_id: str) -> Grant | None:
        """Forget a grant."""
        return self._remove(grant_id)

    def list(self, key_id: str, *, after: int = 0) -> Listing[Grant]:
        """Return the grants of a key that come after a sequence number."""
        return self._numbered(LIST, {"key_id": key_id, "after": after})
