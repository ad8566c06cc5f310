"""What actions do where a worker runs machines: they wish, and wait for what it says.

The worker is the test: it has a row of hosts, and tells of its deeds as a real one does.
"""

import base64
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.context import Context
from emulator.errors import AwsError
from emulator.parts import Parts
from emulator.services.ec2 import ACTIONS
from emulator.settings import load
from state import machines
from state.blobs import Blobs
from state.consoles import Consoles
from state.engine import Engine
from state.hosts import Host
from state.snapshots import Snapshot
from state.store import Store
from tests.state.samples import ACCOUNT, REGION

WORKER = "worker-1"


@dataclass
class Site:
    """A store with a worker of 4 GiB, and the actions of EC2 on it."""

    store: Store
    ctx: Context
    url: str

    def call(self, action: str, **request: Any) -> Any:
        """Do what the gateway does with a request that was parsed."""
        return ACTIONS[action](self.ctx, request)

    def refused(self, action: str, **request: Any) -> AwsError:
        """Return the error of a request."""
        with pytest.raises(AwsError) as caught:
            self.call(action, **request)
        return caught.value

    def started(self, **request: Any) -> str:
        """Start an instance; return its id."""
        asked = {"ImageId": self.image, "InstanceType": "t2.micro", "MinCount": 1, "MaxCount": 1}
        answer = self.call("RunInstances", **{**asked, **request})
        return str(answer["Instances"][0]["InstanceId"])

    def running(self, **request: Any) -> str:
        """Start an instance and tell that it runs; return its id."""
        instance_id = self.started(**request)
        self.runs(instance_id)
        return instance_id

    def runs(self, instance_id: str) -> None:
        """Tell that an instance runs."""
        with self.store.begin() as tx:
            assert machines.claim(tx, instance_id, WORKER)
            assert machines.runs(tx, instance_id, WORKER, self.ctx.now(), 40022)

    def state(self, instance_id: str) -> str:
        """Return the state of an instance."""
        answer = self.call("DescribeInstances", InstanceIds=[instance_id])
        return str(answer["Reservations"][0]["Instances"][0]["State"]["Name"])

    @property
    def image(self) -> str:
        """An AMI."""
        (found,) = self.call("DescribeImages", Owners=["self"])["Images"]
        return str(found["ImageId"])


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A store with a worker and an AMI."""
    data = tmp_path / "data"
    settings = load({"data_dir": data}, {})
    url = f"sqlite:///{tmp_path / 'vmie.db'}"
    store = Store(url)
    store.migrate()
    blobs = Blobs(data)
    path = blobs.incoming()
    path.write_bytes(b"disk")
    blobs.keep(path, "disk-blob")
    ctx = Context(
        account_id=ACCOUNT,
        region=REGION,
        access_key_id=None,
        session=None,
        request_id="request",
        store=store,
        blobs=blobs,
        engine=Engine(store, blobs),
        now=lambda: datetime.now(UTC),
        settings=settings,
        headers={},
        host="localhost",
        secure=False,
    )
    with store.begin() as tx:
        tx.hosts.put(Host(worker=WORKER, memory_mib=4096))
        tx.snapshots.add(
            Snapshot(
                id="snap-0123456789abcdef0",
                account_id=ACCOUNT,
                region=REGION,
                created_at=datetime.now(UTC),
                size_gib=1,
                size_bytes=1 << 30,
                blob_id="disk-blob",
            )
        )
    site = Site(store, ctx, url)
    device = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    site.call(
        "RegisterImage",
        Name="machine",
        RootDeviceName="/dev/sda1",
        BlockDeviceMappings=[device],
        Architecture="x86_64",
        VirtualizationType="hvm",
    )
    yield site
    store.close()


def test_an_instance_is_what_its_worker_says(site: Site) -> None:
    instance_id = site.started()

    assert site.state(instance_id) == "pending"
    with site.store.begin() as tx:
        assert machines.claim(tx, instance_id, WORKER)
        machines.runs(tx, instance_id, WORKER, site.ctx.now(), 40022)
    assert site.state(instance_id) == "running"
    (status,) = site.call("DescribeInstanceStatus")["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "initializing"
    with site.store.begin() as tx:
        machines.reached(tx, instance_id, WORKER, site.ctx.now())
    (status,) = site.call("DescribeInstanceStatus")["InstanceStatuses"]
    assert status["InstanceStatus"]["Status"] == "ok"
    site.call("StopInstances", InstanceIds=[instance_id], Force=True)
    assert site.state(instance_id) == "stopping"
    assert site.refused("StartInstances", InstanceIds=[instance_id]).code == (
        "IncorrectInstanceState"
    )
    with site.store.begin() as tx:
        (machine,) = machines.watched(tx, WORKER)
        machines.ended(tx, instance_id, WORKER, site.ctx.now())
    assert machine.instance.forced
    assert site.state(instance_id) == "stopped"
    site.call("StartInstances", InstanceIds=[instance_id])
    assert site.state(instance_id) == "pending"
    site.call("TerminateInstances", InstanceIds=[instance_id])
    assert site.state(instance_id) == "terminated"  # nobody had begun to run it


def test_a_machine_goes_when_its_worker_has_ended_it(site: Site) -> None:
    instance_id = site.running()

    (change,) = site.call("TerminateInstances", InstanceIds=[instance_id])["TerminatingInstances"]

    assert change["CurrentState"]["Name"] == "shutting-down"
    assert site.state(instance_id) == "shutting-down"
    assert site.refused("StopInstances", InstanceIds=[instance_id]).code == "IncorrectInstanceState"
    with site.store.begin() as tx:
        files = machines.ended(tx, instance_id, WORKER, site.ctx.now())
    assert site.state(instance_id) == "terminated"
    assert len(files) == 1
    assert site.call("DescribeVolumes")["Volumes"] == []


def test_what_has_never_run_cannot_be_stopped_and_is_terminated_if_it_never_does(
    site: Site,
) -> None:
    instance_id = site.started()

    assert site.refused("StopInstances", InstanceIds=[instance_id], Force=True).message == (
        f"Instance '{instance_id}' cannot be stopped as it has never reached the 'running' state."
    )
    with site.store.begin() as tx:
        assert machines.claim(tx, instance_id, WORKER)
        machines.ended(tx, instance_id, WORKER, site.ctx.now(), "Server.InternalError: It failed")
    assert site.state(instance_id) == "terminated"

    again = site.running()
    site.call("StopInstances", InstanceIds=[again])
    with site.store.begin() as tx:
        machines.ended(tx, again, WORKER, site.ctx.now())
    site.call("StartInstances", InstanceIds=[again])
    site.call("StopInstances", InstanceIds=[again])
    assert site.state(again) == "stopped"  # nobody had begun to run it


def test_there_must_be_room_for_a_machine(site: Site) -> None:
    both = site.call(
        "RunInstances", ImageId=site.image, InstanceType="t2.micro", MinCount=1, MaxCount=5
    )["Instances"]
    refusal = site.refused(
        "RunInstances", ImageId=site.image, InstanceType="t2.micro", MinCount=1, MaxCount=1
    )
    first = both[0]["InstanceId"]
    site.runs(first)
    site.call("StopInstances", InstanceIds=[first])
    with site.store.begin() as tx:
        machines.ended(tx, first, WORKER, site.ctx.now())
    again = site.started(InstanceType="t2.small")

    assert len(both) == 2  # of 1 GiB, beside what QEMU takes
    assert (refusal.code, refusal.status) == ("InsufficientInstanceCapacity", 500)
    assert "sufficient t2.micro capacity" in refusal.message
    assert site.state(again) == "pending"
    assert site.refused("StartInstances", InstanceIds=[first]).code == (
        "InsufficientInstanceCapacity"
    )


def test_without_machines_an_instance_is_a_record(site: Site) -> None:
    off = site.ctx.settings.model_copy(update={"instances": "off"})
    object.__setattr__(site.ctx, "settings", off)

    assert site.state(site.started(InstanceType="t2.2xlarge")) == "running"


def test_a_machine_has_an_architecture_of_ours(site: Site) -> None:
    device = {"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    image = site.call(
        "RegisterImage",
        Name="arms",
        RootDeviceName="/dev/sda1",
        BlockDeviceMappings=[device],
        Architecture="arm64",
        VirtualizationType="hvm",
        EnaSupport=True,
    )["ImageId"]
    request = {"ImageId": image, "InstanceType": "t4g.nano", "MinCount": 1, "MaxCount": 1}

    assert site.refused("RunInstances", **request).code == "InsufficientInstanceCapacity"


def test_a_volume_is_of_one_machine(site: Site) -> None:
    first, second = site.running(InstanceType="t2.nano"), site.running(InstanceType="t2.nano")
    volume = site.call(
        "CreateVolume",
        AvailabilityZone="us-east-1a",
        Size=4,
        VolumeType="io1",
        Iops=100,
        MultiAttachEnabled=True,
    )["VolumeId"]
    site.call("AttachVolume", VolumeId=volume, InstanceId=first, Device="/dev/sdf")
    hot = {"VolumeId": volume, "InstanceId": second, "Device": "/dev/sdf"}

    assert site.refused("AttachVolume", **hot).code == "UnsupportedOperation"
    site.call("StopInstances", InstanceIds=[second])
    with site.store.begin() as tx:
        machines.ended(tx, second, WORKER, site.ctx.now())
    site.call("AttachVolume", **hot)
    assert site.refused("StartInstances", InstanceIds=[second]).message.startswith(
        f"The volume '{volume}' is attached to '{first}'"
    )
    with site.store.begin() as tx:
        machines.writes(tx, volume, "a file")
    site.call("DetachVolume", VolumeId=volume, InstanceId=second)
    with site.store.read() as tx:
        kept = tx.volumes.get(volume)
    assert kept is not None
    assert kept.held == "a file"  # by the machine of the first


def test_a_reboot_is_counted(site: Site) -> None:
    instance_id = site.running()

    site.call("RebootInstances", InstanceIds=[instance_id])
    site.call("CreateImage", InstanceId=instance_id, Name="as it starts")
    site.call("CreateImage", InstanceId=instance_id, Name="as it is", NoReboot=True)

    with site.store.read() as tx:
        (machine,) = machines.watched(tx, WORKER)
    assert machine.instance.reboots == 2
    assert site.state(instance_id) == "running"


def test_a_volume_is_plugged_in_by_the_worker(site: Site) -> None:
    instance_id = site.running()
    volume = site.call("CreateVolume", AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    hot = {"VolumeId": volume, "InstanceId": instance_id}

    def shown() -> tuple[str, ...]:
        (found,) = site.call("DescribeVolumes", VolumeIds=[volume])["Volumes"]
        return (found["State"], *(each["State"] for each in found["Attachments"]))

    site.call("AttachVolume", **hot, Device="/dev/sdf")
    assert shown() == ("in-use", "attaching")
    with site.store.begin() as tx:
        machines.attached(tx, volume, instance_id)
    assert shown() == ("in-use", "attached")
    site.call("DetachVolume", VolumeId=volume)
    assert shown() == ("in-use", "detaching")
    with site.store.begin() as tx:
        machines.stuck(tx, volume, instance_id)
    assert shown() == ("in-use", "busy")
    site.call("DetachVolume", VolumeId=volume, Force=True)
    with site.store.begin() as tx:
        (machine,) = machines.watched(tx, WORKER)
        forced = [each.forced for each_volume, each in machine.volumes if each_volume.id == volume]
        machines.detached(tx, volume, instance_id)
    assert forced == [True]
    assert shown() == ("available",)


def test_the_screen_is_shown_as_its_worker_sees_it(site: Site) -> None:
    instance_id = site.running()
    consoles = Consoles(site.ctx.settings.data_dir)
    done = threading.Event()

    def worker() -> None:
        wanted = consoles.wanted(instance_id)
        while not done.wait(0.01):
            if wanted.exists():
                consoles.picture(instance_id).write_bytes(b"\xff\xd8 picture")
                wanted.unlink()

    thread = threading.Thread(target=worker)
    thread.start()
    try:
        answer = site.call("GetConsoleScreenshot", InstanceId=instance_id)
    finally:
        done.set()
        thread.join()

    assert base64.b64decode(answer["ImageData"]) == b"\xff\xd8 picture"


def test_a_picture_that_was_taken_before_is_not_shown_again(tmp_path: Path) -> None:
    consoles = Consoles(tmp_path)
    consoles.make()
    consoles.picture("i-1").write_bytes(b"long ago")
    os.utime(consoles.picture("i-1"), (0, 0))

    assert consoles.seen("i-1", patience=0.0) is None
    assert not consoles.wanted("i-1").exists()


def test_several_may_look_at_one_screen(tmp_path: Path) -> None:
    consoles = Consoles(tmp_path)
    consoles.make()
    wanted, taken = consoles.wanted("i-1"), 0
    with ThreadPoolExecutor(3) as pool:
        looking = [pool.submit(consoles.seen, "i-1", 30.0) for _ in range(3)]
        while not all(each.done() for each in looking):
            if wanted.exists():
                taken += 1
                if taken > 1:  # the first wish goes with that of somebody who has given up
                    (tmp_path / "picture").write_bytes(b"picture")
                    (tmp_path / "picture").replace(consoles.picture("i-1"))
                wanted.unlink()

    assert [each.result() for each in looking] == [b"picture"] * 3


def test_what_was_said_is_forgotten_with_its_instance(site: Site) -> None:
    instance_id, data = site.running(), site.ctx.settings.data_dir
    consoles = Consoles(data)
    consoles.make()
    memories = data / "firmware"
    memories.mkdir()
    image_id = site.image
    for each in (instance_id, "i-0123456789abcdef0", image_id, "ami-0123456789abcdef0"):
        consoles.log(each).write_text("login:")
        (memories / each).write_text("its disks")

    site.store.close()
    parts = Parts(site.ctx.settings.model_copy(update={"database_url": site.url}))
    parts.sweep()
    parts.close()

    assert consoles.said(instance_id) is not None
    assert consoles.said("i-0123456789abcdef0") is None
    assert {each.name for each in memories.iterdir()} == {instance_id, image_id}
