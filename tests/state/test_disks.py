"""Disks as they are read, whatever file holds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from state.disks import Disk, open_raw

MIB = 1 << 20


@contextmanager
def raw(path: Path, size: int, pieces: dict[int, bytes]) -> Iterator[Disk]:
    with path.open("wb") as file:
        for offset, piece in pieces.items():
            file.seek(offset)
            file.write(piece)
        file.truncate(max(size - MIB, file.tell()))  # files may be shorter than their disks
    disk: Disk = open_raw(path, size)
    try:
        yield disk
    finally:
        disk.close()


def test_a_raw_disk_gives_its_bytes_and_zeros_for_what_no_file_holds(tmp_path: Path) -> None:
    with raw(tmp_path / "disk", 4 * MIB, {MIB: b"abc"}) as disk:
        assert disk.read(MIB - 1, 5) == b"\0abc\0"
        assert disk.read(3 * MIB - 2, 4) == bytes(4)
        assert disk.read(5 * MIB, 3) == bytes(3)


def test_data_is_named_from_an_offset_on_and_holes_are_left_out(tmp_path: Path) -> None:
    with raw(tmp_path / "disk", 9 * MIB, {MIB: b"a" * 4096, 5 * MIB: b"b" * 4096}) as disk:
        extents = list(disk.data())
        assert [begin for begin, _ in extents] == [MIB, 5 * MIB]
        assert list(disk.data(4 * MIB)) == extents[1:]
        assert list(disk.data(5 * MIB + 10)) == [(5 * MIB + 10, extents[1][1])]
        assert list(disk.data(9 * MIB)) == []


@pytest.mark.parametrize("size", [1000, 4096])
def test_nothing_behind_the_end_of_the_disk_is_read(tmp_path: Path, size: int) -> None:
    with raw(tmp_path / "disk", size, {0: b"x" * 8192}) as disk:
        assert disk.read(size - 2, 4) == b"xx\0\0"
        assert list(disk.data()) == [(0, size)]
