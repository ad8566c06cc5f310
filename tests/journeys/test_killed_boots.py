"""kill -9 and cancel while an imported machine is being started."""

from pathlib import Path

import pytest

from tests.boot.conftest import tinies
from tests.boot.tiny import Tinies, Tiny
from tests.house import House, MakeHouse
from tests.journeys.remains import assert_programs_die, assert_tidy, programs, until
from tests.journeys.test_killed_guests import start

__all__ = ["tinies"]

pytestmark = [pytest.mark.slow, pytest.mark.guests, pytest.mark.timeout(300)]

GOOD = Tiny("good")


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house(boot="require")


def started(house: House) -> None:
    """Wait until a guest runs."""
    until(
        lambda: [pid for pid, line in programs(house).items() if "-netdev" in line] or None,
        "no machine was started",
    )


def test_killed_while_a_machine_starts_its_import_goes_on_at_the_next_start(
    house: House, tinies: Tinies
) -> None:
    task = start(house, tinies.disk(GOOD))
    started(house)

    house.kill()
    assert_programs_die(house)
    house.start()

    ended = house.finished_image(task, timeout=200)
    assert ended["Status"] == "completed", ended.get("StatusMessage")
    disk: Path = house.snapshot_bytes(ended["SnapshotDetails"][0]["SnapshotId"])
    assert disk.read_bytes() == tinies.disk(GOOD).read_bytes()
    assert_tidy(house)


def test_cancelled_while_a_machine_starts_nothing_stays(house: House, tinies: Tinies) -> None:
    task = start(house, tinies.disk(GOOD))
    started(house)

    house.ec2().cancel_import_task(ImportTaskId=task["ImportTaskId"])

    assert house.finished_image(task)["Status"] == "deleted"
    assert house.ec2().describe_images(Owners=["self"])["Images"] == []
    assert house.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    assert_tidy(house)
