"""``hooktrace show``: a session, or a part of one, as a tree."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tracing.database.ledger import read_ledger
from tracing.database.reader import Reader
from tracing.installation import CommandError, Installation
from tracing.installation.trust import trust_line
from tracing.tree import Node, Row, find, trees
from tracing.wording import OUTCOMES, dollars, duration, one_line

IMPORTED = "known from the agent's transcript alone: it was imported"

NARROWEST_BAR, WIDEST_BAR = 16, 30
DURATION_WIDTH = 11
_BLOCKS = " ▏▎▍▌▋▊▉█"


@click.command("show")
@click.argument("id_", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
def command(id_: str, as_json: bool) -> None:
    """Print what ID names: a session, root or execution, or the beginning of one's id."""
    installation = Installation.here()
    with installation.reader() as reader:
        chosen = look_up(reader, id_)
        sessions = sorted({node.row["session_id"] for root in chosen for node in root.walk()})
        ledger = None if as_json else read_ledger(reader, session_ids=sessions)
    if as_json:
        values = [node.to_json() for node in chosen]
        click.echo(json.dumps(values[0] if len(values) == 1 else values, indent=2))
    else:
        console = Console()
        if ledger:
            trust = trust_line(ledger, hook_ms=installation.hook_ms) if ledger.sessions else IMPORTED
            console.print(Text(trust, style="dim"), soft_wrap=True)
            console.print()
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


@dataclass(frozen=True)
class Sheet:
    """How wide things are drawn, and which time a bar's ends stand for."""

    titles: int
    bars: int
    begin: datetime
    end: datetime
    now: datetime


def drawn(roots: list[Node], width: int, now: datetime | None = None) -> Table:
    """Return *roots* as a table *width* characters wide: the tree, when each ran, for how long."""
    now = now or datetime.now(UTC)
    nodes = [node for root in roots for node in root.walk()]
    bars = min(max(width // 4, NARROWEST_BAR), WIDEST_BAR)
    sheet = Sheet(
        titles=max(width - bars - DURATION_WIDTH - 4, 20),
        bars=bars,
        begin=min(node.row["started_at"] for node in nodes),
        end=max(node.row["completed_at"] or now for node in nodes),
        now=now,
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, max_width=sheet.titles)
    table.add_column(no_wrap=True, width=bars)
    table.add_column(no_wrap=True, justify="right", width=DURATION_WIDTH)
    for root in roots:
        _add(table, root, sheet)
    return table


def _add(table: Table, root: Node, sheet: Sheet) -> None:
    pending = [(root, "", "")]
    while pending:
        node, lead, below = pending.pop()
        row = node.row
        title = Text(lead, style="dim") + _title(node)
        title.truncate(sheet.titles, overflow="ellipsis")
        bar = _bar(row["started_at"], row["completed_at"] or sheet.now, sheet)
        table.add_row(title, Text(bar, style=OUTCOMES[row["status"]][1]), duration(row["duration_ms"]))
        last = len(node.children) - 1
        branches = [
            (child, below + ("└─ " if index == last else "├─ "), below + ("   " if index == last else "│  "))
            for index, child in enumerate(node.children)
        ]
        pending.extend(reversed(branches))


LEAST_WAIT_MS = 1000
"""A shorter wait for permission is no wait."""


def _title(node: Node) -> Text:
    """Return the sign of its outcome, its name, and in dim what it was about, why it failed, what it cost."""
    row = node.row
    sign, colour = OUTCOMES[row["status"]]
    kind = row["kind"]
    what = {
        "session": f"session {row['session_id'][:8]}" + (f" in {row['project']}" if row["project"] else ""),
        "prompt": f"“{row['prompt_text']}”" if row["prompt_text"] else _unasked(row),
        "agent": f"agent {row['name'] or ''}",
    }.get(kind, str(row["name"] or kind))
    about = row["subject"] or ""
    if row["status"] not in ("completed", "in_progress"):
        message = row["error_message"] or row["error_type"] or about
        about = f"{row['status']}: {message.replace('<tool_use_error>', '')}"  # the client's mark, meant for the model
    waited = (row["time"] or {}).get("permission_ms") or 0
    if waited >= LEAST_WAIT_MS:
        about = f"waited {duration(waited)} for permission  {about}"
    if kind in ("session", "prompt", "agent") and node.usage.cost_usd:
        about = f"{dollars(node.usage.cost_usd)}  {about}"
    if row["capture"]:
        about = f"{row['capture']}  {about}"
    if not row["parent_certain"] and row["parent_id"]:
        about += " (parent not certain)"
    style = "bold" if kind in ("session", "prompt", "agent") else ""
    return Text.assemble((f"{sign} ", colour), (one_line(what, 200), style), ("  " + one_line(about, 200), "dim"))


def _unasked(row: Row) -> str:
    """Return what a turn is called that nobody asked for."""
    return "background task ended" if row["context"].get("prompted_by") == "task-notification" else "prompt"


def _bar(start: datetime, stop: datetime, sheet: Sheet) -> str:
    """Return when something ran as a bar; whole blocks, with halves and eighths at its ends; never empty."""
    eighths = sheet.bars * 8
    whole = max((sheet.end - sheet.begin).total_seconds(), 1e-9)
    left = min(round((start - sheet.begin).total_seconds() / whole * eighths), eighths - 2)
    right = min(max(round((stop - sheet.begin).total_seconds() / whole * eighths), left + 2), eighths)
    first, offset = divmod(left, 8)
    if offset and right - left < 8 - offset:
        return " " * first + _BLOCKS[right - left]
    full, rest = divmod(right - (first + bool(offset)) * 8, 8)
    return " " * first + ("▐" if offset else "") + "█" * full + _BLOCKS[rest].strip()
