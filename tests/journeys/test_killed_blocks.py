"""kill -9 while blocks are written: what was acknowledged is there, and the writer goes on."""

import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.ebs.conftest import BLOCK, contents, linear, put
from tests.ebs.test_round_trips import many
from tests.house import House
from tests.journeys.remains import until

pytestmark = pytest.mark.slow  # it starts many servers

BLOCKS = 240
AT_ONCE = 32


def data_of(index: int, round_: int) -> bytes:
    """What is written to a block in a round."""
    return hashlib.sha256(f"{index}/{round_}".encode()).digest() * (BLOCK // 32)


def write(
    ebs: Any, snapshot_id: str, indices: list[int], round_: int, done: dict[int, int]
) -> None:
    """Write blocks by many connections until the server dies; note what was acknowledged."""

    def one(index: int) -> None:
        try:
            put(ebs, snapshot_id, {index: data_of(index, round_)})
        except (BotoCoreError, ClientError):
            return
        done[index] = round_

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, indices))


def test_no_acknowledged_block_is_lost(house_on: House) -> None:
    house = house_on
    chance = random.Random(7)
    parent_blocks = {index: data_of(index, 99) for index in range(0, BLOCKS, 7)}
    ebs = many(house, AT_ONCE)
    parent = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    put(ebs, parent, parent_blocks)
    ebs.complete_snapshot(SnapshotId=parent, ChangedBlocksCount=len(parent_blocks))
    snapshot_id = ebs.start_snapshot(VolumeSize=1, ParentSnapshotId=parent)["SnapshotId"]
    done: dict[int, int] = {}

    for round_ in range(3):  # the later ones write over what the earlier have written
        indices = chance.sample(range(BLOCKS), BLOCKS // 2)
        before = dict(done)
        writer = threading.Thread(target=write, args=(ebs, snapshot_id, indices, round_, done))
        writer.start()
        least = chance.randrange(20, 60)
        until(lambda: len([1 for each in done.values() if each == round_]) >= least, "blocks")  # noqa: B023
        house.kill()
        writer.join()
        house.start()
        # What was cut off is unknown to the client: it writes it again, as clients do.
        cut_off = [index for index in indices if done.get(index) != round_]
        assert len(cut_off) < len(indices), before
        write(ebs, snapshot_id, cut_off, round_, done)

    expected = {index: data_of(index, round_) for index, round_ in done.items()}
    ebs.complete_snapshot(
        SnapshotId=snapshot_id, ChangedBlocksCount=len(expected), Checksum=linear(expected)
    )
    assert contents(ebs, snapshot_id) == parent_blocks | expected


def test_a_block_that_was_cut_off_is_missed_at_completion(own_house: House) -> None:
    """What was acknowledged, and not a block more or less, is counted after a restart."""
    ebs = many(own_house, AT_ONCE)
    snapshot_id = ebs.start_snapshot(VolumeSize=1)["SnapshotId"]
    done: dict[int, int] = {}
    indices = list(range(BLOCKS))
    writer = threading.Thread(target=write, args=(ebs, snapshot_id, indices, 1, done))
    writer.start()
    until(lambda: len(done) >= 50, "blocks")
    own_house.kill()
    writer.join()
    own_house.start()

    # A block may have been written whole without its answer: so many, at most, as were under way.
    for count in range(len(done), len(done) + AT_ONCE + 1):
        try:
            ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=count)
            break
        except ebs.exceptions.ValidationException:
            continue
    else:
        raise AssertionError("no count is right")
    found = contents(ebs, snapshot_id)
    assert {index: data_of(index, 1) for index in found} == found
    assert found.keys() >= done.keys()
