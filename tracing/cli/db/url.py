"""``hooktrace db url``: the database, for psql and psycopg."""

from __future__ import annotations

import click

from tracing.database.destination import without_password
from tracing.installation import Installation


@click.command("url")
def command() -> None:
    """Print a URL that psql and psycopg take as it is; never a password (use ~/.pgpass or ?passfile=)."""
    click.echo(without_password(Installation.here().url()))
