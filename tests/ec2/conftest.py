"""Disk images for the tests of EC2, made by qemu-img as a client would make them."""

import secrets
import subprocess
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from state.blobs import Blobs
from state.images import Image
from state.snapshots import Snapshot
from state.store import Store
from tests.house import House, Server, default_url

MIB = 1 << 20
# Where tests make things public, which all accounts see: elsewhere one sees what is one's own.
OPEN_REGION = "sa-east-1"
OWN_KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"
DEFAULT_KEY = "arn:aws:kms:us-east-1:123456789012:alias/aws/ebs"
PART = 128 << 20  # bytes; of a file of 1 TiB, and one without data would be hashed at once
FORMATS = {
    "raw": ["raw"],
    "vmdk": ["vmdk", "-o", "subformat=streamOptimized"],
    "vhd": ["vpc", "-o", "subformat=dynamic,force_size=on"],
    "vhd-fixed": ["vpc", "-o", "subformat=fixed,force_size=on"],
    "vhdx": ["vhdx", "-o", "subformat=dynamic"],
}


def convert(disk: Path, kind: str) -> Path:
    """Turn a raw disk into an image of another kind, beside it."""
    target = disk.with_name(f"{disk.name}.{kind}")
    subprocess.run(
        ["qemu-img", "convert", "-f", "raw", "-O", *FORMATS[kind], disk, target], check=True
    )
    return target


def random_disk(path: Path, size: int) -> Path:
    """Make a disk with random bytes in its first and last MiB and holes between."""
    with path.open("wb") as file:
        file.truncate(size)
        file.write(secrets.token_bytes(min(size, MIB)))
        file.seek(max(0, size - MIB))
        file.write(secrets.token_bytes(min(size, MIB)))
    return path


@pytest.fixture(scope="session")
def long_image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VHDX of a few MB that takes many seconds to convert: qemu-img reads a TiB of holes."""
    disk = tmp_path_factory.mktemp("long") / "disk"
    with disk.open("wb") as file:
        file.truncate(1 << 40)
        file.write(secrets.token_bytes(MIB))
    return convert(disk, "vhdx")


@pytest.fixture
def friend(house: House) -> House:
    """The same server and Region, seen from another fresh account."""
    return House(house.server, region=house.region)


@pytest.fixture(scope="module")
def shared_house(server: Server) -> House:
    """The shared server, seen from one account by all tests of a module."""
    return House(server)


def put_snapshots(
    house: House, snapshots: Iterable[Snapshot], content: bytes = b"snapshot"
) -> None:
    """Put snapshots with a few bytes into a server's store, where an import takes too long."""
    blobs = Blobs(house.data_dir)
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            for snapshot in snapshots:
                path = blobs.incoming()
                path.write_bytes(content)
                blobs.keep(path, snapshot.blob_id)
                tx.snapshots.add(snapshot)
    finally:
        store.close()


def put_images(
    house: House, images: Iterable[Image], users: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Put images into a server's store, and who else may use which; they need no snapshots."""
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            for image in images:
                tx.images.add(image)
                tx.permissions.put(image.region, image.id, (users or {}).get(image.id, ()))
    finally:
        store.close()


def made_snapshot(house: House, content: bytes = b"snapshot", **more: Any) -> str:
    """Put a snapshot of a GiB with some bytes into a server's store; return its id."""
    number = secrets.token_hex(9)[:17]
    now = datetime.now(UTC)
    snapshot = Snapshot(
        **{
            "id": f"snap-{number}",
            "account_id": house.account_id,
            "region": house.region,
            "created_at": now,
            "completed_at": now,
            "size_gib": 1,
            "size_bytes": 1 << 30,
            "blob_id": f"{number}-blob",
            **more,
        }
    )
    put_snapshots(house, [snapshot], content)
    return snapshot.id


def long_snapshot(house: House) -> str:
    """Put a snapshot of 1 TiB that takes many minutes to export as RAW: all is to be hashed."""
    snapshot_id = made_snapshot(house, size_gib=1024, size_bytes=1 << 40)
    blob = Blobs(house.data_dir).path(f"{snapshot_id.removeprefix('snap-')}-blob")
    with blob.open("r+b") as file:
        file.truncate(1 << 40)
        for offset in range(0, 1 << 40, PART):
            file.seek(offset)
            file.write(b"x")
    return snapshot_id


def made_image(house: House, *snapshot_ids: str, **more: Any) -> str:
    """Register an AMI of some snapshots, or of a new one; return its id."""
    ids = snapshot_ids or (made_snapshot(house),)
    names = ("/dev/sda1", "/dev/sdf", "/dev/sdg")
    request: Any = {
        "Name": f"image {secrets.token_hex(6)}",
        "RootDeviceName": names[0],
        "BlockDeviceMappings": [
            {"DeviceName": name, "Ebs": {"SnapshotId": snapshot_id}}
            for name, snapshot_id in zip(names, ids, strict=False)
        ],
        **more,
    }
    return house.ec2().register_image(**request)["ImageId"]


def made_key(house: House, region: str | None = None, alias: str = "alias/mine") -> str:
    """Make a key with a name; return its ARN."""
    kms = house.kms(region=region)
    made: str = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName=alias, TargetKeyId=made)
    return made


def key_arn(house: House, name: str, region: str | None = None) -> str:
    """Return the ARN of the key with a name."""
    found: str = house.kms(region=region).describe_key(KeyId=name)["KeyMetadata"]["Arn"]
    return found


def refusal(attempt: Callable[[], object]) -> tuple[str, str]:
    """Return the code and the message of the error that an attempt ends with."""
    with pytest.raises(ClientError) as caught:
        attempt()
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
