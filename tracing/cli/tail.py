"""``hooktrace tail``: events as they are stored."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial

import click
from rich.console import Console
from rich.text import Text

from tracing.cli.completion import recent_sessions
from tracing.cli.sessionid import known_session
from tracing.cli.terminal import terminal
from tracing.database.reader import Reader, Row
from tracing.installation import Installation
from tracing.tree import plain
from tracing.wording import OUTCOMES, duration, one_line

POLL_S = 0.5

LATE = timedelta(minutes=2)
"""How much later than it fired an event may be stored and still be printed while following."""

MOST = 1000
"""Events that are looked at in one round; of more, the older ones are passed over."""

LONGEST_SUBJECT = 400
"""Characters, where no terminal cuts it before."""


@click.command("tail")
@click.option("-n", "--lines", type=click.IntRange(0, 10_000), default=20, show_default=True)
@click.option("--no-follow", is_flag=True, help="Print what is there and end.")
@click.option("--session", metavar="ID", help="Only events of this session.", shell_complete=recent_sessions)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def command(lines: int, no_follow: bool, session: str | None, as_json: bool) -> None:
    """Print the latest events and, until interrupted, each further one, once it is stored.

    What fired more than two minutes before it was stored, since the database was away, is not printed any more; nor
    what comes when more than a thousand events fire in two minutes. The record has both.
    """
    show = _say_in_json if as_json else partial(_say, terminal())
    with Installation.here().reader() as reader:
        of_session = known_session(reader, session) if session else None
        ever = datetime.min.replace(tzinfo=UTC)
        recent = _recent(reader, of_session)
        begin = reader.rows("latest_events", since=ever, limit=lines, of_session=of_session)
        show(begin)
        seen = {row["id"] for row in (*recent, *begin)}
        try:
            while not no_follow:
                time.sleep(POLL_S)
                rows = _recent(reader, of_session)
                show(row for row in rows if row["id"] not in seen)
                seen = {row["id"] for row in rows}
        except KeyboardInterrupt:
            return


def _recent(reader: Reader, of_session: str | None) -> list[Row]:
    return reader.rows("latest_events", since=datetime.now(UTC) - LATE, limit=MOST, of_session=of_session)


def _say_in_json(rows: Iterable[Row]) -> None:
    for row in rows:
        click.echo(json.dumps({key: plain(value) for key, value in row.items()}))


def _say(console: Console, rows: Iterable[Row]) -> None:
    for row in rows:
        console.print(_line(row), no_wrap=True, overflow="ellipsis", crop=console.is_terminal)


def _line(row: Row) -> Text:
    """Return when, which session, how it went, what, how long, whose agent, and what it was about."""
    sign, colour = OUTCOMES[row["status"]]
    name = colour if row["status"] not in ("completed", "in_progress") else ""
    agent = one_line(row["agent"] or "subagent", 24) + ": " if row["agent_id"] else ""
    return Text.assemble(
        (f"{row['started_at'].astimezone():%H:%M:%S.%f}"[:-3] + "  ", "dim"),
        (one_line(row["session_id"][:8], 8) + "  ", "dim"),
        (f"{sign} ", colour),
        (f"{one_line(row['hook_type'], 24):<18} {one_line(row['tool_name'] or '', 40):<10} ", name),
        f"{duration(row['duration_ms']):>9}  ",
        (agent, "magenta"),
        (one_line(row["error_message"] or row["subject"] or "", LONGEST_SUBJECT), "dim"),
    )
