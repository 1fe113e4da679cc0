"""Rows from the database: for people as a table, for programs as JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from rich import box
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from tracing.cli.terminal import PIPED_WIDTH, terminal
from tracing.database.reader import Row
from tracing.tree import plain
from tracing.wording import OUTCOMES, duration, harmless, one_line

LONGEST_TEXT = 100
NARROWEST_TEXT = 12
"""In characters: what a text is cut to at first, and what is left of it at least where the table is to fit."""

GAP = 2
"""Characters between two columns."""

ID_LENGTH = 8
"""Of an id on a terminal: `hooktrace show` and `hooktrace report` take its beginning."""

RECENT = timedelta(days=300)
"""A time further away is told with its year."""


def as_json(told: Sequence[Row] | Mapping[str, Any]) -> str:
    """Return rows as a JSON array, or an object that holds some; ASCII, so that no terminal obeys it."""
    return json.dumps(told, indent=2, default=_json_value)


def as_csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    """Return *rows* with a line of headings; what is not known is empty, control characters are spaces."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_value(row[column]) for column in columns] for row in rows)
    return lines.getvalue()


def print_table(columns: Sequence[str], rows: Sequence[Row]) -> None:
    """Print *rows*, a line each: texts are cut to the terminal's width, columns that do not fit are left out."""
    console = terminal()
    now = datetime.now().astimezone()
    drawn = [_Column.of(column, rows, now, whole_ids=console.width >= PIPED_WIDTH) for column in columns]
    shown, longest = _fitting(drawn, console.width)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, show_edge=False)
    for column in shown:
        justify: JustifyMethod = "right" if column.numeric else "left"
        width = column.cut_to(longest)
        table.add_column(column.heading, no_wrap=True, overflow="ellipsis", width=width, justify=justify)
    for line in zip(*(column.cells for column in shown), strict=True):
        table.add_row(*line)
    console.print(table)
    if left_out := ", ".join(column.heading for column in drawn if column not in shown):
        console.print(Text(f"too narrow for: {left_out}", style="dim"))


def print_one(columns: Sequence[str], row: Row) -> None:
    """Print *row* as lines of a heading and a value."""
    now = datetime.now().astimezone()
    grid = Table.grid(padding=(0, 2))
    for column in columns:
        grid.add_row(Text(_heading(column), style="dim"), _cell(column, row[column], now))
    terminal().print(grid)


@dataclass(frozen=True)
class _Column:
    """One column as it will be printed."""

    heading: str
    cells: list[Text]
    numeric: bool
    elastic: bool
    """It may be cut."""

    @classmethod
    def of(cls, name: str, rows: Sequence[Row], now: datetime, whole_ids: bool) -> _Column:
        values = [row[name] for row in rows]
        is_id = name == "session_id" or any(isinstance(value, UUID) for value in values)
        if is_id and not whole_ids:
            values = [str(value)[:ID_LENGTH] if value is not None else None for value in values]
        return cls(
            heading=_heading(name),
            cells=[_cell(name, value, now) for value in values],
            numeric=any(_is_number(name, value) for value in values),
            elastic=not is_id and name != "status" and any(isinstance(value, str | list | dict) for value in values),
        )

    def cut_to(self, longest: int) -> int:
        """Return the column's width if elastic ones are cut to *longest*."""
        width = max(cell_len(text) for text in (self.heading, *(cell.plain for cell in self.cells)))
        return min(width, longest) if self.elastic else width


def _fitting(columns: Sequence[_Column], width: int) -> tuple[list[_Column], int]:
    """Return the columns that go into *width*, and what the elastic ones among them are cut to.

    The first ones say most; the last one is kept, for it is the id that other commands take.
    """
    for left_out in range(max(1, len(columns) - 1)):
        shown = [*columns[: len(columns) - 1 - left_out], columns[-1]]
        for longest in range(LONGEST_TEXT, NARROWEST_TEXT - 1, -1):
            if sum(column.cut_to(longest) for column in shown) + GAP * (len(shown) - 1) <= width:
                return shown, longest
    return shown, NARROWEST_TEXT


def _heading(column: str) -> str:
    """Return a column's name as words; its unit stands at each value."""
    for unit in ("_ms", "_at", "_usd", "_pct", "_id"):
        column = column.removesuffix(unit)
    return column.replace("_", " ")


def _is_number(column: str, value: Any) -> bool:
    return column.endswith("_ms") or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _cell(column: str, value: Any, now: datetime) -> Text:
    """Return how a person reads *value*."""
    if column == "status" and value in OUTCOMES:
        sign, colour = OUTCOMES[value]
        return Text.assemble((sign, colour), f" {value.replace('_', ' ')}")
    return Text("" if value is None else _said(column, value, now))


def _said(column: str, value: Any, now: datetime) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone():{'%d %b %H:%M:%S' if abs(now - value) < RECENT else '%Y-%m-%d %H:%M'}}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return _number(column, value)
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(member, dict) for member in value)):
        value = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list):
        value = ", ".join(map(str, value))
    return one_line(str(value), LONGEST_TEXT)


def _number(column: str, value: int | float | Decimal) -> str:
    if column.endswith("_ms"):
        return duration(float(value))
    if column.endswith("_usd"):
        return f"${value:,.2f}" if value >= 1 else f"${value:.4f}"
    if column.endswith("_pct"):
        return f"{value:.1f} %"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _json_value(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else plain(value)


def _csv_value(value: Any) -> Any:
    if isinstance(value, bool | list | dict):
        return json.dumps(value)
    return harmless(value) if isinstance(value, str) else value.isoformat() if isinstance(value, date) else value
