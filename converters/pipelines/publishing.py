"""Makes visible what a task has made: its blobs, then, in one transaction, the rows that name them.

    raw disk in scratch ─► second name ─► blob ─► begin … task COMPLETED, snapshots, tags … commit
                                            │                          │
                                  killed: no row names it,        refused: the blobs
                                  done again or swept             are removed again

It may be done again after a crash at any point: the raw disks keep their names in the scratch
folder, and the ids were remembered with the phase before.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from converters.errors import ClientError
from state.jobs import Attempt
from state.snapshots import Snapshot
from state.store import Duplicate, Stale, Tx
from state.tasks import IllegalTransition, Task, TaskState

GIB: Final = 1 << 30
DESCRIPTION: Final = "Created by AWS-VMImport service for {}"


def imported_snapshot(
    task: Task,
    snapshot_id: str,
    blob_id: str,
    size: int,
    now: datetime,
    *,
    encrypted: bool,
    kms_key_id: str | None,
    sealed: str | None = None,
) -> Snapshot:
    """Return the snapshot that an import leaves behind of a disk of size bytes."""
    return Snapshot(
        id=snapshot_id,
        account_id=task.account_id,
        region=task.region,
        created_at=now,
        completed_at=now,
        size_gib=-(-size // GIB),
        size_bytes=size,
        blob_id=blob_id,
        description=DESCRIPTION.format(task.id),
        encrypted=encrypted,
        kms_key_id=kms_key_id,
        sealed=sealed,
    )


@contextmanager
def publication(attempt: Attempt, files: Mapping[str, Path]) -> Iterator[Tx]:
    """Keep files as the blobs of some ids, and open the transaction that is to name them.

    If it turns out that the task was cancelled, is in other hands, or that what the rows stand on
    is gone, nothing of it stays.
    """
    try:
        for blob_id, path in files.items():
            # A second name: the first stays for the case that we must do it again.
            second = attempt.scratch / blob_id
            second.hardlink_to(path)
            attempt.blobs.keep(second, blob_id)
        with attempt.store.begin() as tx:
            yield tx
    except (ClientError, Stale, IllegalTransition, Duplicate, OSError):  # surely before the commit
        _withdraw(attempt, files)
        raise


def _withdraw(attempt: Attempt, blob_ids: Mapping[str, Path]) -> None:
    """Remove blobs, unless they are, or may yet be, what another attempt publishes."""
    with attempt.store.read() as tx:
        task = tx.tasks.get(attempt.task.id)
    if task is not None and (
        task.state is TaskState.COMPLETED
        or (task.state is TaskState.PUBLISHING and task.attempt != attempt.number)
    ):
        return
    for blob_id in blob_ids:
        attempt.blobs.remove(blob_id)
