"""CreateVolume and DeleteVolume.

A volume has the bytes of its snapshot by a name of its own, so it takes neither time nor space, and
outlives the snapshot. The answer shows it as `creating`; asked for again it is `available`.

What is written to an encrypted volume is encrypted, and so are the snapshots of it. The bytes of an
unencrypted snapshot that it is made of are encrypted by a worker: it is `creating` until then, and
in `error` if its key is disabled meanwhile.

Outposts are not served; Operator is for AWS's own services, and ignored.
"""

import logging
from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import dry_run, missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import client_tokens, ids, image_errors, kms, task_errors, volume_types
from emulator.services.ec2.snapshots import find_usable_snapshot, stop_work
from emulator.services.ec2.tags import specified
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.rows import find_volume, named_zone, shown
from emulator.services.ec2.volumes.shapes import checked_shape
from emulator.shapes.ec2 import CreateVolumeRequest, DeleteVolumeRequest
from emulator.shapes.ec2 import Volume as VolumeShape
from state.layers import Layer
from state.snapshots import Snapshot
from state.store import Duplicate, Tx
from state.tasks import SealVolumeWork, Task, work_of
from state.volumes import Shape, Volume

actions = Actions()

log = logging.getLogger(__name__)

LONGEST_TOKEN = 64  # characters
RATES = range(100, 301)  # MiB/s


@actions
def create_volume(ctx: Context, request: CreateVolumeRequest) -> VolumeShape:
    """Make a volume of a snapshot, or an empty one; or show the one the ClientToken has made."""
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    if "OutpostArn" in request:
        raise image_errors.place_not_served("OutpostArn")
    zone = zone_of(ctx, request)
    tags = specified(request.get("TagSpecifications"), ("volume",))["volume"]
    check_rate(request)
    digest = client_tokens.digest_of(request)
    while True:
        try:
            with ctx.store.begin() as tx:
                if (known := replayed(ctx, tx, token, digest)) is not None:
                    return shown(known, tx.tags.of([known.id])[known.id])
                volume = new_volume(ctx, tx, request, zone).model_copy(
                    update={"client_token": token, "request_digest": digest}
                )
                if request.get("DryRun"):
                    raise dry_run()
                tx.volumes.add(volume)
                if volume.is_to_be_sealed:
                    ctx.engine.submit(tx, sealing(volume))
                tx.tags.put(ctx.account_id, ctx.region, volume.id, tags)
        except Duplicate:  # another server has just used the same ClientToken: answer like it
            continue
        break
    log.info("volume %s is created", volume.id)
    return shown(volume.model_copy(update={"state": "creating"}), tags)


@actions
def delete_volume(ctx: Context, request: DeleteVolumeRequest) -> Mapping[str, object]:
    """Forget a volume that is attached to nothing and its tags, then its bytes."""
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        for attachment in volume.attachments:
            raise errors.in_use(volume.id, attachment.instance_id)
        if request.get("DryRun"):
            raise dry_run()
        stop_work(tx, volume.id)
        tx.volumes.remove(volume.id)
        tx.tags.remove(volume.account_id, volume.region, volume.id, None)
    if volume.state == "creating":
        ctx.engine.cancel(work_of(volume.id))
    for file in volume.files:
        ctx.blobs.remove(file.blob_id)
    log.info("volume %s is deleted", volume.id)
    return {}


def new_volume(
    ctx: Context,
    tx: Tx,
    request: CreateVolumeRequest,
    zone: str,
    snapshot: Snapshot | None = None,
) -> Volume:
    """Return the volume that is asked for, of which no row tells yet.

    A snapshot that is given may be used, whoever owns it.
    """
    snapshot_id = request.get("SnapshotId")
    if snapshot is None and snapshot_id is not None:
        snapshot = usable_snapshot(ctx, tx, snapshot_id)
    shape = shape_of(request, snapshot)
    key = key_of(ctx, tx, request, snapshot)
    volume = Volume(
        id=ctx.new_id("vol"),
        account_id=ctx.account_id,
        region=ctx.region,
        zone=zone,
        created_at=ctx.now(),
        shape=shape,
        snapshot_id=snapshot_id or "",
        last_snapshot_id=snapshot_id,
        encrypted=key is not None,
        kms_key_id=key,
        initialization_rate=request.get("VolumeInitializationRate"),
    )
    if key is not None:
        sealed = passphrase_for(ctx, tx, volume, snapshot)
        volume = volume.model_copy(update={"sealed": sealed})
    if snapshot is not None and not request.get("DryRun"):
        volume = volume.model_copy(update={"layers": (base(ctx, snapshot),)})
    if volume.is_to_be_sealed:
        volume = volume.model_copy(update={"state": "creating"})
    return volume


def sealing(volume: Volume) -> Task:
    """Return the task that encrypts the bytes which a volume is made of."""
    return Task(
        id=work_of(volume.id),
        account_id=volume.account_id,
        region=volume.region,
        created_at=volume.created_at,
        work=SealVolumeWork(volume_id=volume.id),
    )


def base(ctx: Context, snapshot: Snapshot) -> Layer:
    """Give the bytes of a snapshot another name."""
    blob_id = ctx.blobs.new_id()
    ctx.blobs.link(snapshot.blob_id, blob_id)
    sealed = snapshot.sealed is not None
    return Layer(
        blob_id=blob_id,
        size=snapshot.size_bytes,
        format="qcow2" if sealed else "raw",
        sealed=sealed,
        source_id=blob_id,
    )


def passphrase_for(ctx: Context, tx: Tx, volume: Volume, snapshot: Snapshot | None) -> str:
    """Return the sealed passphrase of a volume: that of its snapshot, or one of its own."""
    assert volume.kms_key_id, "an encrypted volume has a key"
    if snapshot is not None and snapshot.sealed is not None:
        sealed = kms.resealed(ctx, tx, snapshot, volume.kms_key_id, volume.id)
        if sealed is None:
            raise task_errors.key_not_accessible()
        return sealed
    from state import disk_keys  # with the ciphers, which few servers need

    try:
        return disk_keys.new(tx, volume.kms_key_id, volume.id, ctx.now())[1]
    except disk_keys.KeyUnusable:
        raise task_errors.key_not_accessible() from None


def replayed(ctx: Context, tx: Tx, token: str | None, digest: str) -> Volume | None:
    """Return the volume that a ClientToken has made; IdempotentParameterMismatch."""
    volume = None if token is None else tx.volumes.by_token(ctx.account_id, ctx.region, token)
    if volume is not None and volume.request_digest != digest:
        raise task_errors.idempotent_parameter_mismatch()
    return volume


# rules --------------------------------------------------------------------------------------------


def zone_of(ctx: Context, request: CreateVolumeRequest) -> str:
    """Return the Availability Zone that a volume is to be in."""
    named = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    zone = named_zone(ctx.region, *named)
    if zone is None:
        raise missing_parameter("availabilityZone")
    return zone


def usable_snapshot(ctx: Context, tx: Tx, snapshot_id: str) -> Snapshot:
    """Return the snapshot that a volume is made of: one's own, or one that is shared."""
    ids.check_snapshot_ids([snapshot_id])
    snapshot = find_usable_snapshot(ctx, tx, ctx.region, snapshot_id)
    if snapshot.state != "completed":
        raise image_errors.snapshot_not_ready(snapshot.state)
    return snapshot


def shape_of(request: CreateVolumeRequest, snapshot: Snapshot | None) -> Shape:
    """Return what the volume is to be sold as."""
    size = request.get("Size")
    if size is None and snapshot is None:
        raise missing_parameter("size/snapshot")
    if size is not None and size < 1:
        raise errors.not_positive("size", size)
    if snapshot is not None:
        size = snapshot.size_gib if size is None else size
        if size < snapshot.size_gib:
            raise errors.smaller_than_snapshot(size, snapshot.id, snapshot.size_gib)
    return checked_shape(
        size or 0,
        request.get("VolumeType", volume_types.DEFAULT),
        request.get("Iops"),
        request.get("Throughput"),
        multi_attach=request.get("MultiAttachEnabled", False),
    )


def check_rate(request: CreateVolumeRequest) -> None:
    """Refuse a rate at which nothing can be downloaded; here everything is there at once."""
    rate = request.get("VolumeInitializationRate")
    if rate is None:
        return
    if "SnapshotId" not in request:
        raise errors.rate_without_snapshot()
    if rate not in RATES:
        raise errors.rate_out_of_range()


def key_of(
    ctx: Context, tx: Tx, request: CreateVolumeRequest, snapshot: Snapshot | None
) -> str | None:
    """Return the ARN of the key that a volume is encrypted with; None for no encryption.

    What is made of an encrypted snapshot is encrypted: with its key if it is one's own, with the
    default one if it is another's, and no other key is named.
    """
    key = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
    if snapshot is None or not snapshot.encrypted or "KmsKeyId" in request:
        return key
    own = snapshot.account_id == ctx.account_id
    return kms.key_arn(ctx, tx, snapshot.kms_key_id if own else None, encrypted=True)
