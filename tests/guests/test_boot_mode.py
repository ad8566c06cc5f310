"""The boot mode: what disks can do, what is asked for, and what is chosen where both would do."""

from dataclasses import replace
from typing import Any

import pytest

from converters.guests.guest import Guest, Table
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import judge
from tests.guests.found import (
    BASIC,
    DISK,
    EFI_SYSTEM,
    GIB,
    RESERVED,
    client,
    finding,
    gpt,
    guest,
    linux,
    windows,
)

BIOS = ("legacy-bios",)
UEFI = ("uefi",)
BOTH = ("legacy-bios", "uefi")
VHDX = Request(root_format="VHDX")
LINUX_DATA = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
TYPICAL = gpt(EFI_SYSTEM, RESERVED, BASIC, BASIC)


def windows_11() -> Guest:
    return guest(client(build=22631), disks=(TYPICAL,), boot_modes=UEFI)


def both_ways(table: Table = TYPICAL) -> Guest:
    return guest(windows(), disks=(table,), boot_modes=BOTH)


def uefi_linux(fallback: str | None = "/EFI/BOOT/BOOTX64.EFI", **members: Any) -> Guest:
    system = linux()
    boot = replace(system.boot, efi_fallback=fallback)
    table = gpt(EFI_SYSTEM, LINUX_DATA)
    made = guest(replace(system, boot=boot), disks=(table,), boot_modes=UEFI)
    return replace(made, **members)


@pytest.mark.parametrize("modes", [BIOS, UEFI])
def test_a_disk_that_can_do_one_does_that(modes: tuple[str]) -> None:
    assert judge(guest(boot_modes=modes), Request()).boot_mode == modes[0]
    assert judge(guest(windows(), boot_modes=modes), Request()).boot_mode == modes[0]


def test_a_linux_that_can_do_both_starts_by_bios() -> None:
    verdict = judge(uefi_linux(boot_modes=BOTH), Request())

    assert verdict.boot_mode == "legacy-bios"
    assert finding(verdict, "one-firmware").passed is False
    assert verdict.accepted


def test_a_windows_that_can_do_both_goes_to_bios_from_a_small_vhdx() -> None:
    assert judge(both_ways(), VHDX).boot_mode == "legacy-bios"


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (replace(TYPICAL, size=2 << 40), VHDX),
        (replace(TYPICAL, dynamic=True), VHDX),
        (gpt(EFI_SYSTEM, RESERVED, BASIC, BASIC, BASIC, BASIC, BASIC), VHDX),
        (TYPICAL, Request(root_format="VMDK")),
        (TYPICAL, Request(root_format="RAW")),
        (TYPICAL, Request()),
        (TYPICAL, Request(root_format="VHDX", boot_mode="uefi")),
    ],
)
def test_a_windows_that_can_do_both_else_starts_by_uefi(table: Table, told: Request) -> None:
    assert judge(both_ways(table), told).boot_mode == "uefi"


def test_two_tebibytes_less_a_sector_is_small_enough() -> None:
    assert judge(both_ways(replace(TYPICAL, size=(2 << 40) - 512)), VHDX).boot_mode == "legacy-bios"


def uefi_windows(table: Table = TYPICAL, *files: str) -> Guest:
    system = replace(windows(), volume="0:3", boot_files=("bootmgr", *files))
    return guest(system, disks=(table,), boot_modes=UEFI)


SPARE = "Windows/Boot/PCAT/bootmgr"


@pytest.mark.parametrize("asked", [None, "legacy-bios"])
def test_a_windows_that_keeps_a_boot_manager_for_bios_can_do_both(asked: str | None) -> None:
    verdict = judge(uefi_windows(TYPICAL, SPARE), replace(VHDX, boot_mode=asked))

    assert (verdict.boot_mode, verdict.error) == ("legacy-bios", None)


@pytest.mark.parametrize(
    ("machine", "told"),
    [
        (uefi_windows(), VHDX),
        (uefi_windows(TYPICAL, SPARE), Request()),
        (uefi_windows(TYPICAL, SPARE), replace(VHDX, boot_mode="uefi")),
        (uefi_windows(replace(TYPICAL, dynamic=True), SPARE), VHDX),
        (uefi_windows(DISK, SPARE), VHDX),
    ],
)
def test_a_windows_of_uefi_else_stays_with_it(machine: Guest, told: Request) -> None:
    assert judge(machine, told).boot_mode == "uefi"


def test_a_windows_with_an_mbr_needs_no_conversion() -> None:
    assert judge(both_ways(DISK), Request()).boot_mode == "legacy-bios"


def test_windows_11_starts_by_uefi() -> None:
    assert judge(windows_11(), VHDX).boot_mode == "uefi"
    assert judge(replace(windows_11(), boot_modes=BOTH), VHDX).boot_mode == "uefi"


@pytest.mark.parametrize(
    ("modes", "told"), [(BIOS, None), (BOTH, "legacy-bios"), (BIOS, "legacy-bios")]
)
def test_windows_11_does_not_start_by_bios(modes: tuple[str, ...], told: str | None) -> None:
    verdict = judge(replace(windows_11(), boot_modes=modes), Request(boot_mode=told))

    found = finding(verdict, "boot-mode")
    assert found.error == "The disk image can not be booted in the boot mode legacy-bios"
    assert "BootMode=uefi" in found.remedy


@pytest.mark.parametrize(
    ("modes", "told", "passed"),
    [
        (BIOS, "uefi", False),
        (BIOS, "uefi-preferred", False),
        (UEFI, "legacy-bios", False),
        (BIOS, "legacy-bios", True),
        (UEFI, "uefi", True),
        (BOTH, "uefi-preferred", True),
        ((), "uefi", None),
        ((), None, None),
    ],
)
def test_disks_must_start_as_asked(modes: tuple[str, ...], told: str, passed: bool | None) -> None:
    verdict = judge(uefi_linux(boot_modes=modes), Request(boot_mode=told))

    found = finding(verdict, "boot-mode")
    assert found.passed is passed
    assert bool(found.error) is (passed is False)
    assert verdict.boot_mode == told or told is None


NO_FALLBACK = "Unsupported configuration - BOOTX64.EFI was not found on the EFI system partition"


def test_a_uefi_linux_needs_the_fallback_loader() -> None:
    verdict = judge(uefi_linux(fallback=None), Request())

    assert verdict.error == NO_FALLBACK
    assert "grub-install" in finding(verdict, "fallback-loader").remedy


def test_a_uefi_linux_that_nothing_can_start_lacks_the_fallback_loader() -> None:
    assert judge(uefi_linux(fallback=None, boot_modes=()), Request()).error == NO_FALLBACK


def test_a_linux_that_starts_by_bios_needs_no_fallback_loader() -> None:
    hybrid = uefi_linux(fallback=None, boot_modes=BIOS)

    assert judge(hybrid, Request()).accepted
    assert judge(hybrid, Request(boot_mode="uefi")).error == NO_FALLBACK


def test_uefi_from_a_snapshot_needs_a_platform() -> None:
    found = uefi_linux()

    refused = judge(found, Request(from_snapshot=True))
    accepted = judge(found, Request(from_snapshot=True, platform="Linux"))

    assert refused.error == (
        "The platform must be specified when a UEFI image is imported from a snapshot"
    )
    assert "Platform=Linux" in finding(refused, "snapshot-platform").remedy
    assert accepted.accepted
    assert judge(guest(), Request(from_snapshot=True)).accepted


def test_a_guest_without_a_system_has_the_mode_of_its_disk() -> None:
    bare = Guest(disks=(DISK,), boot_modes=BIOS)

    assert judge(bare, Request()).boot_mode == "legacy-bios"
    assert judge(Guest(disks=()), Request()).boot_mode is None


def test_a_gigantic_boot_mode_list_is_no_matter() -> None:
    table = gpt(*[BASIC] * 128, size=100 * GIB)

    assert judge(guest(windows(), disks=(table,), boot_modes=BOTH), VHDX).boot_mode == "uefi"
