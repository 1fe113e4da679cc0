"""``hooktrace show``: a session, or a part of one, as a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracing.cli.installation import CommandError, Installation
from tracing.cli.present import OUTCOMES, duration, one_line
from tracing.database.reader import Reader
from tracing.tree import Node, Row, find, trees

BAR_WIDTH = 30
DURATION_WIDTH = 11
_BLOCKS = " ▏▎▍▌▋▊▉█"


@click.command("show")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
def command(id_: str, as_json: bool) -> None:
    """Print what ID names: a session, root or execution, or the beginning of one's id."""
    with Installation.here().reader() as reader:
        chosen = look_up(reader, id_)
    if as_json:
        values = [node.to_json() for node in chosen]
        click.echo(json.dumps(values[0] if len(values) == 1 else values, indent=2))
    else:
        console = Console()
        console.print(drawn(chosen, console.width))


def look_up(reader: Reader, id_: str) -> list[Node]:
    """Return the trees that *id_* names: one, or several sessions of one root.

    Raises:
        CommandError: nothing has this id, or several things do.
    """
    low, high = bounds(id_)
    found = reader.rows("find_execution", beginning=id_, low=low, high=high)
    meant = _unambiguous(found, id_)
    roots = trees(reader.rows("tree", root_id=meant["root_id"]))
    if meant["meant"] == "root":
        return roots
    node = find(roots, meant["correlation_id"])
    return [node] if node else roots


def bounds(beginning: str) -> tuple[UUID, UUID] | tuple[None, None]:
    """Return the first and the last UUID whose text begins with *beginning*; None if none can."""
    digits = beginning.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", digits):
        return None, None
    low = UUID(digits.ljust(32, "0"))
    return (low, UUID(digits.ljust(32, "f"))) if str(low).startswith(beginning.lower()) else (None, None)


def _unambiguous(found: Sequence[Row], id_: str) -> Row:
    """Return the one execution meant.

    A whole id may name a root, a session and an execution at once (an outermost session is
    all three): as a root it means the most.
    """
    if not found:
        raise CommandError(f"nothing has the id {id_!r}\nhint: `hooktrace sessions` lists what there is")
    roots = {row["root_id"] for row in found if row["meant"] == "root"}
    executions = {row["correlation_id"] for row in found if row["meant"] != "root"}
    others = executions - {row["correlation_id"] for row in found if row["meant"] == "root"}
    if len(roots) == 1 and not others:
        return next(row for row in found if row["meant"] == "root")
    if not roots and len(executions) == 1:
        return found[0]
    candidates = ", ".join(sorted(str(row) for row in roots | others)[:5])
    raise CommandError(f"{id_!r} begins several ids: {candidates}\nhint: give more of it")


def drawn(roots: list[Node], width: int, now: datetime | None = None) -> Table:
    """Return *roots* as a table *width* characters wide: the tree, when each ran, for how long."""
    now = now or datetime.now(UTC)
    titles = max(width - BAR_WIDTH - DURATION_WIDTH - 2, 24)
    nodes = [node for root in roots for node in root.walk()]
    begin = min(node.row["started_at"] for node in nodes)
    end = max(node.row["completed_at"] or now for node in nodes)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, max_width=titles)
    table.add_column(no_wrap=True, width=BAR_WIDTH)
    table.add_column(no_wrap=True, justify="right", width=DURATION_WIDTH)
    for root in roots:
        _add(table, root, titles, (begin, end, now))
    return table


def _add(table: Table, root: Node, titles: int, times: tuple[datetime, datetime, datetime]) -> None:
    begin, end, now = times
    pending = [(root, "", "")]
    while pending:
        node, lead, below = pending.pop()
        row = node.row
        title = Text(lead, style="dim") + _title(row)
        title.truncate(titles, overflow="ellipsis")
        bar = _bar(row["started_at"], row["completed_at"] or now, begin, end)
        table.add_row(title, Text(bar, style=OUTCOMES[row["status"]][1]), duration(row["duration_ms"]))
        last = len(node.children) - 1
        branches = [
            (child, below + ("└─ " if index == last else "├─ "), below + ("   " if index == last else "│  "))
            for index, child in enumerate(node.children)
        ]
        pending.extend(reversed(branches))


def _title(row: Row) -> Text:
    """Return the sign of its outcome, its name, and in dim what it was about or why it failed."""
    sign, colour = OUTCOMES[row["status"]]
    kind = row["kind"]
    what = {
        "session": f"session {row['session_id'][:8]}" + (f" in {row['project']}" if row["project"] else ""),
        "prompt": f"“{row['prompt_text']}”" if row["prompt_text"] else "prompt",
        "agent": f"agent {row['name'] or ''}",
    }.get(kind, str(row["name"] or kind))
    about = row["subject"] or ""
    if row["status"] not in ("completed", "in_progress"):
        about = f"{row['status']}: {row['error_message'] or row['error_type'] or about}"
    if not row["parent_certain"] and row["parent_id"]:
        about += " (parent not certain)"
    style = "bold" if kind in ("session", "prompt", "agent") else ""
    return Text.assemble((f"{sign} ", colour), (one_line(what, 200), style), ("  " + one_line(about, 200), "dim"))


def _bar(start: datetime, stop: datetime, begin: datetime, end: datetime) -> str:
    """Return when something ran as a bar of eighths of a character; never empty."""
    whole = max((end - begin).total_seconds(), 1e-9)
    left = round((start - begin).total_seconds() / whole * BAR_WIDTH * 8)
    right = max(round((stop - begin).total_seconds() / whole * BAR_WIDTH * 8), left + 2)
    left = min(left, BAR_WIDTH * 8 - 2)
    right = min(right, BAR_WIDTH * 8)
    first, offset = divmod(left, 8)
    if offset and right - left < 8 - offset:
        return " " * first + _BLOCKS[max(right - left, 1)]
    full, rest = divmod(right - (first * 8 + (8 if offset else 0)), 8)
    head = "▐" if offset else ""
    return " " * first + head + "█" * max(full, 0) + (_BLOCKS[rest] if rest > 0 else "")
