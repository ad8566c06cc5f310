"""Disks with some bytes of their structures changed, and a process apart that looks into them.

Each kind has ranges of bytes that its readers parse: headers, tables, trees, directories. What has
checksums is made right again where that is asked for, or its readers would not get any further.
"""

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from awscrt import checksums

from converters.guests.look import sources
from converters.guests.look.examine import examine
from tests.guests import filesystems, lvm
from tests.guests.builders import AnyRecipe, Builder
from tests.guests.gallery import GPT, WINDOWS, row
from tests.guests.near_misses import DEBIAN
from tests.guests.tables import MIB

PATIENCE: Final = 30.0  # seconds for one disk, on a busy machine
LARGE: Final = 32768  # bytes of a read that is no structure but a file
NODE: Final = 16384  # bytes of a node of Btrfs
Range = tuple[int, int]


@dataclass(frozen=True)
class Kind:
    """A good disk, and where it is to be hurt."""

    recipe: AnyRecipe
    ranges: Callable[[Path], list[Range]]
    weld: Callable[[Path], None] | None = None  # makes checksums right again


@dataclass(frozen=True)
class Mutation:
    """Some bytes of a disk that are otherwise."""

    kind: str
    changes: tuple[tuple[int, int, int], ...]  # offset, width in bytes, value
    welded: bool = False

    def __str__(self) -> str:
        changes = ",".join(":".join(map(str, change)) for change in self.changes)
        return f"{self.kind} | {'welded' if self.welded else 'as it is'} | {changes}"

    def made(self, guests: Builder, target: Path) -> Path:
        """Make the disk."""
        kind = KINDS[self.kind]
        filesystems.copied(guests.disk(kind.recipe), target)
        with target.open("r+b") as file:
            for offset, width, value in self.changes:
                file.seek(offset)
                file.write((value & ((1 << 8 * width) - 1)).to_bytes(width, "little"))
        if self.welded and kind.weld:
            kind.weld(target)
        return target


def _at(*ranges: Range) -> Callable[[Path], list[Range]]:
    return lambda disk: list(ranges)


def _read(*more: Range) -> Callable[[Path], list[Range]]:
    """Return the ranges that readers read of a disk; a quarter of them are those named."""

    def found(disk: Path) -> list[Range]:
        ranges = read(disk)
        return list(more) * max(1, len(ranges) // 3 // len(more)) + ranges

    return found


def read(disk: Path) -> list[Range]:
    """Return where a disk is read when it is looked into, without large pieces and zeros."""
    ranges: set[Range] = set()
    original = sources.Disk.read_at

    def noting(self: sources.Disk, offset: int, size: int) -> bytes:
        data = original(self, offset, size)
        if len(data) <= LARGE and data.strip(b"\0"):
            ranges.add((offset, offset + len(data.rstrip(b"\0"))))
        return data

    sources.Disk.read_at = noting  # type: ignore[method-assign]
    try:
        examine([disk])
    finally:
        sources.Disk.read_at = original  # type: ignore[method-assign]
    return sorted(pair for pair in ranges if pair[1] - pair[0] >= 8)


def _near(mark: bytes, length: int) -> Callable[[Path], list[Range]]:
    """Return the ranges that begin with a mark, as hives and archives do."""

    def found(disk: Path) -> list[Range]:
        ranges, here, size = [], 0, disk.stat().st_size
        with disk.open("rb") as file:
            while here < size:
                try:
                    here = os.lseek(file.fileno(), here, os.SEEK_DATA)
                except OSError:  # no more data
                    break
                end = os.lseek(file.fileno(), here, os.SEEK_HOLE)
                data = os.pread(file.fileno(), end - here, here)
                at = data.find(mark)
                while at >= 0:
                    ranges.append((here + at, here + at + length))
                    at = data.find(mark, at + length)
                here = end
        return ranges

    return found


def _weld_btrfs(disk: Path) -> None:
    """Make the checksums of the superblock and of all nodes right."""
    with disk.open("r+b") as file:
        file.seek(MIB + 65536)
        block = file.read(4096)
        identity = block[32:48]
        file.seek(MIB + 65536)
        file.write(struct.pack("<I", checksums.crc32c(block[32:])))
        for at in range(MIB, MIB + 24 * MIB, NODE):
            file.seek(at)
            node = file.read(NODE)
            if at != MIB + 65536 and node[32:48] == identity:
                file.seek(at)
                file.write(struct.pack("<I", checksums.crc32c(node[32:])))


def _weld_gpt(disk: Path) -> None:
    with disk.open("r+b") as file:
        file.seek(1024)
        entries = zlib.crc32(file.read(128 * 128))
        file.seek(512)
        head = bytearray(file.read(92))
        struct.pack_into("<II", head, 16, 0, 0)
        struct.pack_into("<I", head, 88, entries)
        struct.pack_into("<I", head, 16, zlib.crc32(head))
        file.seek(512)
        file.write(head)


def _weld_ext(disk: Path) -> None:
    """Make the checksum of the superblock right, where it has one."""
    with disk.open("r+b") as file:
        file.seek(MIB + 1024)
        block = file.read(1024)
        file.seek(MIB + 1024 + 1020)
        file.write(struct.pack("<I", checksums.crc32c(block[:1020]) ^ 0xFFFFFFFF))


def _weld_xfs(disk: Path) -> None:
    """Make the checksum of the first superblock right."""
    with disk.open("r+b") as file:
        file.seek(MIB)
        block = file.read(512)
        crc = checksums.crc32c(block[:224] + bytes(4) + block[228:])
        file.seek(MIB + 224)
        file.write(struct.pack("<I", crc))


def _weld_lvm(disk: Path) -> None:
    volume = MIB
    with disk.open("r+b") as file:
        file.seek(volume + 4608)
        text = file.read(8192).split(b"\0")[0] + b"\0"
        file.seek(volume + 4096)
        file.write(lvm.area(text))


KINDS: Final[dict[str, Kind]] = {
    "MBR": Kind(
        DEBIAN.on(logical=True), _at((0x1B8, 512), (0x1BE, 0x1FE), (MIB + 0x1BE, MIB + 512))
    ),
    "GPT": Kind(replace(DEBIAN, disk=GPT), _at((512, 604), (1024, 1024 + 256)), _weld_gpt),
    "hybrid": Kind(DEBIAN.on(table="hybrid"), _at((0x1BE, 0x1FE), (512, 604))),
    "ext4": Kind(DEBIAN, _read((MIB + 1024, MIB + 2048), (MIB + 4096, MIB + 4160)), _weld_ext),
    "ext2": Kind(replace(DEBIAN, filesystem="ext2"), _read((MIB + 1024, MIB + 2048))),
    "XFS": Kind(
        row("centos 7.9.2009 3.10.0-1160.el7.x86_64 xfs"), _read((MIB, MIB + 512)), _weld_xfs
    ),
    "XFS 4": Kind(row("centos 7.0.1406 3.10.0-123.el7.x86_64 xfs4"), _read((MIB, MIB + 512))),
    "Btrfs": Kind(
        row("sles 15.5 5.14.21-150500.53-default btrfs"),
        _read((MIB + 65536, MIB + 65536 + 4096)), _weld_btrfs,
    ),
    "Btrfs with subvolumes": Kind(
        row("sles 15.5 5.14.21-150500.53-default btrfs-suse"),
        _read((MIB + 65536, MIB + 65536 + 4096)), _weld_btrfs,
    ),
    "FAT": Kind(DEBIAN.on(table="gpt", firmware="uefi"), _read((MIB, MIB + 512))),
    "NTFS": Kind(WINDOWS["2019 BIOS"], _read((MIB, MIB + 512))),
    "hives": Kind(WINDOWS["2019 BIOS"], _near(b"regf", 12288)),
    "LVM": Kind(
        row("rhel 6.10 2.6.32-754.el6.x86_64 ext4", lvm="whole"),
        _at((MIB + 512, MIB + 700), (MIB + 4096, MIB + 4200), (MIB + 4608, MIB + 5700)), _weld_lvm,
    ),
    "initrd": Kind(replace(DEBIAN, compression=""), _near(b"070701", 4096)),
}  # fmt: skip


class Reader:
    """A process of its own that looks into one disk after the other, in bounds."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def outcome(self, disk: Path) -> str:
        """Look into a disk; return the verdict in a word or its sentence.

        AssertionError when the process has died, has raised, or says nothing in time.
        """
        if self._process is None:
            command = [sys.executable, "-m", "tests.guests.reader"]
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                text=True, cwd=Path(__file__).parents[2],
            )  # fmt: skip
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{disk}\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            code, said = self._process.wait(), self._process.stderr
            self._process = None
            raise AssertionError(f"the reader ended with {code}: {said.read() if said else ''}")
        told = json.loads(line)
        assert told["raised"] is None, told["raised"]
        result: str = told["outcome"]
        return result

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
