"""The room of key pairs."""

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.key_pairs import KeyPair
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns


def _columns(pair: KeyPair) -> Columns:
    return {
        "id": pair.id,
        "account_id": pair.account_id,
        "region": pair.region,
        "name": pair.name,
    }


KIND = OwnedKind(tables.key_pairs, KeyPair, _columns)
COLUMNS = tables.key_pairs.c
BY_NAME = select(COLUMNS.document).where(
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
    COLUMNS.name == bindparam("name"),
)


class KeyPairs(Owned[KeyPair]):
    """The key pairs of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def by_name(self, account_id: str, region: str, name: str) -> KeyPair | None:
        """Return the key pair of a name."""
        owner = {"account_id": account_id, "region": region}
        return self._one(BY_NAME, {**owner, "name": name})
