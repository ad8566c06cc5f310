"""What was found out about a guest while it was imported, and what was changed in it."""

from pydantic import JsonValue

from state.values import Frozen


class RuleReport(Frozen):
    """One thing that EC2 asks of a guest, and whether it is so."""

    rule: str
    passed: bool | None  # None: could not be seen
    sentence: str
    error: str | None = None  # what a task that fails for it says
    seen: str = ""  # what there is, or why nothing could be seen
    remedy: str = ""
    section: str = ""  # of the user guide
    blocking: bool = True  # else it is advice


class FileReport(Frozen):
    """A file of the guest that was changed or added."""

    path: str  # as the guest names it
    reason: str
    kept: str | None = None  # where its original is; None: there was none
    diff: str = ""  # for people; empty for what is not text


class BootReport(Frozen):
    """What became of the machine when it was started."""

    booted: bool | None  # None: it was not started
    verdict: str  # booted, kernel-panic, stalled …; skipped
    sentence: str
    seen: str = ""  # the words that tell
    seconds: float = 0.0
    firmware: str = ""  # legacy-bios, uefi
    disk: str = ""  # model of the disks: virtio, nvme, ahci, ata
    card: str = ""  # model of the network card
    accelerated: bool = False  # by KVM
    stages: dict[str, float] = {}  # seconds until each was seen: firmware, kernel, …, booted
    serial: str = ""  # the last lines that it wrote
    screen: str = ""  # in text mode, at the end


class Report(Frozen):
    """All that an import has to tell about its guest."""

    task_id: str
    accepted: bool
    guest: dict[str, JsonValue]  # as converters/guests/guest.py describes it
    rules: tuple[RuleReport, ...] = ()
    changes: tuple[FileReport, ...] = ()
    left_out: tuple[str, ...] = ()  # what should have been changed and was not
    boot: BootReport | None = None  # None: nobody wanted to know
