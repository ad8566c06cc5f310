"""EBS snapshots: DescribeSnapshots and DeleteSnapshot.

An account sees its own snapshots, those that are shared with it and those that are public. What it
may not use it does not see: to change or delete what is another's fails as if it did not exist
(assumed for what is shared).
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.protocol.xml_writer import lasting
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, paging
from emulator.services.ec2.filters import Filters, all_of
from emulator.services.ec2.permissions import accounts
from emulator.services.ec2.remembered import Remembered
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    DeleteSnapshotRequest,
    DescribeSnapshotsRequest,
    DescribeSnapshotsResult,
)
from emulator.shapes.ec2 import Snapshot as SnapshotShape
from state.drafts import as_of, checksums_of, journal_of
from state.rows.permissions import EVERYBODY
from state.snapshots import Snapshot
from state.store import Numbered, Tx
from state.tasks import TaskState, work_of

actions = Actions()
LARGEST_PAGE = 1000
ALIASES = frozenset({"amazon", "aws-marketplace"})  # owners of nothing here


class Row(NamedTuple):
    """A snapshot, its tags, who may use it as far as it is to be told, and how it is shown."""

    snapshot: Snapshot
    tags: Mapping[str, str]
    users: Collection[str]
    shape: SnapshotShape


class Listed(NamedTuple):
    """Rows, and the first of their deadlines: few snapshots have one."""

    rows: list[Numbered[Row]]
    deadline: datetime | None


FILTERS = Filters[Row](
    {
        "description": lambda row: row.snapshot.description,
        "encrypted": lambda row: "true" if row.snapshot.encrypted else "false",
        "owner-alias": lambda row: None,  # only Amazon's own snapshots have one
        "owner-id": lambda row: row.snapshot.account_id,
        "progress": lambda row: progress(row.snapshot),
        "snapshot-id": lambda row: row.snapshot.id,
        "start-time": lambda row: timestamp(row.snapshot.created_at),
        "status": lambda row: row.snapshot.state,
        "storage-tier": lambda row: "standard",
        "transfer-type": lambda row: row.snapshot.transfer_type,
        "volume-id": lambda row: row.snapshot.volume_id,
        "volume-size": lambda row: str(row.snapshot.size_gib),
    },
    lambda row: row.tags,
)


WHOLE_LISTS = Remembered[Listed]()


@actions
def describe_snapshots(ctx: Context, request: DescribeSnapshotsRequest) -> DescribeSnapshotsResult:
    """List snapshots: those named, or all that pass the filters."""
    named = request.get("SnapshotIds")
    for other in ("MaxResults", "NextToken"):
        if named and other in request:
            raise errors.not_together("SnapshotIds", other)
    ids.check_snapshot_ids(named or [])
    # The API reference: "if this value is larger than 1,000, only 1,000 results are returned".
    page = paging.page(
        "DescribeSnapshots",
        request.get("MaxResults"),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
        clipped=True,
    )
    owners = accounts(ctx.account_id, request.get("OwnerIds", ()), ALIASES)
    restorers = accounts(ctx.account_id, request.get("RestorableByUserIds", ()), {EVERYBODY})
    own = owners == {ctx.account_id}
    tests = [FILTERS.test(request.get("Filters"))]
    if owners and not own:
        tests.append(lambda row: row.snapshot.account_id in owners)
    if restorers:
        tests.append(lambda row: not restorers.isdisjoint(row.users))
    if request.get("DryRun"):
        raise dry_run()
    rows, next_token = paging.take(
        page, lambda after, limit: current(ctx, fetch(ctx, named, own, after, limit)), all_of(tests)
    )
    result: DescribeSnapshotsResult = {"Snapshots": [row.shape for row in rows]}
    if next_token:
        result["NextToken"] = next_token
    return result


@actions
def delete_snapshot(ctx: Context, request: DeleteSnapshotRequest) -> Mapping[str, object]:
    """Forget a snapshot and its tags, then its bytes."""
    snapshot_id = request["SnapshotId"]
    ids.check_snapshot_ids([snapshot_id])
    with ctx.store.begin() as tx:
        snapshot = find_snapshot(ctx, tx, snapshot_id)
        for image in tx.images.made_of(snapshot_id):
            raise errors.snapshot_in_use(snapshot_id, image.id)
        if request.get("DryRun"):
            raise dry_run()
        forget(tx, snapshot)
    remove_bytes(ctx, snapshot)
    return {}


def forget(tx: Tx, snapshot: Snapshot) -> None:
    """Forget a snapshot, who may use it and its tags; its bytes go after the commit."""
    tx.snapshots.remove(snapshot.id)
    if snapshot.state == "pending":
        stop_work(tx, snapshot.id)
    tx.lineage.forget(snapshot.id)
    tx.drafts.remove(snapshot.id)
    tx.permissions.clear(snapshot.id)
    tx.tags.remove(snapshot.account_id, snapshot.region, snapshot.id, None)


def stop_work(tx: Tx, resource_id: str) -> None:
    """Cancel the task that writes the bytes of a snapshot or a volume, if there is one."""
    task = tx.tasks.get(work_of(resource_id))
    if task is None or task.state.ended or task.state is TaskState.DELETING:
        return
    waits = task.state is TaskState.PENDING
    tx.tasks.move(task, TaskState.CANCELLED if waits else TaskState.DELETING)


def remove_bytes(ctx: Context, snapshot: Snapshot) -> None:
    """Remove the bytes of a snapshot that is forgotten, and let nobody write any more of them."""
    if snapshot.state == "pending":
        ctx.engine.cancel(work_of(snapshot.id))
    layers = (layer.blob_id for layer in snapshot.layers)
    beside = (journal_of(snapshot.blob_id), checksums_of(snapshot.blob_id))
    for blob_id in (snapshot.blob_id, *beside, *layers):
        ctx.blobs.remove(blob_id)


def find_snapshot(ctx: Context, tx: Tx, snapshot_id: str) -> Snapshot:
    """Return a snapshot of the account in the Region; InvalidSnapshot.NotFound."""
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None or (snapshot.account_id, snapshot.region) != (ctx.account_id, ctx.region):
        raise errors.snapshot_not_found(snapshot_id)
    return snapshot


def find_usable_snapshot(ctx: Context, tx: Tx, region: str, snapshot_id: str) -> Snapshot:
    """Return a snapshot of a Region that the account may use; InvalidSnapshot.NotFound."""
    found = tx.snapshots.usable(ctx.account_id, region, ids=[snapshot_id])
    if not found:
        raise errors.snapshot_not_found(snapshot_id)
    return found[0].value


def fetch(
    ctx: Context, named: list[str] | None, own: bool, after: int, limit: int | None
) -> Listed:
    """Return what the account may use in the Region, or owns: those named, a part, or all."""
    if named or after or limit is not None:
        return read(ctx, named, own, after, limit)
    key = (ctx.account_id, ctx.region, own)
    return WHOLE_LISTS.get(ctx.store, key, lambda: read(ctx, None, own, 0, None))


def read(ctx: Context, named: list[str] | None, own: bool, after: int, limit: int | None) -> Listed:
    """Return the same from the store."""
    with ctx.store.read() as tx:
        listed = tx.snapshots.list if own else tx.snapshots.usable
        found = listed(ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit)
        if named:
            check_exist(ctx, tx, set(named).difference(snapshot.id for _, snapshot in found))
        snapshot_ids = [snapshot.id for _, snapshot in found]
        tags = tx.tags.of(snapshot_ids)
        users = tx.permissions.of(snapshot_ids)
    rows = [
        Numbered(sequence, row(ctx.account_id, snapshot, tags[snapshot.id], users[snapshot.id]))
        for sequence, snapshot in found
    ]
    deadlines = (snapshot.expires_at for _, snapshot in found if snapshot.expires_at is not None)
    return Listed(rows, min(deadlines, default=None))


def current(ctx: Context, listed: Listed) -> list[Numbered[Row]]:
    """Return rows as they are now: in error, where the deadline of who writes has passed."""
    now = ctx.now()
    if listed.deadline is None or now < listed.deadline:
        return listed.rows
    return [
        Numbered(sequence, again(value, as_of(value.snapshot, now)))
        for sequence, value in listed.rows
    ]


def again(known: Row, snapshot: Snapshot) -> Row:
    """Return a row with another state of its snapshot."""
    if snapshot is known.snapshot:
        return known
    shape = shown(snapshot, {tag["Key"]: tag["Value"] for tag in known.shape.get("Tags", [])})
    return known._replace(snapshot=snapshot, shape=shape)


def row(viewer: str, snapshot: Snapshot, tags: Mapping[str, str], users: Collection[str]) -> Row:
    """Return what an account sees of a snapshot: of another's no tags, and of its users itself."""
    if snapshot.account_id == viewer:
        return Row(snapshot, tags, {viewer, *users}, shown(snapshot, tags))
    return Row(snapshot, {}, {viewer, EVERYBODY}.intersection(users), shown(snapshot, {}))


def check_exist(ctx: Context, tx: Tx, missing: Iterable[str]) -> None:
    """Refuse ids of no snapshot in the Region; one that is not the account's is only left out.

    So the API reference: "If you specify a snapshot ID for which you do not have access, it is
    not included in the returned results."
    """
    for snapshot_id in sorted(missing):
        snapshot = tx.snapshots.get(snapshot_id)
        if snapshot is None or snapshot.region != ctx.region:
            raise errors.snapshot_not_found(snapshot_id)


def shown(snapshot: Snapshot, tags: Mapping[str, str]) -> SnapshotShape:
    """Return a snapshot as clients see it; nobody may change what is returned."""
    shape: SnapshotShape = {
        "Description": snapshot.description,
        "Encrypted": snapshot.encrypted,
        "OwnerId": snapshot.account_id,
        "Progress": progress(snapshot),
        "SnapshotId": snapshot.id,
        "StartTime": snapshot.created_at,
        "State": snapshot.state,
        "StorageTier": "standard",
        "Tags": tag_set(tags),
        "VolumeId": snapshot.volume_id,
        "VolumeSize": snapshot.size_gib,
    }
    if snapshot.completed_at is not None:
        shape["CompletionTime"] = snapshot.completed_at
    if snapshot.kms_key_id is not None:
        shape["KmsKeyId"] = snapshot.kms_key_id
    if snapshot.message is not None:
        shape["StateMessage"] = snapshot.message
    if snapshot.transfer_type is not None:
        shape["TransferType"] = snapshot.transfer_type
    if snapshot.completion_minutes is not None:
        shape["CompletionDurationMinutes"] = snapshot.completion_minutes
    return lasting(shape)


def progress(snapshot: Snapshot) -> str:
    """Return how much of a snapshot is there."""
    return "100%" if snapshot.state == "completed" else f"{snapshot.progress}%"


def timestamp(moment: datetime) -> str:
    """Return a moment as EC2 writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
