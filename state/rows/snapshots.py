"""The room of snapshots."""

from sqlalchemy import Connection, bindparam, delete, insert

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
LAY = insert(tables.layers)
LIFT = delete(tables.layers).where(tables.layers.c.owner_id == bindparam("at_id"))


class Snapshots(Owned[Snapshot]):
    """The snapshots of all accounts."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, KIND)

    def add(self, value: Snapshot) -> None:
        """Keep a new snapshot; Duplicate."""
        super().add(value)
        self._lay(value)

    def replace(self, value: Snapshot) -> None:
        """Keep a snapshot in place of the one with the same id; Stale if there is none."""
        super().replace(value)
        self._connection.execute(LIFT, {"at_id": value.id})
        self._lay(value)

    def remove(self, value_id: str) -> Snapshot | None:
        """Forget a snapshot; return it, so that its bytes can be removed after the commit."""
        self._connection.execute(LIFT, {"at_id": value_id})
        return super().remove(value_id)

    def report(self, snapshot_id: str, progress: int) -> bool:
        """Show how much of a pending snapshot is there; False if it is not pending (any more)."""
        snapshot = self.get(snapshot_id)
        if snapshot is None or snapshot.state != "pending":
            return False
        if progress > snapshot.progress:
            super().replace(snapshot.model_copy(update={"progress": progress}))
        return True

    def fail(self, snapshot_id: str, message: str) -> Snapshot | None:
        """Put a pending snapshot in error; return it as it was, or None if it isn't pending."""
        snapshot = self.get(snapshot_id)
        if snapshot is None or snapshot.state != "pending":
            return None
        failed = {"state": "error", "message": message, "layers": ()}
        self.replace(snapshot.model_copy(update=failed))
        return snapshot

    def _lay(self, snapshot: Snapshot) -> None:
        for layer in snapshot.layers:
            row = {"owner_id": snapshot.id, "blob_id": layer.blob_id}
            self._connection.execute(LAY, row)
