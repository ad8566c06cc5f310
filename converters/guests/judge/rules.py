"""What a rule is: a small function from a guest and a request to a finding.

    @rule("kernel", "The kernel is one that the guide lists.", SYSTEMS)
    def kernel(guest: Guest, request: Request) -> Outcome | None: ...

A rule looks at values only. It returns None where it does not apply, and Unseen, never a guess,
where nobody could look. The rules of each kind of system stand in modules of their own, in the
order in which they decide; verdict.py puts all of them together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from converters.errors import ClientError
from converters.guests.guest import Guest

# Where the guide says so: the headings of its English edition.
FORMATS: Final = "Requirements: image formats"
SYSTEMS: Final = "Requirements: operating systems"
BOOT_MODES: Final = "Requirements: boot modes"
FILE_SYSTEMS: Final = "Requirements: volume types and file systems"
LIMITS: Final = "Limitations: general"
LINUX_LIMITS: Final = "Limitations: Linux/Unix"
WINDOWS_LIMITS: Final = "Limitations: Windows"
CONFIGURATION: Final = "Configurations before the export: general"
LINUX_CONFIGURATION: Final = "Configurations before the export: Linux/Unix"
WINDOWS_CONFIGURATION: Final = "Configurations before the export: Windows"
LICENSING: Final = "Licensing options"
LINUX_ERRORS: Final = "Troubleshooting: Linux VM errors"
WINDOWS_ERRORS: Final = "Troubleshooting: Windows VM errors"
IMAGE_ERRORS: Final = "Troubleshooting: import image errors"

LINUX: Final = "Linux"
WINDOWS: Final = "Windows"
LEGACY_BIOS: Final = "legacy-bios"
UEFI: Final = "uefi"


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asks for; None is what was not said."""

    platform: str | None = None  # Linux, Windows
    architecture: str | None = None  # i386, x86_64
    boot_mode: str | None = None  # legacy-bios, uefi, uefi-preferred
    license_type: str | None = None  # AWS, BYOL
    usage_operation: str | None = None
    usage_platform: str | None = None  # what the usage operation stands for: Linux, Windows
    usage_license: str | None = None  # … and: AWS, BYOL
    region: str = "us-east-1"
    opt_in: bool = False  # the Region is one that an account must opt in to
    root_format: str | None = None  # of the first disk's image: VMDK, VHD, VHDX, RAW
    from_snapshot: bool = False  # the first disk is a snapshot of EBS


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found."""

    rule: str  # its name, for programs: "root-filesystem"
    passed: bool | None  # None: could not be seen
    sentence: str  # what is asked
    error: str | None  # what the service says after "ClientError: "; of a blocking one that failed
    remedy: str  # what the user can do, often a command; empty where it passed
    section: str  # of the user guide
    blocking: bool  # the import fails; else advice
    seen: str = ""  # what there is: "btrfs with 2 subvolumes"; why nothing could be seen


@dataclass(frozen=True, slots=True)
class Passed:
    """It is as it should be."""

    seen: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not as it should be."""

    seen: str
    remedy: str
    error: ClientError | None = None  # of a rule that blocks


@dataclass(frozen=True, slots=True)
class Unseen:
    """Nobody could look."""

    reason: str
    remedy: str = ""


Outcome = Passed | Failed | Unseen
Look = Callable[[Guest, Request], Outcome | None]
Rule = Callable[[Guest, Request], Finding | None]


def rule(
    name: str, sentence: str, section: str, *, blocking: bool = True
) -> Callable[[Look], Rule]:
    """Make a rule of a function that looks; a rule that isn't blocking is advice."""

    def made(look: Look) -> Rule:
        def judged(guest: Guest, request: Request) -> Finding | None:
            match look(guest, request):
                case Passed(seen):
                    return Finding(name, True, sentence, None, "", section, blocking, seen)
                case Unseen(reason, remedy):
                    return Finding(name, None, sentence, None, remedy, section, blocking, reason)
                case Failed(seen, remedy, error):
                    text = str(error) if error is not None and blocking else None
                    return Finding(name, False, sentence, text, remedy, section, blocking, seen)
            return None

        judged.__doc__ = look.__doc__
        judged.__name__ = look.__name__
        return judged

    return made
