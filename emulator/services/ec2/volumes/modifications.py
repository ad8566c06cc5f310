"""ModifyVolume and DescribeVolumesModifications.

A volume may be modified four times in any 24 hours, and once the one before is completed: the
service's rule since January 2026; six hours had to pass before. Here a modification is completed at
once: the answer shows it as `modifying`, and whoever asks then sees the end of it.
"""

import logging
from datetime import datetime, timedelta
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.services.actions import Actions
from emulator.services.ec2 import paging
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.snapshots import timestamp
from emulator.services.ec2.volumes import errors
from emulator.services.ec2.volumes.listing import truth
from emulator.services.ec2.volumes.rows import check_volume_ids, fetch, find_volume, iops_of
from emulator.services.ec2.volumes.shapes import checked_shape
from emulator.shapes.ec2 import (
    DescribeVolumesModificationsRequest,
    DescribeVolumesModificationsResult,
    ModifyVolumeRequest,
    ModifyVolumeResult,
    VolumeModification,
)
from state.store import Numbered, Tx
from state.volumes import Modification, Shape, Volume

actions = Actions()

log = logging.getLogger(__name__)

MOST = 4  # modifications …
PERIOD = timedelta(hours=24)  # … in this time
LARGEST_PAGE = 500
CHANGES = ("Size", "VolumeType", "Iops", "Throughput", "MultiAttachEnabled")
DEFAULT_IOPS = 3000  # of a type that has some, when the type changes
DEFAULT_THROUGHPUT = 125
NEVER_ROOT = ("sc1", "st1")  # types that no instance starts from


class Row(NamedTuple):
    """A volume and what was changed of it last."""

    volume: Volume
    last: Modification


FILTERS = Filters[Row](
    {
        "modification-state": lambda row: "completed",
        "original-iops": lambda row: number(iops_of(row.last.before)),
        "original-size": lambda row: str(row.last.before.size_gib),
        "original-volume-type": lambda row: row.last.before.volume_type,
        "originalMultiAttachEnabled": lambda row: truth(row.last.before.multi_attach),
        "start-time": lambda row: timestamp(row.last.started_at),
        "target-iops": lambda row: number(iops_of(row.last.after)),
        "target-size": lambda row: str(row.last.after.size_gib),
        "target-volume-type": lambda row: row.last.after.volume_type,
        "targetMultiAttachEnabled": lambda row: truth(row.last.after.multi_attach),
        "volume-id": lambda row: row.volume.id,
    }
)


@actions
def modify_volume(ctx: Context, request: ModifyVolumeRequest) -> ModifyVolumeResult:
    """Make a volume larger, faster or another type."""
    now = ctx.now()
    with ctx.store.begin() as tx:
        volume = find_volume(ctx, tx, request["VolumeId"])
        if not any(change in request for change in CHANGES):
            raise errors.nothing_to_modify()
        shape = modified(volume.shape, request)
        if volume.state not in ("available", "in-use"):
            raise errors.not_modifiable(volume.id)
        check_attached(tx, volume, shape)
        recent = recent_modifications(volume, now)
        if request.get("DryRun"):
            raise dry_run()
        last = Modification(started_at=now, before=volume.shape, after=shape)
        changes = {"shape": shape, "modifications": (*recent, last)}
        tx.volumes.replace(volume.model_copy(update=changes))
    log.info("volume %s is modified", volume.id)
    return {"VolumeModification": modification_shape(Row(volume, last), ended=False)}


@actions
def describe_volumes_modifications(
    ctx: Context, request: DescribeVolumesModificationsRequest
) -> DescribeVolumesModificationsResult:
    """List the last modification of each volume that has one: of those named, or of all."""
    named = request.get("VolumeIds")
    check_volume_ids(named or ())
    page = paging.page(
        "DescribeVolumesModifications",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=1,
        largest=LARGEST_PAGE,
        clipped=True,
    )
    test = FILTERS.test(request.get("Filters"))
    if request.get("DryRun"):
        raise dry_run()

    def part(after: int, limit: int | None) -> list[Numbered[Volume]]:
        rows = fetch(ctx, named, after, limit)
        return [Numbered(sequence, row.volume) for sequence, row in rows]

    def wanted(volume: Volume) -> bool:
        if not volume.modifications:
            if named:
                raise errors.never_modified(volume.id)
            return False
        return test is None or test(last_of(volume))

    volumes, next_token = paging.take(page, part, wanted)
    result: DescribeVolumesModificationsResult = {
        "VolumesModifications": [modification_shape(last_of(each), ended=True) for each in volumes]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def last_of(volume: Volume) -> Row:
    """Return the last modification of a volume that has one."""
    return Row(volume, volume.modifications[-1])


def modified(shape: Shape, request: ModifyVolumeRequest) -> Shape:
    """Return what a volume is to be sold as; raises for what it can't be."""
    if shape.volume_type == "io1" and shape.multi_attach:
        raise errors.shared_io1_not_modified()
    multi_attach = request.get("MultiAttachEnabled", shape.multi_attach)
    if multi_attach and request.get("VolumeType", shape.volume_type) == "io1":
        raise errors.io1_not_shared()
    size = request.get("Size", shape.size_gib)
    if size < shape.size_gib:
        raise errors.never_smaller()
    volume_type = request.get("VolumeType", shape.volume_type)
    iops, throughput = request.get("Iops"), request.get("Throughput")
    same = volume_type == shape.volume_type
    if shape.multi_attach and not same:
        raise errors.shared_type_stays()
    if iops is None and volume_type in ("gp3", "io1", "io2"):
        iops = shape.iops if same else DEFAULT_IOPS
    if throughput is None and volume_type == "gp3":
        throughput = shape.throughput if same else DEFAULT_THROUGHPUT
    return checked_shape(size, volume_type, iops, throughput, multi_attach=multi_attach)


def check_attached(tx: Tx, volume: Volume, shape: Shape) -> None:
    """Refuse what a volume can't become while it is attached.

    Multi-Attach is enabled while nobody uses the volume, and disabled while one does at most.
    """
    switched = volume.shape.multi_attach != shape.multi_attach
    if switched and len(volume.attachments) > (0 if shape.multi_attach else 1):
        raise errors.multi_attach_in_use(volume.id)
    if shape.volume_type in NEVER_ROOT and shape.volume_type != volume.shape.volume_type:
        for each in volume.attachments:
            instance = tx.instances.get(each.instance_id)
            if instance is not None and instance.root_device_name == each.device:
                raise errors.never_root(shape.volume_type)


def recent_modifications(volume: Volume, now: datetime) -> tuple[Modification, ...]:
    """Return those that count; VolumeModificationRateExceeded if there are as many as may be."""
    recent = tuple(each for each in volume.modifications if each.started_at > now - PERIOD)
    if len(recent) >= MOST:
        raise errors.modified_too_often(timestamp(recent[-MOST].started_at + PERIOD))
    return recent


def modification_shape(row: Row, *, ended: bool) -> VolumeModification:
    """Return what is shown of a modification."""
    before, after = row.last.before, row.last.after
    shape: VolumeModification = {
        "ModificationState": "completed" if ended else "modifying",
        "OriginalMultiAttachEnabled": before.multi_attach,
        "OriginalSize": before.size_gib,
        "OriginalVolumeType": before.volume_type,
        "Progress": 100 if ended else 0,
        "StartTime": row.last.started_at,
        "TargetMultiAttachEnabled": after.multi_attach,
        "TargetSize": after.size_gib,
        "TargetVolumeType": after.volume_type,
        "VolumeId": row.volume.id,
    }
    if (iops := iops_of(before)) is not None:
        shape["OriginalIops"] = iops
    if (iops := iops_of(after)) is not None:
        shape["TargetIops"] = iops
    if before.throughput is not None:
        shape["OriginalThroughput"] = before.throughput
    if after.throughput is not None:
        shape["TargetThroughput"] = after.throughput
    if ended:
        shape["EndTime"] = row.last.started_at
    return shape


def number(value: int | None) -> str | None:
    """Return a number as filters spell it."""
    return None if value is None else str(value)
