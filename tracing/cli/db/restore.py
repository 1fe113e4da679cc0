"""``hooktrace db restore``: put a backup into the database."""

from __future__ import annotations

from pathlib import Path

import click

from tracing.cli.consent import confirm
from tracing.cli.db import rowcounts
from tracing.cli.progress import shown
from tracing.cli.schema.target import Target
from tracing.cli.standstill import paused
from tracing.database.backup import Backup, read
from tracing.database.loading import NotEmpty, recorded
from tracing.database.snapshot import CopyError, snapshot
from tracing.database.transfer import check_origin, restore
from tracing.installation import Installation


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--replace", is_flag=True, help="Delete what the database holds already.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def command(file: Path, replace: bool, yes: bool) -> None:
    """Put the rows of FILE, made by `hooktrace db backup`, into the database: all of them, or none.

    Events that come meanwhile wait in the spool and are stored afterwards.
    """
    installation = Installation.here()
    target = Target.of(installation)
    with shown() as progress:
        saved = read(file, progress)
    check_origin(saved)
    _ask(saved, target, replace, yes)
    with paused(installation), shown() as progress:
        counts = restore(
            saved,
            target.url,
            target.schema,
            installation.embedded,
            dimensions=target.dimensions,
            replace=replace,
            progress=progress,
        )
    click.echo(f"restored  {rowcounts.total(counts)} into {target.named}")
    for line in rowcounts.table(counts):
        click.echo(line)


def _ask(saved: Backup, target: Target, replace: bool, yes: bool) -> None:
    """Name the file and the database, and ask.

    Raises:
        NotEmpty: the database holds rows and nobody said that they may go.
        CommandError: there is nobody to ask.
    """
    there = _rows_there(target)
    if there and not replace:
        raise NotEmpty(f"{target.named} holds {there:,} rows already\nhint: --replace deletes them")
    click.echo(f"backup    {rowcounts.total(saved.counts)} of database {saved.database}, {saved.created}")
    click.echo(f"database  {target.named}" + (f", {there:,} rows" if there else ""))
    question = f"Delete the {there:,} rows there and put these in?" if there else "Put them in?"
    instead = f" instead of the {there:,} rows there" if there else ""
    loss = f"{rowcounts.total(saved.counts)} of {saved.path} would be put into {target.named}{instead}"
    confirm(question, loss, yes)


def _rows_there(target: Target) -> int:
    """Return how many rows the database holds; none if it has no tables yet, or does not answer, as restoring tells."""
    try:
        with snapshot(target.url, target.schema) as now:
            return recorded(now.counts)
    except CopyError:
        return 0
