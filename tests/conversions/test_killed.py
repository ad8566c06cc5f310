"""kill -9 while parts are awaited or converted: what has come stays, and one volume comes of it."""

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from state.store import Store
from state.tasks import ImportVolumeWork
from tests.conversions.uploads import (
    MIB,
    Upload,
    ended,
    look,
    tidied,
    until,
    volume_bytes,
    volume_file,
    with_mbr,
)
from tests.ec2.conftest import convert, random_disk
from tests.house import House, default_url
from tests.journeys.remains import assert_programs_die, assert_tidy, killed_at, stop_converter

IMAGE = secrets.token_bytes(3 * MIB)


@pytest.mark.slow
def test_what_was_brought_is_not_brought_again(own_house: House) -> None:
    house = own_house
    upload = Upload(house, IMAGE)
    task_id = upload.import_volume()["ConversionTaskId"]
    upload.put_manifest()
    upload.put_part(1)
    until(house, task_id, lambda task: "Downloaded" in task["StatusMessage"])

    house.kill()
    house.start()
    house.s3().delete_object(Bucket=upload.bucket, Key=upload.key_of(1))
    between = look(house, task_id)
    upload.put_part(0)
    upload.put_part(2)
    done = ended(house, task_id)

    assert between["StatusMessage"] == f"Pending : Downloaded {MIB}"
    assert volume_bytes(house, done["ImportVolume"]["Volume"]["Id"]) == IMAGE
    assert tidied(house, task_id)


@pytest.mark.slow
def test_a_conversion_that_was_cut_off_goes_on(own_house: House, tmp_path: Path) -> None:
    house = own_house
    size = 1 << 40  # qemu-img takes seconds to see that there is nothing in it
    disk = random_disk(tmp_path / "disk", size)
    upload = Upload(house, convert(disk, "vhd").read_bytes(), "VHD")
    upload.put_all()
    task_id = upload.import_volume(Volume={"Size": 1024})["ConversionTaskId"]

    stop_converter(house)
    house.kill()
    assert_programs_die(house)
    house.start()
    done = ended(house, task_id)

    volume_id = done["ImportVolume"]["Volume"]["Id"]
    with disk.open("rb") as before, volume_file(house, volume_id).open("rb") as after:
        for place in (0, size - MIB):
            assert os.pread(after.fileno(), MIB, place) == os.pread(before.fileno(), MIB, place)
    assert len(house.ec2().describe_volumes()["Volumes"]) == 1
    assert tidied(house, task_id)


@pytest.mark.slow
def test_seven_days_are_over_when_the_row_says_so(own_house: House) -> None:
    house = own_house
    upload = Upload(house, IMAGE)
    task = upload.import_volume()
    upload.put_manifest()
    house.kill()
    store = Store(default_url(house.data_dir))
    with store.begin() as tx:
        row = tx.tasks.get(task["ConversionTaskId"])
        assert row is not None
        assert isinstance(row.work, ImportVolumeWork)
        lasts = row.work.expires_at - row.created_at
        work = row.work.model_copy(update={"expires_at": datetime.now(UTC)})
        tx.tasks.replace(row.model_copy(update={"work": work}))
    store.close()

    house.start()
    done = ended(house, row.id)

    assert round(lasts / timedelta(days=1), 3) == 7
    assert task["ExpirationTime"] == f"{row.created_at + lasts:%Y-%m-%dT%H:%M:%SZ}"
    assert done["StatusMessage"] == "Task expired and automatically canceled"
    assert tidied(house, row.id)
    assert "Signature=" not in house.server.log.replace("Signature=***", "")


class Machines:
    """A client that imports one machine again and again."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.upload = Upload(house, with_mbr(2 * MIB + 512))
        self.upload.put_all()

    def begun(self) -> str:
        """Begin another import."""
        return self.upload.import_instance()["ConversionTaskId"]

    def assert_whole(self) -> None:
        """There is a stopped instance with its volume for each completed import, and no more."""
        told = self.house.ec2().describe_conversion_tasks()["ConversionTasks"]
        ends = {task["ConversionTaskId"]: task for task in told}
        for task_id in ends:
            ends[task_id] = ended(self.house, task_id)
        whole = {
            (task["ImportInstance"]["InstanceId"], volume["Volume"]["Id"])
            for task in ends.values()
            if task["State"] == "completed"
            for volume in task["ImportInstance"]["Volumes"]
        }
        found = set()
        for reservation in self.house.ec2().describe_instances()["Reservations"]:
            (instance,) = reservation["Instances"]
            assert instance["State"]["Name"] in ("stopped", "terminated")
            for mapping in instance["BlockDeviceMappings"]:
                found.add((instance["InstanceId"], mapping["Ebs"]["VolumeId"]))
        assert found == whole
        volumes = self.house.ec2().describe_volumes()["Volumes"]
        assert {volume["VolumeId"] for volume in volumes} == {volume for _, volume in whole}
        for _, volume_id in whole:
            assert volume_bytes(self.house, volume_id) == self.upload.image
        assert_tidy(self.house)


@pytest.mark.slow
def test_killed_in_any_phase_an_import_goes_on_at_the_next_start(own_house: House) -> None:
    machines = Machines(own_house)

    for state in ("waiting", "pending", "validating", "converting", "publishing", "completed"):
        task_id = killed_at(own_house, machines.begun, state)
        own_house.start()
        assert ended(own_house, task_id)["State"] == "completed", state

    machines.assert_whole()


@pytest.mark.slow
def test_an_import_can_be_cancelled_in_any_phase(own_house: House) -> None:
    machines = Machines(own_house)

    for state in ("waiting", "pending", "validating", "converting", "publishing"):
        task_id = killed_at(own_house, machines.begun, state)
        own_house.server.settings["role"] = "api"  # nobody works on it meanwhile
        own_house.start()
        own_house.ec2().cancel_conversion_task(ConversionTaskId=task_id, ReasonMessage=state)
        between = look(own_house, task_id)
        own_house.stop()
        own_house.server.settings["role"] = "all"
        own_house.start()
        done = ended(own_house, task_id)
        assert (between["State"], between["StatusMessage"]) == ("cancelling", state)
        assert (done["State"], done["StatusMessage"]) == ("cancelled", state)

    machines.assert_whole()
