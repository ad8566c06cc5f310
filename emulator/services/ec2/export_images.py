"""Image exports: ExportImage and DescribeExportImageTasks.

    AMI ──► its own account's, available     bucket ──► its own account's, in the Region
            neither product codes                       not encrypted with a KMS key
            nor encrypted volumes            key    ──► prefix + task id + format, as it is given
            nor one over 1 TiB
            not exported by another task

What is asked for is checked in the request. Every AMI of one's own was imported, or is registered
or copied from what was: no snapshots come from elsewhere yet.
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.services.actions import Actions
from emulator.services.ec2 import (
    client_tokens,
    errors,
    export_tasks,
    ids,
    image_errors,
    sources,
    task_errors,
    tasks,
)
from emulator.services.ec2.image_registration import check_description
from emulator.services.ec2.images import find_image
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    DescribeExportImageTasksRequest,
    DescribeExportImageTasksResult,
    ExportImageRequest,
    ExportImageResult,
    ExportImageTask,
    ExportTaskS3Location,
)
from state.images import Image
from state.store import Tx
from state.tasks import ExportImageWork, Task

actions = Actions()

FORMATS = {"RAW", "VHD", "VMDK"}
LARGEST = 1024  # GiB, of a volume


@actions
def export_image(ctx: Context, request: ExportImageRequest) -> ExportImageResult:
    """Start to write the disk of an AMI into a bucket."""
    image_id, location = request["ImageId"], request["S3ExportLocation"]
    ids.check_image_ids([image_id])
    disk_format = format_of(request["DiskImageFormat"])
    check_description(request.get("Description", ""))
    tags = specified(request.get("TagSpecifications"), ("export-image-task",))

    def work(tx: Tx, task_id: str) -> ExportImageWork:
        bucket, prefix = location["S3Bucket"], location.get("S3Prefix", "")
        key = f"{prefix}{task_id}.{disk_format.lower()}"
        check_image(ctx, tx, image_id)
        check_destination(ctx, tx, sources.location(bucket, key))
        return ExportImageWork(
            image_id=image_id,
            disk_format=disk_format,
            bucket=bucket,
            prefix=prefix,
            key=key,
            role_name=request.get("RoleName", "vmimport"),
        )

    task, task_tags = tasks.start(
        ctx,
        export_tasks.IMAGE,
        request,
        digest=client_tokens.digest_of(request),
        tags=tags["export-image-task"],
        work=work,
    )
    role: ExportImageResult = {}  # not shown unless it is named
    if "RoleName" in request:
        role["RoleName"] = request["RoleName"]
    return {**task_shape(task, task_tags), "DiskImageFormat": disk_format, **role}


@actions
def describe_export_image_tasks(
    ctx: Context, request: DescribeExportImageTasksRequest
) -> DescribeExportImageTasksResult:
    """List the account's image exports in the Region, the oldest first."""
    rows, next_token = tasks.describe(
        ctx, export_tasks.IMAGE, request, request.get("ExportImageTaskIds")
    )
    result: DescribeExportImageTasksResult = {
        "ExportImageTasks": [task_shape(*row) for row in rows]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


# what is refused ---------------------------------------------------------------------------------


def format_of(given: str) -> str:
    """Return a DiskImageFormat in upper case; any case will do (assumed)."""
    if given.upper() not in FORMATS:
        raise errors.invalid_format("disk-image-format", given)  # the parameter's name is assumed
    return given.upper()


def check_image(ctx: Context, tx: Tx, image_id: str) -> None:
    """Refuse an AMI that the account may not export, or not now."""
    image = find_image(ctx, tx, image_id)
    if image.state != "available":
        raise image_errors.image_unavailable(image_id)
    if image.product_codes:
        raise task_errors.marketplace_not_exportable(image_id)
    if image.account_id != ctx.account_id:
        raise task_errors.shared_not_exportable(image_id)
    check_volumes(tx, image)
    for task in tx.tasks.unfinished():
        if isinstance(task.work, ExportImageWork) and task.work.image_id == image_id:
            raise task_errors.image_being_exported(image_id, task.id)


def check_volumes(tx: Tx, image: Image) -> None:
    """Refuse an AMI for its block device mapping."""
    for snapshot_id in image.snapshot_ids:
        snapshot = tx.snapshots.get(snapshot_id)
        if snapshot is None:
            raise errors.snapshot_not_found(snapshot_id)
        if snapshot.encrypted:
            raise task_errors.encrypted_not_exportable(image.id)
    if any(device.encrypted for device in image.devices):
        raise task_errors.encrypted_not_exportable(image.id)
    if any((device.volume_size or 0) > LARGEST for device in image.devices):
        raise task_errors.too_large_to_export(image.id, LARGEST)


def check_destination(ctx: Context, tx: Tx, place: sources.Location) -> None:
    """Refuse a bucket into which the account may not export."""
    bucket = tx.buckets.get(place.bucket)
    # assumed: that what is said of objects to be read is said of a bucket that is not there, too
    if bucket is None or bucket.account_id != ctx.account_id:
        raise task_errors.no_access_to_object(*place)
    if not sources.may_write(ctx, tx, bucket, place.key):  # assumed, as whose object is read may
        raise task_errors.no_access_to_object(*place)
    if bucket.region != ctx.region:
        raise task_errors.object_elsewhere(ctx.region)
    if bucket.encryption.startswith("aws:kms"):
        raise task_errors.bucket_encrypted_with_kms(bucket.name)


# what is shown -----------------------------------------------------------------------------------


def task_shape(task: Task, tags: Mapping[str, str]) -> ExportImageTask:
    """Return an image export as clients see it."""
    work = task.work
    assert isinstance(work, ExportImageWork)
    location: ExportTaskS3Location = {"S3Bucket": work.bucket}
    if work.prefix:
        location["S3Prefix"] = work.prefix
    shape: ExportImageTask = {
        "ExportImageTaskId": task.id,
        "ImageId": work.image_id,
        "S3ExportLocation": location,
        "Status": export_tasks.status(task),
        "Tags": tag_set(tags),
    }
    if message := tasks.status_message(task):
        shape["StatusMessage"] = message
    if progress := tasks.progress(task):
        shape["Progress"] = progress
    if task.description:
        shape["Description"] = task.description
    return shape
