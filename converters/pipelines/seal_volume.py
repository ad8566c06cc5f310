"""The bytes of an unencrypted snapshot, of which an encrypted volume was made, are encrypted.

    VALIDATING   the volume's lowest layer gets a second name in the scratch folder
    CONVERTING   a sealed disk is written beside it, with the volume's own passphrase
    PUBLISHING   that becomes a blob; then, in one transaction, the volume has it in place of the
                 layer, and is available

A phase may be run again after a crash at any point. What has been written to the volume meanwhile
lies upon the layer, and stays; if a snapshot of it was quicker, or the volume is gone, there is
nothing left to be done.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from converters import qemu_img
from converters.pipelines import sealing
from converters.pipelines.publishing import publication
from state.disks.sealed import create
from state.jobs import Attempt, Job
from state.layers import Layer
from state.tasks import SealVolumeWork, TaskState
from state.values import Frozen


class Disk(Frozen):
    """A disk by a name that stays, and what it is in the volume."""

    path: Path
    layer: Layer


class Held(Frozen):
    """The raw disk, and the encrypted one; None if there is nothing to encrypt any more."""

    disk: Disk | None


class Published(Frozen):
    """What can be used now."""

    volume_id: str


async def seal_volume(job: Job, work: SealVolumeWork) -> None:
    """Bring a volume to `available`; ClientError if its key can't be used (any more)."""
    held = await job.phase(TaskState.VALIDATING, hold, work)
    sealed = await job.phase(TaskState.CONVERTING, seal, work, held)
    await job.phase(TaskState.PUBLISHING, publish, work, sealed)


async def hold(attempt: Attempt, work: SealVolumeWork) -> Held:
    """Take hold of the raw disk."""
    return await asyncio.to_thread(_hold, attempt, work)


def _hold(attempt: Attempt, work: SealVolumeWork) -> Held:
    with attempt.store.read() as tx:
        volume = tx.volumes.get(work.volume_id)
    if volume is None or not volume.is_to_be_sealed:
        return Held(disk=None)
    layer = volume.layers[0]
    path = attempt.scratch / "disk.raw"
    try:
        attempt.blobs.link(layer.blob_id, path)
    except FileNotFoundError:  # it has just been deleted
        return Held(disk=None)
    return Held(disk=Disk(path=path, layer=layer))


async def seal(attempt: Attempt, work: SealVolumeWork, held: Held) -> Held:
    """Write the encrypted disk."""
    disk = held.disk
    if disk is None:
        return held
    passphrase = await asyncio.to_thread(_passphrase, attempt, work)
    if passphrase is None:
        return Held(disk=None)
    path, size = attempt.scratch / "disk.sealed", disk.layer.size
    await asyncio.to_thread(create, path, size, passphrase)
    await qemu_img.seal(disk.path, path, passphrase, attempt.report)
    layer = Layer(
        blob_id=attempt.blobs.new_id(),
        size=size,
        format="qcow2",
        sealed=True,
        source_id=disk.layer.source_id,
    )
    return Held(disk=Disk(path=path, layer=layer))


def _passphrase(attempt: Attempt, work: SealVolumeWork) -> bytes | None:
    with attempt.store.read() as tx:
        volume = tx.volumes.get(work.volume_id)
        if volume is None:
            return None
        return sealing.passphrase(attempt, tx, volume.sealed, volume.kms_key_id, volume.id)


async def publish(attempt: Attempt, work: SealVolumeWork, sealed: Held) -> Published:
    """Complete the volume and the task: both or neither."""
    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(_publish, attempt, work, sealed)
    return Published(volume_id=work.volume_id)


def _publish(attempt: Attempt, work: SealVolumeWork, sealed: Held) -> None:
    disk = sealed.disk
    files: set[str] = set()
    with publication(attempt, {disk.layer.blob_id: disk.path} if disk else {}) as tx:
        tx.tasks.move(
            attempt.task, TaskState.COMPLETED, progress=100, finished_at=datetime.now(UTC)
        )
        volume = tx.volumes.get(work.volume_id)
        if volume is not None:
            sealing.check(attempt, tx, [volume.kms_key_id])
            merged = (volume.merged(disk.layer) if disk else None) or volume
            if merged.state == "creating":
                merged = merged.model_copy(update={"state": "available"})
            tx.volumes.replace(merged)
            files = {layer.blob_id for layer in volume.files}
            files -= {layer.blob_id for layer in merged.files}
        if disk is not None and (volume is None or merged is volume):
            files.add(disk.layer.blob_id)
    for blob_id in files:
        attempt.blobs.remove(blob_id)
