"""`vmie check`: whether AWS would take a machine, from its files alone, for people and programs."""

import errno
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from converters import qemu_img
from converters.codec import program
from emulator.__main__ import main
from emulator.cli.check import OURS, said
from emulator.cli.check_report import LINES, Page, bytes_shown
from tests import disks, ovas
from tests.guests.builders import Builder
from tests.guests.filesystems import text
from tests.guests.gallery import WINDOWS
from tests.guests.near_misses import DEBIAN, KERNELS, ROOT, W2019, having

pytestmark = [pytest.mark.guests, pytest.mark.slow]

KERNEL = KERNELS["a backport"].recipe


@dataclass(frozen=True)
class Said:
    """What the command answer."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


class Check:
    """Calls the command as the program does, without the time that it takes to start."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Said:
        try:
            code = main(["check", *map(str, arguments)])
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Said(code, *self._capsys.readouterr())


@pytest.fixture
def check(capsys: pytest.CaptureFixture[str]) -> Check:
    return Check(capsys)


# for people


def test_a_machine_that_would_be_taken(guests: Builder, check: Check) -> None:
    answer = check(guests.disk(DEBIAN))

    first, verdict = answer.out.splitlines()[:2]
    assert answer.code == 0
    assert "Linux - Debian" in first
    assert "6.1.0-15-amd64" in first
    assert verdict == "✔ AWS would import it."
    assert "UsageOperation RunInstances" in answer.out
    assert "rules passed:" in answer.out
    assert answer.err == ""


def test_what_the_import_would_change_is_shown_as_a_diff(guests: Builder, check: Check) -> None:
    recipe = replace(DEBIAN, network="static", fstab="devices")

    answer = check(guests.disk(recipe))
    short = check(guests.disk(recipe), "--no-diff")

    assert "What the import would change" in answer.out
    assert "/etc/fstab" in answer.out
    assert "+UUID=" in answer.out
    assert "+UUID=" not in short.out
    assert "/etc/fstab" in short.out


def test_a_machine_that_would_be_refused_is_told_why_and_what_to_do(
    guests: Builder, check: Check
) -> None:
    answer = check(guests.disk(KERNEL))

    lines = answer.out.splitlines()
    assert answer.code == 1
    assert lines[1] == "✘ AWS would not import it."
    assert lines[2] == "  ClientError: Unsupported kernel version 6.5.0-0.deb12.4-amd64"
    [at] = [row for row, line in enumerate(lines) if line.startswith("✘ kernel")]
    told = [line[2:9].strip() for line in lines[at + 1 : at + 7]]
    assert [word for word in told if word] == ["seen", "AWS", "cure", "guide"]


def test_all_rules_are_listed_when_asked_for(guests: Builder, check: Check) -> None:
    answer = check(guests.disk(DEBIAN), "--all")

    assert "✔ root-filesystem      ext4" in answer.out


def test_a_page_has_neither_colours_nor_trailing_blanks_where_nobody_looks(
    guests: Builder, check: Check
) -> None:
    answer = check(guests.disk(DEBIAN))

    assert "\x1b" not in answer.out
    assert not [line for line in answer.out.splitlines() if line != line.rstrip()]


def test_on_a_terminal_a_diff_is_coloured_and_a_long_one_cut() -> None:
    paper = io.StringIO()
    page = Page(Console(file=paper, force_terminal=True, color_system="standard", width=80))

    page.diff("@@ -1 +1 @@\n-old\n+new\n" + " same\n" * 100)

    red, green = "\x1b[31m-old\x1b[0m", "\x1b[32m+new\x1b[0m"
    assert red in paper.getvalue()
    assert green in paper.getvalue()
    assert f"… {103 - LINES} lines more" in paper.getvalue()


@pytest.mark.parametrize(
    ("size", "shown"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1536, "1.5 KiB"), (10 << 30, "10 GiB"),
     (1 << 60, "1048576 TiB")],
)  # fmt: skip
def test_sizes_are_shown_as_people_write_them(size: int, shown: str) -> None:
    assert bytes_shown(size) == shown


def test_nothing_in_a_guest_reaches_the_terminal(guests: Builder, check: Check) -> None:
    evil = "ID=debian\nVERSION_ID=12\nPRETTY_NAME='\x1b]0;owned\x07\x1b[2J[red]Debian[/red]'\n"
    recipe = having(
        DEBIAN,
        {
            "/etc/os-release": text(evil),
            "/usr/lib/os-release": text(evil),
            "/etc/fstab": text("/dev/sda1 / ext4 defaults 0 1\n# \x1b[2J\x9b31m\n"),
        },
    )

    answer = check(guests.disk(recipe))

    assert not [letter for letter in answer.out if not (letter.isprintable() or letter == "\n")]


def test_what_cannot_be_seen_is_neither_taken_nor_refused(guests: Builder, check: Check) -> None:
    recipe = ROOT["JFS"].recipe

    answer = check(guests.disk(recipe))
    document = check(guests.disk(recipe), "--json").json

    assert answer.code == 3
    assert "Nobody could tell" in answer.out
    assert document["accepted"] is None
    assert document["certain"] is False
    assert document["unseen"]


# for programs


def test_the_document_of_a_machine_that_would_be_taken(guests: Builder, check: Check) -> None:
    disk = guests.disk(DEBIAN)

    answer = check(disk, "--json")

    document = answer.json
    assert answer.code == 0
    assert list(document) == [
        "version", "accepted", "certain", "status_message", "problem", "images", "found", "rules",
        "changes", "sectors", "left_out", "unseen", "guest",
    ]  # fmt: skip
    assert document["version"] == 1
    assert document["accepted"] is document["certain"] is True
    assert document["status_message"] is None
    size = disk.stat().st_size
    assert document["images"] == [
        {"path": str(disk), "format": "RAW", "size": size, "file_size": size}
    ]
    assert document["found"]["platform"] == "Linux"
    assert document["found"]["usage_operation"] == "RunInstances"
    assert {rule["rule"] for rule in document["rules"]} >= {"image-format", "kernel", "fstab"}
    assert {change["path"] for change in document["changes"]} >= {"/etc/fstab"}
    assert document["guest"]["linux"]["distribution"] == "debian"


def test_the_document_of_a_machine_that_would_be_refused(guests: Builder, check: Check) -> None:
    answer = check(guests.disk(KERNEL), "--json")

    document = answer.json
    assert answer.code == 1
    assert document["accepted"] is False
    assert document["status_message"].startswith("ClientError: Unsupported kernel version 6.5")
    [rule] = [rule for rule in document["rules"] if rule["rule"] == "kernel"]
    assert rule["passed"] is False
    assert rule["remedy"]
    assert document["changes"] == []


# files


@pytest.mark.slow
@pytest.mark.parametrize("kind", disks.KINDS)
def test_images_of_every_format_are_opened(
    guests: Builder, check: Check, kind: str, tmp_path: Path
) -> None:
    disk = guests.disk(DEBIAN)

    document = check(disks.converted(kind, disk, tmp_path / "image"), "--json").json

    [seen] = document["images"]
    assert document["accepted"] is True
    assert seen["format"] == disks.KINDS[kind][0]
    assert seen["size"] == disk.stat().st_size


def test_an_ova_is_opened(guests: Builder, check: Check, tmp_path: Path) -> None:
    vmdk = disks.converted("stream VMDK", guests.disk(DEBIAN), tmp_path / "disk.vmdk")
    ova = ovas.ova(tmp_path / "machine.ova", {"disk.vmdk": vmdk})

    answer = check(ova, "--json")

    assert answer.code == 0
    assert answer.json["images"][0]["format"] == "VMDK"


@pytest.mark.slow
def test_a_windows_goes_to_bios_from_a_vhdx_only(
    guests: Builder, check: Check, tmp_path: Path
) -> None:
    disk = guests.disk(WINDOWS["2022 BIOS and UEFI"])
    vhdx = disks.converted("dynamic VHDX", disk, tmp_path / "disk.vhdx")

    assert check(disk, "--json").json["found"]["boot_mode"] == "uefi"
    assert check(vhdx, "--json").json["found"]["boot_mode"] == "legacy-bios"


def test_several_files_are_the_disks_of_one_machine(
    guests: Builder, check: Check, tmp_path: Path
) -> None:
    second = tmp_path / "data.raw"
    second.write_bytes(bytes(1 << 20))

    document = check(guests.disk(DEBIAN), second, "--json").json

    assert document["accepted"] is True
    assert [image["size"] for image in document["images"]][1] == 1 << 20
    assert len(document["guest"]["disks"]) == 2


def test_a_raw_disk_is_read_where_it_is_and_stays_as_it_is(
    guests: Builder, check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [disk] = guests.own(DEBIAN, tmp_path)
    before = disk.read_bytes(), disk.stat().st_mtime_ns
    scratch = tmp_path / "scratch"
    scratch.mkdir()

    monkeypatch.chdir(tmp_path)
    answer = check(disk.name, "--scratch", scratch)

    assert answer.code == 0
    assert (disk.read_bytes(), disk.stat().st_mtime_ns) == before
    assert list(scratch.iterdir()) == []


def test_a_format_that_is_not_imported_is_refused_with_the_services_sentence(
    check: Check, tmp_path: Path
) -> None:
    (tmp_path / "disk.qcow2").write_bytes(disks.qcow2(tmp_path))

    answer = check(tmp_path / "disk.qcow2")
    document = check(tmp_path / "disk.qcow2", "--json").json

    sentence = "ClientError: Disk validation failed [Unsupported specified file format]"
    assert answer.code == 1
    assert sentence in answer.out
    assert "qemu-img convert" in answer.out
    assert document["accepted"] is False
    assert document["status_message"] == sentence


def test_an_image_of_another_format_than_declared_is_refused(guests: Builder, check: Check) -> None:
    answer = check(guests.disk(DEBIAN), "--format", "vmdk")

    assert answer.code == 1
    assert "Unsupported specified file format" in answer.out


def test_a_file_that_is_not_there_could_not_be_looked_at(check: Check, tmp_path: Path) -> None:
    answer = check(tmp_path / "gone.raw")
    document = check(tmp_path / "gone.raw", "--json")

    assert answer.code == document.code == 3
    assert answer.out == ""
    assert answer.err.startswith("vmie: the disks could not be looked at: ")
    assert "No such file" in document.json["problem"]
    assert document.json["accepted"] is None


@pytest.mark.parametrize(
    ("error", "cure"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "--scratch"),
        (program.Failed("the copy ended with 1: OSError: No space left on device"), "--scratch"),
        (qemu_img.Failed("qemu-img: error while writing: No space left on device"), "--scratch"),
        (qemu_img.Missing("qemu-img is not installed"), "vmie doctor"),
    ],
)
def test_what_stops_us_is_told_with_what_to_do(error: Exception, cure: str) -> None:
    assert isinstance(error, OURS)
    assert cure in said(error)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("disk.raw", "--platform", "BSD"),
        ("disk.raw", "--boot-mode", "bios"),
        ("disk.raw", "--license-type", "AWS", "--usage-operation", "RunInstances"),
        ("disk.raw", "--usage-operation", "RunInstances:9999"),
        ("disk.raw", "--format", "qcow2"),
    ],
)
def test_a_wrong_command_line_is_usage(check: Check, arguments: tuple[str, ...]) -> None:
    answer = check(*arguments)

    assert answer.code == 2
    assert "usage: vmie check" in answer.err


# what is asked for


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        (("--platform", "windows"), "The platform Windows does not match the operating system"),
        (("--license-type", "aws"), "The license type AWS is not supported for Linux"),
        (("--boot-mode", "uefi"), "The disk image can not be booted in the boot mode uefi"),
        (("--usage-operation", "RunInstances:0002"), "The usage operation RunInstances:0002"),
        (("--architecture", "i386"), "The architecture i386 does not match"),
    ],
)
def test_what_import_image_takes_is_judged_too(
    guests: Builder, check: Check, asked: tuple[str, str], error: str
) -> None:
    answer = check(guests.disk(DEBIAN), *asked)

    assert answer.code == 1
    assert f"  ClientError: {error}" in answer.out


def test_a_windows_may_bring_its_own_licence(guests: Builder, check: Check) -> None:
    answer = check(guests.disk(W2019), "--license-type", "byol", "--json")

    assert answer.code == 0
    assert answer.json["found"]["usage_operation"] == "RunInstances:0800"


@pytest.mark.parametrize(("name", "region"), [("2022 UEFI", "cn-north-1"), ("2008", "af-south-1")])
def test_a_windows_that_a_region_does_not_have(
    guests: Builder, check: Check, name: str, region: str
) -> None:
    answer = check(guests.disk(WINDOWS[name]), "--region", region)

    assert answer.code == 1
    assert f"is not supported in the Region {region}" in answer.out


@pytest.mark.slow
def test_the_program_itself_ends_with_the_code(guests: Builder) -> None:
    command = [sys.executable, "-m", "emulator", "check", "--json"]

    ended = subprocess.run([*command, guests.disk(KERNEL)], stdout=subprocess.PIPE, check=False)

    assert ended.returncode == 1
    assert json.loads(ended.stdout)["accepted"] is False


@pytest.mark.parametrize("form", ["--json", "--no-diff"])
def test_a_reader_who_has_read_enough_changes_no_verdict(guests: Builder, form: str) -> None:
    disk = str(guests.disk(DEBIAN))
    command = [sys.executable, "-m", "emulator", "check", form, disk]
    reading, writing = os.pipe()
    os.close(reading)

    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)

    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("form", ["--json", "--no-diff"])
def test_an_answer_that_cannot_be_written_is_no_verdict(guests: Builder, form: str) -> None:
    disk = str(guests.disk(DEBIAN))
    command = [sys.executable, "-m", "emulator", "check", form, disk]

    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)

    assert ended.returncode == 3
    assert ended.stderr.startswith(b"vmie: the answer could not be written: ")


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_what_is_no_file_is_not_opened(check: Check, tmp_path: Path, kind: str) -> None:
    place = tmp_path / kind
    make = {"folder": place.mkdir, "pipe": lambda: os.mkfifo(place)}
    make[kind]()

    answer = check(place)

    assert answer.code == 3
    assert answer.err.endswith(f"{kind}: not a file\n")


def test_the_help_tells_the_exit_codes(check: Check) -> None:
    answer = check("--help")

    assert answer.code == 0
    assert "Exits with 0" in answer.out
