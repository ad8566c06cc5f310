"""Guests as clients of the service meet them: imported, adapted, or refused with its sentences."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.guests.builders import Builder
from tests.guests.recipes import Recipe
from tests.house import House, Server

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImportImageTaskTypeDef

pytestmark = pytest.mark.guests

DEBIAN = Recipe("debian", "12.4", "6.1.0-15-amd64")
PARTITION = "?offset=1048576"


@pytest.fixture(scope="module")
def server_of_guests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as it is without any setting."""
    server = Server(tmp_path_factory.mktemp("guests-house") / "data", guests="auto")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def house(server_of_guests: Server) -> House:
    return House(server_of_guests)


def imported(house: House, *disks: Path | bytes, **request: Any) -> "ImportImageTaskTypeDef":
    """Import raw disks as one machine; return the task when it has ended."""
    bucket = house.bucket()
    for number, disk in enumerate(disks):
        house.put_object(bucket, f"disk-{number}", disk)
    task = house.ec2().import_image(
        DiskContainers=[
            {"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": f"disk-{number}"}}
            for number in range(len(disks))
        ],
        **request,
    )
    return house.finished_image(task)


def report(house: House, task_id: str) -> dict[str, Any]:
    """The report of a task."""
    answer = httpx.get(f"{house.endpoint}/_vmie/reports/{task_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def text_in(disk: Path, path: str) -> str:
    """A file in the ext4 filesystem of a disk's first partition."""
    command = ["debugfs", "-R", f"cat {path}", f"{disk}{PARTITION}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_debian_becomes_an_ami_that_says_so(house: House, guests: Builder) -> None:
    task = imported(house, guests.disk(DEBIAN))

    assert task["Status"] == "completed", task.get("StatusMessage")
    assert (task["Platform"], task["Architecture"]) == ("Linux", "x86_64")
    assert (task["LicenseType"], task["UsageOperation"]) == ("BYOL", "RunInstances")
    [image] = house.ec2().describe_images(ImageIds=[task["ImageId"]])["Images"]
    assert (
        image["Description"]
        == "AWS-VMImport service: Linux - Debian GNU/Linux 12 (bookworm) - 6.1.0-15-amd64"
    )
    assert image["PlatformDetails"] == "Linux/UNIX"
    assert image["BootMode"] == "legacy-bios"


@pytest.mark.slow
def test_what_was_changed_is_in_the_report_and_on_the_disk(house: House, guests: Builder) -> None:
    before = guests.disk(DEBIAN)

    task = imported(house, before)

    told = report(house, task["ImportTaskId"])
    fstab = next(change for change in told["changes"] if change["path"] == "/etc/fstab")
    after = house.snapshot_bytes(task["SnapshotDetails"][0]["SnapshotId"])
    assert told["accepted"]
    assert told["guest"]["linux"]["distribution"] == "debian"
    assert text_in(after, fstab["kept"]) == text_in(before, "/etc/fstab")
    assert text_in(after, "/etc/fstab") != text_in(before, "/etc/fstab")
    assert "UUID=" in text_in(after, "/etc/fstab")
    check = ["e2fsck", "-fn", f"{after}{PARTITION}"]
    assert subprocess.run(check, capture_output=True).returncode == 0
    assert f"task {task['ImportTaskId']} changed /etc/fstab" in house.server.log


REFUSED = {
    "a kernel that nobody knows": (
        Recipe("debian", "12.4", "6.9.0-15-amd64"),
        "ClientError: Unsupported kernel version 6.9.0-15-amd64",
    ),
    "no system": (
        Recipe("debian", "12.4", "6.1.0-15-amd64", absent=("/etc", "/usr/lib/os-release")),
        "ClientError: Unknown OS / Missing OS files.",
    ),
    "a fstab that is none": (
        Recipe("debian", "12.4", "6.1.0-15-amd64", absent=("/etc/fstab",)),
        "ClientError: Invalid configuration - Could not read fstab",
    ),
}


@pytest.mark.parametrize(
    "why",
    [
        pytest.param(why, marks=[pytest.mark.slow] if number else [])
        for number, why in enumerate(REFUSED)
    ],
)
def test_a_guest_is_refused_as_the_service_refuses_it(
    why: str, house: House, guests: Builder
) -> None:
    recipe, sentence = REFUSED[why]

    task = imported(house, guests.disk(recipe))

    assert (task["Status"], task["StatusMessage"]) == ("deleted", sentence)
    [disk] = task["SnapshotDetails"]
    assert disk["DeviceName"] == ("/dev/sde" if why == "no system" else "/dev/sda1")
    told = report(house, task["ImportTaskId"])
    assert not told["accepted"]
    assert sentence in [f"ClientError: {rule['error']}" for rule in told["rules"]]


@pytest.mark.slow
def test_the_first_disk_must_be_the_one_that_boots(house: House, guests: Builder) -> None:
    data, root = bytes(1 << 20), guests.disk(DEBIAN)

    behind = imported(house, data, root)
    before = imported(house, root, data)

    assert behind["StatusMessage"] == "ClientError: Unknown OS / Missing OS files."
    assert before["Status"] == "completed", before.get("StatusMessage")
    assert [disk["DeviceName"] for disk in before["SnapshotDetails"]] == ["/dev/sda1", "/dev/sdf"]


def test_a_disk_of_nothing_is_no_machine(house: House) -> None:
    task = imported(house, bytes(1 << 20))

    assert task["Status"] == "deleted"
    assert task["StatusMessage"] == "ClientError: No valid partitions. Not a valid volume."


@pytest.mark.slow
def test_a_server_may_be_told_to_import_disks_as_they_are(server: Server) -> None:
    house = House(server)

    task = imported(house, bytes(1 << 20))

    assert task["Status"] == "completed"
    url = f"{house.endpoint}/_vmie/reports/{task['ImportTaskId']}"
    assert httpx.get(url).status_code == 404


@pytest.mark.slow
def test_an_imported_snapshot_stays_as_it_is(house: House, guests: Builder) -> None:
    """Its bytes are the image's source; what is adapted is a copy."""
    disk = guests.disk(DEBIAN)
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    made = house.ec2().import_snapshot(
        DiskContainer={"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}
    )
    snapshot_id = house.finished(made)["SnapshotId"]

    task = house.finished_image(
        house.ec2().import_image(
            DiskContainers=[{"SnapshotId": snapshot_id}], BootMode="legacy-bios"
        )
    )

    assert task["Status"] == "completed", task.get("StatusMessage")
    assert house.snapshot_bytes(snapshot_id).read_bytes() == disk.read_bytes()
    adapted = house.snapshot_bytes(task["SnapshotDetails"][0]["SnapshotId"])
    assert "UUID=" in text_in(adapted, "/etc/fstab")
