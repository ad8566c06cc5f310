"""The disk containers of an image import: one OVA, or up to 21 disks in S3 and in snapshots."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.ec2 import errors, ids, image_errors, kms, sources, task_errors
from emulator.services.ec2.snapshots import find_usable_snapshot
from emulator.shapes.ec2 import ImageDiskContainer
from state.store import Tx
from state.tasks import DiskContainer, DiskSource

MOST = 21  # the user guide, "Limitations for resources imported with VM Import/Export"
FORMATS = {"OVA", "RAW", "VHD", "VHDX", "VMDK"}
DEVICE = re.compile(r"(?:/dev/)?(?:sd[a-z](?:[1-9]|1[0-5])?|xvd[a-z]|xvd[a-d][a-z])")


class Asked(NamedTuple):
    """A container, and where its file is said to be; None if it is a snapshot."""

    container: ImageDiskContainer
    source: sources.Source | None


def checked(containers: Sequence[ImageDiskContainer] | None) -> list[Asked]:
    """Return the containers of a request, as far as they can be checked without a look at S3."""
    if not containers:
        raise missing_parameter("DiskContainer")
    if len(containers) > MOST:
        raise task_errors.too_many_disk_containers(MOST)
    asked = [
        Asked(each, source_of(each, f"DiskContainer.{number}"))
        for number, each in enumerate(containers, 1)
    ]
    check_formats(asked)
    check_devices(containers)
    return asked


def found(ctx: Context, tx: Tx, asked: Sequence[Asked]) -> tuple[DiskContainer, ...]:
    """Return the containers; raises if an object or a snapshot can't be read."""
    return tuple(
        DiskContainer(
            source=None if source is None else disk_source(ctx, tx, source),
            snapshot_id=usable_snapshot(ctx, tx, container),
            format=container.get("Format"),
            description=container.get("Description", ""),
            device_name=container.get("DeviceName"),
        )
        for container, source in asked
    )


def source_of(container: ImageDiskContainer, name: str) -> sources.Source | None:
    """Return where the disk's file is said to be, None if the disk is a snapshot."""
    snapshot_id = container.get("SnapshotId")
    if snapshot_id is None:
        return sources.source_of(container, name)
    for other in ("UserBucket", "Url"):
        if other in container:
            raise errors.not_together("SnapshotId", other)
    ids.check_snapshot_ids([snapshot_id])
    return None


def check_formats(asked: Sequence[Asked]) -> None:
    """Refuse formats that there are not, and an OVA that is not all there is."""
    formats = [each.container.get("Format", "").upper() for each in asked]
    for name in formats:
        if name and name not in FORMATS:
            raise errors.invalid_format("disk-image-size", 0)  # what the service makes of it
    if "OVA" in formats and (len(asked) > 1 or asked[0].source is None):
        raise task_errors.ova_among_disks()


def check_devices(containers: Sequence[ImageDiskContainer]) -> None:
    """Refuse names that no volume can have, and one name for two disks."""
    names = [each["DeviceName"] for each in containers if "DeviceName" in each]
    for name in names:
        if not DEVICE.fullmatch(name):
            raise task_errors.invalid_device_name(name)
    for name, times in Counter(name.removeprefix("/dev/") for name in names).items():
        if times > 1:
            raise task_errors.device_used_twice(name)


def disk_source(ctx: Context, tx: Tx, source: sources.Source) -> DiskSource:
    """Return the object that a source means, if the task can read it."""
    place = sources.find_object(ctx, tx, source)
    return DiskSource(
        bucket=place.bucket,
        key=place.key,
        url=source.url,
        presigned=source.presigned is not None,
    )


def usable_snapshot(ctx: Context, tx: Tx, container: ImageDiskContainer) -> str | None:
    """Return the id of a container's snapshot; raises if it, or its key, can't be used."""
    snapshot_id = container.get("SnapshotId")
    if snapshot_id is not None:
        snapshot = find_usable_snapshot(ctx, tx, ctx.region, snapshot_id)
        if snapshot.state != "completed":
            raise image_errors.snapshot_not_ready(snapshot.state)
        kms.check_opens(ctx, tx, snapshot)
    return snapshot_id
