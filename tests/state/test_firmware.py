"""Firmware: which one it is, and what it remembers."""

from pathlib import Path

import pytest

from state.firmware import Memories, firmware


@pytest.mark.parametrize(
    ("boot_mode", "instance_type", "started_by"),
    [
        ("legacy-bios", "t3.micro", "legacy-bios"),
        ("uefi", "t2.micro", "uefi"),  # nothing has refused it: it is as its AMI says
        ("uefi-preferred", "t3.micro", "uefi"),
        ("uefi-preferred", "t2.micro", "legacy-bios"),
        ("uefi-preferred", "no.such", "legacy-bios"),
        (None, "t2.micro", "legacy-bios"),
        (None, "t3.micro", "legacy-bios"),
        (None, "t4g.micro", "uefi"),
        (None, "no.such", "legacy-bios"),
    ],
)
def test_what_starts_an_instance(
    boot_mode: str | None, instance_type: str, started_by: str
) -> None:
    assert firmware(boot_mode, instance_type) == started_by


def test_it_remembers_what_it_was_told(tmp_path: Path) -> None:
    memories, blank = Memories(tmp_path), tmp_path / "blank"
    blank.write_bytes(b"nothing")
    memories.lend("i-1", "", blank, tmp_path / "run-1")
    (tmp_path / "run-1").write_bytes(b"a disk!")

    memories.lend("i-1", "", blank, tmp_path / "run-2")
    memories.lend("i-2", "ami-1", blank, tmp_path / "run-3")
    blank.write_bytes(b"of another size")
    memories.lend("i-1", "", blank, tmp_path / "run-4")

    assert (tmp_path / "run-2").read_bytes() == b"a disk!"
    assert (tmp_path / "run-3").read_bytes() == b"nothing"
    assert (tmp_path / "run-4").read_bytes() == b"of another size"


def test_an_instance_begins_with_what_its_ami_has(tmp_path: Path) -> None:
    memories, blank = Memories(tmp_path), tmp_path / "blank"
    blank.write_bytes(b"nothing")
    memories.lend("i-1", "", blank, tmp_path / "run-1")
    (tmp_path / "run-1").write_bytes(b"a disk!")
    memories.copy("ami-1", "i-1", "ami-0")
    memories.copy("ami-2", "ami-0", "ami-1")

    memories.lend("i-2", "ami-2", blank, tmp_path / "run-2")
    (tmp_path / "run-2").write_bytes(b"its own")
    memories.lend("i-3", "ami-2", blank, tmp_path / "run-3")
    memories.remove("ami-2")
    memories.remove("ami-2")
    memories.lend("i-4", "ami-2", blank, tmp_path / "run-4")

    assert (tmp_path / "run-3").read_bytes() == b"a disk!"
    assert (tmp_path / "run-4").read_bytes() == b"nothing"
