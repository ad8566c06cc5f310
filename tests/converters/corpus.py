"""The corpus of broken headers: images with fields changed, and what has become of each.

`python -m tests.converters.corpus` writes corpus.txt anew, for people to look at what changed in
it. A line: the kind of image; whether its checksums were made right again; offset:width:value of
each change, the offset from the end if negative; and the sentence that refused it, or the size of
the disk that was read.
"""

import asyncio
import random
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from converters.errors import ClientError
from converters.stages.inspect import inspect
from converters.stages.to_raw import to_raw
from tests import disks
from tests.converters.mutations import FIELDS, PATIENCE, TOO_LARGE, image, resealed

FILE = Path(__file__).with_suffix(".txt")
OF_A_KIND = 30
BOUNDARIES = (0, 1, 0x7F, 0x80, 0xFF, 0x1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, (1 << 64) - 1)


@dataclass(frozen=True, slots=True)
class Case:
    """An image with some of its bytes changed."""

    kind: str
    resealed: bool
    changes: tuple[tuple[int, int, int], ...]  # offset, width in bytes, value

    def bytes(self) -> bytes:
        """The image."""
        data = image(self.kind)
        order = "big" if self.kind.endswith("VHD") else "little"
        for offset, width, value in self.changes:
            new = (value & ((1 << 8 * width) - 1)).to_bytes(width, order)  # type: ignore[arg-type]
            at = offset + len(data) if offset < 0 else offset
            data = disks.patched(data, at, new)[: len(data)]
        return resealed(self.kind, data) if self.resealed else data

    def __str__(self) -> str:
        """As in the file."""
        changes = ",".join(":".join(map(str, change)) for change in self.changes)
        return f"{self.kind} | {'resealed' if self.resealed else 'as it is'} | {changes}"


def kept() -> Iterator[tuple[Case, str]]:
    """Read the corpus."""
    for line in FILE.read_text().splitlines():
        kind, seal, changes, outcome = line.split(" | ", 3)
        triples = [tuple(map(int, change.split(":"))) for change in changes.split(",")]
        yield Case(kind, seal == "resealed", tuple(triples)), outcome  # type: ignore[arg-type]


def outcome(case: Case, folder: Path) -> str:
    """Import an image as a worker would; tell what has become of it."""
    path = folder / "image"
    path.write_bytes(case.bytes())
    return asyncio.run(_imported(path))


async def _imported(path: Path) -> str:
    raw = path.with_suffix(".raw")
    try:
        async with asyncio.timeout(PATIENCE):
            disk = await inspect(path, None)
            if disk.size < TOO_LARGE:
                await to_raw(disk, raw, lambda percent: None)
    except ClientError as error:
        return str(error)
    finally:
        raw.unlink(missing_ok=True)
    return f"{disk.format} of {disk.size} bytes"


def made(chance: random.Random) -> Iterator[Case]:
    """Make cases: every kind, fields of its headers and tables at their boundaries."""
    for kind, ranges in FIELDS.items():
        for number in range(OF_A_KIND):
            changes = []
            for _ in range(chance.choice([1, 1, 1, 2])):
                begin, end = chance.choice(ranges)
                width = chance.choice([1, 2, 4, 4, 8])
                offset = begin + chance.randrange(end - begin) // width * width
                changes.append((offset, width, chance.choice(BOUNDARIES) & ((1 << 8 * width) - 1)))
            yield Case(kind, number % 2 == 1, tuple(changes))


def write() -> None:
    """Write the corpus anew."""
    with tempfile.TemporaryDirectory() as folder:
        lines = [f"{case} | {outcome(case, Path(folder))}" for case in made(random.Random(4))]
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write()
