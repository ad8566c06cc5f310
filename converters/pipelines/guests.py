"""What an image import does with the system on its disks: look, judge, adapt, and tell.

    raw disks ─► look ─► judge ─► refused: the task fails with the service's sentence
                           │
                           └────► plan ─► write ─► disks that run in EC2

Whatever comes of it, a report is kept. A disk is moved into this attempt's folder before the first
byte of it changes: an attempt that comes after a crash in the middle finds it gone from where it
was, and has it converted again.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Final

from converters.errors import ClientError
from converters.guests.guest import Guest
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.plan import FileChange, Plan
from converters.pipelines.amis import told_guest
from converters.pipelines.options import Options
from converters.stages.adapt import adapt
from converters.stages.look import look
from converters.stages.plan import plan_of
from converters.stages.to_raw import RawDisk
from state.jobs import Attempt
from state.licences import USAGES
from state.reports import Report
from state.tasks import GuestSummary, ImportImageWork
from state.values import Frozen

log = logging.getLogger(__name__)

LOOKED: Final = 30  # percent of adapting


class Refused(ClientError):
    """EC2 would not take the guest; identified says whether there is a system that it knows."""

    def __init__(self, error: str | None, identified: bool) -> None:
        super().__init__(error)
        self.identified = identified


class Incomplete(Exception):
    """A guest could not be looked into or adapted as it should be; what is missing is ours."""


class Adapted(Frozen):
    """The disks as EC2 can run them, and what is on them."""

    raws: tuple[RawDisk, ...]
    summary: GuestSummary
    description: str | None = None  # "Linux - Debian 12.4 - 6.1.0-17-amd64"
    left_out: tuple[str, ...] = ()  # what should have been changed on the disks and was not


async def adapted(
    attempt: Attempt,
    work: ImportImageWork,
    raws: Sequence[RawDisk],
    root_format: str | None,
    own: Callable[[int], Awaitable[RawDisk]],
    options: Options,
    report: Callable[[int], None],
) -> Adapted:
    """Adapt the guest on some disks; Refused if EC2 would not take it.

    root_format is that of the first disk's image. own gives a disk that may be changed, in the
    attempt's folder, for the one of a number. report gets the percentage.
    """
    guest = await look([raw.path for raw in raws])
    verdict = judge(guest, _request(attempt, work, root_format))
    report(LOOKED)
    if not verdict.accepted:
        await asyncio.to_thread(_keep, attempt, guest, verdict, Plan(), ())
        raise Refused(verdict.error, verdict.description is not None)
    if not verdict.certain and options.guests == "require":
        raise Incomplete("; ".join(guest.unseen) or "a rule could not be looked at")

    folder = attempt.scratch / "plan"
    folder.mkdir()
    plan = await plan_of([raw.path for raw in raws], guest, verdict, options.agent, folder)
    disks = list(raws)
    for number in sorted(_touched(guest, plan)):
        disks[number] = await own(number)

    def show(percent: int) -> None:
        report(LOOKED + percent * (100 - LOOKED) // 100)

    paths = [disk.path for disk in disks]
    left_out = await adapt(paths, guest, plan, folder, attempt.scratch, show)
    await asyncio.to_thread(_keep, attempt, guest, verdict, plan, left_out)
    if left_out and options.guests == "require":
        raise Incomplete("; ".join(left_out))
    return Adapted(
        raws=tuple(disks),
        summary=_summary(work, verdict, boot_mode_afterwards(guest, plan, left_out)),
        description=verdict.description,
        left_out=left_out,
    )


def _request(attempt: Attempt, work: ImportImageWork, root_format: str | None) -> Request:
    usage = USAGES[work.usage_operation] if work.usage_operation else None
    return Request(
        platform=work.platform,
        architecture=work.architecture,
        boot_mode=work.boot_mode,
        license_type=work.license_type,
        usage_operation=work.usage_operation,
        usage_platform=usage.platform if usage else None,
        usage_license=usage.license_type if usage else None,
        region=attempt.task.region,
        opt_in=work.opt_in,
        root_format=root_format,
        from_snapshot=work.containers[0].source is None,
    )


def _touched(guest: Guest, plan: Plan) -> set[int]:
    """Return the numbers of the disks that a plan changes."""
    volumes = {volume.id: volume for volume in guest.volumes}
    return {change.disk for change in plan.sectors} | {
        extent.disk for change in plan.files for extent in volumes[change.volume].extents
    }


def boot_mode_afterwards(guest: Guest, plan: Plan, left_out: Sequence[str]) -> str | None:
    """Return what the disks start with: a table that was to be another one stays if files do."""
    if plan.sectors and left_out and guest.boot_modes:
        return plan.boot_mode if plan.boot_mode in guest.boot_modes else guest.boot_modes[0]
    return plan.boot_mode


def _summary(work: ImportImageWork, verdict: Verdict, boot_mode: str | None) -> GuestSummary:
    told = told_guest(work)
    return GuestSummary(
        architecture=verdict.architecture or told.architecture,
        platform=verdict.platform or told.platform,
        license_type=verdict.license_type or told.license_type,
        usage_operation=verdict.usage_operation or told.usage_operation,
        boot_mode=boot_mode or verdict.boot_mode or told.boot_mode,
    )


def _keep(
    attempt: Attempt, guest: Guest, verdict: Verdict, plan: Plan, left_out: Sequence[str]
) -> None:
    """Keep the report, and log what an operator would ask."""
    task_id = attempt.task.id
    for change in plan.files:
        log.info("task %s changed %s: %s", task_id, change.shown, change.reason)
    for sentence in (*plan.left_out, *left_out):
        log.warning("task %s left out: %s", task_id, sentence)
    document = {
        "task_id": task_id,
        "accepted": verdict.accepted,
        "guest": asdict(guest),
        "rules": [asdict(found) for found in verdict.findings],
        "changes": [_shown(change) for change in plan.files],
        "left_out": [*plan.left_out, *left_out],
    }
    # Names in a guest may be bytes that are no text.
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    report = Report.model_validate_json(text)
    with attempt.store.begin() as tx:
        tx.reports.put(report)


def _shown(change: FileChange) -> dict[str, str | None]:
    kept = None
    if change.kept is not None:  # in the same folder of the guest as the file itself
        name = change.path.rpartition("/")[2]
        kept = change.shown.removesuffix(name) + change.kept.rpartition("/")[2]
    return {"path": change.shown, "reason": change.reason, "kept": kept, "diff": change.diff}
