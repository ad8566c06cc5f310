"""Which blocks a qcow2 file holds: qemu-io writes, and is asked what it has written."""

import json
import random
import struct
import subprocess
from pathlib import Path

import pytest

from state.disks import sealed
from state.disks.written import NotOurs, written_blocks
from state.lineage import BLOCK, Blocks

GIB = 1 << 30
SIZE = 5 * GIB


def made(path: Path, *, encrypted: bool = False) -> Path:
    if encrypted:
        sealed.create(path, SIZE, b"secret")
    else:
        qcow2 = ["-f", "qcow2", "-o", "cluster_size=65536"]
        subprocess.run(["qemu-img", "create", "-q", *qcow2, path, str(SIZE)], check=True)
    return path


def write(path: Path, *commands: str, encrypted: bool = False) -> None:
    encryption = {"encrypt": {"format": "luks", "key-secret": "s"}} if encrypted else {}
    file = {"driver": "file", "filename": str(path)}
    image = "json:" + json.dumps({"driver": "qcow2", "file": file, **encryption})
    asked = [word for command in commands for word in ("-c", command)]
    secret = ["--object=secret,id=s,data=secret"]
    subprocess.run(["qemu-io", *secret, *asked, image], check=True, capture_output=True)


@pytest.mark.parametrize("encrypted", [False, True])
def test_what_was_written_is_found(tmp_path: Path, encrypted: bool) -> None:
    path = made(tmp_path / "disk", encrypted=encrypted)
    assert written_blocks(path) == Blocks()
    chance = random.Random(1)
    places = [chance.randrange(0, SIZE - BLOCK, 512) for _ in range(20)] + [0, SIZE - 512]

    write(path, *(f"write -P 7 {place} 512" for place in places), encrypted=encrypted)

    assert written_blocks(path) == Blocks.of(place // BLOCK for place in places)


def test_zeros_that_were_written_count(tmp_path: Path) -> None:
    path = made(tmp_path / "disk")

    write(path, "write -z 1G 64k", "write -z -u 2G 512k")

    assert list(written_blocks(path)) == [2048, 4096]


@pytest.mark.parametrize(
    ("offset", "value"),
    [(0, b"QFI"), (4, struct.pack(">I", 2)), (20, struct.pack(">I", 9)), (36, bytes(4))],
)
def test_another_file_is_refused(tmp_path: Path, offset: int, value: bytes) -> None:
    path = made(tmp_path / "disk")
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(value + b"\0" if value == b"QFI" else value)

    with pytest.raises(NotOurs):
        written_blocks(path)


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    path = tmp_path / "disk"
    path.write_bytes(b"")

    with pytest.raises(NotOurs):
        written_blocks(path)
