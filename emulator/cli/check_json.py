"""What `vmie check --json` prints: one document, whose members stay what they are.

version         1; members may come to it, none goes, and none changes what it means
accepted        whether AWS would take it; null: it could not be looked at
certain         every rule that blocks could be looked at
status_message  of the task that fails: "ClientError: …"; else null
problem         why nothing could be looked at; else null
images          of each disk: path, format, size and file_size in bytes
found           platform, architecture, boot_mode, license_type, usage_operation, description
rules           rule, passed (null: not seen), blocking, sentence, seen, error, remedy, section
changes         of each file: path, reason, kept (what the original is called then), diff
sectors         changes outside of files: disk (from 0), offset in bytes, reason
left_out        what should be changed and can't be, a sentence each
unseen          what could not be looked at, a sentence each
guest           everything that was found on the disks
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from emulator.cli.checked import TAKEN, UNSEEN, Checked, kept_as

VERSION: Final = 1
MEMBERS: Final = (
    "platform", "architecture", "boot_mode", "license_type", "usage_operation", "description",
)  # fmt: skip


def document(checked: Checked) -> dict[str, Any]:
    """Return all that was found out."""
    verdict, guest, plan = checked.verdict, checked.guest, checked.plan
    error = checked.error
    return {
        "version": VERSION,
        "accepted": None if checked.code == UNSEEN else checked.code == TAKEN,
        "certain": verdict.certain if verdict is not None else True,
        "status_message": f"ClientError: {error}" if error else None,
        "problem": None,
        "images": [
            {
                "path": str(each.disk.path),
                "format": each.disk.format,
                "size": each.disk.size,
                "file_size": each.file_size,
            }
            for each in checked.held
        ],
        "found": {
            **{name: getattr(verdict, name, None) for name in MEMBERS},
            "boot_mode": checked.boot_mode,
        },
        "rules": [asdict(found) for found in checked.findings],
        "changes": [
            {
                "path": change.shown,
                "reason": change.reason,
                "kept": kept_as(change),
                "diff": change.diff,
            }
            for change in (plan.files if plan is not None else ())
        ],
        "sectors": [
            {"disk": change.disk, "offset": change.offset, "reason": change.reason}
            for change in (plan.sectors if plan is not None else ())
        ],
        "left_out": list(plan.left_out) if plan is not None else [],
        "unseen": list(guest.unseen) if guest is not None else [],
        "guest": asdict(guest) if guest is not None else None,
    }


def unread(paths: Sequence[Path], reason: str) -> dict[str, Any]:
    """Return the document of disks that could not be looked at."""
    return {
        "version": VERSION,
        "accepted": None,
        "certain": False,
        "status_message": None,
        "problem": reason,
        "images": [
            {"path": str(path), "format": None, "size": None, "file_size": None} for path in paths
        ],
        "found": dict.fromkeys(MEMBERS),
        "rules": [],
        "changes": [],
        "sectors": [],
        "left_out": [],
        "unseen": [reason],
        "guest": None,
    }


def print_json(value: dict[str, Any]) -> None:
    """Print a document; names that are no text lose what is none of it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    sys.stdout.buffer.write(text.encode("utf-8", "replace") + b"\n")
    sys.stdout.buffer.flush()
