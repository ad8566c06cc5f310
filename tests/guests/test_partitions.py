"""Partition tables: read as sfdisk reads them, and never believed."""

import json
import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from converters.guests.guest import Partition, Table
from converters.guests.look.partitions import read_table
from converters.guests.look.sources import Disk
from tests.guests import tables
from tests.guests.filesystems import TOOLS
from tests.guests.tables import MIB, Piece


class Bytes:
    """A disk in memory."""

    def __init__(self, content: bytes, size: int | None = None) -> None:
        self.content = content
        self.size = len(content) if size is None else size

    def read_at(self, offset: int, size: int) -> bytes:
        if offset < 0:
            return b""
        found = self.content[offset : offset + size]
        return found.ljust(max(min(size, self.size - offset), 0), b"\0")


class Wounded:
    """Another disk, with other bytes in some places."""

    def __init__(self, disk: Disk, wounds: dict[int, bytes]) -> None:
        self.disk = disk
        self.wounds = wounds
        self.size = disk.size

    def read_at(self, offset: int, size: int) -> bytes:
        found = bytearray(self.disk.read_at(offset, size))
        for at, what in self.wounds.items():
            for number, value in enumerate(what, at - offset):
                if 0 <= number < len(found):
                    found[number] = value
        return bytes(found)


def table_of(disk: Path) -> Table:
    return read_table(0, Disk(disk))


def written(disk: Path, script: str) -> Path:
    """Let sfdisk write a table."""
    with disk.open("wb") as file:
        file.truncate(64 * MIB)
    command = ["sfdisk", "-q", "--no-reread", str(disk)]
    subprocess.run(command, input=script.encode(), env=TOOLS, check=True, capture_output=True)
    return disk


def told(disk: Path) -> dict[str, Any]:
    """Return what sfdisk says of a disk."""
    command = ["sfdisk", "-J", str(disk)]
    found = subprocess.run(command, env=TOOLS, check=True, capture_output=True).stdout
    table: dict[str, Any] = json.loads(found)["partitiontable"]
    return table


PRIMARY = "label: dos\nlabel-id: 0xdeadbeef\n,8M,7\n,8M,83,*\n"
LOGICAL = PRIMARY + ",8M,82\n,,5\n,4M,83\n,4M,8e\n,4M,83\n"
GPT = """label: gpt
size=8M, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, name="EFI"
size=8M, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, attrs=LegacyBIOSBootable
size=8M, type=E6D6D379-F507-44C2-A23C-238F2A3DF928
"""


@pytest.mark.guests
@pytest.mark.parametrize("script", [PRIMARY, LOGICAL, GPT], ids=["primary", "logical", "gpt"])
def test_partitions_are_those_of_sfdisk(tmp_path: Path, script: str) -> None:
    disk = written(tmp_path / "disk", script)

    found = table_of(disk)

    said = told(disk)
    assert found.problem is None
    assert found.scheme == {"dos": "mbr", "gpt": "gpt"}[said["label"]]
    for mine, theirs in zip(found.partitions, said["partitions"], strict=True):
        assert mine.number == int(theirs["node"].removeprefix(str(disk)))
        assert (mine.offset, mine.size) == (theirs["start"] * 512, theirs["size"] * 512)
        assert mine.type == theirs["type"].upper().rjust(2, "0")
        assert mine.name == theirs.get("name", "")
        active = theirs.get("bootable", "LegacyBIOSBootable" in theirs.get("attrs", ""))
        assert mine.bootable == active
        if found.scheme == "gpt":
            assert mine.uuid == theirs["uuid"].lower()
        else:
            assert mine.uuid == f"deadbeef-{mine.number:02x}"


@pytest.mark.guests
@pytest.mark.parametrize("sector", [512, 4096])
def test_the_size_of_a_sector_is_seen(tmp_path: Path, sector: int) -> None:
    pieces = [Piece(None, 0xEF, 2 * MIB), Piece(None, 0x83, 3 * MIB, name="root")]
    disk = tables.gpt(tmp_path / "disk", pieces, sector)

    found = table_of(disk)

    command = ["partx", "-P", "-o", "NR,START,SECTORS,UUID,NAME", "-S", str(sector), str(disk)]
    said = subprocess.run(command, env=TOOLS, check=True, capture_output=True).stdout.decode()
    assert (found.sector, found.problem) == (sector, None)
    assert said.splitlines() == [
        f'NR="{one.number}" START="{one.offset // 512}" SECTORS="{one.size // 512}" '
        f'UUID="{one.uuid}" NAME="{one.name}"'
        for one in found.partitions
    ]


def test_many_logical_partitions_are_counted_from_five(tmp_path: Path) -> None:
    pieces = [Piece(None, size=MIB), *[Piece(None, size=MIB, logical=True) for _ in range(9)]]

    found = table_of(tables.mbr(tmp_path / "disk", pieces))

    assert [one.number for one in found.partitions] == [1, 2, *range(5, 14)]
    assert found.problem is None


@pytest.mark.parametrize("sector", [512, 4096])
def test_a_hybrid_table_is_a_gpt(tmp_path: Path, sector: int) -> None:
    pieces = [Piece(None, 0xEF, 2 * MIB), Piece(None, 0x83, 3 * MIB, name="root")]

    found = table_of(tables.gpt(tmp_path / "disk", pieces, sector, hybrid=[1]))

    assert (found.scheme, found.sector) == ("hybrid", sector)
    assert [(one.number, one.size, one.name) for one in found.partitions] == [
        (1, 2 * MIB, ""),
        (2, 3 * MIB, "root"),
    ]


@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize(
    ("at", "what"), [(8, b"\xff"), (56, b"\xff"), (0, bytes(8))], ids=["crc", "guid", "gone"]
)
def test_a_broken_gpt_is_read_from_its_copy(
    tmp_path: Path, sector: int, at: int, what: bytes
) -> None:
    disk = tables.gpt(tmp_path / "disk", [Piece(None, size=MIB)], sector)
    spoil(disk, sector + at, what)

    found = table_of(disk)

    assert (found.scheme, found.sector, len(found.partitions)) == ("gpt", sector, 1)
    assert found.problem == "the first GPT is gone or broken; its spare copy at the end is right"


def test_entries_with_a_wrong_checksum_are_read_from_the_copy(tmp_path: Path) -> None:
    disk = tables.gpt(tmp_path / "disk", [Piece(None, size=MIB)])
    spoil(disk, 1024 + 32, b"\x07")

    found = table_of(disk)

    assert found.partitions[0].offset == MIB
    assert "spare copy" in str(found.problem)


def test_two_broken_gpts_are_a_problem(tmp_path: Path) -> None:
    disk = tables.gpt(tmp_path / "disk", [Piece(None, size=MIB)])
    spoil(disk, 512 + 56, b"\xff")
    spoil(disk, disk.stat().st_size - 512 + 56, b"\xff")

    found = table_of(disk)

    assert found.scheme == "gpt"
    assert found.problem == "the checksum of the GPT's header is wrong"


def test_a_protective_mbr_without_a_gpt_is_a_problem() -> None:
    found = read_table(0, Bytes(sector(entry(0xEE, 1, 2047)), MIB))

    assert (found.scheme, found.problem) == ("mbr", "the MBR tells of a GPT, but there is none")


def test_a_gpt_without_a_protective_mbr_is_not_followed(tmp_path: Path) -> None:
    disk = tables.gpt(tmp_path / "disk", [Piece(None, size=MIB)])
    spoil(disk, 446, bytes(66))

    found = table_of(disk)

    assert (found.scheme, found.partitions) == (None, ())
    assert "no protective MBR" in str(found.problem)


def test_a_gpt_of_millions_of_entries_is_not_believed() -> None:
    head = bytearray(92)
    struct.pack_into("<8sIII", head, 0, b"EFI PART", 0x10000, 92, 0)
    struct.pack_into("<QQ", head, 24, 1, 99)
    struct.pack_into("<QIII", head, 72, 2, 0xFFFFFFFF, 128, 0)
    struct.pack_into("<I", head, 16, zlib.crc32(head))

    found = read_table(0, Bytes(sector(entry(0xEE, 1, 2047)) + bytes(head), MIB))

    assert found.partitions == ()
    assert found.problem == "a GPT of 4294967295 entries of 128 bytes"


def test_a_chain_of_logical_partitions_may_not_run_in_a_circle() -> None:
    first = sector(entry(0x05, 8, 64))
    link = sector(entry(0x83, 1, 4), entry(0x05, 8, 8))
    other = sector(entry(0x83, 1, 4), entry(0x05, 0, 8))
    disk = first + bytes(7 * 512) + link + bytes(7 * 512) + other

    found = read_table(0, Bytes(disk, MIB))

    assert [one.number for one in found.partitions] == [1, 5, 6]
    assert found.problem == (
        "extended partition 1: its chain of logical partitions runs in a circle"
    )


def test_a_chain_without_an_end_is_cut() -> None:
    links = [sector(entry(0x83, 0, 1), entry(0x05, number, 1)) for number in range(1, 400)]
    disk = sector(entry(0x0F, 1, 1000)) + b"".join(links)

    found = read_table(0, Bytes(disk, MIB))

    assert len(found.partitions) == 129
    assert found.problem == "extended partition 1: more than 128 logical partitions"


def test_a_chain_that_leads_to_nothing_is_a_problem() -> None:
    found = read_table(0, Bytes(sector(entry(0x05, 8, 64)), MIB))

    assert found.problem == "extended partition 1: a link of its chain is no partition table"


def test_a_partition_beyond_the_end_is_a_problem() -> None:
    found = read_table(0, Bytes(sector(entry(0x83, 1, 4000)), MIB))

    assert found.problem == "partition 1 ends beyond the end of the disk"


def test_sectors_of_4096_bytes_are_guessed_from_a_boot_sector() -> None:
    disk = sector(entry(0x07, 2, 10)) + bytes(8192 - 512) + sector()

    found = read_table(0, Bytes(disk, MIB))

    assert found.sector == 4096
    assert found.partitions == (Partition(1, 8192, 40960, "07"),)


@pytest.mark.parametrize("size", [0, 1, 511, 512, 4096])
def test_zeros_are_no_table(size: int) -> None:
    assert read_table(3, Bytes(bytes(size))) == Table(3, size, None)


def test_the_boot_sector_of_a_filesystem_is_no_table() -> None:
    text = bytearray(sector())
    text[446:510] = b"Remove disks or other media and press any key to restart \r\n".ljust(64)

    assert read_table(0, Bytes(bytes(text), MIB)).scheme is None


@pytest.mark.parametrize("code", [True, False])
def test_boot_code_is_seen(tmp_path: Path, code: bool) -> None:
    disk = tables.mbr(tmp_path / "disk", [Piece(None, size=MIB)], code=code)

    assert table_of(disk).boot_code is code


@pytest.mark.parametrize("how", ["type", "header", "gpt"])
def test_a_dynamic_disk_is_seen(tmp_path: Path, how: str) -> None:
    disk = tmp_path / "disk"
    if how == "gpt":
        metadata = Piece(None, size=MIB, guid=tables.LDM_METADATA)
        tables.gpt(disk, [metadata, Piece(None, size=MIB, guid=tables.LDM_DATA)])
    else:
        tables.mbr(disk, [Piece(None, 0x42 if how == "type" else 7, MIB)])
    if how == "header":
        spoil(disk, 6 * 512, b"PRIVHEAD")

    assert table_of(disk).dynamic


@pytest.mark.parametrize("kind", ["mbr", "gpt"])
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wounds=st.lists(st.tuples(st.integers(0, 4095), st.binary(max_size=8)), max_size=12))
def test_a_wounded_table_never_raises(
    tmp_path: Path, kind: str, wounds: list[tuple[int, bytes]]
) -> None:
    disk = tmp_path / kind
    if not disk.exists():
        pieces = [Piece(None, size=MIB), Piece(None, size=MIB, logical=kind == "mbr")]
        (tables.mbr if kind == "mbr" else tables.gpt)(disk, pieces)
    # wounded are the table, and the first link of the chain
    wounded = {(at if at < 2048 else 2 * MIB + at - 2048): what for at, what in wounds}

    found = read_table(0, Wounded(Disk(disk), wounded))

    assert len(found.partitions) <= 1024


def entry(kind: int, first: int, count: int, active: int = 0) -> bytes:
    return struct.pack("<B3sB3sII", active, bytes(3), kind, bytes(3), first, count)


def sector(*entries: bytes) -> bytes:
    return bytes(446) + b"".join(entries).ljust(64, b"\0") + b"\x55\xaa"


def spoil(disk: Path, at: int, what: bytes) -> None:
    with disk.open("r+b") as file:
        file.seek(at)
        file.write(what)
