"""What signs and silence mean: every row of the table, in the words that really are written."""

from dataclasses import replace

import pytest

from converters.boot.check import Clock
from converters.boot.verdicts import (
    LOADED,
    LOGIN,
    MOST_RESTARTS,
    ON,
    SIGNS,
    Noticed,
    Patience,
    Seen,
    Sign,
    verdict,
)

PATIENCE = Patience(whole=600, loader=30, kernel=90, address=60)
BY_NAME = {sign.name: sign for sign in SIGNS}

# What is written, and the sign that it is: by SeaBIOS, OVMF, GRUB 2 and before, SYSLINUX, Windows'
# boot sectors, Linux, initramfs-tools, dracut and systemd.
WRITTEN = {
    "No bootable device.": "no-bootable-device",
    "BdsDxe: No bootable option or device was found.": "no-loader",
    "UEFI Interactive Shell v2.2": "no-loader",
    "Shell> ": "no-loader",
    "Missing operating system.": "no-system",
    "Operating System not found": "no-system",
    "BOOTMGR is missing\nPress Ctrl+Alt+Del to restart": "no-system",
    "NTLDR is missing": "no-system",
    "error: no such partition.\nEntering rescue mode...\ngrub rescue> ": "loader-lost",
    "Minimal BASH-like line editing is supported. For the first word": "loader-lost",
    "GRUB Hard Disk Error": "loader-lost",
    "Failed to load ldlinux.c32": "loader-lost",
    "error: file `/boot/vmlinuz-6.1.0' not found.": "loader-error",
    "error: no such device: 0c0c0c0c-1111-4222-8333-444444444444.": "loader-error",
    "error: unknown filesystem.": "loader-error",
    "Error 15: File not found": "loader-error",
    "Could not find kernel image: linux": "loader-error",
    "[    3.1] Kernel panic - not syncing: VFS: Unable to mount root fs": "kernel-panic",
    "ALERT!  UUID=dead does not exist.  Dropping to a shell!": "root-not-found",
    "Gave up waiting for root file system device.  Common problems:": "root-not-found",
    "Warning: Could not boot.": "root-not-found",
    'You are in emergency mode. After logging in, type "journalctl -xb"': "emergency-mode",
    "Cannot open access to console, the root account is locked.": "emergency-mode",
    "Entering emergency mode. Exit the shell to continue.": "emergency-mode",
    "Give root password for maintenance": "emergency-mode",
    "(initramfs) ": "emergency-mode",
}
HARMLESS = (
    "Welcome to GRUB!", "GRUB loading...", "Booting from Hard Disk...",
    "error: no suitable video mode found.",
    "Loading Linux 6.1.0-17-amd64 ...", "Run /init as init process", "tiny login: ",
    "[    2.0] EXT4-fs (vda1): mounted filesystem with ordered data mode", "dracut: Mounted root",
    "Press F2 to enter the boot manager", "systemd[1]: Reached target Emergency Mode Prevention",
)  # fmt: skip


def signs(text: str) -> list[str]:
    return [sign.name for sign in SIGNS if sign.pattern.search(text)]


@pytest.mark.parametrize("text", WRITTEN)
def test_what_is_written_is_known(text: str) -> None:
    assert WRITTEN[text] in signs(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_every_start_writes_is_no_sign(text: str) -> None:
    assert signs(text) == []


def test_every_sign_is_tried() -> None:
    assert set(WRITTEN.values()) == set(BY_NAME)


def noticed(sign: Sign, **seen: object) -> Seen:
    found = Noticed(sign, "words", read=100)
    return replace(Seen(noticed=(found,), read=100), **seen)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_sign_decides_when_its_time_is_up(name: str) -> None:
    sign = BY_NAME[name]

    assert verdict(noticed(sign, silence=sign.wait), PATIENCE)
    if sign.wait:
        assert verdict(noticed(sign, silence=sign.wait - 0.1), PATIENCE) is None
    found = verdict(noticed(sign, silence=sign.wait), PATIENCE)
    assert found
    assert (found.name, found.seen, found.booted) == (name, "words", False)


def test_a_complaint_is_forgotten_when_the_loader_goes_on() -> None:
    sign = BY_NAME["loader-error"]

    assert verdict(noticed(sign, silence=20, read=101 + ON), PATIENCE) is None
    assert verdict(noticed(sign, silence=20, kernel=True), PATIENCE) is None


def test_an_address_is_success_whatever_was_complained_of() -> None:
    found = verdict(noticed(BY_NAME["kernel-panic"], address="172.31.16.10"), PATIENCE)

    assert found
    assert found.booted
    assert found.seen == "172.31.16.10"


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (Seen(silence=29), None),
        (Seen(silence=31), "stalled"),
        (Seen(silence=31, read=LOADED), None),
        (Seen(silence=31, kernel=True), None),
        (Seen(silence=91, kernel=True), "stalled"),
        (Seen(silence=91, read=LOADED), "stalled"),
        (Seen(silence=91, kernel=True, login=40), "no-address"),
        (Seen(kernel=True, login=59), None),
        (Seen(kernel=True, login=61), "no-address"),
        (Seen(seconds=599), None),
        (Seen(seconds=601), "late"),
        (Seen(ended=True), "ended"),
        (Seen(restarts=MOST_RESTARTS), None),
        (Seen(restarts=MOST_RESTARTS + 1), "restarts"),
    ],
)
def test_silence_and_time(seen: Seen, name: str | None) -> None:
    found = verdict(seen, PATIENCE)

    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("seen", "has"),
    [
        (Seen(login=61), "it asked for none"),
        (Seen(login=61, asked=True), "it asked, and took none"),
        (Seen(login=61, foreign=("10.1.2.3", "10.1.2.4")), "it has 10.1.2.3, 10.1.2.4 instead"),
    ],
)
def test_who_took_no_address_is_told_what_it_did(seen: Seen, has: str) -> None:
    found = verdict(seen, PATIENCE)

    assert found
    assert found.seen == has


@pytest.mark.parametrize("text", ["tiny login: ", "localhost login:", "ip-172-31-16-10 login: "])
def test_a_login_is_known(text: str) -> None:
    assert LOGIN.search(text)
    assert not LOGIN.search(text + "root\n")


def test_on_a_busy_machine_silence_takes_longer() -> None:
    now, load = 100.0, 0.5
    clock = Clock(lambda: now, lambda: load)

    now += 10
    assert clock.seconds() == 10
    load = 2.0
    now += 10
    assert clock.seconds() == 15
    load = 50.0
    now += 40
    assert clock.seconds() == 25
