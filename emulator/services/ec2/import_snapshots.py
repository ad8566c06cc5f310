"""Snapshot imports: ImportSnapshot and DescribeImportSnapshotTasks."""

from collections.abc import Mapping

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import (
    client_tokens,
    disk_containers,
    errors,
    import_tasks,
    kms,
    sources,
    tasks,
)
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    DescribeImportSnapshotTasksRequest,
    DescribeImportSnapshotTasksResult,
    ImportSnapshotRequest,
    ImportSnapshotResult,
    ImportSnapshotTask,
    SnapshotDiskContainer,
    SnapshotTaskDetail,
)
from state.store import Tx
from state.tasks import ImportSnapshotWork, Task, TaskState

actions = Actions()

FORMATS = {"RAW", "VHD", "VHDX", "VMDK"}


@actions
def import_snapshot(ctx: Context, request: ImportSnapshotRequest) -> ImportSnapshotResult:
    """Start to bring a disk image from S3 into a snapshot."""
    container = request.get("DiskContainer")
    if container is None:
        raise missing_parameter("DiskContainer")
    source = sources.source_of(container, "DiskContainer")
    disk_format = format_of(container)
    tags = specified(request.get("TagSpecifications"), ("import-snapshot-task", "snapshot"))

    def work(tx: Tx, task_id: str) -> ImportSnapshotWork:
        kms_key_id = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
        return ImportSnapshotWork(
            source=disk_containers.disk_source(ctx, tx, source),
            format=disk_format,
            description=container.get("Description") or request.get("Description", ""),
            encrypted=kms_key_id is not None,
            kms_key_id=kms_key_id,
            role_name=request.get("RoleName", "vmimport"),
            snapshot_tags=tags["snapshot"],
        )

    asked = {**request, "DiskContainer": sources.lasting_part(container, source)}
    row = tasks.start(
        ctx,
        import_tasks.SNAPSHOT,
        request,
        digest=client_tokens.digest_of(asked),
        tags=tags["import-snapshot-task"],
        work=work,
    )
    return task_shape(*row)


@actions
def describe_import_snapshot_tasks(
    ctx: Context, request: DescribeImportSnapshotTasksRequest
) -> DescribeImportSnapshotTasksResult:
    """List the account's snapshot imports in the Region, the oldest first."""
    rows, next_token = tasks.describe(
        ctx, import_tasks.SNAPSHOT, request, request.get("ImportTaskIds")
    )
    result: DescribeImportSnapshotTasksResult = {
        "ImportSnapshotTasks": [task_shape(*row) for row in rows]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


def format_of(container: SnapshotDiskContainer) -> str | None:
    """Return the Format as the client spelled it, None if it is to be found out."""
    given = container.get("Format")
    if given is not None and given.upper() not in FORMATS:
        raise errors.invalid_format("disk-image-format", given)  # the parameter's name is assumed
    return given


# what is shown -----------------------------------------------------------------------------------


def task_shape(task: Task, tags: Mapping[str, str]) -> ImportSnapshotTask:
    """Return a snapshot import as clients see it."""
    shape: ImportSnapshotTask = {
        "ImportTaskId": task.id,
        "SnapshotTaskDetail": detail(task),
        "Tags": tag_set(tags),
    }
    if task.description:
        shape["Description"] = task.description
    return shape


def detail(task: Task) -> SnapshotTaskDetail:
    """Return what there is to say of the disk."""
    work = task.work
    assert isinstance(work, ImportSnapshotWork)
    disk = task.disks[0] if task.disks else None
    shown: SnapshotTaskDetail = {
        "DiskImageSize": float(disk.size_bytes) if disk else 0.0,
        "UserBucket": {"S3Bucket": work.source.bucket, "S3Key": work.source.key},
        "Status": import_tasks.status(task),
    }
    if message := tasks.status_message(task):
        shown["StatusMessage"] = message
    if progress := tasks.progress(task):
        shown["Progress"] = progress
    if disk_format := (disk and disk.format) or work.format:
        shown["Format"] = disk_format.upper()
    if work.description:
        shown["Description"] = work.description
    if work.source.url is not None:
        shown["Url"] = work.source.url
    if work.encrypted and work.kms_key_id is not None:
        shown["Encrypted"] = True
        shown["KmsKeyId"] = work.kms_key_id
    if task.state is TaskState.COMPLETED and disk and disk.snapshot_id:
        shown["SnapshotId"] = disk.snapshot_id
    return shown
