"""Writes what was planned into the guest on raw disks; it knows only names and bytes."""

from collections.abc import Callable, Sequence
from pathlib import Path

from converters.guests.guest import Guest
from converters.guests.plan import Plan
from converters.guests.write.writing import write


async def adapt(
    disks: Sequence[Path],
    guest: Guest,
    plan: Plan,
    folder: Path,
    scratch: Path,
    report: Callable[[int], None],
) -> tuple[str, ...]:
    """Write a plan into the disks; return what could not be written, a sentence each."""
    if not (plan.files or plan.sectors):
        return ()
    return await write(disks, guest, plan, folder, scratch, report)
