"""Decides which files of a Linux guest change, and makes the changes of a plan from them."""

from typing import Final

from converters.guests.adapt import fstab
from converters.guests.adapt.changes import Changes
from converters.guests.adapt.fstab import Devices
from converters.guests.guest import Guest

FSTAB: Final = "/etc/fstab"


def adapt_linux(guest: Guest, changes: Changes) -> None:
    """Plan the changes of a Linux guest's text files."""
    devices = Devices.of(guest)
    table = changes.edited(FSTAB)
    if table is not None:
        table.apply(fstab.adapt(table.text, devices))
        changes.save(table)
