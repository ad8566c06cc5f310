"""A machine that was exported as OVA is imported again, and starts."""

from pathlib import Path
from typing import Any

import pytest

from tests.boot.conftest import tinies
from tests.boot.tiny import Tinies, Tiny
from tests.house import MakeHouse
from tests.instance_exports.exportable import export_bucket, finished, put_machine, start

__all__ = ["tinies"]

pytestmark = [pytest.mark.slow, pytest.mark.guests, pytest.mark.timeout(300)]


def test_what_was_exported_starts_where_it_is_imported(
    make_house: MakeHouse, tinies: Tinies, tmp_path: Path
) -> None:
    house = make_house(boot="require")
    disk = tmp_path / "disk"
    disk.write_bytes(tinies.disk(Tiny("good")).read_bytes())
    instance_id, bucket = put_machine(house, disk), export_bucket(house)

    task = finished(house, start(house, instance_id, bucket)["ExportTaskId"])
    container: Any = {
        "Format": "OVA",
        "UserBucket": {"S3Bucket": bucket, "S3Key": task["ExportToS3Task"]["S3Key"]},
    }
    imported = house.finished_image(
        house.ec2().import_image(DiskContainers=[container]), timeout=200
    )

    assert imported["Status"] == "completed", imported.get("StatusMessage")
    assert imported["ImageId"].startswith("ami-")
