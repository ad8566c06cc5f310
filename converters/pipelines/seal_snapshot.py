"""The raw disk of a pending snapshot is encrypted: of a copy, or of what was written by blocks.

    VALIDATING   the raw disk, the snapshot's one layer, gets a second name in the scratch folder
    CONVERTING   a sealed disk is written beside it
    PUBLISHING   that becomes the snapshot's blob; then, in one transaction, the snapshot is
                 completed and lets go of its layer, and AMIs that waited for it are available

A phase may be run again after a crash at any point: what was sealed, and its passphrase, were
remembered by then.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from converters.pipelines import sealing
from converters.pipelines.publishing import publication
from converters.pipelines.sealing import Kept, Plain
from converters.stages.to_raw import RawDisk
from state.jobs import Attempt, Job
from state.pending_images import settle
from state.snapshots import Snapshot
from state.store import Stale, Tx
from state.tasks import SealSnapshotWork, TaskState
from state.values import Frozen


class Held(Frozen):
    """The raw disk, by a name that stays."""

    path: Path
    snapshot: Snapshot


class Published(Frozen):
    """What is readable now."""

    snapshot_id: str


async def seal_snapshot(job: Job, work: SealSnapshotWork) -> None:
    """Bring a snapshot to `completed`; ClientError if its key can't be used (any more)."""
    held = await job.phase(TaskState.VALIDATING, hold, work)
    kept = await job.phase(TaskState.CONVERTING, seal, held)
    await job.phase(TaskState.PUBLISHING, publish, held, kept)


async def hold(attempt: Attempt, work: SealSnapshotWork) -> Held:
    """Take hold of the raw disk."""
    return await asyncio.to_thread(_hold, attempt, work)


def _hold(attempt: Attempt, work: SealSnapshotWork) -> Held:
    with attempt.store.read() as tx:
        snapshot = _pending(tx, work.snapshot_id)
    (layer,) = snapshot.layers
    path = attempt.scratch / "disk.raw"
    try:
        attempt.blobs.link(layer.blob_id, path)
    except FileNotFoundError as error:
        raise Stale(f"{snapshot.id} has just been deleted") from error
    return Held(path=path, snapshot=snapshot)


async def seal(attempt: Attempt, held: Held) -> Kept:
    """Write the encrypted disk."""
    snapshot = held.snapshot
    plain = Plain(
        raw=RawDisk(held.path, snapshot.size_bytes),
        snapshot_id=snapshot.id,
        key_arn=snapshot.kms_key_id,
    )
    sealed = await sealing.seal(
        attempt, [plain], lambda percent: attempt.report(percent * 99 // 100)
    )
    return sealed.disks[0]


async def publish(attempt: Attempt, held: Held, kept: Kept) -> Published:
    """Complete the snapshot and the task: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, held, kept)
    return Published(snapshot_id=held.snapshot.id)


def _publish(attempt: Attempt, held: Held, kept: Kept) -> None:
    now = datetime.now(UTC)
    with publication(attempt, {held.snapshot.blob_id: kept.path}) as tx:
        snapshot = _pending(tx, held.snapshot.id)
        sealing.check(attempt, tx, [snapshot.kms_key_id])
        tx.tasks.move(attempt.task, TaskState.COMPLETED, progress=100, finished_at=now)
        tx.snapshots.replace(
            snapshot.model_copy(
                update={
                    "state": "completed",
                    "sealed": kept.sealed,
                    "layers": (),
                    "progress": 100,
                    "completed_at": now,
                }
            )
        )
        settle(tx, snapshot.id)
    for layer in snapshot.layers:
        attempt.blobs.remove(layer.blob_id)


def _pending(tx: Tx, snapshot_id: str) -> Snapshot:
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None or snapshot.state != "pending":
        raise Stale(f"{snapshot_id} is not pending any more")
    return snapshot
