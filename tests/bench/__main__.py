"""Run the benchmarks that are named (all by default), print the table, write the JSON."""

import argparse
import tempfile
from pathlib import Path

from tests.bench import api, blocks, boots, exports, guests, imports, machines, transfers
from tests.bench.figures import Figure, show, write

BENCHES = {
    "api": api.figures,
    "transfers": transfers.figures,
    "blocks": blocks.figures,
    "imports": imports.figures,
    "machines": machines.figures,
    "exports": exports.figures,
    "guests": guests.figures,
    "boots": boots.figures,
}


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="bench", help=f"of {', '.join(BENCHES)}")
    parser.add_argument("--json", type=Path, default=Path("bench.json"))
    parser.add_argument(
        "--folder", type=Path, help="where files are made: the disk that is measured"
    )
    given = parser.parse_args()
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        for name in given.benches or BENCHES:
            for figure in BENCHES[name](Path(folder)):
                print(f"{figure.name}: {figure.value:,.2f} {figure.unit}", flush=True)
                figures.append(figure)
    show(figures)
    write(figures, given.json)


if __name__ == "__main__":
    main()
