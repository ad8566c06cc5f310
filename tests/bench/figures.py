"""A figure, the reference beside it, and how both are shown: a table, and JSON for machines."""

import json
import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One thing measured, in unit, and what the reference took in the same run."""

    name: str
    value: float
    unit: str
    reference: float | None
    reference_name: str
    aim: str
    met: bool | None

    @property
    def ratio(self) -> float | None:
        """Return ours over the reference's."""
        return self.value / self.reference if self.reference else None


def median(measure: Callable[[], float], runs: int) -> float:
    """Measure several times and return the middle one; shared machines are noisy."""
    return statistics.median(measure() for _ in range(runs))


def write(figures: list[Figure], target: Path) -> None:
    """Write the figures with what is known of the machine as JSON."""
    machine = {
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }
    rows = [asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    target.write_text(json.dumps({"machine": machine, "figures": rows}, indent=2) + "\n")


def show(figures: list[Figure]) -> None:
    """Print the table."""
    table = Table(title="vmie bench")
    for column in ("figure", "vmie", "reference", "ratio", "aim", "met"):
        numeric = column in ("vmie", "reference", "ratio")
        table.add_column(column, justify="right" if numeric else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{figure.value:,.2f} {figure.unit}",
            f"{figure.reference:,.2f} {figure.reference_name}" if figure.reference else "–",
            f"{figure.ratio:.2f}" if figure.ratio else "–",
            figure.aim,
            {True: "yes", False: "NO", None: ""}[figure.met],
        )
    Console(width=140).print(table)
