"""The room of keys."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select

from state import tables
from state.keys import Key
from state.rows.room import Columns, Kind, Listing, Rows

COLUMNS = tables.keys.c


def _columns(key: Key) -> Columns:
    return {
        "id": key.id,
        "account_id": key.account_id,
        "region": key.region,
        "deletes_at": None if key.deletes_at is None else key.deletes_at.timestamp(),
    }


KIND = Kind(tables.keys, Key, ("id",), _columns)
MATERIAL = select(COLUMNS.material).where(COLUMNS.id == bindparam("id"))
ALIVE = or_(COLUMNS.deletes_at.is_(None), COLUMNS.deletes_at > bindparam("now"))
LIST = (
    select(COLUMNS.sequence, COLUMNS.document)
    .where(
        COLUMNS.account_id == bindparam("account_id"),
        COLUMNS.region == bindparam("region"),
        COLUMNS.sequence > bindparam("after"),
        ALIVE,
    )
    .order_by(COLUMNS.sequence)
)
GONE = select(COLUMNS.id).where(COLUMNS.deletes_at <= bindparam("now"))
PURGE = [
    delete(tables.grants).where(tables.grants.c.key_id.in_(GONE)),
    delete(tables.aliases).where(tables.aliases.c.key_id.in_(GONE)),
    delete(tables.keys).where(COLUMNS.deletes_at <= bindparam("now")),
]


class Keys(Rows[Key]):
    """The keys of all accounts; one whose deletion is due is not found any more."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def create(self, key: Key, material: bytes) -> None:
        """Keep a new key with its material."""
        self._connection.execute(tables.keys.insert(), {**KIND.row(key), "material": material})

    def remove(self, key_id: str) -> Key | None:
        """Forget a key that nothing was ever sealed under, nor named."""
        return self._remove(key_id)

    def get(self, key_id: str, now: datetime) -> Key | None:
        """Return the key with an id, whoever owns it."""
        key = self._get(key_id)
        return None if key is None or (key.deletes_at and key.deletes_at <= now) else key

    def material(self, key_id: str) -> bytes:
        """Return the material of a key that there is."""
        return bytes(self._connection.execute(MATERIAL, {"id": key_id}).scalar_one())

    def list(
        self,
        account_id: str,
        region: str,
        now: datetime,
        *,
        after: int = 0,
        limit: int | None = None,
    ) -> Listing[Key]:
        """Return the keys of an account in a Region that come after a sequence number."""
        return self._numbered(
            LIST.limit(limit),
            {"account_id": account_id, "region": region, "after": after, "now": now.timestamp()},
        )

    def purge(self, now: datetime) -> None:
        """Forget the keys whose deletion is due, their aliases and their grants."""
        for statement in PURGE:
            self._connection.execute(statement, {"now": now.timestamp()})
