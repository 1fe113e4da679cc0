"""``hooktrace retention``: remove what has had its time."""

from __future__ import annotations

import json

import click
from rich.filesize import decimal
from rich.text import Text

from tracing.cli.care import caring
from tracing.cli.table import print_table
from tracing.cli.terminal import terminal
from tracing.database.removals import Removals
from tracing.database.retention import Limits, Retention
from tracing.database.rota import RETENTION
from tracing.installation import Installation


@click.command("retention")
@click.option("--dry-run", is_flag=True, help="Say what would go, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(dry_run: bool, as_json: bool) -> None:
    """Remove what has had its time, as the settings retention.* say; the collector does it once a day.

    First the content of events goes (their inputs, outputs and messages), later executions with all that hangs
    on them.  Running executions stay, and those above one that stays; so does what was learned.
    """
    installation = Installation.here()
    with caring(installation) as (upkeep, rota):
        retention = Retention(upkeep, Limits.of(installation.settings))
        if dry_run:
            ledger = retention.preview()
        else:
            rota.claim(RETENTION, force=True)
            ledger = rota.perform(RETENTION, retention.run)
    if as_json:
        click.echo(json.dumps(ledger.as_json(), indent=2))
    else:
        _print(ledger)


def _print(ledger: Removals) -> None:
    if not ledger.lines:
        click.echo("everything is kept: the settings retention.*_days are 0")
    else:
        rows = [
            {
                "what": line.what,
                "would_go" if ledger.dry_run else "went": line.rows,
                "older_than": line.older_than,
                "given_back": decimal(line.freed) if line.freed else "",
            }
            for line in ledger.lines
        ]
        print_table(list(rows[0]), rows)
    console = terminal(soft_wrap=True, highlight=False)
    for sentence in ledger.early:
        console.print(Text(sentence, style="bold"))
    for sentence in ledger.postponed:
        console.print(Text(sentence, style="yellow"))
    if ledger.dry_run:
        console.print(f"database  {decimal(ledger.bytes_before)}; nothing was changed")
    else:
        console.print(f"database  {decimal(ledger.bytes_after)}, before it was {decimal(ledger.bytes_before)}")
