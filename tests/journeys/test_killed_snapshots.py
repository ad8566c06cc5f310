"""kill -9 in the middle of a snapshot of a volume: it goes on, and the volume loses nothing."""

import time
from typing import Any

import pytest

from state.tasks import work_of
from tests.ec2.volumes import changed_blocks, content, made_volume, snapshot_content, written_to
from tests.house import House
from tests.journeys.remains import (
    assert_programs_die,
    assert_tidy,
    names,
    stop_program,
    until,
    writes_held,
)

pytestmark = pytest.mark.slow  # it starts many servers

BLOCK = 512 << 10
QUICK: Any = {"Delay": 1, "MaxAttempts": 60}


def snapshot_of(house: House, volume: str) -> str:
    return house.ec2().create_snapshot(VolumeId=volume)["SnapshotId"]


def wait_for(house: House, snapshot: str) -> None:
    waiter = house.ec2().get_waiter("snapshot_completed")
    waiter.wait(SnapshotIds=[snapshot], WaiterConfig=QUICK)


def test_killed_while_it_is_written_a_snapshot_is_completed_at_the_next_start(
    house_on: House,
) -> None:
    volume = made_volume(house_on, Size=1)
    first = snapshot_of(house_on, volume)
    written_to(house_on, volume, "write -P 1 0 16M")
    snapshot = snapshot_of(house_on, volume)
    stop_program(house_on, "qemu-img convert")
    written_to(house_on, volume, "write -P 2 16M 512k")

    house_on.kill()
    assert_programs_die(house_on)
    house_on.start()

    wait_for(house_on, snapshot)
    written = dict.fromkeys(range(32), b"\1" * BLOCK)
    assert snapshot_content(house_on, snapshot) == written
    assert content(house_on, volume) == {**written, 32: b"\2" * BLOCK}
    assert changed_blocks(house_on, first, snapshot) == list(range(32))
    assert_tidy(house_on)


def test_killed_around_the_commit_a_snapshot_is_completed_once(own_house: House) -> None:
    volume = made_volume(own_house, Size=1)
    snapshot, found = "", ""
    while found != "publishing":
        written_to(own_house, volume, "write -P 1 0 512k")
        kept = len(names(own_house, "blobs"))
        snapshot, found = snapshot_of(own_house, volume), ""
        while found not in ("publishing", "completed"):  # then it is too late: the next one
            with writes_held(own_house) as connection:
                (found,) = connection.execute(
                    "SELECT state FROM tasks WHERE id = ?", [work_of(snapshot)]
                ).fetchone()
                if found == "publishing":
                    wanted = kept + 2  # its bytes are kept under both names
                    until(lambda wanted=wanted: len(names(own_house, "blobs")) > wanted, "bytes")  # type: ignore[misc]
                    own_house.kill()
            time.sleep(0.0005)
    own_house.start()

    wait_for(own_house, snapshot)
    assert snapshot_content(own_house, snapshot) == {0: b"\1" * BLOCK}
    assert content(own_house, volume) == {0: b"\1" * BLOCK}
    assert_tidy(own_house)
