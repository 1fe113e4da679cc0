"""``hooktrace maintain``: what keeps the database fast."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import click
from rich.filesize import decimal
from rich.text import Text

from tracing.cli.care import caring
from tracing.cli.table import print_table
from tracing.cli.terminal import terminal
from tracing.database.connection import Row
from tracing.database.maintenance import Maintenance, Report
from tracing.database.rota import MAINTENANCE
from tracing.installation import Installation

WORTH_TELLING = 2**20
"""Bytes of an index that nothing uses; of smaller ones `--json` tells."""


@click.command("maintain")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(as_json: bool) -> None:
    """Do what keeps the database fast, and tell how its tables are; the collector does it once a day.

    Partitions are made for the months to come, statistics taken, dead rows cleared, and vector indexes built anew
    that have grown out of proportion.
    """
    with caring(Installation.here()) as (upkeep, rota):
        rota.claim(MAINTENANCE, force=True)
        report = rota.perform(MAINTENANCE, Maintenance(upkeep).run)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=2))
    else:
        _print(report)


def _print(report: Report) -> None:
    rows = [_summed(name, list(parts)) for name, parts in groupby(report.tables, lambda row: row["belongs_to"])]
    print_table(list(rows[0]), rows)
    console = terminal(soft_wrap=True, highlight=False)
    if unused := [row for row in report.unused if row["bytes"] >= WORTH_TELLING]:
        since = unused[0]["since"]
        when = f"{since.astimezone():%Y-%m-%d}" if since else "the server began to count"
        names = ", ".join(f"{row['name']} ({decimal(row['bytes'])})" for row in unused)
        console.print(Text(f"not used since {when}: {names}", style="dim"))
    for sentence in report.done:
        console.print(Text(sentence))
    for sentence in report.postponed:
        console.print(Text(sentence, style="yellow"))


def _summed(name: str, parts: Sequence[Row]) -> dict[str, Any]:
    """Return a line for a table, its partitions together."""
    takes = _sum(parts, "table_bytes") + _sum(parts, "toast_bytes")
    return {
        "table": name,
        "parts": len(parts),
        "rows": _sum(parts, "rows"),
        "dead": _sum(parts, "dead_rows"),
        "size": decimal(_sum(parts, "table_bytes")),
        "long_values": decimal(_sum(parts, "toast_bytes")),
        "indexes": decimal(_sum(parts, "index_bytes")),
        "spare_pct": 100 * _sum(parts, "spare_bytes") / takes if takes else 0.0,
        "vacuumed_at": _latest(row["vacuumed_at"] for row in parts),
        "analysed_at": _latest(row["analysed_at"] for row in parts),
    }


def _sum(parts: Iterable[Row], column: str) -> int:
    return sum(row[column] or 0 for row in parts)


def _latest(moments: Iterable[Any]) -> Any:
    return max(filter(None, moments), default=None)
