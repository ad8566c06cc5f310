"""The corpus of hurt disks, and what has become of each.

`python -m tests.guests.corpus` writes corpus.txt anew, for people to look at what changed in it. A
line: the kind of disk; whether its checksums were made right again; offset:width:value of each
change; and the sentence that refused it, or that it was accepted.
"""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.guests.builders import Builder
from tests.guests.mutations import KINDS, Mutation, Reader

FILE: Final = Path(__file__).with_suffix(".txt")
TRIED: Final = 80  # of each kind
KEPT: Final = 12  # of each kind, as many different outcomes as can be had
BOUNDARIES: Final = (
    0, 1, 0x7F, 0x80, 0xFF, 0x1000, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, (1 << 64) - 1,
)  # fmt: skip


def kept() -> Iterator[tuple[Mutation, str]]:
    """Read the corpus."""
    for line in FILE.read_text().splitlines():
        kind, welded, changes, outcome = line.split(" | ", 3)
        triples = []
        for change in changes.split(","):
            offset, width, value = map(int, change.split(":"))
            triples.append((offset, width, value))
        yield Mutation(kind, tuple(triples), welded == "welded"), outcome


def made(kind: str, guests: Builder, chance: random.Random) -> Iterator[Mutation]:
    """Make mutations of a kind without end."""
    ranges = KINDS[kind].ranges(guests.disk(KINDS[kind].recipe))
    while True:
        changes = []
        for _ in range(chance.choice([1, 1, 1, 2, 5])):
            begin, end = chance.choice(ranges)
            width = chance.choice([1, 2, 4, 4, 8])
            offset = begin + chance.randrange(end - begin) // width * width
            value = chance.choice([*BOUNDARIES, chance.getrandbits(64)])
            changes.append((offset, width, value & ((1 << 8 * width) - 1)))
        yield Mutation(kind, tuple(changes), KINDS[kind].weld is not None and chance.random() < 0.7)


def write() -> None:
    """Write the corpus anew."""
    lines = []
    reader = Reader()
    with tempfile.TemporaryDirectory() as folder:
        guests = Builder(Path(folder) / "guests")
        for kind in KINDS:
            chance = random.Random(kind)
            by_outcome: dict[str, list[Mutation]] = {}
            for _, mutation in zip(range(TRIED), made(kind, guests, chance), strict=False):
                try:
                    outcome = reader.outcome(mutation.made(guests, Path(folder) / "disk"))
                except AssertionError as error:
                    print(f"{mutation}\n{error}")
                    outcome = "accepted"
                by_outcome.setdefault(outcome, []).append(mutation)
            rows = [
                (outcome, mutation) for outcome, all_ in by_outcome.items() for mutation in all_[:4]
            ]
            lines += [f"{mutation} | {outcome}" for outcome, mutation in rows[:KEPT]]
            print(kind, {outcome: len(all_) for outcome, all_ in by_outcome.items()})
    reader.close()
    FILE.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    write()
