"""``hooktrace tail``: events as they are stored."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import click
from rich.console import Console
from rich.text import Text

from tracing.cli.sign import outcome
from tracing.database.reader import Reader, Row
from tracing.installation import Installation
from tracing.wording import duration, one_line

POLL_S = 0.5

LATE = timedelta(minutes=2)
"""How much later than it fired an event may be stored and still be printed while following."""


@click.command("tail")
@click.option("-n", "--lines", type=click.IntRange(0, 10_000), default=20, show_default=True)
@click.option("--no-follow", is_flag=True, help="Print what is there and end.")
def command(lines: int, no_follow: bool) -> None:
    """Print the latest events and, until interrupted, each further one."""
    console = Console()
    with Installation.here().reader() as reader:
        seen = _print(console, reader.rows("latest_events", since=datetime.min.replace(tzinfo=UTC), limit=lines))
        try:
            while not no_follow:
                time.sleep(POLL_S)
                seen |= _print(console, _newer(reader, seen))
        except KeyboardInterrupt:
            return


def _newer(reader: Reader, seen: set[object]) -> list[Row]:
    rows = reader.rows("latest_events", since=datetime.now(UTC) - LATE, limit=1000)
    return [row for row in rows if row["id"] not in seen]


def _print(console: Console, rows: list[Row]) -> set[object]:
    for row in rows:
        what = row["tool_name"] or ""
        if row["agent_id"]:
            what += " (in a subagent)"
        line = Text.assemble(
            (f"{row['started_at'].astimezone():%H:%M:%S.%f}"[:-3] + "  ", "dim"),
            (one_line(row["session_id"][:8], 8) + "  ", "dim"),
            outcome(row["status"]),
            f" {one_line(row['hook_type'], 24):<20} {one_line(what, 40)} {duration(row['duration_ms'])} ",
            (one_line(_subject(row), 80), "dim"),
        )
        console.print(line, no_wrap=True, overflow="ellipsis")
    return {row["id"] for row in rows}


def _subject(row: Row) -> str:
    data = row["input_data"]
    if isinstance(data, dict):
        data = row["file_path"] or data.get("command") or data.get("description") or ""
    return row["error_message"] or (data if isinstance(data, str) else "")
