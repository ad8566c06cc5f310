"""Say whether AWS would import a virtual machine, and what the import would change in it.

Looks into disk images of any format that the service takes; nothing is uploaded and nothing is
changed. Several disks are those of one machine, the one that it boots from first.

Exits with 0 if AWS would take it, 1 if it would not, 2 if the command line is wrong, 3 if the disks
could not be looked at or the answer could not be written.
"""

import asyncio
import errno
import os
import stat
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from converters import qemu_img
from converters.codec import program
from converters.errors import ClientError
from converters.guests.judge import systems
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import judge
from converters.stages.container import OVA, Held
from converters.stages.look import look
from converters.stages.plan import plan_of
from converters.stages.to_raw import CopyFailed
from emulator.cli import check_images, check_json, check_report
from emulator.cli.check_images import Bar
from emulator.cli.checked import UNSEEN, Checked
from state.licences import USAGES

FULL: Final = os.strerror(errno.ENOSPC)
WIDTH: Final = 120  # of the page where it is no terminal's
FORMATS: Final = (OVA, "VMDK", "VHD", "VHDX", "RAW")
OURS: Final = (  # what stops us is no fault of the disk's
    qemu_img.Missing, qemu_img.Failed, program.Failed, CopyFailed, OSError,
)  # fmt: skip


def arguments(parser: ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.formatter_class = RawDescriptionHelpFormatter
    parser.add_argument(
        "disks", metavar="DISK", nargs="+", type=Path, help="a disk image, or an OVA"
    )
    asked = parser.add_argument_group("as ImportImage takes them")
    asked.add_argument("--platform", type=str.capitalize, choices=("Linux", "Windows"))
    asked.add_argument("--architecture", choices=("i386", "x86_64"))
    asked.add_argument("--boot-mode", choices=("legacy-bios", "uefi", "uefi-preferred"))
    licence = asked.add_mutually_exclusive_group()
    licence.add_argument("--license-type", type=str.upper, choices=("AWS", "BYOL"))
    licence.add_argument("--usage-operation", choices=USAGES, metavar="RunInstances:NNNN")
    asked.add_argument("--region", default="us-east-1", help="where it is to go [%(default)s]")
    asked.add_argument("--format", type=str.upper, choices=FORMATS, help="told by the image itself")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--all", action="store_true", help="list the rules that passed as well")
    parser.add_argument("--no-diff", action="store_true", help="name the changed files only")
    parser.add_argument("--scratch", type=Path, help="folder to unpack disks into")


def run(options: Namespace) -> int:
    """Look, judge and tell; return the exit code."""
    started = time.monotonic()
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with tempfile.TemporaryDirectory(prefix="vmie-check-", dir=options.scratch) as name:
            checked = asyncio.run(check(options, Path(name), errors))
    except OURS as error:
        reason = check_report.clean(said(error))
        if options.json:
            nothing = check_json.unread(options.disks, reason)
            return told(errors, UNSEEN, lambda: check_json.print_json(nothing))
        errors.print(f"vmie: the disks could not be looked at: {reason}", markup=False)
        return UNSEEN
    seconds = time.monotonic() - started
    if options.json:
        document = check_json.document(checked)
        return told(errors, checked.code, lambda: check_json.print_json(document))
    page = Paper(width=None if sys.stdout.isatty() else WIDTH, highlight=False)
    everything, diffs = options.all, not options.no_diff
    return told(
        errors,
        checked.code,
        lambda: check_report.show(page, checked, seconds, everything=everything, diffs=diffs),
    )


def told(errors: Console, code: int, tell: Callable[[], None]) -> int:
    """Tell the answer; return the exit code, the same if the reader has read enough of it."""
    try:
        tell()
        sys.stdout.flush()
    except OSError as error:
        # What is still in the buffer must not come up again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            errors.print(f"vmie: the answer could not be written: {error.strerror}", markup=False)
            return UNSEEN
    return code


class Paper(Console):
    """A console that says when nobody reads on, instead of ending the program."""

    def on_broken_pipe(self) -> None:
        """Raise BrokenPipeError."""
        raise BrokenPipeError


def said(error: Exception) -> str:
    """Return a reason as people write it, and what can be done."""
    if isinstance(error, qemu_img.Missing):
        return f"{error}; vmie doctor says how to get it"
    if FULL in str(error):  # here, or in a program of ours
        return "no space left to unpack the disks; choose a roomier folder with --scratch"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


async def check(options: Namespace, scratch: Path, errors: Console) -> Checked:
    """Find out all about the disks; raises OURS."""
    paths = tuple(path.absolute() for path in options.disks)
    for path in paths:
        if not stat.S_ISREG(path.stat().st_mode):
            # a pipe would be waited for, a device has no size of its own
            raise OSError(errno.EINVAL, "not a file", str(path))
    held: tuple[Held, ...] = ()
    try:
        with progress(errors, quiet=options.json) as bar:
            held = await check_images.images(paths, options.format, scratch, bar)
            raws = await check_images.raw_disks(held, scratch, bar)
    except ClientError as error:
        return Checked(paths, check_images.finding(held, error), held)
    guest = await look(raws)
    verdict = judge(guest, request(options, held))
    plan = None
    if verdict.accepted and verdict.platform is not None:
        folder = scratch / "plan"
        folder.mkdir()
        plan = await plan_of(raws, guest, verdict, None, folder)
    return Checked(paths, check_images.finding(held, None), held, guest, verdict, plan)


def request(options: Namespace, held: Sequence[Held]) -> Request:
    """Return what is asked for on the command line."""
    usage = USAGES.get(options.usage_operation or "")
    return Request(
        platform=options.platform,
        architecture=options.architecture,
        boot_mode=options.boot_mode,
        license_type=options.license_type,
        usage_operation=options.usage_operation,
        usage_platform=usage.platform if usage else None,
        usage_license=usage.license_type if usage else None,
        region=options.region,
        opt_in=systems.opt_in(options.region),
        root_format=held[0].disk.format,
    )


@contextmanager
def progress(console: Console, *, quiet: bool) -> Iterator[Bar]:
    """Show a bar for each piece of work while it lasts; nothing where nobody looks."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%")
    hidden = quiet or not sys.stderr.isatty()
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden
    ) as bars:

        def begin(description: str) -> Callable[[int], None]:
            for before in bars.task_ids:
                bars.remove_task(before)
            task = bars.add_task(check_report.clean(description), total=100)
            return lambda percent: bars.update(task, completed=percent)

        yield begin
