"""What `vmie check` has found out about a machine, and the exit code that follows."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters.guests.guest import Guest
from converters.guests.judge.rules import Finding
from converters.guests.judge.verdict import Verdict
from converters.guests.plan import FileChange, Plan
from converters.stages.container import Held

TAKEN: Final = 0
REFUSED: Final = 1
UNSEEN: Final = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about a machine."""

    paths: tuple[Path, ...]
    image: Finding  # on the files themselves
    held: tuple[Held, ...] = ()
    guest: Guest | None = None  # None: nobody looked into the images
    verdict: Verdict | None = None
    plan: Plan | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was judged."""
        return (self.image, *(self.verdict.findings if self.verdict is not None else ()))

    @property
    def error(self) -> str | None:
        """What the task would fail with, without its `ClientError: `."""
        return self.verdict.error if self.verdict is not None else self.image.error

    @property
    def boot_mode(self) -> str | None:
        """How the AMI would start once the disks are adapted."""
        planned = self.plan.boot_mode if self.plan is not None else None
        return planned or (self.verdict.boot_mode if self.verdict is not None else None)

    @property
    def code(self) -> int:
        """The exit code."""
        if self.error is not None:
            return REFUSED
        if self.guest is None or (self.guest.linux is None and self.guest.windows is None):
            return UNSEEN
        return TAKEN


def kept_as(change: FileChange) -> str | None:
    """Return what the original of a file is called afterwards, as the guest sees it."""
    if change.kept is None:
        return None
    name = change.path.rpartition("/")[2]
    return change.shown.removesuffix(name) + change.kept.rpartition("/")[2]
