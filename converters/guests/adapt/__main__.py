"""The child that plans: `python -m converters.guests.adapt REQUEST FOLDER DISK…`.

REQUEST is a JSON file, {"guest": Guest, "facts": Facts}; new contents go into FOLDER. Prints the
Plan as JSON. Reads the client's filesystems, so it runs in a sandbox.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from converters.guests.adapt.planning import Facts, plan
from converters.guests.guest import Guest
from converters.guests.plain import from_json, to_json


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of the child."""

    guest: Guest
    facts: Facts


def main(arguments: list[str]) -> int:
    """Print the plan for the disks."""
    if len(arguments) < 3:
        print("usage: python -m converters.guests.adapt REQUEST FOLDER DISK…", file=sys.stderr)
        return 2
    request = from_json(Request, Path(arguments[0]).read_bytes())
    disks = [Path(disk) for disk in arguments[2:]]
    print(to_json(plan(disks, request.guest, request.facts, Path(arguments[1]))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
