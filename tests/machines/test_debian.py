"""A real Debian 12 from elsewhere is imported, starts, and lets its owner in."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.boot.tiny import missing
from tests.guests.conftest import real_debian
from tests.guests.debian import Debian
from tests.house import House, MakeHouse
from tests.instances.test_ssh import environment
from tests.machines.conftest import becomes, described, launched, says

__all__ = ["real_debian"]

pytestmark = [pytest.mark.slow, pytest.mark.guests, pytest.mark.timeout(1200)]

USER_DATA = "#!/bin/sh\necho 'as was asked for' >/var/lib/told\n"
LOOK = (
    "cat /var/lib/told; . /etc/os-release; echo $ID $VERSION_ID; "
    "cat /var/lib/cloud/data/instance-id; hostname -I; whoami"
)


def vmie_ssh(house: House, instance_id: str, key: Path, command: str) -> Any:
    """Run a command in an instance as a user would."""
    known = f"UserKnownHostsFile={key.with_name('known')}"
    line = [sys.executable, "-m", "emulator", "ssh", f"debian@{instance_id}", "-i", str(key)]
    line += ["-F", "none", "-o", known, "-o", "BatchMode=yes", command]
    environ = {**os.environ, **environment(house)}
    return subprocess.run(line, env=environ, capture_output=True, text=True, check=False)


def imported(house: House, disk: Path) -> Any:
    """Import a disk as the disk of a machine; return the task when it is done."""
    bucket = house.open_bucket()
    house.put_object(bucket, "disk", disk)
    source: Any = {"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}
    begun = house.ec2().import_image(DiskContainers=[source])
    task = house.finished_image(begun, timeout=600)
    assert task["Status"] == "completed", task.get("StatusMessage")
    return task


def test_a_real_debian_is_imported_runs_and_is_logged_in_to(
    make_house: MakeHouse, real_debian: Debian, tmp_path: Path
) -> None:
    assert not missing(), f"not installed: {missing()}"
    house = make_house(guests="auto", instances="auto")
    ec2 = house.ec2()
    image_id = imported(house, real_debian.disk(tmp_path / "disk.raw", "BIOS"))["ImageId"]
    key = tmp_path / "key.pem"
    key.touch(0o600)
    key.write_text(ec2.create_key_pair(KeyName="mine", KeyType="ed25519")["KeyMaterial"])

    instance_id = launched(
        house, image_id, InstanceType="t3.micro", KeyName="mine", UserData=USER_DATA
    )
    says(house, instance_id, "Datasource DataSourceEc2", patience=600, pause=1)
    done = vmie_ssh(house, instance_id, key, LOOK)

    assert done.returncode == 0, done.stderr
    address = described(house, instance_id)["PrivateIpAddress"]
    assert done.stdout.split("\n") == [
        "as was asked for", "debian 12", instance_id, f"{address} ", "debian", ""
    ]  # fmt: skip

    # Nobody else is let in.
    other = tmp_path / "other.pem"
    other.touch(0o600)
    other.write_text(ec2.create_key_pair(KeyName="other", KeyType="ed25519")["KeyMaterial"])
    refused = vmie_ssh(house, instance_id, other, "true")
    assert refused.returncode == 255
    assert "Permission denied" in refused.stderr

    ec2.stop_instances(InstanceIds=[instance_id])
    becomes(house, instance_id, "stopped", 300)
    assert "Power down" in says(house, instance_id, "Power down")


def test_a_real_debian_of_uefi_starts_when_it_is_imported(
    make_house: MakeHouse, real_debian: Debian, tmp_path: Path
) -> None:
    house = make_house(guests="auto", boot="require")

    task = imported(house, real_debian.disk(tmp_path / "disk.raw", "UEFI"))

    assert task["BootMode"] == "uefi"
