"""``hooktrace sessions``: the latest sessions."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracing.cli.installation import Installation
from tracing.cli.present import duration, one_line, outcome


@click.command("sessions")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(limit: int, as_json: bool) -> None:
    """List the latest sessions, newest first."""
    with Installation.here().reader() as reader:
        rows = reader.rows("latest_sessions", limit=limit)
    if as_json:
        click.echo(json.dumps([{key: _plain(value) for key, value in row.items()} for row in rows], indent=2))
    elif rows:
        _print(rows)
    else:
        click.echo("no sessions yet: start the agent with the hooks, then look again")


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _print(rows: list[dict[str, Any]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in ("", "session", "started", "project", "prompts", "tools", "failed", "duration", "first prompt"):
        table.add_column(heading, justify="right" if heading in ("prompts", "tools", "failed", "duration") else "left")
    for row in rows:
        table.add_row(
            outcome(row["status"]),
            Text(one_line(row["session_id"], 8).rstrip("…")),
            f"{row['started_at'].astimezone():%d %b %H:%M}",
            Text(one_line(row["project"] or "", 24)),
            str(row["prompts"]),
            str(row["tools"]),
            str(row["failed"] or ""),
            duration(row["duration_ms"]),
            Text(one_line(row["first_prompt"] or "", 40)),
        )
    Console().print(table)
