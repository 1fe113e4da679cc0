"""How many rows there are, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracing.database.loading import recorded


def total(counts: Mapping[str, int]) -> str:
    """Return how many rows of what was recorded there are, as "12,345 rows"."""
    rows = recorded(counts)
    return f"{rows:,} row" + ("" if rows == 1 else "s")


def table(counts: Mapping[str, int]) -> Iterator[str]:
    """Yield a line for each table of what was recorded that has rows, beneath a word of nine letters and a blank."""
    there = {name: rows for name, rows in counts.items() if rows and recorded({name: rows})}
    width = max(map(len, there), default=0)
    yield from (f"          {name:{width}}  {rows:>10,}" for name, rows in there.items())
