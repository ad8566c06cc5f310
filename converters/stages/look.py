"""Looks into the raw disks of a machine: what system is on them, as a Guest.

It happens in a child in a sandbox, for the filesystems are the client's. A child that crashes or
runs into a limit has met a disk that nobody should boot from; the Guest says so.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from converters.guests import sandbox
from converters.guests.guest import Guest
from converters.guests.plain import Implausible, from_json
from converters.lifeline import Ended, Limits

PROGRAM: Final = "converters.guests.look"
LIMITS: Final = Limits(address_space=1 << 30, cpu_seconds=20, file_size=1)
SAID: Final = 8 << 20  # bytes of JSON

GAVE_UP: Final = "the disks could not be looked into: {}"


async def look(disks: Sequence[Path]) -> Guest:
    """Return what is on the disks. Never raises for what is on them."""
    ended = await _read(disks)
    if ended.code == 0:
        return _guest(ended)
    # A filesystem has brought its reader down; what the tables say can be judged all the same.
    without = await _read(disks, "--no-files")
    found = _guest(without) if without.code == 0 else Guest(disks=())
    return replace(found, unseen=(*found.unseen, GAVE_UP.format(ended.why("reader"))))


async def _read(disks: Sequence[Path], *options: str) -> Ended:
    arguments = [*options, *map(str, disks)]
    return await sandbox.run(PROGRAM, arguments, read=disks, write=None, limits=LIMITS, keep=SAID)


def _guest(ended: Ended) -> Guest:
    try:
        return from_json(Guest, ended.stdout)
    except Implausible as error:
        return Guest(disks=(), unseen=(GAVE_UP.format(error),))
