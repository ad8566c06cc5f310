"""Starts our own programs, those of this package and the copier, in processes on the lifeline.

What they say on stdout are lines: percentages as they go, and at the end what they found out.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from converters import lifeline, sparse_copy
from converters.codec import write_jpeg
from converters.lifeline import Ended, Limits

COPIER: Final = Path(sparse_copy.__file__)
PAINTER: Final = Path(write_jpeg.__file__)
SAID: Final = 1 << 14  # bytes that are kept: a hundred percentages and a few lines


class Failed(Exception):
    """A program of ours failed; the reason is on our side."""


async def run(
    name: str, arguments: list[str], limits: Limits, report: Callable[[int], None]
) -> Ended:
    """Run the program of that name to its end; report gets the percentage."""
    # Isolated, but with site-packages: ISA-L is there. Bytecode written under a limit of the size
    # of files would be cut off, and nothing could be started again.
    return await _run(["-I", "-B", "-m", f"{__package__}.{name}", *arguments], limits, report)


async def copy(
    source: Path, target: Path, numbers: list[int], limits: Limits, report: Callable[[int], None]
) -> Ended:
    """Run the copier, see `converters.sparse_copy`, to its end; report gets the percentage."""
    arguments = [str(source), str(target), *map(str, numbers)]
    return await _run(["-I", "-S", str(COPIER), *arguments], limits, report)


async def paint(source: Path, target: Path, limits: Limits) -> Ended:
    """Run the painter, see `converters.codec.write_jpeg`, to its end."""
    return await _run(["-I", "-S", str(PAINTER), str(source), str(target)], limits, lambda _: None)


async def _run(arguments: list[str], limits: Limits, report: Callable[[int], None]) -> Ended:
    rest = b""

    def progress(said: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + said).split(b"\n")
        for line in lines:
            if line.isdigit():
                report(int(line))

    return await lifeline.run([sys.executable, *arguments], limits, on_output=progress, keep=SAID)


def found_out(name: str, ended: Ended) -> list[str]:
    """Return what a program found out, the words after `= `; Failed unless it ended well."""
    check(name, ended)
    return ended.stdout.decode().rpartition("= ")[2].split()


def check(name: str, ended: Ended) -> None:
    """Raise Failed unless a program ended well."""
    if ended.code != 0:
        raise Failed(f"{name} ended with {ended.code}: {ended.stderr.strip()}")
