"""Judges a guest: would EC2 import it, as what, and what is wrong with it otherwise.

All rules run; the first one that fails, in the service's order, decides. Values only: nothing is
read here.
"""

from dataclasses import dataclass

from converters.guests.guest import Guest
from converters.guests.judge.rules import Finding, Request


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
    raise NotImplementedError
