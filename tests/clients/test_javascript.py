"""AWS SDK for JavaScript v3: uploads, imports, waiters and pages."""

import json
import shutil
from pathlib import Path

import pytest

from tests.clients.install import CLIENTS, HERE
from tests.clients.programs import program, run
from tests.house import House

pytestmark = [pytest.mark.slow, pytest.mark.clients]


def test_a_disk_and_a_vm_are_imported(
    house: House, disk: Path, vmdk: Path, ova: Path, tmp_path: Path
) -> None:
    node = program("javascript/bin/node")
    journey = shutil.copy(HERE / "javascript" / "journey.mjs", tmp_path)
    (tmp_path / "node_modules").symlink_to(CLIENTS / "javascript" / "node_modules")

    said = json.loads(run(house, tmp_path, node, journey, f"js-{house.account_id}", vmdk, ova))

    assert house.snapshot_bytes(said["snapshotId"]).read_bytes() == disk.read_bytes()
    assert said["imageTask"]["Status"] == "active"
    assert said["imageTask"]["Tags"] == [{"Key": "Name", "Value": "a task"}]
    assert set(said["seen"]) <= {"active", "completed"}
    (image,) = said["images"]
    assert image["ImageId"] == said["task"]["ImageId"]
    assert image["Name"] == said["task"]["ImportTaskId"]
    assert image["Tags"] == [{"Key": "Name", "Value": "an image"}]
    assert said["paged"] == [said["task"]["ImportTaskId"]]
    assert said["refused"] == [
        True,
        "InvalidAMIID.NotFound",
        "The image id '[ami-0123456789abcdef0]' does not exist",
    ]
