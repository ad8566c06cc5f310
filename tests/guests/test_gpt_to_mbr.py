"""A GPT becomes an MBR: sfdisk reads the same partitions, and QEMU starts from the active one."""

import json
import struct
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from converters.guests.adapt.gpt_to_mbr import (
    CODE,
    Unconvertible,
    converted,
    copies_of_first,
    first_sector,
    startable,
)
from converters.guests.adapt.planning import Facts, plan
from converters.guests.guest import Guest, Partition, Table
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import judge
from converters.guests.look.examine import examine
from converters.guests.plan import Plan, SectorChange
from converters.pipelines.guests import boot_mode_afterwards
from converters.stages.adapt import adapt
from converters.stages.plan import plan_of
from tests.guests import tables
from tests.guests.builders import Builder
from tests.guests.contents import changed, checked, contents
from tests.guests.filesystems import File
from tests.guests.hives import PRODUCTS
from tests.guests.recipes import Disk, WindowsRecipe

MIB = 1 << 20
GIB = 1 << 30
ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
RESERVED = "E3C9E316-0B5C-4DB8-817D-F92DF00215AE"
DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7"
RECOVERY = "DE94BBA4-06D1-4D40-A16A-BFD50179D6AC"
BOTH = (ESP, RESERVED)


def table(*types: str, size: int = 100 * GIB) -> Table:
    """Return a GPT with partitions of a GiB."""
    partitions = tuple(
        Partition(number, number * GIB, GIB, kind, uuid=f"{number:08x}-0000-0000-0000-000000000000")
        for number, kind in enumerate(types, 1)
    )
    return Table(0, size, "gpt", partitions=partitions)


def entries(sector: bytes) -> list[tuple[int, ...]]:
    """Return each entry's mark, type, first sector and sectors."""
    return [struct.unpack_from("<B3xB3xII", sector, 446 + 16 * index) for index in range(4)]


def test_the_usual_disk_of_windows() -> None:
    made = converted(table(*BOTH, DATA, RECOVERY), 3)

    assert entries(made.sector) == [
        (0, 0xEF, GIB // 512, GIB // 512),
        (0x80, 0x07, 3 * GIB // 512, GIB // 512),
        (0, 0x27, 4 * GIB // 512, GIB // 512),
        (0, 0, 0, 0),
    ]
    assert made.sector[:440] == CODE.ljust(440, b"\0")
    assert made.sector[510:] == b"\x55\xaa"
    assert [part.number for part in made.dropped] == [2]


def test_where_a_fifth_entry_is_needed_the_efi_partition_goes() -> None:
    made = converted(table(*BOTH, DATA, RECOVERY, DATA, DATA), 3)

    assert [entry[1] for entry in entries(made.sector)] == [7, 0x27, 7, 7]
    assert [part.number for part in made.dropped] == [1, 2]


def test_entries_stand_in_the_order_of_the_disk() -> None:
    swapped = table(*BOTH, DATA, RECOVERY)
    one, two, three, four = swapped.partitions
    moved = replace(swapped, partitions=(one, two, replace(four, number=4), replace(three)))

    assert [part.number for part in converted(moved, 3).kept] == [1, 3, 4]


def test_the_signature_is_of_the_partitions() -> None:
    first = converted(table(*BOTH, DATA), 3)

    assert first.signature == converted(table(*BOTH, DATA), 3).signature != 0
    assert first.signature != converted(table(*BOTH, DATA, DATA), 3).signature
    assert struct.unpack_from("<I", first.sector, 440)[0] == first.signature


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (replace(table(*BOTH, DATA), scheme="mbr"), "no GPT"),
        (replace(table(*BOTH, DATA), dynamic=True), "dynamic"),
        (replace(table(*BOTH, DATA), sector=4096), "4096"),
        (replace(table(*BOTH, DATA), size=(2 << 40) + 512), "2 TiB"),
        (replace(table(*BOTH, DATA), problem="its checksum is wrong"), "not sound"),
        (table(*BOTH, DATA, DATA, DATA, DATA, DATA), "5 partitions"),
        (table(*BOTH, DATA, "AF9B60A0-1431-4F62-BC68-3311714A69AD"), "no type"),
        (table(*BOTH, RECOVERY), "no partition 9"),
        (table(*BOTH, DATA, size=3 * GIB), "not where"),
    ],
)
def test_what_can_not_be_converted_is_refused(wrong: Table, why: str) -> None:
    with pytest.raises(Unconvertible, match=why):
        converted(wrong, 9 if why == "no partition 9" else 3)


def test_partitions_that_overlap_are_refused() -> None:
    sound = table(*BOTH, DATA, DATA)
    over = replace(sound.partitions[3], offset=3 * GIB + 512)
    odd = replace(sound.partitions[3], size=GIB + 1)
    outside = replace(sound.partitions[3], offset=0)

    for wrong in (over, odd, outside):
        with pytest.raises(Unconvertible, match="partition"):
            converted(replace(sound, partitions=(*sound.partitions[:3], wrong)), 3)


def test_only_what_windows_formats_is_startable() -> None:
    sector = b"\xeb\x52\x90NTFS    ".ljust(84, b"\0") + b"\xfa" * 10
    head = sector.ljust(510, b"\0") + b"\x55\xaa" + b"\7\0" + "BOOTMGR".encode("utf-16-le")

    assert startable(head)
    assert not startable(head.replace(b"NTFS", b"FAT "))
    assert not startable(head[:512])
    assert not startable(head.replace(b"\x55\xaa", b"\0\0"))
    assert not startable(head.replace(b"\xfa", b"\0"))
    assert not startable(b"")


def test_the_first_sector_learns_where_it_is() -> None:
    partition = Partition(1, MIB, GIB, DATA)
    head = bytes(range(256)) * 2

    changed = first_sector(head, partition)

    assert changed is not None
    assert changed[28:32] == struct.pack("<I", 2048)
    assert changed[:28] + changed[32:] == head[:28] + head[32:]
    assert first_sector(changed, partition) is None


@pytest.mark.parametrize(
    ("sectors", "places"),
    [(2047, (2047,)), (2040, (2040, 2047)), (2048, (2047,)), (0, (2047,)), (1 << 63, (2047,))],
)
def test_copies_of_the_first_sector_are_in_the_partition(
    sectors: int, places: tuple[int, ...]
) -> None:
    head = bytes(40) + struct.pack("<Q", sectors)

    found = copies_of_first(head, Partition(1, MIB, MIB, DATA))

    assert found == tuple(MIB + place * 512 for place in places)


# on real disks ------------------------------------------------------------------------------------


def carried_out(made: Plan, disk: Path, folder: Path) -> None:
    """Write the sectors of a plan."""
    with disk.open("r+b") as file:
        for change in made.sectors:
            file.seek(change.offset)
            file.write((folder / change.content).read_bytes())


@pytest.fixture
def windows_disk(guests: Builder, tmp_path: Path) -> Path:
    """Return the disk of a Windows that starts by UEFI, as Windows itself would have made it."""
    recipe = WindowsRecipe(
        PRODUCTS["2022"],
        Disk("gpt", "uefi"),
        extra=(("/Windows/Boot/PCAT/bootmgr", File(b"\xe9\xd5\x01\xeb" * 1000)),),
    )
    [disk] = guests.own(recipe, tmp_path)
    start = next(p.offset for p in examine([disk]).disks[0].partitions if p.type == DATA)
    with disk.open("r+b") as file:  # mkntfs writes other code, and nothing of BOOTMGR
        file.seek(start + 514)
        file.write("BOOTMGR".encode("utf-16-le"))
    return disk


@pytest.mark.guests
def test_sfdisk_reads_the_same_partitions(windows_disk: Path, tmp_path: Path) -> None:
    before = told_by_sfdisk(windows_disk)
    guest = examine([windows_disk])
    verdict = judge(guest, Request(root_format="VHDX"))
    folder = tmp_path / "plan"
    folder.mkdir()

    made = plan([windows_disk], guest, Facts("Windows", verdict.boot_mode), folder)
    carried_out(made, windows_disk, folder)

    assert (verdict.error, verdict.boot_mode) == (None, "legacy-bios")
    assert made.boot_mode == "legacy-bios"
    assert {change.shown for change in made.files} == {
        "C:\\bootmgr",
        "C:\\Boot\\BCD",
        "C:\\Windows\\System32\\config\\SYSTEM",
    }
    after = told_by_sfdisk(windows_disk)
    assert (before["label"], after["label"]) == ("gpt", "dos")
    stay = [part for part in before["partitions"] if part["type"] != tables.MSR.upper()]
    assert [(p["start"], p["size"]) for p in after["partitions"]] == [
        (part["start"], part["size"]) for part in stay
    ]
    assert [(p["type"], p.get("bootable", False)) for p in after["partitions"]] == [
        ("ef", False),
        ("7", True),
    ]
    again = examine([windows_disk])
    assert again.disks[0].scheme == "mbr"
    assert again.disks[0].problem is None
    assert again.windows is not None
    assert again.windows.product == "Windows Server 2022 Standard"
    assert "legacy-bios" in again.boot_modes


@pytest.mark.slow
@pytest.mark.guests
async def test_a_whole_conversion_leaves_everything_else_as_it_was(
    windows_disk: Path, tmp_path: Path
) -> None:
    folder, scratch = tmp_path / "plan", tmp_path / "scratch"
    folder.mkdir()
    scratch.mkdir()
    guest = examine([windows_disk])
    before = contents([windows_disk])
    verdict = judge(guest, Request(root_format="VHDX"))

    made = await plan_of([windows_disk], guest, verdict, None, folder)
    left = await adapt([windows_disk], guest, made, folder, scratch, lambda _: None)

    assert left == ()
    assert checked([windows_disk], scratch)
    again = examine([windows_disk])
    assert again.windows is not None
    assert again.windows.problem is None
    assert {"bootmgr", "Boot/BCD"} <= set(again.windows.boot_files)
    assert judge(again, Request()).boot_mode == "legacy-bios"
    assert len(changed(before, contents([windows_disk]))) >= 3


def test_where_files_stay_the_boot_mode_stays() -> None:
    guest = Guest((), boot_modes=("uefi",))
    made = Plan(sectors=(SectorChange(0, 0, "0001", "the table"),), boot_mode="legacy-bios")

    assert boot_mode_afterwards(guest, made, ()) == "legacy-bios"
    assert boot_mode_afterwards(guest, made, ("Not written.",)) == "uefi"
    assert boot_mode_afterwards(guest, Plan(boot_mode="legacy-bios"), ("x",)) == "legacy-bios"


@pytest.mark.guests
def test_other_formats_keep_the_gpt(windows_disk: Path, tmp_path: Path) -> None:
    guest = examine([windows_disk])

    verdict = judge(guest, Request(root_format="VMDK"))
    made = plan([windows_disk], guest, Facts("Windows", verdict.boot_mode), tmp_path)

    assert made.boot_mode == verdict.boot_mode == "uefi"
    assert made.sectors == ()


@pytest.mark.guests
@pytest.mark.parametrize(
    ("active", "says"), [(2, b"partition two"), (None, b"no active partition")]
)
def test_the_boot_code_starts_the_active_partition(
    tmp_path: Path, active: int | None, says: bytes
) -> None:
    """SeaBIOS starts our code; what it starts writes to QEMU's debug port, or on the screen."""
    gpt = table(DATA, DATA, size=4 * GIB)
    sector = bytearray(converted(gpt, active or 1).sector)
    disk = tmp_path / "disk.raw"
    if active is None:
        sector[446] = 0
    with disk.open("wb") as file:
        file.truncate(4 * GIB)
        file.write(sector)
        file.seek(2 * GIB)
        file.write(speaking(b"partition two"))

    told = started(disk, tmp_path, screen=active is None)

    assert says in told


def speaking(text: bytes) -> bytes:
    """Return a boot sector that checks what it is handed, and writes a text to port 0xE9."""
    code = bytes.fromhex(
        "80fa807519"  # cmp dl, 0x80; jne end: the first disk
        "803c807514"  # cmp byte [si], 0x80; jne end: the active entry
        "31c08ed8be217c"  # xor ax, ax; mov ds, ax; mov si, text
        "ac84c07404e6e9ebf7"  # next: lodsb; test al, al; jz quit; out 0xe9, al; jmp next
        "ba0105ee"  # quit: mov dx, 0x501; out dx, al: QEMU ends
        "f4ebfd"  # end: hlt; jmp end
    )
    return (code + text + b"\0").ljust(510, b"\0") + b"\x55\xaa"


def started(disk: Path, folder: Path, screen: bool) -> bytes:
    """Return what a disk says when a BIOS starts it."""
    log, picture = folder / "port", folder / "screen"
    command = [
        "qemu-system-x86_64",
        "-accel",
        "tcg",
        "-m",
        "32",
        "-nodefaults",
        "-no-reboot",
        "-display",
        "none",
    ]
    command += ["-vga", "std" if screen else "none", "-boot", "c,strict=on", "-monitor", "stdio"]
    command += ["-drive", f"file={disk},format=raw,if=ide,snapshot=on"]
    command += ["-device", "isa-debug-exit,iobase=0x501", "-debugcon", f"file:{log}"]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    with process:
        for _ in range(60):
            if screen:
                process.stdin.write(f'pmemsave 0xb8000 32768 "{picture}"\n')
                process.stdin.flush()
            time.sleep(0.25)
            letters = picture.read_bytes()[::2] if picture.exists() else b""
            if process.poll() is not None or b"no active" in letters:
                break
        process.kill()
    return letters if screen else log.read_bytes()


def told_by_sfdisk(disk: Path) -> Any:
    told = subprocess.run(["sfdisk", "--json", disk], capture_output=True, check=True)
    return json.loads(told.stdout)["partitiontable"]
