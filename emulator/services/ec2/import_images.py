"""Image imports: ImportImage and DescribeImportImageTasks.

What a task shows, and from when on:

    pending       what the client has said: the containers, the licence, the boot mode, …
    validated     a detail for each disk: the format that was found, the bytes of the disk's file
    converting    Status and Progress of each disk
    preparing ami what was found of the guest; the snapshots
    completed     ImageId; no StatusMessage and no Progress any more
"""

from collections.abc import Mapping

from emulator.context import Context
from emulator.protocol.regions import is_opt_in
from emulator.services.actions import Actions
from emulator.services.ec2 import (
    client_tokens,
    disk_containers,
    import_tasks,
    kms,
    machines,
    sources,
    tasks,
)
from emulator.services.ec2.tags import specified, tag_set
from emulator.shapes.ec2 import (
    DescribeImportImageTasksRequest,
    DescribeImportImageTasksResult,
    ImportImageRequest,
    ImportImageResult,
    ImportImageTask,
    SnapshotDetail,
)
from state.store import Tx
from state.tasks import DiskContainer, DiskProgress, GuestSummary, ImportImageWork, Task, TaskState

actions = Actions()

TAGGED = ("import-image-task", "image", "snapshot")
FRUITLESS = (TaskState.DELETING, TaskState.CANCELLED, TaskState.FAILED)


@actions
def import_image(ctx: Context, request: ImportImageRequest) -> ImportImageResult:
    """Start to bring the disks of a virtual machine into snapshots and an AMI of them."""
    containers = disk_containers.checked(request.get("DiskContainers"))
    machine = machines.checked(request)
    tags = specified(request.get("TagSpecifications"), TAGGED)

    def work(tx: Tx, task_id: str) -> ImportImageWork:
        kms_key_id = kms.key_arn(ctx, tx, request.get("KmsKeyId"), request.get("Encrypted"))
        return ImportImageWork(
            containers=disk_containers.found(ctx, tx, containers),
            **machine._asdict(),
            encrypted=kms_key_id is not None,
            kms_key_id=kms_key_id,
            role_name=request.get("RoleName", "vmimport"),
            image_tags=tags["image"],
            snapshot_tags=tags["snapshot"],
            opt_in=is_opt_in(ctx.region),
        )

    asked = {**request, "DiskContainers": [sources.lasting_part(*each) for each in containers]}
    row = tasks.start(
        ctx,
        import_tasks.IMAGE,
        request,
        digest=client_tokens.digest_of(asked),
        tags=tags["import-image-task"],
        work=work,
    )
    return task_shape(*row)


@actions
def describe_import_image_tasks(
    ctx: Context, request: DescribeImportImageTasksRequest
) -> DescribeImportImageTasksResult:
    """List the account's image imports in the Region, the oldest first."""
    rows, next_token = tasks.describe(
        ctx, import_tasks.IMAGE, request, request.get("ImportTaskIds")
    )
    result: DescribeImportImageTasksResult = {
        "ImportImageTasks": [task_shape(*row) for row in rows]
    }
    if next_token:
        result["NextToken"] = next_token
    return result


# what is shown -----------------------------------------------------------------------------------


def task_shape(task: Task, tags: Mapping[str, str]) -> ImportImageTask:
    """Return an image import as clients see it."""
    work = task.work
    assert isinstance(work, ImportImageWork)
    shape: ImportImageTask = {
        "ImportTaskId": task.id,
        "SnapshotDetails": details(task, work),
        "Tags": tag_set(tags),
        "Status": import_tasks.status(task),
        **guest_members(task.guest or GuestSummary(), work),
    }
    if message := tasks.status_message(task):
        shape["StatusMessage"] = message
    if progress := tasks.progress(task):
        shape["Progress"] = progress
    if task.description:
        shape["Description"] = task.description
    if task.state is TaskState.COMPLETED and task.image_id:
        shape["ImageId"] = task.image_id
    if work.encrypted and work.kms_key_id is not None:
        shape["Encrypted"] = True
        shape["KmsKeyId"] = work.kms_key_id
    if work.license_configurations:
        shape["LicenseSpecifications"] = [
            {"LicenseConfigurationArn": arn} for arn in work.license_configurations
        ]
    return shape


def guest_members(guest: GuestSummary, work: ImportImageWork) -> ImportImageTask:
    """Return what is known of the guest: what was found, and before that what the client says."""
    shape: ImportImageTask = {}
    if architecture := guest.architecture or work.architecture:
        shape["Architecture"] = architecture
    if platform := guest.platform or work.platform:
        shape["Platform"] = platform
    if license_type := guest.license_type or work.license_type:
        shape["LicenseType"] = license_type
    if usage_operation := guest.usage_operation or work.usage_operation:
        shape["UsageOperation"] = usage_operation
    if boot_mode := guest.boot_mode or work.boot_mode:
        shape["BootMode"] = boot_mode
    if work.hypervisor:
        shape["Hypervisor"] = work.hypervisor
    return shape


def details(task: Task, work: ImportImageWork) -> list[SnapshotDetail]:
    """Return what there is to say of each disk, or of each container while no disk is known."""
    if not task.disks:
        return [detail(container) for container in work.containers]
    shown, seen = [], set()
    for disk in task.disks:
        container = work.containers[disk.container]
        if disk.container in seen:  # its DeviceName is that of its first disk
            container = container.model_copy(update={"device_name": None})
        seen.add(disk.container)
        shown.append(disk_detail(container, disk, task.state))
    return shown


def detail(container: DiskContainer) -> SnapshotDetail:
    """Return a container as the client has described it."""
    shown: SnapshotDetail = {"DiskImageSize": 0.0}
    if container.format:
        shown["Format"] = container.format.upper()
    if container.description:
        shown["Description"] = container.description
    if container.device_name:
        shown["DeviceName"] = container.device_name
    if source := container.source:
        shown["UserBucket"] = {"S3Bucket": source.bucket, "S3Key": source.key}
        if source.url:
            shown["Url"] = source.url
    return shown


def disk_detail(container: DiskContainer, disk: DiskProgress, state: TaskState) -> SnapshotDetail:
    """Return what is known of a disk of a container."""
    shown = detail(container)
    shown["DiskImageSize"] = float(disk.size_bytes)
    if disk.format:
        shown["Format"] = disk.format.upper()
    if disk.device_name:
        shown["DeviceName"] = disk.device_name
    if disk.status == "completed":
        shown["Status"] = disk.status
        if disk.snapshot_id and state not in FRUITLESS:
            shown["SnapshotId"] = disk.snapshot_id
    elif state is not TaskState.VALIDATING and state not in FRUITLESS:
        shown["Status"] = disk.status
        shown["Progress"] = str(disk.progress)
    return shown
