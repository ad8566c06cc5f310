"""CopySnapshot: a snapshot of one's own from what one owns or may use, here or in another Region.

The request goes to the Region of the copy and names the one of the source. A copy is there at once
and shares the bytes of its source, of which each is a name: either may be deleted. Outposts and
Local Zones are not served. PresignedUrl and DestinationRegion are ignored: everything is signed.
"""

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, image_errors, kms, task_errors
from emulator.services.ec2.snapshots import find_usable_snapshot
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import CopySnapshotRequest, CopySnapshotResult
from state.snapshots import Snapshot
from state.store import Tx

actions = Actions()

STEP = 15  # minutes, in which a copy that has to be done in time is promised
LONGEST = 48 * 60


@actions
def copy_snapshot(ctx: Context, request: CopySnapshotRequest) -> CopySnapshotResult:
    """Copy a snapshot; the copy belongs to the caller."""
    source_id = request["SourceSnapshotId"]
    ids.check_snapshot_ids([source_id])
    for place in ("DestinationOutpostArn", "DestinationAvailabilityZone"):
        if place in request:
            raise image_errors.place_not_served(place)
    if request.get("Encrypted") is False:
        raise image_errors.never_unencrypted()
    minutes = completion_minutes(
        "CompletionDurationMinutes", request.get("CompletionDurationMinutes")
    )
    tags = specified(request.get("TagSpecifications"), ("snapshot",))["snapshot"]
    with ctx.store.begin() as tx:
        key = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
        source = find_usable_snapshot(ctx, tx, request["SourceRegion"], source_id)
        if source.state != "completed":
            raise errors.snapshot_not_found(source_id)
        if request.get("DryRun"):
            raise dry_run()
        description = request.get("Description", "")
        copy = copied(ctx, tx, source, description=description, key=key, minutes=minutes)
        tx.snapshots.add(copy)
        tx.tags.put(ctx.account_id, ctx.region, copy.id, tags)
    return {"SnapshotId": copy.id, "Tags": tag_set(tags)}


# what other modules need -------------------------------------------------------------------------


def copied(
    ctx: Context,
    tx: Tx,
    source: Snapshot,
    *,
    description: str,
    key: str | None,
    minutes: int | None,
) -> Snapshot:
    """Give the bytes of a snapshot another name; return the copy, of which no row tells yet.

    The copy of an encrypted snapshot is encrypted: with the key asked for, or the default one.
    """
    if key is None and source.encrypted:
        key = kms.key_arn(ctx, tx, None, encrypted=True)
    now = ctx.now()
    copy = Snapshot(
        id=ctx.new_id("snap"),
        account_id=ctx.account_id,
        region=ctx.region,
        created_at=now,
        completed_at=now,
        size_gib=source.size_gib,
        size_bytes=source.size_bytes,
        blob_id=ctx.blobs.new_id(),
        description=description,
        encrypted=key is not None,
        kms_key_id=key,
        transfer_type="standard" if minutes is None else "time-based",
        completion_minutes=minutes,
    )
    if source.sealed is not None:
        copy = copy.model_copy(update={"sealed": resealed(ctx, tx, source, copy)})
    ctx.blobs.link(source.blob_id, copy.blob_id)
    return copy


def resealed(ctx: Context, tx: Tx, source: Snapshot, copy: Snapshot) -> str:
    """Return the passphrase of an encrypted snapshot, sealed for its copy; asks both keys."""
    from state import disk_keys  # with the ciphers, which few servers need

    assert source.sealed, "a sealed snapshot"
    assert source.kms_key_id, "an encrypted snapshot has a key"
    assert copy.kms_key_id, "so has its copy"
    try:
        return disk_keys.resealed(
            tx,
            source.sealed,
            source.kms_key_id,
            source.id,
            to_key_arn=copy.kms_key_id,
            to_resource_id=copy.id,
            now=ctx.now(),
        )
    except disk_keys.KeyUnusable:
        raise task_errors.key_not_accessible() from None


def completion_minutes(name: str, minutes: int | None) -> int | None:
    """Return in what time a copy is to be done; InvalidParameterValue for another than is sold."""
    if minutes is not None and (minutes % STEP or not STEP <= minutes <= LONGEST):
        raise errors.invalid_value(
            minutes, name, f"Expecting a multiple of {STEP} from {STEP} to {LONGEST}."
        )
    return minutes
