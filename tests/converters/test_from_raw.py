"""An exported disk is, byte for byte, the disk it was made from, whoever reads it."""

import asyncio
import hashlib
import os
import subprocess
import time
from pathlib import Path

import pytest
import pyvhdi
import pyvmdk

from converters.codec import program
from converters.stages.from_raw import FORMATS, WRITERS, Written, from_raw
from converters.stages.inspect import inspect
from converters.stages.to_raw import to_raw
from tests import disks
from tests.disks import MIB, SECTOR, TIB

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

ODD = [1, SECTOR, 64 * 1024 + SECTOR, 7 * MIB + 3 * SECTOR, 9 * MIB + 77]
DRIVERS = {"VMDK": "vmdk", "VHD": "vpc", "RAW": "raw"}


async def exported(raw: Path, disk_format: str, target: Path) -> Written:
    return await from_raw(raw, raw.stat().st_size, disk_format, target, lambda percent: None)


async def imported(image: Path, target: Path) -> bytes:
    disk = await inspect(image, None)
    return (await to_raw(disk, target, lambda percent: None)).path.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("size", ODD)
@pytest.mark.parametrize("disk_format", FORMATS)
async def test_what_is_exported_comes_back_as_it_was(
    disk_format: str, size: int, tmp_path: Path
) -> None:
    raw = disks.raw(tmp_path / "disk", size)
    before = raw.read_bytes()
    image = tmp_path / "image"

    written = await exported(raw, disk_format, image)
    back = await imported(image, tmp_path / "back")

    sectors = size if disk_format == "RAW" else -(-size // SECTOR) * SECTOR
    assert raw.read_bytes() == before
    assert back == before.ljust(sectors, b"\0")
    assert written.size == image.stat().st_size
    assert written.etag == hashlib.md5(image.read_bytes()).hexdigest()
    assert written.part_sizes == ()


@pytest.mark.slow
@pytest.mark.parametrize("fill", ["empty", "full", "incompressible"])
@pytest.mark.parametrize("disk_format", FORMATS)
async def test_qemu_reads_what_is_exported(disk_format: str, fill: str, tmp_path: Path) -> None:
    raw = tmp_path / "disk"
    size = 5 * MIB + SECTOR
    content = {"empty": b"", "full": disks.words(size), "incompressible": os.urandom(size)}[fill]
    raw.write_bytes(content)
    os.truncate(raw, size)

    await exported(raw, disk_format, tmp_path / "image")

    driver = DRIVERS[disk_format]
    disks.qemu_img("compare", "-f", "raw", "-F", driver, raw, tmp_path / "image")


def sparse_disk(path: Path) -> Path:
    """A disk of odd length with data, zeros and holes in it."""
    raw = disks.raw(path, 9 * MIB + 3 * SECTOR)
    with raw.open("r+b") as file:
        file.seek(2 * MIB + SECTOR)
        file.write(bytes(MIB))
        file.seek(5 * MIB)
        file.write(os.urandom(3 * MIB))
    os.truncate(raw, 40 * MIB + SECTOR)
    return raw


@pytest.mark.parametrize("disk_format", WRITERS)
async def test_readers_of_others_take_what_is_exported(disk_format: str, tmp_path: Path) -> None:
    """Neither libvmdk nor libvhdi shares a line with qemu or with us."""
    raw = sparse_disk(tmp_path / "disk")
    image = tmp_path / "image"

    await exported(raw, disk_format, image)

    if disk_format == "VMDK":
        handle = pyvmdk.handle()
        handle.open(str(image))
        handle.open_extent_data_files_as_file_objects([image.open("rb")])
    else:
        handle = pyvhdi.file()
        handle.open(str(image))
    assert handle.get_media_size() == raw.stat().st_size
    assert handle.read_buffer_at_offset(raw.stat().st_size, 0) == raw.read_bytes()
    handle.close()


@pytest.mark.parametrize("disk_format", WRITERS)
async def test_7_zip_takes_what_is_exported(disk_format: str, tmp_path: Path) -> None:
    raw = sparse_disk(tmp_path / "disk")
    image = tmp_path / "image"

    await exported(raw, disk_format, image)

    unpack = ["7zz", "e", "-so", f"-t{disk_format.lower()}", str(image)]
    assert subprocess.run(unpack, stdout=subprocess.PIPE, check=True).stdout == raw.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("disk_format", FORMATS)
async def test_a_long_file_has_the_etag_of_an_object_in_parts(
    disk_format: str, tmp_path: Path
) -> None:
    raw = disks.sparse(tmp_path / "disk", 300 * MIB + 77, tail=b"end")
    with raw.open("r+b") as file:
        for offset in (0, 60, 130):
            file.seek(offset * MIB)
            file.write(os.urandom(40 * MIB))

    written = await exported(raw, disk_format, tmp_path / "image")

    with (tmp_path / "image").open("rb") as file:
        parts = [hashlib.md5(file.read(size)).digest() for size in written.part_sizes]
        assert not file.read()
    assert set(written.part_sizes[:-1]) == {64 * MIB}
    assert written.etag == f"{hashlib.md5(b''.join(parts)).hexdigest()}-{len(parts)}"


@pytest.mark.parametrize("disk_format", FORMATS)
async def test_an_empty_disk_of_1_tib_takes_seconds(disk_format: str, tmp_path: Path) -> None:
    raw = disks.sparse(tmp_path / "disk", TIB, b"begin", b"end")

    begin = time.monotonic()
    written = await exported(raw, disk_format, tmp_path / "image")

    assert time.monotonic() - begin < 20
    assert len(written.part_sizes) <= 10_000
    disk = await inspect(tmp_path / "image", None)
    assert disk.size == TIB


@pytest.mark.slow
@pytest.mark.parametrize("disk_format", FORMATS)
async def test_a_volume_may_be_larger_than_what_it_was_made_from(
    disk_format: str, tmp_path: Path
) -> None:
    raw = disks.raw(tmp_path / "disk", MIB + 77)
    size = 100 * MIB

    written = await from_raw(raw, size, disk_format, tmp_path / "image", lambda percent: None)

    assert raw.stat().st_size == MIB + 77
    assert await imported(tmp_path / "image", tmp_path / "back") == raw.read_bytes().ljust(
        size, b"\0"
    )
    assert written.size == (tmp_path / "image").stat().st_size


@pytest.mark.parametrize("disk_format", FORMATS)
async def test_a_second_attempt_writes_the_file_anew(disk_format: str, tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk", MIB)
    image = tmp_path / "image"
    image.write_bytes(os.urandom(3 * MIB))

    await exported(raw, disk_format, image)

    assert await imported(image, tmp_path / "back") == raw.read_bytes()


@pytest.mark.parametrize("disk_format", FORMATS)
async def test_progress_of_an_export_rises_to_the_end(disk_format: str, tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk", 40 * MIB)
    seen: list[int] = []

    await from_raw(raw, 40 * MIB, disk_format, tmp_path / "image", seen.append)

    assert seen == sorted(seen)
    assert seen[-1] == 100


@pytest.mark.slow
@pytest.mark.parametrize("disk_format", WRITERS)
async def test_a_cancelled_export_writes_no_more(disk_format: str, tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk", 400 * MIB)
    target = tmp_path / "image"
    begun = asyncio.Event()
    running = asyncio.create_task(
        from_raw(
            raw, 400 * MIB, disk_format, target, lambda percent: begun.set() if percent else None
        )
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


async def test_a_full_disk_is_our_fault(tmp_path: Path) -> None:
    raw = disks.raw(tmp_path / "disk", MIB)
    nowhere = tmp_path / "nowhere" / "image"

    for disk_format in WRITERS:
        with pytest.raises(program.Failed, match="No such file"):
            await exported(raw, disk_format, nowhere)
    with pytest.raises(program.Failed, match="No such file"):
        await from_raw(tmp_path / "gone", MIB, "VMDK", tmp_path / "image", lambda percent: None)
