"""``hooktrace show``: a session, or a part of one, as a tree."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click
from rich.table import Table
from rich.text import Text

from tracing.cli.completion import recent_sessions
from tracing.cli.terminal import terminal
from tracing.database.ledger import read_ledger
from tracing.database.meaning import NothingMeant, SeveralMeant, meant_by
from tracing.database.reader import Reader
from tracing.installation import CommandError, Installation
from tracing.installation.trust import trust_of_sessions
from tracing.outline import outline
from tracing.tree import Node, find, trees
from tracing.wording import OUTCOMES, duration

PIPED_WIDTH = 160
"""Characters of a line where no terminal has a width: bars make it no better for grep."""

NARROWEST_BAR, WIDEST_BAR = 16, 30
DURATION_WIDTH = 11


@click.command("show")
@click.argument("id_", metavar="ID", shell_complete=recent_sessions)
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
        console = terminal(PIPED_WIDTH)
        if ledger:
            console.print(Text(trust_of_sessions(ledger, hook_ms=installation.hook_ms), style="dim"), soft_wrap=True)
            console.print()
        console.print(drawn(chosen, console.width))


def look_up(reader: Reader, id_: str) -> list[Node]:
    """Return the trees that *id_* names: one, or several sessions of one root.

    Raises:
        CommandError: nothing has this id, or several things do.
    """
    try:
        meant = meant_by(reader, id_)
    except NothingMeant:
        raise CommandError(f"nothing has the id {id_!r}\nhint: `hooktrace sessions` lists what there is") from None
    except SeveralMeant as candidates:
        raise CommandError(f"{id_!r} begins several ids: {candidates}\nhint: give more of it") from None
    roots = trees(reader.rows("tree", root_id=meant["root_id"]))
    if meant["meant"] == "root":
        return roots
    node = find(roots, meant["correlation_id"])
    return [node] if node else roots


def drawn(roots: list[Node], width: int, now: datetime | None = None) -> Table:
    """Return *roots* as a table *width* characters wide: the tree, when each ran, for how long."""
    bars = min(max(width // 4, NARROWEST_BAR), WIDEST_BAR)
    titles = max(width - bars - DURATION_WIDTH - 4, 20)
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, max_width=titles)
    table.add_column(no_wrap=True, width=bars)
    table.add_column(no_wrap=True, justify="right", width=DURATION_WIDTH)
    for line in outline(roots, now or datetime.now(UTC)):
        row = line.node.row
        sign, colour = OUTCOMES[row["status"]]
        style = "bold" if row["kind"] != "tool" else ""
        title = Text.assemble((line.lead, "dim"), (f"{sign} ", colour), (line.what, style), ("  " + line.about, "dim"))
        title.truncate(titles, overflow="ellipsis")
        table.add_row(title, Text(line.bar(bars), style=colour), duration(row["duration_ms"]))
    return table
