"""CreateSnapshot and CreateSnapshots: the disk of a volume as it is at this moment.

A volume that nothing was written to shares its bytes with the snapshot, which is completed when one
asks for it again. What was written becomes bytes of the snapshot's own by a task that nobody is
shown, while the volume may be written to again: the snapshot is `pending` until then, with its
progress. Either descends from the snapshot before, and what was written since is remembered.

CreateSnapshots does so for the volumes of an instance, all at the same moment: all or none.

There are no Outposts and no Local Zones.
"""

import logging
from collections.abc import Mapping, Sequence

from emulator.context import Context
from emulator.errors import dry_run, invalid_parameter_value
from emulator.services.actions import Actions
from emulator.services.ec2 import image_errors, task_errors
from emulator.services.ec2.instances.rows import check_instance_ids, find_instances
from emulator.services.ec2.snapshots import shown
from emulator.services.ec2.tags import check_number, specified, tag_set
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.creation import passphrase_for
from emulator.services.ec2.volumes.rows import check_volume_ids, find_volume
from emulator.shapes.ec2 import (
    CreateSnapshotRequest,
    CreateSnapshotsRequest,
    CreateSnapshotsResult,
    InstanceSpecification,
    SnapshotInfo,
)
from emulator.shapes.ec2 import Snapshot as SnapshotShape
from state.disks.raw import stretch
from state.instances import Instance
from state.layers import Layer
from state.lineage import Blocks
from state.snapshots import Snapshot
from state.store import Tx
from state.tasks import SnapshotVolumeWork, Task, work_of
from state.volumes import Volume

actions = Actions()

log = logging.getLogger(__name__)

GIB = 1 << 30
LONGEST_DESCRIPTION = 255  # characters


@actions
def create_snapshot(ctx: Context, request: CreateSnapshotRequest) -> SnapshotShape:
    """Make a snapshot of a volume."""
    check_place(request.get("OutpostArn"), request.get("Location"))
    description = checked(request.get("Description", ""))
    tags = specified(request.get("TagSpecifications"), ("snapshot",))["snapshot"]
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        check_ready(volume)
        if request.get("DryRun"):
            raise dry_run()
        snapshot = snapshot_of(ctx, tx, volume, description)
        tx.tags.put(ctx.account_id, ctx.region, snapshot.id, tags)
    log.info("snapshot %s is made of %s", snapshot.id, volume.id)
    return begun(snapshot, tags)


@actions
def create_snapshots(ctx: Context, request: CreateSnapshotsRequest) -> CreateSnapshotsResult:
    """Make snapshots of the volumes of an instance: all of them, or those that are not excluded."""
    check_place(request.get("OutpostArn"), request.get("Location"))
    description = checked(request.get("Description", ""))
    copied = request.get("CopyTagsFromSource")
    if copied not in (None, "volume"):
        raise invalid_parameter_value("CopyTagsFromSource", copied)
    given = specified(request.get("TagSpecifications"), ("snapshot",))["snapshot"]
    specification = request["InstanceSpecification"]
    instance_id = specification["InstanceId"]
    check_instance_ids([instance_id])
    with ctx.store.begin() as tx:
        (instance,) = find_instances(ctx, tx, [instance_id])
        volumes = wanted(instance, tx.volumes.of_instance(instance.id), specification)
        owned = tx.tags.of([volume.id for volume in volumes])
        tags_of = {each: {**own, **given} if copied else given for each, own in owned.items()}
        for volume in volumes:
            check_ready(volume)
            check_number(tags_of[volume.id].keys())
        if request.get("DryRun"):
            raise dry_run()
        shapes: list[SnapshotInfo] = []
        for volume in volumes:
            tags = tags_of[volume.id]
            snapshot = snapshot_of(ctx, tx, volume, description)
            tx.tags.put(ctx.account_id, ctx.region, snapshot.id, tags)
            shapes.append(info(snapshot, tags))
    log.info("%s snapshots are made of %s", len(shapes), instance_id)
    return {"Snapshots": shapes}


def wanted(
    instance: Instance, volumes: Sequence[Volume], specification: InstanceSpecification
) -> list[Volume]:
    """Return those of an instance's volumes that a request asks for."""
    root = {
        volume.id
        for volume in volumes
        for each in volume.attachments
        if (each.instance_id, each.device) == (instance.id, instance.root_device_name)
    }
    excluded = set(specification.get("ExcludeDataVolumeIds", ()))
    check_volume_ids(excluded)
    for volume_id in sorted(excluded - {volume.id for volume in volumes} | excluded & root):
        raise errors.no_data_volume(volume_id, instance.id)
    if specification.get("ExcludeBootVolume"):
        excluded |= root
    found = [volume for volume in volumes if volume.id not in excluded]
    if not found:
        raise errors.nothing_to_snapshot(instance.id)
    return found


def snapshot_of(ctx: Context, tx: Tx, volume: Volume, description: str) -> Snapshot:
    """Keep a snapshot of a volume, and have it written where there is something to write."""
    if volume.kms_key_id is not None and volume.sealed is None:
        volume = volume.model_copy(update={"sealed": passphrase_for(ctx, tx, volume, None)})
    snapshot = Snapshot(
        id=ctx.new_id("snap"),
        account_id=volume.account_id,
        region=volume.region,
        created_at=ctx.now(),
        size_gib=volume.shape.size_gib,
        size_bytes=volume.shape.size_gib * GIB,
        blob_id=ctx.blobs.new_id(),
        description=description,
        volume_id=volume.id,
        encrypted=volume.encrypted,
        kms_key_id=volume.kms_key_id,
        state="pending",
    )
    if volume.sealed is not None:
        snapshot = snapshot.model_copy(update={"sealed": resealed(ctx, tx, volume, snapshot)})
    if is_whole(volume):
        snapshot = shared(ctx, volume, snapshot)
        tx.snapshots.add(snapshot)
    else:
        layers = tuple(second_name(ctx, layer) for layer in volume.files)
        snapshot = snapshot.model_copy(update={"layers": layers})
        tx.snapshots.add(snapshot)
        ctx.engine.submit(tx, writing(snapshot, volume))
    if volume.last_snapshot_id is not None:
        # What was written is known to the worker, who looks for it.
        tx.lineage.add(snapshot.id, volume.last_snapshot_id, Blocks())
    saved = {"last_snapshot_id": snapshot.id, "unsaved": 0}
    tx.volumes.replace(volume.frozen().model_copy(update=saved))
    return snapshot


def is_whole(volume: Volume) -> bool:
    """Tell whether the bytes of a volume can be a snapshot's as they are."""
    if volume.written is not None or volume.unsaved or len(volume.layers) > 1:
        return False
    return all(
        layer.sealed == volume.encrypted
        and layer.format == ("qcow2" if layer.sealed else "raw")
        and layer.blob_id != volume.held
        for layer in volume.layers
    )


def shared(ctx: Context, volume: Volume, snapshot: Snapshot) -> Snapshot:
    """Give the bytes of a volume another name; return the snapshot that has them, completed."""
    changes: dict[str, object] = {
        "state": "completed",
        "completed_at": snapshot.created_at,
        "progress": 100,
    }
    if volume.layers:
        (layer,) = volume.layers
        ctx.blobs.link(layer.blob_id, snapshot.blob_id)
        changes["size_bytes"] = layer.size
    else:  # there is nothing to encrypt
        path = ctx.blobs.incoming()
        with path.open("xb") as file:
            stretch(file.fileno(), snapshot.size_bytes)
        ctx.blobs.keep(path, snapshot.blob_id)
        changes["sealed"] = None
    return snapshot.model_copy(update=changes)


def resealed(ctx: Context, tx: Tx, volume: Volume, snapshot: Snapshot) -> str:
    """Return the passphrase of an encrypted volume, sealed for a snapshot; asks its key.

    It is EBS that uses the key, for what it holds already: who asks needs no right to (assumed).
    """
    from state import disk_keys  # with the ciphers, which few servers need

    assert volume.sealed, "a volume with a passphrase"
    assert volume.kms_key_id, "which a key has sealed"
    try:
        return disk_keys.resealed(
            tx,
            volume.sealed,
            volume.kms_key_id,
            volume.id,
            to_key_arn=volume.kms_key_id,
            to_resource_id=snapshot.id,
            now=ctx.now(),
        )
    except disk_keys.KeyUnusable:
        raise task_errors.key_not_accessible() from None


def second_name(ctx: Context, layer: Layer) -> Layer:
    """Give the bytes of a layer another name, which is the snapshot's alone."""
    second = layer.model_copy(update={"blob_id": ctx.blobs.new_id()})
    ctx.blobs.link(layer.blob_id, second.blob_id)
    return second


def writing(snapshot: Snapshot, volume: Volume) -> Task:
    """Return the task that writes the bytes of a snapshot."""
    return Task(
        id=work_of(snapshot.id),
        account_id=snapshot.account_id,
        region=snapshot.region,
        created_at=snapshot.created_at,
        work=SnapshotVolumeWork(
            snapshot_id=snapshot.id,
            volume_id=volume.id,
            written=volume.unsaved + (volume.written is not None),
        ),
    )


def begun(snapshot: Snapshot, tags: Mapping[str, str]) -> SnapshotShape:
    """Return what the answer shows: that it has begun."""
    pending = {"state": "pending", "progress": 0, "completed_at": None}
    return {**shown(snapshot.model_copy(update=pending), tags), "Progress": ""}


def info(snapshot: Snapshot, tags: Mapping[str, str]) -> SnapshotInfo:
    """Return what an answer with several shows of each: that it has begun."""
    return {
        "Description": snapshot.description,
        "Encrypted": snapshot.encrypted,
        "OwnerId": snapshot.account_id,
        "Progress": "",
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.created_at,
        "State": "pending",
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.size_gib,
    }


def checked(description: str) -> str:
    """Return a description; refuses one that is too long."""
    if len(description) > LONGEST_DESCRIPTION:
        raise image_errors.description_too_long(LONGEST_DESCRIPTION)
    return description


def check_ready(volume: Volume) -> None:
    """Refuse a volume that has no disk yet, or none any more."""
    if volume.state not in ("available", "in-use"):
        raise errors.not_snapshotable(volume.id, volume.state)


def check_place(outpost: str | None, location: str | None) -> None:
    """Refuse another place for a snapshot than the Region."""
    if outpost is not None:
        raise image_errors.place_not_served("OutpostArn")
    if location not in (None, "regional"):
        raise image_errors.place_not_served("Location")
