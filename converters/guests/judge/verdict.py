"""Judges a guest: would EC2 import it, as what, and what is wrong with it otherwise.

    partitions ─► LVM ─► system ─► one system ─► architecture ─► encryption
      ─► Linux: root filesystem ─► fstab ─► GRUB ─► default ─► kernel ─► initrd
      ─► Windows: its own
      ─► licence ─► platform ─► boot mode ─► advice

All rules run; the first one that blocks and fails, in this order, decides. Values only: nothing
is read here. assumed: the order, beyond that what must be found comes before what is asked of it.
"""

from dataclasses import dataclass
from typing import Final

from converters.guests.guest import Guest
from converters.guests.judge import (
    boot_mode,
    licences,
    linux_advice,
    linux_rules,
    machine_rules,
    windows_advice,
    windows_rules,
)
from converters.guests.judge.machine_rules import found_architecture
from converters.guests.judge.rules import Finding, Request, Rule

RULES: Final[tuple[Rule, ...]] = (
    *machine_rules.DISKS,
    *machine_rules.FOUND,
    *linux_rules.FOUND,
    *machine_rules.SOUND,
    *linux_rules.RULES,
    *windows_rules.RULES,
    *licences.RULES,
    *machine_rules.TOLD,
    *boot_mode.RULES,
    *machine_rules.ADVICE,
    *linux_advice.ADVICE,
    *windows_advice.ADVICE,
    *boot_mode.ADVICE,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found out about a guest, and what its AMI would be."""

    findings: tuple[Finding, ...]
    accepted: bool  # nothing that blocks was seen to be wrong
    error: str | None  # of the first blocking rule that failed: what follows "ClientError: "
    platform: str | None  # Linux, Windows; None: the system could not be seen
    architecture: str | None  # i386, x86_64
    boot_mode: str | None  # legacy-bios, uefi, uefi-preferred; None: nobody knows
    license_type: str | None  # AWS, BYOL
    usage_operation: str | None
    description: str | None  # "Linux - Debian 12.4 - 6.1.0-17-amd64"

    @property
    def certain(self) -> bool:
        """Everything that blocks could be looked at."""
        return all(found.passed is not None for found in self.findings if found.blocking)


def judge(guest: Guest, request: Request) -> Verdict:
    """Return the verdict on a guest."""
    found = [rule(guest, request) for rule in RULES]
    findings = tuple(finding for finding in found if finding is not None)
    wrong = [finding for finding in findings if finding.blocking and finding.passed is False]
    platform, license_type, usage_operation = licences.chosen(guest, request)
    return Verdict(
        findings=findings,
        accepted=not wrong,
        error=wrong[0].error if wrong else None,
        platform=platform,
        architecture=found_architecture(guest) or request.architecture,
        boot_mode=boot_mode.chosen(guest, request),
        license_type=license_type,
        usage_operation=usage_operation,
        description=described(guest),
    )


def described(guest: Guest) -> str | None:
    """Return what the AMI's description says of the system."""
    if (linux := guest.linux) is not None:
        kernel = linux_rules.started(linux)
        name = linux.name or linux.distribution
        parts = ("Linux", name, kernel.version if kernel is not None else None)
        return " - ".join(part for part in parts if part)
    if (windows := guest.windows) is not None:
        # assumed: only Linux's has been seen
        return " - ".join(part for part in ("Windows", windows.product) if part)
    return None
