"""The boot mode: how the AMI will start, and whether the disks can.

    asked for                  that, if the disks can
    the disks can do one       that
    a Windows that can both    legacy-bios where its GPT can become an MBR, else uefi
    a Linux that can both      legacy-bios (assumed: every instance type has it)

Windows 11 starts by UEFI only.
"""

from typing import Final

from converters import errors
from converters.guests.guest import Guest
from converters.guests.judge import rules
from converters.guests.judge.machine_rules import has_efi_partition, unseen
from converters.guests.judge.rules import (
    LEGACY_BIOS,
    UEFI,
    Failed,
    Outcome,
    Passed,
    Request,
    Rule,
    Unseen,
    rule,
)
from converters.guests.judge.systems import windows_system

PREFERRED: Final = "uefi-preferred"
LARGEST: Final = 2 << 40  # bytes; an MBR counts no further
PRIMARY: Final = 4  # partitions of an MBR
CONVERTED_FORMAT: Final = "VHDX"
BIOS_MANAGER: Final = "Windows/Boot/PCAT/bootmgr"
# Partitions that a disk with an MBR doesn't need: the EFI system's, and Microsoft's reserved one.
DROPPED: Final = ("C12A7328-F81F-11D2-BA4B-00A0C93EC93B", "E3C9E316-0B5C-4DB8-817D-F92DF00215AE")


@rule("fallback-loader", "A Linux that starts by UEFI has EFI/BOOT/BOOTX64.EFI on its EFI system "
      "partition.", rules.LINUX_LIMITS)  # fmt: skip
def fallback_loader(guest: Guest, request: Request) -> Outcome | None:
    """Ask for the loader that firmware without memory of its own looks for."""
    linux = guest.linux
    if linux is None or not has_efi_partition(guest):
        return None
    if linux.boot.efi_fallback:
        return Passed(linux.boot.efi_fallback)
    if LEGACY_BIOS in guest.boot_modes and request.boot_mode in (None, LEGACY_BIOS):
        return None  # it starts the other way
    if guest.unseen:
        return Unseen(unseen(guest))
    return Failed(
        "there is none",
        "Install it: grub-install --target=x86_64-efi --removable, or: cp /boot/efi/EFI/*/"
        "shimx64.efi /boot/efi/EFI/BOOT/BOOTX64.EFI (with grubx64.efi beside it)",
        errors.no_fallback_loader(),
    )


@rule("boot-mode", "The disks can start in the boot mode that is asked for, or in one of the two.",
      rules.BOOT_MODES)  # fmt: skip
def boot_mode(guest: Guest, request: Request) -> Outcome | None:
    """Ask for disks that start."""
    asked = request.boot_mode
    if guest.linux is None and guest.windows is None:
        return None
    modes = able_modes(guest, request)
    if not modes:
        # assumed: that only a check of the boot tells; the guide has no sentence for it
        return Unseen(unseen(guest, "no boot loader was recognized"))
    able = ", ".join(modes)
    needs_uefi = _needs_uefi(guest)
    if asked is not None and (UEFI if asked == PREFERRED else asked) not in modes:
        return Failed(
            f"they start by {able}; the request says {asked}",
            f"Ask for BootMode={modes[0]}, or leave BootMode out.",
            errors.wrong_boot_mode(asked),
        )
    if needs_uefi and (asked == LEGACY_BIOS or UEFI not in modes):
        return Failed(
            "Windows 11 starts by UEFI only",
            "Ask for BootMode=uefi; a disk with an MBR is converted in the guest by: mbr2gpt "
            "/convert /allowFullOS",
            errors.wrong_boot_mode(LEGACY_BIOS),
        )
    return Passed(f"{chosen(guest, request)}; the disks can do {able}")


@rule("snapshot-platform", "A disk that starts by UEFI and comes from a snapshot needs Platform.",
      rules.LIMITS)  # fmt: skip
def snapshot_platform(guest: Guest, request: Request) -> Outcome | None:
    """Ask for Platform where the guide does."""
    if not request.from_snapshot or chosen(guest, request) not in (UEFI, PREFERRED):
        return None
    if request.platform is None:
        found = "Linux" if guest.linux is not None else "Windows"
        return Failed(
            "Platform is not said", f"Ask for Platform={found}.", errors.platform_needed()
        )
    return Passed(request.platform)


@rule("one-firmware", "GRUB 2 is set up for BIOS or for UEFI, not for both: it can't be exported "
      "again.", "Exporting: considerations", blocking=False)  # fmt: skip
def one_firmware(guest: Guest, request: Request) -> Outcome | None:
    """Warn of a GRUB for both."""
    if guest.linux is None or not guest.boot_modes:
        return None
    if len(guest.boot_modes) > 1:
        return Failed(
            "it can start by both",
            "Say which one the AMI is to have: BootMode=legacy-bios or BootMode=uefi",
        )
    return Passed(guest.boot_modes[0])


RULES: Final[tuple[Rule, ...]] = (fallback_loader, boot_mode, snapshot_platform)
ADVICE: Final[tuple[Rule, ...]] = (one_firmware,)


def chosen(guest: Guest, request: Request) -> str | None:
    """Return the boot mode of the AMI; None if nobody knows."""
    if request.boot_mode is not None:
        return request.boot_mode
    modes = able_modes(guest, request)
    if len(modes) < 2:
        return modes[0] if modes else None
    if guest.windows is not None and guest.linux is None:
        return UEFI if _needs_uefi(guest) or not becomes_bios(guest, request) else LEGACY_BIOS
    return LEGACY_BIOS


def able_modes(guest: Guest, request: Request) -> tuple[str, ...]:
    """Return how the disks can start, before or after the import has changed them.

    assumed: a Windows is "compatible with both" if it starts by UEFI and keeps the boot manager for
    BIOS in its own folder, from which the import can make its disk start by BIOS.
    """
    found, windows = guest.boot_modes, guest.windows
    if windows is None or guest.linux is not None or found != (UEFI,) or _needs_uefi(guest):
        return found
    spare = BIOS_MANAGER in windows.boot_files and windows.volume.startswith("0:")
    table = guest.disks[0].scheme if guest.disks else None
    convertible = table in ("gpt", "hybrid") and becomes_bios(guest, request)
    return (LEGACY_BIOS, UEFI) if spare and convertible else found


def becomes_bios(guest: Guest, request: Request) -> bool:
    """Tell whether a Windows that can start both ways goes to legacy BIOS where nothing is said.

    A disk that has an MBR already is there.
    """
    if not guest.disks:
        return False
    table = guest.disks[0]
    if table.scheme == "mbr":
        return True
    primary = [part for part in table.partitions if part.type.upper() not in DROPPED]
    return (
        table.size < LARGEST
        and len(primary) <= PRIMARY
        and not table.dynamic
        and request.root_format == CONVERTED_FORMAT
    )


def _needs_uefi(guest: Guest) -> bool:
    found = windows_system(guest.windows) if guest.windows is not None else None
    return found is not None and found.uefi
