"""A snapshot that is not completed in its time ends in error."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.ebs.conftest import (
    SIZE,
    behind_the_scenes,
    block,
    let_its_time_pass,
    put,
    refusal,
    sha256,
)
from tests.house import House

WRONG_STATE = (400, "ValidationException", "INVALID_SNAPSHOT_ID")


def test_what_is_overdue_is_in_error(house: House, ebs: Any) -> None:
    snapshot_id = ebs.start_snapshot(VolumeSize=1, Timeout=10)["SnapshotId"]
    put(ebs, snapshot_id, {0: block("a")})
    let_its_time_pass(house, snapshot_id)

    ec2 = house.ec2()
    (shown,) = ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]
    assert shown["State"] == "error"
    for status, count in (("error", 1), ("pending", 0)):
        filters: Any = [{"Name": "status", "Values": [status]}]
        found = ec2.describe_snapshots(OwnerIds=["self"], Filters=filters)["Snapshots"]
        assert len(found) == count
    with pytest.raises(WaiterError):
        ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id])
    data = block("b")
    request = {"SnapshotId": snapshot_id, "BlockIndex": 0, "BlockData": data}
    attempt = ebs.put_snapshot_block
    assert refusal(attempt, **request, Checksum=sha256(data), **SIZE) == WRONG_STATE
    asked = {"SnapshotId": snapshot_id, "ChangedBlocksCount": 1}
    assert refusal(ebs.complete_snapshot, **asked) == WRONG_STATE
    ec2.delete_snapshot(SnapshotId=snapshot_id)


@pytest.mark.slow
def test_a_start_makes_it_a_fact_and_removes_the_bytes(own_house: House) -> None:
    ebs, ec2 = own_house.ebs(), own_house.ec2()
    overdue, other = (ebs.start_snapshot(VolumeSize=1)["SnapshotId"] for _ in range(2))
    for snapshot_id in (overdue, other):
        put(ebs, snapshot_id, {0: block("a")})
    path, kept = own_house.snapshot_bytes(overdue), own_house.snapshot_bytes(other)
    own_house.stop()
    let_its_time_pass(own_house, overdue)

    own_house.start()
    own_house.stop()  # which waits for what goes on behind the first requests

    assert not list(path.parent.glob(f"*{path.name}"))
    assert len(list(kept.parent.glob(f"*{kept.name}"))) == 2
    own_house.start()
    states = {
        each["SnapshotId"]: each["State"]
        for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    }
    assert states == {overdue: "error", other: "pending"}


def test_every_block_puts_the_deadline_off(house: House, ebs: Any) -> None:
    started = datetime.now(UTC)
    snapshot_id = ebs.start_snapshot(VolumeSize=1, Timeout=10)["SnapshotId"]
    with behind_the_scenes(house) as tx:
        snapshot = tx.snapshots.get(snapshot_id)
        assert timedelta(minutes=9) < snapshot.expires_at - started < timedelta(minutes=11)
        soon = started + timedelta(minutes=1)
        tx.snapshots.replace(snapshot.model_copy(update={"expires_at": soon}))

    put(ebs, snapshot_id, {0: block("a")})

    with behind_the_scenes(house) as tx:
        left = tx.snapshots.get(snapshot_id).expires_at - started
    assert timedelta(minutes=10) <= left < timedelta(minutes=12)
