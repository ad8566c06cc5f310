"""What becomes of a guest that was started: one table of signs, and what silence means.

    booted            it took the address that DHCP gave it
    a sign            the firmware, a boot loader, the kernel or the system says that it failed
    restarts, ended   it restarts again and again, or turns itself off
    unconnected       it asks for a login and, for a while, for no address
    stalled           nothing is written, shown, read or sent any more
    late              the time is up

Some signs decide at once. A boot loader also complains of what it can do without, of a font say:
those decide only when nothing has followed for a while. Values only: nothing is read here.
"""

import re
from dataclasses import dataclass
from typing import Final

MOST_RESTARTS: Final = 5  # a first start may need some: to label files, to generalize a Windows
ON: Final = 1 << 20  # bytes read after a complaint: the boot loader went on
LOADED: Final = 4 << 20  # bytes read: a kernel may run that says nothing
COMPLAINT: Final = 8.0  # seconds; GRUB waits ten for a key before it goes back to its menu


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that is written where a start fails."""

    name: str
    sentence: str
    pattern: re.Pattern[str]
    log: bool = False  # in the firmware's log; else on the serial port or the screen
    wait: float = 0.0  # seconds of silence after it


def _sign(name: str, sentence: str, *patterns: str, log: bool = False, wait: float = 0.0) -> Sign:
    return Sign(name, sentence, re.compile("|".join(patterns)), log, wait)


SIGNS: Final = (
    _sign("no-bootable-device", "The firmware found no disk that it can start.",
          r"No bootable device", log=True),
    _sign("no-loader", "The firmware found nothing on the disks that it can start by UEFI.",
          r"BdsDxe: No bootable option or device was found", r"UEFI Interactive Shell", r"Shell> "),
    _sign("no-system", "The boot sector found no system.",
          r"(?i:missing operating system|operating system not found)",
          r"Invalid partition table", r"Error loading operating system", r"No active partition",
          r"BOOTMGR (?:is missing|image is corrupt|is compressed)",
          r"NTLDR is (?:missing|compressed)",
          r"Remove disks or other media", r"A disk read error occurred", wait=2.0),
    _sign("loader-lost", "The boot loader does not find its own files.",
          r"grub rescue>", r"Minimal BASH-like line editing is supported", r"GRUB Hard Disk Error",
          r"GRUB (?:Geom|Read|Hard Disk|Floppy) Error", r"GRUB Loading stage\S* *\.* *Read Error",
          r"Failed to load ldlinux", r"No DEFAULT or UI configuration directive found"),
    _sign("loader-error", "The boot loader does not find what it is to start.",
          r"error: file `[^'\n]{0,200}' not found",
          r"error: [^\n]{0,80}no such (?:partition|device|disk)",
          r"error: [^\n]{0,80}unknown filesystem", r"error: you need to load the kernel first",
          r"error: invalid (?:magic number|signature)", r"Error 1[5-9]: ", r"Error 2[0-9]: ",
          r"Could not find kernel image", r"Loading \S{1,100} failed", wait=COMPLAINT),
    _sign("kernel-panic", "The kernel panicked.", r"Kernel panic - not syncing[^\n]{0,120}"),
    _sign("root-not-found", "The root filesystem was not found.",
          r"ALERT! {1,4}\S{1,200} does not exist", r"Gave up waiting for root",
          r"Warning: Could not boot\.", r"dracut-emergency", r"dracut:/#"),
    _sign("emergency-mode", "The system started in emergency mode.",
          r"You are in (?:emergency|rescue) mode", r"Give root password for maintenance",
          r"Entering emergency mode", r"Cannot open access to console, the root account is locked",
          r"\(initramfs\) "),
)  # fmt: skip
LOGIN: Final = re.compile(r"login: ?$")
KERNEL: Final = re.compile(
    r"Linux version \d|Booting the kernel|Loading Linux|Loading initial ramdisk"
)
SYSTEM: Final = re.compile(r"systemd\[1\]|INIT: version|Welcome to (?!GRUB)")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long is waited, in seconds."""

    whole: float = 600.0
    loader: float = 30.0  # without a sign of life, before a kernel can have been loaded
    # A kernel that waits for its root filesystem says nothing for half a minute, and twice that
    # where the processor is emulated on a busy machine.
    kernel: float = 90.0
    address: float = 60.0  # after it asks for a login
    complaint: float = COMPLAINT  # of silence, at most, until what was complained of decides


@dataclass(frozen=True, slots=True)
class Noticed:
    """A sign that was seen."""

    sign: Sign
    text: str
    read: int  # bytes that had been read by then


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a computer that was started."""

    seconds: float = 0.0  # since then
    silence: float = 0.0  # seconds since anything was new
    read: int = 0  # bytes from and to its disks since it was started, or restarted
    address: str | None = None  # that it took
    asked: bool = False  # for one
    foreign: tuple[str, ...] = ()  # addresses that it has instead
    noticed: tuple[Noticed, ...] = ()
    kernel: bool = False  # one was seen to run
    login: float | None = None  # seconds since it asked for one
    restarts: int = 0
    ended: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a start has ended."""

    name: str
    sentence: str
    seen: str = ""

    @property
    def booted(self) -> bool:
        """Whether the guest runs and is on the network."""
        return self.name == BOOTED


BOOTED: Final = "booted"


def verdict(seen: Seen, patience: Patience) -> Verdict | None:
    """Return how a start has ended, None if nobody knows yet."""
    if seen.address is not None:
        return Verdict(BOOTED, "It started and took its address.", seen.address)
    for noticed in seen.noticed:
        if _decides(noticed, seen, patience):
            return Verdict(noticed.sign.name, noticed.sign.sentence, noticed.text)
    if seen.ended:
        return Verdict("ended", "It turned itself off.")
    if seen.restarts > MOST_RESTARTS:
        return Verdict("restarts", "It restarts again and again.", f"{seen.restarts} times")
    if seen.login is not None and seen.login > patience.address:
        return _unconnected(seen)
    loaded = seen.kernel or seen.read >= LOADED
    if seen.silence > (patience.kernel if loaded else patience.loader):
        if seen.login is not None:
            return _unconnected(seen)
        what = "a kernel could have been loaded" if loaded else "no kernel was loaded"
        return Verdict("stalled", f"Nothing happened for {seen.silence:.0f} seconds; {what}.")
    if seen.seconds > patience.whole:
        return Verdict("late", f"It took no address within {patience.whole:.0f} seconds.")
    return None


def _decides(noticed: Noticed, seen: Seen, patience: Patience) -> bool:
    if noticed.sign.wait and (seen.kernel or seen.read - noticed.read > ON):
        return False
    return seen.silence >= min(noticed.sign.wait, patience.complaint)


def _unconnected(seen: Seen) -> Verdict:
    if seen.foreign:
        has = f"it has {', '.join(seen.foreign[:3])} instead"
    else:
        has = "it asked, and took none" if seen.asked else "it asked for none"
    return Verdict("no-address", "It started, but took no address by DHCP.", has)
