"""A figure that was measured, and the ways to print it: a table, and JSON for other programs."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Limit:
    """What a figure, or its ratio to the reference, may be."""

    of: str
    """``value`` or ``ratio``."""
    at_most: float | None = None
    at_least: float | None = None

    def holds(self, figure: Figure) -> bool:
        """Tell whether *figure* keeps to it."""
        number = figure.value if self.of == "value" else figure.ratio
        if number is None:
            return False
        return (self.at_most is None or number <= self.at_most) and (self.at_least is None or number >= self.at_least)

    def __str__(self) -> str:
        sign = "x " if self.of == "ratio" else ""
        return f"{sign}≤ {self.at_most:g}" if self.at_most is not None else f"{sign}≥ {self.at_least:g}"


@dataclass(frozen=True)
class Figure:
    """One line of a result."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    """To the reference, which was measured in turn with it."""
    reference: str = ""
    limits: tuple[Limit, ...] = ()
    runs: int = 1
    spread: tuple[float, float] | None = None
    """The 10th and the 90th percentile of the runs."""
    detail: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether every limit is kept."""
        return all(limit.holds(self) for limit in self.limits)

    def json(self) -> dict[str, Any]:
        """Return it for other programs."""
        return {**asdict(self), "limits": [asdict(limit) for limit in self.limits], "holds": self.holds}


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of *values* that at least *percent* of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def of_runs(name: str, values: Sequence[float], unit: str, **more: Any) -> Figure:
    """Return the median of *values* as a figure."""
    spread = (percentile(values, 10), percentile(values, 90)) if len(values) > 1 else None
    return Figure(name, statistics.median(values), unit, runs=len(values), spread=spread, **more)


def paired(values: Sequence[float], references: Sequence[float]) -> float:
    """Return the median of the ratios of what was measured in the same round: a load from elsewhere falls on both."""
    return statistics.median(value / reference for value, reference in zip(values, references, strict=True))


def show(title: str, figures: Iterable[Figure]) -> None:
    """Print a table: on a terminal as one, elsewhere as Markdown."""
    console = Console()
    table = Table(title=title if console.is_terminal else None, box=box.SIMPLE if console.is_terminal else box.MARKDOWN)
    table.add_column("what", overflow="fold")
    for column in ("value", "10-90 %", "ratio"):
        table.add_column(column, justify="right", no_wrap=True)
    for column in ("to", "limit", "runs", ""):
        table.add_column(column)
    for figure in figures:
        table.add_row(*_cells(figure))
    if console.is_terminal:
        console.print(table)
    else:
        print(f"\n{title}")
        Console(width=240).print(table, soft_wrap=False, crop=False)


def _cells(figure: Figure) -> list[str]:
    spread = " - ".join(_short(value) for value in figure.spread) if figure.spread else ""
    ratio = "" if figure.ratio is None else f"{_short(figure.ratio)}"
    limits = ", ".join(f"{limit}{'' if limit.holds(figure) else ' MISSED'}" for limit in figure.limits)
    value = f"{_short(figure.value)} {figure.unit}"
    return [figure.name, value, spread, ratio, figure.reference, limits, str(figure.runs), figure.detail]


def _short(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 1000 else f"{number:.4g}" if abs(number) < 0.1 else f"{number:.2f}"
