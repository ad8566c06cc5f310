"""kill -9, and a stop, of a server, or a worker, whose instances run."""

import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.house import House, MakeHouse, launch
from tests.journeys.remains import assert_programs_die, assert_tidy, parent, programs, until
from tests.machines.conftest import (
    STAYS,
    attachment,
    becomes,
    described,
    image,
    launched,
    root_of,
    runs,
    volume,
)

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


def test_killed_in_the_midst_of_all_that_was_asked_for_it_is_done_or_over(house: House) -> None:
    ec2 = house.ec2()
    image_id = image(house, STAYS)
    kept: Any = [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": False}}]
    first, second = runs(house, image_id), runs(house, image_id, BlockDeviceMappings=kept)
    zone = described(house, first)["Placement"]["AvailabilityZone"]
    added = ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    root = root_of(house, second)
    # Nobody in them hears a power button: both could last for a minute.
    made = ec2.create_image(InstanceId=first, Name="in the midst")["ImageId"]
    ec2.terminate_instances(InstanceIds=[second])
    until(lambda: volume(house, added)["State"] == "available" or None, "the volume")
    ec2.attach_volume(InstanceId=first, VolumeId=added, Device="/dev/sdf")
    assert ec2.describe_images(ImageIds=[made])["Images"][0]["State"] == "pending"
    assert described(house, second)["State"]["Name"] == "shutting-down"

    house.kill()
    assert_programs_die(house)
    house.start()

    becomes(house, first, "stopped")
    becomes(house, second, "terminated")
    assert volume(house, root)["State"] == "available"
    assert attachment(house, added) == "attached"
    ec2.get_waiter("image_available").wait(
        ImageIds=[made], WaiterConfig={"Delay": 1, "MaxAttempts": 100}
    )
    assert machines(house) == []
    assert_tidy(house)


def test_a_server_that_is_stopped_takes_its_machines_along(house: House) -> None:
    instance_id = runs(house, image(house, STAYS))

    assert house.stop() == 0

    assert programs(house) == {}
    house.start()
    assert becomes(house, instance_id, "stopped")["StateReason"]["Code"] == "Server.InternalError"
    assert_tidy(house)


@pytest.fixture
def house_of_two(make_house: MakeHouse, postgres_url: str) -> House:
    """A server that runs nothing itself."""
    return make_house(role="api", database_url=postgres_url, instances="auto")


@pytest.fixture
def workers(house_of_two: House, postgres_url: str) -> Iterator[dict[int, "subprocess.Popen[str]"]]:
    """Two workers for it, by their process ids."""
    data_dir = house_of_two.data_dir
    started = {}
    for number in range(2):
        worker = launch(
            "worker", "--data-dir", str(data_dir), "--database-url", postgres_url,
            "--instances", "auto",
            log=data_dir.with_name(f"worker-{number}.log"),
        )  # fmt: skip
        started[worker.pid] = worker
    for worker in started.values():
        assert worker.stdout is not None
        assert worker.stdout.readline() == "vmie is ready to run tasks\n"
    yield started
    for worker in started.values():
        worker.kill()
        worker.communicate()


@pytest.mark.postgres
def test_when_a_worker_is_killed_another_has_its_instances_stopped(
    house_of_two: House, workers: "dict[int, subprocess.Popen[str]]"
) -> None:
    house = house_of_two
    image_id = image(house, STAYS)
    instance_id = until(lambda: real(house, image_id), "a worker to offer itself")
    becomes(house, instance_id, "running")
    [machine] = [pid for pid, line in programs(house).items() if line.startswith("/usr/bin/qemu")]
    while machine not in workers:
        machine = parent(machine)

    os.kill(machine, signal.SIGKILL)

    stopped = becomes(house, instance_id, "stopped")
    assert stopped["StateReason"]["Code"] == "Server.InternalError"
    house.ec2().start_instances(InstanceIds=[instance_id])
    becomes(house, instance_id, "running")


def real(house: House, image_id: str) -> str:
    """Start an instance; return its id if a machine is to run it, and no record only."""
    instance_id = launched(house, image_id)
    found = house.ec2().describe_instances(InstanceIds=[instance_id])["Reservations"][0]
    if found["Instances"][0]["State"]["Name"] == "pending":
        return instance_id
    house.ec2().terminate_instances(InstanceIds=[instance_id])
    return ""
