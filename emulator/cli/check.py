"""Say whether AWS would import a virtual machine, and what the import would change in it.

Looks into disk images of any format that the service takes; nothing is uploaded and nothing is
changed. Several disks are those of one machine, the one that it boots from first.

Exits with 0 if AWS would take it, 1 if it would not, 2 if the command line is wrong, 3 if the disks
could not be looked at.
"""

import asyncio
import sys
import tempfile
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from converters import qemu_img
from converters.codec import program
from converters.errors import (
    LIMIT_OF_IMAGES,
    MOST_DISKS,
    ClientError,
    disk_too_large,
    too_many_disks,
)
from converters.guests.guest import Guest
from converters.guests.judge import systems
from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import Verdict, judge
from converters.guests.plan import Plan
from converters.stages.adapt import plan_of
from converters.stages.container import OVA, Held, disks_in
from converters.stages.inspect import Disk
from converters.stages.look import look
from converters.stages.to_raw import CopyFailed, to_raw
from emulator.cli import check_report
from state.licences import USAGES

TAKEN: Final = 0
REFUSED: Final = 1
UNSEEN: Final = 3

WIDTH: Final = 120  # of the page where it is no terminal's
FORMATS: Final = (OVA, "VMDK", "VHD", "VHDX", "RAW")
OURS: Final = (  # what stops us is no fault of the disk's
    qemu_img.Missing, qemu_img.Failed, program.Failed, CopyFailed, OSError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found out about a machine."""

    paths: tuple[Path, ...]
    held: tuple[Held, ...] = ()
    guest: Guest | None = None
    verdict: Verdict | None = None
    plan: Plan | None = None
    refused: str | None = None  # by what reads the images: what follows "ClientError: "

    @property
    def code(self) -> int:
        """The exit code."""
        if self.refused is not None or (self.verdict is not None and not self.verdict.accepted):
            return REFUSED
        if self.guest is None or (self.guest.linux is None and self.guest.windows is None):
            return UNSEEN
        return TAKEN


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
    parser.add_argument("--scratch", type=Path, help="folder for disks that must be unpacked")


def run(options: Namespace) -> int:
    """Look, judge and tell; return the exit code."""
    started = time.monotonic()
    errors = Console(stderr=True, highlight=False)
    try:
        with tempfile.TemporaryDirectory(prefix="vmie-check-", dir=options.scratch) as name:
            checked = asyncio.run(check(options, Path(name), errors))
    except OURS as error:
        reason = check_report.clean(str(error))
        if options.json:
            check_report.print_json(check_report.unread(options.disks, reason))
        else:
            errors.print(f"vmie: the disks could not be looked at: {reason}", markup=False)
        return UNSEEN
    seconds = time.monotonic() - started
    if options.json:
        check_report.print_json(check_report.document(checked))
    else:
        console = Console(highlight=False, soft_wrap=False)
        check_report.show(
            console, checked, seconds, everything=options.all, diffs=not options.no_diff
        )
    return checked.code


async def check(options: Namespace, scratch: Path, errors: Console) -> Checked:
    """Find out all about the disks; raises OURS."""
    paths = tuple(path.absolute() for path in options.disks)
    try:
        with progress(errors, quiet=options.json) as bar:
            held = await images(paths, options.format, scratch, bar)
            raws = await raw_disks(held, scratch, bar)
    except ClientError as error:
        return Checked(paths, refused=str(error))
    guest = await look(raws)
    verdict = judge(guest, request(options, held))
    plan = None
    if verdict.accepted:
        folder = scratch / "plan"
        folder.mkdir()
        plan = await plan_of(raws, guest, verdict, None, folder)
    return Checked(paths, held, guest, verdict, plan)


async def images(
    paths: Sequence[Path], declared: str | None, scratch: Path, bar: "Bar"
) -> tuple[Held, ...]:
    """Return the disks in some files; ClientError if the service would not take the images."""
    found: list[Held] = []
    for number, path in enumerate(paths):
        show = bar(f"opening {path.name}")
        inflated = scratch / f"image-{number}"
        found += await disks_in(path, declared, inflated, show, alone=len(paths) == 1)
        if len(found) > MOST_DISKS:
            raise too_many_disks()
        if any(each.disk.size >= LIMIT_OF_IMAGES for each in found):
            raise disk_too_large(LIMIT_OF_IMAGES)
    return tuple(found)


async def raw_disks(held: Sequence[Held], scratch: Path, bar: "Bar") -> list[Path]:
    """Return the disks as raw files: a raw image is read in place."""
    raws = []
    for number, each in enumerate(held):
        disk = each.disk
        if in_place(disk):
            raws.append(disk.path)
        else:
            target = scratch / f"disk-{number}.raw"
            show = bar(f"unpacking {disk.format} {number + 1} of {len(held)}")
            raws.append((await to_raw(disk, target, show)).path)
    return raws


def in_place(disk: Disk) -> bool:
    """Tell whether a file is the disk, with nothing before it and nothing behind."""
    return disk.driver is None and disk.offset == 0 and disk.path.stat().st_size == disk.size


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


Bar = Callable[[str], Callable[[int], None]]  # begins a piece of work: returns what shows a percent


@contextmanager
def progress(console: Console, *, quiet: bool) -> Iterator[Bar]:
    """Show a bar for each piece of work while it lasts; nothing where nobody looks."""
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%")
    hidden = quiet or not sys.stderr.isatty()
    with Progress(
        *columns, TimeElapsedColumn(), console=console, transient=True, disable=hidden
    ) as bars:

        def begin(description: str) -> Callable[[int], None]:
            task = bars.add_task(check_report.clean(description), total=100)
            return lambda percent: bars.update(task, completed=percent)

        yield begin
