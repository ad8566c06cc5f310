"""qemu-img, whose command line only this module knows.

An image is always named together with its driver, never left to qemu's probing, and its path can't
be taken for anything but a path. qemu-img runs on the lifeline, under limits: what it reads is
hostile.
"""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from converters import lifeline
from converters.lifeline import Ended, Limits

PROGRAM: Final = "qemu-img"
TIMEOUT: Final = 10  # seconds for it to tell its version
MEMORY: Final = 2 << 30  # bytes of address space; threads and tables of 16 TiB take 1 GiB

# Without an order among writes several are under way at once: the fastest of what was tried (direct
# I/O, more and fewer requests, other granularities of zeros) while the page cache has room.
FAST: Final = ("-W", "-m", "8")

OPTIONS: Final[dict[str, dict[str, object]]] = {
    "vmdk": {"backing": None},  # even if one slipped through, it would not be opened
    "vpc": {"force_size_calc": "current_size"},  # the footer's size, never the geometry's
    "vhdx": {},
}
CRASHES: Final = frozenset(  # no image but a crafted one exceeds the limits, or crashes qemu-img
    {-signal.SIGXCPU, -signal.SIGABRT, -signal.SIGSEGV, -signal.SIGFPE, -signal.SIGBUS}
)
OF_THE_IMAGE: Final = re.compile(r"error while reading|Could not open 'json:")
OF_THE_HOST: Final = re.compile(
    r"No such file|Permission denied|Too many open files|error while writing"
)
PERCENT: Final = re.compile(rb"\((\d+)\.\d+/100%\)")


class Missing(Exception):
    """There is no qemu-img on this machine."""


class Failed(Exception):
    """qemu-img could not do what it was asked for; the reason is on our side."""


class Unreadable(Exception):
    """qemu-img could not read the image, or not within its limits: the image is not sound."""


@dataclass(frozen=True, slots=True)
class Info:
    """What qemu-img says of an image."""

    virtual_size: int  # bytes
    refers: bool  # it names other files


def version() -> str | None:
    """Return the version of qemu-img; None if there is none."""
    said = _ask("--version")
    found = re.search(r"version (\S+)", said or "")
    return found[1] if found else None


def formats() -> frozenset[str]:
    """Return the drivers that qemu-img has."""
    found = re.search(r"^Supported formats: (.*)$", _ask("--help") or "", re.MULTILINE)
    return frozenset(found[1].split() if found else ())


async def info(path: Path, driver: str) -> Info:
    """Return what qemu-img says of an image; Unreadable."""
    ended = await lifeline.run(
        [_program(), "info", "--output=json", _named(path, driver)],
        Limits(address_space=MEMORY, cpu_seconds=30, file_size=1),
    )
    _check(ended)
    said = json.loads(ended.stdout)
    extents = said.get("format-specific", {}).get("data", {}).get("extents", [])
    return Info(
        virtual_size=said["virtual-size"],
        refers="backing-filename" in said
        or len(extents) > 1
        or any(extent["filename"] != said["filename"] for extent in extents),
    )


async def convert(
    source: Path, driver: str, target: Path, size: int, data: int, report: Callable[[int], None]
) -> None:
    """Write the disk in source to target as a sparse raw file; Unreadable, Failed.

    size is the disk's, data how much of it is not zeros at most; report gets the percentage.
    """
    seen = -1

    def progress(said: bytes) -> None:
        nonlocal seen
        percent = max((int(number) for number in PERCENT.findall(said)), default=seen)
        if percent > seen:
            seen = percent
            report(percent)

    ended = await lifeline.run(
        [
            _program(),
            "convert",
            "-p",
            *FAST,
            "-O",
            "raw",
            _named(source, driver),
            _absolute(target),
        ],
        # Nine times what was measured: 16 TiB of nothing took 230 s, 1 GiB of deflated data 7 s.
        Limits(MEMORY, 60 + (size >> 33) + (data >> 24), file_size=size),
        on_output=progress,
        keep=1 << 14,
    )
    _check(ended)


def _program() -> str:
    if (found := shutil.which(PROGRAM)) is None:
        raise Missing("qemu-img is not installed")
    return found


def _ask(question: str) -> str | None:
    """Return what qemu-img says about itself."""
    try:
        asked = [_program(), question]
        return subprocess.run(asked, capture_output=True, text=True, timeout=TIMEOUT).stdout
    except (Missing, OSError, subprocess.TimeoutExpired):
        return None


def _named(path: Path, driver: str) -> str:
    """Return the name of an image that leaves nothing for qemu to guess."""
    file = {"driver": "file", "filename": _absolute(path)}
    return "json:" + json.dumps({"driver": driver, **OPTIONS[driver], "file": file})


def _absolute(path: Path) -> str:
    """Return a path in which, after the leading slash, no colon makes a protocol."""
    return str(path.absolute())


def _check(ended: Ended) -> None:
    """Tell whose fault it is that qemu-img failed."""
    if ended.code == 0:
        return
    said = f"qemu-img ended with {ended.code}: {ended.stderr.strip()}"
    if ended.code in CRASHES or (OF_THE_IMAGE.search(said) and not OF_THE_HOST.search(said)):
        raise Unreadable(said)
    raise Failed(said)
