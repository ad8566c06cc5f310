"""A raw disk is byte for byte what the guest saw, sparse, and made without leaving a trace."""

import asyncio
import bz2
import hashlib
import os
import time
from pathlib import Path

import pytest

from converters import qemu_img
from converters.codec import program
from converters.stages.inspect import Disk, inspect
from converters.stages.to_raw import RawDisk, to_raw
from tests import disks
from tests.disks import KINDS, MIB, SAMPLES, SECTOR

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

ODD = [1, 511, SECTOR, 64 * 1024 + SECTOR, MIB - 1, 3 * MIB, 7 * MIB + 3 * SECTOR, 9 * MIB + 77]


async def imported(path: Path, declared: str | None = None) -> RawDisk:
    return await to_raw(
        await inspect(path, declared), path.with_suffix(".out"), lambda percent: None
    )


def digest(path: Path, size: int | None = None) -> str:
    """The hash of a file, or of its beginning."""
    with path.open("rb") as file:
        return hashlib.sha256(file.read() if size is None else file.read(size)).hexdigest()


@pytest.mark.parametrize("size", ODD)
async def test_a_raw_disk_of_any_size_stays_as_it_is(size: int, tmp_path: Path) -> None:
    source = disks.raw(tmp_path / "disk", size)

    result = await imported(source)

    assert result.size == size
    assert digest(result.path) == digest(source)


@pytest.mark.slow
@pytest.mark.parametrize("size", ODD)
@pytest.mark.parametrize("kind", KINDS)
async def test_every_format_gives_back_the_disk_it_was_made_from(
    kind: str, size: int, tmp_path: Path
) -> None:
    source = disks.raw(tmp_path / "disk", size)

    result = await imported(disks.converted(kind, source, tmp_path / "image"))

    sectors = -(-size // SECTOR) * SECTOR  # the image counts in sectors: its maker has padded
    assert result.size == sectors
    os.truncate(source, sectors)
    assert digest(result.path) == digest(source)


async def test_a_raw_disk_is_sparse_even_if_the_object_is_not(tmp_path: Path) -> None:
    source = tmp_path / "disk"
    source.write_bytes(bytes(8 * MIB) + os.urandom(MIB) + bytes(7 * MIB + 5))

    result = await imported(source)

    assert digest(result.path) == digest(source)
    assert result.path.stat().st_blocks * SECTOR <= MIB + 128 * 1024


async def test_holes_are_not_read(tmp_path: Path) -> None:
    size = 1 << 40
    source = disks.sparse(tmp_path / "disk", size, head=b"begin", tail=b"end")

    begin = time.monotonic()
    result = await imported(source)

    assert time.monotonic() - begin < 5
    assert result.size == size
    with result.path.open("rb") as file:
        assert file.read(5) == b"begin"
        file.seek(size - 3)
        assert file.read() == b"end"


async def test_the_image_is_not_touched(tmp_path: Path) -> None:
    for kind in KINDS:
        image = disks.converted(kind, disks.raw(tmp_path / "disk", MIB), tmp_path / "image")
        image.chmod(0o400)
        before = digest(image), image.stat().st_mtime_ns

        await imported(image)

        assert (digest(image), image.stat().st_mtime_ns) == before
        image.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("size", [511, 3 * MIB + 77])
@pytest.mark.parametrize("kind", [*KINDS, "raw"])
async def test_an_image_inside_a_file_is_read_in_place(
    kind: str, size: int, tmp_path: Path
) -> None:
    source = disks.raw(tmp_path / "disk", size)
    image = source if kind == "raw" else disks.converted(kind, source, tmp_path / "image")
    expected = await imported(image)
    data = image.read_bytes()
    file = tmp_path / "file"
    file.write_bytes(os.urandom(3 * SECTOR) + data + os.urandom(MIB))

    disk = await inspect(file, None, offset=3 * SECTOR, length=len(data))
    result = await to_raw(disk, tmp_path / "result", lambda percent: None)

    assert (disk.file_size, disk.offset, result.size) == (len(data), 3 * SECTOR, expected.size)
    assert digest(result.path) == digest(expected.path)


@pytest.mark.parametrize("behind", [b"", b"x" * MIB])
async def test_the_last_sector_of_an_image_inside_a_file_may_be_cut(
    behind: bytes, tmp_path: Path
) -> None:
    source = disks.raw(tmp_path / "disk", MIB)
    image = disks.converted("stream VMDK", source, tmp_path / "image")
    data = image.read_bytes().rstrip(b"\0")
    file = tmp_path / "file"
    file.write_bytes(b"x" * SECTOR + data + behind)

    disk = await inspect(file, None, offset=SECTOR, length=len(data))
    result = await to_raw(disk, tmp_path / "result", lambda percent: None)

    assert len(data) % SECTOR
    assert digest(result.path) == digest(source)


async def test_the_holes_of_a_disk_inside_a_file_stay_holes(tmp_path: Path) -> None:
    size = 1 << 40
    file = disks.sparse(
        tmp_path / "file", SECTOR + size, head=b"x" * SECTOR + b"begin", tail=b"end"
    )

    disk = await inspect(file, None, offset=SECTOR, length=size - 1)
    result = await to_raw(disk, tmp_path / "result", lambda percent: None)

    assert result.size == size - 1
    with result.path.open("rb") as raw:
        assert raw.read(6) == b"begin\0"
        raw.seek(size - 3)
        assert raw.read() == b"en"
    assert result.path.stat().st_blocks < 1000


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*KINDS, "raw"])
async def test_progress_rises_to_the_end(kind: str, tmp_path: Path) -> None:
    source = disks.raw(tmp_path / "disk", 40 * MIB)
    image = source if kind == "raw" else disks.converted(kind, source, tmp_path / "image")
    seen: list[int] = []

    await to_raw(await inspect(image, None), tmp_path / "out", seen.append)

    assert seen == sorted(set(seen))
    assert len(seen) > 1  # large steps: qemu-img goes by what lies side by side, we by what we read
    assert seen[-1] == 100


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["stream VMDK", "raw"])
async def test_a_cancelled_conversion_writes_no_more(kind: str, tmp_path: Path) -> None:
    source = disks.raw(tmp_path / "disk", 200 * MIB)
    image = source if kind == "raw" else disks.converted(kind, source, tmp_path / "image")
    disk = await inspect(image, None)
    target = tmp_path / "out"
    begun = asyncio.Event()
    running = asyncio.create_task(
        to_raw(disk, target, lambda percent: begun.set() if percent else None)
    )
    await begun.wait()

    begin = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    elapsed = time.monotonic() - begin

    written = target.stat().st_blocks
    await asyncio.sleep(0.2)
    assert target.stat().st_blocks == written
    assert elapsed < 0.5


@pytest.mark.parametrize("kind", ["stream VMDK", "dynamic VHD"])
async def test_a_full_disk_is_our_fault(kind: str, tmp_path: Path) -> None:
    image = disks.converted(kind, disks.raw(tmp_path / "disk", MIB), tmp_path / "image")
    disk = await inspect(image, None)
    ours = (qemu_img.Failed, program.Failed)

    with pytest.raises(ours, match="No such file"):
        await to_raw(disk, tmp_path / "nowhere" / "out", lambda percent: None)
    small = Disk(disk.path, disk.format, disk.driver, 1000, disk.data, disk.file_size)
    with pytest.raises(ours, match="File too large"):
        await to_raw(small, tmp_path / "out", lambda percent: None)


@pytest.mark.parametrize(
    ("name", "format_", "size"),
    [
        ("hyperv2012r2-dynamic.vhd", "VHD", 136365211648),
        pytest.param("iotest-dynamic-1G.vhdx", "VHDX", 1073741824, marks=pytest.mark.slow),
        ("iotest-version3.vmdk", "VMDK", 17179869184),
        ("input.vmdk", "VMDK", 1073741824),
    ],
)
async def test_images_made_by_real_tools(
    name: str, format_: str, size: int, tmp_path: Path
) -> None:
    if not SAMPLES.is_dir():
        pytest.skip(f"the samples are not at {SAMPLES}")
    path = tmp_path / name
    packed = SAMPLES / f"{name}.bz2"
    path.write_bytes(
        bz2.decompress(packed.read_bytes()) if packed.is_file() else (SAMPLES / name).read_bytes()
    )

    disk = await inspect(path, format_)
    result = await to_raw(disk, tmp_path / "out", lambda percent: None)

    assert (disk.format, disk.size, result.size) == (format_, size, size)
    assert result.path.stat().st_blocks * SECTOR < 100 * MIB
    driver = {"VHD": "vpc", "VHDX": "vhdx", "VMDK": "vmdk"}[format_]
    disks.qemu_img("compare", "-f", driver, "-F", "raw", path, result.path)
