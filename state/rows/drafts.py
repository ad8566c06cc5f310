"""The room of drafts."""

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, select

from state import tables
from state.drafts import Draft
from state.rows.room import Columns, Kind, Rows, Values


def _columns(draft: Draft) -> Columns:
    return {
        "snapshot_id": draft.snapshot_id,
        "account_id": draft.account_id,
        "region": draft.region,
        "client_token": draft.client_token,
        "journal_id": draft.journal_id,
    }


KIND = Kind(tables.drafts, Draft, ("snapshot_id",), _columns)
COLUMNS = tables.drafts.c
BY_TOKEN = select(COLUMNS.document).where(
    COLUMNS.account_id == bindparam("account_id"),
    COLUMNS.region == bindparam("region"),
    COLUMNS.client_token == bindparam("client_token"),
)
OPEN = select(COLUMNS.document).where(COLUMNS.journal_id.is_not(None))
OPEN_OF = OPEN.where(
    COLUMNS.account_id == bindparam("account_id"), COLUMNS.region == bindparam("region")
)


class Drafts(Rows[Draft]):
    """The drafts of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def get(self, snapshot_id: str) -> Draft | None:
        """Return the draft of a snapshot."""
        return self._get(snapshot_id)

    def remove(self, snapshot_id: str) -> Draft | None:
        """Forget the draft of a snapshot; return it, so that its journal can be removed."""
        return self._remove(snapshot_id)

    def by_token(self, account_id: str, region: str, client_token: str) -> Draft | None:
        """Return the draft that was started with a client token."""
        owner = {"account_id": account_id, "region": region}
        return self._one(BY_TOKEN, {**owner, "client_token": client_token})

    def open_of(self, account_id: str, region: str) -> Values[Draft]:
        """Return the drafts of an account in a Region that are neither completed nor given up."""
        return self._all(OPEN_OF, {"account_id": account_id, "region": region})

    def open(self) -> Iterator[Draft]:
        """Return those of all accounts."""
        return iter(self._all(OPEN, {}))
