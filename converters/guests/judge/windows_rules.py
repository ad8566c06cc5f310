"""Rules for a Windows: one of the table, in a language, with room, without what can't run on EC2.

RULES decide in this order; windows_advice.py has those that don't. The table is systems.toml.
What is assumed stands here:

* A volume that holds Windows has NTFS; of a FAT volume nothing but the name is asked.
* The guide refuses language packs that use "UTF-16 (or non-ASCII)" characters and wants English for
  clients: packs of languages in another script than the Latin one are refused, others are advised
  against, and a client must speak en-US.
* 6 GiB that are not free, the role of Hyper-V and a missing .NET Framework fail the task before the
  guest is started; the guide tells of the last two among the causes of a failed first boot.
"""

import re
from typing import Final

from converters import errors
from converters.guests.guest import Guest, Windows
from converters.guests.judge import rules
from converters.guests.judge.machine_rules import volume_of
from converters.guests.judge.rules import Failed, Outcome, Passed, Request, Rule, Unseen, rule
from converters.guests.judge.systems import bits, windows_system

GIB: Final = 1 << 30
ROOM: Final = 6 * GIB  # bytes that must be free, the guide's number

# Languages of Windows that are not written in Latin letters.
OTHER_SCRIPTS: Final = frozenset(
    ("ar", "bg", "el", "fa", "he", "hi", "ja", "ko", "mk", "ru", "sr-Cyrl", "ta", "th", "uk", "zh")
)

OLDEST_NET: Final = (3, 5)  # with its service pack 1, for the agent of the older systems


@rule("windows-registry", "The registry of Windows can be read.", rules.IMAGE_ERRORS)
def registry(guest: Guest, request: Request) -> Outcome | None:
    """Ask for hives: without them nobody knows what it is."""
    windows = guest.windows
    if windows is None or guest.linux is not None:
        return None
    if not windows.product or windows.build is None:
        return Failed(
            windows.problem or "it doesn't tell its name",
            "Start the machine, look at it with: sfc /scannow, shut it down and export it again.",
            errors.unknown_system(),
        )
    return Passed(f"build {windows.build}")


@rule("windows-edition", "This Windows and its edition are ones that the guide lists.",
      rules.SYSTEMS)  # fmt: skip
def edition(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a row of the table."""
    windows = readable(guest)
    if windows is None:
        return None
    row = windows_system(windows)
    name = name_of(windows)
    if row is None:
        return Failed(name, "Upgrade it to one that is listed.", errors.unknown_system())
    if windows.installation in row.not_installations:
        return Failed(
            f"{name}, {windows.installation}",
            "Install it as Server Core or with Desktop Experience.",
            errors.unknown_system(),
        )
    if windows.service_pack < row.service_pack:
        return Failed(
            f"{name} without service pack {row.service_pack}",
            f"Install service pack {row.service_pack} or a later one.",
            errors.unknown_system(),
        )
    if windows.edition is None:
        return Unseen("its edition is not in the registry")
    if windows.edition not in row.edition_ids:
        return Failed(
            f"{name} ({windows.edition})",
            f"Of {row.name} these can be imported: {', '.join(row.editions)}.",
            errors.unknown_system(),
        )
    return Passed(f"{name} ({windows.edition})")


@rule("windows-bits", "Windows has 32 or 64 bits, as the guide lists it.", rules.SYSTEMS)
def width(guest: Guest, request: Request) -> Outcome | None:
    """Ask for the bits of the row; of Regions that must be opted in to, 64."""
    windows = readable(guest)
    row = windows_system(windows) if windows is not None else None
    if windows is None or row is None:
        return None
    if windows.architecture is None:
        return Unseen("neither its kernel nor its registry tells")
    found = bits(windows.architecture)
    if found not in row.bits:
        return Failed(
            windows.architecture,
            f"{row.name} must have {' or '.join(map(str, row.bits))} bits, for x86.",
            errors.unsupported_architecture(windows.architecture),
        )
    if request.opt_in and found not in row.opt_in_bits:
        return Failed(
            f"{row.name}, {found} bits, in {request.region}",
            "Import it into a Region that is on by default.",
            errors.unsupported_in_region(row.name, request.region),
        )
    return Passed(f"{found} bits")


@rule("windows-region", "This Windows can be imported into this Region.", rules.SYSTEMS)
def region(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a Region that the table doesn't take out."""
    windows = readable(guest)
    row = windows_system(windows) if windows is not None else None
    if row is None or not row.not_regions:
        return None
    if request.region in row.not_regions:
        return Failed(
            f"{row.name} in {request.region}",
            "Import it into another Region.",
            errors.unsupported_in_region(row.name, request.region),
        )
    return Passed(request.region)


@rule("windows-language", "Windows has language packs in Latin letters; a client is in US English.",
      rules.WINDOWS_LIMITS)  # fmt: skip
def language(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a language whose names of things the import understands."""
    windows = readable(guest)
    if windows is None:
        return None
    row = windows_system(windows)
    packs = languages(windows)
    if not packs:
        return Unseen("the registry names no language")
    strange = next((pack for pack in packs if in_another_script(pack)), None)
    if strange is not None:
        return Failed(
            strange,
            f"Remove the language pack: lpksetup /u {strange}; install from English media if it is "
            "the system's own.",
            errors.unsupported_language(strange),
        )
    wanted = row.language if row is not None else None
    if wanted is not None and windows.language != wanted:
        return Failed(
            windows.language or "unknown",
            f"Set the display language to {wanted} before the export.",
            errors.unsupported_language(windows.language or "unknown"),
        )
    return Passed(", ".join(packs[:5]))


@rule("windows-filesystem", "Windows is on NTFS.", rules.FILE_SYSTEMS)
def filesystem(guest: Guest, request: Request) -> Outcome | None:
    """Ask for NTFS."""
    windows = readable(guest)
    volume = volume_of(guest, windows.volume) if windows is not None else None
    if volume is None or volume.filesystem is None:
        return None
    if volume.filesystem != "ntfs":
        return Failed(
            volume.filesystem,
            "Convert it in the guest: convert C: /fs:ntfs",
            errors.unsupported_root(volume.filesystem),
        )
    return Passed("ntfs")


@rule("windows-room", "6 GiB are free on the volume of Windows.", rules.WINDOWS_LIMITS)
def room(guest: Guest, request: Request) -> Outcome | None:
    """Ask for room for drivers and agents."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.space is None:
        return Unseen("the filesystem doesn't tell")
    free = f"{windows.space.free / GIB:.1f} GiB"
    if windows.space.free < ROOM:
        return Failed(
            free,
            "Make room: cleanmgr /sageset, or make the disk and the volume larger; a page file of "
            "a fixed size doesn't grow into what is free.",
            errors.no_room(),
        )
    return Passed(free)


@rule("hyper-v-role", "The role of Hyper-V is not installed.", rules.WINDOWS_LIMITS)
def hyper_v(guest: Guest, request: Request) -> Outcome | None:
    """Refuse hosts of virtual machines."""
    windows = readable(guest)
    if windows is None:
        return None
    if windows.hyper_v:
        return Failed(
            "it is installed",
            "Remove it: Uninstall-WindowsFeature Hyper-V; on a client: "
            "Disable-WindowsOptionalFeature -Online -FeatureName Microsoft-Hyper-V-All",
            errors.hyper_v_role(),
        )
    return Passed()


@rule("dot-net", "The .NET Framework 3.5 SP1 or a later one is installed.", rules.WINDOWS_ERRORS)
def dot_net(guest: Guest, request: Request) -> Outcome | None:
    """Ask for what the agent in the guest runs on."""
    windows = readable(guest)
    if windows is None:
        return None
    found = net_version(windows)
    if found < OLDEST_NET or (found[:2] == OLDEST_NET and "SP1" not in (windows.dot_net or "")):
        return Failed(
            windows.dot_net or "none is installed",
            "Install the .NET Framework 4.5 or later in the guest.",
            errors.no_net_framework(),
        )
    return Passed(windows.dot_net or "")


RULES: Final[tuple[Rule, ...]] = (
    registry,
    edition,
    width,
    region,
    language,
    filesystem,
    room,
    hyper_v,
    dot_net,
)


# what several rules ask ---------------------------------------------------------------------------


def readable(guest: Guest) -> Windows | None:
    """Return a Windows whose registry tells what it is, the only system of the guest."""
    windows = guest.windows
    if windows is None or guest.linux is not None:
        return None
    return windows if windows.product and windows.build is not None else None


def name_of(windows: Windows) -> str:
    """Return its product, release and build for people."""
    release = f" {windows.release}" if windows.release else ""
    return f"{windows.product}{release}, build {windows.build}"


def languages(windows: Windows) -> tuple[str, ...]:
    """Return the system's own language and those of its packs."""
    first = (windows.language,) if windows.language else ()
    return tuple(dict.fromkeys((*first, *windows.languages)))


def in_another_script(name: str) -> bool:
    """Tell whether a language isn't written in Latin letters."""
    language = name.split("-")[0].lower()
    return language in OTHER_SCRIPTS or any(name.startswith(f"{each}-") for each in OTHER_SCRIPTS)


def net_version(windows: Windows) -> tuple[int, int]:
    """Return the numbers of the newest .NET Framework; (0, 0) if there is none."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})", windows.dot_net or "")
    return (int(found[1]), int(found[2])) if found else (0, 0)
