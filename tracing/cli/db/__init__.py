"""``hooktrace db``: the database; one file per verb, each loaded only when it is asked for."""

from __future__ import annotations

import click

from tracing.cli import Verbs

COMMANDS = {
    "url": "print a URL that psql and psycopg take",
    "env": "print variables for other programs, the password included",
    "backup": "write everything that was recorded to one file",
    "restore": "put a backup into the database",
    "move": "copy everything to another database, and record there from then on",
}


@click.group("db", cls=Verbs, table=COMMANDS, package=__name__)
def command() -> None:
    """Ask about the database, copy it, or move to another one."""
