"""Instances that can be exported, put into a server's store, and buckets that take them."""

import json
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from state.exporters import exporter
from state.instances import Instance
from state.layers import Layer
from tests.ec2.volumes import attached_volume, blobs_and_store
from tests.house import House

PATIENCE = 60.0  # seconds
ROOT = "/dev/sda1"


def put_instance(house: House, **more: Any) -> str:
    """Put an imported instance without a volume into a server's store; return its id."""
    instance = Instance(
        **{
            "id": f"i-{secrets.token_hex(9)[:17]}",
            "account_id": house.account_id,
            "region": house.region,
            "launched_at": datetime.now(UTC),
            "reservation_id": f"r-{secrets.token_hex(9)[:17]}",
            "instance_type": "t2.medium",
            "zone": f"{house.region}a",
            "task_id": "import-i-0123abcd",
            **more,
        }
    )
    with blobs_and_store(house) as (_, store), store.begin() as tx:
        tx.instances.add(instance)
    return instance.id


def put_root(house: House, instance_id: str, disk: Path | None = None, **more: Any) -> str:
    """Give an instance a root volume, empty or with a raw disk; return its id."""
    if disk is not None:
        with blobs_and_store(house) as (blobs, _):
            arriving, blob_id = blobs.incoming(), blobs.new_id()
            arriving.hardlink_to(disk)
            blobs.keep(arriving, blob_id)
        layer = Layer(blob_id=blob_id, size=disk.stat().st_size, source_id=blob_id)
        more = {"layers": (layer,), **more}
    return attached_volume(house, instance_id, device=ROOT, **more)


def put_machine(house: House, disk: Path | None = None, **more: Any) -> str:
    """Put an instance with a root volume into a server's store; return the instance's id."""
    instance_id = put_instance(house, **more)
    put_root(house, instance_id, disk)
    return instance_id


def closed_bucket(house: House, ownership: str = "BucketOwnerPreferred") -> str:
    """Make a bucket with access control lists, which lets nobody in but its owner."""
    bucket = house.bucket(house.region)
    rules: Any = {"Rules": [{"ObjectOwnership": ownership}]}
    house.s3(region=house.region).put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls=rules
    )
    return bucket


def policy(bucket: str, *statements: Any, who: Any = None) -> str:
    """Write a policy that lets the exporter in, and some more statements."""
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Effect": "Allow",
        "Principal": {"CanonicalUser": who or exporter("us-east-1")},
        "Action": ["s3:GetBucketAcl", "s3:PutObject"],
        "Resource": [arn, f"{arn}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement, *statements]})


def export_bucket(house: House, ownership: str = "BucketOwnerPreferred") -> str:
    """Make a bucket into which instances can be exported."""
    bucket = closed_bucket(house, ownership)
    told = policy(bucket, who=exporter(house.region))
    house.s3(region=house.region).put_bucket_policy(Bucket=bucket, Policy=told)
    return bucket


def start(house: House, instance_id: str, bucket: str, **more: Any) -> Any:
    """Begin an export as OVA; return its task."""
    target = {"S3Bucket": bucket, "S3Prefix": "vms/", "ContainerFormat": "ova"}
    request: Any = {
        "InstanceId": instance_id,
        "TargetEnvironment": "vmware",
        "ExportToS3Task": {**target, "DiskImageFormat": "VMDK"},
        **more,
    }
    return house.ec2().create_instance_export_task(**request)["ExportTask"]


def look(house: House, task_id: str) -> Any:
    """Describe a task."""
    (task,) = house.ec2().describe_export_tasks(ExportTaskIds=[task_id])["ExportTasks"]
    return task


def finished(house: House, task_id: str) -> Any:
    """Wait until a task is completed or cancelled; return it."""
    deadline = time.monotonic() + PATIENCE
    while (task := look(house, task_id))["State"] in ("active", "cancelling"):
        assert time.monotonic() < deadline, task
        time.sleep(0.02)
    return task


def exported(house: House, task: Any, folder: Path) -> Path:
    """Wait for an export; return the file that was made."""
    done = finished(house, task["ExportTaskId"])
    assert done["State"] == "completed", done
    place = done["ExportToS3Task"]
    target = folder / str(place["S3Key"]).rpartition("/")[2]
    house.s3().download_file(place["S3Bucket"], place["S3Key"], str(target))
    return target
