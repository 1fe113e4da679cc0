"""``hooktrace db backup``: write everything that was recorded to one file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from rich.filesize import decimal

from tracing.cli.db import rowcounts
from tracing.cli.progress import shown
from tracing.cli.schema.target import Target
from tracing.database.transfer import back_up
from tracing.installation import Installation
from tracing.places import PRIVATE_DIRECTORY, Places


@click.command("backup")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def command(file: Path | None) -> None:
    """Write everything that was recorded to FILE (default: a dated one in the state directory's backups).

    The file is pg_dump's custom format, for you alone to read, and there only when it is whole and was read back.
    Recording goes on meanwhile: the file holds what was stored when it was begun.
    """
    installation = Installation.here()
    target = Target.of(installation)
    path = file or dated(installation.places)
    with shown() as progress:
        saved = back_up(target.url, target.schema, installation.embedded, path, progress)
    click.echo(f"backup    {saved.path}")
    click.echo(f"size      {decimal(saved.path.stat().st_size)}")
    click.echo(f"rows      {rowcounts.total(saved.counts)} of {target.named}")
    for line in rowcounts.table(saved.counts):
        click.echo(line)


def dated(places: Places, kind: str = "traces") -> Path:
    """Return the name of a new dump in the directory of backups, which is made if it is missing."""
    places.backups.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    return places.backups / f"{kind}-{datetime.now():%Y%m%dT%H%M%S}.dump"
