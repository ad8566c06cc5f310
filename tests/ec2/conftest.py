"""Disk images for the tests of EC2, made by qemu-img as a client would make them."""

import secrets
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from state.blobs import Blobs
from state.snapshots import Snapshot
from state.store import Store
from tests.house import House, Server, default_url

MIB = 1 << 20
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
    """A stream VMDK of a few MB that takes many seconds to convert: a hundred GB of holes."""
    disk = tmp_path_factory.mktemp("long") / "disk"
    with disk.open("wb") as file:
        file.truncate(128 << 30)
        file.write(secrets.token_bytes(MIB))
    return convert(disk, "vmdk")


@pytest.fixture(scope="module")
def shared_house(server: Server) -> House:
    """The shared server, seen from one account by all tests of a module."""
    return House(server)


def put_snapshots(house: House, snapshots: Iterable[Snapshot]) -> None:
    """Put snapshots with a few bytes into a server's store, where an import takes too long."""
    blobs = Blobs(house.data_dir)
    store = Store(default_url(house.data_dir))
    try:
        with store.begin() as tx:
            for snapshot in snapshots:
                path = blobs.incoming()
                path.write_bytes(b"snapshot")
                blobs.keep(path, snapshot.blob_id)
                tx.snapshots.add(snapshot)
    finally:
        store.close()
