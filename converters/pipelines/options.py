"""What an operator has chosen about the systems on the disks of image imports."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# auto: look, judge and adapt with the programs that are here; what is not done is in the report
# require: the same, but what can't be done for want of a program fails the task
# off: disks are imported as they are
GuestMode = Literal["auto", "require", "off"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker treats guests."""

    guests: GuestMode = "auto"
    agent: Path | None = None  # a folder with packages of the Systems Manager agent
