"""Five tasks of an account and Region run at once; the others wait for their turn."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from state.store import Store
from state.tasks import TaskState
from tests.house import House, default_url, new_account

QUOTA = 5


def running(store: Store) -> Counter[tuple[str, str]]:
    """How many tasks have begun and not ended, by account and Region."""
    with store.read() as tx:
        return Counter(
            (task.account_id, task.region)
            for task in tx.tasks.unfinished()
            if task.state is not TaskState.PENDING
        )


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_exceeds_the_quota_waits_and_is_done_in_its_turn(
    own_house: House, long_image: Path
) -> None:
    bucket = own_house.bucket()
    own_house.put_object(bucket, "long.vhdx", long_image)
    ec2 = own_house.ec2()
    ids = [
        ec2.import_snapshot(
            DiskContainer={"UserBucket": {"S3Bucket": bucket, "S3Key": "long.vhdx"}}
        )["ImportTaskId"]
        for _ in range(QUOTA + 2)
    ]

    def waiting() -> list[int]:
        with store.read() as tx:
            tasks = tx.tasks.unfinished()
        return [ids.index(task.id) for task in tasks if task.state is TaskState.PENDING]

    def until(expected: list[int]) -> None:
        deadline = time.monotonic() + 30
        while len(waiting()) > len(expected):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(1)
        assert waiting() == expected

    store = Store(default_url(own_house.data_dir))
    try:
        until([QUOTA, QUOTA + 1])
        assert max(running(store).values()) == QUOTA
        ec2.cancel_import_task(ImportTaskId=ids[0])
        until([QUOTA + 1])
    finally:
        store.close()
    (last,) = ec2.describe_import_snapshot_tasks(ImportTaskIds=ids[-1:])["ImportSnapshotTasks"]
    assert last["SnapshotTaskDetail"]["Status"] == "active"
    assert last["SnapshotTaskDetail"]["StatusMessage"] == "pending"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_200_tasks_of_20_accounts_run_five_at_once_for_each(own_house: House) -> None:
    accounts = [new_account() for _ in range(20)]
    buckets = {account: House(own_house.server, account).bucket() for account in accounts}
    for account, bucket in buckets.items():
        House(own_house.server, account).put_object(bucket, "disk.raw", b"disk" * 1024)

    def start(number: int) -> tuple[str, str]:
        account = accounts[number % len(accounts)]
        task = own_house.ec2(account).import_snapshot(
            DiskContainer={"UserBucket": {"S3Bucket": buckets[account], "S3Key": "disk.raw"}}
        )
        return account, task["ImportTaskId"]

    with ThreadPoolExecutor(8) as pool:
        tasks = list(pool.map(start, range(200)))

    store = Store(default_url(own_house.data_dir))
    most: Counter[tuple[str, str]] = Counter()
    try:
        deadline = time.monotonic() + 300
        while True:
            now = running(store)
            most |= now
            with store.read() as tx:
                left = len(tx.tasks.unfinished())
            if not left:
                break
            assert time.monotonic() < deadline, f"{left} tasks are left"
            time.sleep(0.02)
    finally:
        store.close()

    assert max(most.values()) <= QUOTA
    assert max(most.values()) > 1, "nothing ran side by side"
    for account in accounts:
        described = own_house.ec2(account).describe_import_snapshot_tasks()["ImportSnapshotTasks"]
        assert {task["ImportTaskId"] for task in described} == {
            task_id for owner, task_id in tasks if owner == account
        }
        assert {task["SnapshotTaskDetail"]["Status"] for task in described} == {"completed"}
