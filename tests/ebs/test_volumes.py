"""What is written to volumes, read block by block from their snapshots."""

from typing import Any

import pytest

from tests.ebs.conftest import BLOCK, get, listed, written
from tests.ec2.volumes import made_volume, written_to
from tests.house import House

pytestmark = pytest.mark.slow  # it starts many processes

QUICK: Any = {"Delay": 1, "MaxAttempts": 60}


def snapshot_of(house: House, volume: str) -> str:
    ec2 = house.ec2()
    snapshot: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    waiter = ec2.get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)
    return snapshot


def changed(ebs: Any, first: str, second: str) -> dict[int, bytes]:
    """Return the blocks in which two snapshots differ, as they are in the second."""
    page = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)
    return {
        each["BlockIndex"]: get(ebs, second, each["BlockIndex"], each["SecondBlockToken"])[:1]
        for each in page["ChangedBlocks"]
    }


@pytest.mark.parametrize("encrypted", [False, True])
def test_three_snapshots_of_a_volume(house: House, encrypted: bool) -> None:
    ebs = house.ebs()
    source = written(ebs, {0: b"\1" * BLOCK, 5: b"\2" * BLOCK}, Encrypted=encrypted)
    house.ec2().get_waiter("snapshot_completed").wait(SnapshotIds=[source], WaiterConfig=QUICK)
    volume = made_volume(house, SnapshotId=source)
    first = snapshot_of(house, volume)
    written_to(house, volume, "write -P 3 512k 512k")
    second = snapshot_of(house, volume)
    written_to(house, volume, "write -P 4 1073217536 512k", "write -z 2560k 512k")
    third = snapshot_of(house, volume)

    assert changed(ebs, source, first) == {}
    assert changed(ebs, first, second) == {1: b"\3"}
    assert changed(ebs, second, third) == {5: b"\0", 2047: b"\4"}
    assert changed(ebs, source, third) == {1: b"\3", 5: b"\0", 2047: b"\4"}
    blocks = listed(ebs, third)
    assert {index: get(ebs, third, index, token)[:1] for index, token in blocks.items()} == {
        0: b"\1",
        1: b"\3",
        2047: b"\4",
    }
