"""ImportVolume: a disk in parts becomes a volume."""

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2.conversions import disks, starting
from emulator.services.ec2.conversions.shapes import task_shape
from emulator.services.ec2.volumes.rows import named_zone
from emulator.shapes.ec2 import ImportVolumeRequest, ImportVolumeResult
from state.tasks import ImportVolumeWork

actions = Actions()


@actions
def import_volume(ctx: Context, request: ImportVolumeRequest) -> ImportVolumeResult:
    """Start to wait for a disk that is to become a volume."""
    disks.check_region(ctx, "ImportVolume")
    named = request.get("AvailabilityZone"), request.get("AvailabilityZoneId")
    zone = named_zone(ctx.region, *named)
    if zone is None:
        raise missing_parameter("AvailabilityZone")
    description = request.get("Description", "")
    disk = disks.checked(request.get("Image"), request.get("Volume"), zone, description)
    work = ImportVolumeWork(disk=disk, expires_at=ctx.now() + starting.LASTS)
    task = starting.start(ctx, starting.VOLUME, work, description, request.get("DryRun", False))
    return {"ConversionTask": task_shape(task)}
