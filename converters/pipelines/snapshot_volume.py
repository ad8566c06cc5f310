"""What was written to a volume becomes a snapshot.

    VALIDATING   the layers get second names in the scratch folder; which blocks were written since
                 the snapshot before is kept as the snapshot's lineage
    CONVERTING   the layers become one disk: sparse and raw, or encrypted as the volume is, with the
                 same passphrase
    PUBLISHING   the disk becomes a blob with two names; then, in one transaction, the snapshot is
                 completed, and the volume has the blob in place of its layers

A phase may be run again after a crash at any point: until the commit the snapshot, pending, and the
volume have their layers, and afterwards nothing is to be done.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.pipelines.publishing import publication
from converters.pipelines.sealing import opened
from converters.qemu_img import Stacked
from state.disks.sealed import create
from state.disks.written import written_blocks
from state.jobs import Attempt, Job
from state.layers import Layer
from state.lineage import Blocks
from state.pending_images import settle
from state.snapshots import Snapshot
from state.store import Stale, Tx
from state.tasks import SnapshotVolumeWork, TaskState
from state.values import Frozen

AGAIN: Final = 0.1  # seconds; a machine that is told goes on in another file within a moment
CONVERTED: Final = 98  # percent, so that publishing is still to come


class Gathered(Frozen):
    """The layers, the lowest first, where they are as long as the task goes on, and what for."""

    layers: tuple[Layer, ...]
    paths: tuple[Path, ...]
    snapshot: Snapshot


class Flattened(Frozen):
    """The disk, and the name that its bytes shall have for the volume."""

    path: Path
    layer: Layer


class Published(Frozen):
    """Nothing more is to be told."""


async def snapshot_volume(job: Job, work: SnapshotVolumeWork) -> None:
    """Bring the task, and with it the snapshot, to its end."""
    gathered = await job.phase(TaskState.VALIDATING, gather, work)
    flattened = await job.phase(TaskState.CONVERTING, flatten, gathered)
    await job.phase(TaskState.PUBLISHING, publish, work, flattened)


async def gather(attempt: Attempt, work: SnapshotVolumeWork) -> Gathered:
    """Hold on to the layers, once no machine writes to them (any more)."""
    while True:
        if not await asyncio.to_thread(_written_to, attempt, work):
            return await asyncio.to_thread(_gather, attempt, work)
        await asyncio.sleep(AGAIN)


async def flatten(attempt: Attempt, gathered: Gathered) -> Flattened:
    """Write the disk; ClientError if its key can't be used (any more)."""
    snapshot = gathered.snapshot
    target = attempt.scratch / "disk"
    files = [
        Stacked(path, layer.format, layer.sealed)
        for path, layer in zip(gathered.paths, gathered.layers, strict=True)
    ]

    def show(percent: int) -> None:
        attempt.report(percent * CONVERTED // 100)

    passphrase = None
    if snapshot.sealed is not None:
        passphrase = await asyncio.to_thread(opened, attempt, snapshot)
        await asyncio.to_thread(create, target, snapshot.size_bytes, passphrase)
    await qemu_img.flatten(files, target, snapshot.size_bytes, show, passphrase)
    layer = Layer(
        blob_id=attempt.blobs.new_id(),
        size=snapshot.size_bytes,
        format="raw" if passphrase is None else "qcow2",
        sealed=passphrase is not None,
        source_id=gathered.layers[-1].source_id,
    )
    return Flattened(path=target, layer=layer)


async def publish(attempt: Attempt, work: SnapshotVolumeWork, flattened: Flattened) -> Published:
    """Complete the snapshot and the task: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, flattened)
    return Published()


def _written_to(attempt: Attempt, work: SnapshotVolumeWork) -> bool:
    """Tell whether a running machine still writes to what the snapshot is made of."""
    with attempt.store.read() as tx:
        volume = tx.volumes.get(work.volume_id)
        held = None if volume is None else volume.held
        sources = {layer.source_id for layer in pending(tx, work.snapshot_id).layers}
        return held is not None and held in sources


def _gather(attempt: Attempt, work: SnapshotVolumeWork) -> Gathered:
    with attempt.store.read() as tx:
        snapshot = pending(tx, work.snapshot_id)
    paths = tuple(attempt.scratch / f"layer-{number}" for number in range(len(snapshot.layers)))
    for layer, path in zip(snapshot.layers, paths, strict=True):
        try:
            attempt.blobs.link(layer.blob_id, path)
        except FileNotFoundError as error:
            raise Stale(f"{work.snapshot_id} is being deleted") from error
    blocks = Blocks()
    for path in paths[len(paths) - work.written :]:
        blocks |= written_blocks(path)
    with attempt.store.begin() as tx:
        tx.lineage.amend(work.snapshot_id, blocks)
    return Gathered(layers=snapshot.layers, paths=paths, snapshot=snapshot)


def _publish(attempt: Attempt, work: SnapshotVolumeWork, flattened: Flattened) -> None:
    now = datetime.now(UTC)
    with attempt.store.read() as tx:
        blob_id = pending(tx, work.snapshot_id).blob_id
    layer = flattened.layer
    files = {blob_id: flattened.path, layer.blob_id: flattened.path}
    with publication(attempt, files) as tx:
        snapshot = pending(tx, work.snapshot_id)
        tx.tasks.move(attempt.task, TaskState.COMPLETED, progress=100, finished_at=now)
        done = {"state": "completed", "completed_at": now, "progress": 100, "layers": ()}
        tx.snapshots.replace(snapshot.model_copy(update=done))
        settle(tx, snapshot.id)
        gone = [each.blob_id for each in snapshot.layers]
        gone += _merge(tx, work.volume_id, layer)
    for each in gone:
        attempt.blobs.remove(each)


def _merge(tx: Tx, volume_id: str, layer: Layer) -> list[str]:
    """Put a layer in place of those it was made of; return the blobs that are not needed then."""
    volume = tx.volumes.get(volume_id)
    merged = None if volume is None else volume.merged(layer)
    if volume is None or merged is None:
        return [layer.blob_id]
    tx.volumes.replace(merged)
    left = {each.blob_id for each in merged.files}
    return [each.blob_id for each in volume.files if each.blob_id not in left]


def pending(tx: Tx, snapshot_id: str) -> Snapshot:
    """Return the snapshot that is to be written; Stale if it was deleted."""
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None or snapshot.state != "pending":
        raise Stale(f"{snapshot_id} is not pending")
    return snapshot
