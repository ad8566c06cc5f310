"""EBS snapshots: DescribeSnapshots and DeleteSnapshot.

An account sees its own snapshots only: nothing is shared or public yet.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from emulator.context import Context
from emulator.errors import dry_run
from emulator.protocol.xml_writer import lasting
from emulator.services.actions import Actions
from emulator.services.ec2 import errors, ids, paging
from emulator.services.ec2.filters import Filters
from emulator.services.ec2.remembered import Remembered
from emulator.services.ec2.tags import tag_set
from emulator.shapes.ec2 import (
    DeleteSnapshotRequest,
    DescribeSnapshotsRequest,
    DescribeSnapshotsResult,
)
from emulator.shapes.ec2 import Snapshot as SnapshotShape
from state.snapshots import Snapshot
from state.store import Numbered, Tx

actions = Actions()

LARGEST_PAGE = 1000


class Row(NamedTuple):
    """A snapshot, its tags and how both are shown."""

    snapshot: Snapshot
    tags: Mapping[str, str]
    shape: SnapshotShape


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
        "transfer-type": lambda row: None,  # only copies have one
        "volume-id": lambda row: row.snapshot.volume_id,
        "volume-size": lambda row: str(row.snapshot.size_gib),
    },
    lambda row: row.tags,
)


WHOLE_LISTS = Remembered[list[Numbered[Row]]]()


@actions
def describe_snapshots(ctx: Context, request: DescribeSnapshotsRequest) -> DescribeSnapshotsResult:
    """List snapshots: those named, or all that pass the filters."""
    named = request.get("SnapshotIds")
    for other in ("MaxResults", "NextToken"):
        if named and other in request:
            raise errors.not_together("SnapshotIds", other)
    ids.check_snapshot_ids(named or [])
    # The API reference: "if this value is larger than 1,000, only 1,000 results are returned".
    size = request.get("MaxResults")
    page = paging.page(
        "DescribeSnapshots",
        size and min(size, LARGEST_PAGE),
        request.get("NextToken"),
        smallest=5,
        largest=LARGEST_PAGE,
    )
    test = FILTERS.test(request.get("Filters"))
    mine = owns(ctx, request)
    if request.get("DryRun"):
        raise dry_run()
    rows, next_token = paging.take(page, lambda after, limit: fetch(ctx, named, after, limit), test)
    result: DescribeSnapshotsResult = {"Snapshots": [row.shape for row in rows] if mine else []}
    if next_token and mine:
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
    ctx.blobs.remove(snapshot.blob_id)
    return {}


def forget(tx: Tx, snapshot: Snapshot) -> None:
    """Forget a snapshot, who may use it and its tags; its bytes go after the commit."""
    tx.snapshots.remove(snapshot.id)
    tx.permissions.clear(snapshot.id)
    tx.tags.remove(snapshot.account_id, snapshot.region, snapshot.id, None)


def find_snapshot(ctx: Context, tx: Tx, snapshot_id: str) -> Snapshot:
    """Return a snapshot of the account in the Region; InvalidSnapshot.NotFound."""
    snapshot = tx.snapshots.get(snapshot_id)
    if snapshot is None or (snapshot.account_id, snapshot.region) != (ctx.account_id, ctx.region):
        raise errors.snapshot_not_found(snapshot_id)
    return snapshot


def fetch(
    ctx: Context, named: list[str] | None, after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the account's snapshots in the Region: those named, a part of them, or all."""
    if named or after or limit is not None:
        return read(ctx, named, after, limit)
    key = (ctx.account_id, ctx.region)
    return WHOLE_LISTS.get(ctx.store, key, lambda: read(ctx, None, 0, None))


def read(
    ctx: Context, named: list[str] | None, after: int, limit: int | None
) -> list[Numbered[Row]]:
    """Return the same from the store."""
    with ctx.store.read() as tx:
        found = tx.snapshots.list(
            ctx.account_id, ctx.region, ids=named or None, after=after, limit=limit
        )
        if named:
            check_exist(ctx, tx, set(named).difference(snapshot.id for _, snapshot in found))
        tags = tx.tags.of([snapshot.id for _, snapshot in found])
    return [
        Numbered(sequence, Row(snapshot, tags[snapshot.id], shown(snapshot, tags[snapshot.id])))
        for sequence, snapshot in found
    ]


def check_exist(ctx: Context, tx: Tx, not_mine: Iterable[str]) -> None:
    """Refuse ids of no snapshot in the Region; one of another account is only left out."""
    for snapshot_id in sorted(not_mine):
        snapshot = tx.snapshots.get(snapshot_id)
        if snapshot is None or snapshot.region != ctx.region:
            raise errors.snapshot_not_found(snapshot_id)


def owns(ctx: Context, request: DescribeSnapshotsRequest) -> bool:
    """Tell whether the account's own snapshots are among those asked for."""
    me = {"self", ctx.account_id}
    asked = [
        (request.get("OwnerIds"), {"self", "amazon", "aws-marketplace"}),
        (request.get("RestorableByUserIds"), {"self", "all"}),
    ]
    for users, words in asked:
        for user in users or ():
            if user not in words and not (user.isascii() and user.isdecimal() and len(user) == 12):
                raise errors.user_malformed(user)
    return all(not users or me.intersection(users) for users, _ in asked)


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
    return lasting(shape)


def progress(snapshot: Snapshot) -> str:
    """Return how much of a snapshot is there."""
    return "100%" if snapshot.state == "completed" else "0%"


def timestamp(moment: datetime) -> str:
    """Return a moment as EC2 writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
