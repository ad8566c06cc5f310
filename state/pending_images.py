"""AMIs whose snapshots are still being written: pending until the last is there, or one has failed.

Nothing asks for it: whoever ends the work on a snapshot settles the AMIs that are made of it.
"""

from collections.abc import Iterable
from typing import Literal

from state.snapshots import Snapshot
from state.store import Tx


def state_of(
    snapshots: Iterable[Snapshot | None],
) -> tuple[Literal["available", "pending", "failed"], str | None]:
    """Return the state of an AMI that is made of some snapshots, and why it has failed."""
    pending = False
    for snapshot in snapshots:
        if snapshot is None or snapshot.state == "error":
            return "failed", snapshot.message if snapshot else None
        pending = pending or snapshot.state == "pending"
    return ("pending" if pending else "available"), None


def settle(tx: Tx, snapshot_id: str) -> None:
    """Bring the pending AMIs of a snapshot up to date."""
    for image in tx.images.made_of(snapshot_id):
        if image.state == "pending":
            state, reason = state_of(map(tx.snapshots.get, image.snapshot_ids))
            tx.images.replace(image.model_copy(update={"state": state, "state_reason": reason}))
