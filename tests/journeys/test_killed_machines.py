"""kill -9, and a stop, of a server whose instances run."""

import pytest

from tests.house import House, MakeHouse
from tests.journeys.remains import assert_programs_die, assert_tidy, programs
from tests.machines.conftest import STAYS, becomes, image, launched, runs

pytestmark = [pytest.mark.slow, pytest.mark.guests, pytest.mark.timeout(300)]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    return make_house(instances="auto")


def machines(house: House) -> list[str]:
    return [line for line in programs(house).values() if "-netdev" in line]


def test_killed_its_instances_are_found_stopped_and_start_again(house: House) -> None:
    ec2 = house.ec2()
    image_id = image(house, STAYS)
    running, ending = runs(house, image_id), runs(house, image_id)
    assert machines(house)
    ec2.stop_instances(InstanceIds=[ending])  # nobody in it hears its power button

    house.kill()
    assert_programs_die(house)
    house.start()

    stopped = becomes(house, running, "stopped")
    assert stopped["StateReason"]["Code"] == "Server.InternalError"
    assert becomes(house, ending, "stopped")["StateReason"]["Code"] == (
        "Client.UserInitiatedShutdown"
    )
    assert stopped.get("Tags", []) == []
    ec2.start_instances(InstanceIds=[running])
    becomes(house, running, "running")
    ec2.terminate_instances(InstanceIds=[running, ending])
    becomes(house, running, "terminated")
    assert machines(house) == []
    assert_tidy(house)


def test_killed_before_it_runs_an_instance_is_started_or_stopped(house: House) -> None:
    instance_id = launched(house, image(house, STAYS))

    house.kill()
    assert_programs_die(house)
    house.start()

    # Whether the dead server had taken it is chance: nobody else is to have it in between.
    house.ec2().terminate_instances(InstanceIds=[instance_id], SkipOsShutdown=True)
    becomes(house, instance_id, "terminated")
    assert_tidy(house)


def test_a_server_that_is_stopped_takes_its_machines_along(house: House) -> None:
    instance_id = runs(house, image(house, STAYS))

    assert house.stop() == 0

    assert programs(house) == {}
    house.start()
    assert becomes(house, instance_id, "stopped")["StateReason"]["Code"] == "Server.InternalError"
    assert_tidy(house)
