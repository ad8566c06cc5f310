"""A server whose instances run, and what they are started from."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from tests.boot.conftest import tinies
from tests.house import House, Server

__all__ = ["tinies"]

Found = TypeVar("Found")

BLOCK = 512 << 10
PATIENCE = 60.0  # seconds; the machine may have much else to do
SMALL = "t2.nano"

# Halted, which takes no time of the processor; for one that never pauses QEMU 7.2 may wait forever
# when it plugs in a disk.
STAYS = bytes.fromhex("f4 ebfd")
# BIOS waits for two seconds; then the controller of the keyboard pulls the line.
RESETS_ITSELF = bytes.fromhex("b486 b91e00 31d2 cd15 b0fe e664 ebfe")
TURNS_ITSELF_OFF = bytes.fromhex("ba0406 b80020 ef ebfe")  # sleep state 5, at port 604


@pytest.fixture(scope="session")
def server_with_machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose instances run."""
    server = Server(tmp_path_factory.mktemp("machines") / "data", instances="auto")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def running_house(server_with_machines: Server) -> Iterator[House]:
    """That server, seen by an account of the test's own, whose machines go with the test."""
    house = House(server_with_machines)
    yield house
    left = [
        instance["InstanceId"]
        for reservation in house.ec2().describe_instances()["Reservations"]
        for instance in reservation["Instances"]
    ]
    if left:
        house.ec2().terminate_instances(InstanceIds=left, SkipOsShutdown=True)


def until(
    look: Callable[[], Found | None], what: str, patience: float = PATIENCE, pause: float = 0.05
) -> Found:
    """Ask again and again until the answer is true; return it."""
    deadline = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited for {what}"
        time.sleep(pause)
    return found


def image(house: House, code: bytes, **snapshot: Any) -> str:
    """Register an AMI with a boot sector on its disk."""
    sector = (code.ljust(510, b"\0") + b"\x55\xaa").ljust(BLOCK, b"\0")
    return registered(house, written(house, sector, **snapshot))


def written(house: House, block: bytes, **snapshot: Any) -> str:
    """Make a snapshot of a disk with this block at its beginning."""
    ebs = house.ebs()
    begun = ebs.start_snapshot(VolumeSize=1, **snapshot)["SnapshotId"]
    ebs.put_snapshot_block(
        SnapshotId=begun,
        BlockIndex=0,
        BlockData=block,
        DataLength=BLOCK,
        Checksum=base64.b64encode(hashlib.sha256(block).digest()).decode(),
        ChecksumAlgorithm="SHA256",
    )
    ebs.complete_snapshot(SnapshotId=begun, ChangedBlocksCount=1)
    house.ec2().get_waiter("snapshot_completed").wait(
        SnapshotIds=[begun], WaiterConfig={"Delay": 0, "MaxAttempts": 1000}
    )
    return str(begun)


def registered(house: House, snapshot_id: str, **more: Any) -> str:
    """Register an AMI of a snapshot."""
    return house.ec2().register_image(
        Name=f"image-{secrets.token_hex(6)}",
        Architecture="x86_64",
        VirtualizationType="hvm",
        RootDeviceName="/dev/sda1",
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot_id}}],
        **more,
    )["ImageId"]


def launched(house: House, image_id: str, **request: Any) -> str:
    """Start an instance; return its id."""
    asked: Any = {"InstanceType": SMALL, "MinCount": 1, "MaxCount": 1, **request}
    return house.ec2().run_instances(ImageId=image_id, **asked)["Instances"][0]["InstanceId"]


def described(house: House, instance_id: str) -> Any:
    """Return an instance as DescribeInstances shows it."""
    [reservation] = house.ec2().describe_instances(InstanceIds=[instance_id])["Reservations"]
    return reservation["Instances"][0]


def becomes(house: House, instance_id: str, state: str, patience: float = PATIENCE) -> Any:
    """Wait until an instance is in a state; return it."""

    def look() -> Any:
        found = described(house, instance_id)
        return found if found["State"]["Name"] == state else None

    return until(look, f"{instance_id} to be {state}", patience)


def runs(house: House, image_id: str, **request: Any) -> str:
    """Start an instance, and wait until its machine runs."""
    instance_id = launched(house, image_id, **request)
    becomes(house, instance_id, "running")
    return instance_id


def volume(house: House, volume_id: str) -> Any:
    """Return a volume as DescribeVolumes shows it."""
    return house.ec2().describe_volumes(VolumeIds=[volume_id])["Volumes"][0]


def root_of(house: House, instance_id: str) -> str:
    """Return the id of the volume that an instance was started from."""
    return str(described(house, instance_id)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"])


def attachment(house: House, volume_id: str) -> str | None:
    """Return the state of a volume's only attachment."""
    found = volume(house, volume_id)["Attachments"]
    return found[0]["State"] if found else None


def says(
    house: House,
    instance_id: str,
    text: str,
    count: int = 1,
    patience: float = 180,
    pause: float = 0.05,
) -> str:
    """Wait until a machine has said something so often; return all that it has said."""

    def look() -> str:
        said = house.ec2().get_console_output(InstanceId=instance_id).get("Output", "")
        return said if said.count(text) >= count else ""

    return until(look, f"{instance_id} to say {text!r}", patience, pause)
