"""Our reader of stream-optimized VMDKs gives what qemu-img gives, and refuses what is garbled."""

import asyncio
import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.codec import read_vmdk
from converters.errors import ClientError
from converters.stages.inspect import inspect
from converters.stages.to_raw import to_raw
from tests import disks
from tests.disks import CORRUPT_VMDK, MIB, SECTOR, TIB

pytestmark = pytest.mark.slow  # disks are converted, or time must pass

KIB = 1024
GRAIN = 64 * KIB
FIRST = 26  # the sector behind the table of an image that disks.stream_vmdk makes


def content(number: int, length: int = GRAIN) -> bytes:
    return disks.words(length - 8) + struct.pack("<Q", number)


def stored(number: int, data: bytes | None = None, **fields: int) -> bytes:
    """A grain as it is in the file, with its marker."""
    deflated = zlib.compress(content(number)) if data is None else data
    sector = fields.get("sector", number * GRAIN // SECTOR)
    return struct.pack("<QI", sector, fields.get("length", len(deflated))) + deflated


def image(
    grains: list[tuple[int, bytes]], capacity: int = 512 * 128, flags: int = 0x30001
) -> bytes:
    """A VMDK with grains in the order in which they are given; an empty one is an entry of 1."""
    table = [0] * 512
    body = b""
    for number, grain in grains:
        table[number] = FIRST + len(body) // SECTOR if grain else 1
        body += disks.padded(grain)
    tables = struct.pack("<512I", *table) + body
    return disks.stream_vmdk(capacity=capacity, directory=[22], tables=tables, flags=flags)


async def imported(data: bytes, folder: Path) -> bytes:
    path = folder / "image"
    path.write_bytes(data)
    raw = await to_raw(await inspect(path, None), folder / "raw", lambda percent: None)
    return raw.path.read_bytes()


def by_qemu(path: Path, target: Path) -> bytes | None:
    """The disk as qemu-img reads it; None if it doesn't."""
    target.unlink(missing_ok=True)
    command = ["qemu-img", "convert", "-f", "vmdk", "-O", "raw", str(path), str(target)]
    done = subprocess.run(command, capture_output=True, check=False)
    return target.read_bytes() if done.returncode == 0 else None


def raw_deflate(window: int, level: int = 6) -> Callable[[int], bytes]:
    def deflate(number: int) -> bytes:
        deflater = zlib.compressobj(level, wbits=window)
        return deflater.compress(content(number)) + deflater.flush()

    return deflate


ODD_BUT_SOUND: dict[str, bytes] = {
    "backwards": image([(9, stored(9)), (3, stored(3)), (0, stored(0))]),
    "shuffled": image([(n, stored(n)) for n in random.Random(1).sample(range(512), 200)]),
    "far apart": image([(0, stored(0) + bytes(3 * MIB)), (1, stored(1))]),
    "junk behind a grain": image([(0, stored(0, zlib.compress(content(0)) + b"junk"))]),
    "zeroed grains": image([(0, stored(0)), (1, b""), (2, stored(2))], flags=0x30005),
    "not deflated at all": image([(0, stored(0, raw_deflate(15, 0)(0)))]),
    "a small window": image([(0, stored(0, raw_deflate(9)(0)))]),
    "cut where the disk ends": image(
        [(0, stored(0)), (1, stored(1, zlib.compress(content(1)[: 3 * SECTOR])))], capacity=131
    ),
    "whole where the disk ends": image([(0, stored(0)), (1, stored(1))], capacity=131),
    "grains behind the end": image([(0, stored(0)), (5, stored(5))], capacity=131),
    "all there is": image([(n, stored(n)) for n in range(512)]),
    "grains of zeros": image([(n, stored(n, zlib.compress(bytes(GRAIN)))) for n in range(40)]),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD_BUT_SOUND)
async def test_what_is_odd_but_sound_is_read_as_qemu_reads_it(name: str, tmp_path: Path) -> None:
    result = await imported(ODD_BUT_SOUND[name], tmp_path)

    assert result == by_qemu(tmp_path / "image", tmp_path / "theirs")
    assert (tmp_path / "raw").stat().st_blocks <= (tmp_path / "theirs").stat().st_blocks + 1024


@pytest.mark.parametrize(
    "sectors", [8, 64, *(pytest.param(each, marks=pytest.mark.slow) for each in (16, 256, 2048))]
)
async def test_grains_of_all_sizes_are_read(sectors: int, tmp_path: Path) -> None:
    body, table = b"", []
    for number in range(20):
        deflated = zlib.compress(content(number, sectors * SECTOR))
        table.append(FIRST + len(body) // SECTOR)
        body += disks.padded(struct.pack("<QI", number * sectors, len(deflated)) + deflated)
    tables = struct.pack("<512I", *table, *[0] * 492) + body
    data = disks.stream_vmdk(capacity=512 * sectors, grain=sectors, directory=[22], tables=tables)

    result = await imported(data, tmp_path)

    assert result == by_qemu(tmp_path / "image", tmp_path / "theirs")


GARBLED: dict[str, bytes] = {
    "inflates to less": image([(0, stored(0, zlib.compress(content(0)[:-1])))]),
    "inflates to more": image([(0, stored(0, zlib.compress(content(0) + b"x")))]),
    "inflates to much more": image([(0, stored(0, zlib.compress(bytes(64 * MIB))))]),
    "a checksum is wrong": image([(0, stored(0, zlib.compress(content(0))[:-1] + b"x"))]),
    "deflated data is cut": image([(0, stored(0, zlib.compress(content(0))[:-4]))]),
    "not deflated data": image([(0, stored(0, b"no zlib here"))]),
    "no data": image([(0, stored(0, b""))]),
    "more data than two grains": image([(0, stored(0, length=3 * GRAIN) + bytes(4 * GRAIN))]),
    "meant for another place": image([(0, stored(0, sector=128)), (1, stored(1))]),
    "meant for no place": image([(0, stored(0, sector=1 << 60))]),
    "one in another": image([(0, stored(0, length=4 * SECTOR)), (1, stored(1))]),
    "an entry of 1": image([(0, stored(0)), (1, b"")]),
}


@pytest.mark.parametrize("name", GARBLED)
async def test_what_is_garbled_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ClientError) as refused:
        await imported(GARBLED[name], tmp_path)

    assert str(refused.value) == CORRUPT_VMDK


async def test_a_grain_behind_the_end_of_the_image_is_refused(tmp_path: Path) -> None:
    whole = image([(number, stored(number)) for number in range(40)])
    data = bytearray(whole)
    # The last entry is inside; one before it is not.
    struct.pack_into("<I", data, 22 * SECTOR + 4 * 7, 1 << 20)
    struct.pack_into("<I", data, 22 * SECTOR + 4 * 39, FIRST)

    with pytest.raises(ClientError) as refused:
        await imported(bytes(data), tmp_path)

    assert str(refused.value) == CORRUPT_VMDK


@pytest.mark.parametrize("tables", ["none", pytest.param("all", marks=pytest.mark.slow)])
async def test_an_empty_disk_of_nearly_16_tib_takes_seconds(tables: str, tmp_path: Path) -> None:
    size = 16 * TIB - 64 * KIB
    path = tmp_path / "image"
    if tables == "none":
        path.write_bytes(disks.stream_vmdk(capacity=size // SECTOR))
    else:  # qemu-img makes half a million tables of nothing
        options = ["-o", "subformat=streamOptimized"]
        disks.qemu_img("create", "-f", "vmdk", *options, path, str(size))

    async with asyncio.timeout(30):
        disk = await inspect(path, None)
        raw = await to_raw(disk, tmp_path / "raw", lambda percent: None)

    assert raw.size == size
    assert raw.path.stat().st_blocks == 0


@pytest.mark.slow
def test_a_fuzzed_image_is_read_as_qemu_reads_it_or_refused(tmp_path: Path) -> None:
    chance = random.Random(3)
    grains = [(n, stored(n)) for n in (0, 1, 2, 7, 8, 9, 30)]
    grains.append((31, stored(31, zlib.compress(chance.randbytes(GRAIN)))))
    good = image(grains, capacity=32 * 128)
    path, target = tmp_path / "image", tmp_path / "raw"
    places = st.one_of(
        st.integers(22 * SECTOR, 22 * SECTOR + 32 * 4),  # the table
        st.sampled_from([grain * SECTOR + at for grain in range(FIRST, 40) for at in range(16)]),
        st.integers(FIRST * SECTOR, len(good) - 1),
    )
    accepted = 0

    @settings(max_examples=400, suppress_health_check=list(HealthCheck))
    @given(changes=st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4))
    def look(changes: list[tuple[int, int]]) -> None:
        nonlocal accepted
        data = bytearray(good)
        for at, value in changes:
            data[min(at, len(data) - 1)] = value
        path.write_bytes(data)
        file = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        try:
            read_vmdk.read(read_vmdk.Extent(str(path), 0, len(data)), file)
        except read_vmdk.Garbled:
            return
        finally:
            os.close(file)
        accepted += 1
        assert target.read_bytes() == by_qemu(path, tmp_path / "theirs")

    look()
    assert accepted
