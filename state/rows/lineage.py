"""The room of lineage; it outlives the snapshots that it leads through."""

from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from state.lineage import Blocks
from state.tables import lineage, snapshots

COLUMNS = lineage.c
ADD = insert(lineage)
GET = select(COLUMNS.parent_id, COLUMNS.blocks).where(
    COLUMNS.snapshot_id == bindparam("snapshot_id")
)
NEEDED = select(
    exists().where(COLUMNS.parent_id == bindparam("snapshot_id"))
    | exists().where(snapshots.c.id == bindparam("snapshot_id"))
)
AMEND = (
    update(lineage)
    .where(COLUMNS.snapshot_id == bindparam("at_snapshot_id"))
    .values(blocks=bindparam("blocks"))
)
REMOVE = (
    delete(lineage)
    .where(COLUMNS.snapshot_id == bindparam("at_snapshot_id"))
    .returning(COLUMNS.parent_id)
)


class Step(NamedTuple):
    """A snapshot, and the blocks in which it differs from the one before; None for the first."""

    snapshot_id: str
    blocks: Blocks | None


class Lineage:
    """How all snapshots descend from each other."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, snapshot_id: str, parent_id: str, blocks: Blocks) -> None:
        """Keep that a snapshot was made on top of another, and in which blocks they may differ."""
        row = {"snapshot_id": snapshot_id, "parent_id": parent_id, "blocks": blocks.packed()}
        self._connection.execute(ADD, row)

    def amend(self, snapshot_id: str, blocks: Blocks) -> None:
        """Keep in which blocks a snapshot may differ, now that it is known."""
        self._connection.execute(AMEND, {"at_snapshot_id": snapshot_id, "blocks": blocks.packed()})

    def changed(self, first_id: str, second_id: str) -> Blocks | None:
        """Return the blocks in which two snapshots may differ; None if they are not related."""
        first, second = self._steps(first_id), self._steps(second_id)
        common = {step.snapshot_id for step in first} & {step.snapshot_id for step in second}
        if not common:
            return None
        changed = Blocks()
        for steps in (first, second):
            for snapshot_id, blocks in steps:
                if snapshot_id in common or blocks is None:
                    break
                changed |= blocks
        return changed

    def forget(self, snapshot_id: str) -> None:
        """Forget what leads nowhere any more, now that a snapshot is gone."""
        at: str | None = snapshot_id
        while at is not None:
            if self._connection.execute(NEEDED, {"snapshot_id": at}).scalar():
                return
            at = self._connection.execute(REMOVE, {"at_snapshot_id": at}).scalar()

    def _steps(self, snapshot_id: str) -> list[Step]:
        """Return a snapshot and those it descends from, itself first."""
        steps: list[Step] = []
        at: str | None = snapshot_id
        while at is not None:
            row = self._connection.execute(GET, {"snapshot_id": at}).first()
            steps.append(Step(at, None if row is None else Blocks.unpacked(row.blocks)))
            at = None if row is None else row.parent_id
        return steps
