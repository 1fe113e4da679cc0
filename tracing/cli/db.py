"""``hooktrace db``: the database."""

from __future__ import annotations

import click

from tracing.cli.installation import Installation
from tracing.database.destination import without_password


@click.group("db")
def command() -> None:
    """Ask about the database."""


@command.command("url")
def url() -> None:
    """Print a URL that psql and psycopg take as it is; never a password (use ~/.pgpass or ?passfile=)."""
    click.echo(without_password(Installation.here().url()))
