"""A start as clients of the service meet it: messages while it goes on, and one sentence if not."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from converters.guests import tools
from converters.pipelines.options import Options
from state.reports import BootReport
from state.tasks import DiskContainer, DiskSource, ImportImageWork, TaskState
from tests.boot.tiny import FOREIGN_FSTAB, STATIC, Tinies, Tiny
from tests.converters.desk import BUCKET, Desk
from tests.guests.test_service import report
from tests.house import House, Server

if TYPE_CHECKING:
    from types_boto3_ec2.type_defs import ImportImageTaskTypeDef

pytestmark = [pytest.mark.guests, pytest.mark.timeout(300)]
slow = pytest.mark.slow

FROM_ELSEWHERE = Tiny("from-elsewhere", fstab=FOREIGN_FSTAB, network=STATIC)
FROM_ELSEWHERE_UEFI = Tiny("from-elsewhere-uefi", uefi=True, fstab=FOREIGN_FSTAB, network=STATIC)
FAILED = (
    "FirstBootFailure: This import request failed because the instance failed to boot and "
    "establish network connectivity."
)
MESSAGES = (
    "pending", "validating", "validated", "converting", "updating", "updated",
    "preparing to boot", "booting", "booted", "preparing ami",
)  # fmt: skip


@pytest.fixture(scope="module")
def server_that_boots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server as it is without any setting."""
    data_dir = tmp_path_factory.mktemp("boots-house") / "data"
    server = Server(data_dir, guests="auto", boot="auto")
    server.start()
    yield server
    server.stop()


def watched(house: House, disk: Path, **request: Any) -> "list[ImportImageTaskTypeDef]":
    """Import a disk; return every different answer that a client sees."""
    bucket = house.bucket()
    house.put_object(bucket, "disk", disk)
    ec2 = house.ec2()
    container = {"Format": "raw", "UserBucket": {"S3Bucket": bucket, "S3Key": "disk"}}
    task = ec2.import_image(DiskContainers=[container], **request)  # type: ignore[list-item]
    seen: list[ImportImageTaskTypeDef] = []
    deadline = time.monotonic() + 240
    while not seen or seen[-1]["Status"] not in ("completed", "deleted"):
        assert time.monotonic() < deadline, seen[-1]
        described = ec2.describe_import_image_tasks(ImportTaskIds=[task["ImportTaskId"]])
        if not seen or described["ImportImageTasks"][0] != seen[-1]:
            seen.append(described["ImportImageTasks"][0])
        time.sleep(0.02)
    return seen


@slow
@pytest.mark.parametrize("guest", [FROM_ELSEWHERE, FROM_ELSEWHERE_UEFI])
def test_a_guest_from_elsewhere_is_adapted_and_boots(
    guest: Tiny, server_that_boots: Server, tinies: Tinies
) -> None:
    house = House(server_that_boots)

    seen = watched(house, tinies.disk(guest))

    last = seen[-1]
    told = report(house, last["ImportTaskId"])["boot"]
    assert last["Status"] == "completed", (last.get("StatusMessage"), told)
    messages = list(
        dict.fromkeys(task["StatusMessage"] for task in seen if "StatusMessage" in task)
    )
    assert messages == [message for message in MESSAGES if message in messages]
    assert "booting" in messages
    booting = [task for task in seen if task.get("StatusMessage") == "booting"]
    percents = [int(task["Progress"]) for task in booting]
    assert percents == sorted(percents)
    assert all(45 <= percent <= 62 for percent in percents)
    assert booting[0]["Platform"] == "Linux"
    assert booting[0]["SnapshotDetails"][0]["DeviceName"] == "/dev/sda1"
    assert told["booted"] is True
    assert told["firmware"] == ("uefi" if guest.uefi else "legacy-bios")
    assert (told["disk"], told["card"], told["seen"]) == ("virtio", "virtio", "172.31.16.10")
    assert "udhcpc" in told["serial"]
    disk = house.snapshot_bytes(last["SnapshotDetails"][0]["SnapshotId"])
    assert disk.stat().st_size == tinies.disk(guest).stat().st_size


@slow
async def test_as_it_is_a_guest_from_elsewhere_does_not_boot(desk: Desk, tinies: Tinies) -> None:
    desk.options = Options(guests="off", boot="require", boot_time=200)
    submit(desk, tinies.disk(FROM_ELSEWHERE))

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error == FAILED
    assert (desk.images(), desk.snapshots()) == ([], [])
    assert desk.scratch() == []
    told = boot_of(desk)
    assert (told.booted, told.verdict) == (False, "emergency-mode")
    assert "You are in emergency mode" in told.serial
    assert told.stages["system"] <= told.seconds


def submit(desk: Desk, body: Path | bytes, **work: Any) -> None:
    desk.put(body)
    container = DiskContainer(source=DiskSource(bucket=BUCKET, key="disk"))
    desk.submit(ImportImageWork(containers=(container,), **work))


def boot_of(desk: Desk) -> BootReport:
    with desk.store.read() as tx:
        found = tx.reports.get(desk.task.id)
    assert found
    assert found.boot
    return found.boot


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.store.close()


@pytest.mark.parametrize(
    ("platform", "error"),
    [("Linux", FAILED), ("Windows", FAILED.replace("the instance", "the Windows instance"))],
)
async def test_a_disk_that_does_not_start_fails_with_the_service_s_sentence(
    desk: Desk, platform: str, error: str
) -> None:
    desk.options = Options(guests="off", boot="require")
    submit(desk, b"\1" + bytes((1 << 20) - 1), platform=platform)

    await desk.run()

    assert (desk.task.state, desk.task.error) == (TaskState.FAILED, error)
    told = boot_of(desk)
    assert (told.booted, told.verdict) == (False, "no-bootable-device")
    assert "No bootable device" in told.screen
    assert desk.snapshots() == []
    assert desk.scratch() == []


@pytest.fixture
def without_qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with qemu-img alone."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("qemu-img", "bwrap"):
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(tools, "FOLDERS", ())


@pytest.mark.usefixtures("without_qemu")
async def test_without_qemu_the_import_goes_on_and_the_report_says_so(
    desk: Desk, tinies_disk: Path
) -> None:
    desk.options = Options(guests="auto", boot="auto")
    submit(desk, tinies_disk)

    await desk.run()

    assert desk.task.state is TaskState.COMPLETED, desk.task.error
    told = boot_of(desk)
    assert (told.booted, told.verdict) == (None, "skipped")
    assert "qemu-system-x86" in told.sentence or "adapted" in told.sentence


@pytest.mark.usefixtures("without_qemu")
async def test_without_qemu_who_requires_a_start_gets_none(desk: Desk) -> None:
    desk.options = Options(guests="off", boot="require")
    submit(desk, bytes(1 << 20))

    await desk.run()

    assert desk.task.state is TaskState.FAILED
    assert desk.task.error
    assert desk.task.error.startswith("ServerError")
    assert boot_of(desk).sentence == "It was not started: install qemu-system-x86."


async def test_disks_that_are_imported_as_they_are_are_not_started(desk: Desk) -> None:
    desk.options = Options(guests="off", boot="auto")
    submit(desk, bytes(1 << 20))

    await desk.run()

    assert desk.task.state is TaskState.COMPLETED
    assert "booting" not in desk.remembered


@pytest.fixture(scope="session")
def tinies_disk(tinies: Tinies) -> Path:
    """The disk of a tiny guest, made while all programs are here."""
    return tinies.disk(Tiny("good"))
