"""Figures: collected while measuring, shown at the end as a table, or as JSON with `--json`. Progress goes to standard error."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """One measured value. `reach` is how much it may be at most (or has to be at least); None where it only stands beside the others."""

    what: str
    value: float
    unit: str
    reach: float | None = None
    limit: Literal["at most", "at least"] = "at most"

    @property
    def verdict(self) -> str:
        """Whether the value is within its reach, in a word."""
        if self.reach is None:
            return ""
        held = self.value <= self.reach if self.limit == "at most" else self.value >= self.reach
        return "reached" if held else "MISSED"


def arguments(description: str | None) -> argparse.ArgumentParser:
    """A command line that knows `--json`."""
    parser = argparse.ArgumentParser(description=(description or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    return parser


def tell(words: str) -> None:
    """What is being measured now."""
    print(words, file=sys.stderr, flush=True)


def show(title: str, figures: Sequence[Figure], *, as_json: bool) -> None:
    """The figures are printed."""
    if as_json:
        print(json.dumps({"benchmark": title, "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures]}, indent=2))
        return
    table = Table("what", "measured", "reach", "", title=title, title_justify="left")
    table.columns[1].justify = "right"
    for figure in figures:
        reach = "" if figure.reach is None else f"{figure.limit} {_written(figure.reach)} {figure.unit}"
        table.add_row(figure.what, f"{_written(figure.value)} {figure.unit}", reach, figure.verdict)
    Console(width=120).print(table)


def percentile(values: Sequence[float], part: float) -> float:
    """The value that `part` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def _written(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}" if value < 10 else f"{value:.1f}"
