"""qemu-img, whose command line only this module knows.

An image is always named together with its driver, never left to qemu's probing, and its path can't
be taken for anything but a path. An image inside a bigger file is read in place, through a window.
qemu-img runs on the lifeline, under limits: what it reads is hostile.

An encrypted disk is LUKS inside of a qcow2 file: a LUKS volume alone would have no holes. qemu-img
reads its passphrase from a pipe that it inherits. It is in no file, argument or environment.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from converters import lifeline
from converters.lifeline import Ended, Limits

PROGRAM: Final = "qemu-img"
TIMEOUT: Final = 10  # seconds for it to tell its version
SECTOR: Final = 512  # bytes
MEMORY: Final = 2 << 30  # bytes of address space; threads and tables of 16 TiB take 1 GiB
HEADERS: Final = 8 << 20  # bytes that a qcow2 has besides tables and disk

# Without an order among writes several are under way at once: the fastest of what was tried (direct
# I/O, more and fewer requests, other granularities of zeros) while the page cache has room.
FAST: Final = ("-W", "-m", "8")

OPTIONS: Final[dict[str, dict[str, object]]] = {
    "vmdk": {"backing": None},  # even if one slipped through, it would not be opened
    "vpc": {"force_size_calc": "current_size"},  # the footer's size, never the geometry's
    "vhdx": {},
    "raw": {},
    "qcow2": {"backing": None, "encrypt": {"format": "luks", "key-secret": "passphrase"}},
}
SEALED: Final = "qcow2"  # the driver of encrypted disks
TABLES: Final = 8 << 20  # bytes that the file of an encrypted disk has besides, at most; and …
TABLES_SHIFT: Final = 10  # … so much of the disk's size: 8 bytes and 2 for each 64 KiB
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
class Source:
    """Where an image is: length bytes of a file from offset on, and the driver that reads them."""

    path: Path
    driver: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Stacked:
    """One of the files that lie upon each other to be a disk; only the lowest may be raw."""

    path: Path
    driver: str  # raw, qcow2
    sealed: bool = False  # LUKS inside of the qcow2 file


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


async def info(source: Source) -> Info:
    """Return what qemu-img says of an image; Unreadable."""
    file = _file(source)
    ended = await lifeline.run(
        [_program(), "info", "--output=json", _named(source, file)],
        Limits(address_space=MEMORY, cpu_seconds=30, file_size=1),
    )
    _check(ended)
    said = json.loads(ended.stdout)
    extents = said.get("format-specific", {}).get("data", {}).get("extents", [])
    return Info(
        virtual_size=said["virtual-size"],
        refers="backing-filename" in said
        or len(extents) > 1
        or any(not _same(extent["filename"], file) for extent in extents),
    )


async def convert(
    source: Source, target: Path, size: int, data: int, report: Callable[[int], None]
) -> None:
    """Write the disk in source to target as a sparse raw file; Unreadable, Failed.

    size is the disk's, data how much of it is not zeros at most; report gets the percentage.
    """
    ended = await lifeline.run(
        [
            _program(),
            "convert",
            "-p",
            *FAST,
            "-O",
            "raw",
            _named(source, _file(source)),
            _absolute(target),
        ],
        Limits(MEMORY, patience(size, data), file_size=size),
        on_output=_progress(report),
        keep=1 << 14,
    )
    _check(ended)


async def empty(target: Path, size: int) -> None:
    """Write a qcow2 of so many bytes that has none of its own, to lay over a disk; Failed."""
    options = ["-q", "-f", "qcow2", _absolute(target), str(-(-size // SECTOR) * SECTOR)]
    limits = Limits(MEMORY, cpu_seconds=30, file_size=size + HEADERS)
    _check(await lifeline.run([_program(), "create", *options], limits))


async def seal(
    source: Path, target: Path, passphrase: bytes, report: Callable[[int], None]
) -> None:
    """Write a raw disk into an encrypted one that is empty; report gets the percentage. Failed."""
    seen = _status(source)
    size = -(-seen.st_size // SECTOR) * SECTOR
    limits = Limits(
        MEMORY,
        patience(size, seen.st_blocks * 512),
        file_size=size + (size >> TABLES_SHIFT) + TABLES,
    )
    image = _options(target, sealed=True)
    disk = Source(source, "raw", 0, seen.st_size)
    command = ["-n", "--target-is-zero", "--target-image-opts", _named(disk, _file(disk)), image]
    await _run("convert", ["-p", *FAST, *command], limits, passphrase, report)


async def unseal(
    source: Path, target: Path, size: int, passphrase: bytes, report: Callable[[int], None]
) -> None:
    """Write an encrypted disk of size bytes to target as a sparse raw file; Failed."""
    seen = _status(source)
    padded = -(-size // SECTOR) * SECTOR
    limits = Limits(MEMORY, patience(padded, seen.st_size), padded)
    disk = Source(source, SEALED, 0, seen.st_size)
    command = ["-O", "raw", _named(disk, _file(disk)), _absolute(target)]
    await _run("convert", ["-p", *FAST, *command], limits, passphrase, report)
    os.truncate(target, size)


async def create(target: Path, size: int) -> None:
    """Make a qcow2 file of nothing for a disk of size bytes, to be laid upon others; Failed."""
    limits = Limits(MEMORY, patience(0, 0), file_size=(size >> TABLES_SHIFT) + TABLES)
    options = "cluster_size=65536"  # what state.disks.written reads
    command = ["-q", "-f", "qcow2", "-o", options, _absolute(target), str(size)]
    await _run("create", command, limits)


async def grow(target: Path, size: int, passphrase: bytes | None = None) -> None:
    """Make the disk of a qcow2 file larger, up to size bytes; Failed."""
    command = ["-q", "--image-opts", _options(target, sealed=passphrase is not None), str(size)]
    await _run("resize", command, Limits(MEMORY, patience(0, 0)), passphrase)


async def flatten(
    files: Sequence[Stacked],
    target: Path,
    size: int,
    report: Callable[[int], None],
    passphrase: bytes | None = None,
) -> None:
    """Write the disk that files are, the lowest first, to target; Failed.

    target becomes a sparse raw file; with a passphrase, it is an encrypted disk that is empty yet.
    """
    data = sum(_status(file.path).st_blocks * 512 for file in files)
    most = size if passphrase is None else size + (size >> TABLES_SHIFT) + TABLES
    source = "json:" + json.dumps(stack(files))
    command = ["-p", *FAST]
    if passphrase is None:
        command += ["-O", "raw", source, _absolute(target)]
    else:
        image = _options(target, sealed=True)
        command += ["-n", "--target-is-zero", "--target-image-opts", source, image]
    limits = Limits(MEMORY, patience(size, data), file_size=most)
    await _run("convert", command, limits, passphrase, report)
    if passphrase is None:
        os.truncate(target, size)


def stack(files: Sequence[Stacked]) -> dict[str, Any]:
    """Return what opens files that lie upon each other as one disk; the lowest comes first."""
    below: dict[str, Any] | None = None
    for each in files:
        file = {"driver": "file", "filename": _absolute(each.path)}
        node: dict[str, Any] = {"driver": each.driver, "file": file}
        if each.driver == "qcow2":
            node["backing"] = below
        if each.sealed:
            node["encrypt"] = OPTIONS[SEALED]["encrypt"]
        below = node
    assert below is not None, "a disk is at least one file"
    return below


def _options(image: Path, *, sealed: bool) -> str:
    """Return the name of a qcow2 file that is to be written to."""
    options = {
        "driver": "qcow2",
        "file.driver": "file",
        "file.filename": _absolute(image).replace(",", ",,"),
    }
    if sealed:
        options |= {"encrypt.format": "luks", "encrypt.key-secret": "passphrase"}
    return ",".join(f"{name}={value}" for name, value in options.items())


async def _run(
    task: str,
    arguments: list[str],
    limits: Limits,
    passphrase: bytes | None = None,
    report: Callable[[int], None] | None = None,
) -> None:
    """Have qemu-img do a task, with a passphrase that it reads from a pipe; Failed."""
    with ExitStack() as open_files:
        secret, inherited = [], []
        if passphrase is not None:
            pipe = pipe_of(passphrase)
            open_files.callback(os.close, pipe)
            secret, inherited = ["--object", f"secret,id=passphrase,file=/dev/fd/{pipe}"], [pipe]
        ended = await lifeline.run(
            [_program(), task, *secret, *arguments],
            limits,
            on_output=None if report is None else _progress(report),
            keep=1 << 14,
            inherited=inherited,
        )
    if ended.code:
        raise Failed(_complaint(ended))


def _status(file: Path) -> os.stat_result:
    return file.stat()


def pipe_of(secret: bytes) -> int:
    """Have a secret ready in a pipe, for one program to read; return its number, to be closed."""
    pipe, writing = os.pipe()
    try:
        os.write(writing, secret)
    finally:
        os.close(writing)
    return pipe


def patience(size: int, data: int) -> int:
    """Return the seconds of CPU that may be spent on a disk of size bytes with so much data."""
    # Nine times what was measured: 16 TiB of nothing took 230 s, 1 GiB of deflated data 7 s.
    return 60 + (size >> 33) + (data >> 24)


def _progress(report: Callable[[int], None]) -> Callable[[bytes], None]:
    """Return what tells report of every percentage that qemu-img prints, rising."""
    seen = -1

    def progress(said: bytes) -> None:
        nonlocal seen
        percent = max((int(number) for number in PERCENT.findall(said)), default=seen)
        if percent > seen:
            seen = percent
            report(percent)

    return progress


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


def _named(source: Source, file: dict[str, Any]) -> str:
    """Return the name of an image that leaves nothing for qemu to guess."""
    return "json:" + json.dumps({"driver": source.driver, **OPTIONS[source.driver], "file": file})


def _file(source: Source) -> dict[str, Any]:
    """Return what holds the image: the file, or a window of it."""
    file: dict[str, Any] = {"driver": "file", "filename": _absolute(source.path)}
    if source.offset == 0 and source.length == source.path.stat().st_size:
        return file
    # qemu wants whole sectors, and reads the last one of a file as if it were padded with zeros.
    size = -(-source.length // SECTOR) * SECTOR
    return {"driver": "raw", "offset": source.offset, "size": size, "file": file}


def _same(name: str, file: dict[str, Any]) -> bool:
    """Tell whether it is this file, or this window of it, that qemu has given a name."""
    if file["driver"] == "file":
        return bool(name == file["filename"])
    return name.startswith("json:") and bool(json.loads(name.removeprefix("json:")) == file)


def _absolute(path: Path) -> str:
    """Return a path in which, after the leading slash, no colon makes a protocol."""
    return str(path.absolute())


def _check(ended: Ended) -> None:
    """Tell whose fault it is that qemu-img failed."""
    if ended.code == 0:
        return
    said = _complaint(ended)
    if ended.code in CRASHES or (OF_THE_IMAGE.search(said) and not OF_THE_HOST.search(said)):
        raise Unreadable(said)
    raise Failed(said)


def _complaint(ended: Ended) -> str:
    return f"qemu-img ended with {ended.code}: {ended.stderr.strip()}"
