"""CopyImage: an AMI of one's own from what one owns or may use, here or in another Region.

    source   ami-1 ──► snap-1 ──► bytes ◄── snap-2 ◄── ami-2   copy
    owner    whoever shares both                        the caller

The request goes to the Region of the copy and names the one of the source. The copy is there at
once, with copies of the snapshots that share their bytes; where those are to be encrypted first, it
is pending until they are. It is shared with nobody, neither deprecated nor protected, and has no
description unless one is given (assumed; the one that begins with "[Copied ami-… from …]" is the
console's). A ClientToken is good as long as its copy is there.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import client_tokens, image_errors, kms, task_errors
from emulator.services.ec2.image_registration import check_description, check_free, check_name
from emulator.services.ec2.images import find_image
from emulator.services.ec2.snapshot_copies import completion_minutes, copied, keep
from emulator.services.ec2.tags import check_number, specified
from emulator.shapes.ec2 import CopyImageRequest, CopyImageResult
from state.firmware import Memories
from state.images import Image
from state.pending_images import state_of
from state.snapshots import Snapshot
from state.store import Tx

actions = Actions()

log = logging.getLogger(__name__)

LONGEST_TOKEN = 128  # characters
SHARED_TAG = "ec2:SharedTag/"  # begins the keys of tags that others may copy


@actions
def copy_image(ctx: Context, request: CopyImageRequest) -> CopyImageResult:
    """Copy an AMI and its snapshots; all copies belong to the caller."""
    check_parameters(request)
    token = client_tokens.checked(request.get("ClientToken"), LONGEST_TOKEN)
    digest = client_tokens.digest_of(request)
    tags = specified(request.get("TagSpecifications"), ("image", "snapshot"))
    with ctx.store.begin() as tx:
        known = replayed(ctx, tx, token, digest)
        if known is not None and not request.get("DryRun"):
            return {"ImageId": known.id}
        key = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
        source = find_source(ctx, tx, request)
        storage = find_storage(ctx, tx, source)
        if known is None:
            check_free(ctx, tx, request["Name"])
        image_tags = tags["image"]
        if request.get("CopyImageTags"):
            image_tags = {**copied_tags(ctx, tx, source), **image_tags}
            check_number(image_tags)
        if request.get("DryRun"):
            raise dry_run()
        image_id = ctx.new_id("ami")
        copies = {
            snapshot.id: copied(
                ctx,
                tx,
                snapshot,
                description=snapshot_description(ctx, image_id, source.id, snapshot.id),
                key=key,
                minutes=request.get("SnapshotCopyCompletionDurationMinutes"),
            )
            for snapshot in storage
        }
        for copy in copies.values():
            keep(ctx, tx, copy, tags["snapshot"])
        Memories(ctx.settings.data_dir).copy(image_id, source.id)
        image = image_copy(ctx, source, request, image_id, copies)
        tx.images.add(image.model_copy(update={"client_token": token, "request_digest": digest}))
        tx.tags.put(ctx.account_id, ctx.region, image_id, image_tags)
    log.info("image %s is a copy of %s in %s", image_id, source.id, source.region)
    return {"ImageId": image_id}


# what is asked for -------------------------------------------------------------------------------


def check_parameters(request: CopyImageRequest) -> None:
    """Refuse what no copy can be."""
    places = (
        "DestinationOutpostArn",
        "DestinationAvailabilityZone",
        "DestinationAvailabilityZoneId",
    )
    for place in places:
        if place in request:
            raise image_errors.place_not_served(place)
    check_name(request["Name"])
    check_description(request.get("Description", ""))
    completion_minutes(
        "SnapshotCopyCompletionDurationMinutes",
        request.get("SnapshotCopyCompletionDurationMinutes"),
    )


def replayed(ctx: Context, tx: Tx, token: str | None, digest: str) -> Image | None:
    """Return the copy that a ClientToken has made; IdempotentParameterMismatch."""
    if token is None:
        return None
    for _, image in tx.images.list(ctx.account_id, ctx.region):
        if image.client_token == token:
            if image.request_digest != digest:
                raise task_errors.idempotent_parameter_mismatch()
            return image
    return None


def find_source(ctx: Context, tx: Tx, request: CopyImageRequest) -> Image:
    """Return the AMI to copy; InvalidAMIID.Unavailable for one that is not available."""
    source = find_image(replace(ctx, region=request["SourceRegion"]), tx, request["SourceImageId"])
    if source.state != "available":
        raise image_errors.image_unavailable(source.id)
    if source.product_codes and source.account_id != ctx.account_id:
        raise image_errors.marketplace_not_copied()
    return source


def find_storage(ctx: Context, tx: Tx, source: Image) -> list[Snapshot]:
    """Return the snapshots of an AMI; InvalidRequest unless the account may use them all."""
    usable = tx.snapshots.usable(ctx.account_id, source.region, ids=source.snapshot_ids)
    if len(usable) < len(source.snapshot_ids):
        raise image_errors.storage_not_usable()
    return [snapshot for _, snapshot in usable]


def copied_tags(ctx: Context, tx: Tx, source: Image) -> dict[str, str]:
    """Return the tags that go along: one's own, or what another account calls shared."""
    tags = tx.tags.of([source.id])[source.id]
    if source.account_id == ctx.account_id:
        return tags
    return {key: value for key, value in tags.items() if key.startswith(SHARED_TAG)}


# the copy ----------------------------------------------------------------------------------------


def image_copy(
    ctx: Context,
    source: Image,
    request: CopyImageRequest,
    image_id: str,
    copies: Mapping[str, Snapshot],
) -> Image:
    """Return an AMI like the source, made of the copies of its snapshots."""
    devices = [
        device.model_copy(
            update={
                "snapshot_id": copies[device.snapshot_id].id,
                "encrypted": copies[device.snapshot_id].encrypted,
                "kms_key_id": copies[device.snapshot_id].kms_key_id,
            }
        )
        if device.snapshot_id
        else device
        for device in source.devices
    ]
    state, reason = state_of(copies.values())
    return source.model_copy(
        update={
            "id": image_id,
            "account_id": ctx.account_id,
            "region": ctx.region,
            "created_at": ctx.now(),
            "name": request["Name"],
            "location": f"{ctx.account_id}/{request['Name']}",
            "devices": tuple(devices),
            "description": request.get("Description", ""),
            "state": state,
            "state_reason": reason,
            "deprecated_at": None,
            "deregistration_protection": "disabled",
            "protection_ends_at": None,
            "source_image_id": source.id,
            "source_image_region": source.region,
            "source_instance_id": None,
        }
    )


def snapshot_description(ctx: Context, image_id: str, source_id: str, snapshot_id: str) -> str:
    """Return what the service writes on the snapshots of a copy; clients look for it."""
    milliseconds = int(ctx.now().timestamp() * 1000)
    return (
        f"Copied for DestinationAmi {image_id} from SourceAmi {source_id} "
        f"for SourceSnapshot {snapshot_id}. Task created on {milliseconds:,}."
    )
