"""Looks into disks and prints what it found, as JSON of a Guest.

    python -m converters.guests.look [--no-files] DISK…

A child of its own, under limits and in the sandbox: libyal is C, and every disk is hostile. With
--no-files no filesystem is opened: to be run when one has brought the child down, so that at least
tables and volumes are told.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from converters.guests.look.examine import examine


def main(arguments: list[str]) -> int:
    """Print the Guest on some disks."""
    files = "--no-files" not in arguments
    guest = examine([Path(one) for one in arguments if one != "--no-files"], files)
    text = json.dumps(asdict(guest), separators=(",", ":"), ensure_ascii=False)
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))  # half of a surrogate is no JSON
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
