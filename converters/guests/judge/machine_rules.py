"""Rules for every machine: disks that make sense, one system on them, the one the client named.

Where a system could not be found and the readers say what they could not look at, that is the
reason; with nothing unseen it isn't there.
"""

from typing import Final

from converters import errors
from converters.guests.guest import Guest, Volume
from converters.guests.judge import rules
from converters.guests.judge.rules import Failed, Outcome, Passed, Request, Rule, Unseen, rule
from converters.guests.judge.systems import bits

ENCRYPTED: Final = {"luks": "LUKS", "bitlocker": "BitLocker"}
SECTOR: Final = 512  # bytes; EBS volumes have no other
EFI_SYSTEM: Final = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "EF")
BOOT: Final = ("/boot", "/boot/efi")
TOGETHER: Final = 3  # things that are listed one by one


@rule("partitions", "The disk has a partition table, MBR or GPT.", rules.FILE_SYSTEMS)
def partitions(guest: Guest, request: Request) -> Outcome | None:
    """Ask for partitions in sectors of 512 bytes, as EC2's firmware counts."""
    if not guest.disks:
        return Unseen(unseen(guest))
    tables = [table for table in guest.disks if table.partitions]
    if not tables:
        problem = next((table.problem for table in guest.disks if table.problem), None)
        return Failed(
            problem or "there are no partitions",
            "Import the disk that the machine boots from; look at it with: fdisk -l DISK",
            errors.no_partitions(),
        )
    if all(table.sector != SECTOR for table in tables):
        # assumed: EBS volumes have 512-byte sectors, and nothing is found where others count
        return Failed(
            f"the table counts in sectors of {tables[0].sector} bytes",
            "Copy the disk onto one with sectors of 512 bytes.",
            errors.no_partitions(),
        )
    schemes = sorted({(table.scheme or "").upper() for table in tables})
    return Passed(f"{' and '.join(schemes)}, {number(_count(guest), 'partition')}")


@rule("logical-volumes", "Volume groups of LVM are complete and can be activated.",
      rules.LINUX_ERRORS)  # fmt: skip
def logical_volumes(guest: Guest, request: Request) -> Outcome | None:
    """Ask for whole volume groups, where there are any."""
    volumes = [volume for volume in guest.volumes if volume.filesystem == "lvm"]
    if not volumes:
        return None
    for volume in volumes:
        if volume.problem:
            return Failed(
                f"{volume.id}: {volume.problem}",
                "Import all disks of the volume group together; in the guest: vgck",
                errors.broken_volume_group(),
            )
    return Passed(number(len(volumes), "physical volume"))


@rule("system", "The operating system is one that the guide lists.", rules.SYSTEMS)
def system(guest: Guest, request: Request) -> Outcome | None:
    """Ask for a Linux or a Windows; whether it is a supported one is asked by its own rules."""
    if guest.linux is not None and guest.linux.distribution:
        return Passed(guest.linux.name or guest.linux.distribution)
    if guest.linux is None and guest.windows is not None:
        return Passed(guest.windows.product or "Windows")
    locked = encrypted_volumes(guest)
    if guest.unseen and not locked:
        return Unseen(unseen(guest))
    seen = "no Linux and no Windows was found"
    if guest.linux is not None:
        seen = "a Linux without /etc/os-release or another release file"
    elif locked:
        seen += f"; {shown(locked)} is encrypted"
    return Failed(
        seen,
        "Import the disk with the root filesystem first; see that /etc/os-release is there."
        if not locked
        else "Decrypt the volumes before the export.",
        errors.unknown_system(),
    )


@rule("one-system", "There is one system on the disks, with one /etc.", rules.LIMITS)
def one_system(guest: Guest, request: Request) -> Outcome | None:
    """Refuse dual boot."""
    roots: list[str] = []
    if guest.linux is not None:
        roots += guest.linux.roots or (guest.linux.volume,)
        if len(guest.linux.etc_directories) > 1:
            found = ", ".join(guest.linux.etc_directories[:TOGETHER])
            return Failed(
                f"several /etc: {found}",
                "Remove the directories that belong to no running system.",
                errors.several_roots(),
            )
    if guest.windows is not None:
        roots += guest.windows.roots or (guest.windows.volume,)
    if not roots:
        return None
    if len(set(roots)) > 1:
        return Failed(
            f"systems on {', '.join(roots[:TOGETHER])}",
            "Keep one system: remove the other one, or leave its disk out of the import.",
            errors.several_roots(),
        )
    return Passed(f"on {roots[0]}")


@rule("encryption", "No volume is encrypted.", rules.LIMITS)
def encryption(guest: Guest, request: Request) -> Outcome | None:
    """Refuse LUKS and BitLocker."""
    if not guest.volumes:
        return None
    if locked := encrypted_volumes(guest):
        kind = ENCRYPTED[locked[0].filesystem or ""]
        cure = (
            "Turn BitLocker off and wait until it is done: manage-bde -off C:"
            if kind == "BitLocker"
            else "Move the data to volumes without LUKS; or: cryptsetup reencrypt --decrypt DEVICE"
        )
        return Failed(f"{shown(locked)}: {kind}", cure, errors.encrypted_volume())
    return Passed()


@rule("architecture", "Linux has 64 bits, Windows 32 or 64; ARM is not imported.", rules.SYSTEMS)
def architecture(guest: Guest, request: Request) -> Outcome | None:
    """Ask for what EC2 can start, and for what the client has said."""
    found = found_architecture(guest)
    if found is None:
        if guest.linux is None and guest.windows is None:
            return None
        return Unseen(unseen(guest, "no program was found that tells"))
    if bits(found) is None or (guest.linux is not None and bits(found) != 64):
        return Failed(
            found,
            "Install the 64-bit edition (x86_64, amd64) of the system and move your data there.",
            errors.unsupported_architecture(found),
        )
    if request.architecture and request.architecture != found:
        return Failed(
            f"{found}; the request says {request.architecture}",
            f"Ask for Architecture={found}, or leave Architecture out.",
            errors.other_architecture(request.architecture, found),
        )
    return Passed(found)


@rule("platform", "Platform, if it is said, is the system's.", rules.SYSTEMS)
def platform(guest: Guest, request: Request) -> Outcome | None:
    """Compare what the client has said with what is there."""
    found = found_platform(guest)
    if request.platform is None or found is None:
        return None
    if request.platform.casefold() != found.casefold():
        return Failed(
            f"{found}; the request says {request.platform}",
            f"Ask for Platform={found}, or leave Platform out.",
            errors.other_platform(request.platform, found),
        )
    return Passed(found)


@rule("root-disk", "The system is on the disk that the machine boots from.", rules.LIMITS)
def root_disk(guest: Guest, request: Request) -> Outcome | None:
    """Refuse a first disk that has nothing of the system: neither its root nor its /boot.

    assumed: the service looks for the system where an instance would start, on the first disk.
    """
    home = (guest.linux or guest.windows) and volume_of(guest, root_id(guest))
    if not home or not home.extents or len(guest.disks) < 2:
        return None
    mounts = guest.linux.mounts if guest.linux else ()
    boot = [volume_of(guest, each.volume or "") for each in mounts if each.point in BOOT]
    if any(extent.disk == 0 for each in (home, *boot) if each for extent in each.extents):
        return Passed()
    return Failed(
        f"it is on disk {home.extents[0].disk + 1}",
        "Name the disk that the machine boots from first.",
        errors.unknown_system(),
    )


@rule("by-hand", "Antivirus and intrusion detection are off, no drive holds a CD-ROM, the firewall "
      "lets SSH or Remote Desktop in, every account has a password or a key.", rules.CONFIGURATION,
      blocking=False)  # fmt: skip
def by_hand(guest: Guest, request: Request) -> Outcome | None:
    """Remind of what the guide asks for and no disk tells."""
    if guest.linux is None and guest.windows is None:
        return None
    return Unseen("the disks do not tell", "Look at it in the guest before the export.")


DISKS: Final[tuple[Rule, ...]] = (partitions, logical_volumes)
FOUND: Final[tuple[Rule, ...]] = (system, root_disk)
SOUND: Final[tuple[Rule, ...]] = (one_system, architecture, encryption)
TOLD: Final[tuple[Rule, ...]] = (platform,)
ADVICE: Final[tuple[Rule, ...]] = (by_hand,)


# what several rules ask ---------------------------------------------------------------------------


def found_platform(guest: Guest) -> str | None:
    """Return Linux or Windows; None if neither was found."""
    if guest.linux is not None:
        return rules.LINUX
    return rules.WINDOWS if guest.windows is not None else None


def found_architecture(guest: Guest) -> str | None:
    """Return the architecture of the system, as its binaries say."""
    if guest.linux is not None:
        return guest.linux.architecture
    return guest.windows.architecture if guest.windows is not None else None


def root_id(guest: Guest) -> str:
    """Return the id of the volume with the system."""
    if guest.linux is not None:
        return guest.linux.volume
    return guest.windows.volume if guest.windows is not None else ""


def volume_of(guest: Guest, identity: str) -> Volume | None:
    """Return a volume by its id."""
    return next((volume for volume in guest.volumes if volume.id == identity), None)


def encrypted_volumes(guest: Guest) -> list[Volume]:
    """Return the volumes that are encrypted."""
    return [volume for volume in guest.volumes if volume.filesystem in ENCRYPTED]


def has_efi_partition(guest: Guest) -> bool:
    """Tell whether there is an EFI system partition."""
    return any(
        partition.type.upper() in EFI_SYSTEM
        for table in guest.disks
        for partition in table.partitions
    )


def unseen(guest: Guest, otherwise: str = "nobody could look") -> str:
    """Return why something could not be seen."""
    return "; ".join(guest.unseen[:TOGETHER]) or otherwise


def shown(volumes: list[Volume]) -> str:
    """Return the names of volumes."""
    names = ", ".join(volume.id for volume in volumes[:TOGETHER])
    return f"{names}, …" if len(volumes) > TOGETHER else names


def number(count: int, thing: str) -> str:
    """Return how many there are of something."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _count(guest: Guest) -> int:
    return sum(len(table.partitions) for table in guest.disks)
