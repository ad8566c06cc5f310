"""What an image import does to see whether its machine starts, and what it keeps of it.

raw disks ─► boot ─► booted                  the task goes on
              ├────► did not start           FirstBootFailure, and why in the report
              └────► it can't be tried here  the report says why; `require`: our own failure
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from converters.boot.verdicts import Patience
from converters.errors import did_not_boot
from converters.pipelines.guests import Adapted, Incomplete
from converters.pipelines.options import Options
from converters.stages.boot import Boot, Impossible
from converters.stages.boot import boot as booted
from state.jobs import Attempt
from state.reports import BootReport, Report

log = logging.getLogger(__name__)

SKIPPED: Final = "skipped"


async def tried(
    attempt: Attempt, ready: Adapted, options: Options, show: Callable[[int], None]
) -> bool | None:
    """Start the machine and return whether it was; FirstBootFailure if it does not start.

    show gets the percentage, 0 when it is its turn.
    """
    required = options.boot == "require"
    try:
        if ready.left_out and not required:
            raise Impossible("the disks could not be adapted as they should be")
        found = await booted(
            ready.raws,
            ready.summary.boot_mode,
            attempt.scratch,
            Patience(whole=options.boot_time),
            lambda: show(0),
            show,
            emulated_windows=required,
        )
    except Impossible as reason:
        log.warning("task %s was not started: %s", attempt.task.id, reason)
        await asyncio.to_thread(_keep, attempt, _skipped(str(reason)))
        if required:
            raise Incomplete(f"it could not be started: {reason}") from reason
        return None
    told = _told(found)
    log.info("task %s, started: %s %s", attempt.task.id, told.sentence, told.seen)
    await asyncio.to_thread(_keep, attempt, told)
    if not told.booted:
        raise did_not_boot(ready.summary.platform)
    return True


def _told(boot: Boot) -> BootReport:
    outcome = boot.outcome
    return BootReport(
        booted=outcome.verdict.booted,
        verdict=outcome.verdict.name,
        sentence=outcome.verdict.sentence,
        seen=outcome.verdict.seen,
        seconds=outcome.seconds,
        firmware=boot.firmware,
        disk=boot.devices.disk,
        card=boot.devices.card,
        accelerated=boot.real,
        stages=outcome.stages,
        serial=outcome.serial,
        screen=outcome.screen,
    )


def _skipped(reason: str) -> BootReport:
    return BootReport(booted=None, verdict=SKIPPED, sentence=f"It was not started: {reason}.")


def _keep(attempt: Attempt, boot: BootReport) -> None:
    """Add it to the report; where nothing was looked into, there is none yet."""
    with attempt.store.begin() as tx:
        report = tx.reports.get(attempt.task.id)
        if report is None:
            report = Report(task_id=attempt.task.id, accepted=True, guest={})
        tx.reports.put(report.model_copy(update={"boot": boot}))
