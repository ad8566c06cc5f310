"""Where disks come from: an object in a bucket, or a snapshot that is there already.

What is fetched gets a second name, in the scratch folder, which stays when the first one goes.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters.errors import object_forbidden, object_gone, snapshot_gone
from state.jobs import Attempt
from state.objects import Object
from state.snapshots import Snapshot
from state.tasks import DiskSource

REPLACED: Final = 3  # times in a row between reading a row and its bytes: no accident


def fetch_object(attempt: Attempt, source: DiskSource, path: Path) -> None:
    """Give an object's bytes a name of ours; ClientError if it is gone, or its key is."""
    for _ in range(REPLACED):
        with attempt.store.read() as tx:
            found = tx.objects.get(source.bucket, source.key)
        if found is None:
            break
        if found.kms_key_id is not None:
            ask_key(attempt, found)
        try:
            attempt.blobs.link(found.blob_id, path)
        except FileNotFoundError:  # replaced since the row was read: there is another blob now
            continue
        return
    raise object_gone()


def ask_key(attempt: Attempt, found: Object) -> None:
    """See that S3 could open an object with its key now; ClientError."""
    from state import key_access  # with all of policies, which few imports need

    with attempt.store.read() as tx:
        if key_access.usable(tx, found, datetime.now(UTC)) is None:
            raise object_forbidden()


def fetch_snapshot(attempt: Attempt, snapshot_id: str, path: Path) -> Snapshot:
    """Give a snapshot's bytes a name of ours, and return it; ClientError if it is gone."""
    task = attempt.task
    with attempt.store.read() as tx:
        found = tx.snapshots.usable(task.account_id, task.region, ids=[snapshot_id])
    if not found:
        raise snapshot_gone(snapshot_id)
    snapshot = found[0].value
    try:
        attempt.blobs.link(snapshot.blob_id, path)
    except FileNotFoundError:  # gone since the row was read
        raise snapshot_gone(snapshot_id) from None
    return snapshot
