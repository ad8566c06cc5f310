"""The disk of an instance becomes an object in a bucket: alone, or in an OVA with its machine.

    VALIDATING   the bucket still lets the exporter in; the files of the volume, as it was when the
                 export was asked for, get second names in the scratch folder
    CONVERTING   files that lie upon each other become one disk; the object's file is written of it
                 and hashed on the way
    PUBLISHING   the file becomes a blob; then, in one transaction, an object names it and the task
                 is COMPLETED

The request has put an end to writing into the volume's topmost file: what the instance writes
after that lies upon it, and is no part of the export. If a snapshot of the volume has put both into
one file by then, the export has both.

A phase may be run again after a crash at any point, as in the export of an AMI.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters import qemu_img
from converters.codec.virtual_system import Machine
from converters.errors import bucket_without_grants, instance_gone
from converters.pipelines.exporting import Converted, Published, put_object
from converters.pipelines.publishing import GIB
from converters.qemu_img import Stacked
from converters.stages.from_raw import from_raw, to_ova
from state import export_grants, instance_types
from state.firmware import firmware
from state.instances import Instance
from state.jobs import Attempt, Job
from state.layers import Layer
from state.objects import Bucket
from state.tasks import ExportInstanceWork, TaskState
from state.values import Frozen
from state.volumes import Volume

AGAIN: Final = 0.1  # seconds
VALIDATED: Final = 20  # percent; nobody sees them, but in the log and the rows
FLATTENED: Final = 50
CONVERTED: Final = 95

TRIES: Final = 3  # that the layers are replaced between their row and their files: no accident

# assumed: what a machine has of whose type nothing is known
PROCESSORS: Final = 1
MEMORY: Final = 1024  # MiB


class Validated(Frozen):
    """What validating found."""

    paths: tuple[Path, ...]  # of the layers, the lowest first
    layers: tuple[Layer, ...]
    size: int  # bytes of the volume
    machine: Machine


async def export_instance(job: Job, work: ExportInstanceWork) -> None:
    """Bring the task to COMPLETED; ClientError if the instance can't be exported any more."""
    validated = await job.phase(TaskState.VALIDATING, validate, work)
    converted = await job.phase(TaskState.CONVERTING, convert, work, validated)
    await job.phase(TaskState.PUBLISHING, publish, work, converted)


async def validate(attempt: Attempt, work: ExportInstanceWork) -> Validated:
    """Take hold of the disk, so that it stays whatever becomes of the instance.

    A machine that was writing to it goes on in another file within a moment.
    """
    while True:
        validated = await asyncio.to_thread(_take_hold, attempt, work)
        if validated is not None:
            attempt.report(VALIDATED)
            return validated
        await asyncio.sleep(AGAIN)


def _take_hold(attempt: Attempt, work: ExportInstanceWork) -> Validated | None:
    for _ in range(TRIES):
        instance, volume = _found(attempt, work)
        layers = _as_of(volume, work.layer_id)
        if volume.held is not None and volume.held in {layer.source_id for layer in layers}:
            return None
        paths = tuple(attempt.scratch / f"layer-{number}" for number in range(len(layers)))
        with suppress(FileNotFoundError):  # others have just taken their place
            for layer, path in zip(layers, paths, strict=True):
                path.unlink(missing_ok=True)
                attempt.blobs.link(layer.blob_id, path)
            return Validated(
                paths=paths,
                layers=layers,
                size=volume.shape.size_gib * GIB,
                machine=_machine(attempt.task.id, work, instance),
            )
    raise FileNotFoundError(f"{work.volume_id} lacks a file")


def _found(attempt: Attempt, work: ExportInstanceWork) -> tuple[Instance, Volume]:
    """Return what is to be exported; ClientError if it is gone, or can't be put into the bucket."""
    with attempt.store.read() as tx:
        bucket = tx.buckets.get(work.bucket)
        instance = tx.instances.get(work.instance_id)
        volume = tx.volumes.get(work.volume_id)
    if bucket is not None:  # one that is gone is told of when the object is to be put there
        _check(bucket, work)
    if instance is None or instance.state == "terminated" or volume is None:
        raise instance_gone(work.instance_id)
    return instance, volume


def _as_of(volume: Volume, layer_id: str) -> tuple[Layer, ...]:
    """Return the layers of a volume up to one of them, which others may have become a part of."""
    for place, layer in enumerate(volume.layers):
        if layer.source_id == layer_id:
            return volume.layers[: place + 1]
    return volume.layers if layer_id else ()


def _machine(task_id: str, work: ExportInstanceWork, instance: Instance) -> Machine:
    """Return what the OVF tells of an instance."""
    size = instance_types.all_types().get(instance.instance_type)
    return Machine(
        name=task_id,
        label=work.label,
        platform=instance.platform or "linux",
        architecture=instance.architecture,
        processors=PROCESSORS if size is None else size.vcpus,
        memory_mib=MEMORY if size is None else size.memory_mib,
        uefi=firmware(instance.boot_mode, instance.instance_type) == "uefi",
    )


async def convert(attempt: Attempt, work: ExportInstanceWork, validated: Validated) -> Converted:
    """Write the file of the object."""

    def show(percent: int) -> None:
        attempt.report(FLATTENED + percent * (CONVERTED - FLATTENED) // 100)

    disk, size = await _one_disk(attempt, validated), validated.size
    path = attempt.scratch / "object"
    if work.container_format is None:
        written = await from_raw(disk, size, work.disk_format, path, show)
    else:
        written = await to_ova(disk, size, validated.machine, path, show)
    return Converted(path=path, written=written, blob_id=attempt.blobs.new_id())


async def _one_disk(attempt: Attempt, validated: Validated) -> Path:
    """Return a raw disk; where it ends before the volume does, there are zeros."""

    def show(percent: int) -> None:
        attempt.report(VALIDATED + percent * (FLATTENED - VALIDATED) // 100)

    if [layer.format for layer in validated.layers] == ["raw"]:
        return validated.paths[0]
    disk = attempt.scratch / "disk.raw"
    if not validated.layers:
        await asyncio.to_thread(disk.touch)
        return disk
    files = [
        Stacked(path, layer.format)
        for path, layer in zip(validated.paths, validated.layers, strict=True)
    ]
    await qemu_img.flatten(files, disk, validated.size, show)
    return disk


async def publish(attempt: Attempt, work: ExportInstanceWork, converted: Converted) -> Published:
    """Make the object visible and the task COMPLETED: both or neither."""

    def owner_of(bucket: Bucket) -> str:
        _check(bucket, work)
        return export_grants.owner_of_exports(bucket)

    # In one thread, not to be torn apart by a cancel: it comes before the commit or too late.
    await asyncio.to_thread(put_object, attempt, work, converted, owner_of)
    return Published(key=work.key)


def _check(bucket: Bucket, work: ExportInstanceWork) -> None:
    if not export_grants.granted(bucket, work.key, datetime.now(UTC)):
        raise bucket_without_grants()
