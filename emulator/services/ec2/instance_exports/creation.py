"""CreateInstanceExportTask: the disk of an instance is to be written into a bucket.

    TargetEnvironment     DiskImageFormat   ContainerFormat
    vmware                VMDK              ova, or none: the disk alone
    citrix, microsoft     VHD               none

    bucket ──► its own account's, in the Region     key ──► prefix + task id + format
               not encrypted with a KMS key
               lists are on, and the Region's exporter may read its list and write

Any case will do, as the tools of old wrote `VMware`. What an environment takes is also what is
made where no DiskImageFormat is given (assumed). No service role is asked: the exporter writes.
What is asked for is looked at first, the instance then, the bucket last (assumed).
"""

import logging
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import missing_parameter
from emulator.services.actions import Actions
from emulator.services.ec2 import export_tasks, sources, task_errors
from emulator.services.ec2.image_registration import check_description
from emulator.services.ec2.instance_exports import errors, exportable
from emulator.services.ec2.instances.rows import check_instance_ids, find_instances
from emulator.services.ec2.machines import any_case
from emulator.services.ec2.tags import specified
from emulator.shapes.ec2 import (
    CreateInstanceExportTaskRequest,
    CreateInstanceExportTaskResult,
    ExportToS3TaskSpecification,
)
from state import export_grants
from state.instances import Instance
from state.store import Tx
from state.tasks import ExportInstanceWork, Task

actions = Actions()

log = logging.getLogger(__name__)

FORMATS = ("RAW", "VHD", "VMDK")
CONTAINERS = ("ova",)


class Environment(NamedTuple):
    """What can be brought into a virtualization environment."""

    disks: tuple[str, ...]
    containers: tuple[str, ...] = ()


ENVIRONMENTS = {
    "citrix": Environment(("vhd",)),
    "microsoft": Environment(("vhd",)),
    "vmware": Environment(("vmdk",), ("ova",)),
}
LONGEST_LABEL = 80  # characters; vSphere takes no more


class Wanted(NamedTuple):
    """What is to be made."""

    environment: str
    disk_format: str
    container_format: str | None


@actions
def create_instance_export_task(
    ctx: Context, request: CreateInstanceExportTaskRequest
) -> CreateInstanceExportTaskResult:
    """Start to write the disk of an instance into a bucket."""
    instance_id, target = request["InstanceId"], request["ExportToS3Task"]
    check_instance_ids([instance_id])
    wanted = formats(request["TargetEnvironment"], target)
    bucket = target.get("S3Bucket")
    if not bucket:
        raise missing_parameter("ExportToS3.S3Bucket")
    check_description(request.get("Description", ""))
    tags = specified(request.get("TagSpecifications"), ("export-instance-task",))
    task_tags = tags["export-instance-task"]
    task_id, prefix = ctx.new_id(export_tasks.INSTANCE.prefix), target.get("S3Prefix", "")
    extension = wanted.container_format or wanted.disk_format.lower()
    place = sources.location(bucket, f"{prefix}{task_id}.{extension}")
    with ctx.store.begin() as tx:
        (instance,) = find_instances(ctx, tx, [instance_id])
        volume = exportable.check(ctx, tx, instance)
        check_destination(ctx, tx, place)
        volume = volume.set_aside()
        work = ExportInstanceWork(
            instance_id=instance.id,
            volume_id=volume.id,
            layer_id=volume.layers[-1].source_id if volume.layers else "",
            **wanted._asdict(),
            bucket=place.bucket,
            prefix=prefix,
            key=place.key,
            label=label(tx, instance),
        )
        task = Task(
            id=task_id,
            account_id=ctx.account_id,
            region=ctx.region,
            created_at=ctx.now(),
            work=work,
            description=request.get("Description", ""),
            progress=export_tasks.INSTANCE.progress,
            message=export_tasks.INSTANCE.message,
        )
        tx.volumes.replace(volume)
        ctx.engine.submit(tx, task)
        tx.tags.put(ctx.account_id, ctx.region, task.id, task_tags)
    log.info("task %s is pending", task.id)
    return {"ExportTask": export_tasks.task_shape(task, task_tags)}


def formats(named: str, target: ExportToS3TaskSpecification) -> Wanted:
    """Return what is to be made; refuses what there isn't, and what does not fit together."""
    environment = any_case(ENVIRONMENTS, "target-environment", named)
    assert environment, "it is required"
    valid = ENVIRONMENTS[environment]
    asked = target.get("DiskImageFormat") or valid.disks[0]
    disk_format = any_case(FORMATS, "disk-image-format", asked)
    assert disk_format, "it is given"
    if disk_format.lower() not in valid.disks:
        told = disk_format.lower()
        raise errors.not_for_environment("diskImageFormat", told, environment, valid.disks)
    container = any_case(CONTAINERS, "container-format", target.get("ContainerFormat") or None)
    if container is not None and container not in valid.containers:
        raise errors.not_for_environment(
            "containerFormat", container, environment, valid.containers
        )
    return Wanted(environment, disk_format, container)


def check_destination(ctx: Context, tx: Tx, place: sources.Location) -> None:
    """Refuse a bucket into which who asks may not export, or the exporter may not write."""
    bucket = tx.buckets.get(place.bucket)
    # assumed: that it is told in the words of image exports
    if bucket is None or bucket.account_id != ctx.account_id:
        raise task_errors.no_access_to_object(*place)
    if not sources.may_write(ctx, tx, bucket, place.key):
        raise task_errors.no_access_to_object(*place)
    if bucket.region != ctx.region:
        raise task_errors.object_elsewhere(ctx.region)
    if bucket.encryption.startswith("aws:kms"):
        raise task_errors.bucket_encrypted_with_kms(bucket.name)
    if not export_grants.granted(bucket, place.key, ctx.now()):
        raise errors.bucket_without_grants()


def label(tx: Tx, instance: Instance) -> str:
    """Return what the machine shall be called: its Name, otherwise its id (assumed)."""
    named = tx.tags.of([instance.id])[instance.id].get("Name", "").strip()
    if named and named.isprintable():
        return named[:LONGEST_LABEL]
    return instance.id
