"""Disks as they are read, whatever file holds them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from state.disks import Disk, journal, open_raw
from state.disks.checksums import checksum
from state.disks.raw import read_at_once
from state.lineage import BLOCK

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


def test_what_is_not_in_the_file_is_not_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(b"x" * MIB)
    with path.open("rb") as file:
        buffer = bytearray(4)
        if read_at_once(file.fileno(), MIB - 4, buffer):  # not every filesystem can tell
            assert buffer == b"xxxx"
        assert not read_at_once(file.fileno(), MIB - 2, buffer)
        assert not read_at_once(file.fileno(), 2 * MIB, buffer)


# journals -----------------------------------------------------------------------------------------


def written(folder: Path) -> Path:
    """The journal of two blocks, 1 and 3."""
    path, blocks = folder / "journal", folder / "blocks"
    for each in (path, blocks):
        each.touch()
    with journal.opened(path, blocks) as opened:
        for index in (1, 3):
            opened.write(index, bytes([index]) * BLOCK, bytes([index]) * journal.SLOT)
    return path


def test_a_journal_keeps_the_checksums_of_what_was_written(tmp_path: Path) -> None:
    path = written(tmp_path)

    assert [checksum(path, index) for index in range(5)] == [
        None, b"\1" * journal.SLOT, None, b"\3" * journal.SLOT, None,
    ]  # fmt: skip
    assert checksum(tmp_path / "missing", 1) is None


def test_nobody_writes_once_the_journal_was_taken_away(tmp_path: Path) -> None:
    path = written(tmp_path)

    with ThreadPoolExecutor(1) as pool:
        with journal.opened(path, tmp_path / "blocks", alone=True):
            waits = pool.submit(write_one, path, tmp_path / "blocks")
            path.rename(tmp_path / "checksums")
        with pytest.raises(FileNotFoundError):
            waits.result()
    assert checksum(tmp_path / "checksums", 7) is None


def write_one(path: Path, blocks: Path) -> None:
    with journal.opened(path, blocks) as opened:
        opened.write(7, b"x" * BLOCK, b"x" * journal.SLOT)
