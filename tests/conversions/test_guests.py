"""What an instance import does with the system on the disk: as an image import."""

from collections.abc import Iterator

import httpx
import pytest

from tests.conversions.uploads import MIB, Upload, ended
from tests.guests.builders import Builder
from tests.guests.conftest import guests
from tests.guests.recipes import Recipe
from tests.house import House, Server

pytestmark = pytest.mark.guests

__all__ = ["guests"]


@pytest.fixture(scope="module")
def server_of_guests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("instances") / "data", guests="auto")
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
def test_the_system_is_found_and_adapted(server_of_guests: Server, guests: Builder) -> None:
    house = House(server_of_guests)
    disk = guests.disk(Recipe("debian", "12.4", "6.1.0-15-amd64")).read_bytes()
    upload = Upload(house, disk, part=64 * MIB)
    upload.put_all()

    task = upload.import_instance(
        LaunchSpecification={"InstanceType": "t2.micro"},
        DiskImages=[{"Image": upload.asked(), "Volume": {"Size": 8}}],
    )
    done = ended(house, task["ConversionTaskId"])

    assert done["State"] == "completed", done["StatusMessage"]
    found = house.ec2().describe_instances(InstanceIds=[done["ImportInstance"]["InstanceId"]])
    (instance,) = found["Reservations"][0]["Instances"]
    assert (instance["Architecture"], instance["BootMode"]) == ("x86_64", "legacy-bios")
    report = httpx.get(f"{house.endpoint}/_vmie/reports/{task['ConversionTaskId']}").json()
    assert report["accepted"]
    assert "/etc/fstab" in [change["path"] for change in report["changes"]]


@pytest.mark.slow
def test_a_system_that_ec2_does_not_know_is_refused(
    server_of_guests: Server, guests: Builder
) -> None:
    house = House(server_of_guests)
    disk = guests.disk(Recipe("debian", "12.4", "6.9.0-15-amd64")).read_bytes()
    upload = Upload(house, disk, part=64 * MIB)
    upload.put_all()

    done = ended(house, upload.import_instance()["ConversionTaskId"])

    assert done["StatusMessage"] == "ClientError: Unsupported kernel version 6.9.0-15-amd64"
