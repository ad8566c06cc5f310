"""Tiny guests are started, and every way to fail is told from every other.

What is waited for where nothing is written is shorter here than it is for real guests.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from converters import qemu_img
from converters.boot import machine as machines
from converters.boot.check import Broken, Outcome, check
from converters.boot.computer import Computer, NotStarted, started
from converters.boot.machine import Disk, Firmware, Machine
from converters.boot.monitor import Gone
from converters.boot.verdicts import Patience
from converters.guests import sandbox
from converters.qemu_img import Stacked
from tests.boot.tiny import NOBODY, STATIC, Tinies, Tiny, missing

pytestmark = [pytest.mark.guests, pytest.mark.timeout(300)]
slow = pytest.mark.slow

MEMORY = 384  # MiB
PATIENT = Patience(whole=240, loader=60, kernel=90, address=2, complaint=1)
HURRIED = Patience(whole=240, loader=2)
LOOPBACK = "auto lo\niface lo inet loopback\n"
SPEAKS = "  up ping -c 1 -W 1 10.11.12.1 || true\n"
GOOD = Tiny("good")
GOOD_UEFI = Tiny("good-uefi", uefi=True)

STAYING = bytes.fromhex("ebfe")
POWER_OFF = bytes.fromhex("ba0406 b80020 ef ebfe")  # sleep state 5, at port 604
JUMP_TO_RESET = bytes.fromhex("ea0000ffff")
# ds = 0; print what is at 7C17 letter by letter; stay
PRINTING = bytes.fromhex("31c0 8ed8 be177c ac 08c0 7409 b40e bb0700 cd10 ebf2 ebfe")


def bootsector(code: bytes) -> Callable[[Path], Path]:
    def write(target: Path) -> Path:
        target.write_bytes((code.ljust(510, b"\0") + b"\x55\xaa").ljust(1 << 20, b"\0"))
        return target

    return write


def blank(target: Path) -> Path:
    target.write_bytes(bytes(1 << 20))
    return target


@dataclass(frozen=True)
class Case:
    """A disk, what starts it, and what is said of it."""

    disk: Tiny | Callable[[Path], Path]
    firmware: Firmware
    verdict: str
    seen: str = ""


CASES = {
    "blank": Case(blank, "legacy-bios", "no-bootable-device", "No bootable device"),
    "no boot code": Case(bootsector(b""), "legacy-bios", "stalled"),
    "no system": Case(bootsector(PRINTING + b"Missing operating system."), "legacy-bios",
                      "no-system", "Missing operating system"),
    "restarts": Case(bootsector(JUMP_TO_RESET), "legacy-bios", "restarts"),
    "a damaged loader": Case(Tiny("damaged", damaged=True), "legacy-bios", "stalled"),
    # Said on the screen alone, where the serial port is no console.
    "no initial RAM disk": Case(Tiny("no-initrd", initrd=False, serial=False), "legacy-bios",
                                "kernel-panic", "Kernel panic - not syncing"),
    "no kernel": Case(Tiny("no-kernel", kernel=False), "legacy-bios", "loader-error", "vmlinuz"),
    "no root": Case(Tiny("no-root", root=NOBODY), "legacy-bios", "root-not-found", "ALERT!"),
    "a static address": Case(Tiny("static", network=STATIC + SPEAKS), "legacy-bios", "no-address",
                             "it has 10.11.12.13 instead"),
    "no network": Case(Tiny("no-network", network=LOOPBACK), "legacy-bios", "no-address",
                       "it asked for none"),
    "turned off": Case(bootsector(POWER_OFF), "legacy-bios", "ended"),
    "UEFI's disk by BIOS": Case(GOOD_UEFI, "legacy-bios", "stalled"),
    "UEFI, blank": Case(blank, "uefi", "no-loader"),
    "UEFI, no loader": Case(Tiny("no-loader-uefi", uefi=True, loader=False), "uefi", "no-loader"),
    "BIOS's disk by UEFI": Case(GOOD, "uefi", "no-loader"),
    "UEFI, no init": Case(Tiny("no-init-uefi", uefi=True, init=False), "uefi", "kernel-panic",
                          "Attempted to kill init"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _tools() -> None:
    assert not missing(), f"not installed: {missing()}"


async def machine(disk: Path, folder: Path, firmware: Firmware = "legacy-bios") -> Machine:
    overlay = folder / "overlay"
    await qemu_img.empty(overlay, disk.stat().st_size)
    files = (Stacked(disk, "raw"), Stacked(overlay, "qcow2"))
    return Machine((Disk(files),), firmware=firmware, memory=MEMORY)


async def checked(
    disk: Path,
    folder: Path,
    firmware: Firmware = "legacy-bios",
    patience: Patience = PATIENT,
) -> Outcome:
    percents: list[int] = []
    outcome = await check(await machine(disk, folder, firmware), folder, patience, percents.append)
    assert percents == sorted(percents)
    return outcome


@slow
@pytest.mark.parametrize("name", CASES)
async def test_every_way_to_fail_is_told(name: str, tinies: Tinies, tmp_path: Path) -> None:
    case = CASES[name]
    disk = tinies.disk(case.disk) if isinstance(case.disk, Tiny) else case.disk(tmp_path / "disk")
    before = disk.stat()

    patience = HURRIED if case.verdict == "stalled" else PATIENT
    outcome = await checked(disk, tmp_path, case.firmware, patience)

    assert outcome.verdict.name == case.verdict, outcome
    assert case.seen in outcome.verdict.seen
    assert disk.stat().st_mtime_ns == before.st_mtime_ns


@slow
async def test_a_guest_by_bios_whose_console_is_the_screen_boots(
    tinies: Tinies, tmp_path: Path
) -> None:
    outcome = await checked(tinies.disk(Tiny("screen", serial=False)), tmp_path)

    assert outcome.verdict.booted, outcome
    stages = list(outcome.stages)  # the screen is looked at now and then: what it shows comes late
    assert (stages[0], stages[-1]) == ("firmware", "booted")
    assert "asked" in stages
    assert "Welcome to a tiny guest!" in outcome.screen
    assert outcome.serial == ""


async def test_a_qemu_that_does_not_start_is_our_failure(tmp_path: Path) -> None:
    broken = Machine((Disk((Stacked(tmp_path / "nowhere.qcow2", "qcow2"),)),))

    with pytest.raises(NotStarted, match="No such file"):
        await check(broken, tmp_path, HURRIED)


async def test_a_qemu_that_dies_is_our_failure(tmp_path: Path) -> None:
    disk = bootsector(STAYING)(tmp_path / "disk")
    checking = asyncio.create_task(check(await machine(disk, tmp_path), tmp_path, Patience()))

    async with asyncio.timeout(60):
        while not (found := qemus(tmp_path)):
            await asyncio.sleep(0.05)
    os.kill(found[0], signal.SIGKILL)

    with pytest.raises((Broken, NotStarted, Gone)):
        await checking


def qemus(folder: Path) -> list[int]:
    """The QEMUs that have a disk in a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            program, *arguments = (place / "cmdline").read_bytes().split(b"\0")
            if b"qemu-system" in program and any(str(folder).encode() in a for a in arguments):
                found.append(int(place.name))
    return found


async def test_a_computer_is_dead_when_it_is_left(tmp_path: Path) -> None:
    disk = bootsector(STAYING)(tmp_path / "disk")

    async with started(await machine(disk, tmp_path), tmp_path) as computer:
        status = await computer.monitor.ask("query-status")
        assert status["status"] == "running"
        await shown(computer, "Booting from Hard Disk")

    assert computer.ended.cancelled()
    with pytest.raises(Gone):
        await computer.monitor.ask("query-status")


async def shown(computer: Computer, text: str) -> None:
    async with asyncio.timeout(60):
        while text not in await computer.screen():
            await asyncio.sleep(0.05)


async def test_the_screen_is_not_read_through_a_link(tmp_path: Path) -> None:
    disk = bootsector(STAYING)(tmp_path / "disk")
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.write_text("secret")
    (tmp_path / "screen").symlink_to(secret)

    async with started(await machine(disk, tmp_path), tmp_path) as computer:
        with pytest.raises(OSError, match="symbolic links"):
            await computer.screen()


async def test_without_firmware_for_uefi_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machines, "UEFI", ())
    disk = blank(tmp_path / "disk")

    with pytest.raises(NotStarted, match="not installed"):
        await check(await machine(disk, tmp_path, "uefi"), tmp_path, HURRIED)


async def test_where_there_is_no_fence_limits_alone_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_found", sandbox.Fence(None, "limits alone"))

    outcome = await checked(blank(tmp_path / "disk"), tmp_path)

    assert outcome.verdict.name == "no-bootable-device"
