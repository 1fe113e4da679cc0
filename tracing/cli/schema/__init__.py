"""``hooktrace schema``: the tables; one file per verb, each loaded only when it is asked for."""

from __future__ import annotations

import click

from tracing.cli import Verbs

COMMANDS = {
    "apply": "make what is missing: new migrations, and what was lost",
    "status": "tell what is applied, pending, altered or lost",
    "verify": "compare the tables with what they must be, and run the guide's statements",
    "roles": "keep users apart: group roles, row-level security, grants",
    "docs": "print what the tables, columns, indexes and functions are for",
    "sql": "print the whole schema as one file for psql",
    "reset": "drop everything that was recorded and make the tables anew",
}


@click.group("schema", cls=Verbs, table=COMMANDS, package=__name__)
def command() -> None:
    """Make, check, document, print or reset the tables in the database."""
