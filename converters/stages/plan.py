"""Plans what is to be changed in the guest on raw disks so that it runs in EC2.

It happens in a child in a sandbox, for it reads the client's filesystems again. The child writes
new contents into a folder and changes no disk.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from converters.guests import sandbox
from converters.guests.adapt.__main__ import Request
from converters.guests.adapt.planning import Facts
from converters.guests.guest import Guest
from converters.guests.judge.verdict import Verdict
from converters.guests.plain import Implausible, from_json, to_json
from converters.guests.plan import Plan
from converters.lifeline import Limits

PROGRAM: Final = "converters.guests.adapt"
LIMITS: Final = Limits(address_space=2 << 30, cpu_seconds=120, file_size=1 << 30)
SAID: Final = 16 << 20  # bytes of JSON
PACKAGES: Final = {"dpkg": "*.deb", "rpm": "*.rpm"}

GAVE_UP: Final = "Nothing in the guest is changed: {}"


async def plan_of(
    disks: Sequence[Path], guest: Guest, verdict: Verdict, agent: Path | None, folder: Path
) -> Plan:
    """Return what is to be changed; new contents are written into the folder, which is empty.

    agent is a folder with packages of the Systems Manager agent, if there is one. Never raises for
    what is on the disks.
    """
    if verdict.platform is None:
        return Plan(left_out=(GAVE_UP.format("its system could not be seen."),))
    package = _package(guest, agent)
    facts = Facts(verdict.platform, verdict.boot_mode, str(package) if package else None)
    request = folder.with_suffix(".json")
    request.write_text(to_json(Request(guest, facts)))
    ended = await sandbox.run(
        PROGRAM,
        [str(request), str(folder), *map(str, disks)],
        read=[*disks, request, *([package] if package else [])],
        write=folder,
        limits=LIMITS,
        keep=SAID,
    )
    if ended.code != 0:
        return Plan(left_out=(GAVE_UP.format(ended.why("planner")),))
    try:
        return from_json(Plan, ended.stdout)
    except Implausible as error:
        return Plan(left_out=(GAVE_UP.format(error),))


def _package(guest: Guest, agent: Path | None) -> Path | None:
    """Return the package of the agent that the guest's package manager would install."""
    if agent is None or guest.linux is None or guest.linux.package_manager not in PACKAGES:
        return None
    return next(iter(sorted(agent.glob(PACKAGES[guest.linux.package_manager]))), None)
