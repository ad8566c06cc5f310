"""Licences: what the client asks for against what the system can have.

    Linux            BYOL
    Windows Server   AWS (where nothing is said) or BYOL
    Windows          BYOL

What a UsageOperation stands for is the request's to say: the table of them is where images are
kept. The ones that follow from a licence alone stand here.
"""

from typing import Final

from converters import errors
from converters.guests.guest import Guest
from converters.guests.judge import rules
from converters.guests.judge.machine_rules import found_platform
from converters.guests.judge.rules import Failed, Outcome, Passed, Request, Rule, rule
from converters.guests.judge.systems import is_client, windows_system

AWS: Final = "AWS"
BYOL: Final = "BYOL"
OPERATIONS: Final = {
    (rules.LINUX, BYOL): "RunInstances",
    (rules.WINDOWS, AWS): "RunInstances:0002",
    (rules.WINDOWS, BYOL): "RunInstances:0800",
}


@rule("licence", "The licence fits: Linux and Windows clients bring their own, Windows Server can "
      "have either.", rules.LICENSING)  # fmt: skip
def licence(guest: Guest, request: Request) -> Outcome | None:
    """Compare the licence, or what the usage operation stands for, with the system."""
    platform = found_platform(guest)
    if platform is None:
        return None
    shown = _shown(guest)
    possible = _possible(guest)
    if operation := request.usage_operation:
        # Linux has no licence of AWS's, but an SQL Server on it may have one.
        fits = request.usage_platform == platform and (
            platform == rules.LINUX or request.usage_license in possible
        )
        if fits:
            return Passed(operation)
        return Failed(
            f"{shown}; the request says {operation}",
            f"Ask for UsageOperation={OPERATIONS[platform, possible[0]]}, or leave it out.",
            errors.wrong_usage(operation, shown),
        )
    if request.license_type and request.license_type not in possible:
        return Failed(
            f"{shown}; the request says {request.license_type}",
            f"Ask for LicenseType={possible[0]}, or leave it out.",
            errors.wrong_license(request.license_type, shown),
        )
    return Passed(request.license_type or possible[0])


RULES: Final[tuple[Rule, ...]] = (licence,)


def chosen(guest: Guest, request: Request) -> tuple[str | None, str | None, str | None]:
    """Return the platform, licence type and usage operation of the AMI; None: nobody knows."""
    platform = found_platform(guest)
    if request.usage_operation:
        return platform or request.usage_platform, request.usage_license, request.usage_operation
    if platform is None:
        told = request.platform
        if told is None:
            return None, request.license_type, None
        default = AWS if told == rules.WINDOWS else BYOL
        license_type = request.license_type or default
        return told, license_type, OPERATIONS.get((told, license_type))
    license_type = request.license_type or _possible(guest)[0]
    return platform, license_type, OPERATIONS.get((platform, license_type))


def _possible(guest: Guest) -> tuple[str, ...]:
    """Return the licences that a system can have, the default first."""
    if guest.linux is not None or guest.windows is None or is_client(guest.windows):
        return (BYOL,)
    return (AWS, BYOL)


def _shown(guest: Guest) -> str:
    if guest.linux is not None or guest.windows is None:
        return "Linux"
    row = windows_system(guest.windows)
    return row.name if row is not None else "Windows"
