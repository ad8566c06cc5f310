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
)
from tests.ec2.conftest import convert, random_disk
from tests.house import House, default_url
from tests.journeys.remains import assert_programs_die, stop_converter

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
