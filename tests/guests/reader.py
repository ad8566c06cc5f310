"""Looks into the disks whose paths it is given, line by line, and tells of each what came of it.

It runs on in one process, for a start takes longer than a look. Time and memory have bounds: a
disk that takes too long ends it by a signal.
"""

import json
import resource
import signal
import sys
import traceback
from dataclasses import asdict
from pathlib import Path

from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import judge
from converters.guests.look.examine import examine
from converters.guests.plain import from_json

SECONDS = 30  # of the clock, for one disk
MEMORY = 512 << 20  # bytes of address space


def main() -> None:
    """Answer every line with one of JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        signal.alarm(SECONDS)
        print(json.dumps(answer(Path(line.strip()))), flush=True)
        signal.alarm(0)


def answer(disk: Path) -> dict[str, str | None]:
    """Look and judge; nothing may be raised."""
    try:
        guest = from_json(Guest, json.dumps(asdict(examine([disk]))))
        verdict = judge(guest, Request())
    except Exception:  # noqa: BLE001  # that is what is looked for
        return {"outcome": None, "raised": traceback.format_exc()}
    outcome = "accepted" if verdict.certain else "not seen"
    return {"outcome": verdict.error or outcome, "raised": None}


if __name__ == "__main__":
    main()
