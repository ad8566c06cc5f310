"""How every export ends: its file becomes an object in the bucket, and the task is COMPLETED."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from converters.errors import bucket_gone
from converters.pipelines.publishing import publication
from converters.stages.from_raw import Written
from state.jobs import Attempt
from state.objects import Bucket, Object
from state.tasks import ExportImageWork, ExportInstanceWork, TaskState
from state.values import Frozen

# assumed: what the SDKs send for a stream of bytes that nobody has said more of
CONTENT_TYPE: Final = "application/octet-stream"
# Who writes must be allowed s3:GetBucketAcl: the object is to be the bucket owner's.
ACL: Final = "bucket-owner-full-control"


class Converted(Frozen):
    """The file of the object, and what its blob shall be called."""

    path: Path
    written: Written
    blob_id: str


class Published(Frozen):
    """What is visible now."""

    key: str


def put_object(
    attempt: Attempt,
    work: ExportImageWork | ExportInstanceWork,
    converted: Converted,
    owner_of: Callable[[Bucket], str],
) -> None:
    """Make the object visible and the task COMPLETED: both or neither.

    owner_of names the account whose the object is; it may raise what refuses the bucket.
    """
    now = datetime.now(UTC)
    task = attempt.task
    with publication(attempt, {converted.blob_id: converted.path}) as tx:
        bucket = tx.buckets.get(work.bucket)
        if bucket is None or (bucket.account_id, bucket.region) != (task.account_id, task.region):
            raise bucket_gone(work.bucket)
        exported = Object(
            bucket=work.bucket,
            key=work.key,
            blob_id=converted.blob_id,
            size=converted.written.size,
            etag=converted.written.etag,
            part_sizes=converted.written.part_sizes,
            modified_at=now.replace(microsecond=0),
            content_type=CONTENT_TYPE,
            owner_id=owner_of(bucket),
            acl=ACL,
        )
        tx.tasks.move(task, TaskState.COMPLETED, progress=100, finished_at=now)
        replaced = tx.objects.put(exported)
    if replaced is not None:
        attempt.blobs.remove(replaced.blob_id)
