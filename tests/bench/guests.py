"""Looking into guests and adapting them, beside virt-inspector and virt-v2v where there are any.

A real Debian (mmdebstrap and network) is measured beside both; without it a synthetic one, beside
virt-inspector alone. The other filesystems hold synthetic guests. All disks have been read before:
what is measured is beyond reading them.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from converters.guests.judge.rules import Request
from converters.guests.judge.verdict import judge
from converters.stages.adapt import adapt
from converters.stages.look import look
from converters.stages.plan import plan_of
from tests.bench.figures import Figure, median
from tests.guests.builders import AnyRecipe, Builder
from tests.guests.debian import debian
from tests.guests.filesystems import TOOLS, copied
from tests.guests.gallery import GPT, WINDOWS, row

RUNS = 5
LOOK = 0.2  # seconds
ADAPT = {"ext4": 1.0, "XFS": 6.0, "Btrfs": 6.0, "NTFS": 6.0}
LIBGUESTFS = {**TOOLS, "LIBGUESTFS_BACKEND": "direct", "LIBGUESTFS_BACKEND_SETTINGS": "force_tcg"}
TOO_LONG = 900  # seconds

GUESTS: dict[str, AnyRecipe] = {
    "ext4": row("ubuntu 22.04 5.15.0-119-generic ext4"),
    "XFS": row("rhel 9.6 5.14.0-570.12.1.el9_6.x86_64 xfs", GPT),
    "Btrfs": row("sles 15.5 5.14.21-150500.53-default btrfs", GPT),
    "NTFS": WINDOWS["2022 UEFI"],
}


def figures(folder: Path) -> Iterator[Figure]:
    """Measure every filesystem; seconds."""
    builder = Builder(folder / "guests")
    disks = {name: builder.disk(recipe) for name, recipe in GUESTS.items()}
    real = _debian(folder)
    if real:
        disks["ext4"] = real
    for name, disk in disks.items():
        shown = f"{name}, a real Debian 12" if disk == real else name
        yield from _looks(shown, disk)
        yield from _adapts(shown, disk, ADAPT[name], folder, beside=disk == real)


def _debian(folder: Path) -> Path | None:
    if shutil.which("mmdebstrap", path=TOOLS["PATH"]) is None:
        return None
    try:
        made = debian(folder)
    except AssertionError as error:
        print(f"no Debian: {error}", file=sys.stderr)
        return None
    return made.disk(folder / "debian.raw", "BIOS")


def _looks(name: str, disk: Path) -> Iterator[Figure]:
    """Look into a disk, and let virt-inspector do so."""

    def ours() -> float:
        started = time.perf_counter()
        guest = asyncio.run(look([disk]))
        assert guest.linux or guest.windows
        return time.perf_counter() - started

    ours()  # once for the pages of the programs
    taken = median(ours, RUNS)
    theirs = _timed("virt-inspector", "--no-applications", "-a", str(disk))
    yield Figure(
        f"look, {name}", taken, "s", theirs, "s virt-inspector", f"≤ {LOOK} s", taken <= LOOK
    )


def _adapts(name: str, disk: Path, aim: float, folder: Path, beside: bool) -> Iterator[Figure]:
    """Plan and write; virt-v2v converts only what is real."""
    own = folder / "own.raw"

    def ours() -> float:
        copied(disk, own)
        guest = asyncio.run(look([own]))
        verdict = judge(guest, Request())
        contents, scratch = folder / "plan", folder / "scratch"
        contents.mkdir()
        scratch.mkdir()

        async def both() -> tuple[str, ...]:
            plan = await plan_of([own], guest, verdict, None, contents)
            assert plan.files
            return await adapt([own], guest, plan, contents, scratch, lambda _: None)

        started = time.perf_counter()
        left = asyncio.run(both())
        taken = time.perf_counter() - started
        shutil.rmtree(contents)
        shutil.rmtree(scratch)
        assert left == (), left
        return taken

    taken = median(ours, RUNS)
    theirs = None
    if beside:
        target = folder / "converted"
        target.mkdir()
        options = ["-i", "disk", "-o", "local", "-of", "raw", "-os", str(target)]
        theirs = _timed("virt-v2v", *options, str(copied(disk, own)))
        shutil.rmtree(target)
    own.unlink()
    yield Figure(
        f"adapt, {name}", taken, "s", theirs, "s virt-v2v" if theirs else "",
        f"≤ {aim:g} s", taken <= aim,
    )  # fmt: skip


def _timed(*command: str) -> float | None:
    """Return how long a program takes in seconds; None if it isn't here or fails."""
    if shutil.which(command[0], path=TOOLS["PATH"]) is None:
        return None
    started = time.perf_counter()
    try:
        done = subprocess.run(
            command, env={**os.environ, **LIBGUESTFS}, capture_output=True, timeout=TOO_LONG,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    if done.returncode != 0:
        print(f"{command[0]}: {done.stderr.decode()[-500:]}", file=sys.stderr)
        return None
    return time.perf_counter() - started
