"""What an operator has chosen: about the systems on disks, and where bytes may come from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from state.iam import Session

# Who has presigned a URL for reading an object: the account, None for nobody.
Signer = Callable[[str, tuple[str, str], datetime, Callable[[str], Session | None]], str | None]

# auto: look, judge and adapt with the programs that are here; what is not done is in the report
# require: the same, but what can't be done for want of a program fails the task
# off: disks are imported as they are
GuestMode = Literal["auto", "require", "off"]

# auto: what was looked into and adapted is started where QEMU is here; else the report says why not
# require: every import is started, and fails where that can't be done
# off: nothing is started
BootMode = Literal["auto", "require", "off"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker treats guests, and what it fetches."""

    guests: GuestMode = "auto"
    agent: Path | None = None  # a folder with packages of the Systems Manager agent
    fetch_hosts: tuple[str, ...] = ()  # from which the parts of disks may be fetched
    fetch_networks: tuple[str, ...] = ()  # that are not public and may be spoken to
    signer: Signer | None = None  # None: no signature can be verified
    anyone: bool = False  # … and need not be: anyone may call
    boot: BootMode = "off"
    boot_time: int = 600  # seconds that a start may take
    memory: int = 0  # MiB that the machines of instances may have in all; 0: there are none
