"""The room of snapshots."""

from sqlalchemy import Connection

from state import tables
from state.rows.owned import Owned, OwnedKind
from state.rows.room import Columns
from state.snapshots import Snapshot


def _columns(snapshot: Snapshot) -> Columns:
    return {
        "id": snapshot.id,
        "account_id": snapshot.account_id,
        "region": snapshot.region,
        "blob_id": snapshot.blob_id,
    }


KIND = OwnedKind(tables.snapshots, Snapshot, _columns)


class Snapshots(Owned[Snapshot]):
    """The snapshots of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)
