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
from state.store import Numbered
from state.volumes import Modification, Shape, Volume

actions = Actions()

log = logging.getLogger(__name__)

MOST = 4  # modifications …
PERIOD = timedelta(hours=24)  # … in this time
LARGEST_PAGE = 500
CHANGES = ("Size", "VolumeType", "Iops", "Throughput", "MultiAttachEnabled")
DEFAULT_IOPS = 3000  # of a type that has some, when the type changes
DEFAULT_THROUGHPUT = 125


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
        if shape.multi_attach != volume.shape.multi_attach and volume.attachments:
            raise errors.multi_attach_in_use(volume.id)
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
    size = request.get("MaxResults")
    page = paging.page(
        "DescribeVolumesModifications",
        size and min(size, LARGEST_PAGE),
        request.get("NextToken"),
        smallest=1,
        largest=LARGEST_PAGE,
    )
    test = FILTERS.test(request.get("Filters"))
    if request.get("DryRun"):
        raise dry_run()

    def part(after: int, limit: int | None) -> list[Numbered[Row | None]]:
        return [
            Numbered(sequence, last_of(row.volume))
            for sequence, row in fetch(ctx, named, after, limit)
        ]

    def wanted(row: Row | None) -> bool:
        if row is None and named:
            raise errors.never_modified(named[0])
        return row is not None and (test is None or test(row))

    rows, next_token = paging.take(page, part, wanted)
    result: DescribeVolumesModificationsResult = {
        "VolumesModifications": [modification_shape(row, ended=True) for row in rows if row]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def last_of(volume: Volume) -> Row | None:
    """Return the last modification of a volume; None if there was none."""
    return Row(volume, volume.modifications[-1]) if volume.modifications else None


def modified(shape: Shape, request: ModifyVolumeRequest) -> Shape:
    """Return what a volume is to be sold as; raises for what it can't be."""
    if shape.volume_type == "io1" and shape.multi_attach:
        raise errors.shared_io1_not_modified()
    size = request.get("Size", shape.size_gib)
    if size < shape.size_gib:
        raise errors.never_smaller()
    volume_type = request.get("VolumeType", shape.volume_type)
    iops, throughput = request.get("Iops"), request.get("Throughput")
    same = volume_type == shape.volume_type
    if iops is None and volume_type in ("gp3", "io1", "io2"):
        iops = shape.iops if same else DEFAULT_IOPS
    if throughput is None and volume_type == "gp3":
        throughput = shape.throughput if same else DEFAULT_THROUGHPUT
    multi_attach = request.get("MultiAttachEnabled", shape.multi_attach)
    return checked_shape(size, volume_type, iops, throughput, multi_attach=multi_attach)


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
