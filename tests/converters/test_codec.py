"""What our writers write is laid out as the programs want it that read from front to back."""

import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from converters.codec import sparse_extent
from converters.codec.sparse_extent import (
    AT_END,
    END_OF_STREAM,
    FOOTER,
    GRAIN_DIRECTORY,
    GRAIN_TABLE,
    SECTOR,
    Header,
)
from converters.stages.formats.vhd import checksum
from converters.stages.from_raw import from_raw
from tests import disks
from tests.disks import MIB

GRAIN = 64 * 1024


async def written(raw: Path, disk_format: str) -> bytes:
    target = raw.with_suffix(".image")
    await from_raw(raw, raw.stat().st_size, disk_format, target, lambda percent: None)
    return target.read_bytes()


def header_of(data: bytes, sector: int = 0) -> Header:
    return Header(*sparse_extent.HEADER.unpack_from(data, sector * SECTOR))


def stream(data: bytes) -> Iterator[tuple[int, str | int, int, bytes]]:
    """What is in a stream-optimized VMDK behind its descriptor, as one who can't seek sees it:
    the sector of the marker, what it announces, its number, and what follows."""
    at = header_of(data).overhead * SECTOR
    while True:
        number, length, kind = sparse_extent.OTHER_MARKER.unpack_from(data, at)
        if length:
            begin = at + sparse_extent.MARKER.size
            yield at // SECTOR, "grain", number, data[begin : begin + length]
            at = begin + length + -(begin + length) % SECTOR
        else:
            begin = at + SECTOR
            yield at // SECTOR, kind, number, data[begin : begin + number * SECTOR]
            if kind == END_OF_STREAM:
                assert begin == len(data)
                return
            at = begin + number * SECTOR


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A disk of three grain tables: some grains in the first, none in the second."""
    path = tmp_path / "disk"
    chance = random.Random(7)
    with path.open("wb") as file:
        for grain in (0, 1, 5, 300, 511, 1024, 1500):
            file.seek(grain * GRAIN)
            file.write(chance.choice([chance.randbytes, disks.words])(GRAIN))
        file.seek(301 * GRAIN)
        file.write(bytes(GRAIN))  # not a hole, but zeros
        file.truncate(1500 * GRAIN + 3 * SECTOR)
    return path


async def test_a_vmdk_can_be_read_from_front_to_back(raw: Path) -> None:
    data = await written(raw, "VMDK")

    parts = list(stream(data))

    kinds = [kind for _, kind, _, _ in parts]
    grains, rest = ["grain"] * 5, ["grain"] * 2
    ends = [GRAIN_DIRECTORY, FOOTER, END_OF_STREAM]
    assert kinds == [*grains, GRAIN_TABLE, *rest, GRAIN_TABLE, *ends]
    numbers = [number // 128 for _, kind, number, _ in parts if kind == "grain"]
    assert numbers == [0, 1, 5, 300, 511, 1024, 1500]
    padded = raw.read_bytes().ljust(1501 * GRAIN, b"\0")
    for _, kind, number, content in parts:
        if kind == "grain":
            begin = number * SECTOR
            assert zlib.decompress(content) == padded[begin : begin + GRAIN]


async def test_the_tables_of_a_vmdk_name_its_grains(raw: Path) -> None:
    data = await written(raw, "VMDK")

    parts = list(stream(data))

    (directory,) = (content for _, kind, _, content in parts if kind == GRAIN_DIRECTORY)
    tables = struct.unpack("<128I", directory)
    places = {number // 128: at for at, kind, number, _ in parts if kind == "grain"}
    assert [bool(table) for table in tables] == [True, False, True] + [False] * 125
    named = {}
    for number in (0, 2):
        for entry, place in enumerate(struct.unpack_from("<512I", data, tables[number] * SECTOR)):
            if place:
                named[number * 512 + entry] = place
    assert named == places
    assert {at + 1 for at, kind, _, _ in parts if kind == GRAIN_TABLE} == {tables[0], tables[2]}


async def test_the_header_and_the_footer_of_a_vmdk_are_as_vsphere_writes_them(raw: Path) -> None:
    data = await written(raw, "VMDK")

    front = header_of(data)
    place, _, _, back = next(part for part in stream(data) if part[1] == FOOTER)
    directory = next(at for at, kind, _, _ in stream(data) if kind == GRAIN_DIRECTORY)

    capacity = 1500 * 128 + 3
    assert front == Header(
        *(b"KDMV", 3, 0x30001, capacity, 128, 1, 20, 512, 0, AT_END, 128, False, b"\n \r\n", 1)
    )
    assert header_of(back) == front._replace(directory=directory + 1)
    assert (place + 3) * SECTOR == len(data)


async def test_the_descriptor_of_a_vmdk_says_what_vsphere_asks_for(raw: Path) -> None:
    data = await written(raw, "VMDK")

    text = data[SECTOR : 21 * SECTOR].rstrip(b"\0").decode()

    lines = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    said = {name.strip(): value.strip(' "') for name, value in lines.items()}
    assert text.startswith("# Disk DescriptorFile\nversion=1\n")
    assert f'\nRW {1500 * 128 + 3} SPARSE "disk.vmdk"\n' in text
    assert said["createType"] == "streamOptimized"
    assert said["parentCID"] == "ffffffff"
    assert said["CID"] not in ("ffffffff", "fffffffe")
    assert said["ddb.adapterType"] == "lsilogic"
    assert said["ddb.virtualHWVersion"] == "7"
    assert said["ddb.longContentID"].endswith(said["CID"])
    assert said["ddb.geometry.heads"] == "255"
    assert said["ddb.geometry.sectors"] == "63"
    assert said["ddb.geometry.cylinders"] == "12"  # ⌈192003 / 255 / 63⌉


async def test_a_vhd_has_the_exact_size_and_blocks_of_2_mib(tmp_path: Path) -> None:
    raw = disks.sparse(tmp_path / "disk", 7 * MIB + SECTOR, b"begin", b"end")

    data = await written(raw, "VHD")

    footer = data[-SECTOR:]
    kind, creator = struct.unpack_from(">I", footer, 60)[0], footer[28:32]
    size = struct.unpack_from(">QQ", footer, 40)
    entries, block = struct.unpack_from(">II", data, SECTOR + 28)
    table = struct.unpack_from(">4I", data, 1536)
    assert data[:SECTOR] == footer
    assert (kind, creator) == (3, b"win ")
    assert size == (7 * MIB + SECTOR, 7 * MIB + SECTOR)
    assert (entries, block) == (4, 2 * MIB)
    assert table == (4, 0xFFFFFFFF, 0xFFFFFFFF, 4 + 1 + 4096)
    assert len(data) == 4 * SECTOR + 2 * (SECTOR + 2 * MIB) + SECTOR
    assert struct.unpack_from(">I", footer, 64) == (checksum(footer, 64),)
