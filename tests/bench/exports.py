"""A 4 GiB disk full of data becomes a VMDK, VHD and raw file, and the VMDK a disk again.

Beside it bare qemu-img on the same files, which counts no MD5: where nothing is deflated, that is
most of our time. What a script would need for the same, qemu-img and md5sum, stands beside it, too.
"""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from converters.stages.from_raw import WRITERS, from_raw
from converters.stages.inspect import inspect
from converters.stages.to_raw import to_raw
from tests.bench.disks import FORMATS, converted, realistic
from tests.bench.figures import Figure

SIZE = 4 << 30
RUNS = 3
MOST = 256  # MiB of memory
REFERENCES = {"VMDK": "stream VMDK", "VHD": "dynamic VHD", "RAW": "raw"}
AIMS = {"VMDK": (1 / 8, "≥ 8 × faster"), "VHD": (1, "no slower"), "RAW": (1, "no slower")}


def figures(folder: Path) -> Iterator[Figure]:
    """Measure both ways in turns; seconds, bytes, MiB."""
    raw = folder / "disk.raw"
    realistic(raw, SIZE, SIZE)
    for disk_format, reference in REFERENCES.items():
        yield from exports(raw, disk_format, reference)
    yield from imports(folder, raw)
    raw.unlink()


def exports(raw: Path, disk_format: str, reference: str) -> Iterator[Figure]:
    """Measure the export of one format."""
    ours, theirs = raw.with_suffix(".ours"), raw.with_suffix(".theirs")

    def export() -> None:
        asyncio.run(from_raw(raw, SIZE, disk_format, ours, lambda percent: None))

    def bare() -> None:
        converted(raw, theirs, FORMATS[reference][1])

    # qemu-img takes minutes for a VMDK: noise doesn't matter there.
    taken, bare_taken = in_turns(export, ours, bare, theirs, 1 if disk_format == "VMDK" else RUNS)
    factor, aim = AIMS[disk_format]
    yield Figure(
        f"export of 4 GiB, {disk_format}", taken, "s", bare_taken, "s qemu-img convert",
        aim, taken <= factor * bare_taken,
    )  # fmt: skip
    if disk_format == "VMDK":
        size, bare_size = ours.stat().st_size / 2**20, theirs.stat().st_size / 2**20
        yield Figure(
            "size of that VMDK", size, "MiB", bare_size, "MiB qemu-img convert",
            "≤ 15 % larger", size <= 1.15 * bare_size,
        )  # fmt: skip
    else:
        both = bare_taken + timed(
            lambda: subprocess.run(["md5sum", str(theirs)], check=True, stdout=subprocess.DEVNULL)
        )
        yield Figure(
            f"export of 4 GiB, {disk_format}", taken, "s", both, "s qemu-img convert, md5sum",
            "no slower", taken <= both,
        )  # fmt: skip
    if disk_format in WRITERS:
        memory = peak(WRITERS[disk_format], raw, ours, SIZE)
        yield Figure(
            f"memory of that export, {disk_format}", memory, "MiB", None, "", "< 256 MiB",
            memory < MOST,
        )  # fmt: skip
    ours.unlink()
    theirs.unlink()


def imports(folder: Path, raw: Path) -> Iterator[Figure]:
    """Measure the import of the VMDK that we export."""
    image, ours, theirs = folder / "image", folder / "ours", folder / "theirs"
    asyncio.run(from_raw(raw, SIZE, "VMDK", image, lambda percent: None))

    def read() -> None:
        async def whole() -> None:
            await to_raw(await inspect(image, None), ours, lambda percent: None)

        asyncio.run(whole())

    def bare() -> None:
        command = ["qemu-img", "convert", "-f", "vmdk", "-O", "raw", str(image), str(theirs)]
        subprocess.run(command, check=True)

    taken, bare_taken = in_turns(read, ours, bare, theirs, RUNS)
    yield Figure(
        "import of that VMDK", taken, "s", bare_taken, "s qemu-img convert",
        "≥ 1.5 × faster", 1.5 * taken <= bare_taken,
    )  # fmt: skip
    memory = peak("read_vmdk", image, ours, 0, image.stat().st_size)
    yield Figure(
        "memory of that import", memory, "MiB", None, "", "< 256 MiB", memory < MOST
    )  # fmt: skip
    for path in (image, ours, theirs):
        path.unlink()


def in_turns(
    ours: Callable[[], None], our: Path, theirs: Callable[[], None], their: Path, runs: int
) -> tuple[float, float]:
    """Return the median seconds of both; every run writes a new file."""
    pairs = [(timed(ours, our), timed(theirs, their)) for _ in range(runs)]
    first, second = (statistics.median(times) for times in zip(*pairs, strict=True))
    return first, second


def timed(action: Callable[[], object], target: Path | None = None) -> float:
    """Return the seconds that it takes, or that it takes to write a file anew."""
    if target is not None:
        target.unlink(missing_ok=True)
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


# A small process in between: memory counts from the fork on, and ours has much already.
MEASURED = """
import os, sys
child = os.posix_spawn(sys.executable, [sys.executable, "-I", *sys.argv[1:]], {})
_, status, used = os.wait4(child, 0)
print(used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def peak(name: str, source: Path, target: Path, *numbers: int) -> float:
    """Return how many MiB of memory a program of ours took at most."""
    target.unlink(missing_ok=True)
    command = ["-m", f"converters.codec.{name}", str(source), str(target), *map(str, numbers)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", MEASURED, *command], stdout=subprocess.PIPE, check=True
    )
    return int(done.stdout.split()[-1]) / 1024
