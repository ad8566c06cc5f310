"""Initial RAM disks are read whatever they are packed with, and damage is told, never believed."""

import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converters.guests.look import initrd as initrd_module
from converters.guests.look.cpio import entry, trailer
from converters.guests.look.initrd import read_contents, read_initrd
from converters.guests.tree import Unreadable
from tests.guests.binaries import compressed, cpio

PACKINGS = ("", "gzip", "xz", "lzma", "bzip2", "zstd", "lz4")
BASE = "lib/modules/6.1.0-1-amd64"
FILES = {
    "init": b"#!/bin/sh\n",
    "conf/initramfs.conf": b"MODULES=most\n",
    "conf/modules": b"dm-mod\n",
    f"{BASE}/kernel/drivers/nvme/host/nvme.ko": b"\x7fELF" + bytes(5000),
    f"{BASE}/kernel/drivers/block/xen-blkfront.ko.xz": b"\xfd7zXZ" + bytes(range(256)) * 20,
    f"{BASE}/modules.dep": b"kernel/drivers/nvme/host/nvme.ko:\n",
}
MICROCODE = cpio({"early_cpio": b"1\n", "kernel/x86/microcode/GenuineIntel.bin": bytes(3000)})


def pieces(data: bytes, size: int = 700) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("early", [b"", MICROCODE])
def test_every_packing_is_read_in_pieces_of_any_size(packing: str, early: bytes) -> None:
    data = early + compressed(cpio(FILES), packing)

    for size in (1, 61, 1 << 20):
        contents = read_contents("/boot/initrd.img", pieces(data, size))

        assert contents.initrd.readable, contents.initrd.problem
        assert contents.initrd.problem is None
        assert contents.initrd.modules == ("nvme", "xen_blkfront")
        assert contents.initrd.generator == "initramfs-tools"
        assert contents.text("conf/modules") == b"dm-mod\n"
        assert contents.packing == (packing or "cpio")
        assert packing == "" or contents.end == len(data)


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_was_appended_later_wins(packing: str) -> None:
    first = compressed(cpio(FILES), packing)
    later = cpio({"conf/modules": b"nvme\n", f"{BASE}/kernel/ena.ko.zst": b"x"})

    contents = read_contents("initrd", [first + bytes(-len(first) % 4) + bytes(512) + later])

    assert contents.initrd.readable, contents.initrd.problem
    assert contents.text("conf/modules") == b"nvme\n"
    assert contents.initrd.modules == ("ena", "nvme", "xen_blkfront")
    assert contents.packing == "cpio"


@pytest.mark.parametrize("packing", PACKINGS)
def test_what_is_cut_short_cannot_be_read(packing: str) -> None:
    data = MICROCODE + compressed(cpio(FILES).rstrip(b"\0"), packing)

    for size in (len(data) - 1, len(data) - 9, len(MICROCODE) + 100, len(MICROCODE) + 7, 50):
        found = read_initrd("initrd", [data[:size]])

        assert not found.readable, size
        assert found.problem


@pytest.mark.parametrize("packing", ["gzip", "xz", "bzip2", "lz4"])
def test_damage_in_the_middle_is_found(packing: str) -> None:
    data = bytearray(compressed(cpio(FILES), packing))
    data[len(data) // 2 : len(data) // 2 + 32] = b"\xa5" * 32

    found = read_initrd("initrd", [bytes(data)])

    assert not found.readable
    assert found.problem


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "there is no archive in it"),
        (bytes(4096), "there is no archive in it"),
        (MICROCODE, "there is no archive in it"),
        (MICROCODE + b"#!/bin/sh", "it is neither an archive nor packed in a way that Linux knows"),
        (b"\x7fELF" + bytes(600), "it is neither an archive nor packed in a way that Linux knows"),
        (b"\x89LZO\0\r\n\x1a\n", "it is packed with lzop, which vmie cannot unpack"),
        (b"070701" + b"zzzzzzzz" * 13, "the archive is damaged"),
        (b"\x28\xb5\x2f\xfd", "the zstd data is cut short"),
        (b"\x1f\x8b\x08", "the gzip data is cut short"),
    ],
)
def test_what_is_no_initial_ram_disk_is_said(data: bytes, problem: str) -> None:
    found = read_initrd("/boot/initrd", [data])

    assert (found.path, found.readable, found.problem) == ("/boot/initrd", False, problem)


def test_something_after_the_archives_is_no_damage() -> None:
    archive = compressed(cpio(FILES), "gzip")

    contents = read_contents("initrd", [archive + b"#BOOTCONFIG\n"])

    assert contents.initrd.readable
    assert contents.initrd.problem == "something else follows the archives"
    assert (contents.end, contents.packing) == (len(archive), "gzip")


def test_links_are_followed_inside_and_never_for_ever() -> None:
    archive = (
        entry("usr", 0o40755)
        + entry("usr/lib", 0o40755)
        + entry("lib", 0o120777, b"usr/lib")
        + entry("usr/lib/modules", 0o120777, b"/../../../usr/lib")
        + entry("init", 0o120777, b"usr/lib/systemd/systemd")
        + entry("a", 0o120777, b"b")
        + entry("b", 0o120777, b"a")
        + trailer()
    )

    contents = read_contents("initrd", [archive])

    assert contents.initrd.readable
    assert contents.resolved("lib/modules/6.1") == "usr/lib/6.1"
    assert contents.resolved("init") == "usr/lib/systemd/systemd"
    assert contents.is_dir("lib")
    with pytest.raises(Unreadable):
        contents.resolved("a/x")


@pytest.mark.parametrize(
    ("files", "generator"),
    [
        ({"scripts/functions": b""}, "initramfs-tools"),
        ({"usr/lib/dracut/dracut-059": b""}, "dracut"),
        ({"dracut-004-356.el6": b"", "init": b"#!/bin/sh\n"}, "dracut"),
        ({"init": b"#!/bin/nash\ninsmod /lib/mptspi.ko\n"}, "mkinitrd"),
        ({"linuxrc": b"#!/bin/sh\ninsmod /lib/x.ko\n"}, "mkinitrd"),
        ({"run_all.sh": b"", "config/start.sh": b""}, "mkinitrd"),
        ({"init_functions": b"", "hooks/udev": b""}, "mkinitcpio"),
        ({"init": b"\x7fELF"}, None),
    ],
)
def test_the_generator_is_told_by_what_only_it_writes(
    files: dict[str, bytes], generator: str | None
) -> None:
    found = read_initrd("initrd", [cpio({"init": b"", **files})])

    assert (found.readable, found.generator) == (True, generator)


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["gzip", "xz", "zstd", "bzip2"])
def test_a_bomb_ends_early_and_takes_little_memory(packing: str) -> None:
    piece = compressed(bytes(64 << 20), packing)
    name = entry("init", 0o100755)
    head = compressed(name + b"070701" + b"%08X" % 0 * 6 + b"FFFFFFFF" + b"%08X" % 1 * 7, packing)
    tracemalloc.start()
    begun = time.process_time()

    found = read_initrd("initrd", [head + piece * 20])

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not found.readable
    assert peak < 96 << 20
    assert time.process_time() - begun < 10


def test_more_than_can_be_believed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initrd_module, "UNPACKED", 8 << 20)
    archive = cpio({"init": b"", "etc/large": bytes(9 << 20)})

    found = read_initrd("initrd", [compressed(archive, "gzip")])

    assert found.problem == "it holds more than 8 MiB"
    assert read_initrd("initrd", [archive]).readable  # what is not packed is as large as it is


def test_too_many_names_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(initrd_module, "NAMES", 1000)
    archive = b"".join(entry(f"modules.dep/{n}", 0o100644) for n in range(1001))

    found = read_initrd("initrd", [archive])

    assert found.problem == "it holds more than 1000 files"


def test_settings_too_large_to_be_believed_are_refused() -> None:
    archive = entry("init", 0o100755) + b"".join(
        entry(f"{n}/modules.dep", 0o100644, bytes(5 << 20)) for n in range(10)
    )

    found = read_initrd("initrd", [archive])

    assert found.problem == "its names and settings are too large to be believed"


@settings(deadline=2000, max_examples=150)
@given(
    packing=st.sampled_from(PACKINGS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=4),
)
def test_damaged_ones_end_in_a_verdict(packing: str, cuts: list[tuple[float, bytes]]) -> None:
    data = bytearray(MICROCODE[:512] + compressed(cpio(FILES), packing))
    for where, what in cuts:
        at = int(where * len(data))
        data[at : at + len(what)] = what

    found = read_initrd("initrd", [bytes(data)])

    assert found.readable or found.problem


@pytest.mark.guests
def test_names_are_those_that_cpio_lists(tmp_path: Path) -> None:
    for name in ("bin/sh", "etc/modprobe.d/x.conf", "init", "weird name ü"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "linuxrc").hardlink_to(tmp_path / "init")
    (tmp_path / "sbin").symlink_to("bin")
    listed = subprocess.run(["find", "."], cwd=tmp_path, capture_output=True, check=True).stdout
    archive = subprocess.run(
        ["cpio", "-o", "-H", "newc", "--quiet"], cwd=tmp_path, input=listed, capture_output=True,
        check=True,
    ).stdout  # fmt: skip

    contents = read_contents("initrd", [archive])

    assert contents.initrd.readable
    assert set(contents.files) == {n.removeprefix("./") for n in listed.decode().split("\n")} - {
        "."
    }
    assert contents.texts == {"init": b"init", "linuxrc": b"init"}
