"""What real clients import: a disk, a VM with one disk, and a disk that takes its time."""

from pathlib import Path

import pytest

from tests import disks, ovas

MIB = 1 << 20


@pytest.fixture(scope="session")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A raw disk of a few MiB."""
    return disks.raw(tmp_path_factory.mktemp("disk") / "disk.raw", 5 * MIB)


@pytest.fixture(scope="session")
def vmdk(disk: Path) -> Path:
    """The disk as a stream-optimized VMDK."""
    return disks.converted("stream VMDK", disk, disk.with_suffix(".vmdk"))


@pytest.fixture(scope="session")
def long_vhdx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VHDX that takes far longer to convert than a client to start: a TiB of holes, all read."""
    source = tmp_path_factory.mktemp("long") / "disk.raw"
    with source.open("wb") as file:
        file.truncate(1 << 40)
        file.write(b"begins" * 100)
    return disks.converted("dynamic VHDX", source, source.with_suffix(".vhdx"))


@pytest.fixture(scope="session")
def ova(vmdk: Path) -> Path:
    """A VM with the disk, and a manifest."""
    return ovas.ova(vmdk.with_suffix(".ova"), {"disk.vmdk": vmdk}, manifest="SHA256")
