"""Drafts: snapshots that are written block by block.

      started ──► pending ──► completed
                     │
                     └──► error, once its deadline has passed

A draft belongs to its snapshot and goes with it. As long as that is pending, the blocks are written
into its blob in place, and a journal tells which ones; see state/disks/journal.py. Nothing happens
when the deadline passes: whoever looks later finds the snapshot in error, and a start of the server
that finds it so makes it a fact. Every block puts the deadline off.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from state.snapshots import Snapshot
from state.values import Frozen

if TYPE_CHECKING:
    from state.blobs import Blobs
    from state.store import Store

# The deadline is put off at most so often: every block would be a write to the database.
GRAIN: Final = timedelta(seconds=30)
CHECKSUMS: Final = "checksums-"


class Draft(Frozen):
    """What is remembered of how a snapshot was started; its journal is gone once it is done."""

    snapshot_id: str
    account_id: str
    region: str
    timeout: int  # minutes
    journal_id: str | None
    client_token: str | None = None
    request_digest: str | None = None


def journal_of(blob_id: str) -> str:
    """Name the journal of a snapshot's blob."""
    return f"journal-{blob_id}"


def checksums_of(blob_id: str) -> str:
    """Name what the journal of a snapshot's blob becomes: see state/disks/checksums.py."""
    return f"{CHECKSUMS}{blob_id}"


def described(name: str) -> str:
    """Name the blob that something in its folder tells of: that of checksums, else itself."""
    return name.removeprefix(CHECKSUMS)


def put_off(snapshot: Snapshot, draft: Draft, now: datetime) -> datetime | None:
    """Return the new deadline of a snapshot that was written to; None if it has time enough."""
    deadline = now + timedelta(minutes=draft.timeout)
    if snapshot.expires_at is not None and snapshot.expires_at < deadline:
        return deadline + GRAIN
    return None


def as_of(snapshot: Snapshot, now: datetime) -> Snapshot:
    """Return a snapshot as it is at a moment: in error, if its deadline has passed."""
    if snapshot.state != "pending" or snapshot.expires_at is None or now < snapshot.expires_at:
        return snapshot
    return failed(snapshot)


def failed(snapshot: Snapshot) -> Snapshot:
    """Return a snapshot that nobody has completed."""
    return snapshot.model_copy(update={"state": "error", "expires_at": None})


def give_up_overdue(store: "Store", blobs: "Blobs", now: datetime) -> int:
    """Make it a fact that snapshots are in error, and remove their bytes; return how many."""
    with store.read() as tx:
        drafts = [draft.snapshot_id for draft in tx.drafts.open()]
    count = 0
    for snapshot_id in drafts:
        with store.begin() as tx:
            snapshot, draft = tx.snapshots.get(snapshot_id), tx.drafts.get(snapshot_id)
            if snapshot is None or draft is None or as_of(snapshot, now) == snapshot:
                continue
            tx.snapshots.replace(failed(snapshot))
            tx.drafts.replace(draft.model_copy(update={"journal_id": None}))
        for gone in (snapshot.blob_id, journal_of(snapshot.blob_id)):
            blobs.remove(gone)
        count += 1
    return count
