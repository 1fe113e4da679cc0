"""``hooktrace top``: what is slow, what fails, what costs most."""

from __future__ import annotations

from datetime import datetime

import click
from rich.text import Text

from tracing.cli.moment import Since
from tracing.cli.table import as_json as in_json
from tracing.cli.table import print_table
from tracing.cli.terminal import terminal
from tracing.database.reader import Row
from tracing.installation import Installation

SECTIONS = {
    "slow": "Slow: calls by tool, by the 95th percentile",
    "failing": "Failing: calls by tool, of those that ended",
    "costly": "Costly: requests to the model by project",
}


@click.command("top")
@click.option("--since", type=Since(), metavar="TIME", default="24h", show_default=True, help="From when on.")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=5, show_default=True, help="Rows of each table.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(since: datetime, limit: int, as_json: bool) -> None:
    """Tell what is slow, what fails and what costs most; each row ends with an id for `hooktrace show`.

    TIME is so long ago (30m, 24h, 7d, 4w), a date and time (2026-11-01T14:30), or all.
    """
    with Installation.here().reader() as reader:
        told = {
            "slow": reader.rows("slow_tools", since=since, limit=limit),
            "failing": reader.rows("failing_tools", since=since, limit=limit),
            "costly": reader.rows("costly_projects", since=since, limit=limit),
        }
    if as_json:
        ever = since.year == datetime.min.year
        click.echo(in_json({"since": None if ever else since.isoformat(), **told}))
        return
    for section, rows in told.items():
        _print(SECTIONS[section], rows)


def _print(heading: str, rows: list[Row]) -> None:
    console = terminal()
    console.print(Text(heading, style="bold"))
    if rows:
        print_table(list(rows[0]), rows)
    else:
        console.print(Text("nothing", style="dim"))
    console.print()
