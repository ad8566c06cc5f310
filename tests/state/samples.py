"""Values to put into a store, each like the others but for what a test is about."""

from datetime import UTC, datetime
from typing import Final

from state.objects import Bucket, Object, Part, Upload
from state.snapshots import Snapshot
from state.tasks import DiskSource, ImportSnapshotWork, Task, TaskState

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ACCOUNT: Final = "111111111111"
REGION: Final = "us-east-1"


def snapshot(
    snapshot_id: str, account_id: str = ACCOUNT, region: str = REGION, blob_id: str = ""
) -> Snapshot:
    """Return a snapshot of 1 GiB."""
    return Snapshot(
        id=snapshot_id,
        account_id=account_id,
        region=region,
        created_at=NOW,
        size_gib=1,
        size_bytes=1 << 30,
        blob_id=blob_id or f"blob-of-{snapshot_id}",
    )


def task(
    task_id: str = "import-snap-1",
    state: TaskState = TaskState.PENDING,
    account_id: str = ACCOUNT,
    region: str = REGION,
    client_token: str | None = None,
) -> Task:
    """Return the import of a snapshot."""
    return Task(
        id=task_id,
        account_id=account_id,
        region=region,
        created_at=NOW,
        work=ImportSnapshotWork(source=DiskSource(bucket="images", key="disk.vmdk")),
        state=state,
        client_token=client_token,
    )


def bucket(name: str, account_id: str = ACCOUNT) -> Bucket:
    """Return a bucket."""
    return Bucket(name=name, account_id=account_id, region=REGION, created_at=NOW)


def object_(bucket: str, key: str, blob_id: str = "blob") -> Object:
    """Return an object of 3 bytes."""
    return Object(bucket=bucket, key=key, blob_id=blob_id, size=3, etag="e", modified_at=NOW)


def upload(upload_id: str, bucket: str = "images", key: str = "disk.vmdk") -> Upload:
    """Return a multipart upload."""
    return Upload(id=upload_id, bucket=bucket, key=key, account_id=ACCOUNT, started_at=NOW)


def part(upload_id: str, number: int, blob_id: str = "blob") -> Part:
    """Return a part of 3 bytes."""
    return Part(
        upload_id=upload_id, number=number, blob_id=blob_id, size=3, etag="e", modified_at=NOW
    )
