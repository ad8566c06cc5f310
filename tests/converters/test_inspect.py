"""What a disk image is comes from its own bytes, and what cannot be trusted is refused."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from converters.errors import ClientError
from converters.stages.inspect import Disk, inspect
from converters.stages.to_raw import to_raw
from tests import disks
from tests.disks import KINDS, MIB, REFUSED, SECTOR, TIB


async def imported(path: Path, declared: str | None) -> Disk:
    """Take a disk all the way, as a task would."""
    disk = await inspect(path, declared)
    await to_raw(disk, path.with_suffix(".raw"), lambda percent: None)
    return disk


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if "bomb" in name else []) for name in REFUSED],
)
async def test_what_is_not_to_be_imported_is_refused(name: str, tmp_path: Path) -> None:
    build, declared, text = REFUSED[name]
    path = tmp_path / "image"
    path.write_bytes(build(tmp_path))

    with pytest.raises(ClientError) as refused:
        await imported(path, declared)

    assert str(refused.value) == text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("spelling", [None, str.upper, str.lower])
async def test_every_format_is_known_by_its_bytes(
    kind: str, spelling: object, tmp_path: Path
) -> None:
    name = KINDS[kind][0]
    path = tmp_path / "image"
    path.write_bytes(disks.made(kind, tmp_path))

    disk = await inspect(path, spelling(name) if callable(spelling) else None)

    assert (disk.format, disk.size) == (name, 3 * MIB)
    assert disk.file_size == path.stat().st_size


@pytest.mark.parametrize("declared", [None, "RAW", "raw", "Raw"])
async def test_what_nothing_knows_is_a_raw_disk(declared: str | None, tmp_path: Path) -> None:
    path = disks.raw(tmp_path / "image", 1_000_001)

    disk = await inspect(path, declared)

    assert (disk.format, disk.size, disk.driver) == ("RAW", 1_000_001, None)


async def test_a_vmdk_with_a_footer_is_read_by_it(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(disks.with_footer(tmp_path))

    assert (await imported(path, "VMDK")).size == 3 * MIB


async def test_a_vmdk_named_in_any_language_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(disks.stream_vmdk(disks.DESCRIPTOR.replace("disk.vmdk", "Größe.vmdk")))

    assert (await inspect(path, "VMDK")).size == 3 * MIB


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_versions_of_vmdk(version: int, tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(disks.stream_vmdk(version=version))

    assert (await inspect(path, "VMDK")).size == 3 * MIB


async def test_a_huge_disk_in_a_tiny_file_is_fine(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(disks.dynamic_vhd(size=2 * TIB - 16 * (1 << 30)))

    disk = await imported(path, None)

    assert disk.size == 2 * TIB - 16 * (1 << 30)
    assert path.with_suffix(".raw").stat().st_blocks < 100


async def test_a_raw_disk_of_16_tib_is_refused(tmp_path: Path) -> None:
    tail = disks.vhd_footer(16 * TIB)  # ext4 has no file of 16 TiB, but a footer can tell of one
    path = disks.sparse(tmp_path / "image", 8 * MIB, tail=tail)

    with pytest.raises(ClientError, match="16 TiB"):
        await inspect(path, None)


async def test_a_vhd_is_as_large_as_its_footer_says(tmp_path: Path) -> None:
    size = 5 * MIB + 3 * SECTOR  # no geometry has that many sectors
    for kind in ("fixed VHD", "dynamic VHD"):
        path = disks.converted(kind, disks.raw(tmp_path / "raw", size), tmp_path / kind)

        assert (await inspect(path, "VHD")).size == size


@pytest.mark.parametrize("name", ["a,b.img", "json:{}", "nbd:host:1", "a b'\"c", "-o", "ü\n"])
async def test_a_path_is_only_ever_a_path(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(disks.made("stream VMDK", tmp_path))

    disk = await inspect(path, "VMDK")
    raw = await to_raw(disk, tmp_path / f"{name}.raw", lambda percent: None)

    assert raw.path.stat().st_size == 3 * MIB


@pytest.mark.parametrize(
    ("image", "text"),
    [
        # 1 Mi tables of grains, each a sector after the one before
        (
            lambda: disks.stream_vmdk(
                capacity=(1 << 20) * 512 * 8, grain=8, directory=list(range(22, 22 + (1 << 20)))
            ),
            disks.CORRUPT_VMDK,
        ),
        # 2 Mi blocks of a sector, all in the same place
        (
            lambda: disks.dynamic_vhd(
                size=(2 << 20) * SECTOR, block=SECTOR, blocks=[300] * (2 << 20)
            ),
            disks.BROKEN_VHD,
        ),
    ],
    ids=["VMDK", "VHD"],
)
async def test_tables_larger_than_any_honest_ones_take_no_memory(
    image: Callable[[], bytes], text: str, tmp_path: Path
) -> None:
    path = tmp_path / "image"
    path.write_bytes(image())

    tracemalloc.start()
    with pytest.raises(ClientError) as refused:
        await inspect(path, None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert str(refused.value) == text
    assert peak < 16 * MIB
