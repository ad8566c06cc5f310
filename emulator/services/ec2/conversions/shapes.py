"""What is shown of a conversion task.

    state of the task            State         StatusMessage of the disk
    WAITING                      active        Pending; Pending : Downloaded 1268776960
    PENDING … PUBLISHING         active        the same; Progress: 50%
    COMPLETED                    completed     none
    DELETING                     cancelling    why
    CANCELLED, FAILED            cancelled     why

Of an instance the disk has that message, and the task shows `Pending` and its own progress; of a
volume the task has it. ImportManifestUrl is shown as it came, to the account that knows it.
"""

from emulator.services.ec2 import tasks
from emulator.services.ec2.regions import zone_id
from emulator.shapes.ec2 import (
    ConversionTask,
    DiskImageDescription,
    DiskImageVolumeDescription,
    ImportInstanceVolumeDetailItem,
    ImportVolumeTaskDetails,
)
from state.tasks import (
    ImportInstanceWork,
    ImportVolumeWork,
    PartedDisk,
    Task,
    TaskState,
)

STATES = {
    TaskState.COMPLETED: "completed",
    TaskState.DELETING: "cancelling",
    TaskState.CANCELLED: "cancelled",
    TaskState.FAILED: "cancelled",
}  # every other state: active
BEFORE = (TaskState.WAITING, TaskState.PENDING)


def state(task: Task) -> str:
    """Return a task's state as clients see it."""
    return STATES.get(task.state, "active")


def task_shape(task: Task) -> ConversionTask:
    """Return a conversion task as clients see it."""
    work = task.work
    assert isinstance(work, (ImportVolumeWork, ImportInstanceWork))
    shape: ConversionTask = {
        "ConversionTaskId": task.id,
        "ExpirationTime": f"{work.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "State": state(task),
        "Tags": [],
    }
    message = disk_message(task)
    if isinstance(work, ImportVolumeWork):
        shape["ImportVolume"] = volume_shape(task, work.disk)
    else:
        shape["ImportInstance"] = {
            "Description": task.description,
            "InstanceId": work.instance_id,
            "Platform": work.platform,
            "Volumes": [instance_volume_shape(task, work.disk, message)],
        }
        if state(task) == "active":
            message = "Pending" if task.state in BEFORE else f"Progress: {task.progress}%"
    if message:
        shape["StatusMessage"] = message
    return shape


def disk_message(task: Task) -> str | None:
    """Return what is said of the disk."""
    disk = task.disk
    if task.state in BEFORE and disk.brought:
        return f"{task.message} : Downloaded {disk.brought}"
    return tasks.status_message(task)


def volume_shape(task: Task, disk: PartedDisk) -> ImportVolumeTaskDetails:
    """Return the disk of a volume import."""
    return {
        "AvailabilityZone": disk.zone,
        "AvailabilityZoneId": zone_id(task.region, disk.zone),
        "BytesConverted": converted(task),
        "Description": disk.description,
        "Image": image_shape(task, disk),
        "Volume": made_shape(task, disk),
    }


def instance_volume_shape(
    task: Task, disk: PartedDisk, message: str | None
) -> ImportInstanceVolumeDetailItem:
    """Return the disk of an instance import."""
    shape: ImportInstanceVolumeDetailItem = {
        "AvailabilityZone": disk.zone,
        "AvailabilityZoneId": zone_id(task.region, disk.zone),
        "BytesConverted": converted(task),
        "Description": disk.description,
        "Image": image_shape(task, disk),
        "Status": state(task),
        "Volume": made_shape(task, disk),
    }
    if message:
        shape["StatusMessage"] = message
    return shape


def image_shape(task: Task, disk: PartedDisk) -> DiskImageDescription:
    """Return the disk image: as the client has told, later as its manifest does."""
    known = task.disk
    shape: DiskImageDescription = {
        "Format": disk.format,
        "ImportManifestUrl": disk.manifest_url,
        "Size": known.size_bytes or disk.told_bytes,
    }
    if known.checksum:
        # assumed: that it is made of the MD5s of the parts, as the ETags of S3 are
        shape["Checksum"] = known.checksum
    return shape


def made_shape(task: Task, disk: PartedDisk) -> DiskImageVolumeDescription:
    """Return the volume: its size, and its id once it is there."""
    shape: DiskImageVolumeDescription = {"Size": disk.volume_gib}
    if task.state is TaskState.COMPLETED and (made := task.disk.volume_id):
        shape["Id"] = made
    return shape


def converted(task: Task) -> int:
    """Return how many bytes of the image have been converted."""
    disk = task.disk
    return disk.size_bytes * disk.progress // 100
