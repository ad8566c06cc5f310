"""Firmware: which one starts an instance.

    boot mode of the AMI     starts by
    legacy-bios, uefi        that
    uefi-preferred           UEFI where the instance type can, BIOS elsewhere
    none                     what the type does by itself: BIOS on Intel's and AMD's processors

A type that is not in the table starts by BIOS.
"""

from typing import Literal

from state.instance_types import all_types

Firmware = Literal["legacy-bios", "uefi"]


def firmware(boot_mode: str | None, instance_type: str) -> Firmware:
    """Return what starts an instance of a type, made of an AMI with a boot mode or without one."""
    kind = all_types().get(instance_type)
    able = kind.boot_modes if kind else ()
    match boot_mode:
        case "legacy-bios" | "uefi":
            return boot_mode
        case "uefi-preferred":
            return "uefi" if "uefi" in able else "legacy-bios"
        case _:
            return "uefi" if able == ("uefi",) else "legacy-bios"
