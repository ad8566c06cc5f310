r"""The boot configuration of Windows: a registry hive of objects with elements.

    Objects\{GUID}\Description          Type
    Objects\{GUID}\Elements\TTTTTTTT    Element

Windows up to Server 2003 has a text file instead, boot.ini.

Object and element numbers: https://learn.microsoft.com/previous-versions/windows/desktop/bcd/bcd-reference
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from converters.guests.look.registry import Hive

STORES: Final = ("/Boot/BCD", "/EFI/Microsoft/Boot/BCD")  # of BIOS, of UEFI
STORE: Final = 16 << 20  # bytes of a store that is read; they have some tens of KiB

MANAGERS: Final = 0x1010_0002  # Type of the boot manager
LOADERS: Final = 0x1020_0003  # Type of what loads a Windows
OBJECTS: Final = 500  # that are looked at

# Whether the emergency services are on. {emssettings} has the first one too, for those that
# inherit from it: Windows 7 sets it there while EMS is off, so it says nothing.
BOOT_EMS: Final = "16000020"  # of an application of the boot environment
SYSTEM_EMS: Final = "260000b0"  # of the Windows that is loaded


@dataclass(frozen=True, slots=True)
class Switch:
    """An element that is true or false."""

    key: str  # its path in the hive; the value is "Element"
    on: bool


def ems_switches(hive: Hive) -> Iterator[Switch]:
    """Yield every element that switches the emergency services."""
    for name in hive.names("Objects")[:OBJECTS]:
        kind = hive.number(f"Objects\\{name}\\Description", "Type")
        wanted = {MANAGERS: (BOOT_EMS,), LOADERS: (BOOT_EMS, SYSTEM_EMS)}.get(kind or 0, ())
        for element in wanted:
            key = f"Objects\\{name}\\Elements\\{element}"
            content = hive.binary(key, "Element")
            if content:
                yield Switch(key, content[0] != 0)


def boot_ini_ems(text: str) -> bool:
    """Tell whether a boot.ini switches the emergency services on."""
    for line in text.lower().splitlines():
        words = line.partition(";")[0].split()
        if line.replace(" ", "").startswith("redirect=") or any(
            word == "/redirect" or word.startswith("/redirect=") for word in words
        ):
            return True
    return False
