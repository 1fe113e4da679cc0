"""``hooktrace sessions``: the latest sessions."""

from __future__ import annotations

import json
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from tracing.cli.sign import outcome
from tracing.cli.table import ID_LENGTH, LONGEST_TEXT
from tracing.cli.terminal import PIPED_WIDTH, terminal
from tracing.installation import Installation
from tracing.tree import plain
from tracing.wording import dollars, duration, one_line

LONGEST_ID = 100
"""Characters of a session's id, which is what the agent says; a UUID has 36."""


@click.command("sessions")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(limit: int, as_json: bool) -> None:
    """List the latest sessions, newest first."""
    with Installation.here().reader() as reader:
        rows = reader.rows("latest_sessions", limit=limit)
    if as_json:
        click.echo(json.dumps([{key: plain(value) for key, value in row.items()} for row in rows], indent=2))
    elif rows:
        _print(rows)
    else:
        click.echo("no sessions yet: start the agent with the hooks, then look again")


def _print(rows: list[dict[str, Any]]) -> None:
    console = terminal()
    shown = ID_LENGTH if console.width < PIPED_WIDTH else LONGEST_ID
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for heading, width in (("session", 10), ("started", 12)):
        table.add_column(heading, no_wrap=True, min_width=width)
    table.add_column("project", no_wrap=True, overflow="ellipsis", min_width=7, max_width=20)
    for heading, width in (("prompts", 7), ("tools", 5), ("failed", 6), ("cost", 7), ("duration", 8)):
        table.add_column(heading, no_wrap=True, min_width=width, justify="right")
    table.add_column("first prompt", no_wrap=True, overflow="ellipsis")
    for row in rows:
        table.add_row(
            outcome(row["status"]) + Text(" " + one_line(row["session_id"][:shown], shown), style="default"),
            f"{row['started_at'].astimezone():%d %b %H:%M}",
            Text(one_line(row["project"] or "", 24)),
            str(row["prompts"]),
            str(row["tools"]),
            str(row["failed"] or ""),
            dollars(row["cost_usd"]) if row["cost_usd"] else "",
            duration(row["duration_ms"]),
            Text(one_line(row["first_prompt"] or "", LONGEST_TEXT)),
        )
    console.print(table)
